use super::{Snapshot, alone, button, words};
use crate::catalogue;
use crate::dashboard::snapshot::last_four;
use crate::faults::{FAULTS, Fault};
use maud::{Markup, html};
use posa_core::model::Operation;

pub(super) fn inject() -> Markup {
    html! {
        form method="post" action="/_dashboard/faults" class="inject" data-said="The fault waits for its request." {
            label { "What goes wrong"
                select name="fault" id="fault" { @for fault in FAULTS {
                    option value=(fault.name) data-takes=[fault.takes] data-meaning=(fault.meaning) { (fault.title) }
                } }
            }
            p id="meaning" class="note" {}
            div class="line" {
                label { "Times" input type="number" name="times" min="1" max=(u32::MAX) value="1" required; }
                label class="takes takes-delay_ms" { "After, in ms"
                    input type="number" name="delay_ms" min="0" value="2000";
                }
                label class="takes takes-seconds" { "Step, in s" input type="number" name="seconds" value="1200"; }
                label class="takes takes-error_type" { "Error" select name="error_type" { (errors()) } }
                button class="main" { "Inject" }
            }
            (only())
        }
    }
}

fn errors() -> Markup {
    html! {
        @for entry in catalogue::TABLE {
            @let (class, name) = (entry.class.code(), entry.error_type);
            option value={ (class) "/" (name) } selected[*entry == catalogue::INSUFFICIENT_FUNDS] {
                (class) " " (name)
            }
        }
    }
}

fn only() -> Markup {
    html! {
        details {
            summary { "Only on some requests" }
            label { "Operation" select name="operation" {
                option value="" { "Any" }
                @for operation in Operation::ALL { option { (operation.name()) } }
            } }
            label { "Card number"
                input name="card_number" inputmode="numeric" autocomplete="off" placeholder="16 or 19 digits";
            }
            label { "Request id" input name="request_id" autocomplete="off" spellcheck="false"; }
        }
    }
}

/// Faults that are listed one by one; more are counted.
const LISTED: usize = 20;

pub(super) fn waiting(shown: &Snapshot) -> Markup {
    let more = shown.faults.len().saturating_sub(LISTED);
    html! {
        div id="faults-waiting" {
            @if shown.faults.is_empty() && shown.held == 0 {
                p class="note" { "No fault waits. One that you inject falls upon the next request that it suits." }
            } @else {
                ol tabindex="0" aria-label="Faults that wait" {
                    @if shown.held > 0 { li { strong { "Late requests" } " on their way: " (shown.held) } }
                    @for fault in shown.faults.iter().take(LISTED) { li { (described(fault)) } }
                    @if more > 0 { li { "and " (more) " more" } }
                }
                div class="buttons" {
                    @if shown.held > 0 {
                        (button("/_dashboard/faults/release", "Release", "quiet", "The late requests have arrived."))
                    }
                    (button("/_dashboard/faults/clear", "Clear", "quiet", "No fault waits."))
                }
            }
        }
    }
}

fn described(fault: &Fault) -> Markup {
    html! {
        strong { (words::fault(fault.kind.name()).0) } " × " (fault.times)
        @if let Some(operation) = fault.operation { ", " (operation.name()) }
        @if let Some(card) = &fault.card_number { ", card •• " (last_four(card)) }
        @if let Some(id) = &fault.request_id { ", id " code { (id) } }
    }
}

/// What each fault does.
pub(in crate::dashboard) fn faults() -> Markup {
    alone(
        "Faults",
        &html! {
            article {
                h2 { "What each fault does" }
                dl class="faults" { @for fault in FAULTS {
                    div { dt { (fault.title) " " code { (fault.name) } } dd { (fault.meaning) } }
                } }
            }
        },
    )
}
