//! The tables, in Markdown that reads well on a terminal too.

use crate::contenders::{self, Group, Role};
use crate::driver::IN_FLIGHT;
use crate::parts::{Figured, Kept, Part};
use crate::start_up::{Start, Started};
use crate::task::Figures;
use crate::{Result, aims, journal, sign};
use std::fmt::Write;
use std::process::Command;

/// Everything that was measured on this machine, and on what.
pub(crate) fn whole() -> Result<String> {
    let mut out = String::from("# posa beside what one would otherwise write\n\nMade by `make bench`.\n\n");
    writeln!(out, "- {}", machine())?;
    for versions in [rust_versions(), python_versions()?, node_versions()?].into_iter().flatten() {
        writeln!(out, "- {versions}")?;
    }
    out.push_str(READING);
    out.push_str(&aims::table()?);
    out.push_str(&std::fs::read_to_string(contenders::home().join("bounds.md"))?);
    out.push('\n');
    out.push_str(&tables(&Part::all())?);
    out.push_str(NOTES);
    Ok(out)
}

const READING: &str = "\
- Client and server are processes, each pinned to a core of its own where there are two. Rounds are interleaved; each \
figure is the median of its rounds, and \"spread\" is half the distance between the best and the worst, in percent.
- Every client's signature is verified before it is timed.
- \"x peer\" and \"x floor\" are ratios to the best peer and to the floor of the same table; more is better. Ratios carry \
over to other machines; absolute figures do not.

";

const NOTES: &str = include_str!("../notes.md");

/// The tables of these parts, as far as they have figures.
pub(crate) fn tables(parts: &[Part]) -> Result<String> {
    let mut out = String::new();
    for part in parts {
        let Some(kept) = part.kept()? else { continue };
        writeln!(out, "## {}\n", title(*part))?;
        let others = kept.others * 100.0;
        writeln!(out, "{}, {} rounds; other programs took {others:.0} % of the machine.\n", kept.date, kept.rounds)?;
        match (part, &kept) {
            (Part::Start(start), Kept { figured: Figured::Start(figures), .. }) => started(&mut out, start, figures)?,
            (Part::EndToEnd(group, _), Kept { figured: Figured::EndToEnd(figures), .. }) => {
                for (in_flight, figures) in IN_FLIGHT.into_iter().zip(figures) {
                    end_to_end(&mut out, group, in_flight, figures)?;
                }
            }
            (_, Kept { figured: Figured::Signing(figures), .. }) => signing(&mut out, figures)?,
            (_, Kept { figured: Figured::Journal(figures), .. }) => journalling(&mut out, figures)?,
            _ => return Err(format!("the figures of {} are of another kind; measure it again", part.name()).into()),
        }
    }
    Ok(out)
}

fn title(part: Part) -> String {
    match part {
        Part::Signing => "Rust: signing, one thread".into(),
        Part::Journal => "Rust: the journal alone, each record durable when its caller goes on".into(),
        Part::Start(start) => format!("{}: start-up", start.title),
        Part::EndToEnd(group, https) => format!("{}, {}", group.title, if https { "HTTPS" } else { "HTTP" }),
    }
}

fn signing(out: &mut String, figures: &[Vec<f64>; 4]) -> Result<()> {
    let nanoseconds = figures.each_ref().map(|rounds| median(rounds.iter().copied()));
    let mut table = Table::new(["signer", "ns/op", "x floor", "x aws-sigv4"]);
    for (name, ns) in sign::NAMES.into_iter().zip(nanoseconds) {
        let (floor, aws) = (ns / nanoseconds[sign::FLOOR], ns / nanoseconds[sign::AWS]);
        table.row([name.into(), format!("{ns:.0}"), format!("{floor:.2}"), format!("{aws:.2}")]);
    }
    table.write(out)
}

