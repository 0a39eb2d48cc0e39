use super::marketplace::Marketplace;
use super::shown::Shown;
use crate::error::Error;
use std::fmt;
use std::str::FromStr;

/// Whether money is real.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Environment {
    /// The vendor's test gateway, or posa's own.
    Sandbox,
    /// The live gateway.
    Production,
}

impl FromStr for Environment {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "sandbox" => Ok(Self::Sandbox),
            "production" => Ok(Self::Production),
            _ => {
                let message = format!("environment {:?} is unknown; use \"sandbox\" or \"production\"", Shown(text));
                Err(Error::configuration("environment", message))
            }
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sandbox => "sandbox",
            Self::Production => "production",
        })
    }
}

/// A group of countries served by one gateway and signed for in one region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Region {
    /// US, Canada, Mexico.
    NorthAmerica,
    /// Europe, the Middle East, Turkey, Egypt, South Africa.
    Europe,
    /// Japan, Australia, Singapore.
    FarEast,
}

impl Region {
    const ALL: [Self; 3] = [Self::NorthAmerica, Self::Europe, Self::FarEast];

    /// The region of the credential scope. The Far East signs for `us-west-2`, whatever its countries suggest.
    pub fn name(self) -> &'static str {
        match self {
            Self::NorthAmerica => "us-east-1",
            Self::Europe => "eu-west-1",
            Self::FarEast => "us-west-2",
        }
    }

    fn host(self, environment: Environment) -> &'static str {
        match (self, environment) {
            (Self::NorthAmerica, Environment::Sandbox) => "agcod-v2-gamma.amazon.com",
            (Self::NorthAmerica, Environment::Production) => "agcod-v2.amazon.com",
            (Self::Europe, Environment::Sandbox) => "agcod-v2-eu-gamma.amazon.com",
            (Self::Europe, Environment::Production) => "agcod-v2-eu.amazon.com",
            (Self::FarEast, Environment::Sandbox) => "agcod-v2-fe-gamma.amazon.com",
            (Self::FarEast, Environment::Production) => "agcod-v2-fe.amazon.com",
        }
    }
}

impl FromStr for Region {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|r| r.name() == text).ok_or_else(|| {
            let message = format!("region {:?} is not served; use us-east-1, eu-west-1 or us-west-2", Shown(text));
            Error::configuration("region", message)
        })
    }
}

/// Where requests go and which region they are signed for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    url: String,
    host: String,
    region: Region,
    /// `None` where nobody said it.
    environment: Option<Environment>,
}

impl Endpoint {
    /// The vendor's gateway for a country.
    pub fn of(marketplace: Marketplace, environment: Environment) -> Self {
        let region = marketplace.region();
        let host = region.host(environment).to_owned();
        Self { url: format!("https://{host}"), host, region, environment: Some(environment) }
    }

    /// The gateway that settings name: a country's, or one at an `address` of its own, which is signed for in `region`
    /// or else in the country's. Without an `environment` it is a sandbox, and a real key is refused.
    ///
    /// # Errors
    /// Field `region`: an address, and neither a region nor a country. Field `marketplace`: neither a country nor an
    /// address. Field `endpoint`: as [`Endpoint::custom`].
    pub fn named(
        marketplace: Option<Marketplace>,
        environment: Option<Environment>,
        address: Option<&str>,
        region: Option<Region>,
    ) -> Result<Self, Error> {
        match (address, marketplace) {
            (Some(url), marketplace) => {
                let missing =
                    || Error::configuration("region", "region is not set; give the one requests are signed for");
                let custom = Self::custom(url, region.or(marketplace.map(Marketplace::region)).ok_or_else(missing)?)?;
                Ok(Self { environment, ..custom })
            }
            (None, Some(marketplace)) => {
                Ok(Self { environment, ..Self::of(marketplace, environment.unwrap_or(Environment::Sandbox)) })
            }
            (None, None) => Err(Error::configuration(
                "marketplace",
                "no gateway is named; give marketplace and environment, or endpoint and region",
            )),
        }
    }

