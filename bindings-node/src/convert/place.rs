use napi_derive::napi;
use posa_core::{Endpoint, Error, Marketplace};

/// What names a gateway.
#[napi(object, object_to_js = false)]
pub struct Place {
    /// The country of issuance.
    pub marketplace: Option<String>,
    /// `sandbox` or `production`.
    pub environment: Option<String>,
    /// A gateway at an address of its own.
    pub endpoint: Option<String>,
    /// The region to sign for there.
    pub region: Option<String>,
}

impl Place {
    pub(crate) fn marketplace(&self) -> Result<Option<Marketplace>, Error> {
        self.marketplace.as_deref().map(str::parse).transpose()
    }

    pub(crate) fn endpoint(&self, marketplace: Option<Marketplace>) -> Result<Endpoint, Error> {
        let environment = self.environment.as_deref().map(str::parse).transpose()?;
        let region = self.region.as_deref().map(str::parse).transpose()?;
        Endpoint::named(marketplace, environment, self.endpoint.as_deref(), region)
    }
}
