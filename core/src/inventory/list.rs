use super::Wac;
use crate::error::Error;
use crate::model::Currency;
use crate::table::{Row, Table, amount_in, as_text, card_in};
use std::io::Read;

/// The cards, sorted by number, each once.
pub(super) fn read(reader: impl Read, currency: Currency) -> Result<Vec<Wac>, Error> {
    let mut table = Table::open("inventory", reader)?;
    let [number, checksum, amount] =
        [table.required("Card Number")?, table.required("Checksum")?, table.required("Amount")?];
    let mut cards = Vec::new();
    while let Some(row) = table.next()? {
        let (number, given) = card_number(&row, number)?;
        let checksum = read_checksum(&row, checksum)?;
        if given.is_some_and(|given| given != checksum) {
            return Err(
                row.wrong("checksum", "differs from the last 3 of the card number's 19 digits; ask for the list again")
            );
        }
        let denomination = amount_in(&row, amount, currency, DENOMINATION)?;
        cards.push((Wac { number, checksum, denomination }, row.line));
    }
    cards.sort_by_key(|(wac, line)| (wac.number, *line));
    refuse_contradictions(&cards)?;
    cards.dedup_by_key(|(wac, _)| wac.number);
    Ok(cards.into_iter().map(|(wac, _)| wac).collect())
}

/// The 16 digits, and the checksum where the cell has 19.
fn card_number(row: &Row<'_>, at: usize) -> Result<(u64, Option<u16>), Error> {
    let card = card_in(row, at)?;
    let number = card.number().parse().map_err(|_| row.wrong("card_number", "is not a number"))?;
    Ok((number, card.checksum().and_then(|digits| digits.parse().ok())))
}

/// Spreadsheets drop leading zeros: `58` stands for `058`.
fn read_checksum(row: &Row<'_>, at: usize) -> Result<u16, Error> {
    let text = as_text(row.cell(at, "checksum")?);
    match text.parse() {
        Ok(checksum) if text.len() <= 3 && text.bytes().all(|b| b.is_ascii_digit()) => Ok(checksum),
        _ => Err(row.wrong("checksum", "is not 3 digits; ask for the list again")),
    }
}

const DENOMINATION: &str = "is not an amount; write one such as 25.00, or 0 for a card without a denomination";

