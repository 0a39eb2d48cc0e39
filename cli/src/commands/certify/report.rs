use super::clean::Left;
use super::step::Case;
use crate::exit;
use crate::output::{BAD, Mark, grid, pairs};
use serde::Serialize;
use std::fmt;
use std::time::Duration;

/// What a partner attaches to the onboarding. It holds no secret, and of cards the last four digits.
#[derive(Serialize)]
pub(super) struct Report {
    pub(super) partner_id: String,
    pub(super) endpoint: String,
    /// Such as `posa's sandbox, embedded`.
    pub(super) gateway: &'static str,
    pub(super) environment: String,
    pub(super) region: &'static str,
    pub(super) marketplace: &'static str,
    pub(super) currency: &'static str,
    /// Of the bodies.
    pub(super) format: &'static str,
    pub(super) posa_version: &'static str,
    pub(super) started_at: String,
    pub(super) milliseconds: u128,
    /// Those that the cases were played with.
    pub(super) cards: Vec<String>,
    /// Cards of the list that were active or invalid already.
    pub(super) passed_over: usize,
    /// Sales of an earlier run that was killed, which this one took back.
    pub(super) recovered: usize,
    /// It was stopped before its end.
    pub(super) stopped: bool,
    pub(super) passed: usize,
    pub(super) failed: usize,
    pub(super) not_run: usize,
    pub(super) cases: Vec<Played>,
    /// What could not be taken back.
    pub(super) left: Vec<Left>,
}

/// A case, and what came of it.
#[derive(Serialize)]
pub(super) struct Played {
    pub(super) group: &'static str,
    pub(super) name: String,
    pub(super) verdict: Verdict,
    /// One for each request, up to the first that came out otherwise.
    pub(super) came: Vec<String>,
    pub(super) expected: Vec<String>,
    /// Why it was not run, or what a reader should know.
    pub(super) note: Option<String>,
    pub(super) request_ids: Vec<String>,
    pub(super) milliseconds: u128,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verdict {
    Passed,
    Failed,
    NotRun,
}

impl Verdict {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::NotRun => "not run",
        }
    }
}

impl Played {
    /// With nothing of its outcome yet.
    pub(super) fn begun(case: &Case, took: Duration) -> Self {
        let expected = case.steps.iter().map(|step| step.expect.words()).filter(|words| !words.is_empty());
        Self {
            group: case.group,
            name: case.name.clone(),
            verdict: Verdict::NotRun,
            expected: expected.collect(),
            came: Vec::new(),
            note: None,
            request_ids: Vec::new(),
            milliseconds: took.as_millis(),
        }
    }

    pub(super) fn not_run(case: &Case, why: impl Into<String>) -> Self {
        Self { note: Some(why.into()), ..Self::begun(case, Duration::ZERO) }
    }
}

impl Report {
    /// With the cases counted.
    pub(super) fn counted(self) -> Self {
        let count = |verdict| self.cases.iter().filter(|case| case.verdict == verdict).count();
        Self { passed: count(Verdict::Passed), failed: count(Verdict::Failed), not_run: count(Verdict::NotRun), ..self }
    }

    pub(super) fn code(&self) -> u8 {
        match self {
            Self { left, .. } if left.iter().any(|left| left.unknown) => exit::UNKNOWN,
            Self { failed: 1.., .. } | Self { stopped: true, .. } => exit::REJECTED,
            Self { left, .. } if !left.is_empty() => exit::REJECTED,
            _ => exit::DONE,
        }
    }

    /// Runs of cases of one group.
    pub(super) fn groups(&self) -> impl Iterator<Item = &[Played]> {
        self.cases.chunk_by(|a, b| a.group == b.group)
    }

    /// Names and values for the head of each form of the report.
    pub(super) fn head(&self) -> Vec<(&'static str, String)> {
        let mut head = vec![
            ("partner", self.partner_id.clone()),
            ("endpoint", self.endpoint.clone()),
            ("gateway", self.gateway.to_owned()),
            ("environment", self.environment.clone()),
            ("region", self.region.to_owned()),
            ("marketplace", format!("{} ({})", self.marketplace, self.currency)),
            ("format", self.format.to_owned()),
            ("posa", self.posa_version.to_owned()),
            ("begun", self.started_at.clone()),
            ("took", format!("{} ms", self.milliseconds)),
            ("cards", self.cards.join(", ")),
        ];
        if self.passed_over > 0 {
            head.push(("passed over", format!("{} cards that are active or invalid already", self.passed_over)));
        }
        if self.recovered > 0 {
            head.push(("taken back", format!("{} sales that an earlier run left", self.recovered)));
        }
        head
    }

