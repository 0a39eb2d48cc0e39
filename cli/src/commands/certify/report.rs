use super::clean::Left;
use super::step::Case;
use crate::exit;
use crate::output::{BAD, FAINT, GOOD, pairs};
use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, Width};
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
    pub(super) expected: String,
    pub(super) came: String,
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
            expected: expected.collect::<Vec<_>>().join(", then "),
            came: String::new(),
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
        let is_good = self.code() == exit::DONE;
        write!(f, "\n\n{} {}; {}", mark(is_good), self.summary(), self.aftermath())?;
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

/// One group, 80 columns wide.
fn drawn(group: &[Played]) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(80);
    for case in group {
        let text = match (case.verdict, &case.note) {
            (Verdict::NotRun, Some(why)) => format!("not run, {why}"),
            (Verdict::NotRun, None) => "not run".to_owned(),
            (Verdict::Failed, _) => format!("{}\nexpected {}", case.came, case.expected),
            (Verdict::Passed, Some(note)) => format!("{}; {note}", case.came),
            (Verdict::Passed, None) => case.came.clone(),
        };
        let took = if case.verdict == Verdict::NotRun { String::new() } else { format!("{} ms", case.milliseconds) };
        table.add_row([plain_mark(case.verdict), &case.name, &text, &took]);
    }
    let widths = [3, 29, 39, 9];
    for (column, width) in table.column_iter_mut().zip(widths) {
        column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width)));
        column.set_padding((0, 1));
    }
    if let Some(column) = table.column_mut(3) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    // Coloured afterwards: the table counts an escape sequence as text.
    let text = table.trim_fmt();
    text.replace('✔', &mark(true)).replace('✘', &mark(false)).replace('○', &format!("{FAINT}○{FAINT:#}"))
}

fn plain_mark(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => " ✔",
        Verdict::Failed => " ✘",
        Verdict::NotRun => " ○",
    }
}

fn mark(is_good: bool) -> String {
    let (style, mark) = if is_good { (GOOD, '✔') } else { (BAD, '✘') };
    format!("{style}{mark}{style:#}")
}
