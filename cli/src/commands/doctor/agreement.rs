use super::finding::Finding;
use crate::settings::Settings;
use posa_core::model::Region;
use posa_core::{Endpoint, Environment, Marketplace};

/// Partner, gateway, country and region, and whether they belong together.
pub(super) fn check(settings: &Settings) -> Vec<Finding> {
    let partner = match settings.partner_id() {
        Ok(partner) => Finding::ok("partner", partner.to_string()),
        Err(error) => Finding::failed("partner", error.message()),
    };
    let (endpoint, marketplace) = match (settings.endpoint(), settings.marketplace()) {
        (Ok(endpoint), Ok(marketplace)) => (endpoint, marketplace),
        (Err(error), _) | (_, Err(error)) => return vec![partner, Finding::failed("endpoint", error.message())],
    };
    vec![partner, named(&endpoint), agreed(settings, &endpoint, marketplace)]
}

fn named(endpoint: &Endpoint) -> Finding {
    let what = format!("{}, {}, signed for {}", endpoint.url(), endpoint.environment(), endpoint.region().name());
    match endpoint.environment() {
        Environment::Production => Finding::ok("endpoint", format!("{what}; money is real there")),
        Environment::Sandbox => Finding::ok("endpoint", what),
    }
}

fn agreed(settings: &Settings, endpoint: &Endpoint, marketplace: Option<Marketplace>) -> Finding {
    const CHECK: &str = "region";
    let signed = endpoint.region();
    if let Some(serves) = region_of(endpoint.host()).filter(|serves| *serves != signed) {
        let what = format!("{} takes signatures for {}, not for {}", endpoint.host(), serves.name(), signed.name());
        return Finding::problem(CHECK, what, format!("set region to {}, or leave endpoint out", serves.name()));
    }
    let Some(marketplace) = marketplace else {
        let what = "no marketplace is set: amounts are checked against the widest range of their currency";
        return Finding::warning(CHECK, what, "set marketplace to the country of the cards, such as US");
    };
    if marketplace.region() != signed {
        let serves = marketplace.region().name();
        let what =
            format!("cards of {marketplace} are served in {serves}, but requests are signed for {}", signed.name());
        let remedy = format!("set region to {serves}, or marketplace to a country of this gateway");
        return match region_of(endpoint.host()) {
            Some(_) => Finding::problem(CHECK, what, remedy),
            None => Finding::warning(CHECK, what, remedy),
        };
    }
    if let Some(idle) = settings.idle_region().filter(|idle| *idle != signed.name()) {
        let what = format!("region is set to {idle:?}, which counts only beside endpoint; {} is used", signed.name());
        return Finding::warning(CHECK, what, "leave region out");
    }
    Finding::ok(CHECK, format!("{} serves {marketplace}, in {}", signed.name(), marketplace.currency()))
}

/// The region of one of the vendor's own gateways.
fn region_of(host: &str) -> Option<Region> {
    let all = Marketplace::all().flat_map(|marketplace| {
        [Environment::Sandbox, Environment::Production].map(|environment| Endpoint::of(marketplace, environment))
    });
    all.into_iter().find(|endpoint| endpoint.host() == host).map(|endpoint| endpoint.region())
}
