use crate::transport::HttpResponse;
use jiff::{SignedDuration, Timestamp, fmt::rfc2822};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// An answer that took longer than this says too little about the time.
const TIMELY: Duration = Duration::from_secs(10);
/// A smaller difference cannot be why a signature was refused: the gateway allows minutes.
const WORTH_CORRECTING: i64 = 60;
/// A clock that went so much more or less than time did was set, or the machine slept.
const SET: SignedDuration = SignedDuration::from_secs(30);

/// The gateway's time when it answered, if the answer's `date` header can be trusted: it is no cache's, and it was soon
/// there.
pub(super) fn date_of(response: &HttpResponse, took: Duration) -> Option<Timestamp> {
    if response.cached || took > TIMELY {
        return None;
    }
    rfc2822::DateTimeParser::new().parse_timestamp(response.date.as_deref()?).ok()
}

/// How far this machine's clock is from the gateway's.
#[derive(Debug, Default)]
pub(super) struct Skew {
    learned: Mutex<Option<Learned>>,
}

#[derive(Debug, Clone, Copy)]
struct Learned {
    /// The gateway's time less this machine's, in seconds.
    offset: i64,
    /// When it was learned, by this machine's clock and by one that nobody sets.
    moment: Moment,
}

/// One instant by two clocks: one that may be set at any time, and one that never is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    wall: Timestamp,
    at: Instant,
}

impl Moment {
    pub(super) fn now(wall: Timestamp) -> Self {
        Self { wall, at: Instant::now() }
    }

    /// How long ago it was for one whose clock shows `wall`; `None` if that clock was set meanwhile, or the machine
    /// slept.
    pub(super) fn ago(self, wall: Timestamp) -> Option<SignedDuration> {
        let passed = SignedDuration::try_from(self.at.elapsed()).ok()?;
        let went = wall.duration_since(self.wall);
        ((went - passed).abs() <= SET).then_some(passed)
    }
}

impl Skew {
    /// This machine's time, corrected. What was learned of a clock that was set meanwhile is forgotten.
    pub(super) fn correct(&self, now: Timestamp) -> Timestamp {
        let mut learned = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
        *learned = learned.filter(|learned| learned.moment.ago(now).is_some());
        let offset = learned.map_or(0, |learned| learned.offset);
        now.checked_add(SignedDuration::from_secs(offset)).unwrap_or(now)
    }

    /// Learns from the date of an answer that refused a signature for the time that was `used`. `None` if that was not
    /// why: it was about the same. Another operation may have learned it meanwhile, and then it helps this one too.
    pub(super) fn learn(&self, used: Timestamp, date: Timestamp, now: Timestamp) -> Option<i64> {
        if (date.as_second() - used.as_second()).abs() < WORTH_CORRECTING {
            return None;
        }
        let offset = date.as_second() - now.as_second();
        let learned = Learned { offset, moment: Moment::now(now) };
        *self.learned.lock().unwrap_or_else(PoisonError::into_inner) = Some(learned);
        Some(offset)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Skew, TIMELY, date_of};
    use crate::transport::HttpResponse;
    use jiff::{SignedDuration, Timestamp};
    use std::time::Duration;

    const NOON: Timestamp = Timestamp::constant(1_767_355_200, 0);

    fn after(seconds: i64) -> Timestamp {
        NOON + SignedDuration::from_secs(seconds)
    }

    fn dated(date: &str) -> HttpResponse {
        HttpResponse { status: 200, date: Some(date.to_owned()), ..HttpResponse::default() }
    }

    #[test]
    fn a_date_counts_that_is_soon_there_and_no_caches() {
        let answer = dated("Fri, 02 Jan 2026 12:00:00 GMT");
        assert_eq!(date_of(&answer, TIMELY), Some(NOON));
        assert_eq!(date_of(&answer, TIMELY + Duration::from_millis(1)), None);
        assert_eq!(date_of(&HttpResponse { cached: true, ..answer }, Duration::ZERO), None);
        assert_eq!(date_of(&dated("at noon"), Duration::ZERO), None);
        assert_eq!(date_of(&HttpResponse::default(), Duration::ZERO), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_correction_holds_as_long_as_the_clock_goes_as_time_does() {
        let skew = Skew::default();
        assert_eq!(skew.learn(NOON, after(3600), NOON), Some(3600));
        tokio::time::advance(Duration::from_secs(7200)).await;
        assert_eq!(skew.correct(after(7205)), after(7205 + 3600));
    }

    #[tokio::test(start_paused = true)]
    async fn a_correction_of_a_clock_that_was_set_is_forgotten_for_good() {
        for set_by in [3600, -3600, 31, -31, 30 * 86_400] {
            let skew = Skew::default();
            skew.learn(NOON, after(3600), NOON).unwrap();
            tokio::time::advance(Duration::from_secs(60)).await;
            assert_eq!(skew.correct(after(60 + set_by)), after(60 + set_by), "set by {set_by} s");
            assert_eq!(skew.correct(after(60)), after(60));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_would_change_little_is_not_learned() {
        let skew = Skew::default();
        assert_eq!(skew.learn(NOON, after(59), NOON), None);
        assert_eq!(skew.learn(NOON, after(3600), NOON), Some(3600));
        assert_eq!(skew.learn(after(3600), after(3541), NOON), None);
    }

    #[tokio::test(start_paused = true)]
    async fn what_another_operation_learned_helps_one_that_was_signed_before() {
        let skew = Skew::default();
        assert_eq!(skew.learn(NOON, after(3600), NOON), Some(3600));
        assert_eq!(skew.learn(after(1), after(3601), after(1)), Some(3600));
    }
}
