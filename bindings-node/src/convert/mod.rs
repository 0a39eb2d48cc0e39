//! Values of the core to values of JavaScript and back.

mod input;
mod output;
mod place;
mod report;
mod source;

pub(crate) use input::{Choice, Details, FilterInput, Given};
pub(crate) use output::{Receipt, Recovered, Row, Sale, Signed, Step, receipt};
pub(crate) use place::Place;
pub(crate) use report::{Register, Report, period};
