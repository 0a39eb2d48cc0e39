//! The ledger seen and set from outside, for tests and the control API.

use super::store::{self, CardRow};
use super::views::{
    Card, CardState, Event, EventKind, Funds, Movement, MovementKind, SaleStatus, Transaction, decimal,
};
use super::{Condition, Ledger, LedgerOptions, NewCard, expiry};
use crate::inventory::{self, Wac};
use crate::wire::Decimal;
use posa_core::{Amount, CardNumber, Currency, Marketplace, PartnerId};
use rusqlite::{Connection, params};
use std::collections::HashMap;
use std::sync::Mutex;

impl Ledger {
    /// Opens the ledger: from its file, or anew with the default inventory and the default funds.
    ///
    /// # Errors
    /// The file cannot be opened or is no ledger, or the default funds are no decimal.
    pub(crate) fn open(options: &LedgerOptions) -> Result<Self, String> {
        let name = options.state.as_ref().map_or("the ledger in memory".into(), |path| format!("state file {path:?}"));
        let failed = |e: rusqlite::Error| format!("{name} cannot be used: {e}; choose another path");
        let connection = match &options.state {
            Some(path) => Connection::open(path),
            None => Connection::open_in_memory(),
        };
        let mut connection = connection.map_err(failed)?;
        // In memory, both are without effect.
        connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL").map_err(failed)?;
        if !store::prepare(&connection).map_err(failed)? {
            return Err(format!("{name} is a database of another program; choose another path"));
        }
        let transaction = connection.transaction().map_err(failed)?;
        let empty: bool =
            transaction.query_row("SELECT NOT EXISTS (SELECT 1 FROM card)", [], |row| row.get(0)).map_err(failed)?;
        if empty {
            stock(&transaction).map_err(failed)?;
        }
        grant(&transaction, options)?;
        transaction.commit().map_err(failed)?;
        Ok(Self { connection: Mutex::new(connection), options: options.clone() })
    }

    /// Back to the default inventory and funds: every sale and movement is forgotten.
    pub(crate) fn reset(&self) -> Result<(), String> {
        let mut connection = self.lock();
        let transaction = connection.transaction().map_err(trouble)?;
        transaction
            .execute_batch("DELETE FROM movement; DELETE FROM sale; DELETE FROM card; DELETE FROM funds")
            .map_err(trouble)?;
        stock(&transaction).map_err(trouble)?;
        grant(&transaction, &self.options)?;
        transaction.commit().map_err(trouble)
    }

    /// The partners that have funds here.
    pub(crate) fn partners(&self) -> &[PartnerId] {
        &self.options.partners
    }

    /// Every card, in the order of the inventory.
    pub(crate) fn cards(&self) -> Result<Vec<Card>, String> {
        let connection = self.lock();
        let rows = store::cards(&connection).map_err(trouble)?;
        let mut by_card: HashMap<String, Vec<Movement>> = HashMap::new();
        for movement in movements(&connection, None)? {
            by_card.entry(movement.card_number.clone()).or_default().push(movement);
        }
        let view = |row: CardRow| view(by_card.remove(&row.number).unwrap_or_default(), row);
        Ok(rows.into_iter().map(view).collect())
    }

    /// One card, by its 16 digits, with or without the checksum.
    ///
    /// # Errors
    /// No such card.
    pub(crate) fn card(&self, number: &str) -> Result<Card, String> {
        let number = CardNumber::new(number).map_err(|e| e.message().to_owned())?;
        let connection = self.lock();
        let row = store::card(&connection, number.number()).map_err(trouble)?;
        let row = row.ok_or_else(|| unknown(&number))?;
        Ok(view(movements(&connection, Some(number.number()))?, row))
    }

