use crate::gateway::Gateway;
use crate::till::{Going, till};
use crate::{all, outcome};
use posa_core::batch::{BatchOptions, Check, Entry, read_sales};
use posa_core::inventory::Inventory;
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
        ("1400000000000001,25,,,1E+05", "external_reference"),
        ("1400000000000001,25,,1E+05,", "request_id"),
        ("1400000000000001,25,\u{200B}USD,,", "currency"),
        ("1400000000000001,1.000,,,", "amount"),
        ("1400000000000001,\"1,000\",,,", "amount"),
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
fn nothing_is_read_behind_a_quote_that_is_not_closed_on_its_line() {
    let file = "card_number,amount,note\n1400000000000001,25,\n1400000000000002,25,\"a gift\n1400000000000003,25,\n";
    for file in [file.to_owned(), format!("{file}1400000000000004,25,\"\n"), file.replace("gift\n", "gift\n\"\n")] {
        let entries = entries(&file);
        let [good, bad] = &entries[..] else { panic!("{entries:?}") };
        assert!(good.sale.is_ok());
        assert_eq!((bad.line, wrong(bad).field()), (Some(3), Some("sales")));
        let says = "line 3 opens a quote in cell 3 that is not closed on the line";
        assert!(wrong(bad).message().starts_with(says), "{}", wrong(bad));
    }
}

#[test]
fn a_card_that_an_earlier_line_has_is_the_same_card() {
    let entries = entries("card_number,amount\n1400000000000001,25\n1400000000000002,25\n1400000000000001358,10\n");
    assert!(entries[0].sale.is_ok() && entries[1].sale.is_ok());
    assert_eq!(wrong(&entries[2]).field(), Some("card_number"));
    assert!(wrong(&entries[2]).message().starts_with("line 4: same card as line 2"), "{}", wrong(&entries[2]));
}

fn inventory() -> Arc<Inventory> {
    let list =
        "card number,checksum,amount\n1400000000000001,358,$0\n1400000000000002,149,25\n1400000000000010,000,0\n";
    Arc::new(Inventory::read(list.as_bytes(), Currency::Usd).unwrap())
}

fn checked(lines: &str, inventory: Option<Arc<Inventory>>) -> Check {
    let file = format!("card_number,amount\n{lines}");
    let sales = read_sales(file.as_bytes(), Some(Currency::Usd)).unwrap();
    match inventory {
        Some(inventory) => sales.with_inventory(inventory).check(),
        None => sales.check(),
    }
}

#[test]
fn an_inventory_refuses_what_it_does_not_have() {
    let lines = "1400000000000001358,13\n1400000000000002149,10\n1400000000000002,25\n1400000000000003,25\n\
                 1400000000000001149,13\n";
    let file = format!("card_number,amount\n{lines}");
    let sales = read_sales(file.as_bytes(), Some(Currency::Usd)).unwrap().with_inventory(inventory());
    let told: Vec<_> = sales.map(|entry| entry.sale.map(|_| "sold").unwrap_or_else(|e| e.field().unwrap())).collect();
    assert_eq!(told, ["sold", "amount", "card_number", "card_number", "card_number"]);
    let check = checked(lines, Some(inventory()));
    let lines: Vec<_> = check.findings.iter().map(|finding| finding.line).collect();
    assert_eq!(lines, [3, 4, 5, 6]);
    assert!(check.findings.iter().all(|finding| finding.error.message().contains(&format!("line {}", finding.line))));
}

#[test]
fn a_check_counts_what_can_be_sold_in_each_currency() {
    let file = "card_number,amount,currency\n1400000000000001,25,\n1400000000000002,0.5,\n1400000000000003,500,JPY\n\
                1400000000000004,10.001,\n1400000000000001,25,\n";
    let check = read_sales(file.as_bytes(), Some(Currency::Usd)).unwrap().check();
    let sums: Vec<_> = check.sums.iter().map(|sum| (sum.currency, sum.sales, sum.decimal())).collect();
    assert_eq!(sums, [(Currency::Jpy, 1, "500".to_owned()), (Currency::Usd, 2, "25.50".to_owned())]);
    let told: Vec<_> = check.findings.iter().map(|finding| (finding.line, finding.error.field())).collect();
    assert_eq!((check.lines, told), (5, vec![(5, Some("amount")), (6, Some("card_number"))]));
    assert!(check.rounded.is_none());
}

#[test]
fn numbers_that_a_spreadsheet_rounded_are_told() {
    let rounded = [
        "1400000000000010,25\n1400000000000010,25\n",
        "1400000000000010,25\n1400000000000020,25\n1400000000000030,25\n",
        "1400000000000010000,25\n1400000000000010000,25\n",
    ];
    for lines in rounded {
        let error = checked(lines, None).rounded.unwrap();
        assert_eq!(error.field(), Some("card_number"), "{lines}");
    }
    let right = [
        "1400000000000010,25\n",
        "1400000000000010,25\n1400000000000020,25\n",
        "1400000000000010,25\n1400000000000020,25\n1400000000000031,25\n",
        "1400000000000010358,25\n1400000000000020149,25\n1400000000000030777,25\n",
        "1400000000000001,25\n1400000000000001,25\n",
    ];
    for lines in right {
        assert!(checked(lines, None).rounded.is_none(), "{lines}");
    }
    // Every ten-thousandth card has such a number: it is told, and sold where the inventory has it.
    let one = checked("1400000000000010000,25\n1400000000000002,25\n", None);
    assert!(one.rounded.is_none() && one.findings[0].line == 2 && one.findings.len() == 1);
    let known = checked("1400000000000010000,25\n", Some(inventory()));
    assert!(known.rounded.is_none() && known.findings.is_empty());
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
                let errors: Vec<_> = match read_sales(file, currency) {
                    Ok(sales) => sales.filter_map(|entry| entry.sale.err()).collect(),
                    Err(error) => vec![error],
                };
                let checked = read_sales(file, currency).map(|sales| sales.check()).unwrap_or_default();
                let found = checked.findings.into_iter().map(|finding| finding.error).chain(checked.rounded);
                for error in errors.into_iter().chain(found) {
                    prop_assert!(!format!("{error} {error:?}").contains("14000000055675"), "{}", error);
                }
            }
        }
    }
}
