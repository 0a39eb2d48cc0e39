/// What a kind of fault does, for the dashboard and the guide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FaultDescription {
    /// The name in JSON.
    pub name: &'static str,
    /// A few words.
    pub title: &'static str,
    /// What happens to the request, and what to the answer.
    pub meaning: &'static str,
    /// The member that belongs to this kind alone: `delay_ms`, `error_type` or `seconds`.
    pub takes: Option<&'static str>,
}

/// Every kind of fault, those that lose money's traces first.
pub const FAULTS: [FaultDescription; 15] = [
    described(
        "drop_after_commit",
        "Answer lost",
        "The request is applied, then the connection is closed without a byte.",
        None,
    ),
    described(
        "drop_before_commit",
        "Request lost",
        "The connection is closed without a byte; nothing is applied.",
        None,
    ),
    described(
        "late",
        "Request arrives late",
        "The connection is closed at once; the request is applied after the delay, or when late requests are released.",
        Some("delay_ms"),
    ),
    described("duplicate", "Request arrives twice", "The request is applied twice; the second answer is sent.", None),
    described(
        "truncate",
        "Answer cut short",
        "The request is applied; the connection is closed in the middle of the answer's body.",
        None,
    ),
    described("delay", "Answer comes late", "The request is applied; its answer waits so long.", Some("delay_ms")),
    described(
        "garble",
        "Answer names another card",
        "The request is applied; one digit of the answer's card number is wrong.",
        None,
    ),
    described(
        "wrong_status",
        "Success with a wrong state",
        "SUCCESS, with a card status that was not asked for; nothing is applied.",
        None,
    ),
    described(
        "fulfilled",
        "Success called Fulfilled",
        "The request is applied; a success names the card status Fulfilled, as the vendor's tables do, and not the \
         card's state. A status check of a card that is not active stays as it is.",
        None,
    ),
    described("resend", "Asked to send again", "F400 with status RESEND; nothing is applied.", None),
    described("throttle", "Throttled", "\"Rate exceeded\", as over the limit; nothing is applied.", None),
    described(
        "error",
        "Refused with an error",
        "The error of the catalogue that is named; nothing is applied.",
        Some("error_type"),
    ),
    described("http_500", "Server error", "HTTP 500 with an empty body; nothing is applied.", None),
    described("html", "Proxy's page", "HTTP 502 with the HTML page of a proxy; nothing is applied.", None),
    described(
        "skew",
        "Clock steps",
        "Before the signature is checked, the sandbox's clock steps by so many seconds and stays there.",
        Some("seconds"),
    ),
];

const fn described(
    name: &'static str,
    title: &'static str,
    meaning: &'static str,
    takes: Option<&'static str>,
) -> FaultDescription {
    FaultDescription { name, title, meaning, takes }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::Fault;

    #[test]
    fn every_kind_is_described_with_the_member_that_it_takes() {
        let unknown = "explode".parse::<Fault>().unwrap_err();
        let (_, kinds) = unknown.message().split_once("expected one of ").unwrap();
        let mut kinds: Vec<_> = kinds.split('`').skip(1).step_by(2).collect();
        let mut described = FAULTS.map(|fault| fault.name);
        kinds.sort_unstable();
        described.sort_unstable();
        assert_eq!(kinds, described);
        for fault in FAULTS {
            let member = match fault.takes {
                Some("error_type") => r#","error_type":"InsufficientFunds""#.to_owned(),
                Some(number) => format!(r#","{number}":5"#),
                None => String::new(),
            };
            let parsed: Fault = format!(r#"{{"fault":"{}"{member}}}"#, fault.name).parse().unwrap();
            assert_eq!(parsed.kind.name(), fault.name);
            let kept = serde_json::to_value(&parsed).unwrap();
            assert_eq!(kept.as_object().unwrap().len(), 2 + usize::from(fault.takes.is_some()), "{kept}");
        }
    }
}
