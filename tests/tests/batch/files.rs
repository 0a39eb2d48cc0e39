use crate::gateway::Gateway;
use crate::till::{Going, till};
use crate::{all, outcome};
use posa_core::batch::{BatchOptions, Entry, read_sales};
use posa_core::journal::MemoryJournal;
use posa_core::{Currency, Error};
use proptest::prelude::*;
use std::io::{self, Read};
use std::sync::Arc;

fn entries(file: &str) -> Vec<Entry> {
    read_sales(file.as_bytes(), Some(Currency::Usd)).unwrap().collect()
}

fn wrong(entry: &Entry) -> &Error {
    entry.sale.as_ref().unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn a_spreadsheets_sales_are_activated_line_by_line() {
    let file = "\u{FEFF}Card Number;AMOUNT;Currency;Request ID;External Reference;Customer\r\n\
        =\"1400000000000000\";$25,00;;;order 7;Ada\r\n\
        \r\n\
        1400 0000 0000 0001;\"1.000,50 €\";eur;Awssb77;;\r\n\
        1.4E+15;25;;;;\r\n\
        1400000000000003;0;;;;\r\n\
        1400000000000004;10;;;;\r\n";
    let gateway = Gateway::default();
    let client = till(&gateway, Arc::new(MemoryJournal::new()), Going::from_noon());
    let sales = read_sales(file.as_bytes(), Some(Currency::Usd)).unwrap();
    let rows = all(client.activate_many("november", sales, BatchOptions::default())).await;
    let lines: Vec<_> = rows.iter().map(|row| (row.line.unwrap(), outcome(row))).collect();
    let expected = [(2, "done"), (4, "done"), (5, "INVALID_INPUT"), (6, "INVALID_INPUT"), (7, "done")];
    assert_eq!(lines, expected);
    let amounts: Vec<_> = rows.iter().filter_map(|row| row.amount).map(|amount| amount.to_string()).collect();
    assert_eq!(amounts, ["25.00 USD", "1000.50 EUR", "10.00 USD"]);
    assert_eq!(rows[1].request_id.as_ref().unwrap().as_str(), "Awssb77");
    let reference = client.transaction(rows[0].request_id.as_ref().unwrap()).await.unwrap().unwrap();
    assert_eq!(reference.external_reference(), Some("order 7"));
}

#[test]
fn each_fault_names_its_line_and_its_field_and_shows_no_cell() {
    let cases = [
        ("1400000000000,25,,,", "card_number"),
        (",25,,,", "card_number"),
        ("WAS3-C8PP8R-MZMMD,25,,,", "card_number"),
        ("1400000000000001,-25,,,", "amount"),
        ("1400000000000001,,,,", "amount"),
        ("1400000000000001,0.00,,,", "amount"),
        ("1400000000000001,1400000000000001,,,", "amount"),
        ("1400000000000001,2500,,,", "amount"),
        ("1400000000000001,25,WAS3-C8PP8R-MZMMD,,", "currency"),
        ("1400000000000001,25,1400000000000001,,", "currency"),
        ("1400000000000001,25,,1400000000000001,", "request_id"),
        ("1400000000000001,25,,WAS3-C8PP8R-MZMMD,", "request_id"),
        ("1400000000000001,25,,Awssb1 2,", "request_id"),
        ("1400000000000001,25,,,bell\u{7}", "external_reference"),
        ("1400000000000001,1,000.00,,,", "currency"),
        ("1400000000000001,25,,,,5", "sales"),
    ];
    for (line, field) in cases {
        let header = "card_number,amount,currency,request_id,external_reference";
        let entries = entries(&format!("{header}\n{line}\n1400000000000002,25,,,\n"));
        let [bad, good] = &entries[..] else { panic!("{line}: {entries:?}") };
        let shown = format!("{} {:?}", wrong(bad), wrong(bad));
        assert_eq!(wrong(bad).field(), Some(field), "{line}: {shown}");
        assert!(shown.contains("line 2") && good.sale.is_ok(), "{line}: {shown}");
        for hidden in ["WAS3", "14000"] {
            assert!(!shown.contains(hidden), "{line}: {shown}");
        }
    }
}

#[test]
fn faults_of_the_whole_file() {
    let cases = [("", "empty"), ("card_number\n", "no column amount"), ("amount,currency\n", "no column card_number")];
    for (file, says) in cases {
        let error = read_sales(file.as_bytes(), Some(Currency::Usd)).unwrap_err();
        assert!(error.field() == Some("sales") && error.message().contains(says), "{error}");
    }
    let unnamed = read_sales("card_number,amount\n1400000000000001,25\n".as_bytes(), None).unwrap_err();
    assert!(unnamed.message().contains("no column currency"), "{unnamed}");
    let file = "card_number,amount,currency\n1400000000000001,25,\n1400000000000002,25,USD\n";
    let entries: Vec<_> = read_sales(file.as_bytes(), None).unwrap().collect();
    assert_eq!((wrong(&entries[0]).field(), entries[1].sale.is_ok()), (Some("currency"), true));
}

/// Gives its text and then fails, for ever.
struct Failing<'a>(&'a [u8]);

impl Read for Failing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(io::Error::other("the disk is gone")),
            read => Ok(read),
        }
    }
}

#[test]
fn a_file_that_breaks_off_ends_in_an_error() {
    let mut file = "card_number,amount\n".to_owned();
    for n in 0..2_000 {
        file.push_str(&format!("{},25\n", crate::till::digits(n)));
    }
    let entries: Vec<_> = read_sales(Failing(file.as_bytes()), Some(Currency::Usd)).unwrap().collect();
    let (last, before) = entries.split_last().unwrap();
    assert!(wrong(last).message().contains("the disk is gone"));
    assert!(!before.is_empty() && before.iter().all(|entry| entry.sale.is_ok()));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn no_file_panics_or_shows_a_card(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        text in concat!(
            "(card_number|amount|currency|request_id|[,;\t\r\n\"=']|14000000055675[0-9]{2}",
            "|[$€]?[0-9.]{1,6}|USD){0,40}",
        ),
    ) {
        let named = format!("card_number,amount,currency,request_id,external_reference\n{text}");
        for file in [&bytes[..], text.as_bytes(), named.as_bytes()] {
            for currency in [None, Some(Currency::Jpy)] {
                let errors = match read_sales(file, currency) {
                    Ok(sales) => sales.filter_map(|entry| entry.sale.err()).collect(),
                    Err(error) => vec![error],
                };
                for error in errors {
                    prop_assert!(!format!("{error} {error:?}").contains("14000000055675"), "{}", error);
                }
            }
        }
    }
}