fn journalling(out: &mut String, measured: &journal::Measured) -> Result<()> {
    let mut table = Table::new(["journal", "callers", "records/s", "p50 us/record", "CPU us/record", "x floor"]);
    let mut floor = f64::NAN;
    for (at, ((name, callers), rounds)) in journal::CASES.into_iter().zip(&measured.cases).enumerate() {
        let of = |value: fn(&journal::Figures) -> f64| median(rounds.iter().map(value));
        let (rate, p50, cpu) = (of(|f| f.records_per_second), of(|f| f.p50_us), of(|f| f.cpu_us));
        if at % 2 == 0 {
            floor = rate;
        }
        let (rate, x_floor) = (format!("{rate:.0}"), format!("{:.2}", rate / floor));
        table.row([name.into(), callers.to_string(), rate, format!("{p50:.0}"), format!("{cpu:.1}"), x_floor]);
    }
    table.write(out)?;
    let large = &measured.large;
    writeln!(
        out,
        "A start-up finds 1,000 undecided sales among 1,000,000 in {:.0} ms and grows by {:.1} MiB.\n",
        large.found_ms, large.grown_mib
    )?;
    writeln!(
        out,
        "A turn under the rate limit that all who share the journal keep to takes {:.0} us, waiting aside.\n",
        median(measured.turn_us.iter().copied())
    )?;
    Ok(())
}

fn started(out: &mut String, start: &Start, figures: &[Vec<Started>]) -> Result<()> {
    let mut table = Table::new(["loads", "load ms", "whole process ms", "peak MiB", "MiB over nothing"]);
    let mut nothing = f64::NAN;
    for ((name, _), rounds) in start.loads.iter().zip(figures) {
        let of = |value: fn(&Started) -> f64| median(rounds.iter().map(value));
        let (load, process, peak) = (of(|s| s.load_ms), of(|s| s.process_ms), of(|s| s.peak_rss_kib) / 1024.0);
        nothing = if nothing.is_nan() { peak } else { nothing };
        let over = format!("{:.1}", peak - nothing);
        table.row([(*name).into(), format!("{load:.1}"), format!("{process:.1}"), format!("{peak:.1}"), over]);
    }
    table.write(out)
}

type Value = fn(&Figures) -> f64;

fn end_to_end(out: &mut String, group: &Group, in_flight: usize, figures: &[Vec<Figures>]) -> Result<()> {
    let rows: Vec<_> = group.contenders.iter().zip(figures).filter(|(_, rounds)| !rounds.is_empty()).collect();
    // The best of a role, by operations for each second of any kind.
    let best = |role: Role, value: Value| {
        let those = rows.iter().filter(|(contender, _)| contender.role == role);
        those.map(|(_, rounds)| median(rounds.iter().map(value))).fold(f64::NAN, f64::max)
    };
    let (rate, per_cpu): (Value, Value) = (|f| f.per_second, |f| 1e6 / f.cpu_us);
    let ours_loop = figures.iter().flatten().any(|figures| figures.loop_p99_us.is_some());
    let mut heads = vec!["client", "ops/s", "spread", "p50 us", "p99 us", "CPU us/op", "peak MiB"];
    heads.extend(ours_loop.then_some("loop p99 us"));
    heads.extend(["ops/s x peer", "per CPU s x peer", "ops/s x floor", "per CPU s x floor"]);
    let mut table = Table::new(heads);
    for (contender, rounds) in &rows {
        let of = |value: Value| median(rounds.iter().map(value));
        let mut cells = vec![contender.name.to_owned(), format!("{:.0}", of(rate)), spread(rounds.iter().map(rate))];
        cells.extend([of(|f| f.p50_us), of(|f| f.p99_us)].map(|us| format!("{us:.0}")));
        cells.extend([of(|f| f.cpu_us), of(|f| f.peak_rss_kib) / 1024.0].map(|value| format!("{value:.1}")));
        if ours_loop {
            cells.push(format!("{:.0}", of(|f| f.loop_p99_us.unwrap_or(f64::NAN))));
        }
        for role in [Role::Peer, Role::Floor] {
            cells.extend([rate, per_cpu].map(|value| format!("{:.2}", of(value) / best(role, value))));
        }
        table.row(cells);
    }
    writeln!(out, "### {}, {in_flight} in flight\n", group.title)?;
    table.write(out)
}

fn spread(values: impl Iterator<Item = f64> + Clone) -> String {
    let (least, most) = values.clone().fold((f64::MAX, f64::MIN), |(a, b), value| (a.min(value), b.max(value)));
    format!("{:.0} %", (most - least) / 2.0 / median(values) * 100.0)
}

