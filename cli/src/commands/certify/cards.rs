use super::step::{Pick, Sum, is_unsold};
use crate::settings::StockCard;
use posa_core::{Amount, CardNumber, Client, Error, ErrorKind, Marketplace, PartnerId, RequestId, StatusCheck};

/// Cards that are looked at before enough unsold ones must be found.
const LOOKED_AT: usize = 40;

/// The cards that the plan is played with: none of them was active when it began.
pub(super) struct Cards {
    marketplace: Marketplace,
    first: StockCard,
    second: Option<StockCard>,
    denominated: Option<StockCard>,
    /// Cards that were passed over, since they are active or invalid already.
    pub(super) passed_over: usize,
}

impl Cards {
    /// Takes the first unsold cards of the stock: two whose amount the activation sets, if there are two, and one
    /// with an amount of its own.
    ///
    /// # Errors
    /// There is no unsold card, or the gateway cannot be asked.
    pub(super) async fn choose(
        stock: Vec<StockCard>,
        marketplace: Marketplace,
        client: &Client,
        partner: &PartnerId,
    ) -> Result<Self, Error> {
        let (mut open, mut fixed, mut passed_over) = (Vec::new(), Vec::new(), 0);
        for candidate in stock.into_iter().filter(|card| fits(card, marketplace)) {
            let (row, wanted) = match candidate.denomination {
                None => (&mut open, 2),
                Some(_) => (&mut fixed, 3),
            };
            if row.len() >= wanted {
                continue;
            }
            if passed_over == LOOKED_AT {
                break;
            }
            match is_free(&candidate.card, client, partner).await? {
                true => row.push(candidate),
                false => passed_over += 1,
            }
        }
        let denominated = (!fixed.is_empty()).then(|| fixed.remove(0));
        // Cards with an amount of their own do where there are no others.
        let mut rest = open.into_iter().chain(fixed);
        match (rest.next(), rest.next(), denominated) {
            (Some(first), second, denominated) => Ok(Self { marketplace, first, second, denominated, passed_over }),
            (None, _, Some(first)) => Ok(Self { marketplace, first, second: None, denominated: None, passed_over }),
            (None, _, None) => {
                let message = format!(
                    "there is no unsold card of the {marketplace} marketplace in the list ({passed_over} looked at are \
                     active or invalid); give another --inventory"
                );
                Err(Error::configuration("inventory", message))
            }
        }
    }

    /// The cards in use.
    pub(super) fn all(&self) -> impl Iterator<Item = &CardNumber> {
        let more = [&self.second, &self.denominated].into_iter().flatten();
        std::iter::once(&self.first).chain(more).map(|stock| &stock.card)
    }

    /// # Errors
    /// Why there is no such card.
    pub(super) fn pick(&self, pick: Pick) -> Result<CardNumber, &'static str> {
        let card = &self.first.card;
        match pick {
            Pick::First => Ok(card.clone()),
            Pick::Second => Ok(self.second.as_ref().ok_or("needs a second unsold card")?.card.clone()),
            Pick::Denominated => Ok(self.fixed()?.card.clone()),
            Pick::WithoutChecksum => derived(card.number()),
            Pick::WrongChecksum => {
                let checksum: u32 = card.checksum().and_then(|digits| digits.parse().ok()).ok_or("needs a checksum")?;
                derived(&format!("{}{:03}", card.number(), (checksum + 1) % 1000))
            }
            Pick::Nobodys => derived("9990000000000000"),
        }
    }

    /// # Errors
    /// Why no such amount fits the card; the inner error is that of an amount which must not be sent.
    pub(super) fn amount(&self, pick: Pick, sum: Sum) -> Result<Result<Amount, Error>, &'static str> {
        let currency = self.marketplace.currency();
        let (least, most) = self.marketplace.range();
        let whole = |units: u64| {
            let minor = units * 10u64.pow(currency.scale());
            Amount::from_minor(minor.min(most.minor_units()), currency)
        };
        let worth = match pick {
            Pick::Denominated => self.fixed()?.denomination,
            Pick::Second => self.second.as_ref().and_then(|card| card.denomination),
            _ => self.first.denomination,
        };
        match (sum, worth) {
            (Sum::Hundred | Sum::Thousand, Some(worth)) => Ok(Ok(worth)),
            (Sum::Hundred, None) => Ok(whole(100)),
            (Sum::Thousand, None) => Ok(whole(1000)),
            (Sum::Another, None) => Ok(whole(50)),
            (Sum::Another, Some(worth)) => Ok(Ok(if worth == most { least } else { most })),
            (Sum::TooLittle, _) => Ok(self.checked(least.minor_units() - 1)),
            (Sum::TooMuch, _) => Ok(self.checked(most.minor_units() + 1)),
            (Sum::Least | Sum::Most, Some(_)) => Err("needs a card without an amount of its own"),
            (Sum::Least, None) => Ok(Ok(least)),
            (Sum::Most, None) => Ok(Ok(most)),
        }
    }

    fn checked(&self, minor: u64) -> Result<Amount, Error> {
        let amount = Amount::from_minor(minor, self.marketplace.currency())?;
        self.marketplace.check(amount).map(|()| amount)
    }

    fn fixed(&self) -> Result<&StockCard, &'static str> {
        self.denominated.as_ref().ok_or("needs an unsold card with an amount of its own")
    }
}

fn fits(card: &StockCard, marketplace: Marketplace) -> bool {
    card.denomination.is_none_or(|amount| marketplace.check(amount).is_ok())
}

fn derived(digits: &str) -> Result<CardNumber, &'static str> {
    CardNumber::new(digits).map_err(|_| "needs another card number")
}

/// Whether the card is unsold, or the gateway tells states to those alone who name the card's sale.
async fn is_free(card: &CardNumber, client: &Client, partner: &PartnerId) -> Result<bool, Error> {
    let check = StatusCheck::new(RequestId::generate(partner)?, card.clone());
    match client.status(check).await {
        Ok(receipt) => Ok(is_unsold(&receipt.card_status)),
        Err(error) if error.kind() == ErrorKind::Rejected => {
            Ok(error.error_type().is_some_and(|name| name.contains("ActivationRequestId")))
        }
        Err(error) => Err(error),
    }
}
