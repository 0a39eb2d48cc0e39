//! Which of key, secret, region and clock a refused signature speaks of.

use crate::error::Cause;

/// From the gateway's text, or from what posa's sandbox says of it in its header `x-posa-cause`. Of neither a word is
/// repeated: they may hold the request's headers, signature included.
pub(super) fn cause(message: &str, sandbox: Option<&str>) -> Option<Cause> {
    let told = |text: &str, known: &[(&str, Cause)]| {
        known.iter().find(|(words, _)| text.contains(words)).map(|(_, cause)| cause.clone())
    };
    sandbox.and_then(|text| told(text, &SANDBOX)).or_else(|| told(message, &GATEWAY))
}

const GATEWAY: [(&str, Cause); 7] = [
    ("Signature expired", Cause::Clock),
    ("Signature not yet current", Cause::Clock),
    ("Date in Credential scope", Cause::Clock),
    ("scoped to a valid region", Cause::Region),
    ("to correct service", Cause::Region),
    ("security token included in the request is invalid", Cause::Key),
    ("signature we calculated does not match", Cause::Secret),
];

const SANDBOX: [(&str, Cause); 4] = [
    ("clock is", Cause::Clock),
    ("for region", Cause::Region),
    ("access key id is not one", Cause::Key),
    ("secret", Cause::Secret),
];

/// What the gateway refused.
pub(super) fn words(cause: Option<&Cause>) -> Option<&'static str> {
    Some(match cause? {
        Cause::Key => "the gateway does not know the access key id",
        Cause::Secret => {
            "the signature is not that of this access key id: its secret is another one, or the request was changed on \
             its way"
        }
        Cause::Region => "the signature is for another region than the gateway's",
        Cause::Clock => "the gateway refused the time of the signature: this machine's clock is wrong",
        _ => return None,
    })
}

/// What to do about it.
pub(super) fn remedy(cause: Option<&Cause>) -> &'static str {
    match cause {
        Some(Cause::Key) => "nothing changed; check the access key id: sandbox and production have keys of their own",
        Some(Cause::Secret) => "nothing changed; copy the key and its secret from the Incentives portal once more",
        Some(Cause::Region) => "nothing changed; sign for the region that the gateway is in",
        Some(Cause::Clock) => "nothing changed; set this machine's clock, and keep it by NTP",
        _ => "nothing changed; check the access key, its secret, the region and the clock",
    }
}

#[cfg(test)]
mod tests {
    use super::cause;
    use crate::error::Cause;

    #[test]
    fn each_text_of_the_front_end_names_its_cause() {
        let mismatch = "The request signature we calculated does not match the signature you provided. Check your AWS \
                        Secret Access Key and signing method. Consult the service documentation for details.";
        let cases = [
            (mismatch, None, Some(Cause::Secret)),
            (
                mismatch,
                Some("the key was derived for region eu-west-1 and the credential says us-east-1"),
                Some(Cause::Region),
            ),
            (mismatch, Some("most likely the secret access key differs"), Some(Cause::Secret)),
            ("The security token included in the request is invalid.", None, Some(Cause::Key)),
            ("Credential should be scoped to a valid region, not 'eu-west-1'. ", None, Some(Cause::Region)),
            ("Signature expired: 20260101T000000Z is now earlier than ...", None, Some(Cause::Clock)),
            ("Signature not yet current: 20260101T000000Z is still later", None, Some(Cause::Clock)),
            ("Authorization header requires 'Credential' parameter. Authorization=AWS4", None, None),
            ("", None, None),
        ];
        for (message, sandbox, expected) in cases {
            assert_eq!(cause(message, sandbox), expected, "{message}");
        }
    }
}
