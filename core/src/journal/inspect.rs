use super::rules::bound_elsewhere;
use crate::error::Error;
use crate::model::{Endpoint, PartnerId};

/// A journal as it was found; looking at it changes nothing and creates nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inspection {
    /// Whether there is one: the first sale creates it.
    pub exists: bool,
    /// The partner and the endpoint's URL that it belongs to, once it was used.
    pub bound: Option<(String, String)>,
    /// How many sales are in it.
    pub sales: u64,
    /// Sales without an outcome.
    pub open: u64,
    /// What is wrong with what was recorded, a line each.
    pub damage: Vec<String>,
}

impl Inspection {
    /// Whether that partner's sales at that endpoint may be recorded in it.
    ///
    /// # Errors
    /// Kind [`Conflict`](crate::ErrorKind::Conflict), as an operation would meet it.
    pub fn check(&self, partner: &PartnerId, endpoint: &Endpoint) -> Result<(), Error> {
        match &self.bound {
            Some((owner, url)) if (owner.as_str(), url.as_str()) != (partner.as_str(), endpoint.url()) => {
                Err(bound_elsewhere(owner, url, partner, endpoint))
            }
            _ => Ok(()),
        }
    }
}