    /// The whole of it in a sentence.
    pub(super) fn summary(&self) -> String {
        let Self { passed, failed, not_run, .. } = self;
        let stopped = if self.stopped { "; stopped before the end" } else { "" };
        format!("{passed} passed, {failed} failed, {not_run} not run{stopped}")
    }

    /// What became of the cards.
    pub(super) fn aftermath(&self) -> String {
        match self.left.len() {
            0 => "every card that was activated is inactive again".to_owned(),
            1 => "one sale could not be taken back".to_owned(),
            count => format!("{count} sales could not be taken back"),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = self.head();
        let head: Vec<_> = head.into_iter().map(|(name, value)| (name, Some(value))).collect();
        write!(f, "Certification of an integration")?;
        pairs(f, &head)?;
        for group in self.groups() {
            let title = group.first().map_or("", |case| case.group);
            write!(f, "\n\n{title}\n{}", drawn(group))?;
        }
        let mark = if self.code() == exit::DONE { Mark::Good } else { Mark::Bad };
        write!(f, "\n\n{} {}\n  {}", mark.coloured(), self.summary(), self.aftermath())?;
        for Left { card, request_id, why, unknown } in &self.left {
            let state = if *unknown { "may be active" } else { "is active" };
            write!(f, "\n  {BAD}card {card} {state}{BAD:#} under {request_id}: {why}")?;
        }
        if !self.left.is_empty() {
            write!(f, "\n  run posa certify again with the same journal: it first takes back what is left")?;
        }
        Ok(())
    }
}

fn drawn(group: &[Played]) -> String {
    let rows = group.iter().map(|case| {
        let text = match (case.verdict, &case.note) {
            (Verdict::NotRun, why) => format!("not run: {}", why.as_deref().unwrap_or_default()),
            (Verdict::Failed, _) => format!("{}\nexpected:\n{}", case.came.join("\n"), case.expected.join("\n")),
            (Verdict::Passed, note) => case.came.iter().chain(note).cloned().collect::<Vec<_>>().join("\n"),
        };
        let took = if case.verdict == Verdict::NotRun { String::new() } else { format!("{} ms", case.milliseconds) };
        let mark = match case.verdict {
            Verdict::Passed => Mark::Good,
            Verdict::Failed => Mark::Bad,
            Verdict::NotRun => Mark::Skipped,
        };
        (mark, [case.name.clone(), text, took])
    });
    grid([26, 43, 8], true, rows.collect())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) const HOSTILE: &str = "\"><script>alert(1)</script><img src=x onerror=\"x\">";

    /// A report whose every text comes from somebody who means harm.
    pub(crate) fn hostile() -> Report {
        let text = || HOSTILE.to_owned();
        Report {
            partner_id: text(),
            endpoint: text(),
            gateway: "at an address of its own",
            environment: text(),
            region: "us-east-1",
            marketplace: "US",
            currency: "USD",
            format: "json",
            posa_version: "0",
            started_at: text(),
            milliseconds: 1,
            cards: vec![text()],
            passed_over: 1,
            recovered: 1,
            stopped: true,
            passed: 0,
            failed: 0,
            not_run: 0,
            cases: vec![Played {
                group: "Sales",
                name: text(),
                verdict: Verdict::Failed,
                came: vec![text()],
                expected: vec![text()],
                note: Some(text()),
                request_ids: vec![text()],
                milliseconds: 1,
            }],
            left: vec![Left { card: text(), request_id: text(), why: text(), unknown: true }],
        }
        .counted()
    }

    #[test]
    fn a_card_that_may_be_active_outweighs_a_case_that_failed() {
        let mut report = hostile();
        assert_eq!((report.failed, report.code()), (1, exit::UNKNOWN));
        report.left[0].unknown = false;
        assert_eq!(report.code(), exit::REJECTED);
        report.left.clear();
        report.cases.clear();
        report = report.counted();
        assert_eq!(report.code(), exit::REJECTED, "stopped");
        report.stopped = false;
        assert_eq!(report.code(), exit::DONE);
    }
}
