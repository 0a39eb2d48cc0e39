use super::step::Via;
use crate::settings::{Connection, Settings, StockCard};
use jiff::{SignedDuration, Timestamp};
use posa_core::engine::{Clock, Event, Limiter, Retry};
use posa_core::journal::{CallersJournal, Journal};
use posa_core::model::Region;
use posa_core::sign::{Credentials, CredentialsProvider};
use posa_core::wire::Format;
use posa_core::{Client, Endpoint, Environment, Error, Marketplace, PartnerId};
use posa_sandbox::Sandbox;
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;

/// Requests a second that an account may send.
const ALL: NonZeroU32 = NonZeroU32::new(10).unwrap();

/// What is certified: an endpoint, and the clients that send to it.
pub(super) struct Target {
    pub(super) partner: PartnerId,
    pub(super) endpoint: Endpoint,
    pub(super) marketplace: Marketplace,
    pub(super) format: Format,
    /// The sandbox of this very process.
    pub(super) own: Option<Sandbox>,
    /// Whether it is posa's sandbox, here or in another process.
    pub(super) ours: bool,
    settings: Settings,
    journal: Arc<dyn Journal>,
}

impl Target {
    /// The gateway that the settings name, or a sandbox that is started here.
    ///
    /// # Errors
    /// It is a production gateway, a setting is missing, or there is no journal to record sales in.
    pub(super) async fn choose(connection: Connection, embedded: bool) -> Result<Self, Error> {
        let named = connection.resolve()?;
        let ours = named.names_sandbox();
        let (settings, own) = if embedded || !named.names_a_gateway() {
            // Faster than an account may be: the limit has a case of its own.
            let settings = posa_sandbox::Settings { throttle: None, ..posa_sandbox::Settings::default() };
            let sandbox = Sandbox::start_with(settings).await?;
            (named.for_sandbox(&sandbox.ready()?), Some(sandbox))
        } else {
            (named, None)
        };
        let endpoint = settings.endpoint()?;
        if endpoint.environment() == Environment::Production {
            let message = "certify sells and takes back cards, which is never done with real money; use --environment \
                           sandbox, or --embedded for a sandbox of its own";
            return Err(Error::configuration("environment", message));
        }
        let marketplace = settings
            .marketplace()?
            .or((endpoint.region() == Region::NorthAmerica).then_some(Marketplace::UnitedStates));
        let marketplace = marketplace.ok_or_else(|| {
            Error::configuration("marketplace", "marketplace is not set; name the country of the cards, such as DE")
        })?;
        if !settings.keeps_record() {
            let message =
                "journal is none, but what certify activates must be taken back after a stop too; name a file";
            return Err(Error::configuration("journal", message));
        }
        let (partner, format) = (settings.partner_id()?, settings.format()?);
        // Before the journal, which a setting that is wrong must not create.
        settings.builder()?;
        let journal = settings.journal()?;
        let ours = ours || own.is_some();
        Ok(Self { partner, endpoint, marketplace, format, own, ours, settings, journal })
    }

    /// The cards that its sandbox has, where that is known.
    pub(super) fn stock(&self) -> Result<Option<Vec<StockCard>>, Error> {
        match &self.own {
            Some(sandbox) => StockCard::all(sandbox.ready()?.cards, self.marketplace).map(Some),
            None => self.settings.stock(self.marketplace),
        }
    }

    /// One client for each way to send.
    pub(super) async fn clients(&self) -> Result<HashMap<Via, Client>, Error> {
        let limiter = Arc::new(Limiter::new(self.settings.rate()?.unwrap_or(ALL)));
        let key = self.settings.keys()?.load().await?;
        let mut clients = HashMap::new();
        for via in Via::ALL {
            let journal: Arc<dyn Journal> =
                if via.records() { Arc::clone(&self.journal) } else { Arc::new(CallersJournal) };
            let builder =
                self.settings.builder()?.marketplace(self.marketplace).journal(journal).observer(|_: &Event<'_>| {});
            let builder = match &self.own {
                Some(_) => builder.rate_limit(None),
                None => builder.shared_limiter(Arc::clone(&limiter)),
            };
            let builder = match via {
                Via::Till | Via::Wire => builder,
                Via::Once => builder.retry(Retry { attempts: 1, ..Retry::default() }),
                Via::OtherFormat => builder.format(match self.format {
                    Format::Json => Format::Xml,
                    Format::Xml => Format::Json,
                }),
                Via::SlowClock => builder.clock(Arc::new(SlowClock)),
                Via::WrongSecret => {
                    builder.credentials(Credentials::new(key.access_key_id(), "not-the-secret-of-this-key")?)
                }
                Via::UnknownKey => builder.credentials(Credentials::new("NOBODYSACCESSKEY", "nobodys-secret")?),
            };
            clients.insert(via, builder.build()?);
        }
        Ok(clients)
    }
}

/// This machine's clock, 20 minutes slow: past what the gateway allows.
struct SlowClock;

impl Clock for SlowClock {
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        now.checked_sub(SignedDuration::from_mins(20)).unwrap_or(now)
    }
}
