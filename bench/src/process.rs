//! What processes have used, and which core they run on.

use crate::Result;
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use nix::unistd::{Pid, SysconfVar, sysconf};
use std::fs;
use std::time::Instant;

/// CPU time of this process so far, user and system, in microseconds.
pub(crate) fn cpu_us() -> Result<i64> {
    used(UsageWho::RUSAGE_SELF)
}

fn used(who: UsageWho) -> Result<i64> {
    let usage = getrusage(who)?;
    Ok(usage.user_time().num_microseconds() + usage.system_time().num_microseconds())
}

/// One member of this process's status, in KiB: `VmRSS` is what it holds, `VmHWM` the most it ever held.
pub(crate) fn memory_kib(member: &str) -> Result<f64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(member)?.strip_prefix(':'));
    Ok(line.ok_or_else(|| format!("no {member}"))?.trim().trim_end_matches("kB").trim().parse()?)
}

/// The cores this process may run on.
pub(crate) fn cores() -> Result<Vec<usize>> {
    let set = sched_getaffinity(Pid::from_raw(0))?;
    Ok((0..CpuSet::count()).filter(|core| set.is_set(*core).unwrap_or(false)).collect())
}

/// Runs `work` with this thread on one core, where what it starts stays.
pub(crate) fn on_core<T>(core: Option<usize>, work: impl FnOnce() -> T) -> Result<T> {
    let Some(core) = core else { return Ok(work()) };
    let before = sched_getaffinity(Pid::from_raw(0))?;
    let mut only = CpuSet::new();
    only.set(core)?;
    sched_setaffinity(Pid::from_raw(0), &only)?;
    let done = work();
    sched_setaffinity(Pid::from_raw(0), &before)?;
    Ok(done)
}

/// Watches what other programs do to a measurement.
pub(crate) struct Noise {
    at: Instant,
    machine_us: f64,
    own_us: f64,
    cores: f64,
}

impl Noise {
    pub(crate) fn begin() -> Result<Self> {
        Ok(Self { at: Instant::now(), machine_us: busy_us()?, own_us: own_us()?, cores: cores()?.len() as f64 })
    }

    /// The share of the machine that other programs have taken since, from 0 to 1. Child processes count as this
    /// program's once they have ended.
    pub(crate) fn others(&self) -> Result<f64> {
        let others = (busy_us()? - self.machine_us) - (own_us()? - self.own_us);
        Ok((others / self.at.elapsed().as_micros() as f64 / self.cores).clamp(0.0, 1.0))
    }
}

fn own_us() -> Result<f64> {
    Ok((used(UsageWho::RUSAGE_SELF)? + used(UsageWho::RUSAGE_CHILDREN)?) as f64)
}

/// What all cores together have worked since the machine started; time stolen from a virtual machine counts too.
fn busy_us() -> Result<f64> {
    let stat = fs::read_to_string("/proc/stat")?;
    let line = stat.lines().next().unwrap_or_default().strip_prefix("cpu ").ok_or("no cpu line in /proc/stat")?;
    let ticks: Vec<f64> = line.split_whitespace().map(str::parse).collect::<std::result::Result<_, _>>()?;
    let [user, nice, system, _idle, _waiting, interrupts, soft, stolen, ..] = ticks[..] else {
        return Err("an odd cpu line in /proc/stat".into());
    };
    let per_second = sysconf(SysconfVar::CLK_TCK)?.ok_or("no clock ticks")? as f64;
    Ok((user + nice + system + interrupts + soft + stolen) * 1e6 / per_second)
}
