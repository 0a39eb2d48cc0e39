use super::words::{grouped, moment};
use super::{Snapshot, alone, button, words};
use crate::catalogue;
use crate::faults::{FAULTS, Fault};
use crate::ledger::Funds;
use maud::{Markup, html};
use posa_core::model::Operation;

pub(super) fn aside(shown: &Snapshot) -> Markup {
    html! {
        aside id="controls" aria-label="Controls" {
            section aria-labelledby="faults-title" { h2 id="faults-title" { "Faults" } (inject()) (waiting(shown)) }
            section aria-labelledby="funds-title" {
                h2 id="funds-title" { "Funds" }
                div class="funds" tabindex="0" role="region" aria-label="Funds by currency" {
                    table {
                        thead { tr { th scope="col" { "Currency" } th scope="col" { "Available" } th scope="col" { "Spent" } } }
                        tbody { @for funds in &shown.funds { (account(funds)) } }
                    }
                }
                (set_funds(shown))
            }
            section aria-labelledby="clock-title" { h2 id="clock-title" { "Clock" } (clock(shown)) (advance()) }
            section aria-labelledby="throttle-title" { h2 id="throttle-title" { "Throttle" } (throttle(shown)) (set_throttle()) }
        }
    }
}

/// What of the controls changes, by its id.
pub(super) fn parts(shown: &Snapshot) -> Vec<(String, Markup)> {
    let mut parts: Vec<_> = shown.funds.iter().map(|funds| (id(funds), account(funds))).collect();
    parts.extend([
        ("clock".into(), clock(shown)),
        ("throttle".into(), throttle(shown)),
        ("faults-waiting".into(), waiting(shown)),
    ]);
    parts
}

fn id(funds: &Funds) -> String {
    format!("funds-{}-{}", funds.partner_id, funds.currency)
}

fn account(funds: &Funds) -> Markup {
    html! {
        tr id=(id(funds)) class=[(funds.spent.bytes().any(|b| (b'1'..=b'9').contains(&b))).then_some("used")] {
            th scope="row" title={ "Partner " (funds.partner_id) } { (funds.currency) }
            td { (grouped(&funds.available)) }
            td { (grouped(&funds.spent)) }
        }
    }
}

fn set_funds(shown: &Snapshot) -> Markup {
    html! {
        form method="post" action="/_dashboard/funds" class="line" data-said="The funds are set." {
            input type="hidden" name="partner_id" value=(shown.funds.first().map_or("", |funds| &funds.partner_id));
            select name="currency" aria-label="Currency" {
                @for funds in shown.funds.iter().filter(|f| Some(&f.partner_id) == shown.funds.first().map(|f| &f.partner_id)) {
                    option { (funds.currency) }
                }
            }
            input name="available" inputmode="decimal" aria-label="Available amount" placeholder="100.00" required autocomplete="off";
            button class="quiet" { "Set" }
        }
    }
}

fn clock(shown: &Snapshot) -> Markup {
    let clock = &shown.clock;
    let (action, said) = match clock.frozen {
        true => ("/_dashboard/clock/run", "The clock runs."),
        false => ("/_dashboard/clock/freeze", "The clock stands still."),
    };
    html! {
        div id="clock" class="state" {
            p { time datetime=(clock.now) data-ticks[!clock.frozen] { (moment(&clock.now)) } br;
                span class="dim" { (ahead(clock.offset_seconds)) } }
            form method="post" action=(action) data-said=(said) {
                button id="clock-switch" class="switch" role="switch" aria-checked=(!clock.frozen) aria-label="The clock runs" {}
            }
        }
    }
}

fn ahead(seconds: i64) -> String {
    let size = seconds.unsigned_abs();
    let (number, unit) = match size {
        0 => return "The machine's time".into(),
        1..120 => (size, "s"),
        120..7200 => (size / 60, "min"),
        7200..172_800 => (size / 3600, "h"),
        _ => (size / 86_400, "days"),
    };
    let number = grouped(&number.to_string());
    format!("{number} {unit} {}", if seconds < 0 { "behind the machine's" } else { "ahead of the machine's" })
}

