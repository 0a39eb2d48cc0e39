use crate::gateway::Fault;
use crate::till::{digits, id, sale, sale_for};
use crate::*;
use posa_core::Deactivate;
use posa_core::journal::{Asker, Begun, Filter, Purpose, Settlement, State};
use std::time::Duration;

const STATUS: &str = "/ActivationStatusCheck";

#[tokio::test(start_paused = true)]
async fn nothing_differs_and_nothing_is_changed() {
    let shop = Shop::open();
    shop.gateway.fault(&digits(2), Fault::Refused("CardNumberNotFound"));
    for n in 0..4 {
        shop.sell(n).await;
    }
    shop.client.deactivate(Deactivate::new(id("Awssb3"), card(3))).await.unwrap();
    let before =
        (format!("{:?}", shop.client.transactions(&Filter::default()).await.unwrap()), shop.gateway.requests());
    let report = shop.report(None).await;
    assert!(report.differences.is_empty(), "{report}");
    assert_eq!((report.counts.sales, report.counts.asked), (4, 4));
    assert_eq!(format!("{:?}", shop.client.transactions(&Filter::default()).await.unwrap()), before.0);
    assert!(shop.gateway.paths()[before.1..].iter().all(|path| *path == STATUS));
}

#[tokio::test(start_paused = true)]
async fn what_has_no_outcome_is_open_and_nobody_is_asked() {
    let shop = Shop::open();
    shop.gateway.fault(&digits(0), Fault::AnswerLost);
    shop.sell(0).await;
    let report = shop.report(None).await;
    assert_eq!(found(&report), [by_id("still_open", 0)]);
    assert_eq!((report.counts.asked, shop.gateway.requests()), (0, 1));
    assert!(report.differences[0].note.as_ref().unwrap().contains("the connection broke"));
}

#[tokio::test(start_paused = true)]
async fn i21_a_reversal_that_failed_needs_attention() {
    let shop = Shop::open();
    shop.sell(0).await;
    shop.gateway.fault(&digits(0), Fault::Refused("DeactivationNotAllowed"));
    shop.client.void(&id("Awssb0")).await.unwrap_err();
    assert_eq!(found(&shop.report(None).await), [by_id("needs_attention", 0)]);
}

#[tokio::test(start_paused = true)]
async fn an_activation_that_the_gateway_does_not_have() {
    let shop = Shop::open();
    for n in 0..4 {
        shop.sell(n).await;
    }
    shop.gateway.set_active(&digits(0), None);
    shop.gateway.fault(&digits(1), Fault::Says("Invalidated"));
    shop.gateway.fault(&digits(2), Fault::Refused("NonExistingActivationRequestId"));
    let report = shop.report(None).await;
    assert_eq!(found(&report), [0, 1, 2].map(|n| by_id("gateway_not_active", n)));
    let states: Vec<_> = report.differences.iter().map(|one| one.gateway.as_ref().map(|s| s.as_str())).collect();
    assert_eq!(states, [Some("AwaitingActivation"), Some("Invalidated"), None]);
}

#[tokio::test(start_paused = true)]
async fn i15_a_card_that_is_active_against_the_record_may_be_another_sales() {
    let shop = Shop::open();
    shop.gateway.set_active(&digits(0), Some("Awssbelsewhere"));
    shop.sell(0).await;
    shop.sell(1).await;
    shop.client.deactivate(Deactivate::new(id("Awssb1"), card(1))).await.unwrap();
    shop.gateway.set_active(&digits(1), Some("Awssbelsewhere"));
    let report = shop.report(None).await;
    assert_eq!(found(&report), [by_id("gateway_active", 0), by_id("gateway_active", 1)]);
    assert_eq!(
        report.differences.iter().map(|one| one.journal).collect::<Vec<_>>(),
        [Some(State::Rejected), Some(State::Deactivated)]
    );
    assert!(report.differences[0].reason.advice().contains("may be another sale's"));
}

