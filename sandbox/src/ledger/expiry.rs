//! When cards expire (protocol section 3.2): at the end of a calendar day of the marketplace's, some years on.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use posa_core::Marketplace;

/// The last second of a card that is activated now; `None` where cards do not expire.
pub(super) fn expiry(marketplace: Marketplace, now: Timestamp) -> Result<Option<Timestamp>, jiff::Error> {
    let Some(years) = years(marketplace) else { return Ok(None) };
    let zone = TimeZone::get(zone(marketplace))?;
    let today: Date = now.to_zoned(zone.clone()).date();
    // The 29th of February becomes the 28th in a year without one.
    let after = today.checked_add(i64::from(years).years())?.tomorrow()?;
    Ok(Some(after.to_zoned(zone)?.timestamp().checked_sub(SignedDuration::from_secs(1))?))
}

/// `Thu Jun 10 14:59:59 UTC 2032`
pub(super) fn unix_date(at: Timestamp) -> String {
    at.strftime("%a %b %d %H:%M:%S UTC %Y").to_string()
}

/// The specification's limits table gives Australia ten years, its response table none; the answer follows the latter.
fn years(marketplace: Marketplace) -> Option<u8> {
    if marketplace == Marketplace::Australia { None } else { marketplace.expiry_years() }
}

fn zone(marketplace: Marketplace) -> &'static str {
    match marketplace {
        Marketplace::Australia => "Australia/Sydney",
        Marketplace::Belgium => "Europe/Brussels",
        Marketplace::Canada => "America/Toronto",
        Marketplace::Egypt => "Africa/Cairo",
        Marketplace::France => "Europe/Paris",
        Marketplace::Netherlands => "Europe/Amsterdam",
        Marketplace::Germany => "Europe/Berlin",
        Marketplace::Italy => "Europe/Rome",
        Marketplace::Japan => "Asia/Tokyo",
        Marketplace::SaudiArabia => "Asia/Riyadh",
        Marketplace::Mexico => "America/Mexico_City",
        Marketplace::Poland => "Europe/Warsaw",
        Marketplace::Spain => "Europe/Madrid",
        Marketplace::Singapore => "Asia/Singapore",
        Marketplace::SouthAfrica => "Africa/Johannesburg",
        Marketplace::Sweden => "Europe/Stockholm",
        Marketplace::Turkey => "Europe/Istanbul",
        Marketplace::UnitedArabEmirates => "Asia/Dubai",
        Marketplace::UnitedKingdom => "Europe/London",
        Marketplace::UnitedStates => "America/New_York",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn printed(marketplace: Marketplace, now: &str) -> Option<String> {
        expiry(marketplace, now.parse().unwrap()).unwrap().map(unix_date)
    }

    #[test]
    fn agrees_with_the_dates_recorded_live() {
        let recorded = [
            (Marketplace::UnitedKingdom, "2014-09-25T15:58:00Z", "Wed Sep 25 22:59:59 UTC 2024"),
            (Marketplace::UnitedKingdom, "2014-11-18T12:00:00Z", "Mon Nov 18 23:59:59 UTC 2024"),
            (Marketplace::Germany, "2016-06-27T10:00:00Z", "Sat Jun 27 21:59:59 UTC 2026"),
            (Marketplace::Japan, "2022-06-10T08:00:00Z", "Thu Jun 10 14:59:59 UTC 2032"),
        ];
        for (marketplace, now, date) in recorded {
            assert_eq!(printed(marketplace, now).as_deref(), Some(date));
        }
    }

    #[test]
    fn the_day_is_the_marketplaces_own() {
        assert_eq!(
            printed(Marketplace::Japan, "2026-01-01T15:00:00Z").as_deref(),
            Some("Wed Jan 02 14:59:59 UTC 2036")
        );
        assert_eq!(
            printed(Marketplace::Mexico, "2026-01-01T05:59:59Z").as_deref(),
            Some("Wed Jan 01 05:59:59 UTC 2031")
        );
    }

    #[test]
    fn a_leap_day_becomes_the_28th() {
        assert_eq!(
            printed(Marketplace::Japan, "2028-02-29T00:00:00Z").as_deref(),
            Some("Sun Feb 28 14:59:59 UTC 2038")
        );
    }

    #[test]
    fn some_cards_never_expire_and_every_zone_is_known() {
        for marketplace in Marketplace::all() {
            let never = matches!(marketplace.code(), "US" | "CA" | "AU");
            assert_eq!(printed(marketplace, "2026-01-01T12:00:00Z").is_none(), never, "{marketplace}");
            TimeZone::get(zone(marketplace)).unwrap();
        }
    }
}
