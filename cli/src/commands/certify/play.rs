//! Plays cases of the plan, and remembers what it sent.

use super::burst::burst;
use super::cards::Cards;
use super::clean;
use super::report::{Played, Verdict};
use super::step::{Act, Arrangement, Case, Id, Match, Pick, Place, Step, Sum, Via, came};
use super::target::Target;
use indicatif::ProgressBar;
use posa_core::model::SourceDetails;
use posa_core::{
    Activate, Amount, CardNumber, Client, Deactivate, Error, ErrorKind, Receipt, RequestId, StatusCheck,
    TransactionSource,
};
use posa_sandbox::{Condition, Fault, FaultKind, MovementKind, Sandbox};
use std::collections::HashMap;
use std::time::Instant;

/// Marks the sales of this command, so that a later run finds what a killed one left.
pub(super) const REFERENCE: &str = "posa certify";

pub(super) struct Player<'a> {
    target: &'a Target,
    cards: &'a Cards,
    clients: &'a HashMap<Via, Client>,
    /// Those of the case that is played.
    ids: HashMap<Id, RequestId>,
    pub(super) played: Vec<Played>,
    /// The last request did not leave.
    lost_contact: bool,
    /// Every activation that was sent, oldest first.
    pub(super) sold: Vec<(RequestId, CardNumber)>,
    /// What the account held before the first case.
    funds: Option<String>,
}

/// How a step ended.
struct Taken {
    words: String,
    matched: Match,
}

impl Taken {
    fn silent(matched: Match) -> Self {
        Self { words: String::new(), matched }
    }
}

impl<'a> Player<'a> {
    pub(super) fn new(target: &'a Target, cards: &'a Cards, clients: &'a HashMap<Via, Client>) -> Result<Self, Error> {
        let funds = target.own.as_ref().map(|own| available(own, target)).transpose()?;
        let (ids, played, sold) = (HashMap::new(), Vec::new(), Vec::new());
        Ok(Self { target, cards, clients, ids, played, lost_contact: false, sold, funds })
    }

    /// Plays the cases, one after the other, each with cards that are not active. What it comes to is in `played`,
    /// so that a stop loses nothing of it.
    pub(super) async fn play(&mut self, cases: &[Case], bar: &ProgressBar) -> Result<(), Error> {
        for case in cases {
            bar.set_message(format!("{}: {}", case.group, case.name));
            let sold_before = self.sold.len();
            let played = match self.obstacle(case) {
                Some(why) => Played::not_run(case, why),
                None => self.one(case).await?,
            };
            self.restore()?;
            // What this leaves open is tried again at the end, and told then.
            clean::take_back(self.client(Via::Till)?, &self.sold[sold_before..]).await;
            self.played.push(played);
            bar.inc(1);
        }
        Ok(())
    }

    /// Why the case cannot be played here.
    fn obstacle(&self, case: &Case) -> Option<String> {
        if self.lost_contact {
            return Some("the endpoint could not be reached any more".to_owned());
        }
        case.steps.iter().find_map(|step| {
            let missing = match step.act {
                Act::Activate(_, pick, sum, _) | Act::ActivateAt(_, pick, sum, _) => {
                    self.cards.pick(pick).err().or(self.cards.amount(pick, sum).err())
                }
                Act::Deactivate(_, pick, _) | Act::Status(_, pick, _) => self.cards.pick(pick).err(),
                Act::Burst => self.only_embedded("the account's other tills would be held up"),
                Act::Arrange(Arrangement::LoseAnswer) => {
                    self.only_embedded("no answer can be lost on demand elsewhere")
                }
                Act::Arrange(Arrangement::NoFunds) => self.only_embedded("the vendor's sandbox does not enforce funds"),
                Act::Arrange(_) => self.only_embedded("a card's state cannot be set elsewhere"),
                Act::Booked { .. } => None,
            };
            missing.map(|why| match step.act {
                Act::Burst | Act::Arrange(_) => format!("on the embedded sandbox only: {why}"),
                _ => format!("it {why}"),
            })
        })
    }

