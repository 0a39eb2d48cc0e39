//! Values of the core as plain values of Python: strings, numbers, tuples. The package makes its classes of them.

use jiff::Timestamp;
use posa_core::error::Cause;
use posa_core::journal::{HistoryEntry, Transaction};
use posa_core::model::Expiration;
use posa_core::recovery::Recovered;
use posa_core::{Amount, Delivery, Error, Receipt};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyInt, PyString};
use std::time::Duration;

/// What can be given to Python.
pub(crate) trait ToPython {
    fn to_python(self, py: Python<'_>) -> PyResult<Py<PyAny>>;
}

impl<T: ToPython> ToPython for Result<T, Error> {
    fn to_python(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        match self {
            Ok(value) => value.to_python(py),
            Err(error) => Ok(Py::new(py, Failure(error))?.into_any()),
        }
    }
}

impl<T: ToPython> ToPython for Option<T> {
    fn to_python(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.map_or_else(|| Ok(py.None()), |value| value.to_python(py))
    }
}

impl<T: ToPython> ToPython for Vec<T> {
    fn to_python(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let values: Vec<_> = self.into_iter().map(|value| value.to_python(py)).collect::<PyResult<_>>()?;
        Ok(values.into_pyobject(py)?.unbind())
    }
}

impl<A: ToPython, B: ToPython> ToPython for (A, B) {
    fn to_python(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        Ok((self.0.to_python(py)?, self.1.to_python(py)?).into_pyobject(py)?.into_any().unbind())
    }
}

impl ToPython for () {
    fn to_python(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        Ok(py.None())
    }
}

impl ToPython for bool {
    fn to_python(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        Ok(PyBool::new(py, self).to_owned().into_any().unbind())
    }
}

impl ToPython for String {
    fn to_python(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        Ok(PyString::new(py, &self).into_any().unbind())
    }
}

impl ToPython for Receipt {
    fn to_python(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let (amount, currency) = money(self.amount);
        let (expiration, expires_at) = expiry(self.expiration.as_ref());
        let receipt = (
            self.operation.name(),
            self.request_id.as_str(),
            self.card_number.digits(),
            self.card_status.as_str(),
            amount,
            currency,
            expiration,
            expires_at,
            self.attempts,
        );
        Ok(receipt.into_pyobject(py)?.into_any().unbind())
    }
}

impl ToPython for Transaction {
    fn to_python(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let (expiration, expires_at) = expiry(self.expiration.as_ref());
        let sale = (
            self.request_id.as_str(),
            self.card().digits(),
            self.amount().decimal(),
            self.amount().currency().code(),
            self.external_reference(),
        );
        let standing = (
            self.state.name(),
            self.attempts,
            self.voided,
            self.reversal_tries,
            self.note.as_deref(),
            self.told,
            self.fence,
        );
        let times = (
            self.started_at.as_nanosecond(),
            self.updated_at.as_nanosecond(),
            self.retry_at.map(Timestamp::as_nanosecond),
            expiration,
            expires_at,
        );
        Ok((sale, standing, times).into_pyobject(py)?.into_any().unbind())
    }
}

impl ToPython for HistoryEntry {
    fn to_python(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let entry = (self.at.as_nanosecond(), self.event, self.attempts, self.note);
        Ok(entry.into_pyobject(py)?.into_any().unbind())
    }
}

impl ToPython for Recovered {
    fn to_python(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let open: Vec<_> = self.open.into_iter().map(|(id, error)| (id.to_string(), Err::<(), _>(error))).collect();
        (self.settled, (open, self.damaged)).to_python(py)
    }
}

fn money(amount: Option<Amount>) -> (Option<String>, Option<&'static str>) {
    (amount.map(Amount::decimal), amount.map(|amount| amount.currency().code()))
}

/// The text as sent, and its instant in seconds since 1970.
fn expiry(expiration: Option<&Expiration>) -> (Option<&str>, Option<i64>) {
    (expiration.map(Expiration::raw), expiration.and_then(|e| e.at()).map(Timestamp::as_second))
}

/// An error of the core, of which the package makes an exception.
#[pyclass(frozen, module = "posa._native")]
pub(crate) struct Failure(pub(crate) Error);

#[pymethods]
impl Failure {
    #[getter]
    fn kind(&self) -> &'static str {
        self.0.kind().name()
    }

