use super::input::{amount, time};
use jiff::tz::Offset;
use napi_derive::napi;
use posa_core::recovery::{self, Period, RegisterSale, read_register};
use posa_core::{CardNumber, Currency, Error, RequestId};
use std::fs::File;

/// The register: a file, or its sales.
#[napi(object, object_to_js = false)]
pub struct Register {
    /// The path of a CSV file.
    pub file: Option<String>,
    /// The currency of the file's lines that name none.
    pub currency: Option<String>,
    /// The offset from UTC of the file's times that name none, in minutes.
    pub offset: Option<i32>,
    /// Its sales, if there is no file.
    pub sales: Vec<SoldInput>,
}

/// A sale as the register has it.
#[napi(object, object_to_js = false)]
pub struct SoldInput {
    /// 16 or 19 digits.
    pub card_number: String,
    /// A decimal, or with `minor` a whole number of the currency's smallest unit.
    pub amount: String,
    /// How the amount is written.
    pub minor: bool,
    /// ISO 4217.
    pub currency: String,
    /// The id of the activation.
    pub request_id: Option<String>,
    /// RFC 3339.
    pub sold_at: Option<String>,
}

impl Register {
    /// Blocks on the file.
    pub(crate) fn read(self) -> Result<Vec<RegisterSale>, Error> {
        let Some(path) = self.file else {
            return (1..).zip(self.sales).map(|(line, sale)| sale.convert(line)).collect();
        };
        let unreadable = |e| Error::invalid("register", format!("register {path} cannot be read: {e}"));
        let currency = self.currency.map(|code| code.parse::<Currency>()).transpose()?;
        let beyond = |_| Error::invalid("register_offset", "register_offset is not within a day of UTC");
        let offset = self.offset.map(|minutes| Offset::from_seconds(minutes.saturating_mul(60))).transpose();
        let offset = offset.map_err(beyond)?;
        read_register(File::open(&path).map_err(unreadable)?, currency, offset)
    }
}

impl SoldInput {
    fn convert(self, line: u64) -> Result<RegisterSale, Error> {
        Ok(RegisterSale {
            line,
            card_number: CardNumber::new(&self.card_number)?,
            amount: amount(&self.amount, self.minor, self.currency.parse()?)?,
            request_id: self.request_id.map(|id| RequestId::recorded(&id)).transpose()?,
            sold_at: self.sold_at.map(|text| time("sold_at", &text)).transpose()?,
        })
    }
}

pub(crate) fn period(since: &str, until: &str) -> Result<Period, Error> {
    Period::new(time("since", since)?, time("until", until)?)
}

/// A report in its three forms.
#[napi(object, object_from_js = false)]
pub struct Report {
    /// The whole of it.
    pub json: String,
    /// For people.
    pub text: String,
    /// The differences.
    pub csv: String,
}

impl Report {
    pub(crate) fn new(report: &recovery::Report) -> Result<Self, Error> {
        let (mut json, mut csv) = (Vec::new(), Vec::new());
        report.write_json(&mut json)?;
        report.write_csv(&mut csv)?;
        let text = |bytes| String::from_utf8(bytes).map_err(|e| Error::invalid("report", e.to_string()));
        Ok(Self { json: text(json)?, text: report.to_string(), csv: text(csv)? })
    }
}