    fn only_embedded(&self, why: &'static str) -> Option<&'static str> {
        self.target.own.is_none().then_some(why)
    }

    /// Plays one case to its end, or to the first step that comes out otherwise than it must.
    async fn one(&mut self, case: &Case) -> Result<Played, Error> {
        let begun = Instant::now();
        self.ids.clear();
        let (mut came, mut verdict, mut note) = (Vec::new(), Verdict::Passed, None);
        for step in &case.steps {
            let Taken { words, matched } = self.take(step).await?;
            came.extend(Some(words).filter(|words| !words.is_empty()));
            match matched {
                Match::Exact => {}
                Match::Allowed => note = Some("the vendor's pages leave the answer open".to_owned()),
                Match::No => {
                    verdict = Verdict::Failed;
                    break;
                }
            }
        }
        let mut request_ids: Vec<_> = self.ids.values().map(ToString::to_string).collect();
        request_ids.sort();
        Ok(Played { came, request_ids, verdict, note, ..Played::begun(case, begun.elapsed()) })
    }

    /// Puts the sandbox of this process back as it was, for the next case.
    pub(super) fn restore(&self) -> Result<(), Error> {
        let (Some(own), Some(funds)) = (&self.target.own, &self.funds) else { return Ok(()) };
        own.clear_faults();
        own.set_funds(self.target.partner.as_str(), self.target.marketplace.currency().code(), funds)?;
        for card in self.cards.all() {
            own.set_condition(card.number(), Condition::None)?;
        }
        Ok(())
    }

    async fn take(&mut self, step: &Step) -> Result<Taken, Error> {
        match step.act {
            Act::Activate(id, pick, sum, via) => {
                let result = match self.amount(pick, sum)? {
                    Ok(amount) => self.activate(id, pick, via, |card| Activate::new(card, amount)).await?,
                    Err(error) => Err(error),
                };
                Ok(self.judged(step, &result))
            }
            Act::ActivateAt(id, pick, sum, place) => {
                let (amount, source) = (self.amount(pick, sum)??, source(place)?);
                let sale = |card| Activate::new(card, amount).source(source);
                let result = self.activate(id, pick, Via::Till, sale).await?;
                Ok(self.judged(step, &result))
            }
            Act::Deactivate(id, pick, via) => {
                let (id, card) = (self.id(id)?, self.card(pick)?);
                let result = self.client(via)?.deactivate(Deactivate::new(id, card)).await;
                Ok(self.judged(step, &result))
            }
            Act::Status(id, pick, via) => {
                let (id, card) = (self.id(id)?, self.card(pick)?);
                let result = self.client(via)?.status(StatusCheck::new(id, card)).await;
                Ok(self.judged(step, &result))
            }
            Act::Burst => {
                let words = burst().await?;
                let matched = if words == step.expect.words() { Match::Exact } else { Match::No };
                Ok(Taken { words, matched })
            }
            Act::Arrange(arrangement) => {
                self.arrange(arrangement)?;
                Ok(Taken::silent(Match::Exact))
            }
            Act::Booked { id, charges, refunds } => self.booked(id, charges, refunds),
        }
    }

    async fn activate(
        &mut self,
        id: Id,
        pick: Pick,
        via: Via,
        sale: impl FnOnce(CardNumber) -> Activate,
    ) -> Result<Result<Receipt, Error>, Error> {
        let (id, card) = (self.id(id)?, self.card(pick)?);
        let sale = sale(card.clone()).request_id(id.clone()).external_reference(REFERENCE)?;
        let client = self.client(via)?.clone();
        // Before it is sent: a stop may come at any await.
        self.sold.push((id, card));
        Ok(client.activate(sale).await)
    }

    fn judged(&mut self, step: &Step, result: &Result<Receipt, Error>) -> Taken {
        self.lost_contact = result.as_ref().is_err_and(|error| error.kind() == ErrorKind::Unreachable);
        Taken { words: came(result), matched: step.expect.judge(result, self.target.ours) }
    }

    fn id(&mut self, id: Id) -> Result<RequestId, Error> {
        if let Some(known) = self.ids.get(&id) {
            return Ok(known.clone());
        }
        let partner = &self.target.partner;
        let new = match id {
            Id::Mock(name) => RequestId::new(name, partner)?,
            Id::A | Id::B => RequestId::generate(partner)?,
        };
        self.ids.insert(id, new.clone());
        Ok(new)
    }

    fn card(&self, pick: Pick) -> Result<CardNumber, Error> {
        self.cards.pick(pick).map_err(|why| Error::configuration("inventory", why))
    }

    fn amount(&self, pick: Pick, sum: Sum) -> Result<Result<Amount, Error>, Error> {
        self.cards.amount(pick, sum).map_err(|why| Error::configuration("inventory", why))
    }

    fn client(&self, via: Via) -> Result<&'a Client, Error> {
        self.clients.get(&via).ok_or_else(|| Error::configuration("client", format!("there is no client {via:?}")))
    }

    fn arrange(&self, arrangement: Arrangement) -> Result<(), Error> {
        let Some(own) = &self.target.own else { return Ok(()) };
        let card = self.card(Pick::First)?;
        let (partner, currency) = (self.target.partner.as_str(), self.target.marketplace.currency().code());
        match arrangement {
            Arrangement::LoseAnswer => own.inject(Fault::new(FaultKind::DropAfterCommit)),
            Arrangement::NoFunds => own.set_funds(partner, currency, "0").map(|_| ()),
            Arrangement::Claimed => own.set_condition(card.number(), Condition::Claimed).map(|_| ()),
            Arrangement::Expired => own.set_condition(card.number(), Condition::Expired).map(|_| ()),
        }
    }

    /// Elsewhere the ledger cannot be seen, and the step says nothing.
    fn booked(&mut self, id: Id, charges: usize, refunds: usize) -> Result<Taken, Error> {
        let id = self.id(id)?;
        let Some(own) = &self.target.own else { return Ok(Taken::silent(Match::Exact)) };
        let movements = own.movements()?;
        let count = |kind| movements.iter().filter(|m| m.kind == kind && m.request_id == id.as_str()).count();
        let (charged, refunded) = (count(MovementKind::Charge), count(MovementKind::Refund));
        if (charged, refunded) == (charges, refunds) {
            return Ok(Taken::silent(Match::Exact));
        }
        let words = format!("{charged} charges and {refunded} refunds, where {charges} and {refunds} are right");
        Ok(Taken { words, matched: Match::No })
    }
}

fn source(place: Place) -> Result<TransactionSource, Error> {
    match place {
        Place::Short => TransactionSource::short("0001", "0001"),
        Place::Long => {
            let details = SourceDetails::builder("Certification store").build()?;
            TransactionSource::long("0001", "0001", details)
        }
    }
}

fn available(own: &Sandbox, target: &Target) -> Result<String, Error> {
    let currency = target.marketplace.currency().code();
    let funds = own.funds()?;
    let account =
        funds.into_iter().find(|funds| funds.currency == currency && funds.partner_id == target.partner.as_str());
    let missing = || Error::configuration("funds", format!("the sandbox has no account in {currency}"));
    account.map(|account| account.available).ok_or_else(missing)
}
