//! The tables, in Markdown that reads well on a terminal too.

use crate::clients::{BY_HAND, FLOOR, Figures, NAMES};
use crate::driver::{IN_FLIGHT, Measured, Options};
use crate::{Result, floor, journal, sign};
use std::fmt::Write;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

/// Everything that was measured, and on what.
pub(crate) fn text(measured: &Measured, options: &Options) -> Result<String> {
    let mut out = String::from("# posa beside what one would otherwise write\n\n");
    writeln!(out, "Made by `cargo run --release -p posa-bench` on {}.\n", today()?)?;
    writeln!(out, "- {}", machine())?;
    writeln!(out, "- {}", versions())?;
    let pinned = if measured.pinned { "each pinned to a core of its own" } else { "not pinned: there is one core" };
    writeln!(out, "- Medians of {} interleaved rounds. Client and server are processes, {pinned}.", options.rounds)?;
    writeln!(out, "- Ratios carry over to other machines; absolute figures do not.\n")?;
    signing(&mut out, measured)?;
    out.push_str(&journal_text(&measured.journal)?);
    for (in_flight, figures) in IN_FLIGHT.into_iter().zip(&measured.clients) {
        end_to_end(&mut out, in_flight, figures)?;
    }
    out.push_str(NOTES);
    Ok(out)
}

const NOTES: &str = "\
## What is measured

- Signing: from a body to its `x-amz-date` and `authorization`. The floor is written by hand for exactly this request, \
keeps the day's key, and starts the canonical hash from the saved state of its constant beginning. aws-sigv4's own \
`sign` derives the key each time.
- Journal: an operation is two records. The floor is one table without an index in bare rusqlite, its writer committing \
what has queued up; ours also keeps each id unique, one open sale a card, the order of sales, and an append-only history.
- End to end: one ActivateGiftCard over plain HTTP on loopback, a new id and a new card each time, answered by a server \
that echoes id, card and value. Every client but hyper-bare encodes, signs, decodes into typed values and compares id, \
card and status; their signatures are verified before they are timed. CPU is user and system time of the client process.
- posa also validates card and amount, draws its id from the operating system's random source, keeps its in-memory \
journal, asks its limiter, and sends in a task of its own so that a caller who stops waiting loses nothing.
- reqwest + aws-sigv4 is what one writes by hand; hyper-pool + cached key is the least that the whole job costs; \
hyper-bare sends one unsigned request over and over and drops the answer.
- At 1 in flight most of the time is the machine switching between the two processes, the same for every client.
";

fn signing(out: &mut String, measured: &Measured) -> Result<()> {
    let nanoseconds = measured.signing.each_ref().map(|rounds| median(rounds.iter().copied()));
    writeln!(out, "## Signing, one thread\n")?;
    writeln!(out, "| signer                          | ns/op | x floor | x aws-sigv4 |")?;
    writeln!(out, "|---------------------------------|------:|--------:|------------:|")?;
    for (name, ns) in sign::NAMES.into_iter().zip(nanoseconds) {
        let (floor, aws) = (ns / nanoseconds[sign::FLOOR], ns / nanoseconds[sign::AWS]);
        writeln!(out, "| {name:<31} | {ns:>5.0} | {floor:>7.2} | {aws:>11.2} |")?;
    }
    writeln!(out)?;
    Ok(())
}

