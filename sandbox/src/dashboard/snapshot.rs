use crate::faults::Fault;
use crate::ledger::{Card, Funds};
use crate::server::{ClockView, Gateway, Page};
use hyper::header::HOST;
use hyper::http::request::Parts;
use std::num::NonZeroU32;

/// What the page's address asks for.
#[derive(Clone, Default)]
pub(super) struct Query {
    /// Words that cards must have.
    pub(super) find: String,
    /// Requests older than this number.
    pub(super) before: Option<u64>,
    /// A card's whole number.
    pub(super) reveal: bool,
    /// The address under which the browser knows the sandbox.
    pub(super) host: String,
}

impl Query {
    pub(super) fn of(parts: &Parts) -> Self {
        let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default().to_owned();
        let mut query = Self { host, ..Self::default() };
        for (name, value) in form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()) {
            match &*name {
                "find" => query.find = value.into_owned(),
                "before" => query.before = value.parse().ok(),
                "reveal" => query.reveal = true,
                _ => {}
            }
        }
        query
    }
}

/// What the page shows, read once.
pub(super) struct Snapshot {
    pub(super) query: Query,
    pub(super) partners: Vec<String>,
    pub(super) region: &'static str,
    /// Those that are shown, each with its key.
    pub(super) cards: Vec<(String, Card)>,
    pub(super) cards_found: usize,
    pub(super) cards_active: usize,
    pub(super) cards_total: usize,
    /// In the order of the cards' currencies.
    pub(super) funds: Vec<Funds>,
    pub(super) faults: Vec<Fault>,
    pub(super) held: usize,
    pub(super) clock: ClockView,
    pub(super) throttle: Option<NonZeroU32>,
    pub(super) log: Page,
}

impl Snapshot {
    /// Rows of each list; more are found by searching and paging.
    pub(super) const REQUESTS: usize = 50;
    const CARDS: usize = 300;

    pub(super) fn of(gateway: &Gateway, query: &Query) -> Result<Self, String> {
        let all = gateway.ledger.cards()?;
        let mut currencies: Vec<String> = all.iter().map(|card| card.currency.clone()).collect();
        currencies.dedup();
        let (cards_total, active) = (all.len(), all.iter().filter(|card| card.request_id.is_some()).count());
        let keyed = all.into_iter().enumerate().map(|(place, card)| (key(place, &card), card));
        let mut cards: Vec<_> = keyed.filter(|(_, card)| has(card, &query.find)).collect();
        let cards_found = cards.len();
        cards.truncate(Self::CARDS);
        let mut funds = gateway.ledger.funds()?;
        funds.sort_by_key(|funds| currencies.iter().position(|currency| *currency == funds.currency));
        Ok(Self {
            query: query.clone(),
            partners: gateway.settings.partners.iter().map(|partner| partner.id.to_string()).collect(),
            region: gateway.settings.region.name(),
            cards,
            cards_found,
            cards_active: active,
            cards_total,
            funds,
            faults: gateway.faults.list(),
            held: gateway.faults.held(),
            clock: gateway.clock.view(),
            throttle: gateway.throttle.limit(),
            log: gateway.log.page(query.before, Self::REQUESTS),
        })
    }
}

/// One card, by the key that the page has for it.
pub(super) fn card(gateway: &Gateway, key_of_card: &str) -> Result<Option<Card>, String> {
    let number = key_of_card.split('-').next().and_then(|number| number.parse::<usize>().ok());
    let Some(place) = number.and_then(|number| number.checked_sub(1)) else { return Ok(None) };
    let card = gateway.ledger.cards()?.into_iter().nth(place);
    Ok(card.filter(|card| key(place, card) == key_of_card))
}

/// Place in the inventory and last four digits: enough to name a card, and no card number.
fn key(place: usize, card: &Card) -> String {
    format!("{}-{}", place + 1, last_four(&card.card_number))
}

pub(super) fn last_four(number: &str) -> &str {
    number.get(number.len().saturating_sub(4)..).unwrap_or_default()
}

fn has(card: &Card, find: &str) -> bool {
    let digits = format!("{}{}", card.card_number, card.checksum);
    let texts = [
        digits.as_str(),
        &card.currency,
        &card.marketplace,
        card.status.name(),
        card.condition.name(),
        card.request_id.as_deref().unwrap_or_default(),
    ]
    .map(str::to_lowercase);
    find.split_whitespace().all(|word| texts.iter().any(|text| text.contains(&word.to_lowercase())))
}
