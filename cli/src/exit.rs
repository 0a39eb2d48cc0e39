use posa_core::{Delivery, Error, ErrorKind};

pub(crate) const DONE: u8 = 0;
pub(crate) const REJECTED: u8 = 1;
pub(crate) const USAGE: u8 = 2;
pub(crate) const UNKNOWN: u8 = 3;

/// What a shell script branches on. That a request may have had an effect outweighs everything else.
pub(crate) fn code(error: &Error) -> u8 {
    match (error.delivery(), error.kind()) {
        (Delivery::Unknown, _) | (_, ErrorKind::OutcomeUnknown) => UNKNOWN,
        (_, ErrorKind::InvalidInput | ErrorKind::Configuration) => USAGE,
        _ => REJECTED,
    }
}
