//! The SQLite journal beside the least that durable records cost: bare rusqlite on the same disk.

mod bare;
mod large;
mod ours;
mod turn;

use crate::{Result, contenders, process};
pub(crate) use large::Large;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::time::{Duration, Instant};

/// Callers that each wait for their own record.
pub(crate) const CALLERS: usize = 64;

/// Of one case and round.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Figures {
    pub(crate) records_per_second: f64,
    /// Of one record; of ours, half of an operation, which is two.
    pub(crate) p50_us: f64,
    /// Processor time, of all threads.
    pub(crate) cpu_us: f64,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Measured {
    /// By [`CASES`] and round.
    pub(crate) cases: Vec<Vec<Figures>>,
    pub(crate) large: Large,
    /// The median time of a turn under the shared rate limit, in microseconds, by round.
    pub(crate) turn_us: Vec<f64>,
}

/// In the order of the table: the floor, then ours, at each number of callers.
pub(crate) const CASES: [(&str, usize); 4] = [
    ("rusqlite, one table, WAL FULL", 1),
    ("posa, SQLite journal", 1),
    ("rusqlite, one table, WAL FULL, grouped", CALLERS),
    ("posa, SQLite journal", CALLERS),
];

pub(crate) fn measure(rounds: usize, seconds: f64) -> Result<Measured> {
    let mut cases: Vec<Vec<Figures>> = CASES.iter().map(|_| Vec::new()).collect();
    for round in 0..rounds {
        eprintln!("journal, round {} of {rounds} ...", round + 1);
        for (at, ((_, callers), figures)) in CASES.into_iter().zip(&mut cases).enumerate() {
            // On the disk that holds the project, not in memory.
            let folder = tempfile::tempdir_in(contenders::target())?;
            let length = Duration::from_secs_f64(seconds);
            figures.push(if at % 2 == 0 {
                bare::measure(folder.path(), callers, length)?
            } else {
                ours::measure(folder.path(), callers, length)?
            });
        }
    }
    let turn_us = (0..rounds).map(|_| turn::measure()).collect::<Result<Vec<_>>>()?;
    eprintln!("journal of a million rows ...");
    let folder = tempfile::tempdir_in(contenders::target())?;
    Ok(Measured { cases, large: large::measure(folder.path())?, turn_us })
}

/// When a case began, and what the process had used by then.
#[derive(Clone, Copy)]
struct Start {
    at: Instant,
    cpu_us: i64,
}

impl Start {
    fn now() -> Result<Self> {
        Ok(Self { cpu_us: process::cpu_us()?, at: Instant::now() })
    }
}

/// From each operation's time, and how many records they were together.
fn figures(mut nanoseconds: Vec<u64>, records: usize, start: Start) -> Result<Figures> {
    let elapsed = start.at.elapsed().as_secs_f64();
    let cpu = (process::cpu_us()? - start.cpu_us) as f64;
    nanoseconds.sort_unstable();
    let p50 = nanoseconds.get(nanoseconds.len() / 2).map_or(f64::NAN, |ns| *ns as f64);
    let per_record = nanoseconds.len() as f64 / records as f64;
    let records = records as f64;
    Ok(Figures { records_per_second: records / elapsed, p50_us: p50 / 1e3 * per_record, cpu_us: cpu / records })
}

fn file(folder: &Path) -> std::path::PathBuf {
    folder.join("posa.db")
}
