use super::words::{moment, time};
use super::{Snapshot, alone};
use crate::dashboard::snapshot::last_four;
use crate::ledger::{Card, CardState, Condition, EventKind};
use maud::{Markup, html};

pub(super) fn section(shown: &Snapshot) -> Markup {
    html! {
        section id="cards" aria-labelledby="cards-title" {
            div class="head" {
                h2 id="cards-title" { "Cards " (count(shown)) }
                form id="find" method="get" action="/" role="search" {
                    input type="search" name="find" value=(shown.query.find) aria-label="Find cards"
                        placeholder="Last four, country, state, request id" autocomplete="off" spellcheck="false";
                    button class="quiet" { "Find" }
                }
            }
            (card_list(shown))
        }
    }
}

pub(in crate::dashboard) fn card_list(shown: &Snapshot) -> Markup {
    html! {
        div class="list" id="card-list" {
            div class="row names card-row" aria-hidden="true" {
                @for name in ["Card", "Country", "Amount", "State", "Request id", "Last change"] { span { (name) } }
            }
            @if shown.cards.is_empty() {
                div class="empty" {
                    p {
                        strong { "No card has that." } " Search for the last four digits, a country such as "
                        code { "DE" } ", a currency, or a state such as " code { "activated" } " or "
                        code { "claimed" } "."
                    }
                }
            } @else {
                ul { @for (key, card) in &shown.cards { (row(key, card)) } }
            }
            @if shown.cards_found > shown.cards.len() {
                p class="note" {
                    "The first " (shown.cards.len()) " of " (shown.cards_found) "; search to see others."
                }
            }
        }
    }
}

pub(super) fn count(shown: &Snapshot) -> Markup {
    html! { span class="count" id="cards-count" { (shown.cards_active) " active of " (shown.cards_total) } }
}

pub(super) fn row(key: &str, card: &Card) -> Markup {
    let last = card.history.last();
    html! {
        li id={ "card-" (key) } {
            a class="row card-row" href={ "/_dashboard/cards/" (key) } data-sheet {
                span class="card" { (masked(card)) }
                span { (card.marketplace) " " span class="dim" { (card.currency) } }
                span class="amount" { @match card.amount.as_ref().or(card.denomination.as_ref()) {
                    Some(amount) => (amount),
                    None => span class="dim" { "any" },
                } }
                span { (state(card)) }
                span class="id" { (card.request_id.as_deref().unwrap_or_default()) }
                span class="dim" { @if let Some(event) = last {
                    (kind(event.event)) " " time datetime=(event.at) { (time(&event.at)) }
                } }
            }
        }
    }
}

/// One card, its number masked unless asked for.
pub(in crate::dashboard) fn card(key: &str, card: &Card, reveal: bool) -> Markup {
    let title = format!("Card {}", masked(card));
    let digits = format!("{}{}", card.card_number, card.checksum);
    let amount = card.denomination.as_deref().unwrap_or(if card.currency == "JPY" { "1000" } else { "25.00" });
    alone(
        &title,
        &html! {
            article data-part={ "card-" (key) } {
                h2 { (title) " " (state(card)) }
                dl class="facts" {
                    div class="whole" { dt { "Number" } dd {
                        @if reveal {
                            code id="number" { (digits) } " "
                            button type="button" class="quiet" data-copy="number" { "Copy" }
                            " " a id="reveal" href={ "/_dashboard/cards/" (key) } data-sheet { "Hide" }
                        } @else {
                            code { "•••• •••• •••• ••• " (last_four(&digits)) }
                            " " a id="reveal" href={ "/_dashboard/cards/" (key) "?reveal" } data-sheet { "Reveal" }
                        }
                    } }
                    div { dt { "Country" } dd { (card.marketplace) " · " (card.currency) } }
                    @let printed = card.denomination.as_deref().unwrap_or("none; the activation sets it");
                    div { dt { "Printed amount" } dd { (printed) } }
                    @if let Some(amount) = &card.amount { div { dt { "On it" } dd { (amount) " " (card.currency) } } }
                    @if let Some(id) = &card.request_id { div { dt { "Request id" } dd { code { (id) } } } }
                    @if let Some(date) = &card.expiration_date { div { dt { "Expires" } dd { (date) } } }
                }
                h3 { "Do to it what a customer or time would" }
                div class="buttons" { @for (condition, label, said) in CONDITIONS {
                    @if condition != card.condition {
                        form method="post" action={ "/_dashboard/cards/" (key) } data-said=(said) {
                            input type="hidden" name="condition" value=(condition.name());
                            button class="quiet" id={ "make-" (condition.name()) } { (label) }
                        }
                    }
                } }
                p class="note" { "Claimed, expired and invalidated cards can be neither activated nor deactivated." }
                h3 { "History" }
                @if card.history.is_empty() {
                    p { "Never activated. " @if !reveal { "Reveal its number to get the command that does it." } }
                } @else {
                    ol class="history" { @for event in card.history.iter().rev() {
                        li { strong { (kind(event.event)) } " " time datetime=(event.at) { (moment(&event.at)) }
                            " by " (event.partner_id) ", " code { (event.request_id) } }
                    } }
                }
                @if reveal && card.request_id.is_none() && card.condition == Condition::None {
                    pre { code { "posa activate --sandbox ready.json " (digits) " " (amount) " " (card.currency) } }
                }
            }
        },
    )
}

/// The last four of the 19 digits that a till scans.
fn masked(card: &Card) -> String {
    format!("•• {}", last_four(&format!("{}{}", card.card_number, card.checksum)))
}

/// What the buttons make of a card, and what is said then.
const CONDITIONS: [(Condition, &str, &str); 4] = [
    (Condition::Claimed, "Make it claimed", "The card is claimed."),
    (Condition::Expired, "Make it expired", "The card is expired."),
    (Condition::Invalidated, "Invalidate it", "The card is invalidated."),
    (Condition::None, "Make it usable again", "The card is usable again."),
];

fn state(card: &Card) -> Markup {
    let (tone, words) = match (card.condition, card.status) {
        (Condition::Claimed, _) => ("odd", "Claimed"),
        (Condition::Expired, _) => ("odd", "Expired"),
        (Condition::Invalidated, _) => ("bad", "Invalidated"),
        (Condition::None, CardState::Activated) => ("good", "Activated"),
        (Condition::None, _) => ("none", "Awaiting activation"),
    };
    html! { span class={ "badge " (tone) } { (words) } }
}

fn kind(event: EventKind) -> &'static str {
    match event {
        EventKind::Activated => "Activated",
        EventKind::Deactivated => "Deactivated",
    }
}
