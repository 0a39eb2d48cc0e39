//! Everything that can be known to be wrong before anything is recorded or sent.

use super::inner::Inner;
use super::seams::EventKind;
use crate::error::{Cause, Error};
use crate::model::{Activate, Environment, Operation, RequestId, presentable};
use std::sync::atomic::Ordering;

impl Inner {
    /// The id under which a sale goes: the caller's, or a new one.
    pub(super) fn admit(&self, sale: &Activate) -> Result<RequestId, Error> {
        self.check_amount(sale)?;
        let Some(id) = &sale.request_id else { return self.new_id() };
        self.check_id(id)?;
        self.check_tag(id)?;
        let id = RequestId::new(id.as_str(), &self.partner)?;
        if !id.is_plain() {
            let what = "the request id has characters that the specification does not name; the live service has taken \
                        them so far, and letters and digits are sure";
            self.tell(Operation::Activate, &id, &sale.card, 0, EventKind::Warning { what });
        }
        Ok(id)
    }

    pub(super) fn check_amount(&self, sale: &Activate) -> Result<(), Error> {
        self.marketplace.map_or(Ok(()), |marketplace| marketplace.check(sale.amount))
    }

    pub(super) fn new_id(&self) -> Result<RequestId, Error> {
        let mut random = [0; 21];
        self.entropy.fill(&mut random)?;
        Ok(self.own(RequestId::at(&self.partner, self.now(), random)))
    }

    /// An id that this client makes: with its tag, if it has one.
    pub(crate) fn own(&self, id: RequestId) -> RequestId {
        match &self.id_tag {
            Some(tag) => id.tagged(tag),
            None => id,
        }
    }

    fn check_tag(&self, id: &RequestId) -> Result<(), Error> {
        match &self.id_tag {
            Some(tag) if !id.is_mock() && !id.has_tag(tag) => {
                let message = format!(
                    "request_id {} does not begin with {}{tag}, the partner id and this client's id_tag",
                    presentable(id.as_str(), 40),
                    self.partner
                );
                Err(Error::invalid("request_id", message))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn check_id(&self, id: &RequestId) -> Result<(), Error> {
        if id.is_mock() && self.endpoint.environment() != Environment::Sandbox {
            let message = format!("request_id {id} is a mock id, which only a sandbox takes; use a real one");
            return Err(Error::invalid("request_id", message).because(Cause::MockId));
        }
        if !id.is_mock() && !id.as_str().starts_with(self.partner.as_str()) {
            let message = format!(
                "request_id {} does not begin with the partner id {}",
                presentable(id.as_str(), 40),
                self.partner
            );
            return Err(Error::invalid("request_id", message));
        }
        Ok(())
    }

    pub(crate) fn check_open(&self) -> Result<(), Error> {
        if self.shared.closed.load(Ordering::SeqCst) {
            return Err(Error::configuration("client", "the client is closed; make another"));
        }
        Ok(())
    }
}
