//! I6 where the disk is at fault: what cannot be recorded is not sent, and what was sent is not forgotten.

use crate::crowd::{CROWD, Crowd, count, refused};
use crate::mount::on_a_small_disk;
use posa_core::engine::{Event, EventKind};
use posa_core::journal::Filter;
use posa_core::recovery::Recover;
use posa_tests::books::Book;
use posa_tests::till::Said;
use std::fs::{File, remove_file};
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::Once;
use tokio::runtime::Runtime;

#[test]
fn i6_nothing_is_sent_on_a_full_disk() {
    on_a_small_disk("full_disk::i6_nothing_is_sent_on_a_full_disk", |folder| {
        Runtime::new().unwrap().block_on(async {
            let mut crowd = Crowd::new(Book::file(folder.join("posa.db"))).await;
            let client = crowd.client(|builder| builder).await;
            crowd.activate(&client, CROWD).await;
            crowd.sandbox.clear_requests();
            fill(folder);
            let heard = crowd.activate(&client, CROWD).await;
            assert_eq!(refused(&heard, "the disk is full; make room"), CROWD, "{heard:?}");
            assert!(crowd.sandbox.requests().is_empty(), "nothing is sent without a record");
            make_room(folder);
            let heard = crowd.activate(&client, CROWD).await;
            assert_eq!(count(&heard, |said| matches!(said, Said::Done(_))), CROWD, "it goes on: {heard:?}");
            drop(client);
            crowd.close_books("full disk").await;
        });
    });
}

#[test]
fn i7_what_a_full_disk_keeps_from_being_recorded_is_unknown_and_recovered() {
    on_a_small_disk("full_disk::i7_what_a_full_disk_keeps_from_being_recorded_is_unknown_and_recovered", |folder| {
        Runtime::new().unwrap().block_on(async {
            let mut crowd = Crowd::new(Book::file(folder.join("posa.db"))).await;
            let (filled, at) = (Once::new(), folder.to_owned());
            let observer = move |event: &Event<'_>| {
                if matches!(event.kind, EventKind::Sending) {
                    filled.call_once(|| fill(&at));
                }
            };
            let client = crowd.client(|builder| builder.observer(observer)).await;
            let heard = crowd.activate(&client, CROWD).await;
            let unknown = count(&heard, |said| matches!(said, Said::Unknown(_)));
            assert!(unknown > 0 && unknown + refused(&heard, "the disk is full") == CROWD, "{heard:?}");
            make_room(folder);
            drop(client);
            let client = crowd.client(|builder| builder).await;
            let recovered = client.recover(Recover::default()).await.unwrap();
            assert_eq!((recovered.settled.len(), recovered.open.len()), (unknown, 0));
            drop(client);
            crowd.close_books("disk full between intent and outcome").await;
        });
    });
}

#[test]
fn i6_nothing_is_sent_with_a_read_only_journal() {
    on_a_small_disk("full_disk::i6_nothing_is_sent_with_a_read_only_journal", |folder| {
        Runtime::new().unwrap().block_on(async {
            let mut crowd = Crowd::new(Book::file(folder.join("posa.db"))).await;
            let client = crowd.client(|builder| builder).await;
            crowd.activate(&client, CROWD).await;
            drop(client);
            crowd.sandbox.clear_requests();
            remount(folder, "ro");
            let client = crowd.client(|builder| builder).await;
            let error = client.transactions(&Filter::default()).await.unwrap_err();
            drop(client);
            assert_eq!(error.kind(), posa_core::ErrorKind::Journal);
            assert!(error.message().to_lowercase().contains("read-only"), "{}", error.message());
            assert!(crowd.sandbox.requests().is_empty());
            remount(folder, "rw");
            let client = crowd.client(|builder| builder).await;
            let heard = crowd.activate(&client, CROWD).await;
            assert_eq!(count(&heard, |said| matches!(said, Said::Done(_))), CROWD, "it goes on: {heard:?}");
            drop(client);
            crowd.close_books("read-only").await;
        });
    });
}

fn fill(folder: &Path) {
    let mut filler = File::create(folder.join("filler")).unwrap();
    while filler.write_all(&[0; 1024]).is_ok() {}
}

fn make_room(folder: &Path) {
    remove_file(folder.join("filler")).unwrap();
}

fn remount(folder: &Path, mode: &str) {
    let status = Command::new("mount").args(["-o", &format!("remount,{mode}")]).arg(folder).status().unwrap();
    assert!(status.success(), "the small disk cannot be mounted {mode}");
}
