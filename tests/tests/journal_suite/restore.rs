use crate::given::*;
use crate::place::{Place, promises};
use posa_core::journal::{Asker, Settlement, State};
use posa_core::model::{ShortForm, SourceDetails};
use posa_core::wire::{Format, Request, encode};
use posa_core::{Activate, Amount, CardNumber, Currency, TransactionSource};
use proptest::option;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

promises![a_restored_sale_makes_the_same_request];

const CASES: usize = 48;

fn text(max: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(any::<char>(), 0..=max).prop_map(|chars| {
        chars.into_iter().filter(|c| !c.is_control() && !matches!(c, '\u{FFFE}' | '\u{FFFF}')).collect()
    })
}

fn source() -> impl Strategy<Value = TransactionSource> {
    let named = |name: String| if name.is_empty() { "S".to_owned() } else { name };
    let names = (text(20).prop_map(named), text(20).prop_map(named));
    (names, option::of(text(20)), text(40), 0..4).prop_map(|((store, parent), upc, address, form)| match form {
        0 => TransactionSource::short(&store, &parent).unwrap(),
        1 => TransactionSource::short_with(&store, &parent, None, ShortForm::TwoMembers).unwrap(),
        2 => TransactionSource::short_with(&store, &parent, upc.as_deref(), ShortForm::IdText).unwrap(),
        _ => {
            let details = SourceDetails::builder("Merchant").address1(&address).max_characters(400).build().unwrap();
            TransactionSource::long(&store, &parent, details).unwrap()
        }
    })
}

fn sales() -> impl Strategy<Value = Activate> {
    let card = prop_oneof!["[0-9]{16}", "[0-9]{19}"];
    let amount = prop_oneof![
        (100u64..50_000).prop_map(|minor| Amount::from_minor(minor, Currency::Usd).unwrap()),
        (500u64..5_000).prop_map(|minor| Amount::from_minor(minor, Currency::Jpy).unwrap()),
    ];
    let optional = (
        option::of(source()),
        option::of("[A-Za-z0-9]{1,100}"),
        option::of("[A-Za-z0-9]{1,50}"),
        option::of(text(100)),
    );
    (card, amount, optional).prop_map(|(card, amount, (source, program, product, reference))| {
        let mut sale = Activate::new(CardNumber::new(&card).unwrap(), amount);
        if let Some(source) = source {
            sale = sale.source(source);
        }
        if let Some(program) = program {
            sale = sale.program_id(&program).unwrap();
        }
        if let Some(product) = product {
            sale = sale.product_type(&product).unwrap();
        }
        match reference {
            Some(reference) => sale.external_reference(&reference).unwrap(),
            None => sale,
        }
    })
}

async fn a_restored_sale_makes_the_same_request(place: Place) {
    let journal = place.open().await;
    let mut runner = TestRunner::deterministic();
    for n in 0..CASES {
        let sale = sales().new_tree(&mut runner).unwrap().current();
        let id = id(&format!("Awssb{n}"));
        let claim = claimed(journal.begin_activation(&id, &sale, Asker::Caller, NOW, long()).await);
        let restored = journal.transaction(&id).await.unwrap().unwrap();
        for format in [Format::Json, Format::Xml] {
            let body = |sale| encode(Request::Activate(sale, &id), &partner(), format);
            assert_eq!(body(&restored.sale), body(&sale), "{sale:?}");
        }
        let done = Settlement::done(State::Activated, 1, None);
        journal.settle(&claim, done, NOW).await.unwrap();
    }
}
