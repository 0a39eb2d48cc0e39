//! Signature Version 4 in its header form, as the gateway's front end checks it.

mod authorization;
mod cause;

use crate::server::Partner;
use authorization::{Authorization, masked};
use cause::{Claim, Guess};
use hyper::HeaderMap;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use posa_core::model::Region;
use posa_core::sign::canonical::{
    SERVICE, amz_date, canonical_request, credential_scope, payload_hash, signing_key, string_to_sign,
};

/// A request whose body is complete.
pub(crate) struct Incoming<'a> {
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
}

/// Whose signatures count, where and when.
pub(crate) struct Authority<'a> {
    pub(crate) partners: &'a [Partner],
    pub(crate) region: Region,
    pub(crate) window: SignedDuration,
    pub(crate) now: Timestamp,
}

/// Why a request is not authenticated.
#[derive(Debug)]
pub(crate) struct Rejection {
    pub(crate) status: u16,
    /// The exception's name, such as `InvalidSignatureException`.
    pub(crate) name: &'static str,
    /// The vendor's words.
    pub(crate) message: String,
    /// What the client most likely did wrong, in the sandbox's own words.
    pub(crate) cause: Option<String>,
    pub(crate) mismatch: Option<Mismatch>,
}

/// Both sides of a signature that differs.
#[derive(Debug)]
pub(crate) struct Mismatch {
    pub(crate) expected: String,
    /// The canonical request that the client signed, where a likely mistake reproduces its signature.
    pub(crate) signed: Option<String>,
}

const INCOMPLETE: &str = "IncompleteSignatureException";
const INVALID: &str = "InvalidSignatureException";
const MISMATCH: &str = "The request signature we calculated does not match the signature you provided. Check your AWS \
                        Secret Access Key and signing method. Consult the service documentation for details.";

/// The owner of the key that signed the request. Checks come in the order of the vendor's front end.
pub(crate) fn verify<'a>(request: &Incoming<'_>, authority: &Authority<'a>) -> Result<&'a Partner, Box<Rejection>> {
    let authorization = Authorization::read(request)?;
    let (raw_date, at) = date(request, &authorization)?;
    within_window(at, authority)?;
    let scope = Scope::read(&authorization.credential)?;
    scope.check(&raw_date, authority.region)?;
    let partner = authority.partners.iter().find(|partner| partner.access_key_id == scope.access_key_id);
    let partner = partner.ok_or_else(|| {
        let cause = "the access key id is not one that this gateway knows";
        Rejection::forbidden("UnrecognizedClientException", "The security token included in the request is invalid.")
            .because(cause)
    })?;
    check_signature(request, &authorization, &raw_date, &scope, partner, authority)?;
    Ok(partner)
}

/// The `x-amz-date` (or `date`) header as sent, and the instant it names.
fn date(request: &Incoming<'_>, authorization: &Authorization) -> Result<(String, Timestamp), Box<Rejection>> {
    let Some(header) = request.headers.get("x-amz-date").or_else(|| request.headers.get("date")) else {
        let message = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.";
        return Err(Rejection::bad(INCOMPLETE, format!("{message} {}", authorization.shown)).into());
    };
    if !authorization.signed_headers.iter().any(|name| name == "host") {
        let message = "'Host' must be a 'SignedHeader' in the AWS Authorization.";
        return Err(Rejection::bad(INVALID, message).into());
    }
    let raw = String::from_utf8_lossy(header.as_bytes()).into_owned();
    let parsed = DateTime::strptime("%Y%m%dT%H%M%SZ", &raw).ok();
    let at = parsed.and_then(|time| TimeZone::UTC.to_timestamp(time).ok()).filter(|&at| amz_date(at) == raw);
    let at = at.ok_or_else(|| {
        let message =
            format!("Date must be in ISO-8601 'basic format'. Got '{raw}'. See http://en.wikipedia.org/wiki/ISO_8601");
        Rejection::bad(INCOMPLETE, message)
    })?;
    Ok((raw, at))
}

fn within_window(at: Timestamp, authority: &Authority<'_>) -> Result<(), Box<Rejection>> {
    let Authority { window, now, .. } = *authority;
    let shifted = |by: SignedDuration| now.saturating_add(by).unwrap_or(now);
    let (earliest, latest) = (shifted(-window), shifted(window));
    let span = if window.as_secs() % 60 == 0 {
        format!("{} min.", window.as_mins())
    } else {
        format!("{} sec.", window.as_secs())
    };
    let (signed, now_text) = (amz_date(at), amz_date(now));
    let off = now.duration_since(at).as_secs().unsigned_abs();
    if at < earliest {
        let bound = amz_date(earliest);
        let message = format!("Signature expired: {signed} is now earlier than {bound} ({now_text} - {span})");
        let cause = format!("the client's clock is {off} s behind the gateway's");
        return Err(Rejection::forbidden(INVALID, message).because(cause).into());
    }
    if at > latest {
        let bound = amz_date(latest);
        let message = format!("Signature not yet current: {signed} is still later than {bound} ({now_text} + {span})");
        let cause = format!("the client's clock is {off} s ahead of the gateway's");
        return Err(Rejection::forbidden(INVALID, message).because(cause).into());
    }
    Ok(())
}

