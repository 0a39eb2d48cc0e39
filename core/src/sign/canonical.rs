//! The pieces of Signature Version 4, for requests of any header set: the client signs with them and the sandbox
//! verifies with them.

use aws_sigv4::sign::v4::generate_signing_key;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};
use std::time::SystemTime;
use zeroize::Zeroizing;

/// The service of the credential scope.
pub const SERVICE: &str = "AGCODService";
/// The algorithm at the head of the `authorization` header.
pub const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// SHA-256 of a body, in lower-case hex.
pub fn payload_hash(body: &[u8]) -> String {
    let mut text = String::with_capacity(64);
    push_hex(&mut text, Sha256::digest(body).into());
    text
}

fn push_hex(text: &mut String, hash: [u8; 32]) {
    let mut digits = [0; 64];
    // 32 bytes are 64 digits, all of them ASCII.
    let _ = hex::encode_to_slice(hash, &mut digits);
    text.push_str(std::str::from_utf8(&digits).unwrap_or_default());
}

/// A request in the form that is hashed and signed.
///
/// `headers` are the signed ones: lower-case name and raw value, sorted by name, values of one name in the order in
/// which they were sent. Values are trimmed, their inner runs of spaces folded, and values of one name joined.
/// `path` and `query` are taken as they are: those of this service have nothing to encode or to sort.
pub fn canonical_request(
    method: &str,
    path: &str,
    query: &str,
    headers: &[(&str, &str)],
    payload_hash: &str,
) -> String {
    let mut text = String::with_capacity(512);
    text.extend([method, "\n", path, "\n", query, "\n"]);
    let groups = || headers.chunk_by(|a, b| a.0 == b.0);
    for group in groups() {
        text.extend([group[0].0, ":"]);
        for (at, (_, value)) in group.iter().enumerate() {
            if at > 0 {
                text.push(',');
            }
            push_folded(&mut text, value);
        }
        text.push('\n');
    }
    text.push('\n');
    for (at, group) in groups().enumerate() {
        if at > 0 {
            text.push(';');
        }
        text.push_str(group[0].0);
    }
    text.extend(["\n", payload_hash]);
    text
}

fn push_folded(text: &mut String, value: &str) {
    let value = value.trim_ascii();
    // Most values have no space at all, and looking for one character is quicker than for two.
    if !value.contains(' ') {
        return text.push_str(value);
    }
    let mut last = '\0';
    text.extend(value.chars().filter(|&c| {
        let repeated = c == ' ' && last == ' ';
        last = c;
        !repeated
    }));
}

/// `20260102T030405Z`, the form of `x-amz-date`.
pub fn amz_date(at: Timestamp) -> String {
    let utc = TimeZone::UTC.to_datetime(at);
    let digits = |value: i64, width: usize, text: &mut [u8]| {
        let mut rest = value;
        for place in text[..width].iter_mut().rev() {
            *place = b'0' + u8::try_from(rest % 10).unwrap_or(0);
            rest /= 10;
        }
    };
    let mut text = *b"00000000T000000Z";
    digits(utc.year().into(), 4, &mut text[0..]);
    digits(utc.month().into(), 2, &mut text[4..]);
    digits(utc.day().into(), 2, &mut text[6..]);
    digits(utc.hour().into(), 2, &mut text[9..]);
    digits(utc.minute().into(), 2, &mut text[11..]);
    digits(utc.second().into(), 2, &mut text[13..]);
    String::from_utf8_lossy(&text).into_owned()
}

/// `<day>/<region>/AGCODService/aws4_request`; `day` is `YYYYMMDD`.
pub fn credential_scope(day: &str, region: &str) -> String {
    [day, "/", region, "/", SERVICE, "/aws4_request"].concat()
}

/// The time that an `x-amz-date` tells; `None` if it is none.
pub(crate) fn time_of(amz_date: &str) -> Option<Timestamp> {
    let time = DateTime::strptime("%Y%m%dT%H%M%SZ", amz_date).ok()?;
    time.to_zoned(TimeZone::UTC).ok().map(|time| time.timestamp())
}

/// What the signature is computed over (Signature Version 4, task 2).
pub fn string_to_sign(amz_date: &str, scope: &str, canonical_request: &str) -> String {
    let mut text = String::with_capacity(192);
    text.extend([ALGORITHM, "\n", amz_date, "\n", scope, "\n"]);
    push_hex(&mut text, Sha256::digest(canonical_request.as_bytes()).into());
    text
}

/// A derived key: good for one secret, day and region.
pub struct SigningKey(Zeroizing<[u8; 64]>);

impl SigningKey {
    /// The signature, in hex.
    pub fn signature(&self, string_to_sign: &str) -> String {
        let mut mac = Hmac::<Sha256>::new(&(*self.0).into());
        mac.update(string_to_sign.as_bytes());
        let mut text = String::with_capacity(64);
        push_hex(&mut text, mac.finalize().into_bytes().into());
        text
    }
}

/// Derives the key (Signature Version 4, task 3); `None` if `day` is not `YYYYMMDD`.
pub fn signing_key(secret: &str, day: &str, region: &str) -> Option<SigningKey> {
    let date = Date::strptime("%Y%m%d", day).ok()?;
    let midnight = date.to_datetime(Time::midnight()).to_zoned(TimeZone::UTC).ok()?;
    let derived = generate_signing_key(secret, SystemTime::from(midnight.timestamp()), region, SERVICE);
    // HMAC fills a key up to its block of 64 bytes with zeros; kept so, it always fits.
    let mut key = Zeroizing::new([0; 64]);
    key.get_mut(..derived.as_ref().len())?.copy_from_slice(derived.as_ref());
    Some(SigningKey(key))
}
