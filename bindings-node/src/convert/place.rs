use napi_derive::napi;
use posa_core::{Endpoint, Environment, Error, Marketplace};

/// What names a gateway.
#[napi(object, object_to_js = false)]
pub struct Place {
    /// The country of issuance.
    pub marketplace: Option<String>,
    /// `sandbox`, unless given, or `production`.
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
        let environment = self.environment.as_deref().map_or(Ok(Environment::Sandbox), str::parse)?;
        match (&self.endpoint, marketplace) {
            (Some(_), _) if environment == Environment::Production => Err(Error::configuration(
                "environment",
                "environment is production, but endpoint names an address of its own, which counts as a sandbox; \
                 leave one of the two out",
            )),
            (Some(url), marketplace) => {
                let missing =
                    || Error::configuration("region", "region is not set; give the one requests are signed for");
                let region = self.region.as_deref().map(str::parse).transpose()?;
                Endpoint::custom(url, region.or(marketplace.map(Marketplace::region)).ok_or_else(missing)?)
            }
            (None, Some(marketplace)) => Ok(Endpoint::of(marketplace, environment)),
            (None, None) => Err(Error::configuration(
                "marketplace",
                "no gateway is named; give marketplace and environment, or endpoint",
            )),
        }
    }
}
