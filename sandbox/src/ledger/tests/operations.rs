use super::*;

#[test]
fn a_replay_is_no_second_transaction() {
    let till = Till::new();
    let (first, one) = till.send("Awssb", Operation::Activate, &activation("Awssb1", CARD, "25.00", "USD"));
    let (second, two) = till.send("Awssb", Operation::Activate, &activation("Awssb1", CARD, "25.00", "USD"));
    assert_eq!((first.committed, second.committed), (true, false));
    assert_eq!(one, two);
    let (_, other) = till.send("Awssb", Operation::Activate, &activation("Awssb1", CARD, "30.00", "USD"));
    assert_eq!(one, other, "past validation, the original is returned");
    assert_eq!(till.usd(), ("999975.00".into(), "25.00".into()));
    assert_eq!(till.ledger.movements().unwrap().len(), 1);
    assert_eq!(till.activate("Awssb1", CARD, "2500", "USD"), "F200 MaxAmountExceeded");
    assert_eq!(till.activate("Awssb1", "1400000005567586", "25", "USD"), "F200 ActivationRequestIdAlreadyBeenUsed");
    assert_eq!(till.activate("Awssb2", CARD, "25", "USD"), "F200 CardAlreadyActivatedWithDifferentRequestId");
    assert_eq!(till.ledger.movements().unwrap().len(), 1);
}

#[test]
fn a_replay_after_the_reversal_tells_the_state_of_now() {
    let till = Till::new();
    till.activate("Awssb1", CARD, "25", "USD");
    let (reply, _) = till.send("Awssb", Operation::Deactivate, &reversal("Awssb1", CARD));
    assert_eq!((reply.verdict.as_str(), reply.committed), ("SUCCESS AwaitingActivation", true));
    let (reply, _) = till.send("Awssb", Operation::Deactivate, &reversal("Awssb1", CARD));
    assert_eq!((reply.verdict.as_str(), reply.committed), ("SUCCESS AwaitingActivation", false));
    assert_eq!(till.activate("Awssb1", CARD, "25", "USD"), "SUCCESS AwaitingActivation");
    assert_eq!(till.usd(), ("1000000.00".into(), "0.00".into()));
    assert_eq!(till.activate("Awssb2", CARD, "40", "USD"), "SUCCESS Activated");
    assert_eq!(
        till.activate("Awssb1", CARD, "25", "USD"),
        "SUCCESS AwaitingActivation",
        "the first sale stays reversed"
    );
    assert_eq!(till.deactivate("Awssb1", CARD), "SUCCESS AwaitingActivation");
    assert_eq!(till.status("Awssb2", CARD), "SUCCESS Activated");
    let card = till.ledger.card(CARD).unwrap();
    assert_eq!((card.activations, card.history.len(), card.amount.as_deref()), (2, 3, Some("40.00")));
    assert_eq!(card.request_id.as_deref(), Some("Awssb2"));
    let kinds: Vec<_> = till.ledger.movements().unwrap().into_iter().map(|m| m.kind).collect();
    assert_eq!(kinds, [MovementKind::Charge, MovementKind::Refund, MovementKind::Charge]);
}

#[test]
fn reversals_need_the_original_id_and_card() {
    let till = Till::new();
    till.activate("Awssb1", CARD, "25", "USD");
    assert_eq!(till.deactivate("Awssb9", CARD), "F200 NonExistingActivationRequestId");
    assert_eq!(till.deactivate("Awssb1", "1400000005567586"), "F200 WrongActivationRequestId");
    assert_eq!(till.status("Awssb1", "1400000005567586"), "F200 WrongActivationRequestId");
    assert_eq!(till.status("Awssb9", "1400000005567586"), "SUCCESS AwaitingActivation");
    for condition in [Condition::Claimed, Condition::Expired, Condition::Invalidated] {
        till.ledger.set_condition(CARD, condition).unwrap();
        assert_eq!(till.deactivate("Awssb1", CARD), "F200 DeactivationNotAllowed");
        let fresh = "1400000005567587";
        till.ledger.set_condition(fresh, condition).unwrap();
        assert_eq!(till.activate("Awssb3", fresh, "25", "USD"), "F200 ActivationNotAllowed");
    }
    assert_eq!(till.status("Awssb1", CARD), "SUCCESS Invalidated");
    till.ledger.set_condition(CARD, Condition::None).unwrap();
    assert_eq!(till.deactivate("Awssb1", CARD), "SUCCESS AwaitingActivation");
}

