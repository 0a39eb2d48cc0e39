use super::words::{self, Tone};
use super::{Snapshot, button};
use crate::server::{RequestEntry, RequestLog};
use maud::{Markup, html};
use std::borrow::Borrow;

pub(super) fn section(shown: &Snapshot) -> Markup {
    let log = &shown.log;
    html! {
        section id="requests" aria-labelledby="requests-title" {
            div class="head" {
                h2 id="requests-title" { "Requests " (count(shown)) }
                div class="buttons" {
                    button type="button" class="pill" id="waiting" hidden {}
                    (button("/_dashboard/requests/clear", "Empty the log", "quiet", "The log is empty."))
                }
            }
            div class="list" {
                div class="row names request" aria-hidden="true" {
                    @for name in ["Time", "Operation", "Card", "Request id", "Answer", "Took"] { span { (name) } }
                }
                ol id="log" data-live[shown.query.before.is_none()] { (rows(&log.entries)) }
                (empty())
            }
            nav class="pages" aria-label="Pages of the log" {
                @if shown.query.before.is_some() { a href="/#requests" { "Newest" } }
                @if let Some((oldest, _)) = log.entries.last().filter(|_| log.more) {
                    a href={ "/?before=" (oldest) "#requests" } { "Older" }
                }
                span { "The last " (words::grouped(&RequestLog::LENGTH.to_string())) " are kept." }
            }
        }
    }
}

pub(super) fn count(shown: &Snapshot) -> Markup {
    html! { span class="count" id="requests-count" { (words::grouped(&shown.log.total.to_string())) } }
}

/// Rows of the log, newest first.
pub(in crate::dashboard) fn rows(entries: impl IntoIterator<Item: Borrow<(u64, RequestEntry)>>) -> Markup {
    html! {
        @for numbered in entries {
            @let (number, entry) = numbered.borrow();
            li {
                @let tone = Tone::of(entry).class();
                a class={ "row request " (tone) } href={ "/_dashboard/requests/" (number) } data-sheet {
                    time datetime=(entry.at) { (words::time(&entry.at)) }
                    span class="operation" { (words::operation(entry)) }
                    span class="card" { @if let Some(card) = &entry.card { "•• " (card.trim_start_matches('.')) } }
                    span class="id" { (entry.request_id.as_deref().unwrap_or_default()) }
                    span class="answer" { (answer(entry)) }
                    span class="took" { (words::duration(entry.duration_us)) }
                }
            }
        }
    }
}

fn answer(entry: &RequestEntry) -> Markup {
    let verdict = entry.verdict.strip_prefix("SUCCESS ").unwrap_or(&entry.verdict);
    let verdict = verdict.split_once(": ").map_or(verdict, |(name, _)| name);
    html! {
        span class="code" { @match entry.status {
            Some(status) => (status),
            None => abbr title="No byte was sent" { "—" },
        } }
        @if let Some(fault) = &entry.fault { span class="fault" { (words::fault(fault).0) } }
        span class="verdict" { (verdict) }
    }
}

/// Shown as long as the list has no row.
fn empty() -> Markup {
    html! {
        div class="empty" {
            p { strong { "No request yet." } " Send the first one from another terminal:" }
            pre { code { "posa activate --sandbox ready.json 1400000005567585358 25.00 USD" } }
            p {
                code { "ready.json" } " is the file that " code { "posa sandbox --ready-file ready.json" }
                " writes; your own client needs only the endpoint above."
            }
        }
    }
}
