//! The location mapping file that goes with the short form of transactionSource.

use crate::error::Error;
use crate::model::TransactionSource;
use crate::table::Table;
use std::collections::HashSet;
use std::io::{Read, Write};

const COLUMNS: [&str; 10] = [
    "sourceId",
    "institutionId",
    "institutionName",
    "institutionParentCompany",
    "address1",
    "address2",
    "city",
    "state",
    "zip",
    "phoneNumber",
];

/// One store of the mapping file (specification, "Additional requirements at Brick and Mortar locations").
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Store {
    /// Names the store; at most 20 characters.
    pub source_id: String,
    /// Names its parent, or the store again where it has none; at most 20 characters.
    pub institution_id: String,
    /// The merchant's name; required.
    pub institution_name: String,
    /// The company the merchant belongs to.
    pub institution_parent_company: String,
    /// Street and number.
    pub address1: String,
    /// Second line of the address.
    pub address2: String,
    /// City.
    pub city: String,
    /// State or province.
    pub state: String,
    /// Postal code.
    pub zip: String,
    /// Telephone number, best in the international form: `+14258658560`.
    pub phone_number: String,
}

impl Store {
    /// The short form of transactionSource for a sale at this store.
    ///
    /// # Errors
    /// Fields `source_id`, `institution_id`: empty or over 20 characters.
    pub fn transaction_source(&self) -> Result<TransactionSource, Error> {
        TransactionSource::short(&self.source_id, &self.institution_id)
    }

    fn cells(&self) -> [&str; 10] {
        [
            &self.source_id,
            &self.institution_id,
            &self.institution_name,
            &self.institution_parent_company,
            &self.address1,
            &self.address2,
            &self.city,
            &self.state,
            &self.zip,
            &self.phone_number,
        ]
    }
}

/// Writes the mapping file: CSV in UTF-8, a header line, one line for each store.
///
/// The layout of the vendor's own spreadsheet is not public. The columns here are the names of the short and the
/// long form's members, in the order of the specification's sample; ask the account manager before sending it.
///
/// The file will be opened in a spreadsheet, where a cell that begins with `=`, `+`, `-` or `@` is a formula. Such a
/// cell is refused instead of altered, since the identifiers have to match those of the requests; a telephone number
/// of digits may begin with `+`.
///
/// # Errors
/// Every store is checked before the first line is written. Fields `source_id`, `institution_id`: empty, over 20
/// characters, or two stores with the same pair. Field `institution_name`: empty. Field `stores`: a formula or a
/// control character in a cell, or the writer failed; the message names the line and the column.
pub fn write_locations<'a>(stores: impl IntoIterator<Item = &'a Store>, writer: impl Write) -> Result<(), Error> {
    let stores: Vec<&Store> = stores.into_iter().collect();
    let mut known = HashSet::new();
    for (store, line) in stores.iter().zip(2u64..) {
        check(store).map_err(|(field, what)| Error::invalid(field, format!("line {line}: {what}")))?;
        if !known.insert((&store.source_id, &store.institution_id)) {
            let what = "source_id and institution_id name a store that an earlier line has; give each store its own";
            return Err(Error::invalid("source_id", format!("line {line}: {what}")));
        }
    }
    let mut csv = csv::Writer::from_writer(writer);
    let written = csv.write_record(COLUMNS).and_then(|()| stores.iter().try_for_each(|s| csv.write_record(s.cells())));
    let flushed = written.map_err(|e| e.to_string()).and_then(|()| csv.flush().map_err(|e| e.to_string()));
    flushed.map_err(|e| Error::invalid("stores", format!("the location file could not be written: {e}")))
}

/// Reads stores from a table with the columns that [`write_locations`] writes, in any order, with comma, semicolon or
/// tab between them. Only sourceId and institutionName are required; an empty institutionId is that of the store.
///
/// # Errors
/// As for [`write_locations`], which alone looks for stores that are there twice; field `stores` too if the file
/// cannot be read.
pub fn read_stores(reader: impl Read) -> Result<Vec<Store>, Error> {
    let mut table = Table::open("stores", reader)?;
    table.required("sourceId")?;
    table.required("institutionName")?;
    let mut columns = [None; COLUMNS.len()];
    for (place, name) in columns.iter_mut().zip(COLUMNS) {
        *place = table.column(name)?;
    }
    let mut stores = Vec::new();
    while let Some(row) = table.next()? {
        let mut store = Store::default();
        let cells = [
            &mut store.source_id,
            &mut store.institution_id,
            &mut store.institution_name,
            &mut store.institution_parent_company,
            &mut store.address1,
            &mut store.address2,
            &mut store.city,
            &mut store.state,
            &mut store.zip,
            &mut store.phone_number,
        ];
        for (cell, place) in cells.into_iter().zip(columns) {
            if let Some(at) = place {
                row.cell(at, "stores")?.clone_into(cell);
            }
        }
        if store.institution_id.is_empty() {
            store.institution_id.clone_from(&store.source_id);
        }
        check(&store).map_err(|(field, what)| Error::invalid(field, format!("line {}: {what}", row.line)))?;
        stores.push(store);
    }
    Ok(stores)
}