#[test]
fn amounts_keep_to_the_cards_marketplace() {
    let till = Till::new();
    let cases = [
        ("US", "USD", "0.01", "SUCCESS Activated"),
        ("MX", "MXN", "4.99", "F200 AmountBelowMinThreshold"),
        ("DE", "EUR", "0.14", "F200 AmountBelowMinThreshold"),
        ("IT", "EUR", "0.01", "SUCCESS Activated"),
        ("SG", "SGD", "500.01", "F200 MaxAmountExceeded"),
        ("US", "USD", "2000.005", "F200 FractionalAmountNotAllowed"),
        ("JP", "JPY", "10.5", "F200 FractionalAmountNotAllowed"),
        ("JP", "JPY", "500000.0", "SUCCESS Activated"),
        ("FR", "USD", "10", "F200 CurrencyCodeMismatch"),
        ("FR", "XXX", "10", "F200 InvalidCurrencyInMarketplace"),
    ];
    for (at, (marketplace, currency, amount, verdict)) in cases.into_iter().enumerate() {
        let card = till.variable(marketplace);
        let id = format!("Awssb{at}");
        assert_eq!(till.activate(&id, &card, amount, currency), verdict, "{marketplace} {amount}");
        if verdict.starts_with("SUCCESS") {
            assert_eq!(till.deactivate(&id, &card), "SUCCESS AwaitingActivation");
        }
    }
}

#[test]
fn a_denominated_card_takes_its_own_amount_only() {
    let till = Till::new();
    let card = till.denominated("CA");
    assert_eq!(card.denomination.as_deref(), Some("10.00"));
    assert_eq!(till.activate("Awssb1", &card.card_number, "11", "CAD"), "F200 RequestedDenominationMismatch");
    assert_eq!(till.activate("Awssb1", &card.card_number, "10", "CAD"), "SUCCESS Activated", "a failure uses no id up");
}

#[test]
fn cards_expire_when_the_clock_passes_their_date() {
    let mut till = Till::new();
    let card = till.variable("MX");
    till.activate("Awssb1", &card, "50", "MXN");
    assert_eq!(till.ledger.card(&card).unwrap().expiration_date.as_deref(), Some("Thu Jan 02 05:59:59 UTC 2031"));
    till.now = "2031-01-02T06:00:00Z".parse().unwrap();
    assert_eq!(till.deactivate("Awssb1", &card), "F200 DeactivationNotAllowed");
    till.now = "2031-01-02T05:59:59Z".parse().unwrap();
    assert_eq!(till.deactivate("Awssb1", &card), "SUCCESS AwaitingActivation");
}

#[test]
fn partners_do_not_see_each_others_ids() {
    let till = Till::new();
    till.activate("Awssb1", CARD, "25", "USD");
    let mut body = reversal("Awssb1", CARD);
    body["partnerId"] = json!("Other");
    assert_eq!(till.send("Other", Operation::Deactivate, &body).0.verdict, "F200 RequestIdMustStartWithPartnerName");
    assert_eq!(till.send("Awssb", Operation::Deactivate, &body).0.verdict, "F300 AccessDenied");
    body["activationRequestId"] = json!("Other1");
    assert_eq!(till.send("Other", Operation::Deactivate, &body).0.verdict, "F200 NonExistingActivationRequestId");
}
