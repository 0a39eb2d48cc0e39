use super::words::{grouped, moment};
use super::{Snapshot, button, faults};
use crate::ledger::Funds;
use maud::{Markup, html};

pub(super) fn aside(shown: &Snapshot) -> Markup {
    html! {
        aside id="controls" aria-label="Controls" {
            section aria-labelledby="faults-title" {
                div class="title" {
                    h2 id="faults-title" { "Faults" }
                    a href="/_dashboard/faults" data-sheet { "What each does" }
                }
                (faults::inject())
                (faults::waiting(shown))
            }
            section aria-labelledby="funds-title" {
                h2 id="funds-title" { "Funds" }
                div class="funds" tabindex="0" role="region" aria-label="Funds by currency" {
                    table {
                        thead { tr { @for name in ["Currency", "Available", "Spent"] { th scope="col" { (name) } } } }
                        tbody { @for funds in &shown.funds { (account(funds, shown)) } }
                    }
                }
                (set_funds(shown))
            }
            section aria-labelledby="clock-title" {
                h2 id="clock-title" { "Clock" }
                (clock(shown))
                (set_clock())
            }
            section aria-labelledby="throttle-title" {
                h2 id="throttle-title" { "Throttle" }
                (throttle(shown))
                (set_throttle())
            }
        }
    }
}

/// What of the controls changes, by its id.
pub(super) fn parts(shown: &Snapshot) -> Vec<(String, Markup)> {
    let mut parts: Vec<_> = shown.funds.iter().map(|funds| (id(funds), account(funds, shown))).collect();
    parts.extend([
        ("clock".into(), clock(shown)),
        ("throttle".into(), throttle(shown)),
        ("faults-waiting".into(), faults::waiting(shown)),
    ]);
    parts
}

fn id(funds: &Funds) -> String {
    format!("funds-{}-{}", funds.partner_id, funds.currency)
}

fn account(funds: &Funds, shown: &Snapshot) -> Markup {
    let used = funds.spent.bytes().any(|digit| (b'1'..=b'9').contains(&digit));
    html! {
        tr id=(id(funds)) class=[used.then_some("used")] {
            th scope="row" {
                (funds.currency)
                @if shown.partners.len() > 1 { span class="dim" { " " (funds.partner_id) } }
            }
            td { (grouped(&funds.available)) }
            td { (grouped(&funds.spent)) }
        }
    }
}

fn set_funds(shown: &Snapshot) -> Markup {
    let first = shown.partners.first().map_or("", String::as_str);
    html! {
        form method="post" action="/_dashboard/funds" class="line" data-said="The funds are set." {
            @if shown.partners.len() > 1 {
                select name="partner_id" aria-label="Partner" { @for id in &shown.partners { option { (id) } } }
            } @else {
                input type="hidden" name="partner_id" value=(first);
            }
            select name="currency" aria-label="Currency" {
                @for funds in shown.funds.iter().filter(|funds| funds.partner_id == first) {
                    option { (funds.currency) }
                }
            }
            input name="available" inputmode="decimal" required autocomplete="off" placeholder="100.00"
                aria-label="Available amount";
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
            p {
                time datetime=(clock.now) data-ticks[!clock.frozen] { (moment(&clock.now)) }
                br;
                span class="dim" { (ahead(clock.offset_seconds)) }
            }
            form method="post" action=(action) data-said=(said) {
                (switch("clock-switch", "The clock runs", !clock.frozen))
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

fn set_clock() -> Markup {
    let steps = [("60", "+1 min"), ("1200", "+20 min"), ("86400", "+1 d"), ("31622400", "+1 y")];
    html! {
        div class="steps-of-time" {
            form method="post" action="/_dashboard/clock/advance" data-said="The clock has moved." {
                @for (seconds, label) in steps {
                    button class="quiet" name="advance_seconds" value=(seconds) { (label) }
                }
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
            @match shown.throttle {
                Some(limit) => p { (limit) " requests a second" br; span class="dim" { "of a partner; more are refused" } },
                None => p { "Off" br; span class="dim" { "every request is accepted" } },
            }
            form method="post" action=(action) data-said=(said) {
                input type="hidden" name="per_second" value=(USUAL);
                (switch("throttle-switch", "Throttle", shown.throttle.is_some()))
            }
        }
    }
}

/// The vendor's limit.
const USUAL: u32 = 10;

fn set_throttle() -> Markup {
    html! {
        form method="post" action="/_dashboard/throttle" class="line" data-said="The throttle is set." {
            input type="number" name="per_second" min="1" max=(u32::MAX) value=(USUAL) required
                aria-label="Requests a second";
            button class="quiet" { "Set" }
        }
    }
}

fn switch(id: &str, label: &str, on: bool) -> Markup {
    html! { button id=(id) class="switch" role="switch" aria-checked=(on) aria-label=(label) {} }
}