/// Columns as wide as their widest cell.
struct Table(Vec<Vec<String>>);

impl Table {
    fn new<'a>(heads: impl IntoIterator<Item = &'a str>) -> Self {
        Self(vec![heads.into_iter().map(str::to_owned).collect()])
    }

    fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.0.push(cells.into_iter().collect());
    }

    fn write(&self, out: &mut String) -> Result<()> {
        let width = |column: usize| self.0.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
        let widths: Vec<usize> = (0..self.0[0].len()).map(width).collect();
        for (at, row) in self.0.iter().enumerate() {
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                // Names to the left, figures to the right.
                if column == 0 { write!(out, "| {cell:<width$} |")? } else { write!(out, " {cell:>width$} |")? }
            }
            out.push('\n');
            if at == 0 {
                for (column, width) in widths.iter().enumerate() {
                    let dashes = "-".repeat(width + 1);
                    if column == 0 { write!(out, "|{dashes}-|")? } else { write!(out, "{dashes}:|")? }
                }
                out.push('\n');
            }
        }
        out.push('\n');
        Ok(())
    }
}

pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => values[n / 2],
        n => f64::midpoint(values[n / 2 - 1], values[n / 2]),
    }
}

fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let count = info.lines().filter(|line| line.starts_with("processor")).count();
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{}, {count} cores, Linux {}", model.map_or("unknown CPU", |(_, name)| name.trim()), kernel.trim())
}

/// The compiler, and the contenders as they were locked when this program was built.
fn rust_versions() -> Option<String> {
    let mut versions = said(Command::new("rustc").arg("--version"))?;
    let mut lines = include_str!("../../Cargo.lock").lines();
    while let Some(line) = lines.next() {
        let name = line.strip_prefix("name = ").unwrap_or_default().trim_matches('"');
        if ["aws-sigv4", "hmac", "hyper", "hyper-util", "reqwest", "rustls", "sha2", "tokio"].contains(&name) {
            let version = lines.next().and_then(|line| line.strip_prefix("version = ")).unwrap_or_default();
            versions.push_str(&format!(", {name} {}", version.trim_matches('"')));
        }
    }
    Some(versions)
}

fn python_versions() -> Result<Option<String>> {
    let Some(python) = contenders::interpreter(contenders::PYTHON) else { return Ok(None) };
    let pinned = std::fs::read_to_string(contenders::home().join("python/requirements.txt"))?;
    let pinned = pinned.lines().filter(|line| !line.starts_with('#')).map(|line| line.replace("==", " "));
    let said = said(Command::new(python).arg("--version"));
    Ok(said.map(|python| [python].into_iter().chain(pinned).collect::<Vec<_>>().join(", ")))
}

fn node_versions() -> Result<Option<String>> {
    let Some(node) = contenders::interpreter(contenders::NODE) else { return Ok(None) };
    let package = std::fs::read_to_string(contenders::home().join("node/package.json"))?;
    let package: serde_json::Value = serde_json::from_str(&package)?;
    let packages = package["dependencies"].as_object().into_iter().flatten();
    let packages = packages.map(|(name, version)| format!("{name} {}", version.as_str().unwrap_or_default()));
    let said = said(Command::new(node).arg("--version"));
    Ok(said.map(|node| [format!("Node {node}")].into_iter().chain(packages).collect::<Vec<_>>().join(", ")))
}

fn said(command: &mut Command) -> Option<String> {
    Some(String::from_utf8_lossy(&command.output().ok()?.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Table, median};

    #[test]
    fn takes_the_middle_of_figures_in_any_order() {
        assert_eq!(median([3.0, 1.0, 2.0].into_iter()), 2.0);
        assert_eq!(median([4.0, 1.0, 2.0, 3.0].into_iter()), 2.5);
    }

    #[test]
    fn aligns_columns() {
        let mut table = Table::new(["client", "ops/s"]);
        table.row(["a".to_owned(), "1".to_owned()]);
        let mut out = String::new();
        assert!(table.write(&mut out).is_ok());
        assert_eq!(out, "| client | ops/s |\n|--------|------:|\n| a      |     1 |\n\n");
    }
}
