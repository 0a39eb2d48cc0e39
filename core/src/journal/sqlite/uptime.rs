//! A clock that all processes of this machine share and nobody sets.

/// Microseconds since some instant before the machine's start, with those for which it slept.
#[cfg(unix)]
pub(super) fn microseconds() -> i64 {
    use rustix::time::{ClockId, clock_gettime};
    #[cfg(any(target_os = "linux", target_os = "android"))]
    const CLOCK: ClockId = ClockId::Boottime;
    // Elsewhere this one goes on while the machine sleeps.
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    const CLOCK: ClockId = ClockId::Monotonic;
    let time = clock_gettime(CLOCK);
    time.tv_sec.saturating_mul(1_000_000).saturating_add(time.tv_nsec / 1_000)
}

/// The wall clock, where the system's own is not to be had safely.
#[cfg(not(unix))]
pub(super) fn microseconds() -> i64 {
    jiff::Timestamp::now().as_microsecond()
}
