use crate::catalogue;
use crate::faults::FAULTS;
use crate::server::RequestEntry;

/// How a request or a step of it went.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Good,
    Odd,
    Bad,
    /// Not reached.
    None,
}

impl Tone {
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Odd => "odd",
            Self::Bad => "bad",
            Self::None => "none",
        }
    }

    pub(super) fn of(entry: &RequestEntry) -> Self {
        match entry.status {
            None => Self::Odd,
            Some(_) if entry.fault.as_deref().is_some_and(|fault| fault != "skew") => Self::Odd,
            Some(200) => Self::Good,
            Some(_) if is_throttled(entry) => Self::Odd,
            Some(_) => Self::Bad,
        }
    }
}

pub(super) fn is_throttled(entry: &RequestEntry) -> bool {
    entry.verdict == "ThrottlingException"
}

pub(super) fn operation(entry: &RequestEntry) -> &str {
    match entry.operation.as_deref() {
        Some("ActivateGiftCard") => "Activate",
        Some("DeactivateGiftCard") => "Deactivate",
        Some("ActivationStatusCheck") => "Status check",
        _ => "Unknown path",
    }
}

/// Title and meaning of a fault.
pub(super) fn fault(name: &str) -> (&str, &str) {
    FAULTS.iter().find(|fault| fault.name == name).map_or((name, ""), |fault| (fault.title, fault.meaning))
}

/// The message of a refusal such as `F200 CardNumberNotFound`; `None` if the verdict is no refusal of the catalogue.
pub(super) fn message(verdict: &str) -> Option<&'static str> {
    let (class, name) = verdict.split_once(' ')?;
    catalogue::find(&format!("{class}/{name}")).map(|entry| entry.message)
}

/// `1.2 ms`.
pub(super) fn duration(microseconds: u64) -> String {
    match microseconds {
        0..10_000 => format!("{}.{} ms", microseconds / 1000, microseconds % 1000 / 100),
        10_000..10_000_000 => format!("{} ms", microseconds / 1000),
        _ => format!("{} s", microseconds / 1_000_000),
    }
}

/// The time of day of an RFC 3339 instant.
pub(super) fn time(instant: &str) -> &str {
    instant.get(11..19).unwrap_or(instant)
}

/// Day and time of an RFC 3339 instant.
pub(super) fn moment(instant: &str) -> String {
    format!("{} {} UTC", instant.get(..10).unwrap_or_default(), time(instant))
}

/// `1,234`, also within a decimal.
pub(super) fn grouped(number: &str) -> String {
    let (whole, fraction) = number.split_once('.').map_or((number, None), |(whole, rest)| (whole, Some(rest)));
    let mut shown = String::with_capacity(number.len() + 4);
    for (at, digit) in whole.chars().enumerate() {
        let left = whole.len() - at;
        if at > 0 && left % 3 == 0 && !shown.ends_with('-') {
            shown.push(',');
        }
        shown.push(digit);
    }
    if let Some(fraction) = fraction {
        shown.push('.');
        shown.push_str(fraction);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        let cases =
            [("0", "0"), ("999", "999"), ("1000", "1,000"), ("1000000.50", "1,000,000.50"), ("-500.00", "-500.00")];
        for (number, shown) in cases {
            assert_eq!(grouped(number), shown);
        }
    }

    #[test]
    fn durations_are_short() {
        for (microseconds, shown) in [(0, "0.0 ms"), (1234, "1.2 ms"), (12_345, "12 ms"), (12_000_000, "12 s")] {
            assert_eq!(duration(microseconds), shown);
        }
    }
}