    /// Adds a card at the end of the inventory.
    ///
    /// # Errors
    /// The number or the checksum is not of the right length, the number is there already, the marketplace is not
    /// known, or does not issue the denomination.
    pub(crate) fn add_card(&self, card: &NewCard) -> Result<Card, String> {
        let wrong = |e: posa_core::Error| e.message().to_owned();
        let number = CardNumber::new(&card.card_number).map_err(wrong)?;
        let checksum = match (number.checksum(), card.checksum.as_deref()) {
            (Some(a), Some(b)) if a != b => {
                return Err("checksum is not the end of card_number; give one of them".into());
            }
            (Some(given), _) | (None, Some(given)) => given.to_owned(),
            (None, None) => inventory::checksum(number.number()),
        };
        if checksum.len() != 3 || !checksum.bytes().all(|b| b.is_ascii_digit()) {
            return Err("checksum is not 3 digits; leave it out to have the sandbox make one".into());
        }
        let marketplace: Marketplace = card.marketplace.parse().map_err(wrong)?;
        let denomination = match &card.denomination {
            Some(decimal) => {
                let amount = Amount::new(decimal, marketplace.currency()).map_err(wrong)?;
                marketplace.check(amount).map_err(wrong)?;
                Some(i64::try_from(amount.minor_units()).map_err(|e| e.to_string())?)
            }
            None => None,
        };
        let wac = Wac { number: number.number().to_owned(), checksum, denomination, marketplace };
        if !store::add(&self.lock(), &wac).map_err(trouble)? {
            return Err(format!("card {number} is in the inventory already; use its condition to change it"));
        }
        self.card(&wac.number)
    }

    /// Does to a card what a customer, time or Amazon would.
    ///
    /// # Errors
    /// No such card.
    pub(crate) fn set_condition(&self, number: &str, condition: Condition) -> Result<Card, String> {
        let card = CardNumber::new(number).map_err(|e| e.message().to_owned())?;
        let sql = "UPDATE card SET condition = ?2 WHERE number = ?1";
        let changed = self.lock().execute(sql, [card.number(), condition.name()]).map_err(trouble)?;
        if changed == 0 {
            return Err(unknown(&card));
        }
        self.card(number)
    }

    /// Every account, by partner and currency.
    pub(crate) fn funds(&self) -> Result<Vec<Funds>, String> {
        let connection = self.lock();
        let sql = "SELECT partner, currency, available, spent FROM funds ORDER BY partner, currency";
        let mut statement = connection.prepare(sql).map_err(trouble)?;
        let rows = statement.query_map([], |row| {
            let currency: Currency = store::parsed(row, 1)?;
            Ok(Funds {
                partner_id: row.get(0)?,
                currency: currency.code().into(),
                available: decimal(row.get(2)?, currency),
                spent: decimal(row.get(3)?, currency),
            })
        });
        rows.and_then(Iterator::collect).map_err(trouble)
    }

    /// Sets what a partner can still spend in a currency.
    ///
    /// # Errors
    /// The partner or the currency is not known, or the decimal is negative or has too many digits.
    pub(crate) fn set_funds(&self, partner: &str, currency: &str, available: &str) -> Result<Funds, String> {
        let currency: Currency = currency.parse().map_err(|e: posa_core::Error| e.message().to_owned())?;
        let minor = minor_units(available, currency)?;
        let sql = "UPDATE funds SET available = ?3 WHERE partner = ?1 AND currency = ?2";
        let changed = self.lock().execute(sql, params![partner, currency.code(), minor]).map_err(trouble)?;
        if changed == 0 {
            let known: Vec<_> = self.partners().iter().map(PartnerId::as_str).collect();
            return Err(format!("partner_id {partner:.24?} has no account here; use one of {}", known.join(", ")));
        }
        let funds = self.funds()?.into_iter().find(|f| f.partner_id == partner && f.currency == currency.code());
        funds.ok_or_else(|| "the account is gone; the sandbox was reset meanwhile".into())
    }

    /// Every activation, oldest first.
    pub(crate) fn transactions(&self) -> Result<Vec<Transaction>, String> {
        let sales = store::sales(&self.lock()).map_err(trouble)?;
        let view = |sale: store::Sale| Transaction {
            amount: decimal(sale.amount, sale.currency),
            partner_id: sale.partner,
            request_id: sale.request_id,
            card_number: sale.card,
            currency: sale.currency.code().into(),
            status: if sale.deactivated_at.is_some() { SaleStatus::Deactivated } else { SaleStatus::Activated },
            activated_at: sale.activated_at.to_string(),
            deactivated_at: sale.deactivated_at.map(|at| at.to_string()),
        };
        Ok(sales.into_iter().map(view).collect())
    }

