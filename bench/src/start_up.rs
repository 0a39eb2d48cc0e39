//! What it costs a program to load a library: an interpreter that does nothing else.

use crate::{Result, contenders, driver, process};
use serde::{Deserialize, Serialize};
use std::process::{Command, Stdio};
use std::time::Instant;

/// One language's libraries.
pub(crate) struct Start {
    pub(crate) key: &'static str,
    pub(crate) title: &'static str,
    pub(crate) interpreter: &'static str,
    pub(crate) script: &'static str,
    /// Name and what the script is told to load; the first loads nothing.
    pub(crate) loads: &'static [(&'static str, &'static str)],
}

/// What the script answers, and how long its process lived.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Started {
    pub(crate) load_ms: f64,
    pub(crate) peak_rss_kib: f64,
    #[serde(default)]
    pub(crate) process_ms: f64,
}

/// By [`Start::loads`] and round. It is over quickly, so there are more rounds than elsewhere.
pub(crate) fn measure(start: &Start, rounds: usize) -> Result<Vec<Vec<Started>>> {
    let core = process::cores()?.first().copied();
    let mut figures: Vec<Vec<Started>> = start.loads.iter().map(|_| Vec::new()).collect();
    // The first round writes caches, such as Python's compiled modules.
    for round in 0..=rounds * 3 {
        for ((_, what), figures) in start.loads.iter().zip(&mut figures) {
            let started = process::on_core(core, || once(start, what))??;
            if round > 0 {
                figures.push(started);
            }
        }
    }
    Ok(figures)
}

fn once(start: &Start, what: &str) -> Result<Started> {
    let interpreter = contenders::interpreter(start.interpreter).ok_or("the interpreter is not set up")?;
    let mut command = Command::new(interpreter);
    command.arg(contenders::home().join(start.script)).args(what.split_whitespace());
    let begun = Instant::now();
    let line = driver::answer(driver::with_modules(&mut command).stdin(Stdio::null()))?;
    let process_ms = begun.elapsed().as_secs_f64() * 1e3;
    Ok(Started { process_ms, ..serde_json::from_str(&line)? })
}
