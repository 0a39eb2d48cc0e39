//! The native half of the Python package `posa`: takes Python values, calls the core, and gives plain values back.
//! The package in `python/posa` is what users see; nothing here is public to them.

mod batch;
mod call;
mod callbacks;
mod client;
mod convert;
mod events;
mod handed;
mod live;
mod mailbox;
mod process;
mod reconcile;
mod sale;
mod sandbox;
mod settings;
mod signing;
mod sources;
mod wait;

use crate::convert::{Text, ToPython, named};
use posa_core::Amount;
use pyo3::prelude::*;
use std::ffi::OsString;

/// The private module `posa._native`.
#[pymodule(gil_used = false)]
mod _native {
    use super::*;

    #[pymodule_export]
    use super::batch::Batch;
    #[pymodule_export]
    use super::call::Call;
    #[pymodule_export]
    use super::client::Core;
    #[pymodule_export]
    use super::convert::Failure;
    #[pymodule_export]
    use super::events::{next_events, set_log_level, stop_events};
    #[pymodule_export]
    use super::mailbox::Mailbox;
    #[pymodule_export]
    use super::process::finish;
    #[pymodule_export]
    use super::sandbox::Gateway;
    #[pymodule_export]
    use super::signing::Desk;

    /// The decimal of an amount that a person typed.
    #[pyfunction]
    fn typed_amount(
        py: Python<'_>,
        text: &Bound<'_, PyAny>,
        decimal_separator: &Bound<'_, PyAny>,
        currency: &Bound<'_, PyAny>,
    ) -> PyResult<Py<PyAny>> {
        let text: Text = named("text", text)?;
        let separator: Text = named("decimal_separator", decimal_separator)?;
        let currency: Text = named("currency", currency)?;
        let amount = currency.parse().and_then(|currency| Amount::typed(&text, &separator, currency));
        amount.map(Amount::decimal).to_python(py)
    }

    /// Runs the command `posa` with these arguments, the program's name first, and returns its exit code. `launcher`
    /// starts it once more.
    #[pyfunction]
    fn main(py: Python<'_>, args: Vec<OsString>, launcher: Vec<OsString>) -> u8 {
        py.detach(|| posa_cli::main_with_launcher(args, &launcher))
    }

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
