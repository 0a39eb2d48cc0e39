//! The register's sales on their way in, and the report on its way out.

use crate::convert::{Text, ToPython};
use jiff::Timestamp;
use jiff::tz::Offset;
use posa_core::recovery::{RegisterSale, Report, read_register};
use posa_core::{Amount, CardNumber, Currency, Error, RequestId};
use pyo3::prelude::*;
use std::fs::File;
use std::path::PathBuf;

/// card_number, amount, currency, request_id, sold_at in nanoseconds since 1970
type Given = (Text, Text, Text, Option<Text>, Option<i128>);

/// The register as the package hands it over.
#[derive(FromPyObject)]
pub(crate) enum Register {
    /// A file, the currency of lines that name none, and the seconds east of UTC of times that name none.
    File(PathBuf, Option<Text>, Option<i32>),
    /// Its sales.
    Sales(Vec<Given>),
}

impl Register {
    /// Blocks on the file.
    pub(crate) fn read(self) -> Result<Vec<RegisterSale>, Error> {
        match self {
            Self::File(path, currency, offset) => {
                let unreadable =
                    |e| Error::invalid("register", format!("register {} cannot be read: {e}", path.display()));
                let currency = currency.map(|code| code.parse::<Currency>()).transpose()?;
                let beyond = |_| Error::invalid("register_offset", "register_offset is not within a day of UTC");
                let offset = offset.map(Offset::from_seconds).transpose().map_err(beyond)?;
                read_register(File::open(&path).map_err(unreadable)?, currency, offset)
            }
            Self::Sales(sales) => (1..).zip(sales).map(|(line, given)| sale(line, given)).collect(),
        }
    }
}

fn sale(line: u64, (card, amount, currency, id, sold_at): Given) -> Result<RegisterSale, Error> {
    let beyond = |_| Error::invalid("sold_at", "sold_at is beyond the year 9999");
    Ok(RegisterSale {
        line,
        card_number: CardNumber::new(&card)?,
        amount: Amount::new(&amount, currency.parse()?)?,
        request_id: id.map(|id| RequestId::recorded(&id)).transpose()?,
        sold_at: sold_at.map(Timestamp::from_nanosecond).transpose().map_err(beyond)?,
    })
}

/// The report in its three forms: JSON, text, CSV.
pub(crate) struct Written(String, String, String);

impl Written {
    pub(crate) fn new(report: &Report) -> Result<Self, Error> {
        let (mut json, mut csv) = (Vec::new(), Vec::new());
        report.write_json(&mut json)?;
        report.write_csv(&mut csv)?;
        let text = |bytes| String::from_utf8(bytes).map_err(|e| Error::invalid("report", e.to_string()));
        Ok(Self(text(json)?, report.to_string(), text(csv)?))
    }
}

impl ToPython for Written {
    fn to_python(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        Ok((self.0, self.1, self.2).into_pyobject(py)?.into_any().unbind())
    }
}
