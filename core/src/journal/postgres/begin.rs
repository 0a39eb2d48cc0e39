use super::connection::{Connection, Values};
use super::pool::{Step, mark};
use super::row::{columns, read};
use super::trouble::Stop;
use crate::error::{Delivery, Error, ErrorKind};
use crate::journal::clock::until;
use crate::journal::rules::{Admission, admit_activation, admit_reversal};
use crate::journal::stored::{changes, details};
use crate::journal::transaction::{Asker, Begun, Claim, Purpose, Transaction};
use crate::model::{Activate, CardNumber, RequestId};
use jiff::Timestamp;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;

/// How often other tills may get in between before the step is given up.
const ROUNDS: usize = 8;

const ADD: &str = "SELECT posa.add($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

const LOCK: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM posa.sale WHERE request_id = $1 OR (card = $2 AND state IN ('sending', 'unknown', 'reversing')) \
     ORDER BY request_id FOR UPDATE"
);

const CLAIM: &str = "SELECT posa.claim($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";

/// Why a sale is claimed.
#[derive(Clone, Copy)]
pub(super) enum Intent<'a> {
    Activate(&'a Activate),
    Reverse(&'a CardNumber, Purpose),
}

/// Records an intent and claims the sale.
pub(super) struct Begin<'a> {
    id: &'a RequestId,
    intent: Intent<'a>,
    asker: Asker,
    now: Timestamp,
    lease_until: Timestamp,
    mark: i64,
    /// The claim on a known sale that the server was last asked to record; it holds if the row bears this step's mark.
    asked: Option<Claim>,
}

impl<'a> Begin<'a> {
    pub(super) fn new(
        id: &'a RequestId,
        intent: Intent<'a>,
        asker: Asker,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Result<Self, Error> {
        Ok(Self { id, intent, asker, now, lease_until, mark: mark()?, asked: None })
    }

    /// A new sale takes one round trip. Whether it was one.
    async fn add(&self, db: &mut Connection, sale: &Activate) -> Result<bool, Stop> {
        let minor_units = i64::try_from(sale.amount.minor_units()).unwrap_or(i64::MAX);
        let values: &Values<'_> = &[
            (&self.id.as_str(), Type::TEXT),
            (&sale.card.number(), Type::TEXT),
            (&sale.card.checksum(), Type::TEXT),
            (&minor_units, Type::INT8),
            (&sale.amount.currency().code(), Type::TEXT),
            (&details(sale), Type::TEXT),
            (&self.now, Type::TIMESTAMPTZ),
            (&until(self.lease_until, self.now), Type::INT8),
            (&self.mark, Type::INT8),
            (&db.given_up_at(), Type::TIMESTAMPTZ),
        ];
        db.change(ADD, values).await
    }

    /// Applies the rules to the rows as they are, locked; `None` if others got in between.
    async fn claim(&mut self, db: &mut Connection) -> Result<Option<Begun>, Stop> {
        let (id, card) = (self.id.as_str(), self.card().number());
        let rows = db.begin(LOCK, &[(&id, Type::TEXT), (&card, Type::TEXT)]).await?;
        let (mut known, mut on_card) = (None, None);
        for row in &rows {
            let (found, mark) = read(row, self.now)?;
            if found.request_id != *self.id {
                on_card = Some(found);
            } else if mark == self.mark {
                db.roll_back().await?;
                let added = (found.fence == 1).then(|| Claim::new(self.id, self.lease_until));
                return Ok(added.or_else(|| self.asked.take()).map(Begun::Claimed));
            } else {
                known = Some(found);
            }
        }
        let mut known = match (self.admit(known.as_ref(), on_card.as_ref()), known) {
            (Admission::Resume, Some(known)) => known,
            (admission, known) => {
                db.roll_back().await?;
                return match (admission, known) {
                    (Admission::Refused(error), _) => Err(error.into()),
                    (Admission::Settled, Some(known)) => Ok(Some(Begun::Settled(Box::new(known)))),
                    _ => Ok(None),
                };
            }
        };
        let mut changed = None;
        let (claimed, event) = match self.intent {
            Intent::Activate(sale) => {
                changed = changes(&known.sale, sale);
                (known.claim_activation(sale, self.asker, self.now, self.lease_until), "activate")
            }
            Intent::Reverse(_, purpose) => {
                let event = if purpose == Purpose::Void { "void" } else { "return" };
                (known.claim_reversal(purpose, self.now, self.lease_until), event)
            }
        };
        let fence = i64::try_from(known.fence).unwrap_or(i64::MAX);
        let values: &Values<'_> = &[
            (&id, Type::TEXT),
            (&known.state.name(), Type::TEXT),
            (&fence, Type::INT8),
            (&self.now, Type::TIMESTAMPTZ),
            (&known.voided, Type::BOOL),
            (&until(self.lease_until, self.now), Type::INT8),
            (&self.mark, Type::INT8),
            (&event, Type::TEXT),
            (&known.sent_at, Type::TIMESTAMPTZ),
            (&known.asked_at, Type::TIMESTAMPTZ),
            (&known.sale.card.checksum(), Type::TEXT),
            (&details(&known.sale), Type::TEXT),
            (&changed, Type::TEXT),
            (&db.given_up_at(), Type::TIMESTAMPTZ),
        ];
        self.asked = Some(claimed.clone());
        match db.change_and_commit(CLAIM, values).await {
            Ok(_) => Ok(Some(Begun::Claimed(claimed))),
            // Another sale opened on the card meanwhile: the commit undid this step.
            Err(e) if e.code() == Some(&SqlState::UNIQUE_VIOLATION) => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    fn card(&self) -> &'a CardNumber {
        match self.intent {
            Intent::Activate(sale) => &sale.card,
            Intent::Reverse(card, _) => card,
        }
    }

    fn admit(&self, known: Option<&Transaction>, on_card: Option<&Transaction>) -> Admission {
        match self.intent {
            Intent::Activate(sale) => admit_activation(self.id, sale, self.asker, known, on_card),
            Intent::Reverse(card, purpose) => admit_reversal(self.id, card, purpose, self.asker, known, on_card),
        }
    }
}

impl Step for Begin<'_> {
    type Output = Begun;

    async fn take(&mut self, db: &mut Connection) -> Result<Begun, Stop> {
        for _ in 0..ROUNDS {
            if let (Intent::Activate(sale), Asker::Caller) = (self.intent, self.asker)
                && self.add(db, sale).await?
            {
                return Ok(Begun::Claimed(Claim::new(self.id, self.lease_until)));
            }
            if let Some(begun) = self.claim(db).await? {
                return Ok(begun);
            }
        }
        let message = format!("request id {} and its card are claimed by others again and again; try later", self.id);
        Err(Error::new(ErrorKind::Journal, Delivery::NotSent, message).into())
    }
}