    /// A gateway at an address of its own, such as posa's sandbox: `http://127.0.0.1:8080`. It counts as a sandbox,
    /// unless [`in_environment`](Self::in_environment) says what stands behind it.
    ///
    /// # Errors
    /// Field `endpoint`: not `https` (plain `http` is for loopback only), a path, a query or user information, or
    /// a host of the vendor's that is none of its sandboxes, in any spelling; those are reached by [`Endpoint::of`].
    pub fn custom(url: &str, region: Region) -> Result<Self, Error> {
        // What stands before an @ may be a password.
        let shown = url.rsplit_once('@').map_or(url, |(_, host)| host);
        let wrong = |why: &str| Err(Error::configuration("endpoint", format!("endpoint {:?} {why}", Shown(shown))));
        let Ok(uri) = url.parse::<http::Uri>() else {
            return wrong("is not a URL; write one such as https://gateway.example");
        };
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return wrong("has no scheme or host; write one such as https://gateway.example");
        };
        let numbers = authority.host().strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let is_host = match numbers {
            Some(numbers) => numbers.parse::<std::net::Ipv6Addr>().is_ok(),
            None => !authority.host().is_empty() && !authority.host().contains(['[', ']', ':']),
        };
        if !is_host {
            return wrong("has no host; write one such as https://gateway.example");
        }
        if uri.path() != "/" || uri.query().is_some() || authority.as_str().contains('@') {
            return wrong("has more than scheme, host and port; leave the rest out");
        }
        // Names are the same in capitals and with the dot of the root at their end.
        let name = authority.host().to_ascii_lowercase();
        let name = name.trim_end_matches('.');
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        let loopback = bare == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
        match scheme {
            "https" => {}
            "http" if loopback => {}
            "http" => return wrong("sends keys' signatures in the clear; use https (plain http is for loopback only)"),
            _ => return wrong("is not https"),
        }
        if format!(".{bare}").ends_with(".amazon.com")
            && !Region::ALL.iter().any(|r| r.host(Environment::Sandbox) == bare)
        {
            return wrong("is a production gateway; choose it by marketplace and environment \"production\"");
        }
        let default_port = if scheme == "https" { 443 } else { 80 };
        let host = match authority.port_u16() {
            Some(port) if port != default_port => format!("{name}:{port}"),
            _ => name.to_owned(),
        };
        Ok(Self { url: format!("{scheme}://{host}"), host, region, environment: None })
    }

    /// The same address, of which it is said whether money is real behind it.
    #[must_use]
    pub fn in_environment(self, environment: Environment) -> Self {
        Self { environment: Some(environment), ..self }
    }

    /// Whether a request that was signed may go there. A key of the Incentives portal works at a real gateway, of which
    /// nobody may guess whether its money is real: an address may lead anywhere, and a default may be forgotten.
    ///
    /// # Errors
    /// Field `environment`: nobody said it, and the key is such a one.
    pub(crate) fn check_key(&self, authorization: &str) -> Result<(), Error> {
        let key = authorization.split_once("Credential=").map_or("", |(_, rest)| rest);
        if self.environment.is_some() || !["AKIA", "ASIA"].iter().any(|real| key.starts_with(real)) {
            return Ok(());
        }
        Err(Error::configuration(
            "environment",
            "environment is not set, and the access key is one of the Incentives portal's; say \"sandbox\" or \
             \"production\"",
        ))
    }

    /// Scheme and host, without a trailing slash.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The `host` header, with the port where it is not the scheme's own.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The region requests are signed for.
    pub fn region(&self) -> Region {
        self.region
    }

    /// Whether money is real there; a sandbox where nobody said so.
    pub fn environment(&self) -> Environment {
        self.environment.unwrap_or(Environment::Sandbox)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_address_with_a_password_is_refused_without_it() {
        for url in ["https://till:hunter2@gateway.example", "ftp://till:hunter2@gateway.example:x"] {
            let error = Endpoint::custom(url, Region::NorthAmerica).unwrap_err();
            assert_eq!(error.field(), Some("endpoint"));
            assert!(error.message().contains("gateway.example") && !error.message().contains("hunter2"), "{error}");
        }
    }
}
