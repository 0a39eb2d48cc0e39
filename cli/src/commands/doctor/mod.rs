//! Looks at a set-up before it is used, and says what to mend.

mod agreement;
mod certificate;
mod finding;
mod journal;
mod key;
mod network;
mod pace;
mod signature;

use crate::exit;
use crate::output::{Mark, Output, grid};
use crate::settings::Connection;
use finding::{Finding, State};
use posa_core::Error;
use serde::Serialize;
use std::fmt;

/// Look for what would make sales fail, and say what to do about it
///
/// Checks settings, key, network, TLS, clock and journal. It changes nothing, creates no file, and sends nothing but
/// GET /sping, which is not signed.
///
/// Exit code 1 if there is a problem, 0 otherwise; a warning is none.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Ask for the state of a card that does not exist too: proves that the gateway takes key and signature
    #[arg(long)]
    sign: bool,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Serialize)]
struct Report {
    /// There is no problem.
    ok: bool,
    problems: usize,
    warnings: usize,
    not_checked: usize,
    findings: Vec<Finding>,
}

pub(super) async fn run(args: Args, output: &Output) -> Result<u8, Error> {
    let findings = match args.connection.resolve() {
        Err(error) => vec![Finding::failed("settings", error.message())],
        Ok(settings) => {
            let mut findings = agreement::check(&settings);
            findings.extend(key::check(&settings).await);
            findings.extend(network::check(&settings).await);
            findings.push(match args.sign {
                true => signature::check(&settings).await,
                false => Finding::not_checked("signature", "only with --sign, which sends a signed request"),
            });
            findings.extend(journal::check(&settings).await);
            findings.extend(pace::check(&settings));
            findings
        }
    };
    let report = Report::of(findings);
    output.show(&report);
    Ok(if report.ok { exit::DONE } else { exit::REJECTED })
}

impl Report {
    fn of(findings: Vec<Finding>) -> Self {
        let count = |state| findings.iter().filter(|finding| finding.state == state).count();
        let (problems, warnings, not_checked) =
            (count(State::Problem), count(State::Warning), count(State::NotChecked));
        Self { ok: problems == 0, problems, warnings, not_checked, findings }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.findings.iter().map(|finding| {
            let remedy = finding.remedy.iter().map(|remedy| format!("-> {remedy}"));
            let text: Vec<_> = std::iter::once(finding.what.clone()).chain(remedy).collect();
            (finding.state.mark(), [finding.check.to_owned(), text.join("\n")])
        });
        let mark = if self.ok { Mark::Good } else { Mark::Bad };
        let counted = |count: &usize, noun: &str| format!("{count} {noun}{}", if *count == 1 { "" } else { "s" });
        let (problems, warnings) = (counted(&self.problems, "problem"), counted(&self.warnings, "warning"));
        writeln!(f, "{}", grid([14, 63], false, rows.collect()))?;
        write!(f, "\n{} {problems}, {warnings}, {} not checked", mark.coloured(), self.not_checked)
    }
}
