//! The contenders in Rust, and the loop that times one of them in a process of its own.

mod hyper;
mod posa;
pub(crate) mod reqwest;

use crate::task::{Figures, Task};
use crate::{Result, process};
use std::time::{Duration, Instant};

/// One worker of a contender: does one operation at a time.
trait Worker: Sized + Send + 'static {
    /// The workers of one process; they share what the contender shares.
    async fn open(task: &Task) -> Result<Vec<Self>>;
    /// Operation `i`: sends a signed activation and reads its answer into a typed, checked value.
    fn operation(&mut self, i: u64) -> impl Future<Output = Result<()>> + Send;
}

/// Does the task; an operation that fails ends it.
pub(crate) async fn run(task: &Task) -> Result<Figures> {
    let limit = Duration::from_secs_f64(task.warm_up + task.seconds + 20.0);
    let figures = async {
        match task.client.as_str() {
            "hyper, unsigned" => measure::<hyper::Bare>(task).await,
            "hyper pool + cached key" => measure::<hyper::Pooled>(task).await,
            "reqwest + aws-sigv4" => measure::<reqwest::ByHand>(task).await,
            "posa, no journal" => measure::<posa::Unrecorded>(task).await,
            "posa, memory journal" => measure::<posa::InMemory>(task).await,
            "posa, memory journal, limiter" => measure::<posa::Limited>(task).await,
            "posa, SQLite journal" => measure::<posa::Durable>(task).await,
            other => Err(format!("no contender is named {other:?}").into()),
        }
    };
    tokio::time::timeout(limit, figures).await?
}

async fn measure<W: Worker>(task: &Task) -> Result<Figures> {
    let mut lanes: Vec<Lane<W>> = W::open(task)
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
        peak_rss_kib: process::memory_kib("VmHWM")?,
        loop_p99_us: None,
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
