//! Keys and signatures that Python functions give. They run on threads of their own, so that neither the runtime nor
//! an event loop waits for them.

use crate::convert::Text;
use posa_core::sign::remote::{signer_failed, signer_unreachable};
use posa_core::sign::{
    Credentials, CredentialsProvider, EnvironmentCredentials, FileCredentials, SignedHeaders, Signer, Unsigned,
};
use posa_core::{BoxFuture, Error};
use pyo3::prelude::*;
use std::sync::Arc;

/// Where the key comes from.
#[derive(Clone)]
pub(crate) enum Keys {
    Pair(Credentials),
    Environment,
    File(FileCredentials),
    Function(Arc<Py<PyAny>>),
}

/// What the package hands over for `credentials`: a kind, and what belongs to it.
#[derive(FromPyObject)]
pub(crate) enum GivenKeys {
    #[pyo3(transparent)]
    Pair((Text, Text)),
    #[pyo3(transparent)]
    Place((Text,)),
    #[pyo3(transparent)]
    Function(Py<PyAny>),
}

impl Keys {
    pub(crate) fn new(given: GivenKeys) -> Result<Self, Error> {
        Ok(match given {
            GivenKeys::Pair((id, secret)) => Self::Pair(Credentials::new(id.0, secret.0)?),
            GivenKeys::Place((path,)) if path.is_empty() => Self::Environment,
            GivenKeys::Place((path,)) => Self::File(FileCredentials::new(path.0)),
            GivenKeys::Function(function) => Self::Function(Arc::new(function)),
        })
    }
}

impl CredentialsProvider for Keys {
    fn load(&self) -> BoxFuture<'_, Result<Credentials, Error>> {
        match self {
            Self::Pair(credentials) => credentials.load(),
            Self::Environment => EnvironmentCredentials.load(),
            Self::File(file) => file.load(),
            Self::Function(function) => {
                let function = Arc::clone(function);
                Box::pin(async move {
                    let failed = |name: &str| {
                        let message = format!("the credentials function raised {name}; nothing was sent");
                        Error::configuration("credentials", message)
                    };
                    let pair: (Text, Text) = called(move |py| function.call0(py)?.extract(py), failed).await?;
                    Credentials::new(pair.0.0, pair.1.0)
                })
            }
        }
    }
}

/// A Python function that signs: `(operation, format, host, body, time in microseconds, question) -> headers`.
#[derive(Clone)]
pub(crate) struct FunctionSigner(pub(crate) Arc<Py<PyAny>>);

impl Signer for FunctionSigner {
    fn sign<'a>(&'a self, request: Unsigned<'a>) -> BoxFuture<'a, Result<SignedHeaders, Error>> {
        let function = Arc::clone(&self.0);
        let format = if request.format == posa_core::wire::Format::Xml { "xml" } else { "json" };
        let (operation, host) = (request.operation.name(), request.host.to_owned());
        let (body, now, question) = (request.body.to_vec(), request.now.as_microsecond(), request.to_json());
        Box::pin(async move {
            let call = move |py: Python<'_>| {
                let signed = function.call1(py, (operation, format, host, body.as_slice(), now, question))?;
                Ok(signed.extract::<Signed>(py).ok())
            };
            match called(call, |name| signer_unreachable(&format!("the function raised {name}"))).await? {
                Some(Signed::Headers(headers)) => {
                    SignedHeaders::from_headers(headers.iter().map(|(name, value)| (&**name, &**value)))
                }
                Some(Signed::Refused(reason)) => Err(signer_failed(&reason)),
                None => Err(signer_failed("the function returned headers that are not all text")),
            }
        })
    }
}

/// What a signer came to: headers, or the reason of a refusal.
#[derive(FromPyObject)]
enum Signed {
    #[pyo3(transparent)]
    Refused(Text),
    #[pyo3(transparent)]
    Headers(Vec<(Text, Text)>),
}

/// Runs a Python function. Its exception's words are not repeated, for they may hold a secret; its type is.
async fn called<T: Send + 'static>(
    call: impl FnOnce(Python<'_>) -> PyResult<T> + Send + 'static,
    failed: impl Fn(&str) -> Error + Send + 'static,
) -> Result<T, Error> {
    let run = move || {
        Python::try_attach(|py| {
            call(py).map_err(|error| {
                let name = error.get_type(py).name().map_or_else(|_| "an exception".into(), |name| name.to_string());
                failed(&name)
            })
        })
    };
    let ended = || Error::configuration("client", "a function of the client's cannot run: the interpreter is ending");
    tokio::task::spawn_blocking(run).await.ok().flatten().ok_or_else(ended)?
}
