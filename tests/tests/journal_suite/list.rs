use crate::given::*;
use crate::place::{Place, promises};
use posa_core::journal::{Asker, Filter, Journal, State};

promises![
    an_empty_journal_lists_nothing,
    sales_are_listed_oldest_first,
    only_open_sales_are_listed_where_asked,
    sales_are_listed_from_one_time_to_before_another,
    pages_hold_every_sale_once,
    a_listed_sale_is_the_sale_itself,
    sales_of_one_card_are_listed,
    sales_of_one_reference_are_listed_and_no_other,
];

/// The ids that a filter lets through.
async fn names(journal: &dyn Journal, filter: Filter) -> Vec<String> {
    let rows = journal.transactions(&filter).await.unwrap();
    rows.into_iter().map(|row| row.request_id.as_str().trim_start_matches("Awssb").to_owned()).collect()
}

/// Sales begun at these seconds, one card each.
async fn begun(journal: &dyn Journal, sales: &[(&str, i64)]) {
    for (n, (name, at)) in sales.iter().enumerate() {
        let sale = sale(&format!("{:016}", 1_400_000_005_567_585 + n));
        claimed(
            journal.begin_activation(&id(&format!("Awssb{name}")), &sale, Asker::Caller, later(*at), later(3600)).await,
        );
    }
}

async fn an_empty_journal_lists_nothing(place: Place) {
    let journal = place.open().await;
    assert!(names(&*journal, Filter::default()).await.is_empty());
    assert!(names(&*journal, Filter { open: true, ..Filter::default() }).await.is_empty());
}

async fn sales_are_listed_oldest_first(place: Place) {
    let journal = place.open().await;
    begun(&*journal, &[("5", 9), ("a", 3), ("B", 3), ("1", 7), ("b", 3), ("A", 3)]).await;
    // Sales of one time go by the bytes of their ids, whatever the database's language.
    assert_eq!(names(&*journal, Filter::default()).await, ["A", "B", "a", "b", "1", "5"]);
}

async fn only_open_sales_are_listed_where_asked(place: Place) {
    let journal = place.open().await;
    for (n, state) in State::ALL.into_iter().enumerate() {
        let digits = format!("{:016}", 1_400_000_005_567_585 + n);
        sold(&*journal, &format!("Awssb{state}"), &digits, state).await;
    }
    let open = names(&*journal, Filter { open: true, ..Filter::default() }).await;
    assert_eq!(open, ["reversing", "sending", "unknown"]);
    assert_eq!(names(&*journal, Filter::default()).await.len(), State::ALL.len());
}

async fn sales_are_listed_from_one_time_to_before_another(place: Place) {
    let journal = place.open().await;
    begun(&*journal, &[("1", 1), ("2", 2), ("3", 3), ("4", 4)]).await;
    let between =
        |from: Option<i64>, to: Option<i64>| Filter { from: from.map(later), to: to.map(later), ..Filter::default() };
    assert_eq!(names(&*journal, between(Some(2), Some(4))).await, ["2", "3"]);
    assert_eq!(names(&*journal, between(Some(3), None)).await, ["3", "4"]);
    assert_eq!(names(&*journal, between(None, Some(2))).await, ["1"]);
    assert!(names(&*journal, between(Some(4), Some(2))).await.is_empty());
    let open = Filter { open: true, ..between(Some(2), Some(4)) };
    assert_eq!(names(&*journal, open).await, ["2", "3"]);
}

async fn pages_hold_every_sale_once(place: Place) {
    let journal = place.open().await;
    begun(&*journal, &[("e", 2), ("b", 1), ("C", 1), ("a", 1), ("d", 2), ("f", 5), ("g", 6)]).await;
    for open in [false, true] {
        let mut filter = Filter { open, limit: Some(2), ..Filter::default() };
        let mut listed = Vec::new();
        loop {
            let page = journal.transactions(&filter).await.unwrap();
            let Some(last) = page.last() else { break };
            assert!(page.len() <= 2);
            filter.after = Some((last.started_at, last.request_id.clone()));
            listed.extend(page.into_iter().map(|row| row.request_id.as_str()[5..].to_owned()));
        }
        assert_eq!(listed, ["C", "a", "b", "d", "e", "f", "g"]);
    }
    assert!(names(&*journal, Filter { limit: Some(0), ..Filter::default() }).await.is_empty());
}

async fn a_listed_sale_is_the_sale_itself(place: Place) {
    let journal = place.open().await;
    sold(&*journal, "Awssb1", CARD, State::Activated).await;
    let listed = journal.transactions(&Filter::default()).await.unwrap().remove(0);
    let row = row(&*journal, "Awssb1").await;
    assert_eq!((&listed.request_id, listed.state, listed.attempts), (&row.request_id, row.state, row.attempts));
    assert_eq!((listed.started_at, listed.updated_at, listed.fence), (row.started_at, row.updated_at, row.fence));
    assert_eq!(listed.card().digits(), CARD);
}

async fn sales_of_one_card_are_listed(place: Place) {
    let journal = place.open().await;
    sold(&*journal, "Awssb1", CARD, State::Rejected).await;
    sold(&*journal, "Awssb2", OTHER_CARD, State::Activated).await;
    sold(&*journal, "Awssb3", &CARD[..16], State::Unknown).await;
    let of = |digits: &str, open| Filter { card: Some(card(digits)), open, ..Filter::default() };
    for digits in [CARD, &CARD[..16]] {
        assert_eq!(names(&*journal, of(digits, false)).await, ["1", "3"]);
        assert_eq!(names(&*journal, of(digits, true)).await, ["3"]);
    }
    assert!(names(&*journal, of("1400000005567590", false)).await.is_empty());
}

async fn sales_of_one_reference_are_listed_and_no_other(place: Place) {
    let journal = place.open().await;
    let hostile = "\",\"external_reference\":\"A-1\"}";
    for (n, reference) in ["A-1", "A-12", "a-1", hostile, "%", "é\u{1f6d2}\\"].iter().enumerate() {
        let sale = sale(&format!("{:016}", 1_400_000_005_567_585 + n)).external_reference(reference).unwrap();
        let begun = journal.begin_activation(&id(&format!("Awssb{n}")), &sale, Asker::Caller, NOW, long()).await;
        claimed(begun);
    }
    sold(&*journal, "Awssb9", "1400000005567599", State::Activated).await;
    let of = |text: &str| Filter { reference: Some(text.to_owned()), ..Filter::default() };
    assert_eq!(names(&*journal, of("A-1")).await, ["0"]);
    assert_eq!(names(&*journal, of(hostile)).await, ["3"]);
    assert_eq!(names(&*journal, of("%")).await, ["4"]);
    assert_eq!(names(&*journal, of("é\u{1f6d2}\\")).await, ["5"]);
    for none in ["A", "", "A-1\""] {
        assert!(names(&*journal, of(none)).await.is_empty(), "{none:?}");
    }
}
