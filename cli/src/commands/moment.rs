use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use posa_core::Error;

/// A span of time, by when sales were begun.
#[derive(clap::Args)]
pub(super) struct Period {
    /// Only sales begun then or later: 2026-01-02, which is its beginning in UTC, or 2026-01-02T09:00:00+01:00
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Only sales begun before then, in the same forms
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
}

/// Both ends, each as a point in time.
pub(super) fn from_to(period: &Period) -> Result<(Option<Timestamp>, Option<Timestamp>), Error> {
    let read = |field, text: &Option<String>| text.as_deref().map(|text| moment(field, text)).transpose();
    let (from, to) = (read("from", &period.from)?, read("to", &period.to)?);
    if from.zip(to).is_some_and(|(from, to)| from >= to) {
        return Err(Error::invalid("to", "to is not after from; the period is empty"));
    }
    Ok((from, to))
}

fn moment(field: &'static str, text: &str) -> Result<Timestamp, Error> {
    let day = || text.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok();
    let at = if text.contains(['T', 't', ' ']) { text.parse().ok() } else { day().map(|day| day.timestamp()) };
    at.ok_or_else(|| {
        let message = format!("{field} is no time; write 2026-01-02, or 2026-01-02T09:00:00+01:00 with its offset");
        Error::invalid(field, message)
    })
}
