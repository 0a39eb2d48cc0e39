//! The tables, and the few statements that the operations are made of.

use super::views::Condition;
use crate::inventory::Wac;
use jiff::Timestamp;
use posa_core::{Currency, Marketplace};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Result, Row, params};
use std::str::FromStr;

/// "posa", so that a file of another program's is not taken for a ledger.
const APPLICATION_ID: i64 = 0x706f_7361;

const SCHEMA: &str = "
    CREATE TABLE card (
        number TEXT PRIMARY KEY,
        position INTEGER NOT NULL UNIQUE,
        checksum TEXT NOT NULL,
        denomination INTEGER,
        marketplace TEXT NOT NULL,
        condition TEXT NOT NULL
    ) STRICT;
    CREATE TABLE sale (
        partner TEXT NOT NULL,
        request_id TEXT NOT NULL,
        card TEXT NOT NULL REFERENCES card (number),
        amount INTEGER NOT NULL,
        currency TEXT NOT NULL,
        activated_at INTEGER NOT NULL,
        expires_at INTEGER,
        deactivated_at INTEGER,
        PRIMARY KEY (partner, request_id)
    ) STRICT, WITHOUT ROWID;
    CREATE UNIQUE INDEX one_active_sale_of_a_card ON sale (card) WHERE deactivated_at IS NULL;
    CREATE TABLE movement (
        id INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        partner TEXT NOT NULL,
        request_id TEXT NOT NULL,
        card TEXT NOT NULL,
        amount INTEGER NOT NULL,
        currency TEXT NOT NULL,
        at INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE funds (
        partner TEXT NOT NULL,
        currency TEXT NOT NULL,
        available INTEGER NOT NULL CHECK (available >= 0),
        spent INTEGER NOT NULL,
        PRIMARY KEY (partner, currency)
    ) STRICT, WITHOUT ROWID;
";

/// Makes the tables in an empty file; `false` if the file holds something else than a ledger.
pub(super) fn prepare(connection: &Connection) -> Result<bool> {
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables == 0 {
        connection.execute_batch(&format!("BEGIN; PRAGMA application_id = {APPLICATION_ID}; {SCHEMA} COMMIT;"))?;
        return Ok(true);
    }
    let application: i64 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    Ok(application == APPLICATION_ID)
}

/// A card and its active sale.
pub(super) struct CardRow {
    pub(super) number: String,
    pub(super) checksum: String,
    pub(super) denomination: Option<i64>,
    pub(super) marketplace: Marketplace,
    pub(super) condition: Condition,
    pub(super) active: Option<Sale>,
}

/// One activation, in force or reversed. Amounts are in smallest units.
pub(super) struct Sale {
    pub(super) partner: String,
    pub(super) request_id: String,
    pub(super) card: String,
    pub(super) amount: i64,
    pub(super) currency: Currency,
    pub(super) activated_at: Timestamp,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) deactivated_at: Option<Timestamp>,
}

const SALE: &str =
    "SELECT partner, request_id, card, amount, currency, activated_at, expires_at, deactivated_at FROM sale";

pub(super) fn card(connection: &Connection, number: &str) -> Result<Option<CardRow>> {
    let sql = "SELECT number, checksum, denomination, marketplace, condition FROM card WHERE number = ?1";
    let row = connection.prepare_cached(sql)?.query_row([number], read_card).optional()?;
    let Some(row) = row else { return Ok(None) };
    let sql = format!("{SALE} WHERE card = ?1 AND deactivated_at IS NULL");
    let active = connection.prepare_cached(&sql)?.query_row([number], read_sale).optional()?;
    Ok(Some(CardRow { active, ..row }))
}

/// All cards, in the order of the inventory, with their active sales.
pub(super) fn cards(connection: &Connection) -> Result<Vec<CardRow>> {
    let sql = "SELECT number, checksum, denomination, marketplace, condition FROM card ORDER BY position";
    let mut cards: Vec<CardRow> = connection.prepare(sql)?.query_map([], read_card)?.collect::<Result<_>>()?;
    let sql = format!("{SALE} WHERE deactivated_at IS NULL");
    let active: Vec<Sale> = connection.prepare(&sql)?.query_map([], read_sale)?.collect::<Result<_>>()?;
    for sale in active {
        if let Some(card) = cards.iter_mut().find(|card| card.number == sale.card) {
            card.active = Some(sale);
        }
    }
    Ok(cards)
}