fn advance() -> Markup {
    let steps = [("60", "+1 min"), ("1200", "+20 min"), ("86400", "+1 d"), ("31622400", "+1 y")];
    html! {
        div class="steps-of-time" {
            form method="post" action="/_dashboard/clock/advance" data-said="The clock has moved." {
                @for (seconds, label) in steps { button class="quiet" name="advance_seconds" value=(seconds) { (label) } }
            }
            (button("/_dashboard/clock/reset", "Now", "quiet", "The clock is the machine's."))
        }
    }
}

fn throttle(shown: &Snapshot) -> Markup {
    let (action, said) = match shown.throttle {
        Some(_) => ("/_dashboard/throttle/off", "The throttle is off."),
        None => ("/_dashboard/throttle", "The throttle is on."),
    };
    html! {
        div id="throttle" class="state" {
            p { @match shown.throttle {
                Some(limit) => { (limit) " requests a second" br; span class="dim" { "of each partner; more are refused" } },
                None => { "Off" br; span class="dim" { "every request is accepted" } },
            } }
            form method="post" action=(action) data-said=(said) {
                input type="hidden" name="per_second" value="10";
                button id="throttle-switch" class="switch" role="switch" aria-checked=(shown.throttle.is_some()) aria-label="Throttle" {}
            }
        }
    }
}

fn set_throttle() -> Markup {
    html! {
        form method="post" action="/_dashboard/throttle" class="line" data-said="The throttle is set." {
            input type="number" name="per_second" min="1" max="4294967295" value="10" required aria-label="Requests a second";
            button class="quiet" { "Set" }
        }
    }
}

fn inject() -> Markup {
    let parameter = |name: &str, field: Markup| html! { div class={ "takes takes-" (name) } { (field) } };
    html! {
        form method="post" action="/_dashboard/faults" class="inject" data-said="The fault waits for its request." {
            label { "What goes wrong"
                select name="fault" id="fault" { @for fault in FAULTS {
                    option value=(fault.name) data-takes=[fault.takes] data-meaning=(fault.meaning) { (fault.title) }
                } }
            }
            p id="meaning" class="note" { a href="/_dashboard/faults" data-sheet { "What each of them does" } }
            div class="line" {
                label { "Times" input type="number" name="times" min="1" max="4294967295" value="1" required; }
                (parameter("delay_ms", html! { label { "After, in ms" input type="number" name="delay_ms" min="0" value="2000"; } }))
                (parameter("seconds", html! { label { "Step, in s" input type="number" name="seconds" value="1200"; } }))
                (parameter("error_type", html! { label { "Error" select name="error_type" { @for entry in catalogue::TABLE {
                    @let name = format!("{}/{}", entry.class.code(), entry.error_type);
                    option value=(name) selected[entry.error_type == "InsufficientFunds"] { (entry.class.code()) " " (entry.error_type) }
                } } } }))
                button class="main" { "Inject" }
            }
            details id="only" {
                summary { "Only on some requests" }
                label { "Operation" select name="operation" {
                    option value="" { "Any" }
                    @for operation in Operation::ALL { option { (operation.name()) } }
                } }
                label { "Card number" input name="card_number" inputmode="numeric" autocomplete="off" placeholder="16 or 19 digits"; }
                label { "Request id" input name="request_id" autocomplete="off" spellcheck="false"; }
            }
        }
    }
}

fn waiting(shown: &Snapshot) -> Markup {
    html! {
        div id="faults-waiting" {
            @if shown.faults.is_empty() && shown.held == 0 {
                p class="note" { "No fault waits. One that you inject falls upon the next request that it suits." }
            } @else {
                ol class="waiting" {
                    @for fault in &shown.faults { li { (described(fault)) } }
                    @if shown.held > 0 { li { strong { "Late requests" } " " (shown.held) " on their way" } }
                }
                div class="buttons" {
                    @if shown.held > 0 { (button("/_dashboard/faults/release", "Release late requests", "quiet", "The late requests have arrived.")) }
                    (button("/_dashboard/faults/clear", "Clear", "quiet", "No fault waits.")) }
            }
        }
    }
}

fn described(fault: &Fault) -> Markup {
    html! {
        strong { (words::fault(fault.kind.name()).0) } " × " (fault.times)
        @if let Some(operation) = fault.operation { ", " (operation.name()) }
        @if let Some(card) = &fault.card_number { ", card •• " (card.get(12..16).unwrap_or_default()) }
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
