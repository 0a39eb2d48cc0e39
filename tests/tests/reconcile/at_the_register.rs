use crate::gateway::Fault;
use crate::till::{digits, id, sale_for};
use crate::*;
use posa_core::{Amount, Currency, Deactivate};
use std::time::Duration;

fn line(reason: &'static str, sale: Option<u64>, line: u64) -> (&'static str, Option<String>, Option<u64>) {
    (reason, sale.map(|n| format!("Awssb{n}")), Some(line))
}

fn named(sold: RegisterSale, name: &str) -> RegisterSale {
    RegisterSale { request_id: Some(id(name)), ..sold }
}

fn at(sold: RegisterSale, hour: i64) -> RegisterSale {
    RegisterSale { sold_at: Some(NOON + SignedDuration::from_hours(hour)), ..sold }
}

#[tokio::test(start_paused = true)]
async fn a_register_that_agrees() {
    let shop = Shop::open();
    for n in 0..3 {
        shop.sell(n).await;
    }
    let register = vec![sold(2, 0, "25"), named(sold(3, 1, "25.00"), "Awssb1"), at(sold(4, 2, "25"), 1)];
    let report = shop.report(Some(register)).await;
    assert!(report.differences.is_empty(), "{report}");
    assert_eq!((report.counts.register, report.counts.register_elsewhere), (3, 0));
}

#[tokio::test(start_paused = true)]
async fn sold_and_not_activated() {
    let shop = Shop::open();
    shop.gateway.fault(&digits(1), Fault::Refused("CardNumberNotFound"));
    shop.sell(1).await;
    shop.sell(2).await;
    shop.client.deactivate(Deactivate::new(id("Awssb2"), card(2))).await.unwrap();
    let register = vec![sold(2, 0, "25"), sold(3, 1, "25"), named(sold(4, 2, "25"), "Awssb2")];
    let report = shop.report(Some(register)).await;
    let expected = [("sold_not_activated", None, Some(2)), line("sold_not_activated", Some(1), 3)];
    assert_eq!(found(&report), [&expected[..], &[line("sold_not_activated", Some(2), 4)]].concat());
}

#[tokio::test(start_paused = true)]
async fn activated_and_not_sold() {
    let shop = Shop::open();
    shop.sell(0).await;
    shop.sell(1).await;
    let report = shop.report(Some(vec![sold(2, 1, "25")])).await;
    assert_eq!(found(&report), [by_id("activated_not_sold", 0)]);
    let report = shop.report(Some(Vec::new())).await;
    assert_eq!(found(&report), [by_id("activated_not_sold", 0), by_id("activated_not_sold", 1)]);
}

#[tokio::test(start_paused = true)]
async fn another_amount_or_currency() {
    let shop = Shop::open();
    for n in 0..3 {
        shop.sell(n).await;
    }
    let euros = Amount::new("25", Currency::Eur).unwrap();
    let register = vec![sold(2, 0, "24.99"), RegisterSale { amount: euros, ..sold(3, 1, "25") }, sold(4, 2, "25")];
    let report = shop.report(Some(register)).await;
    assert_eq!(found(&report), [line("amount_differs", Some(0), 2), line("amount_differs", Some(1), 3)]);
    let amounts = report.differences[1].amount.zip(report.differences[1].register_amount).unwrap();
    assert_eq!((amounts.0.to_string(), amounts.1.to_string()), ("25.00 USD".into(), "25.00 EUR".into()));
}

#[tokio::test(start_paused = true)]
async fn another_card_under_one_id() {
    let shop = Shop::open();
    shop.sell(0).await;
    let report = shop.report(Some(vec![named(sold(2, 7, "25"), "Awssb0")])).await;
    assert_eq!(found(&report), [line("card_differs", Some(0), 2)]);
    assert_eq!(report.differences[0].card.to_string(), "...0007");
    assert_eq!(report.differences[0].note.as_deref(), Some("the journal has card ...0000"));
}

#[tokio::test(start_paused = true)]
async fn a_card_that_was_sold_twice() {
    let shop = Shop::open();
    shop.sell(0).await;
    let register = vec![sold(2, 0, "25"), sold(3, 0, "25"), sold(4, 1, "25"), sold(5, 1, "25")];
    let report = shop.report(Some(register)).await;
    let unknown = |reason, line| (reason, None, Some(line));
    assert_eq!(found(&report), [unknown("sold_not_activated", 4), unknown("sold_twice", 3), unknown("sold_twice", 5)]);
}

#[tokio::test(start_paused = true)]
async fn a_card_that_came_back_and_was_sold_again_is_told_apart_by_its_ids() {
    let shop = Shop::open();
    shop.sell(0).await;
    shop.client.deactivate(Deactivate::new(id("Awssb0"), card(0))).await.unwrap();
    shop.client.activate(sale_for(0, "50").request_id(id("Awssb9"))).await.unwrap();
    let register = vec![named(sold(2, 0, "25"), "Awssb0"), named(sold(3, 0, "50"), "Awssb9")];
    assert_eq!(found(&shop.report(Some(register)).await), [line("sold_not_activated", Some(0), 2)]);
    let only_the_card = shop.report(Some(vec![sold(2, 0, "50")])).await;
    assert!(only_the_card.differences.is_empty(), "{only_the_card}");
}

#[tokio::test(start_paused = true)]
async fn an_open_sale_is_reported_once() {
    let shop = Shop::open();
    shop.gateway.fault(&digits(0), Fault::AnswerLost);
    shop.sell(0).await;
    assert_eq!(found(&shop.report(Some(vec![sold(2, 0, "25")])).await), [by_id("still_open", 0)]);
}

#[tokio::test(start_paused = true)]
async fn sales_of_other_times_are_passed_over_unless_the_journal_has_them_here() {
    let shop = Shop::open();
    shop.sell(0).await;
    shop.sell(1).await;
    tokio::time::sleep(Duration::from_secs(24 * 3600)).await;
    shop.sell(2).await;
    shop.gateway.fault(&digits(3), Fault::AnswerLost);
    shop.sell(3).await;
    let register = vec![
        at(sold(1, 1, "25"), -20),
        at(sold(2, 0, "25"), -13),
        at(sold(3, 1, "25"), 1),
        at(sold(4, 5, "25"), 30),
        at(named(sold(5, 2, "25"), "Awssb2"), 11),
        at(named(sold(6, 3, "25"), "Awssb3"), 11),
    ];
    let report = shop.report(Some(register)).await;
    assert_eq!(found(&report), [line("still_open", Some(3), 6)]);
    assert_eq!((report.counts.register, report.counts.register_elsewhere, report.counts.sales), (3, 3, 2));
}
