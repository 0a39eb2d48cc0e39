//! When each request of an account goes, for all who share a journal.

use std::num::NonZeroU32;
use std::time::Duration;

/// A second, and a little more: a request that is slow on its way must not meet the eleventh at the gateway.
const WINDOW: i64 = 1_050_000;

/// A turn that was taken.
pub(super) struct Taken {
    /// What is to be kept: the turns of the last second, and those of requests that wait, in order.
    pub(super) turns: Vec<i64>,
    /// How long the request has to wait.
    pub(super) wait: Duration,
}

/// Takes the next turn: at once, if fewer than `per_second` went in the last second, else when the first of those leaves
/// it. Times are microseconds of one clock that all who share the turns have; `at` is when the last was taken. `None` if
/// it would come later than `within`.
pub(super) fn take(mut turns: Vec<i64>, at: i64, now: i64, per_second: NonZeroU32, within: Duration) -> Option<Taken> {
    if now < at {
        // The clock was set back; what was ahead of it is as far ahead as before.
        turns.iter_mut().for_each(|turn| *turn = turn.saturating_sub(at.saturating_sub(now)));
    }
    turns.retain(|turn| turn.saturating_add(WINDOW) > now);
    let rate = usize::try_from(per_second.get()).unwrap_or(usize::MAX);
    let freed =
        turns.len().checked_sub(rate).and_then(|place| turns.get(place)).map(|turn| turn.saturating_add(WINDOW));
    let turn = now.max(freed.unwrap_or(now)).max(turns.last().copied().unwrap_or(now));
    let wait = Duration::from_micros(u64::try_from(turn.saturating_sub(now)).unwrap_or(0));
    if wait > within {
        return None;
    }
    turns.push(turn);
    Some(Taken { turns, wait })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Taken, WINDOW, take};
    use std::num::NonZeroU32;
    use std::time::Duration;

    const TEN: NonZeroU32 = NonZeroU32::new(10).unwrap();
    const MINUTE: Duration = Duration::from_secs(60);

    /// Takes turns at these times; when each goes.
    fn goes(times: &[i64]) -> Vec<i64> {
        let (mut turns, mut at) = (Vec::new(), 0);
        let take = |now: &i64| {
            let taken = take(std::mem::take(&mut turns), at, *now, TEN, MINUTE).unwrap();
            (turns, at) = (taken.turns, *now);
            *now + i64::try_from(taken.wait.as_micros()).unwrap()
        };
        times.iter().map(take).collect()
    }

    #[test]
    fn no_second_has_more_than_the_rate_and_none_of_it_is_left_unused() {
        let went = goes(&[5_000_000; 35]);
        for (place, time) in went.iter().enumerate() {
            assert_eq!(*time, 5_000_000 + WINDOW * i64::try_from(place / 10).unwrap());
        }
    }

    #[test]
    fn who_comes_alone_never_waits() {
        let times: Vec<i64> = (0..40).map(|count| 7_000_000 + count * 110_000).collect();
        assert_eq!(goes(&times), times);
    }

    #[test]
    fn a_turn_that_would_come_too_late_is_not_taken() {
        let now = 1_000_000_000;
        let turns = vec![now; 10];
        assert!(take(turns.clone(), now, now, TEN, Duration::from_millis(1049)).is_none());
        assert!(take(turns, now, now, TEN, Duration::from_millis(1050)).is_some());
    }

    #[test]
    fn a_clock_that_is_set_back_by_an_hour_holds_nobody_up() {
        let (hour, now) = (3_600_000_000, 9_000_000_000);
        let Taken { turns, wait } = take(vec![now; 10], now, now - hour, TEN, MINUTE).unwrap();
        assert_eq!(wait, Duration::from_micros(1_050_000));
        assert_eq!(turns.last(), Some(&(now - hour + WINDOW)));
        let Taken { wait, .. } = take(vec![now; 10], now, now + hour, TEN, MINUTE).unwrap();
        assert_eq!(wait, Duration::ZERO);
    }
}
