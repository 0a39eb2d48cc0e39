use jiff::Timestamp;

/// One step of a sale, as the journal noted it: what was about to be done, or what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// When, by the clock of the machine that noted it.
    pub at: Timestamp,
    /// `activate`, `return`, `void` or `attempt` before something is sent, and after it the state that the sale came to;
    /// `told` if somebody heard that only later, and `untold` if it turned out that nobody had.
    pub event: String,
    /// How many requests were sent for the sale by then; for an `attempt`, its number.
    pub attempts: u32,
    /// The error in one line, if there was one.
    pub note: Option<String>,
}