    /// Every movement of money, oldest first.
    pub(crate) fn movements(&self) -> Result<Vec<Movement>, String> {
        movements(&self.lock(), None)
    }
}

fn stock(connection: &Connection) -> rusqlite::Result<()> {
    for card in inventory::default_inventory() {
        store::add(connection, &card)?;
    }
    Ok(())
}

/// Gives every partner its first funds, in the currencies in which it has none.
fn grant(connection: &Connection, options: &LedgerOptions) -> Result<(), String> {
    let sql = "INSERT OR IGNORE INTO funds (partner, currency, available, spent) VALUES (?1, ?2, ?3, 0)";
    for partner in &options.partners {
        for currency in Currency::ALL {
            let available = minor_units(&options.funds, currency)?;
            connection.execute(sql, params![partner.as_str(), currency.code(), available]).map_err(trouble)?;
        }
    }
    Ok(())
}

/// Of one card or of all, oldest first.
fn movements(connection: &Connection, card: Option<&str>) -> Result<Vec<Movement>, String> {
    let sql = "SELECT kind, partner, request_id, card, amount, currency, at FROM movement
               WHERE ?1 IS NULL OR card = ?1 ORDER BY id";
    let mut statement = connection.prepare(sql).map_err(trouble)?;
    let rows = statement.query_map([card], |row| {
        let currency: Currency = store::parsed(row, 5)?;
        Ok(Movement {
            kind: if row.get_ref(0)?.as_str()? == "charge" { MovementKind::Charge } else { MovementKind::Refund },
            partner_id: row.get(1)?,
            request_id: row.get(2)?,
            card_number: row.get(3)?,
            amount: decimal(row.get(4)?, currency),
            currency: currency.code().into(),
            at: store::instant(row.get(6)?)?.to_string(),
        })
    });
    rows.and_then(Iterator::collect).map_err(trouble)
}

fn view(movements: Vec<Movement>, row: CardRow) -> Card {
    let event = |movement: Movement| Event {
        event: match movement.kind {
            MovementKind::Charge => EventKind::Activated,
            MovementKind::Refund => EventKind::Deactivated,
        },
        partner_id: movement.partner_id,
        request_id: movement.request_id,
        at: movement.at,
    };
    let history: Vec<Event> = movements.into_iter().map(event).collect();
    let currency = row.marketplace.currency();
    let activations = history.iter().filter(|event| event.event == EventKind::Activated).count();
    Card {
        denomination: row.denomination.map(|minor| decimal(minor, currency)),
        currency: currency.code().into(),
        marketplace: row.marketplace.code().into(),
        status: CardState::of(row.condition, row.active.is_some()),
        condition: row.condition,
        amount: row.active.as_ref().map(|sale| decimal(sale.amount, currency)),
        expiration_date: row.active.as_ref().and_then(|sale| sale.expires_at).map(expiry::unix_date),
        request_id: row.active.map(|sale| sale.request_id),
        activations: u32::try_from(activations).unwrap_or(u32::MAX),
        history,
        card_number: row.number,
        checksum: row.checksum,
    }
}

fn minor_units(text: &str, currency: Currency) -> Result<i64, String> {
    let minor = Decimal::parse(text).filter(|decimal| !decimal.is_negative()).map(|d| d.minor_units(currency.scale()));
    let minor = minor.and_then(Result::ok);
    minor.ok_or_else(|| format!("{text:.24?} is no amount of {currency}; write a decimal such as \"100.00\""))
}

fn unknown(card: &CardNumber) -> String {
    format!("card {card} is not in the inventory; add it first")
}

fn trouble(error: rusqlite::Error) -> String {
    format!("the ledger's database fails: {error}")
}
