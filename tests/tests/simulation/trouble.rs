use super::defects::Defect;
use super::dice::Dice;
use posa_core::{Delivery, Error, ErrorKind};

/// How a step of a journal goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// It was not taken, and never will be.
    Refused,
    /// It was taken, or was not, and no answer says which.
    AnswerLost,
}

impl Trouble {
    pub(super) fn some(dice: &Dice) -> Self {
        if dice.coin() { Self::Refused } else { Self::AnswerLost }
    }

    /// Whether the step is taken all the same.
    pub(super) fn keeps(self, dice: &Dice) -> bool {
        self == Self::AnswerLost && dice.coin()
    }

    /// What the program hears.
    pub(super) fn told(self, defect: Option<Defect>) -> Error {
        if self == Self::Refused || defect == Some(Defect::SaysNotSent) {
            return failed();
        }
        let message = "the journal's answer was lost, and it may have taken the step";
        Error::new(ErrorKind::OutcomeUnknown, Delivery::Unknown, message)
    }
}

/// The step was not taken, or nothing was read.
pub(super) fn failed() -> Error {
    Error::new(ErrorKind::Journal, Delivery::NotSent, "the journal's disk failed")
}
