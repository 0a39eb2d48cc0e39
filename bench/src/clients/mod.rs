//! The contenders, and the loop that times one of them in a process of its own.

mod hyper;
mod posa;
pub(crate) mod reqwest;

use crate::{Result, process};
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// What the drawn-up tables call each contender, in their order.
pub(crate) const NAMES: [&str; 6] = [BARE, FLOOR, BY_HAND, POSA, POSA_UNLIMITED, POSA_DURABLE];
/// Unsigned requests on hyper's connections: what HTTP alone costs.
pub(crate) const BARE: &str = "hyper-bare";
/// The whole job on hyper's pooled client, signed with a cached key: the floor.
pub(crate) const FLOOR: &str = "hyper-pool + cached key";
/// What a user writes by hand today.
pub(crate) const BY_HAND: &str = "reqwest + aws-sigv4";
/// This project's client, its limiter set beyond reach.
pub(crate) const POSA: &str = "posa";
/// This project's client without its limiter.
pub(crate) const POSA_UNLIMITED: &str = "posa, limiter off";
/// This project's client without its limiter, on the SQLite journal.
pub(crate) const POSA_DURABLE: &str = "posa, SQLite journal";

/// One client process's task.
#[derive(Serialize, Deserialize)]
pub(crate) struct Task {
    pub(crate) name: String,
    /// `127.0.0.1:port`
    pub(crate) host: String,
    pub(crate) in_flight: usize,
    pub(crate) warm_up: f64,
    /// Without time to measure in, one operation is done.
    pub(crate) seconds: f64,
    pub(crate) core: Option<usize>,
}

/// What one client process measured.
#[derive(Serialize, Deserialize)]
pub(crate) struct Figures {
    pub(crate) per_second: f64,
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
    pub(crate) cpu_us: f64,
}

/// One worker of a contender: does one operation at a time.
trait Worker: Sized + Send + 'static {
    /// The workers of one process; they share what the contender shares.
    async fn open(host: &str, workers: usize) -> Result<Vec<Self>>;
    /// Operation `i`: sends a signed activation and reads its answer into a typed, checked value.
    fn operation(&mut self, i: u64) -> impl Future<Output = Result<()>> + Send;
}

/// Does the task; an operation that fails ends it.
pub(crate) async fn run(task: &Task) -> Result<Figures> {
    if let Some(core) = task.core {
        process::pin(core)?;
    }
    let limit = Duration::from_secs_f64(task.warm_up + task.seconds + 20.0);
    let figures = async {
        match task.name.as_str() {
            BARE => measure::<hyper::Bare>(task).await,
            FLOOR => measure::<hyper::Pooled>(task).await,
            BY_HAND => measure::<reqwest::ByHand>(task).await,
            POSA => measure::<posa::Posa<true, false>>(task).await,
            POSA_UNLIMITED => measure::<posa::Posa<false, false>>(task).await,
            POSA_DURABLE => measure::<posa::Posa<false, true>>(task).await,
            other => Err(format!("no contender is named {other:?}; there are {NAMES:?}").into()),
        }
    };
    tokio::time::timeout(limit, figures).await?
}

async fn measure<W: Worker>(task: &Task) -> Result<Figures> {
    let mut lanes: Vec<Lane<W>> = W::open(&task.host, task.in_flight)
        .await?
        .into_iter()
        .zip(0..)
        .map(|(worker, next)| Lane { worker, next, step: task.in_flight as u64 })
        .collect();
    if task.seconds > 0.0 {
        (lanes, _) = phase(lanes, task.warm_up).await?;
    }
    let (cpu, start) = (process::cpu_us()?, Instant::now());
    let (_, mut latencies) = phase(lanes, task.seconds).await?;
    let (cpu, elapsed) = (process::cpu_us()? - cpu, start.elapsed().as_secs_f64());
    latencies.sort_unstable();
    let percentile = |p: f64| {
        let at = (latencies.len() as f64 * p) as usize;
        latencies.get(at).map_or(f64::NAN, |nanoseconds| *nanoseconds as f64 / 1e3)
    };
    Ok(Figures {
        per_second: latencies.len() as f64 / elapsed,
        p50_us: percentile(0.50),
        p99_us: percentile(0.99),
        cpu_us: cpu as f64 / latencies.len() as f64,
    })
}

/// A worker and the operations that are its own: `next`, `next + step` and so on.
struct Lane<W> {
    worker: W,
    next: u64,
    step: u64,
}

async fn phase<W: Worker>(lanes: Vec<Lane<W>>, seconds: f64) -> Result<(Vec<Lane<W>>, Vec<u64>)> {
    let end = Instant::now() + Duration::from_secs_f64(seconds);
    let tasks: Vec<_> = lanes.into_iter().map(|lane| tokio::spawn(repeat(lane, end))).collect();
    let (mut lanes, mut latencies) = (Vec::new(), Vec::new());
    for task in tasks {
        let (lane, of_lane) = task.await??;
        lanes.push(lane);
        latencies.extend(of_lane);
    }
    Ok((lanes, latencies))
}

async fn repeat<W: Worker>(mut lane: Lane<W>, end: Instant) -> Result<(Lane<W>, Vec<u64>)> {
    let mut latencies = Vec::new();
    loop {
        let start = Instant::now();
        lane.worker.operation(lane.next).await?;
        lane.next += lane.step;
        latencies.push(u64::try_from(start.elapsed().as_nanos())?);
        if Instant::now() >= end {
            return Ok((lane, latencies));
        }
    }
}