/// The five parts of a credential.
struct Scope<'a> {
    access_key_id: &'a str,
    day: &'a str,
    region: &'a str,
    service: &'a str,
    terminator: &'a str,
}

impl<'a> Scope<'a> {
    fn read(credential: &'a str) -> Result<Self, Box<Rejection>> {
        if let [access_key_id, day, region, service, terminator] = *credential.split('/').collect::<Vec<_>>() {
            return Ok(Self { access_key_id, day, region, service, terminator });
        }
        let message = format!(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{}'",
            masked(credential)
        );
        Err(Rejection::bad(INCOMPLETE, message).into())
    }

    fn check(&self, raw_date: &str, region: Region) -> Result<(), Box<Rejection>> {
        let (mut wrong, mut causes) = (Vec::new(), Vec::new());
        if self.region != region.name() {
            wrong.push(format!("Credential should be scoped to a valid region, not '{}'. ", self.region));
            causes.push(format!("the client signed for region {:?}; this gateway is {}", self.region, region.name()));
        }
        if self.service != SERVICE {
            wrong.push(format!("Credential should be scoped to correct service: '{SERVICE}'. "));
            causes.push(format!("the client signed for service {:?}; it is {SERVICE}", self.service));
        }
        if self.terminator != "aws4_request" {
            let terminator = self.terminator;
            wrong.push(format!(
                "Credential should be scoped with a valid terminator: 'aws4_request', not '{terminator}'. "
            ));
            causes.push("the credential does not end in aws4_request".into());
        }
        let day = raw_date.get(..8).unwrap_or_default();
        if self.day != day {
            wrong.push(format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{}' != \
                 '{day}', from '{raw_date}'.",
                self.day
            ));
            causes.push("the day of the credential is not that of x-amz-date; read the clock once, in UTC".into());
        }
        if wrong.is_empty() {
            return Ok(());
        }
        Err(Rejection::forbidden(INVALID, wrong.concat().trim_end()).because(causes.join("; ")).into())
    }
}

fn check_signature(
    request: &Incoming<'_>,
    authorization: &Authorization,
    raw_date: &str,
    scope: &Scope<'_>,
    partner: &Partner,
    authority: &Authority<'_>,
) -> Result<(), Box<Rejection>> {
    let headers = signed_headers(request, authorization);
    let pairs: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let query = canonical_query(request.query);
    let expected = canonical_request("POST", request.path, &query, &pairs, &payload_hash(request.body));
    let to_sign = string_to_sign(raw_date, &credential_scope(scope.day, scope.region), &expected);
    let signature = signing_key(&partner.secret_access_key, scope.day, scope.region).map(|key| key.signature(&to_sign));
    if signature.is_some_and(|signature| signature == authorization.signature) {
        return Ok(());
    }
    let claim = Claim { request, authorization, headers: &headers, raw_date, scope, partner, expected: &expected };
    let Guess { cause, signed } = cause::guess(&claim, authority.partners);
    let message = format!(
        "{MISMATCH}\n\nThe Canonical String for this request should have been\n'{expected}'\n\nThe String-to-Sign \
         should have been\n'{to_sign}'\n"
    );
    let mut rejection = Rejection::forbidden(INVALID, message).because(cause);
    rejection.mismatch = Some(Mismatch { expected, signed });
    Err(rejection.into())
}

/// Name and value of each signed header, by name; a header that the request does not carry counts as empty.
fn signed_headers(request: &Incoming<'_>, authorization: &Authorization) -> Vec<(String, String)> {
    let mut names = authorization.signed_headers.clone();
    names.sort();
    names.dedup();
    let mut headers = Vec::with_capacity(names.len());
    for name in names {
        let before = headers.len();
        for value in request.headers.get_all(name.as_str()) {
            let value = String::from_utf8_lossy(value.as_bytes());
            // No signature covers itself, and what is told of the headers must not hold one.
            let value = if name == "authorization" { masked(&value) } else { value.into_owned() };
            headers.push((name.clone(), value));
        }
        if headers.len() == before {
            headers.push((name, String::new()));
        }
    }
    headers
}

fn canonical_query(query: &str) -> String {
    let mut pairs: Vec<String> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| if pair.contains('=') { pair.to_owned() } else { format!("{pair}=") })
        .collect();
    pairs.sort();
    pairs.join("&")
}

impl Rejection {
    fn bad(name: &'static str, message: impl Into<String>) -> Self {
        Self { status: 400, name, message: message.into(), cause: None, mismatch: None }
    }

    fn forbidden(name: &'static str, message: impl Into<String>) -> Self {
        Self { status: 403, name, message: message.into(), cause: None, mismatch: None }
    }

    fn because(mut self, cause: impl Into<String>) -> Self {
        self.cause = Some(cause.into());
        self
    }
}
