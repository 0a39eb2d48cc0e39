//! The HTML. Whatever is shown is escaped by the templates; nothing here writes HTML as text.

mod cards;
mod controls;
mod faults;
mod request;
mod requests;
mod words;

pub(super) use cards::{card, card_list};
pub(super) use faults::faults;
pub(super) use request::request;
pub(super) use requests::rows;

use super::snapshot::Snapshot;
use maud::{DOCTYPE, Markup, html};

/// The page at `/`.
pub(super) fn page(shown: &Snapshot) -> Markup {
    let content = html! {
        a class="skip" href="#requests" { "Skip to the requests" }
        header class="top" {
            (brand())
            dl class="facts" {
                div { dt { "Endpoint" } dd { code { (shown.query.host) } } }
                div { dt { "Partner" } dd { code { (shown.partners.join(", ")) } } }
                div { dt { "Region" } dd { code { (shown.region) } } }
            }
            nav aria-label="Sections" {
                a href="#requests" { "Requests" }
                a href="#cards" { "Cards" }
                a href="#controls" { "Controls" }
            }
            p id="live" role="status" { "Not live" }
            button type="button" class="quiet" popovertarget="confirm-reset" { "Reset" }
        }
        (reset())
        main {
            div class="lists" {
                (requests::section(shown))
                (cards::section(shown))
            }
            (controls::aside(shown))
        }
        dialog id="sheet" aria-label="Details" {
            form method="dialog" { button class="close" aria-label="Close" { "×" } }
            div id="sheet-content" {}
        }
    };
    document("posa sandbox", &content)
}

/// Everything of the page that changes, but for the log's rows: its id, and the element with that id.
pub(super) fn parts(shown: &Snapshot) -> Vec<(String, Markup)> {
    let mut parts =
        vec![("requests-count".to_owned(), requests::count(shown)), ("cards-count".to_owned(), cards::count(shown))];
    parts.extend(shown.cards.iter().map(|(key, card)| (format!("card-{key}"), cards::row(key, card))));
    parts.extend(controls::parts(shown));
    parts
}

/// Why something was not done.
pub(super) fn failure(why: &str) -> Markup {
    alone(
        "Not done",
        &html! {
            article {
                h2 { "Not done" }
                p class="why" { (why) }
            }
        },
    )
}

/// A page with one article, which the script shows in the sheet.
fn alone(title: &str, article: &Markup) -> Markup {
    let content = html! {
        header class="top" { (brand()) a href="/" { "Back to the dashboard" } }
        main class="alone" { (article) }
    };
    document(&format!("{title} · posa sandbox"), &content)
}

fn document(title: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                link rel="icon" href="/_dashboard/icon.svg";
                link rel="stylesheet" href="/_dashboard/style.css";
                script src="/_dashboard/page.js" defer {}
            }
            body { (content) p id="toast" role="status" {} }
        }
    }
}

fn brand() -> Markup {
    html! {
        h1 {
            a class="brand" href="/" {
                img src="/_dashboard/icon.svg" alt="" width="28" height="28"; "posa " span { "sandbox" }
            }
        }
    }
}

fn reset() -> Markup {
    html! {
        div id="confirm-reset" class="confirm" popover role="dialog" aria-labelledby="confirm-reset-title" {
            h2 id="confirm-reset-title" { "Reset the sandbox?" }
            p {
                "Sales and requests are forgotten; cards, funds, clock, throttle and faults go back to the start."
            }
            div class="buttons" {
                (button("/_dashboard/reset", "Reset everything", "danger", "All is as at the start."))
                button type="button" class="quiet" popovertarget="confirm-reset" popovertargetaction="hide" { "Cancel" }
            }
        }
    }
}

/// A form of one button; `said` is shown once it is done.
fn button(action: &str, label: &str, class: &str, said: &str) -> Markup {
    html! { form method="post" action=(action) data-said=(said) { button class=(class) { (label) } } }
}
