use posa_core::model::Operation;
use posa_core::sign::canonical::{
    SERVICE, canonical_request, credential_scope, payload_hash, signing_key, string_to_sign,
};
use posa_core::sign::{Credentials, SigV4, Signer, Unsigned, explain};
use posa_core::wire::Format;
use posa_tests::vectors;
use serde::Deserialize;

#[derive(Deserialize)]
struct File {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    origin: String,
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: String,
    payload_hash: String,
    amz_date: String,
    region: String,
    service: String,
    access_key_id: String,
    secret_access_key: String,
    canonical_request: String,
    string_to_sign: String,
    signature: Option<String>,
    authorization: Option<String>,
    client: Option<ByClient>,
}

/// A case whose headers are those of the client.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ByClient {
    operation: String,
    format: String,
    host: String,
}

fn cases() -> Vec<Case> {
    vectors::<File>("signatures").cases
}

fn canonical(case: &Case) -> String {
    let headers: Vec<_> = case.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    canonical_request(&case.method, &case.path, &case.query, &headers, &payload_hash(case.body.as_bytes()))
}

#[test]
fn canonical_requests() {
    for case in cases() {
        assert_eq!(payload_hash(case.body.as_bytes()), case.payload_hash, "{}", case.name);
        assert_eq!(canonical(&case), case.canonical_request, "{}", case.name);
        assert_eq!(explain(&canonical(&case), &case.canonical_request), None, "{}", case.name);
    }
}

#[test]
fn strings_to_sign() {
    for case in cases() {
        let scope = credential_scope(&case.amz_date[..8], &case.region);
        let text = string_to_sign(&case.amz_date, &scope, &case.canonical_request);
        let scope = scope.replace(SERVICE, &case.service);
        assert_eq!(
            text.replace(&format!("/{SERVICE}/"), &format!("/{}/", case.service)),
            case.string_to_sign,
            "{}",
            case.name
        );
        assert!(case.string_to_sign.contains(&scope), "{}", case.name);
    }
}

#[test]
fn signatures() {
    let mut compared = 0;
    for case in cases() {
        assert_eq!(case.signature.is_some(), case.service == SERVICE, "{}", case.name);
        let Some(signature) = case.signature else { continue };
        let key = signing_key(&case.secret_access_key, &case.amz_date[..8], &case.region).unwrap();
        assert_eq!(key.signature(&case.string_to_sign), signature, "{}", case.name);
        compared += 1;
    }
    assert_eq!(compared, 7);
}

#[tokio::test]
async fn the_client_signs_the_same() {
    let mut compared = 0;
    for case in cases() {
        let Some(client) = case.client else { continue };
        let operation = Operation::ALL.into_iter().find(|o| o.name() == client.operation).unwrap();
        let format: Format = client.format.parse().unwrap();
        let [y, m, d, h, min, s] = [0..4, 4..6, 6..8, 9..11, 11..13, 13..15].map(|at| &case.amz_date[at]);
        let now = format!("{y}-{m}-{d}T{h}:{min}:{s}Z").parse().unwrap();
        let unsigned = Unsigned { operation, format, host: &client.host, body: case.body.as_bytes(), now };
        let credentials = Credentials::new(case.access_key_id, case.secret_access_key).unwrap();
        let signer = SigV4::new(case.region.parse().unwrap(), credentials);
        let signed = signer.sign(unsigned).await.unwrap();
        assert_eq!(Some(signed.authorization), case.authorization, "{}", case.name);
        assert_eq!(signed.amz_date, case.amz_date, "{}", case.name);
        assert_eq!(unsigned.canonical_request(&case.amz_date), case.canonical_request, "{}", case.name);
        compared += 1;
    }
    assert_eq!(compared, 5);
}

#[test]
fn every_origin_is_there() {
    let cases = cases();
    let of = |origin: &str| cases.iter().filter(|case| case.origin == origin).count();
    assert_eq!((of("posa"), of("public"), of("aws-sigv4")), (6, 1, 25));
}
