//! The journal against the gateway's word and the register's list: what differs, and why. It changes nothing.

mod audit;
mod compare;
mod register;
mod render;
mod report;

pub use register::{RegisterSale, read_register};
pub use report::{Counts, Difference, Period, Reason, Report};

use super::sales::PAGE;
use crate::engine::{Client, runtime};
use crate::error::Error;
use crate::journal::{Filter, State, Transaction};
use crate::model::CardNumber;
use audit::Audited;
use compare::Comparison;
use std::collections::HashSet;
use tokio::task::JoinSet;

/// How many status checks at a time.
const CONCURRENCY: usize = 16;

impl Client {
    /// Compares what the journal has of a period with the gateway, by a status check for each sale that has its
    /// outcome, and with the register's sales, if they are given. Nothing is activated, deactivated or written.
    ///
    /// The status checks share the client's rate limit: at 10 a second, 10,000 sales take 17 minutes. Memory grows with
    /// the register and with what differs, not with the journal. Dropping the future stops it.
    ///
    /// ```no_run
    /// # use posa_core::{Client, Currency, Error, recovery::{Period, read_register}};
    /// # async fn reconcile(client: &Client, file: std::fs::File) -> Result<(), Error> {
    /// let day = Period::new("2026-11-02T00:00:00Z".parse().unwrap(), "2026-11-03T00:00:00Z".parse().unwrap())?;
    /// let register = read_register(file, Some(Currency::Usd), None)?;
    /// let report = client.reconcile(day, Some(register)).await?;
    /// print!("{report}");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Kind [`Journal`](crate::ErrorKind::Journal) if the journal cannot be read. A gateway that cannot be asked is a
    /// difference of each sale: [`Reason::GatewayUnknown`].
    pub async fn reconcile(&self, period: Period, register: Option<Vec<RegisterSale>>) -> Result<Report, Error> {
        runtime()?;
        self.inner.check_open()?;
        let mut report = Report::new(period);
        let mut comparison = register.map(|sales| Comparison::new(sales, period));
        let mut filter =
            Filter { from: Some(period.from), to: Some(period.to), limit: Some(PAGE), ..Filter::default() };
        while let Some(page) = self.page(&mut filter).await? {
            for audited in self.audit_all(page).await? {
                report.counts.sales += 1;
                report.counts.asked += u64::from(audited.asked);
                if let Some(comparison) = &mut comparison {
                    report.differences.extend(comparison.meet(&audited.row));
                }
                report.differences.extend(audited.difference());
            }
        }
        if let Some(mut comparison) = comparison {
            for id in comparison.unmet_ids() {
                if let Some(row) = self.transaction(&id).await? {
                    comparison.meet_elsewhere(&row);
                }
            }
            comparison.finish(&mut report);
        }
        self.drop_explained(&mut report.differences).await?;
        report.sort();
        Ok(report)
    }

    /// The next page of the journal, oldest first; `None` after the last.
    async fn page(&self, filter: &mut Filter) -> Result<Option<Vec<Transaction>>, Error> {
        let page = self.transactions(filter).await?;
        filter.after = page.last().map(|last| (last.started_at, last.request_id.clone()));
        Ok(filter.after.is_some().then_some(page))
    }

    async fn audit_all(&self, page: Vec<Transaction>) -> Result<Vec<Audited>, Error> {
        let mut audited = Vec::with_capacity(page.len());
        let mut rows = page.into_iter();
        let mut running = JoinSet::new();
        loop {
            while running.len() < CONCURRENCY
                && let Some(row) = rows.next()
            {
                let client = self.clone();
                running.spawn(async move { audit::audit(&client, row).await });
            }
            match running.join_next().await {
                None => return Ok(audited),
                Some(Ok(one)) => audited.push(one?),
                Some(Err(_)) => return Err(Error::configuration("runtime", "the runtime was shut down")),
            }
        }
    }

    /// A card that is active against one sale's record is no difference if the journal, in any period, has another sale
    /// that may have activated it.
    async fn drop_explained(&self, differences: &mut Vec<Difference>) -> Result<(), Error> {
        let in_question = |one: &&Difference| one.reason == Reason::GatewayActive;
        let cards: HashSet<CardNumber> = differences.iter().filter(in_question).map(|one| one.card.clone()).collect();
        if cards.is_empty() {
            return Ok(());
        }
        let mut explained = HashSet::new();
        let mut filter = Filter { limit: Some(PAGE), ..Filter::default() };
        while let Some(page) = self.page(&mut filter).await? {
            for row in page {
                if cards.contains(row.card()) && !matches!(row.state, State::Rejected | State::Deactivated) {
                    explained.insert(row.sale.card);
                }
            }
        }
        differences.retain(|one| !(one.reason == Reason::GatewayActive && explained.contains(&one.card)));
        Ok(())
    }
}
