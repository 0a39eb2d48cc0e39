use crate::crowd::{CROWD, Crowd, count, refused};
use posa_core::engine::{Event, EventKind};
use posa_core::recovery::Recover;
use posa_tests::books::Book;
use posa_tests::till::Said;
use std::sync::Once;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i6_a_journal_that_is_removed_under_load_stops_new_sales_and_loses_none() {
    let folder = tempfile::tempdir().unwrap();
    let (path, aside) = (folder.path().join("posa.db"), folder.path().join("aside.db"));
    let mut crowd = Crowd::new(Book::file(&path)).await;
    let (from, to, removed) = (path.clone(), aside.clone(), Once::new());
    let remove = move |event: &Event<'_>| {
        if matches!(event.kind, EventKind::Sending) {
            removed.call_once(|| std::fs::rename(&from, &to).unwrap());
        }
    };
    let client = crowd.client(|builder| builder.observer(remove)).await;
    let first = crowd.activate(&client, CROWD).await;
    let unknown = count(&first, |said| matches!(said, Said::Unknown(_)));
    assert!(unknown > 0 && unknown + refused(&first, "was removed or replaced") == CROWD, "{first:?}");
    let sent = crowd.sandbox.requests().len();
    let second = crowd.activate(&client, CROWD).await;
    assert_eq!(refused(&second, "was removed or replaced; put the files back"), CROWD, "{second:?}");
    assert_eq!(crowd.sandbox.requests().len(), sent, "nothing is sent without a record");
    drop(client);
    std::fs::rename(&aside, &path).unwrap();
    let client = crowd.client(|builder| builder).await;
    let recovered = client.recover(Recover::default()).await.unwrap();
    // Some outcomes were recorded in the file that lay aside, where nobody could have found them.
    assert!(recovered.settled.len() <= unknown && recovered.open.is_empty(), "{recovered:?}");
    let third = crowd.activate(&client, CROWD).await;
    assert_eq!(count(&third, |said| matches!(said, Said::Done(_))), CROWD, "it goes on: {third:?}");
    drop(client);
    crowd.close_books("removed").await;
}
