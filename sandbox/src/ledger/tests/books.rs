use super::*;
use std::sync::Arc;

#[test]
fn funds_are_charged_refunded_and_enough() {
    let till = Till::new();
    let left = till.ledger.set_funds("Awssb", "USD", "30").unwrap();
    assert_eq!((left.available.as_str(), left.spent.as_str()), ("30.00", "0.00"));
    assert_eq!(till.activate("Awssb1", CARD, "20", "USD"), "SUCCESS Activated");
    assert_eq!(till.activate("Awssb2", "1400000005567586", "10.01", "USD"), "F300 InsufficientFunds");
    assert_eq!(till.activate("Awssb2", "1400000005567586", "10", "USD"), "SUCCESS Activated");
    assert_eq!(till.usd(), ("0.00".into(), "30.00".into()));
    till.deactivate("Awssb1", CARD);
    assert_eq!(till.usd(), ("20.00".into(), "10.00".into()));
    for (partner, currency, amount) in
        [("Awssb", "USD", "-1"), ("Awssb", "XXX", "1"), ("Nobod", "USD", "1"), ("Awssb", "JPY", "0.5")]
    {
        assert!(till.ledger.set_funds(partner, currency, amount).is_err());
    }
}

#[test]
fn a_state_file_keeps_the_books_and_a_reset_empties_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let kept = LedgerOptions { state: Some(path.clone()), ..options() };
    let till = Till::with(&kept);
    till.activate("Awssb1", CARD, "25", "USD");
    till.ledger.set_condition("1400000005567586", Condition::Claimed).unwrap();
    drop(till);
    let till = Till::with(&kept);
    assert_eq!(till.usd(), ("999975.00".into(), "25.00".into()));
    assert_eq!(till.ledger.card("1400000005567586").unwrap().condition, Condition::Claimed);
    assert_eq!(till.activate("Awssb1", CARD, "25", "USD"), "SUCCESS Activated");
    assert_eq!(till.ledger.movements().unwrap().len(), 1);
    till.ledger.reset().unwrap();
    assert_eq!(till.usd(), ("1000000.00".into(), "0.00".into()));
    assert!(till.ledger.transactions().unwrap().is_empty());
    assert_eq!(till.ledger.cards().unwrap(), Till::new().ledger.cards().unwrap());
}

#[test]
fn a_file_that_is_no_ledger_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.db");
    std::fs::write(&path, "notes, long enough to be no database at all".repeat(40)).unwrap();
    let options = LedgerOptions { state: Some(path.clone()), ..options() };
    assert!(Ledger::open(&options).unwrap_err().contains("choose another path"));
    std::fs::remove_file(&path).unwrap();
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE journal (id INTEGER)").unwrap();
    assert!(Ledger::open(&options).unwrap_err().contains("another program"));
}

#[test]
fn cards_can_be_added() {
    let till = Till::new();
    let card = |json: Value| serde_json::from_value::<NewCard>(json).unwrap();
    let added = till.ledger.add_card(&card(json!({"card_number": "1700000005489413"}))).unwrap();
    assert_eq!((added.marketplace.as_str(), added.checksum.len(), added.denomination), ("US", 3, None));
    assert_eq!(
        till.activate("Awssb1", &format!("1700000005489413{}", added.checksum), "10", "USD"),
        "SUCCESS Activated"
    );
    let full = json!({"card_number": "6215366885893081123", "denomination": "50", "marketplace": "UK"});
    let added = till.ledger.add_card(&card(full)).unwrap();
    assert_eq!(
        (added.checksum.as_str(), added.denomination.as_deref(), added.currency.as_str()),
        ("123", Some("50.00"), "GBP")
    );
    assert_eq!(till.ledger.cards().unwrap().len(), 202);
    for wrong in [
        json!({"card_number": "1700000005489413"}),
        json!({"card_number": "12"}),
        json!({"card_number": "1700000005489414", "checksum": "1"}),
        json!({"card_number": "1700000005489414001", "checksum": "002"}),
        json!({"card_number": "1700000005489414", "denomination": "0"}),
        json!({"card_number": "1700000005489414", "denomination": "4", "marketplace": "MX"}),
        json!({"card_number": "1700000005489414", "marketplace": "XX"}),
    ] {
        assert!(till.ledger.add_card(&card(wrong.clone())).is_err(), "{wrong}");
    }
    assert!(till.ledger.set_condition("1700000005489499", Condition::Claimed).unwrap_err().contains("...9499"));
}

#[test]
fn many_tills_at_once_charge_each_card_once() {
    let till = Arc::new(Till::new());
    let threads: Vec<_> = (0..8)
        .map(|thread| {
            let till = Arc::clone(&till);
            std::thread::spawn(move || {
                let cards = (0..20).map(|at| format!("{}", 1_400_000_005_567_585u64 + at));
                let verdicts = cards.enumerate().map(|(at, card)| match thread % 2 {
                    0 => till.activate(&format!("Awssb{at}"), &card, "5", "USD"),
                    _ => till.activate(&format!("AwssbX{at}"), &card, "5", "USD"),
                });
                verdicts.collect::<Vec<_>>()
            })
        })
        .collect();
    for thread in threads {
        for verdict in thread.join().unwrap() {
            assert!(
                verdict == "SUCCESS Activated" || verdict == "F200 CardAlreadyActivatedWithDifferentRequestId",
                "{verdict}"
            );
        }
    }
    assert_eq!(till.ledger.movements().unwrap().len(), 20);
    assert_eq!(till.usd(), ("999900.00".into(), "100.00".into()));
}