#[tokio::test(start_paused = true)]
async fn a_card_that_another_sale_of_the_journal_activated_is_no_difference() {
    let shop = Shop::open();
    shop.sell(0).await;
    shop.client.activate(sale_for(0, "50").request_id(id("Awssbagain"))).await.unwrap_err();
    shop.client.deactivate(Deactivate::new(id("Awssb0"), card(0))).await.unwrap();
    tokio::time::sleep(Duration::from_secs(24 * 3600)).await;
    shop.client.activate(sale(0).request_id(id("Awssbtomorrow"))).await.unwrap();
    let report = shop.report(None).await;
    assert!(report.differences.is_empty(), "{report}");
    assert_eq!(report.counts.sales, 2);
}

#[tokio::test(start_paused = true)]
async fn a_gateway_that_cannot_be_asked_or_says_nothing() {
    let shop = Shop::open();
    for n in 0..4 {
        shop.sell(n).await;
    }
    shop.gateway.fault(&digits(0), Fault::Unreachable);
    shop.gateway.fault(&digits(1), Fault::AnswerLost);
    shop.gateway.fault(&digits(2), Fault::Says("OnHoliday"));
    shop.gateway.fault(&digits(3), Fault::Refused("CardNumberNotFound"));
    let report = shop.report(None).await;
    assert_eq!(found(&report), [0, 1, 2, 3].map(|n| by_id("gateway_unknown", n)));
    assert!(report.differences[0].note.as_ref().unwrap().starts_with("UNREACHABLE: "));
    assert_eq!(report.differences[2].gateway.as_ref().unwrap().as_str(), "OnHoliday");
}

#[tokio::test(start_paused = true)]
async fn a_sale_that_changes_meanwhile_is_looked_at_again() {
    let shop = Shop::open();
    shop.sell(0).await;
    shop.gateway.let_through(0);
    let (report, ()) = tokio::join!(shop.report(None), async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let (sale, later) = (id("Awssb0"), NOON + SignedDuration::from_mins(1));
        let card = card(0);
        let begun =
            shop.journal.begin_reversal(&sale, &card, Purpose::Return, Asker::Caller, NOON, later).await.unwrap();
        let Begun::Claimed(claim) = begun else { panic!("{begun:?}") };
        shop.journal.settle(&claim, Settlement::done(State::Deactivated, 1, None), NOON).await.unwrap();
        shop.gateway.set_active(&digits(0), None);
        shop.gateway.open();
    });
    assert!(report.differences.is_empty(), "{report}");
    assert_eq!(shop.gateway.requests(), 3);
}

#[tokio::test(start_paused = true)]
async fn only_the_periods_sales_are_asked_about() {
    let shop = Shop::open();
    shop.sell(0).await;
    tokio::time::sleep(Duration::from_secs(3600)).await;
    shop.sell(1).await;
    for (from, to, sales) in [(-1, 0, 0), (0, 1, 1), (1, 2, 1), (0, 2, 2), (2, 3, 0)] {
        let report = shop.client.reconcile(hours(from, to), None).await.unwrap();
        assert_eq!(report.counts.sales, sales, "{from} to {to}");
    }
    let backwards = Period::new(NOON, NOON).unwrap_err();
    assert_eq!(backwards.field(), Some("period"));
}

#[tokio::test(start_paused = true)]
async fn a_long_journal_is_read_in_pages_and_sixteen_are_asked_about_at_a_time() {
    let shop = Shop::open();
    for n in 0..600 {
        shop.sell(n).await;
    }
    shop.gateway.let_through(0);
    let (report, ()) = tokio::join!(shop.report(None), async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(shop.gateway.requests(), 616);
        shop.gateway.open();
    });
    assert!(report.differences.is_empty() && report.counts.asked == 600);
    shop.client.close().await;
    assert_eq!(shop.client.reconcile(today(), None).await.unwrap_err().field(), Some("client"));
}
