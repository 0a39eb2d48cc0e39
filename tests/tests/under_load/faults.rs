use crate::crowd::{CROWD, Crowd, count};
use posa_core::recovery::Recover;
use posa_sandbox::{Fault, FaultKind};
use posa_tests::books::Book;
use posa_tests::postgres;
use posa_tests::till::Said;

/// Every kind.
fn every_fault() -> [FaultKind; 15] {
    [
        FaultKind::DropBeforeCommit,
        FaultKind::DropAfterCommit,
        FaultKind::Truncate,
        FaultKind::Late { delay_ms: None },
        FaultKind::Duplicate,
        FaultKind::Resend,
        FaultKind::Throttle,
        FaultKind::Error { error_type: "InsufficientFunds".into() },
        FaultKind::Delay { delay_ms: 1_500 },
        FaultKind::Http500,
        FaultKind::Html,
        FaultKind::Skew { seconds: 1_200 },
        FaultKind::Garble,
        FaultKind::WrongStatus,
        FaultKind::Fulfilled,
    ]
}

/// With 3 attempts a sale, half of the sales meet nothing but the fault.
async fn strike(journal: Book, kind: FaultKind) {
    let name = kind.name();
    let mut crowd = Crowd::new(journal).await;
    let client = crowd.client(|builder| builder).await;
    let times = if name == "skew" { 5 } else { 130 };
    crowd.sandbox.inject(Fault::new(kind).times(times)).unwrap();
    let heard = crowd.activate(&client, CROWD).await;
    let struck = crowd.sandbox.requests().iter().any(|request| request.fault.as_deref() == Some(name));
    assert!(struck, "{name}: no request met it");
    let refused = count(&heard, |said| matches!(said, Said::Refused(..)));
    assert_eq!(refused, 0, "{name}: the journal has room for all: {heard:?}");
    // What nobody knows is given up for every other sale, and recovered for the rest.
    let unknown = heard.iter().filter_map(|said| if let Said::Unknown(id) = said { Some(id) } else { None });
    for id in unknown.step_by(2) {
        crowd.void(&client, id).await;
    }
    client.recover(Recover::default()).await.unwrap();
    drop(client);
    crowd.close_books(name).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_under_64_sales_leaves_the_books_right_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    for kind in every_fault() {
        strike(Book::file(folder.path().join(kind.name())), kind).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_under_64_sales_leaves_the_books_right_on_postgres() {
    for kind in every_fault() {
        let Some(database) = postgres::database() else { return };
        strike(Book::database(database), kind).await;
    }
}
