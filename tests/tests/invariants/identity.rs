use crate::harness::*;
use posa_core::model::{Activate, Amount, CardNumber, Currency, RequestId};
use posa_core::transport::Played;
use posa_core::{Delivery, ErrorKind};
use std::collections::HashSet;

#[tokio::test(start_paused = true)]
async fn i1_one_intent_is_one_request_id_chosen_before_the_first_send() {
    let till = Till::new([Played::Break, failure("F400", "SystemTemporarilyUnavailable"), success()]);
    let receipt = till.client.activate(sale()).await.unwrap();
    let ids: HashSet<_> = till.bodies().iter().map(|body| member(body, "activationRequestId")).collect();
    assert_eq!(till.bodies().len(), 3);
    assert_eq!(ids, HashSet::from([receipt.request_id.to_string()]));
}

#[tokio::test(start_paused = true)]
async fn i2_retry_status_check_and_reversal_carry_the_original_id() {
    let till = Till::new([Played::Break, success(), success(), Played::Break, success()]);
    let receipt = till.client.activate(sale()).await.unwrap();
    let original = receipt.request_id.as_str();
    till.client.status(check(original)).await.unwrap();
    till.client.deactivate(reversal(original)).await.unwrap();
    assert_eq!(
        till.paths(),
        [
            "/ActivateGiftCard",
            "/ActivateGiftCard",
            "/ActivationStatusCheck",
            "/DeactivateGiftCard",
            "/DeactivateGiftCard"
        ]
    );
    for body in till.bodies() {
        assert!(body.contains(original), "{body}");
    }
}

#[test]
fn i3_generated_ids_are_unique_prefixed_alphanumeric_and_short() {
    let ids: HashSet<_> = (0..100_000).map(|_| RequestId::generate(&partner()).unwrap()).collect();
    assert_eq!(ids.len(), 100_000);
    for id in &ids {
        let text = id.as_str();
        assert!(
            text.starts_with("Awssb") && text.len() <= 40 && text.bytes().all(|b| b.is_ascii_alphanumeric()),
            "{text}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn i4_the_same_id_with_other_content_is_refused_before_it_is_sent() {
    let till = Till::new([success()]);
    till.client.activate(sale_as("Awssb1")).await.unwrap();
    let other_card = Activate::new(CardNumber::new(OTHER_CARD).unwrap(), usd("25.00"));
    let other_currency = Activate::new(card(), Amount::new("25.00", Currency::Eur).unwrap());
    for changed in [other_card, Activate::new(card(), usd("25.01")), other_currency] {
        let error = till.client.activate(changed.request_id(id("Awssb1"))).await.unwrap_err();
        assert_eq!((error.kind(), error.delivery()), (ErrorKind::Conflict, Delivery::NotSent));
        assert!(error.message().contains("Awssb1"));
    }
    let other = posa_core::Deactivate::new(id("Awssb1"), CardNumber::new(OTHER_CARD).unwrap());
    assert_eq!(till.client.deactivate(other).await.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(till.network.sent().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn i5_a_retry_repeats_the_same_bytes_and_is_signed_anew() {
    let ticking = |builder: posa_core::ClientBuilder| builder.clock(std::sync::Arc::new(Ticking::default()));
    let journal = std::sync::Arc::new(posa_core::journal::MemoryJournal::new());
    let till = Till::with([Played::Break, Played::Break, success()], journal, ticking);
    till.client.activate(sale().external_reference("till 7, \"märz\"").unwrap()).await.unwrap();
    let sent = till.network.sent();
    assert!(sent.windows(2).all(|pair| pair[0].body == pair[1].body));
    for name in ["x-amz-date", "authorization"] {
        let values: HashSet<_> = sent.iter().map(|request| header(request, name)).collect();
        assert_eq!(values.len(), 3, "{name} stays the same: {values:?}");
    }
    for name in ["accept", "content-type", "host", "x-amz-target"] {
        assert!(sent.windows(2).all(|pair| header(&pair[0], name) == header(&pair[1], name)), "{name} changes");
    }
}

fn with_checksum(checksum: &str) -> Activate {
    Activate::new(CardNumber::new(&format!("{}{checksum}", &CARD[..16])).unwrap(), usd("25.00"))
}

#[tokio::test(start_paused = true)]
async fn i33_a_corrected_sale_is_what_recovery_and_reversals_send() {
    let lost = (0..8).map(|_| Played::Break);
    let script = [failure("F200", "CardNumberCheckSumError")].into_iter().chain(lost).chain([success(), success()]);
    let till = Till::new(script);
    let wrong = with_checksum("359").request_id(id("Awssb1"));
    assert_eq!(till.client.activate(wrong.clone()).await.unwrap_err().kind(), ErrorKind::Rejected);
    let right = with_checksum("358").external_reference("order 7").unwrap().request_id(id("Awssb1"));
    assert_eq!(till.client.activate(right.clone()).await.unwrap_err().kind(), ErrorKind::OutcomeUnknown);
    let error = till.client.activate(wrong).await.unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::Conflict, Some("checksum")), "while it is open");
    let recovered = till.client.recover(posa_core::recovery::Recover::default()).await.unwrap();
    assert_eq!(recovered.settled[0].state, posa_core::journal::State::Activated);
    // Whoever brings the card back may have read it without its checksum.
    let bare = CardNumber::new(&CARD[..16]).unwrap();
    till.client.deactivate(posa_core::Deactivate::new(id("Awssb1"), bare)).await.unwrap();
    let sent = till.bodies();
    assert!(sent[0].contains("359") && sent[1..].iter().all(|body| member(body, "cardNumber") == CARD), "{sent:?}");
    let activations = &sent[1..sent.len() - 1];
    assert!(activations.iter().all(|body| body == &activations[0]), "{activations:?}");
}

#[tokio::test(start_paused = true)]
async fn i33_a_void_of_a_corrected_sale_takes_back_what_was_sold() {
    let till = Till::new([failure("F200", "CardNumberCheckSumError"), success(), success()]);
    till.client.activate(with_checksum("359").request_id(id("Awssb1"))).await.unwrap_err();
    till.client.activate(with_checksum("358").request_id(id("Awssb1"))).await.unwrap();
    let row = till.client.void(&id("Awssb1")).await.unwrap();
    assert_eq!(row.state, posa_core::journal::State::Deactivated);
    assert_eq!(member(&till.bodies()[2], "cardNumber"), CARD);
}

/// A clock that is a second later each time it is read.
#[derive(Default)]
struct Ticking(std::sync::atomic::AtomicI64);

impl posa_core::engine::Clock for Ticking {
    fn now(&self) -> jiff::Timestamp {
        let seconds = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        jiff::Timestamp::from_second(1_767_323_045 + seconds).unwrap()
    }
}
