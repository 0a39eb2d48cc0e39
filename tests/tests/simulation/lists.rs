use super::book::{Call, Sale, Told, Verb};
use super::cashier::{Cashier, reference, told};
use posa_core::Activate;
use posa_core::batch::{BatchOptions, Row};
use std::num::NonZeroUsize;

/// What a cashier does with a whole list of sales.
impl Cashier<'_> {
    /// Runs a list, and again one that is not all done: it was cut short, by a crash or by somebody who did not wait.
    pub(super) async fn batch(&self) {
        let open: Vec<_> = self.world.book().open_lists(self.journal).collect();
        let list = match self.dice.pick(&open) {
            Some(list) if self.dice.per_mille(700) => *list,
            _ => self.new_list(),
        };
        let sales = self.world.book().list(list).to_vec();
        self.world.note(self.name, format_args!("runs list {list}: sales {sales:?}"));
        let calls: Vec<_> = sales.iter().map(|sale| self.world.book().call(*sale, self.till, Verb::Activate)).collect();
        let options = BatchOptions {
            concurrency: NonZeroUsize::new(self.dice.number(1, 4) as usize).unwrap(),
            patience: self.dice.millis(0, 120_000),
        };
        let orders: Vec<_> = sales.iter().map(|sale| self.listed(*sale)).collect();
        let mut rows = self.client.activate_many(&format!("list {list}"), orders, options);
        let mut heard = 0;
        while let Some(row) = rows.next().await {
            let number = usize::try_from(row.index).unwrap();
            self.read(sales[number], calls[number], row).await;
            heard += 1;
            if self.dice.per_mille(100) {
                self.world.note(self.name, format_args!("does not wait for the rest of list {list}"));
                return;
            }
        }
        assert_eq!(heard, sales.len(), "each sale has its row");
    }

    fn new_list(&self) -> usize {
        // The same card for the same amount is one sale.
        let sales = (0..self.dice.number(2, 6)).map(|_| self.sale_of(None)).collect();
        self.world.book().open_list(self.journal, sales)
    }

    fn listed(&self, number: usize) -> Activate {
        let sale = self.world.book().sale(number).clone();
        self.world.is_asked_for(&reference(number), self.machine.now());
        let order = self.order(&sale).external_reference(&reference(number)).unwrap();
        sale.id.map_or(order.clone(), |id| order.request_id(id))
    }

    async fn read(&self, sale: usize, call: usize, row: Row) {
        self.world.is_asked_for(&reference(sale), self.machine.now());
        if let Ok(receipt) = &row.outcome {
            self.check_receipt(sale, receipt).await;
        }
        self.hear(sale, call, told(row.outcome.map(|_| ())), row.request_id).await;
    }
}

impl Sale {
    /// Nobody knows yet that it is done, or that it never will be.
    pub(super) fn is_pending(&self) -> bool {
        let settled = |call: &Call| matches!(call.told, Some(Told::Done | Told::GivenBack | Told::Attention));
        !self.over && !self.is_reversed() && !self.calls.iter().any(settled)
    }
}
