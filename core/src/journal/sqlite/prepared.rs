//! The statements of every sale, which the writer keeps prepared. To find one in rusqlite's cache takes a hash of its whole
//! text, and another one to put it back.

use super::write::{INSERT, NOTE, SAVE};
use rusqlite::{Connection, Statement};
use std::cell::RefCell;

pub(super) const BEGIN: &str = "BEGIN IMMEDIATE";
pub(super) const COMMIT: &str = "COMMIT";

pub(super) struct Prepared<'c>(Vec<(&'static str, RefCell<Statement<'c>>)>);

impl<'c> Prepared<'c> {
    /// What cannot be prepared is left to the cache, whose error is the step's.
    pub(super) fn on(connection: &'c Connection) -> Self {
        let prepare = |sql| Some((sql, RefCell::new(connection.prepare(sql).ok()?)));
        Self([INSERT, SAVE, NOTE, BEGIN, COMMIT].into_iter().filter_map(prepare).collect())
    }

    /// Does something with a statement.
    pub(super) fn with<T>(
        &self,
        connection: &Connection,
        sql: &str,
        run: impl FnOnce(&mut Statement<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let kept = self.0.iter().find(|(text, _)| std::ptr::eq(*text, sql));
        match kept.and_then(|(_, statement)| statement.try_borrow_mut().ok()) {
            Some(mut statement) => run(&mut statement),
            None => run(&mut *connection.prepare_cached(sql)?),
        }
    }
}