/// The journal's tables.
pub(crate) fn journal_text(measured: &journal::Measured) -> Result<String> {
    let mut out = String::from("## Journal alone, each record durable when its caller goes on\n\n");
    writeln!(
        out,
        "| journal                                | callers | records/s | p50 us/record | CPU us/record | x floor |"
    )?;
    writeln!(
        out,
        "|----------------------------------------|--------:|----------:|--------------:|--------------:|--------:|"
    )?;
    let mut floor = f64::NAN;
    for (at, ((name, callers), rounds)) in journal::CASES.into_iter().zip(&measured.cases).enumerate() {
        let rate = median(rounds.iter().map(|f| f.records_per_second));
        let p50 = median(rounds.iter().map(|f| f.p50_us));
        let cpu = median(rounds.iter().map(|f| f.cpu_us));
        if at % 2 == 0 {
            floor = rate;
        }
        let x_floor = rate / floor;
        writeln!(out, "| {name:<38} | {callers:>7} | {rate:>9.0} | {p50:>13.0} | {cpu:>13.1} | {x_floor:>7.2} |")?;
    }
    let large = &measured.large;
    writeln!(
        out,
        "\nA start-up finds 1,000 undecided sales among 1,000,000 in {:.0} ms and grows by {:.1} MiB.\n",
        large.found_ms, large.grown_mib
    )?;
    Ok(out)
}

fn end_to_end(out: &mut String, in_flight: usize, figures: &[Vec<Figures>]) -> Result<()> {
    let cpu_of = |name| {
        let rounds = NAMES.iter().zip(figures).find(|(n, _)| **n == name).map(|(_, rounds)| rounds);
        rounds.map_or(f64::NAN, |rounds| median(rounds.iter().map(|f| f.cpu_us)))
    };
    let (floor, by_hand) = (cpu_of(FLOOR), cpu_of(BY_HAND));
    writeln!(out, "## End to end, {in_flight} in flight\n")?;
    writeln!(out, "| client                  |  ops/s | p50 us | p99 us | CPU us/op | CPU x by hand | CPU x floor |")?;
    writeln!(out, "|-------------------------|-------:|-------:|-------:|----------:|--------------:|------------:|")?;
    for (name, rounds) in NAMES.into_iter().zip(figures) {
        let of = |value: fn(&Figures) -> f64| median(rounds.iter().map(value));
        let (rate, p50, p99, cpu) = (of(|f| f.per_second), of(|f| f.p50_us), of(|f| f.p99_us), of(|f| f.cpu_us));
        let (x_by_hand, x_floor) = (cpu / by_hand, cpu / floor);
        writeln!(
            out,
            "| {name:<23} | {rate:>6.0} | {p50:>6.0} | {p99:>6.0} | {cpu:>9.1} | {x_by_hand:>13.2} | {x_floor:>11.2} |"
        )?;
    }
    writeln!(out)?;
    Ok(())
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => values[n / 2],
        n => f64::midpoint(values[n / 2 - 1], values[n / 2]),
    }
}

fn today() -> Result<String> {
    let stamp = floor::stamp(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs());
    let digits = std::str::from_utf8(&stamp)?;
    Ok(format!("{}-{}-{}", &digits[..4], &digits[4..6], &digits[6..8]))
}

fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let count = info.lines().filter(|line| line.starts_with("processor")).count();
    format!("{}, {count} cores", model.map_or("unknown CPU", |(_, name)| name.trim()))
}

/// The compiler, and the contenders as they were locked when this program was built.
fn versions() -> String {
    let rustc = Command::new("rustc").arg("--version").output();
    let mut versions = rustc.map(|o| String::from_utf8_lossy(&o.stdout).trim().to_owned()).unwrap_or_default();
    let mut lines = include_str!("../../Cargo.lock").lines();
    while let Some(line) = lines.next() {
        let name = line.strip_prefix("name = ").unwrap_or_default().trim_matches('"');
        if ["aws-sigv4", "hmac", "hyper", "hyper-util", "reqwest", "sha2", "tokio"].contains(&name) {
            let version = lines.next().and_then(|line| line.strip_prefix("version = ")).unwrap_or_default();
            versions.push_str(&format!(", {name} {}", version.trim_matches('"')));
        }
    }
    versions
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn takes_the_middle_of_figures_in_any_order() {
        assert_eq!(median([3.0, 1.0, 2.0].into_iter()), 2.0);
        assert_eq!(median([4.0, 1.0, 2.0, 3.0].into_iter()), 2.5);
    }
}
