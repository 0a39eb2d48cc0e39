use fastrand::Rng;
use posa_tests::till::Said;
use std::time::Duration;

/// The part of a till's life in which it is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// Starting, opening the journal.
    Opening,
    /// Recovering what an earlier life left.
    Recovering,
    /// Recording a sale's intent.
    Beginning,
    /// Sending a request, or waiting for its answer.
    Waiting,
    /// Recording the outcome.
    Settling,
    /// Having told the cashier.
    Telling,
    /// Recording, sending or settling a reversal.
    Reversing,
}

impl Part {
    pub(crate) const ALL: [Self; 7] = [
        Self::Opening,
        Self::Recovering,
        Self::Beginning,
        Self::Waiting,
        Self::Settling,
        Self::Telling,
        Self::Reversing,
    ];

    fn begins_with(self, said: &Said) -> bool {
        match self {
            Self::Opening => false,
            Self::Recovering => matches!(said, Said::Recovering),
            Self::Beginning => matches!(said, Said::Begin(_)),
            Self::Waiting => matches!(said, Said::Sending(_)),
            Self::Settling => matches!(said, Said::Answered(_)),
            Self::Telling => matches!(said, Said::Done(_) | Said::Rejected(_) | Said::Unknown(_)),
            Self::Reversing => matches!(said, Said::Reversing(_)),
        }
    }
}

/// A random moment in one part: so long after the part was entered for the n-th time.
#[derive(Debug)]
pub(crate) struct Moment {
    pub(crate) part: Part,
    entries: u32,
    pub(crate) after: Duration,
}

impl Moment {
    pub(crate) fn choose(random: &mut Rng) -> Self {
        let part = Part::ALL[random.usize(..Part::ALL.len())];
        let (entries, longest_us) = match part {
            Part::Opening => (0, 40_000),
            Part::Recovering => (1, 30_000),
            _ => (random.u32(1..=4), 12_000),
        };
        Self { part, entries, after: Duration::from_micros(random.u64(..longest_us)) }
    }

    /// Hears one more word: whether the wait for the moment begins now.
    pub(crate) fn comes_with(&mut self, said: &Said) -> bool {
        if self.part.begins_with(said) {
            self.entries -= 1;
        }
        self.is_near()
    }

    pub(crate) fn is_near(&self) -> bool {
        self.entries == 0
    }
}
