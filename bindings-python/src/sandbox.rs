//! The sandbox gateway, in this process. What its control API shows goes to the package as JSON.

use crate::convert::{Count, Text, ToPython};
use crate::process::Process;
use crate::wait::block;
use posa_core::{Error, PartnerId};
use posa_sandbox::{F1000, Fault, NewCard, Partner, Sandbox, Settings};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// The members of the dictionary.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Given {
    throttle: Option<Count>,
    f1000: Text,
    strict_card_numbers: bool,
    strict_request_ids: bool,
    server_error_status: bool,
    region: Text,
    partner_id: Text,
    state: Option<PathBuf>,
}

/// A running sandbox.
#[pyclass(frozen, module = "posa._native")]
pub(crate) struct Gateway {
    process: Arc<Process>,
    /// Locked only while attached to the interpreter.
    sandbox: Mutex<Option<Arc<Sandbox>>>,
}

#[pymethods]
impl Gateway {
    /// Starts one on free ports of 127.0.0.1, or returns a failure.
    #[staticmethod]
    fn start(py: Python<'_>, settings: Given) -> PyResult<Py<PyAny>> {
        let process = Process::current(py)?;
        let settings = build(settings);
        let started = block(py, &process, async { Sandbox::start_with(settings?).await })?;
        match started {
            Ok(sandbox) => {
                let sandbox = Mutex::new(Some(Arc::new(sandbox)));
                Ok(Py::new(py, Self { process, sandbox })?.into_any())
            }
            Err(error) => Err::<(), _>(error).to_python(py),
        }
    }

    /// Lets requests under way finish for two seconds, and closes the rest.
    fn stop(&self, py: Python<'_>) -> PyResult<()> {
        let taken = self.sandbox.lock().unwrap_or_else(PoisonError::into_inner).take();
        let here = self.process.is_current();
        block(py, &*Process::current(py)?, async move {
            match taken.map(Arc::try_unwrap) {
                Some(Ok(sandbox)) if here => sandbox.stop().await,
                // The parent's: it is not this process that stops it.
                other => std::mem::forget(other),
            }
        })
    }

    /// url, tls_url, ca_pem.
    fn addresses(&self) -> PyResult<(String, String, String)> {
        let sandbox = self.running()?;
        Ok((sandbox.url().to_owned(), sandbox.tls_url().to_owned(), sandbox.ca_pem().to_owned()))
    }

    /// What `posa sandbox` prints once it accepts connections.
    fn ready(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.ask(py, Sandbox::ready)
    }

    fn reset(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.ask(py, Sandbox::reset)
    }

    fn cards(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.ask(py, Sandbox::cards)
    }

    fn card(&self, py: Python<'_>, number: Text) -> PyResult<Py<PyAny>> {
        self.ask(py, |sandbox| sandbox.card(&number))
    }

    fn add_card(&self, py: Python<'_>, card: Text) -> PyResult<Py<PyAny>> {
        self.ask(py, |sandbox| sandbox.add_card(&read::<NewCard>("card", &card)?))
    }

    fn set_condition(&self, py: Python<'_>, number: Text, condition: Text) -> PyResult<Py<PyAny>> {
        self.ask(py, |sandbox| sandbox.set_condition(&number, condition.parse()?))
    }

    fn funds(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.ask(py, Sandbox::funds)
    }

    fn set_funds(&self, py: Python<'_>, partner: Option<Text>, currency: Text, available: Text) -> PyResult<Py<PyAny>> {
        self.ask(py, |sandbox| {
            let partner = partner.as_deref().unwrap_or(sandbox.partner_id().as_str());
            sandbox.set_funds(partner, &currency, &available)
        })
    }

    fn transactions(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.ask(py, Sandbox::transactions)
    }

    fn movements(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.ask(py, Sandbox::movements)
    }

    fn clock(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.ask(py, |sandbox| Ok(sandbox.clock()))
    }

    fn set_clock(
        &self,
        py: Python<'_>,
        offset: Option<i64>,
        advance: Option<i64>,
        frozen: Option<bool>,
    ) -> PyResult<Py<PyAny>> {
        self.ask(py, |sandbox| {
            offset.map(|seconds| sandbox.set_clock_offset(seconds)).transpose()?;
            advance.map(|seconds| sandbox.advance_clock(seconds)).transpose()?;
            if let Some(frozen) = frozen {
                sandbox.freeze_clock(frozen);
            }
            Ok(sandbox.clock())
        })
    }

    fn inject(&self, py: Python<'_>, fault: Text) -> PyResult<Py<PyAny>> {
        self.ask(py, |sandbox| sandbox.inject(read::<Fault>("fault", &fault)?))
    }

    fn faults(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.ask(py, |sandbox| Ok(sandbox.faults()))
    }

    fn clear_faults(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.ask(py, |sandbox| {
            sandbox.clear_faults();
            Ok(())
        })
    }

    fn release(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.ask(py, |sandbox| Ok(sandbox.release()))
    }

    fn requests(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.ask(py, |sandbox| Ok(sandbox.requests()))
    }

    fn clear_requests(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.ask(py, |sandbox| {
            sandbox.clear_requests();
            Ok(())
        })
    }
}

impl Gateway {
    fn running(&self) -> PyResult<Arc<Sandbox>> {
        if !self.process.is_current() {
            return Err(PyRuntimeError::new_err("this sandbox runs in another process; reach it by its url"));
        }
        let sandbox = self.sandbox.lock().unwrap_or_else(PoisonError::into_inner).clone();
        sandbox.ok_or_else(|| PyRuntimeError::new_err("the sandbox is stopped; make another"))
    }

    /// Asks the sandbox without holding up the interpreter, and gives the answer as JSON.
    fn ask<T: Serialize>(
        &self,
        py: Python<'_>,
        question: impl FnOnce(&Sandbox) -> Result<T, Error> + Send,
    ) -> PyResult<Py<PyAny>> {
        let sandbox = self.running()?;
        let unwritable = |e: serde_json::Error| Error::configuration("sandbox", format!("no JSON: {e}"));
        let answer = py.detach(|| serde_json::to_string(&question(&sandbox)?).map_err(unwritable));
        answer.to_python(py)
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let sandbox = self.sandbox.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        // A child must not shut the parent's sockets down.
        if !self.process.is_current() {
            std::mem::forget(sandbox);
        }
    }
}

fn build(given: Given) -> Result<Settings, Error> {
    let throttle = given.throttle.map(|Count(rate)| {
        NonZeroU32::new(rate)
            .ok_or_else(|| Error::configuration("throttle", "throttle is 0, so nothing would pass; None turns it off"))
    });
    let mut settings = Settings {
        throttle: throttle.transpose()?,
        f1000: read::<F1000>("f1000", &format!("{:?}", &*given.f1000))?,
        strict_card_numbers: given.strict_card_numbers,
        strict_request_ids: given.strict_request_ids,
        server_error_status: given.server_error_status,
        region: given.region.parse()?,
        state: given.state,
        ..Settings::default()
    };
    let id = PartnerId::new(&given.partner_id)?;
    settings.partners.iter_mut().for_each(|partner: &mut Partner| partner.id = id.clone());
    Ok(settings)
}

fn read<T: DeserializeOwned>(field: &'static str, json: &str) -> Result<T, Error> {
    serde_json::from_str(json).map_err(|e| Error::invalid(field, format!("this is no {field}: {e}")))
}
