use jiff::tz::Offset;
use posa_core::Currency;
use posa_core::recovery::{RegisterSale, read_register};
use proptest::prelude::*;

fn read(file: &str) -> Result<Vec<RegisterSale>, posa_core::Error> {
    read_register(file.as_bytes(), Some(Currency::Usd), None)
}

#[test]
fn a_registers_export_is_read_as_a_spreadsheet_wrote_it() {
    let file = "\u{FEFF}Amount;Card Number;Sold At;Request ID;Till;Currency\r\n\
        $25,00;=\"1400000000000001\";2026-11-02T14:05:00+01:00;Awssb1;3;\r\n\r\n\
        1.000,50;1400 0000 0000 0002;2026-11-02 13:05Z;;3;eur\r\n\
        7;1400000000000003;;;3;\r\n";
    let sales = read(file).unwrap();
    let shown: Vec<_> =
        sales.iter().map(|sale| (sale.line, sale.card_number.number(), sale.amount.to_string())).collect();
    let expected = [
        (2, "1400000000000001", "25.00 USD".to_owned()),
        (4, "1400000000000002", "1000.50 EUR".to_owned()),
        (5, "1400000000000003", "7.00 USD".to_owned()),
    ];
    assert_eq!(shown, expected);
    assert_eq!(sales[0].request_id.as_ref().map(|id| id.as_str()), Some("Awssb1"));
    assert!(sales[0].sold_at.is_some() && sales[0].sold_at == sales[1].sold_at && sales[2].sold_at.is_none());
}

#[test]
fn times_without_an_offset_need_to_be_told_theirs() {
    let file = "card_number,amount,sold_at\n1400000000000001,25,2026-11-02 14:05\n1400000000000002,25,2026-11-02\n";
    assert!(read(file).unwrap_err().message().contains("no offset"));
    let sales = read_register(file.as_bytes(), Some(Currency::Usd), Some(Offset::constant(1))).unwrap();
    let times: Vec<_> = sales.iter().map(|sale| sale.sold_at.unwrap().to_string()).collect();
    assert_eq!(times, ["2026-11-02T13:05:00Z", "2026-11-01T23:00:00Z"]);
}

#[test]
fn a_local_date_is_read_where_it_can_be_one_time_alone() {
    let read = |text: &str| {
        let file = format!("card_number;amount;sold_at\n1400000000000001;25;{text}\n");
        read_register(file.as_bytes(), Some(Currency::Usd), Some(Offset::UTC)).map(|sales| sales[0].sold_at.unwrap())
    };
    for (text, time) in [
        ("25.11.2026 14:05", "2026-11-25T14:05:00Z"),
        ("2.1.2026", "2026-01-02T00:00:00Z"),
        ("02.11.2026 09:05:07", "2026-11-02T09:05:07Z"),
        ("25/11/2026 14:05", "2026-11-25T14:05:00Z"),
        ("11/25/2026 2:05 PM", "2026-11-25T14:05:00Z"),
        ("25-11-2026", "2026-11-25T00:00:00Z"),
        ("11/11/2026", "2026-11-11T00:00:00Z"),
        ("2026/11/02 14:05", "2026-11-02T14:05:00Z"),
    ] {
        assert_eq!(read(text).unwrap().to_string(), time, "{text}");
    }
    for (text, says) in [
        ("11/02/2026 14:05", "day or the month first"),
        ("2-11-2026", "day or the month first"),
        ("02.11.26", "not a time"),
        ("32.11.2026", "not a time"),
        ("46328.5868", "spreadsheet's number"),
        ("46328,5868", "spreadsheet's number"),
        ("2026-11-02\u{200B} 14:05", "position 11 is U+200B"),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.field() == Some("sold_at") && error.message().contains(says), "{text}: {error}");
    }
}

#[test]
fn a_quote_that_is_not_closed_on_its_line_is_no_shorter_register() {
    let file = "card_number,amount,note\n1400000000000001,25,\"a gift\n1400000000000002,25,\n";
    for file in [file.to_owned(), format!("{file}1400000000000003,25,\"\n")] {
        let error = read(&file).unwrap_err();
        assert!(error.field() == Some("register") && error.message().starts_with("line 2 opens a quote"), "{error}");
    }
}

#[test]
fn each_fault_names_its_line_and_its_field_and_shows_no_cell() {
    let cases = [
        ("14000000000,25,,,", "card_number"),
        ("1400000000000001,-25,,,", "amount"),
        ("1400000000000001,0,,,", "amount"),
        ("1400000000000001,1400000000000001,,,", "amount"),
        ("1400000000000001,25,WAS3-C8PP8R-MZMMD,,", "currency"),
        ("1400000000000001,25,,1400000000000001,", "request_id"),
        ("1400000000000001,25,,,1400000000000001", "sold_at"),
        ("1400000000000001,25,,,yesterday", "sold_at"),
        ("1400000000000001,25,,,9999-12-31T23:59", "sold_at"),
        ("1400000000000001,25,,,,5", "register"),
    ];
    for (line, field) in cases {
        let file = format!("card_number,amount,currency,request_id,sold_at\n1400000000000002,25,,,\n{line}\n");
        let error = read_register(file.as_bytes(), Some(Currency::Usd), Some(Offset::MIN)).unwrap_err();
        let shown = format!("{error} {error:?}");
        assert_eq!(error.field(), Some(field), "{line}: {shown}");
        assert!(shown.contains("line 3"), "{line}: {shown}");
        for hidden in ["WAS3", "14000", "yesterday"] {
            assert!(!shown.contains(hidden), "{line}: {shown}");
        }
    }
    for file in ["", "amount\n", "card_number\n"] {
        assert_eq!(read(file).unwrap_err().field(), Some("register"), "{file}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn no_file_panics_or_shows_a_card(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        text in concat!(
            "(card_number|amount|sold_at|[,;\t\r\n\"=']|14000000055675[0-9]{2}|[0-9.]{1,6}",
            "|[0-9]{4}-[0-9T: +-]{1,20}){0,40}",
        ),
        hours in -25i8..=25,
    ) {
        let named = format!("card_number,amount,currency,request_id,sold_at\n{text}");
        for file in [&bytes[..], text.as_bytes(), named.as_bytes()] {
            if let Err(error) = read_register(file, Some(Currency::Jpy), Some(Offset::constant(hours))) {
                prop_assert!(!format!("{error} {error:?}").contains("14000000055675"), "{}", error);
            }
        }
    }
}
