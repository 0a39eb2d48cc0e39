use posa_core::error::Ending;
use posa_core::{Error, ErrorKind};

pub(crate) const DONE: u8 = 0;
pub(crate) const REJECTED: u8 = 1;
pub(crate) const USAGE: u8 = 2;
pub(crate) const UNKNOWN: u8 = 3;
pub(crate) const NOT_SENT: u8 = 4;
pub(crate) const UNTOLD: u8 = 5;

/// What a shell script branches on. That a request may have had an effect outweighs everything else.
pub(crate) fn code(error: &Error) -> u8 {
    match (error.ending(), error.kind()) {
        (Ending::Unknown, _) => UNKNOWN,
        (Ending::NotSent, _) => NOT_SENT,
        (Ending::Rejected, ErrorKind::InvalidInput | ErrorKind::Configuration) => USAGE,
        (Ending::Rejected, _) => REJECTED,
    }
}
