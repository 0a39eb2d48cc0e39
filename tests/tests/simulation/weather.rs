use super::dice::Dice;

/// What may happen to one request on its way, at the gateway, or to its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mishap {
    /// No connection; no byte leaves.
    Refused,
    /// It leaves and never arrives.
    Lost,
    /// It arrives seconds or minutes later, whether or not somebody still waits.
    Late,
    /// It arrives twice; the answer is that of either.
    Twice,
    /// As that, and the second goes on though the first was refused.
    TwiceAnyway,
    /// It is applied, and the answer never comes.
    AnswerLost,
    /// The connection breaks, before or after it is applied.
    Broken,
    /// It is applied, and half of the answer, or a proxy's page, comes.
    Garbage,
    /// Turned away: more requests than the account may send.
    Throttled,
    /// F100, F500 or a bare HTTP 500, before or after it is applied.
    Trouble,
    /// F400 with RESEND, before or after it is applied.
    Resend,
    /// Turned away: F300, the account has problems.
    Account,
    /// Answered SUCCESS with a state that was not asked for, and not applied.
    Idle,
    /// Answered for another card, before or after it is applied.
    WrongEcho,
    /// Turned away, with any error type that is no lie.
    TurnedAway,
    /// Answered with the refusal of another request, before or after it is applied.
    AnothersRefusal,
}

const ALL: [Mishap; 16] = [
    Mishap::Refused,
    Mishap::Lost,
    Mishap::Late,
    Mishap::Twice,
    Mishap::TwiceAnyway,
    Mishap::AnswerLost,
    Mishap::Broken,
    Mishap::Garbage,
    Mishap::Throttled,
    Mishap::Trouble,
    Mishap::Resend,
    Mishap::Account,
    Mishap::Idle,
    Mishap::WrongEcho,
    Mishap::TurnedAway,
    Mishap::AnothersRefusal,
];

/// Which mishaps one world knows, and how often one strikes: few kinds in each world reach further than all in every.
pub(super) struct Weather {
    known: Vec<Mishap>,
    per_mille: u32,
}

impl Weather {
    pub(super) fn new(dice: &Dice) -> Self {
        let known = ALL.into_iter().filter(|_| dice.per_mille(450)).collect();
        Self { known, per_mille: *dice.pick(&[100, 300, 500, 800]).unwrap() }
    }

    pub(super) fn strike(&self, dice: &Dice) -> Option<Mishap> {
        let struck = dice.per_mille(self.per_mille);
        self.known.get(dice.number(0, 15) as usize % self.known.len().max(1)).copied().filter(|_| struck)
    }
}
