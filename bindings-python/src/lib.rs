//! The native half of the Python package `posa`: takes Python values, calls the core, and gives plain values back.
//! The package in `python/posa` is what users see; nothing here is public to them.

mod batch;
mod callbacks;
mod client;
mod convert;
mod events;
mod live;
mod mailbox;
mod process;
mod reconcile;
mod sale;
mod sandbox;
mod settings;
mod sources;
mod wait;

use pyo3::prelude::*;

/// The private module `posa._native`.
#[pymodule(gil_used = false)]
mod _native {
    use super::*;

    #[pymodule_export]
    use super::batch::Batch;
    #[pymodule_export]
    use super::callbacks::sign;
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

    /// Runs the command `posa` with these arguments, the program's name first, and returns its exit code.
    #[pyfunction]
    fn main(py: Python<'_>, args: Vec<std::ffi::OsString>) -> u8 {
        py.detach(|| posa_cli::main_with(args))
    }

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
