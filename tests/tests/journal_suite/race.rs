use crate::given::*;
use crate::place::{Place, promises};
use posa_core::journal::{Asker, Begun, Journal, Purpose, Settlement, State};
use posa_core::{BoxFuture, Error, ErrorKind};
use std::sync::Arc;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

promises![
    of_many_that_race_one_new_id_one_claims_it,
    of_many_that_race_one_card_one_claims_it,
    of_many_that_race_one_dead_sale_one_takes_it_over,
    of_many_that_race_one_return_one_claims_it,
    of_an_activation_and_a_void_one_claims_the_sale,
    many_sales_at_once_are_all_kept,
];

const RACERS: usize = 12;

type Racer = fn(usize, &dyn Journal) -> BoxFuture<'_, Result<Begun, Error>>;

/// Lets tills go at the same moment, on two openings of the journal, and expects one to win and the others to be
/// refused.
async fn one_wins(place: &Place, racer: Racer) {
    let tills = [place.open().await, place.open().await];
    let line = Arc::new(Barrier::new(RACERS));
    let mut racing = JoinSet::new();
    for n in 0..RACERS {
        let (till, line) = (Arc::clone(&tills[n % 2]), Arc::clone(&line));
        racing.spawn(async move {
            line.wait().await;
            racer(n, &*till).await
        });
    }
    let outcomes = racing.join_all().await;
    let won = outcomes.iter().filter(|outcome| matches!(outcome, Ok(Begun::Claimed(_)))).count();
    let lost = outcomes.iter().filter(|o| o.as_ref().is_err_and(|e| e.kind() == ErrorKind::Conflict)).count();
    assert_eq!((won, lost), (1, RACERS - 1), "{outcomes:?}");
}

async fn of_many_that_race_one_new_id_one_claims_it(place: Place) {
    one_wins(&place, |_, journal| {
        Box::pin(async move { journal.begin_activation(&id("Awssb1"), &sale(CARD), Asker::Caller, NOW, long()).await })
    })
    .await;
    assert_eq!(row(&*place.open().await, "Awssb1").await.fence, 1);
}

async fn of_many_that_race_one_card_one_claims_it(place: Place) {
    one_wins(&place, |n, journal| {
        Box::pin(async move {
            journal.begin_activation(&id(&format!("Awssb{n}")), &sale(CARD), Asker::Caller, NOW, long()).await
        })
    })
    .await;
}

async fn of_many_that_race_one_dead_sale_one_takes_it_over(place: Place) {
    let dead = place.open().await;
    claimed(dead.begin_activation(&id("Awssb1"), &sale(CARD), Asker::Caller, NOW, NOW).await);
    one_wins(&place, |_, journal| {
        Box::pin(async move { journal.begin_activation(&id("Awssb1"), &sale(CARD), Asker::Caller, NOW, long()).await })
    })
    .await;
    assert_eq!(row(&*dead, "Awssb1").await.fence, 2);
}

async fn of_many_that_race_one_return_one_claims_it(place: Place) {
    sold(&*place.open().await, "Awssb1", CARD, State::Activated).await;
    one_wins(&place, |_, journal| Box::pin(async move { reverse(journal, "Awssb1", Purpose::Return).await })).await;
    assert_eq!(row(&*place.open().await, "Awssb1").await.fence, 2);
}

async fn of_an_activation_and_a_void_one_claims_the_sale(place: Place) {
    sold(&*place.open().await, "Awssb1", CARD, State::Unknown).await;
    one_wins(&place, |n, journal| {
        Box::pin(async move {
            match n % 2 {
                0 => journal.begin_activation(&id("Awssb1"), &sale(CARD), Asker::Caller, NOW, long()).await,
                _ => reverse(journal, "Awssb1", Purpose::Void).await,
            }
        })
    })
    .await;
}

async fn many_sales_at_once_are_all_kept(place: Place) {
    let journal = place.open().await;
    let mut selling = JoinSet::new();
    for n in 0..64_u64 {
        let journal = Arc::clone(&journal);
        selling.spawn(async move {
            let name = format!("Awssb{n}");
            let claim = begin(&*journal, &name, &format!("{:016}", 1_400_000_005_567_585 + n)).await;
            journal.settle(&claim, Settlement::done(State::Activated, 1, None), NOW).await.unwrap();
            row(&*journal, &name).await.state
        });
    }
    assert_eq!(selling.join_all().await, [State::Activated; 64]);
}
