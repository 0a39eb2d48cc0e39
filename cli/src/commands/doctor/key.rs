use super::finding::Finding;
use crate::settings::{Keys, Origins, Settings};
use posa_core::sign::{CredentialsProvider, Remark, remarks};

/// Where the key comes from, and whether it looks like one. It is never shown.
pub(super) async fn check(settings: &Settings) -> Vec<Finding> {
    let keys = match settings.keys() {
        Ok(keys) => keys,
        Err(error) => return vec![Finding::failed("key", error.message())],
    };
    let mut findings = vec![source(&settings.origins, matches!(keys, Keys::File(_)))];
    let credentials = match keys.load().await {
        Ok(credentials) => credentials,
        Err(error) => {
            findings.push(Finding::failed("key shape", error.message()));
            return findings;
        }
    };
    // A sandbox at an address of its own has keys of its own making.
    let is_vendors = settings.endpoint().is_ok_and(|endpoint| endpoint.host().ends_with(".amazon.com"));
    let remarks = remarks(&credentials).into_iter().filter(|remark| remark.is_wrong || is_vendors);
    let odd: Vec<_> = remarks.map(finding).collect();
    if odd.is_empty() {
        let what = if is_vendors { "both halves have their usual shape" } else { "both halves can be used" };
        findings.push(Finding::ok("key shape", what));
    }
    findings.extend(odd);
    findings
}

fn finding(remark: Remark) -> Finding {
    const REMEDY: &str = "copy both halves from the Incentives portal once more";
    match remark.is_wrong {
        true => Finding::problem("key shape", remark.message, REMEDY),
        false => Finding::warning("key shape", remark.message, REMEDY),
    }
}

fn source(origins: &Origins, is_file: bool) -> Finding {
    const CHECK: &str = "key";
    const REMEDY: &str = "leave the one that is not meant out";
    let Origins { access_key_id, secret_access_key, credentials_file } = origins;
    let (pair, file) = (access_key_id.first().or(secret_access_key.first()), credentials_file.first());
    match (is_file, file, pair) {
        (true, Some(file), Some(idle)) => {
            let what = format!("from the credentials file that {file} names, which outweighs the key of {idle}");
            Finding::warning(CHECK, what, REMEDY)
        }
        (true, file, _) => {
            Finding::ok(CHECK, format!("from the credentials file that {} names", file.unwrap_or(&"a setting")))
        }
        (false, Some(idle), Some(pair)) => {
            let what = format!("from {pair}, which outweighs the credentials file that {idle} names");
            Finding::warning(CHECK, what, REMEDY)
        }
        (false, ..) if access_key_id.first() != secret_access_key.first() => {
            let first = |sources: &[&'static str]| sources.first().copied().unwrap_or("nowhere");
            let (id, secret) = (first(access_key_id), first(secret_access_key));
            let what = format!("its id comes from {id} and its secret from {secret}");
            Finding::warning(CHECK, what, "see that they belong together: put both in one place")
        }
        (false, _, pair) => {
            let pair = pair.unwrap_or(&"a setting");
            match access_key_id.get(1).or(secret_access_key.get(1)) {
                Some(idle) => Finding::warning(CHECK, format!("from {pair}, which outweighs that of {idle}"), REMEDY),
                None => Finding::ok(CHECK, format!("from {pair}")),
            }
        }
    }
}