fn check(store: &Store) -> Result<(), (&'static str, String)> {
    store.transaction_source().map_err(|e| (e.field().unwrap_or("source_id"), e.message().to_owned()))?;
    if store.institution_name.trim().is_empty() {
        return Err(("institution_name", "institution_name is empty; give the merchant's name".to_owned()));
    }
    for (name, cell) in COLUMNS.into_iter().zip(store.cells()) {
        if cell.chars().any(char::is_control) {
            return Err(("stores", format!("{name} has a control character; leave it out")));
        }
        let telephone = name == "phoneNumber" && cell.chars().all(|c| c.is_ascii_digit() || " +()-./".contains(c));
        let formula = match cell.trim_start().chars().next() {
            Some('+') => !telephone,
            Some('=' | '-' | '@') => true,
            _ => false,
        };
        if formula {
            return Err((
                "stores",
                format!("{name} would be a formula in a spreadsheet; begin it with another character"),
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn store() -> Store {
        Store {
            source_id: "84000000109".into(),
            institution_id: "97263700007".into(),
            institution_name: "Fred Meyer".into(),
            address1: "2041 148th Ave NE, \"B\"".into(),
            city: "Zürich".into(),
            phone_number: "+1 (425) 865-8560".into(),
            ..Store::default()
        }
    }

    fn written(stores: &[Store]) -> Result<String, Error> {
        let mut file = Vec::new();
        write_locations(stores, &mut file)?;
        Ok(String::from_utf8(file).unwrap())
    }

    #[test]
    fn what_is_written_is_read_again() {
        let other = Store { source_id: "2".into(), institution_id: "2".into(), ..store() };
        let text = written(&[store(), other.clone()]).unwrap();
        assert!(text.starts_with("sourceId,institutionId,institutionName,"), "{text}");
        assert_eq!(read_stores(text.as_bytes()).unwrap(), [store(), other]);
    }

    #[test]
    fn columns_may_be_fewer_and_in_any_order() {
        let stores = read_stores("Institution Name;ZIP;SOURCE_ID\r\nA & B;01234;7\r\n;;\r\n".as_bytes()).unwrap();
        let expected = Store {
            source_id: "7".into(),
            institution_id: "7".into(),
            institution_name: "A & B".into(),
            zip: "01234".into(),
            ..Store::default()
        };
        assert_eq!(stores, [expected]);
        let missing = read_stores("sourceId,city\n7,Bonn\n".as_bytes()).unwrap_err();
        assert!(missing.message().contains("institutionName"), "{missing}");
    }

    #[test]
    fn a_formula_is_refused_and_a_telephone_number_is_not() {
        for formula in ["=1+1", "+SUM(A1)", "-2", "@now", "  =x", "a\tb"] {
            let error = written(&[Store { city: formula.into(), ..store() }]).unwrap_err();
            assert_eq!(error.field(), Some("stores"));
            assert!(error.message().contains("line 2: city"), "{error}");
        }
        let dialled = Store { phone_number: "+cmd|' /C calc'!A0".into(), ..store() };
        assert!(written(&[dialled]).unwrap_err().message().contains("phoneNumber"));
    }

    #[test]
    fn nothing_is_written_when_one_store_is_wrong() {
        let mut file = Vec::new();
        let wrong = Store { institution_name: " ".into(), source_id: "2".into(), ..store() };
        let error = write_locations(&[store(), wrong], &mut file).unwrap_err();
        assert_eq!((error.field(), file.len()), (Some("institution_name"), 0));
        assert!(error.message().starts_with("line 3: "), "{error}");
    }

    #[test]
    fn identifiers_are_checked_and_stand_once() {
        let long = Store { source_id: "x".repeat(21), ..store() };
        assert_eq!(written(&[long]).unwrap_err().field(), Some("source_id"));
        let twice = written(&[store(), store()]).unwrap_err();
        assert!(twice.message().starts_with("line 3: "), "{twice}");
        let none = read_stores("sourceId,institutionName\n,Acme\n".as_bytes()).unwrap_err();
        assert_eq!(none.field(), Some("source_id"));
    }
}