pub(super) fn sale(connection: &Connection, partner: &str, request_id: &str) -> Result<Option<Sale>> {
    let sql = format!("{SALE} WHERE partner = ?1 AND request_id = ?2");
    connection.prepare_cached(&sql)?.query_row([partner, request_id], read_sale).optional()
}

/// All sales, oldest first.
pub(super) fn sales(connection: &Connection) -> Result<Vec<Sale>> {
    let sql = format!("{SALE} ORDER BY activated_at, partner, request_id");
    connection.prepare(&sql)?.query_map([], read_sale)?.collect()
}

pub(super) fn available(connection: &Connection, partner: &str, currency: Currency) -> Result<i64> {
    let sql = "SELECT available FROM funds WHERE partner = ?1 AND currency = ?2";
    let found = connection.prepare_cached(sql)?.query_row([partner, currency.code()], |row| row.get(0)).optional()?;
    Ok(found.unwrap_or(0))
}

/// Puts a sale in force and charges for it.
pub(super) fn activate(connection: &Connection, sale: &Sale) -> Result<()> {
    let sql = "INSERT INTO sale (partner, request_id, card, amount, currency, activated_at, expires_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    connection.prepare_cached(sql)?.execute(params![
        sale.partner,
        sale.request_id,
        sale.card,
        sale.amount,
        sale.currency.code(),
        sale.activated_at.as_second(),
        sale.expires_at.map(Timestamp::as_second),
    ])?;
    book(connection, sale, "charge", sale.amount, sale.activated_at)
}

/// Reverses a sale and refunds it.
pub(super) fn deactivate(connection: &Connection, sale: &Sale, now: Timestamp) -> Result<()> {
    let sql = "UPDATE sale SET deactivated_at = ?3 WHERE partner = ?1 AND request_id = ?2";
    connection.prepare_cached(sql)?.execute(params![sale.partner, sale.request_id, now.as_second()])?;
    book(connection, sale, "refund", -sale.amount, now)
}

fn book(connection: &Connection, sale: &Sale, kind: &str, spent: i64, at: Timestamp) -> Result<()> {
    let sql = "INSERT INTO movement (kind, partner, request_id, card, amount, currency, at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let currency = sale.currency.code();
    connection.prepare_cached(sql)?.execute(params![
        kind,
        sale.partner,
        sale.request_id,
        sale.card,
        sale.amount,
        currency,
        at.as_second()
    ])?;
    let sql = "UPDATE funds SET available = available - ?3, spent = spent + ?3 WHERE partner = ?1 AND currency = ?2";
    connection.prepare_cached(sql)?.execute(params![sale.partner, currency, spent])?;
    Ok(())
}

/// Adds a card at the end; `false` if there is one with its number.
pub(super) fn add(connection: &Connection, card: &Wac) -> Result<bool> {
    let sql = "INSERT OR IGNORE INTO card (number, position, checksum, denomination, marketplace, condition)
               VALUES (?1, (SELECT coalesce(max(position), 0) + 1 FROM card), ?2, ?3, ?4, ?5)";
    let marketplace = card.marketplace.code();
    let condition = Condition::None.name();
    let values = params![card.number, card.checksum, card.denomination, marketplace, condition];
    Ok(connection.prepare_cached(sql)?.execute(values)? == 1)
}

fn read_card(row: &Row<'_>) -> Result<CardRow> {
    Ok(CardRow {
        number: row.get(0)?,
        checksum: row.get(1)?,
        denomination: row.get(2)?,
        marketplace: parsed(row, 3)?,
        condition: parsed(row, 4)?,
        active: None,
    })
}

fn read_sale(row: &Row<'_>) -> Result<Sale> {
    Ok(Sale {
        partner: row.get(0)?,
        request_id: row.get(1)?,
        card: row.get(2)?,
        amount: row.get(3)?,
        currency: parsed(row, 4)?,
        activated_at: instant(row.get(5)?)?,
        expires_at: row.get::<_, Option<i64>>(6)?.map(instant).transpose()?,
        deactivated_at: row.get::<_, Option<i64>>(7)?.map(instant).transpose()?,
    })
}

pub(super) fn parsed<T: FromStr<Err = posa_core::Error>>(row: &Row<'_>, column: usize) -> Result<T> {
    let text: String = row.get(column)?;
    text.parse().map_err(|e| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(e)))
}

pub(super) fn instant(second: i64) -> Result<Timestamp> {
    Timestamp::from_second(second).map_err(|e| rusqlite::Error::ToSqlConversionFailure(Box::new(e)))
}
