//! The report as one page that needs nothing else: it may be attached, opened anywhere and printed.

use super::clean::Left;
use super::report::{Played, Report, Verdict};
use crate::exit;
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("report.css");

pub(super) fn page(report: &Report) -> String {
    let title = format!("posa certify: {} at {}", report.partner_id, report.endpoint);
    let verdict = if report.code() == exit::DONE { "passed" } else { "failed" };
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                // Nothing is loaded and nothing runs, whatever stands in the texts.
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    header {
                        h1 { "Certification of an integration" }
                        p .summary .(verdict) { strong { (report.summary()) } "; " (report.aftermath()) "." }
                    }
                    dl { @for (name, value) in report.head() { div { dt { (name) } dd { (value) } } } }
                    @if !report.left.is_empty() { (left(&report.left)) }
                    @for group in report.groups() { (cases(group)) }
                    footer {
                        p { "Made by posa " (report.posa_version) ". Cards are shown by their last four digits." }
                    }
                }
            }
        }
    };
    page.into_string()
}

fn cases(group: &[Played]) -> Markup {
    html! {
        section {
            h2 { (group.first().map_or("", |case| case.group)) }
            table {
                thead {
                    tr {
                        th scope="col" { "Verdict" }
                        th scope="col" { "Case" }
                        th scope="col" { "Expected" }
                        th scope="col" { "Came" }
                        th scope="col" { "Request ids" }
                        th scope="col" .time { "ms" }
                    }
                }
                tbody { @for case in group { (row(case)) } }
            }
        }
    }
}

fn row(case: &Played) -> Markup {
    let class = match case.verdict {
        Verdict::Passed => "passed",
        Verdict::Failed => "failed",
        Verdict::NotRun => "not-run",
    };
    html! {
        tr .(class) {
            td .verdict { (case.verdict.name()) }
            th scope="row" { (case.name) }
            td { @for line in &case.expected { div { (line) } } }
            td { @for line in &case.came { div { (line) } } @if let Some(note) = &case.note { p .note { (note) } } }
            td .ids { @for id in &case.request_ids { code { (id) } " " } }
            td .time { @if case.verdict != Verdict::NotRun { (case.milliseconds) } }
        }
    }
}

fn left(left: &[Left]) -> Markup {
    html! {
        section .left {
            h2 { "Not taken back" }
            ul {
                @for Left { card, request_id, why, unknown } in left {
                    li {
                        "Card " (card) @if *unknown { " may be active" } @else { " is active" }
                        " under " code { (request_id) } ": " (why)
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::certify::report::tests::hostile;

    #[test]
    fn whatever_a_gateway_answers_is_shown_as_text() {
        let page = page(&hostile());
        assert!(!page.contains("<script") && !page.contains("<img") && !page.contains("onerror=\"x"), "{page}");
        assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{page}");
        assert!(page.contains("default-src 'none'"), "{page}");
    }
}
