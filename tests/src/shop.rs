//! A gateway for loads: no throttle, money enough, and a time when all that was sent is over.

use jiff::{SignedDuration, Timestamp};
use posa_core::engine::Clock;
use posa_sandbox::{NewCard, Sandbox, Settings};

/// Longer than the 32 minutes after which nothing that was sent can still arrive.
pub const LATER: SignedDuration = SignedDuration::from_mins(33);

/// # Panics
/// No sandbox can be started.
pub async fn open() -> Sandbox {
    let settings = Settings { throttle: None, ..Settings::default() };
    let sandbox = Sandbox::start_with(settings).await.expect("a sandbox starts");
    sandbox.set_funds("Awssb", "USD", "100000000.00").expect("the sandbox knows its partner");
    sandbox
}

/// Adds a card of the US that takes any amount.
///
/// # Panics
/// It is there already.
pub fn add_card(sandbox: &Sandbox, number: &str) {
    let card =
        NewCard { card_number: number.to_owned(), checksum: None, denomination: None, marketplace: "US".to_owned() };
    sandbox.add_card(&card).expect("the card is new");
}

/// The machine's clock, [`LATER`].
#[derive(Debug, Clone, Copy)]
pub struct Later;

impl Clock for Later {
    fn now(&self) -> Timestamp {
        Timestamp::now().checked_add(LATER).unwrap_or(Timestamp::MAX)
    }
}
