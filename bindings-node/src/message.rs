use crate::convert::{Receipt, Recovered, Report, Row, Sale, Signed, Step, receipt};
use crate::error::Failure;
use crate::sandbox::NativeSandbox;
use napi::bindgen_prelude::{Buffer, Either};
use napi_derive::napi;
use posa_core::Error;
use posa_core::journal::Transaction;

/// What the native side has to tell its JavaScript thread: the receipt of a call, or anything rarer. A receipt is an
/// array there, which takes fewer steps to make than an object.
pub(crate) enum Told {
    /// The call is done.
    Receipt(Receipt),
    /// Anything else.
    Message(Box<Message>),
}

impl From<posa_core::Receipt> for Told {
    fn from(done: posa_core::Receipt) -> Self {
        Self::Receipt(receipt(done))
    }
}

impl From<Transaction> for Told {
    fn from(sale: Transaction) -> Self {
        Message { sale: Some(Sale::from(sale)), ..Message::default() }.into()
    }
}

impl From<Error> for Told {
    fn from(error: Error) -> Self {
        Message { error: Some(Failure::from(error)), ..Message::default() }.into()
    }
}

impl From<Message> for Told {
    fn from(message: Message) -> Self {
        Self::Message(Box::new(message))
    }
}

impl From<Told> for Either<Receipt, Message> {
    fn from(told: Told) -> Self {
        match told {
            Told::Receipt(receipt) => Self::A(receipt),
            Told::Message(message) => Self::B(*message),
        }
    }
}

/// How a call ended, or what a client's function is wanted for: one member, or none where a call came to nothing.
#[napi(object, object_from_js = false)]
#[derive(Default)]
pub struct Message {
    /// The call failed.
    pub error: Option<Failure>,
    /// The call came to a sale.
    pub sale: Option<Sale>,
    /// The call came to several sales.
    pub sales: Option<Vec<Sale>>,
    /// The call came to the steps of a sale.
    pub steps: Option<Vec<Step>>,
    /// The call was a recovery.
    pub recovered: Option<Recovered>,
    /// The call read a batch; there is none after the last.
    pub row: Option<Row>,
    /// The call compared.
    pub report: Option<Report>,
    /// The call signed.
    pub signed: Option<Signed>,
    /// The call started a sandbox.
    pub sandbox: Option<NativeSandbox>,
    /// The call ran the command; this is its exit code.
    pub exit: Option<u32>,
    /// Not the end of a call: something that happened to an operation.
    pub event: Option<Event>,
    /// Not the end of a call: the credentials or a signature are asked for.
    pub question: Option<Question>,
}

/// Something that happened to an operation.
#[napi(object, object_from_js = false)]
pub struct Event {
    /// What happened.
    pub kind: &'static str,
    /// The operation, by its name on the wire.
    pub operation: &'static str,
    /// The id of the sale.
    pub request_id: String,
    /// The card's last four digits.
    pub card: String,
    /// The number of the request, from 1; 0 before the first.
    pub attempt: u32,
    /// For `retrying`: the pause in milliseconds.
    pub after: Option<f64>,
    /// For `skew_corrected`: the gateway's time less this machine's.
    pub seconds: Option<i64>,
    /// For `retrying`, `warning`, `alarm` and `settled`: why, what is not sure, what contradicts, or the outcome.
    pub detail: Option<String>,
}

/// Something that only JavaScript can answer.
#[napi(object, object_from_js = false)]
pub struct Question {
    /// Names it in the answer.
    pub id: u32,
    /// What to sign; if nothing, the credentials are asked for.
    pub unsigned: Option<Unsigned>,
}

/// A request that needs a signature.
#[napi(object, object_from_js = false)]
pub struct Unsigned {
    /// The operation, by its name on the wire.
    pub operation: &'static str,
    /// `json` or `xml`.
    pub format: &'static str,
    /// The `host` header.
    pub host: String,
    /// The exact bytes that will be sent.
    pub body: Buffer,
    /// The time to sign for, in milliseconds since 1970.
    pub time: f64,
    /// What a server that signs is asked.
    pub question: String,
}