    #[getter]
    fn delivery(&self) -> &'static str {
        match self.0.delivery() {
            Delivery::NotSent => "not_sent",
            Delivery::Unknown => "unknown",
            Delivery::Answered => "answered",
        }
    }

    /// One line, with the gateway's words and the request id.
    #[getter]
    fn text(&self) -> String {
        self.0.to_string()
    }

    #[getter]
    fn message(&self) -> &str {
        self.0.message()
    }

    #[getter]
    fn code(&self) -> Option<&str> {
        self.0.code()
    }

    #[getter]
    fn error_type(&self) -> Option<&str> {
        self.0.error_type()
    }

    #[getter]
    fn field(&self) -> Option<&'static str> {
        self.0.field()
    }

    #[getter]
    fn request_id(&self) -> Option<&str> {
        self.0.request_id()
    }

    #[getter]
    fn card(&self) -> Option<&str> {
        self.0.card()
    }

    #[getter]
    fn attempts(&self) -> u32 {
        self.0.attempts()
    }

    #[getter]
    fn cause(&self) -> Option<&'static str> {
        self.0.cause().map(Cause::name)
    }
}

/// An argument as the core takes it; a `TypeError` names it.
pub(crate) fn named<'py, T>(name: &str, value: &Bound<'py, PyAny>) -> PyResult<T>
where
    T: for<'a> FromPyObject<'a, 'py, Error = PyErr>,
{
    value.extract().map_err(|error: PyErr| PyTypeError::new_err(format!("{name}: {}", error.value(value.py()))))
}

/// As [`named`], of an attribute.
pub(crate) fn attribute<'py, T>(object: &Bound<'py, PyAny>, name: &str) -> PyResult<T>
where
    T: for<'a> FromPyObject<'a, 'py, Error = PyErr>,
{
    named(name, &object.getattr(name)?)
}

/// A `str` of Python, and nothing that merely looks like one.
pub(crate) struct Text(pub(crate) String);

impl<'py> FromPyObject<'_, 'py> for Text {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let text = value.cast::<PyString>().map_err(|_| wrong_type(&value, "a str"))?;
        let whole = |_| PyTypeError::new_err("this str has half a surrogate pair, which no message can carry");
        Ok(Self(text.to_cow().map_err(whole)?.into_owned()))
    }
}

impl std::ops::Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// A count: an `int` that is not negative.
#[derive(Clone, Copy)]
pub(crate) struct Count(pub(crate) u32);

impl<'py> FromPyObject<'_, 'py> for Count {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if !value.is_instance_of::<PyInt>() || value.is_instance_of::<PyBool>() {
            return Err(wrong_type(&value, "an int"));
        }
        let fits = |_| PyTypeError::new_err(format!("this int is not from 0 to {}", u32::MAX));
        value.extract().map(Self).map_err(fits)
    }
}

/// A number of seconds.
#[derive(Clone, Copy)]
pub(crate) struct Seconds(pub(crate) Duration);

impl<'py> FromPyObject<'_, 'py> for Seconds {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let number: f64 = value.extract().map_err(|_| wrong_type(&value, "a number of seconds"))?;
        let fits = |_| PyTypeError::new_err("this number of seconds is negative, or no number at all");
        Duration::try_from_secs_f64(number).map(Self).map_err(fits)
    }
}

/// Names the type that was given, never the value: it may be a secret or a card number in the wrong place.
fn wrong_type(value: &Bound<'_, PyAny>, wanted: &str) -> PyErr {
    let given = value.get_type().name().map_or_else(|_| "something else".to_owned(), |name| name.to_string());
    PyTypeError::new_err(format!("{wanted} is needed, not a value of type {given}"))
}
