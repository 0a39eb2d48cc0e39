//! Checks a signed request from the public description of SigV4, with nothing of posa's own: what a contender sends is
//! verified before it is timed.

use crate::Result;
use crate::fixture::{ACCESS_KEY_ID, SECRET};
use crate::floor::{derive_key, mac};
use sha2::{Digest, Sha256};

/// Whether the request with this head (request line and header lines) and body is signed by the fixture's key.
pub(crate) fn verify(head: &str, body: &[u8]) -> Result<()> {
    let mut lines = head.split("\r\n");
    let mut request_line = lines.next().unwrap_or_default().split(' ');
    let (method, path) = (request_line.next().unwrap_or_default(), request_line.next().unwrap_or_default());
    let headers: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(':')).collect();
    let header = |name: &str| {
        let found = headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim());
        found.ok_or_else(|| format!("no header {name}"))
    };

    let authorization = header("authorization")?;
    let part = |name: &str| {
        let found = authorization.split([' ', ',']).find_map(|p| p.strip_prefix(name)?.strip_prefix('='));
        found.ok_or_else(|| format!("no {name} in the authorization header"))
    };
    let (credential, signed, signature) = (part("Credential")?, part("SignedHeaders")?, part("Signature")?);
    let scope = credential.strip_prefix(ACCESS_KEY_ID).and_then(|rest| rest.strip_prefix('/')).ok_or("other key id")?;
    let [day, region, service, "aws4_request"] = scope.split('/').collect::<Vec<_>>()[..] else {
        return Err("odd credential scope".into());
    };

    let mut canonical = format!("{method}\n{path}\n\n");
    for name in signed.split(';') {
        canonical.push_str(&format!("{name}:{}\n", header(name)?));
    }
    canonical.push_str(&format!("\n{signed}\n{}", hex::encode(Sha256::digest(body))));
    let date = header("x-amz-date")?;
    let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hex::encode(Sha256::digest(&canonical)));
    let expected = hex::encode(mac(&derive_key(SECRET, day, region, service)?, to_sign.as_bytes())?);
    if expected != signature {
        return Err(format!("the signature differs; the canonical request is {canonical:?}").into());
    }
    Ok(())
}
