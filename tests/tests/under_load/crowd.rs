use posa_core::{Client, ClientBuilder, RequestId};
use posa_sandbox::Sandbox;
use posa_tests::books::{self, Book};
use posa_tests::shop;
use posa_tests::till::{Account, Said, Sale, Then};
use std::collections::BTreeSet;
use tokio::task::JoinSet;

/// Sales in flight at a time.
pub(crate) const CROWD: usize = 64;

/// One gateway, one journal and everything that cashiers heard.
pub(crate) struct Crowd {
    pub(crate) sandbox: Sandbox,
    pub(crate) journal: Book,
    pub(crate) told: Vec<Said>,
    sold: usize,
}

impl Crowd {
    pub(crate) async fn new(journal: Book) -> Self {
        Self { sandbox: shop::open().await, journal, told: Vec::new(), sold: 0 }
    }

    pub(crate) async fn client(&self, adjust: impl FnOnce(ClientBuilder) -> ClientBuilder) -> Client {
        let journal = posa_core::journal::open(&self.journal.name).unwrap();
        adjust(Account::at(&self.sandbox).client(journal).unwrap()).build().unwrap()
    }

    /// So many activations of cards of their own, all at once; what the cashiers heard of them.
    pub(crate) async fn activate(&mut self, client: &Client, number: usize) -> Vec<Said> {
        let sales = self.sales(number);
        self.sell(client, sales).await.into_iter().map(|(_, heard)| heard).collect()
    }

    /// These sales, all at once.
    pub(crate) async fn sell(&mut self, client: &Client, sales: Vec<Sale>) -> Vec<(Sale, Said)> {
        let mut running = JoinSet::new();
        for sale in sales {
            let (client, activation) = (client.clone(), sale.build(self.sandbox.partner_id()).unwrap());
            running.spawn(async move { (sale, Said::of(&client.activate(activation).await)) });
        }
        let sold = running.join_all().await;
        self.told.extend(sold.iter().map(|(_, heard)| heard.clone()));
        sold
    }

    pub(crate) fn sales(&mut self, number: usize) -> Vec<Sale> {
        let first = self.sold + 1;
        self.sold += number;
        let sales = (first..first + number).map(|number| {
            let card = format!("23{number:014}");
            shop::add_card(&self.sandbox, &card);
            Sale { request_id: Some(format!("Awssb{number}")), card, then: Then::Keep }
        });
        sales.collect()
    }

    pub(crate) async fn void(&mut self, client: &Client, id: &str) {
        let outcome = client.void(&RequestId::recorded(id).unwrap()).await;
        self.told.push(Said::Reversing(id.to_owned()));
        self.told.push(outcome.map_or_else(|e| Said::why_not_undone(&e), |_| Said::Undone(id.to_owned())));
    }

    pub(crate) async fn close_books(self, about: &str) {
        books::close(&self.sandbox, &[self.journal], &self.told, BTreeSet::new(), about).await;
    }
}

pub(crate) fn count(said: &[Said], is: impl Fn(&Said) -> bool) -> usize {
    said.iter().filter(|said| is(said)).count()
}

/// How many were refused because of the journal, with words that contain `why`.
pub(crate) fn refused(said: &[Said], why: &str) -> usize {
    count(said, |said| matches!(said, Said::Refused(kind, message) if kind == "JOURNAL" && message.contains(why)))
}
