//! Card numbers as they are typed and scanned.

use crate::input::Input;
use crate::leaks::{assert_safe, printed, shown};
use posa_core::CardNumber;

pub(crate) fn run(bytes: &[u8]) {
    let text = Input::new(bytes).text();
    for read in [CardNumber::new(text), CardNumber::scanned(text)] {
        match read {
            Ok(card) => {
                assert_eq!(CardNumber::new(card.digits()).unwrap().digits(), card.digits());
                assert_eq!(CardNumber::scanned(card.digits()).unwrap().digits(), card.digits());
                assert!(matches!(card.digits().len(), 16 | 19) && card.digits().bytes().all(|b| b.is_ascii_digit()));
                assert_eq!([card.number(), card.checksum().unwrap_or_default()].concat(), card.digits());
                assert_safe(&format!("{card} {} {}", shown(&card), shown(&card.last_four())));
                // What is left out is nothing that tells one card from another.
                let digits: String = text.chars().filter(char::is_ascii_digit).collect();
                assert!(digits.ends_with(card.digits()), "{text:?}");
            }
            Err(error) => {
                assert_eq!(error.field(), Some("card_number"));
                assert_safe(&printed(&error));
            }
        }
    }
}
