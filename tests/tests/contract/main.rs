//! Plays `contract/*.json`: the client against the sandbox, over real HTTP on loopback.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod after;
mod scenario;
mod stage;

use posa_tests::{folder, read};
use scenario::{File, Scenario};
use stage::Stage;
use std::collections::BTreeSet;

const FILES: [&str; 8] = ["activation", "bad_input", "deactivation", "lost", "refusals", "replay", "status", "xml"];

fn scenarios(file: &str) -> Vec<Scenario> {
    read::<File>(&folder("contract").join(file).with_extension("json")).scenarios
}

async fn play(file: &str) {
    for scenario in scenarios(file) {
        let mut stage = Stage::set(&scenario).await;
        for (at, step) in scenario.steps.iter().enumerate() {
            stage.play(step, &format!("{:?}, step {}", scenario.name, at + 1)).await;
        }
        stage.check(&scenario).await;
        stage.sandbox.stop().await;
    }
}

#[tokio::test]
async fn activation() {
    play("activation").await;
}

#[tokio::test]
async fn bad_input() {
    play("bad_input").await;
}

#[tokio::test]
async fn deactivation() {
    play("deactivation").await;
}

#[tokio::test]
async fn lost() {
    play("lost").await;
}

#[tokio::test]
async fn refusals() {
    play("refusals").await;
}

#[tokio::test]
async fn replay() {
    play("replay").await;
}

#[tokio::test]
async fn status() {
    play("status").await;
}

#[tokio::test]
async fn xml() {
    play("xml").await;
}

#[test]
fn every_file_is_played_and_every_scenario_names_what_it_proves() {
    let there = std::fs::read_dir(folder("contract")).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = there.filter(|path| path.extension().is_some_and(|e| e == "json")).collect();
    files.sort();
    let names: Vec<_> = files.iter().map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    assert_eq!(names, FILES);
    let mut seen = BTreeSet::new();
    for scenario in FILES.into_iter().flat_map(scenarios) {
        assert!(!scenario.invariants.is_empty(), "{}", scenario.name);
        for invariant in &scenario.invariants {
            let number: Option<u8> = invariant.strip_prefix('I').and_then(|n| n.parse().ok());
            assert!(number.is_some_and(|n| (1..=39).contains(&n)), "{}: {invariant}", scenario.name);
        }
        assert!(seen.insert(scenario.name.clone()), "two scenarios are called {:?}", scenario.name);
    }
}
