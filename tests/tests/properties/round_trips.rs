use jiff::Timestamp;
use posa_core::inventory::{Inventory, Store, read_stores, write_locations};
use posa_core::wire::{Format, Request, encode};
use posa_core::{Activate, Amount, CardNumber, Currency, Marketplace, PartnerId, RequestId};
use proptest::prelude::*;
use proptest::sample::select;

pub(crate) fn amounts() -> impl Strategy<Value = Amount> {
    select(Marketplace::all().collect::<Vec<_>>()).prop_flat_map(|marketplace| {
        let (min, max) = marketplace.range();
        (min.minor_units()..=max.minor_units())
            .prop_map(move |minor| Amount::from_minor(minor, marketplace.currency()).unwrap())
    })
}

pub(crate) fn digits() -> impl Strategy<Value = String> {
    prop_oneof!["[0-9]{16}", "[0-9]{19}"]
}

proptest! {
    #![proptest_config(super::config(256))]

    #[test]
    fn an_amount_and_its_decimal(amount in amounts()) {
        let again = Amount::new(&amount.decimal(), amount.currency()).unwrap();
        prop_assert_eq!(again, amount);
        prop_assert_eq!(Amount::from_minor(amount.minor_units(), amount.currency()).unwrap(), amount);
        prop_assert_eq!(amount.to_string(), format!("{} {}", amount.decimal(), amount.currency()));
    }

    #[test]
    fn an_amount_on_the_wire_is_the_same_number(amount in amounts(), digits in digits()) {
        let partner = PartnerId::new("Awssb").unwrap();
        let id = RequestId::generate(&partner).unwrap();
        let sale = Activate::new(CardNumber::new(&digits).unwrap(), amount);
        let json = String::from_utf8(encode(Request::Activate(&sale, &id), &partner, Format::Json)).unwrap();
        let number = json.split("\"amount\":").nth(1).unwrap().split('}').next().unwrap();
        prop_assert_eq!(Amount::new(number, amount.currency()).unwrap(), amount);
        let xml = String::from_utf8(encode(Request::Activate(&sale, &id), &partner, Format::Xml)).unwrap();
        let wanted = format!("<amount>{number}</amount>");
        prop_assert!(xml.contains(&wanted), "{} has no {}", xml, wanted);
    }

    #[test]
    fn a_card_number_with_separators_anywhere(
        digits in digits(),
        places in prop::collection::vec((0usize..40, select(vec![' ', '-', '\r', '\n', '\t'])), 0..8),
    ) {
        let mut text = digits.clone();
        for (at, separator) in places {
            text.insert(at % (text.len() + 1), separator);
        }
        let card = CardNumber::new(&text).unwrap();
        prop_assert_eq!(card.digits(), digits.as_str());
        prop_assert_eq!(format!("{}{}", card.number(), card.checksum().unwrap_or_default()), digits);
    }

    #[test]
    fn a_generated_request_id_is_valid(milliseconds in any::<i32>(), random in any::<[u8; 21]>()) {
        let partner = PartnerId::new("Un7c7").unwrap();
        let at = Timestamp::from_millisecond(i64::from(milliseconds) * 5000).unwrap();
        let id = RequestId::at(&partner, at, random);
        prop_assert_eq!(RequestId::new(id.as_str(), &partner).unwrap(), id.clone());
        prop_assert!(id.as_str().len() <= RequestId::MAX && !id.is_mock());
        prop_assert_eq!(RequestId::recorded(id.as_str()).unwrap(), id);
    }

    #[test]
    fn a_later_request_id_is_greater(
        milliseconds in 0i64..30_000_000_000_000,
        gap in 1i64..1_000_000_000_000,
        random in any::<[[u8; 21]; 2]>(),
    ) {
        let partner = PartnerId::new("Un7c7").unwrap();
        let id = |at, random| RequestId::at(&partner, Timestamp::from_millisecond(at).unwrap(), random);
        prop_assert!(id(milliseconds, random[0]) < id(milliseconds + gap, random[1]));
    }

    #[test]
    fn a_list_of_cards(
        cards in prop::collection::btree_map(0u64..10_000_000_000_000_000, 0u16..1000, 0..40),
        delimiter in select(vec![',', ';', '\t']),
    ) {
        let row = |(number, checksum)| format!("{number:016}{delimiter}{checksum:03}{delimiter}$0\r\n");
        let rows = cards.iter().rev().map(row);
        let list = format!("Card Number{delimiter}Checksum{delimiter}Amount\r\n{}", rows.collect::<String>());
        let inventory = Inventory::read(list.as_bytes(), Currency::Usd).unwrap();
        let read: Vec<_> = inventory.iter().map(|wac| wac.card_number().digits().to_owned()).collect();
        let given: Vec<_> = cards.iter().map(|(number, checksum)| format!("{number:016}{checksum:03}")).collect();
        prop_assert_eq!(&read, &given);
        prop_assert_eq!(inventory.ranges().iter().map(|range| range.count).sum::<usize>(), cards.len());
        for digits in given {
            prop_assert!(inventory.check(&CardNumber::new(&digits).unwrap()).is_ok());
        }
    }

    #[test]
    fn a_list_of_stores(names in prop::collection::vec("[A-Za-z0-9 ,;\"'é.]{0,20}[a-z]", 0..10)) {
        let stores: Vec<_> = names.iter().enumerate().map(|(at, name)| Store {
            source_id: at.to_string(),
            institution_id: "97263700007".to_owned(),
            institution_name: name.trim().to_owned(),
            ..Store::default()
        }).collect();
        let mut file = Vec::new();
        write_locations(&stores, &mut file).unwrap();
        prop_assert_eq!(read_stores(file.as_slice()).unwrap(), stores);
    }
}
