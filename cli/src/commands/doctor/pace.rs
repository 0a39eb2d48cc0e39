use super::finding::Finding;
use crate::settings::Settings;
use posa_core::journal::Name;
use std::time::Duration;

/// What the client does where nothing is set.
const TIMEOUT: Duration = Duration::from_secs(6);
const DEADLINE: Duration = Duration::from_secs(30);

/// Times and rate: whether an answer is waited for long enough, and who shares the account's ten requests a second.
pub(super) fn check(settings: &Settings) -> Vec<Finding> {
    let times = match (settings.timeout(), settings.deadline()) {
        (Ok(timeout), Ok(deadline)) => times(timeout.unwrap_or(TIMEOUT), deadline.unwrap_or(DEADLINE)),
        (Err(error), _) | (_, Err(error)) => Finding::failed("times", error.message()),
    };
    vec![times, rate(settings)]
}

fn times(timeout: Duration, deadline: Duration) -> Finding {
    const CHECK: &str = "times";
    let longest = Duration::from_secs(3600);
    let (one, all) = (timeout.as_secs_f64(), deadline.as_secs_f64());
    if [timeout, deadline].iter().any(|time| time.is_zero() || *time > longest) {
        let what = format!("timeout is {one} s and deadline {all} s");
        return Finding::problem(CHECK, what, "choose both between a millisecond and an hour");
    }
    if deadline < timeout {
        let what = format!("deadline ({all} s) ends before one attempt may ({one} s)");
        return Finding::warning(CHECK, what, "make deadline some times as long as timeout");
    }
    if timeout < TIMEOUT {
        let what = format!("an attempt waits {one} s; the vendor advises 6");
        return Finding::warning(CHECK, what, "leave timeout out: answers given up early leave unknown outcomes");
    }
    Finding::ok(CHECK, format!("{one} s for an attempt, {all} s for all of them"))
}

fn rate(settings: &Settings) -> Finding {
    let name = settings.journal_name().and_then(|name| Name::new(&name));
    let (who, others) = match name {
        Ok(Name::Postgres(_)) => ("all who share this journal", ""),
        Ok(Name::File(_)) => ("all who share this journal", "; machines with a journal each have to divide them"),
        _ => ("this process", ", which is all that the account may send, other tills of it included"),
    };
    match settings.rate() {
        Err(error) => Finding::failed("rate", error.message()),
        Ok(Some(share)) => Finding::ok("rate", format!("{share} requests a second at the most from each command")),
        Ok(None) => Finding::ok("rate", format!("10 requests a second at the most from {who}{others}")),
    }
}
