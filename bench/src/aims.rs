//! What this project set out to reach, beside what was measured.

use crate::Result;
use crate::contenders::{Group, Role};
use crate::driver::IN_FLIGHT;
use crate::parts::{Figured, Part};
use crate::report::median;
use crate::start_up::Started;
use crate::task::Figures;
use std::fmt::Write;

/// Whom a contender is compared with.
enum Against {
    BestPeer,
    Floor,
    Named(&'static str),
}
use Against::{BestPeer, Floor, Named};

enum Measure {
    Rate,
    /// Operations for each second of processor time.
    RatePerCpu,
}
use Measure::{Rate, RatePerCpu};

/// One contender's ratio to another, over HTTP, at several numbers in flight.
struct Ratio(&'static str, &'static str, Measure, Against, &'static [usize], f64);

const RATIOS: [Ratio; 16] = [
    Ratio("rust", "posa, memory journal, limiter", RatePerCpu, BestPeer, &[16, 64], 1.0),
    Ratio("rust", "posa, SQLite journal", Rate, Named("posa, no journal"), &[64], 0.5),
    Ratio("python-threads", "posa, no journal", Rate, BestPeer, &[1, 16, 64], 4.0),
    Ratio("python-threads", "posa, no journal", RatePerCpu, BestPeer, &[1, 16, 64], 4.0),
    Ratio("python-threads", "posa, no journal", Rate, Floor, &[1, 16, 64], 1.0),
    Ratio("python-threads", "posa, SQLite journal", Rate, BestPeer, &[64], 1.0),
    Ratio("python-asyncio", "posa async, no journal", Rate, BestPeer, &[1, 16, 64], 4.0),
    Ratio("python-asyncio", "posa async, no journal", RatePerCpu, BestPeer, &[1, 16, 64], 4.0),
    Ratio("python-asyncio", "posa async, no journal", Rate, Floor, &[1, 16, 64], 1.0),
    Ratio("python-asyncio", "posa async, SQLite journal", Rate, BestPeer, &[64], 1.0),
    Ratio("node", "posa, no journal", Rate, Named("undici + aws4"), &[16, 64], 2.0),
    Ratio("node", "posa, no journal", RatePerCpu, Named("undici + aws4"), &[16, 64], 2.0),
    Ratio("node", "posa, no journal", Rate, Floor, &[16, 64], 1.0),
    Ratio("node", "posa, no journal", RatePerCpu, Floor, &[16, 64], 1.0),
    Ratio("node", "posa, no journal", Rate, Named("fetch + aws4"), &[16, 64], 8.0),
    Ratio("node", "posa, no journal", RatePerCpu, Named("fetch + aws4"), &[16, 64], 8.0),
];

/// The table of all aims whose figures are there.
pub(crate) fn table() -> Result<String> {
    let mut out = String::from("## Aims\n\n| aim | wanted | measured | met |\n|---|---:|---:|---|\n");
    let mut row = |what: &str, wanted: &str, measured: &str, met: bool| {
        let met = if met { "yes" } else { "**no**" };
        writeln!(out, "| {what} | {wanted} | {measured} | {met} |")
    };
    for Ratio(key, ours, measure, against, at, wanted) in &RATIOS {
        let Some((group, figures)) = end_to_end(key)? else { continue };
        let ratios: Vec<f64> = at.iter().map(|n| ratio(group, &figures, *n, ours, measure, against)).collect();
        let shown: Vec<String> = ratios.iter().map(|ratio| format!("{ratio:.2}")).collect();
        let in_flight: Vec<String> = at.iter().map(usize::to_string).collect();
        let (measure, against) = (measure.name(), against.name());
        let what = format!("{}: {ours}, {measure} x {against}, {} in flight", group.title, in_flight.join(" / "));
        row(&what, &format!("{wanted:.1}"), &shown.join(" / "), ratios.iter().all(|ratio| ratio >= wanted))?;
    }
    if let Some((group, figures)) = end_to_end("node")? {
        let late = rounds(group, &figures, 64, "posa, no journal").map(|f| f.loop_p99_us.unwrap_or(f64::NAN));
        let late = median(late) / 1e3;
        row("Node: event loop late by, p99, 64 in flight", "2 ms", &format!("{late:.1} ms"), late < 2.0)?;
    }
    for (key, name, most) in [("python-start", "posa (Client)", 60.0), ("node-start", "posa", 30.0)] {
        if let Some(ms) = started(key, name, |started| started.load_ms)? {
            row(&format!("{key}: load {name}"), &format!("{most:.0} ms"), &format!("{ms:.1} ms"), ms < most)?;
        }
    }
    let memory = |name| started("python-start", name, |started| started.peak_rss_kib);
    if let (Some(ours), Some(boto3)) = (memory("posa (Client)")?, memory("boto3")?) {
        let ratio = ours / boto3;
        row(
            "python-start: memory of a process with posa x one with boto3",
            "0.50",
            &format!("{ratio:.2}"),
            ratio <= 0.5,
        )?;
    }
    out.push('\n');
    Ok(out)
}

type AllFigures = Vec<Vec<Vec<Figures>>>;

fn end_to_end(key: &str) -> Result<Option<(&'static Group, AllFigures)>> {
    for part in Part::all() {
        if let Part::EndToEnd(group, false) = part
            && group.key == key
            && let Some(kept) = part.kept()?
            && let Figured::EndToEnd(figures) = kept.figured
        {
            return Ok(Some((group, figures)));
        }
    }
    Ok(None)
}

fn started(part: &str, name: &str, value: fn(&Started) -> f64) -> Result<Option<f64>> {
    for candidate in Part::all().into_iter().filter(|candidate| candidate.name() == part) {
        if let Part::Start(start) = candidate
            && let Some(kept) = candidate.kept()?
            && let Figured::Start(figures) = kept.figured
        {
            let rounds = start.loads.iter().zip(&figures).find(|((n, _), _)| *n == name).map(|(_, rounds)| rounds);
            return Ok(rounds.map(|rounds| median(rounds.iter().map(value))));
        }
    }
    Ok(None)
}

fn rounds<'a>(
    group: &Group,
    figures: &'a AllFigures,
    in_flight: usize,
    name: &str,
) -> impl Iterator<Item = &'a Figures> {
    let at = IN_FLIGHT.iter().position(|n| *n == in_flight);
    let contender = group.contenders.iter().position(|contender| contender.name == name);
    at.zip(contender).and_then(|(at, contender)| figures.get(at)?.get(contender)).into_iter().flatten()
}

fn ratio(
    group: &Group,
    figures: &AllFigures,
    in_flight: usize,
    ours: &str,
    measure: &Measure,
    against: &Against,
) -> f64 {
    let of = |name| median(rounds(group, figures, in_flight, name).map(|figures| measure.of(figures)));
    let names = group.contenders.iter().filter(|contender| match against {
        BestPeer => contender.role == Role::Peer,
        Floor => contender.role == Role::Floor,
        Named(name) => contender.name == *name,
    });
    of(ours) / names.map(|contender| of(contender.name)).fold(f64::NAN, f64::max)
}

impl Measure {
    fn name(&self) -> &'static str {
        match self {
            Rate => "ops/s",
            RatePerCpu => "ops per CPU s",
        }
    }

    fn of(&self, figures: &Figures) -> f64 {
        match self {
            Rate => figures.per_second,
            RatePerCpu => 1e6 / figures.cpu_us,
        }
    }
}

impl Against {
    fn name(&self) -> &'static str {
        match self {
            BestPeer => "best peer",
            Floor => "floor",
            Named(name) => name,
        }
    }
}
