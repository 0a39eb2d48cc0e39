//! The least that signing this request can cost: SigV4 by hand for exactly this shape, with sha2 and hmac. The day's
//! key is kept, and the canonical request's hash starts from the saved state of its constant beginning.

use crate::Result;
use crate::fixture::{ACCESS_KEY_ID, JSON, PATH, REGION, SECRET, SERVICE, TARGET};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::time::{SystemTime, UNIX_EPOCH};

const SIGNED: &str = "accept;content-type;host;x-amz-date;x-amz-target";

pub(crate) struct Floor {
    beginning: Sha256,
    ending: Vec<u8>,
    second: u64,
    date: [u8; 16],
    day: Option<Day>,
    authorization: Vec<u8>,
}

struct Day {
    key: Hmac<Sha256>,
    authorization: Vec<u8>,
    scope: Vec<u8>,
}

impl Floor {
    pub(crate) fn new(host: &str) -> Self {
        let beginning = format!("POST\n{PATH}\n\naccept:{JSON}\ncontent-type:{JSON}\nhost:{host}\nx-amz-date:");
        Self {
            beginning: Sha256::new().chain_update(beginning),
            ending: format!("\nx-amz-target:{TARGET}\n\n{SIGNED}\n").into_bytes(),
            second: 0,
            date: [0; 16],
            day: None,
            authorization: Vec::with_capacity(320),
        }
    }

    /// The `x-amz-date` and `authorization` values for `body`, now.
    pub(crate) fn sign(&mut self, body: &[u8]) -> Result<(&[u8], &[u8])> {
        let second = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        if second != self.second {
            self.tick(second)?;
        }
        let day = self.day.as_ref().ok_or("no day")?;
        let mut canonical = self.beginning.clone();
        canonical.update(self.date);
        canonical.update(&self.ending);
        canonical.update(hex_digest(Sha256::digest(body).into()));
        let mut mac = day.key.clone();
        mac.update(b"AWS4-HMAC-SHA256\n");
        mac.update(&self.date);
        mac.update(&day.scope);
        mac.update(&hex_digest(canonical.finalize().into()));
        self.authorization.clear();
        self.authorization.extend_from_slice(&day.authorization);
        self.authorization.extend_from_slice(&hex_digest(mac.finalize().into_bytes().into()));
        Ok((&self.date, &self.authorization))
    }

    fn tick(&mut self, second: u64) -> Result<()> {
        let date = stamp(second);
        if self.day.is_none() || date[..8] != self.date[..8] {
            self.day = Some(Day::new(std::str::from_utf8(&date[..8])?)?);
        }
        self.second = second;
        self.date = date;
        Ok(())
    }
}

impl Day {
    fn new(day: &str) -> Result<Self> {
        let scope = format!("{day}/{REGION}/{SERVICE}/aws4_request");
        let authorization =
            format!("AWS4-HMAC-SHA256 Credential={ACCESS_KEY_ID}/{scope}, SignedHeaders={SIGNED}, Signature=");
        Ok(Self {
            key: Hmac::new_from_slice(&derive_key(SECRET, day, REGION, SERVICE)?)?,
            authorization: authorization.into_bytes(),
            scope: format!("\n{scope}\n").into_bytes(),
        })
    }
}

/// SigV4's signing key.
pub(crate) fn derive_key(secret: &str, day: &str, region: &str, service: &str) -> Result<Vec<u8>> {
    let mut key = format!("AWS4{secret}").into_bytes();
    for part in [day, region, service, "aws4_request"] {
        key = mac(&key, part.as_bytes())?;
    }
    Ok(key)
}

pub(crate) fn mac(key: &[u8], data: &[u8]) -> Result<Vec<u8>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key)?;
    mac.update(data);
    Ok(mac.finalize().into_bytes().to_vec())
}

fn hex_digest(digest: [u8; 32]) -> [u8; 64] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = [0; 64];
    for (two, byte) in text.chunks_exact_mut(2).zip(digest) {
        two[0] = DIGITS[usize::from(byte >> 4)];
        two[1] = DIGITS[usize::from(byte & 15)];
    }
    text
}

/// `YYYYMMDDTHHMMSSZ` of a Unix time.
pub(crate) fn stamp(second: u64) -> [u8; 16] {
    let (days, rest) = (second / 86_400, second % 86_400);
    // Counted from 1 March of year 0, so that a leap day is the last day of its year.
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let mut text = *b"00000000T000000Z";
    for (at, width, mut value) in
        [(0, 4, year), (4, 2, month), (6, 2, day), (9, 2, rest / 3600), (11, 2, rest / 60 % 60), (13, 2, rest % 60)]
    {
        for digit in text[at..at + width].iter_mut().rev() {
            *digit = b"0123456789"[(value % 10) as usize];
            value /= 10;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::stamp;

    #[test]
    fn writes_dates_around_a_leap_day() {
        assert_eq!(&stamp(0), b"19700101T000000Z");
        assert_eq!(&stamp(1_709_210_096), b"20240229T123456Z");
        assert_eq!(&stamp(1_767_225_600), b"20260101T000000Z");
    }
}
