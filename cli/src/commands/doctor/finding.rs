use crate::output::Mark;
use serde::Serialize;

/// What one check found.
#[derive(Serialize)]
pub(super) struct Finding {
    pub(super) check: &'static str,
    pub(super) state: State,
    pub(super) what: String,
    /// What to do about it.
    pub(super) remedy: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    Ok,
    /// It works, but most likely not as it was meant.
    Warning,
    /// Sales will fail.
    Problem,
    NotChecked,
}

impl State {
    pub(super) fn mark(self) -> Mark {
        match self {
            Self::Ok => Mark::Good,
            Self::Warning => Mark::Odd,
            Self::Problem => Mark::Bad,
            Self::NotChecked => Mark::Skipped,
        }
    }
}

impl Finding {
    pub(super) fn ok(check: &'static str, what: impl Into<String>) -> Self {
        Self { check, state: State::Ok, what: what.into(), remedy: None }
    }

    pub(super) fn warning(check: &'static str, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, state: State::Warning, what: what.into(), remedy: Some(remedy.into()) }
    }

    pub(super) fn problem(check: &'static str, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, state: State::Problem, what: what.into(), remedy: Some(remedy.into()) }
    }

    /// A problem whose words say what to do.
    pub(super) fn failed(check: &'static str, what: impl Into<String>) -> Self {
        Self { check, state: State::Problem, what: what.into(), remedy: None }
    }

    pub(super) fn not_checked(check: &'static str, why: impl Into<String>) -> Self {
        Self { check, state: State::NotChecked, what: why.into(), remedy: None }
    }
}
