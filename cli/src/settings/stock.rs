use super::layer::Layer;
use super::{Origins, Settings};
use posa_core::{Amount, CardNumber, Currency, Environment, Error, Marketplace};
use posa_sandbox::{Ready, ReadyCard};
use serde::Deserialize;

/// A card that a sandbox has, and may be used for tests.
pub(crate) struct StockCard {
    pub(crate) card: CardNumber,
    pub(crate) denomination: Option<Amount>,
}

impl Settings {
    /// Those of a sandbox in this process; of these settings the country alone stays.
    pub(crate) fn for_sandbox(&self, ready: &Ready) -> Self {
        let layer = Layer {
            partner_id: Some(ready.partner_id.clone()),
            environment: Some(Environment::Sandbox.to_string()),
            endpoint: Some(ready.url.clone()),
            region: Some(ready.region.to_owned()),
            access_key_id: Some(ready.access_key_id.clone()),
            secret_access_key: Some(ready.secret_access_key.clone()),
            marketplace: self.layer.marketplace.clone(),
            format: self.layer.format.clone(),
            journal: Some("memory".to_owned()),
            ..Layer::default()
        };
        Self { layer, origins: Origins::default(), data: None, postgres_password: None }
    }

    /// The cards of the sandbox whose ready file is named; `None` without one.
    pub(crate) fn stock(&self, marketplace: Marketplace) -> Result<Option<Vec<StockCard>>, Error> {
        #[derive(Deserialize)]
        struct Stock {
            cards: Vec<ReadyCard>,
        }
        let Some(path) = &self.layer.sandbox else { return Ok(None) };
        let wrong = |what: String| Error::configuration("sandbox", format!("{}: {what}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|e| wrong(format!("cannot be read: {e}")))?;
        let stock: Stock = serde_json::from_str(&text).map_err(|_| wrong("it lists no cards".into()))?;
        StockCard::all(stock.cards, marketplace).map(Some)
    }
}

impl StockCard {
    /// Those of one country.
    pub(crate) fn all(listed: Vec<ReadyCard>, marketplace: Marketplace) -> Result<Vec<Self>, Error> {
        let ours = listed.into_iter().filter(|card| card.marketplace == marketplace.code());
        let read = ours.map(|card| {
            let currency: Currency = card.currency.parse()?;
            Ok(Self {
                card: CardNumber::new(&format!("{}{}", card.card_number, card.checksum))?,
                denomination: card.denomination.as_deref().map(|text| Amount::new(text, currency)).transpose()?,
            })
        });
        read.collect()
    }
}