/// The same number twice with another checksum or amount: one of the two rows is wrong.
fn refuse_contradictions(sorted: &[(Wac, u64)]) -> Result<(), Error> {
    for pair in sorted.windows(2) {
        if let [(a, first), (b, second)] = pair
            && a.number == b.number
            && a != b
        {
            let message = format!(
                "lines {first} and {second}: one card_number has two checksums or amounts; if a spreadsheet rounded its \
                 last digit, format the column as text and export the list again"
            );
            return Err(Error::invalid("card_number", message));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, clippy::unwrap_used)]
    use super::*;
    use crate::inventory::Inventory;
    use crate::model::{Amount, CardNumber};

    const HEADER: &str = "Sequence,Card Number,Checksum,Amount,Claim Code\n";

    fn one(text: &str, currency: Currency) -> Result<Option<Amount>, Error> {
        let row = format!("number;checksum;amount\n1;1400000005567585;358;{text}").replace("number", "Seq;Card Number");
        Ok(read(row.as_bytes(), currency)?.first().unwrap().denomination)
    }

    #[test]
    fn the_specifications_own_list() {
        let list = "1,1400000005567585,358,$0,WA2W-A3CYCB-RDAMZ\n2,1400000005567586,149,$0,WAS3-C8PP8R-MZMMD\n";
        let cards = read(format!("{HEADER}{list}").as_bytes(), Currency::Usd).unwrap();
        let digits: Vec<_> = cards.iter().map(|wac| wac.card_number().digits().to_owned()).collect();
        assert_eq!(digits, ["1400000005567585358", "1400000005567586149"]);
        assert!(cards.iter().all(|wac| wac.denomination.is_none()));
    }

    #[test]
    fn what_spreadsheets_do_to_a_list() {
        let exports = [
            "\u{FEFF}CARD NUMBER;AMOUNT;CHECKSUM\r\n\r\n1400000005567585;25,00;58\r\n;;\r\n",
            "\"Claim Code\"\t\"Card_Number\"\t\"checksum\"\t\"amount\"\n\"X\"\t\"1400000005567585\"\t\"058\"\t\"$25.00\"",
            "amount,card number,checksum\n25 USD,=\"1400000005567585\",'058\n",
            "Card Number,Checksum,Amount\n1400 0000 0556 7585,058,US$ 25.0,,\n,,\n1400000005567585,58,25\n",
            "Card Number,Checksum,Amount\n1400000005567585058,058,25\n",
        ];
        for export in exports {
            let cards = read(export.as_bytes(), Currency::Usd).unwrap();
            let [card] = cards[..] else { panic!("{} cards in {export:?}", cards.len()) };
            assert_eq!(card.card_number().digits(), "1400000005567585058", "{export:?}");
            assert_eq!(card.denomination.unwrap().minor_units(), 2500, "{export:?}");
        }
    }

    #[test]
    fn amounts_as_people_write_them() {
        use Currency::{Eur, Jpy, Pln, Sek, Usd};
        let cases = [
            ("$1,500.00", Usd, 150_000),
            ("1500", Usd, 150_000),
            ("1'500.00", Usd, 150_000),
            ("25.", Usd, 2500),
            ("$25,", Usd, 2500),
            (".5", Usd, 50),
            ("€ ,5", Eur, 50),
            ("1,000.", Usd, 100_000),
            ("1.500,5", Eur, 150_050),
            ("1 500,00 €", Eur, 150_000),
            ("1\u{202F}500 kr", Sek, 150_000),
            ("zł 20.000,00", Pln, 2_000_000),
            ("¥500,000", Jpy, 500_000),
            ("JPY 500", Jpy, 500),
            ("usd 0.5", Usd, 50),
        ];
        for (text, currency, minor) in cases {
            assert_eq!(one(text, currency).unwrap().map(Amount::minor_units), Some(minor), "{text}");
        }
        for zero in ["$0", "0", "0.00", "€0,00", "EUR 0"] {
            assert_eq!(one(zero, Eur).unwrap(), None, "{zero}");
        }
    }

    #[test]
    fn amounts_that_cannot_be_meant() {
        let cases = [
            "",
            "-",
            "$",
            "-25",
            "(25)",
            "€25",
            "25 EUR",
            "1.000",
            "5,000",
            "$1,500",
            "1,234",
            "kr.5",
            "2,5E+01",
            "25 50",
            "1 5,00",
            "25\u{200B}",
            "1,0,0",
            "1,00,0.5",
            "1.5.2",
            "25.001",
            "2500.00",
            "2e3",
            "WA2W-A3CYCB-RDAMZ",
            "1400000005567585",
            "12.50.",
            "0x10",
            "25 25 USD 3",
        ];
        for text in cases {
            let error = one(text, Currency::Usd).unwrap_err();
            assert_eq!(error.field(), Some("amount"), "{text}: {error}");
            assert!(error.message().starts_with("line 2: amount "), "{error}");
        }
    }

    #[test]
    fn an_amount_of_two_readings_names_both() {
        for (text, currency, says) in [
            ("5,000", Currency::Eur, "may be 5000 or 5.000; write 5000.00 if it is the first"),
            ("5.000 €", Currency::Eur, "may be 5000 or 5.000; write 5000.00 if it is the first"),
            ("500.000", Currency::Jpy, "may be 500000 or 500.000; write 500000 if it is the first"),
            ("25\u{200B}", Currency::Eur, "position 3 is U+200B, which is invisible"),
            ("1E+02", Currency::Eur, "scientific notation"),
        ] {
            let error = one(text, currency).unwrap_err();
            assert!(error.message().contains(says), "{text}: {error}");
        }
    }

    #[test]
    fn a_first_line_may_name_the_separator() {
        for first in ["sep=;", "\u{FEFF}SEP=;", "\"sep=;\""] {
            let list = format!("{first}\r\nCard Number;Checksum;Amount, all\r\n1400000005567585;358;free\r\n");
            let missing = read(list.as_bytes(), Currency::Usd).unwrap_err();
            assert!(missing.message().contains("no column Amount"), "{missing}");
            let error = read(list.replace(", all", "").as_bytes(), Currency::Usd).unwrap_err();
            assert!(error.message().starts_with("line 3: amount"), "{error}");
        }
        let other = read("sep=#\nCard Number#Checksum#Amount\n".as_bytes(), Currency::Usd).unwrap_err();
        assert!(other.message().contains("separator"), "{other}");
    }

    #[test]
    fn a_quote_that_is_not_closed_on_its_line_ends_the_list() {
        let good = "1,1400000005567585,358,$0,WA2W-A3CYCB-RDAMZ\n";
        let end = "3,1400000005567587,007,$0,WAS3-C8PP8R-MZMMD\n";
        for row in [
            "2,1400000005567586,149,$0,\"WAS3-C8PP8R-MZMMD",
            "\"2,1400000005567586,149,$0,WAS3-C8PP8R-MZMMD",
            "2,1400000005567586,149,$0,\"WAS3\nC8PP8R\"",
            "2,1400000005567586,149,$0,\"WAS3\"C8PP8R",
            "2,1400000005567586,149,$0,WAS3\r3,1400000005567586",
        ] {
            for after in ["", end] {
                let error = read(format!("{HEADER}{good}{row}\n{after}").as_bytes(), Currency::Usd).unwrap_err();
                assert_eq!(error.field(), Some("inventory"), "{error}");
                assert!(error.message().starts_with("line 3 "), "{row}: {error}");
                assert!(!error.message().contains("WAS3"), "{error}");
            }
        }
        let long = format!("{HEADER}{good}{}", "9".repeat(70_000));
        assert!(read(long.as_bytes(), Currency::Usd).unwrap_err().message().starts_with("line 3 is longer"));
    }

    #[test]
    fn each_fault_names_its_line_and_field_and_shows_no_cell() {
        let good = "1,1400000005567585,358,$0,WA2W-A3CYCB-RDAMZ\n";
        let cases = [
            ("2,1.4E+15,149,$0,WAS3-C8PP8R-MZMMD", "card_number", "format the column as text"),
            ("2,140000000556758,149,$0,WAS3-C8PP8R-MZMMD", "card_number", "15 digits"),
            ("2,,149,$0,WAS3-C8PP8R-MZMMD", "card_number", "empty"),
            ("2,WAS3-C8PP8R-MZMMD,149,$0,1400000005567586", "card_number", "not a digit"),
            ("2,1400000005567586,1490,$0,WAS3-C8PP8R-MZMMD", "checksum", "3 digits"),
            ("2,1400000005567586,WAS3-C8PP8R-MZMMD,$0,149", "checksum", "3 digits"),
            ("2,1400000005567586149,150,$0,WAS3-C8PP8R-MZMMD", "checksum", "19 digits"),
            ("2,1400000005567586,149,WAS3-C8PP8R-MZMMD,$0", "amount", "not an amount"),
            ("2,1400000005567586,149,1400000005567586,", "amount", "not an amount"),
            ("2,1400000005567586,149,$1,000.00,WAS3-C8PP8R-MZMMD", "inventory", "quotes"),
            ("2,1400000005567585,149,$0,WAS3-C8PP8R-MZMMD", "card_number", "lines 2 and 3"),
        ];
        for (row, field, says) in cases {
            let error = read(format!("{HEADER}{good}{row}\n").as_bytes(), Currency::Usd).unwrap_err();
            let shown = format!("{error} {error:?}");
            assert_eq!(error.field(), Some(field), "{shown}");
            assert!(shown.contains(says) && shown.contains('3'), "{row}: {shown}");
            for hidden in ["WAS3", "MZMMD", "55675"] {
                assert!(!shown.contains(hidden), "{row}: {shown}");
            }
        }
    }

    #[test]
    fn faults_of_the_whole_file() {
        let cases: [(&[u8], &str); 8] = [
            (b"Card Number,Checksum,Amount\r1400000005567585,358,$0\r", "line feeds"),
            (b"", "empty"),
            (b"\r\n , \r\n", "empty"),
            (b"Card Number,Amount\n", "no column Checksum"),
            (b"Card Number,Checksum,Amount,card-number\n", "column Card Number twice"),
            (b"\xFF\xFEC\0a\0r\0d\0", "UTF-16"),
            (b"Card Number,Checksum,Amount\n1400000005567585,358,\x8025", "UTF-8"),
            (b"1400000005567585,358,$0,WA2W-A3CYCB-RDAMZ\n", "no column Card Number"),
        ];
        for (file, says) in cases {
            let error = read(file, Currency::Eur).unwrap_err();
            assert!(error.message().contains(says), "{error}");
            assert!(!format!("{error:?}").contains("WA2W"), "{error}");
        }
    }

    #[test]
    fn blank_lines_count_in_the_line_that_an_error_names() {
        let list = "\n\nCard Number,Checksum,Amount\r\n\r\n\r\n1400000005567585,358,free\r\n";
        let error = read(list.as_bytes(), Currency::Usd).unwrap_err();
        assert!(error.message().starts_with("line 6: "), "{error}");
    }

    #[test]
    fn a_long_list() {
        use std::fmt::Write;
        let mut list = "Card Number,Checksum,Amount\n".to_owned();
        for n in (0..100_000u64).rev() {
            writeln!(list, "{},{:03},$0", 1_400_000_000_000_000 + n, n % 1000).unwrap();
        }
        let inventory = Inventory::read(list.as_bytes(), Currency::Usd).unwrap();
        let card = CardNumber::new("1400000000076543543").unwrap();
        assert_eq!(inventory.len(), 100_000);
        assert_eq!(inventory.check(&card).unwrap().card_number().digits(), card.digits());
        assert_eq!(inventory.ranges().len(), 1);
        assert!(size_of::<Wac>() <= 32);
    }
}
