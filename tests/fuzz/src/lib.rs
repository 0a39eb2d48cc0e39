//! Which places of the code a fuzzed input reaches, and in how many steps. It knows of the crates alone that
//! `tests/fuzz/rustc.sh` compiled; without that, nothing is ever reached.

unsafe extern "C" {
    safe fn posa_coverage_begin();
    safe fn posa_coverage_news() -> u32;
    safe fn posa_coverage_steps() -> u64;
    safe fn posa_coverage_places() -> u32;
}

/// What one run came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reached {
    /// How many places were reached for the first time, or more often than ever.
    pub news: u32,
    /// How many places it came through, each as often as it did: the same for the same input.
    pub steps: u64,
}

/// Runs something and watches it. Only one thread at a time may do so.
pub fn watch(run: impl FnOnce()) -> Reached {
    posa_coverage_begin();
    run();
    Reached { steps: posa_coverage_steps(), news: posa_coverage_news() }
}

/// How many places there are; 0 if nothing was compiled to be watched.
pub fn places() -> u32 {
    posa_coverage_places()
}
