//! A whole world in one thread and one seed: tills, their machines, disks and clocks, a network that loses and delays,
//! and a gateway. The engine, the journal's rules and recovery are the real ones, behind their own seams. Afterwards
//! an oracle compares the gateway's ledger, the journals and what each cashier was told.
//!
//! `POSA_SEEDS` says how many worlds, `POSA_FROM` with which seed they begin; ARCHITECTURE.md explains the rest.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod afterwards;
mod bare;
mod book;
mod cashier;
mod defects;
mod dice;
mod disk;
mod format;
mod gateway;
mod life;
mod lists;
mod losses;
mod machine;
mod mutations;
mod network;
mod oracle;
mod program;
mod reconciled;
mod refusals;
mod run;
mod seams;
mod step;
mod till;
mod trouble;
mod watch;
mod weather;
mod world;

use run::{explain, simulate, violations};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;

#[test]
fn no_seed_breaks_an_invariant() {
    let (from, seeds) = (number("POSA_FROM", 0), number("POSA_SEEDS", 800));
    let next = AtomicU64::new(from);
    let (tell, told) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            let (next, tell) = (&next, tell.clone());
            scope.spawn(move || {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= from.saturating_add(seeds) {
                        return;
                    }
                    if !violations(seed, None).is_empty() {
                        // Every thread stops; the seeds before this one are done or on their way.
                        next.store(u64::MAX / 2, Ordering::Relaxed);
                        let _ = tell.send(seed);
                    }
                }
            });
        }
    });
    drop(tell);
    if let Some(seed) = told.into_iter().min() {
        panic!("{}", explain(seed, &simulate(seed, None)));
    }
}

#[test]
fn the_same_seed_is_the_same_world() {
    for seed in 0..25 {
        let (first, second) = (simulate(seed, None), simulate(seed, None));
        assert!(first.trace.len() > 4, "seed {seed} is an empty world");
        assert_eq!(first.trace, second.trace, "seed {seed} ran two ways");
    }
    assert_ne!(simulate(1, None).trace, simulate(2, None).trace);
}

/// A number from the environment.
fn number(variable: &str, otherwise: u64) -> u64 {
    match std::env::var(variable) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{variable} is {text:?}; give a whole number")),
        Err(_) => otherwise,
    }
}
