use super::finding::Finding;
use crate::settings::{Settings, is_file};
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
    let shared = settings.journal_name().is_ok_and(|name| !is_file(&name) && name.contains("://"));
    let who = match shared {
        true => "the machines of this journal share the account's ten: what is too much is throttled and sent again",
        false => "which is all that the account may send, other tills of it included",
    };
    Finding::ok("rate", format!("10 requests a second at the most from this process, {who}"))
}
