use super::{INCOMPLETE, INVALID, Incoming, Rejection};
use posa_core::sign::canonical::ALGORITHM;

/// What the `authorization` header says.
pub(super) struct Authorization {
    pub(super) credential: String,
    /// Lower-case names, in the order of the header.
    pub(super) signed_headers: Vec<String>,
    pub(super) signature: String,
    /// The whole header as an error may show it: `Authorization=...` without the signature.
    pub(super) shown: String,
}

impl Authorization {
    pub(super) fn read(request: &Incoming<'_>) -> Result<Self, Box<Rejection>> {
        let in_query = request.query.split('&').any(|pair| pair.to_ascii_lowercase().starts_with("x-amz-algorithm="));
        let Some(header) = request.headers.get("authorization") else {
            let missing = "Request is missing Authentication Token";
            let mut rejection = Rejection::forbidden("MissingAuthenticationTokenException", missing);
            if in_query {
                rejection = rejection.because("the query is signed; sign the headers instead (header form)");
            }
            return Err(rejection.into());
        };
        if in_query {
            let both = "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.";
            return Err(Rejection::bad(INVALID, both).into());
        }
        let text = String::from_utf8_lossy(header.as_bytes());
        let (algorithm, parameters) = text.split_once([' ', '\t']).unwrap_or((&text, ""));
        if algorithm != ALGORITHM {
            let unsupported = format!("Unsupported AWS 'algorithm': '{}'", masked(algorithm));
            return Err(Rejection::bad(INCOMPLETE, unsupported).into());
        }
        Self::from_parameters(parameters, format!("Authorization={}", masked(&text)))
    }

    fn from_parameters(parameters: &str, shown: String) -> Result<Self, Box<Rejection>> {
        let (mut credential, mut signature, mut signed_headers) = (None, None, None);
        for pair in parameters.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let Some((name, value)) = pair.split_once('=') else {
                let message = format!(
                    "'{}' not a valid key=value pair (missing equal-sign) in Authorization header: '{}'.",
                    masked(pair),
                    shown.trim_start_matches("Authorization=")
                );
                return Err(Rejection::bad(INCOMPLETE, message).into());
            };
            match name {
                "Credential" => credential = Some(value.to_owned()),
                "Signature" => signature = Some(value.to_owned()),
                "SignedHeaders" => signed_headers = Some(value.to_ascii_lowercase()),
                _ => {}
            }
        }
        let missing: String = [
            ("Credential", credential.is_none()),
            ("Signature", signature.is_none()),
            ("SignedHeaders", signed_headers.is_none()),
        ]
        .into_iter()
        .filter(|(_, missing)| *missing)
        .map(|(name, _)| format!("Authorization header requires '{name}' parameter. "))
        .collect();
        match (credential, signature, signed_headers) {
            (Some(credential), Some(signature), Some(names)) => {
                let signed_headers = names.split(';').filter(|name| !name.is_empty()).map(str::to_owned).collect();
                Ok(Self { credential, signed_headers, signature, shown })
            }
            _ => Err(Rejection::bad(INCOMPLETE, missing + &shown).into()),
        }
    }
}

/// The text with every run of 64 or more hex digits, which may be a signature, left out.
pub(super) fn masked(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for run in text.split_inclusive(|c: char| !c.is_ascii_hexdigit()) {
        let digits = run.trim_end_matches(|c: char| !c.is_ascii_hexdigit());
        match digits.len() {
            64.. => shown.extend(["***", &run[digits.len()..]]),
            _ => shown.push_str(run),
        }
    }
    shown
}
