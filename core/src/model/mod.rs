//! Validated values. One that exists is valid; nothing here knows the wire.

mod amount;
mod card;
mod currency;
mod endpoint;
mod ids;
mod marketplace;
mod receipt;
mod request;
mod shown;
mod source;
mod typed;

pub use amount::Amount;
pub(crate) use amount::decimal;
pub use card::{CardNumber, LastFour};
pub use currency::Currency;
pub use endpoint::{Endpoint, Environment, Region};
pub use ids::{PartnerId, RequestId};
pub use marketplace::Marketplace;
pub use receipt::{CardStatus, Expiration, Operation, Receipt};
pub use request::{Activate, Deactivate, StatusCheck};
pub(crate) use shown::{invisible, presentable};
pub(crate) use source::Form;
pub use source::{ShortForm, SourceDetails, SourceDetailsBuilder, TransactionSource};
