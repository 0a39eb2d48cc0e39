use super::dice::Dice;
use posa_core::engine::{Tells, tells};
use posa_core::model::Operation;
use posa_sandbox::error_types;

/// What a gateway may refuse a request with, whatever it is for: its class and its type.
pub(super) type Refusal = (&'static str, &'static str);

/// Those that a gateway which never lies gives a request that it would take at another time: every F300, and every F200
/// but those that say that such bytes are refused whenever they arrive. To a status check it may say anything.
pub(super) fn passing(operation: Operation, dice: &Dice) -> Refusal {
    let lies = |(code, name): &Refusal| *code == "F200" && tells(operation, name) == Tells::NoneEver;
    let all: Vec<_> = all().filter(|refusal| operation == Operation::StatusCheck || !lies(refusal)).collect();
    *dice.pick(&all).unwrap()
}

/// Those with which some cards are refused whenever they are asked for. That an id is not known is no word on a card.
pub(super) fn lasting(operation: Operation, dice: &Dice) -> Refusal {
    let of_ids = ["NonExistingActivationRequestId", "WrongActivationRequestId"];
    let lasts =
        |(code, name): &Refusal| *code == "F200" && tells(operation, name) == Tells::NoneEver && !of_ids.contains(name);
    *dice.pick(&all().filter(lasts).collect::<Vec<_>>()).unwrap()
}

fn all() -> impl Iterator<Item = Refusal> {
    error_types().filter(|(code, _)| ["F200", "F300"].contains(code))
}
