use super::Worker;
use crate::Result;
use crate::fixture::{ACCESS_KEY_ID, JSON, PATH, REGION, SECRET, SERVICE, TARGET, body, check};
use crate::task::Task;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningInstructions, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use aws_smithy_runtime_api::client::identity::Identity;
use std::time::SystemTime;

/// reqwest and aws-sigv4 as their documentation puts them together.
pub(super) struct ByHand {
    http: reqwest::Client,
    url: String,
    host: String,
    identity: Identity,
}

impl Worker for ByHand {
    async fn open(task: &Task) -> Result<Vec<Self>> {
        // reqwest is built without a provider of its own here. One that was installed before is this one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let authority = reqwest::Certificate::from_pem(&std::fs::read(&task.ca)?)?;
        let http = reqwest::Client::builder().no_proxy().tls_certs_only([authority]).build()?;
        let worker = |_| Self {
            http: http.clone(),
            url: format!("{}{PATH}", task.url),
            host: task.host().to_owned(),
            identity: identity(),
        };
        Ok((0..task.in_flight).map(worker).collect())
    }

    async fn operation(&mut self, i: u64) -> Result<()> {
        let mut request = http::Request::post(&self.url)
            .header("accept", JSON)
            .header("content-type", JSON)
            .header("host", &self.host)
            .header("x-amz-target", TARGET)
            .body(body(i)?)?;
        let headers = request.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap_or_default()));
        instructions(&self.url, headers, request.body(), &self.identity)?.apply_to_request_http1x(&mut request);
        let answer = self.http.execute(request.try_into()?).await?;
        if answer.status() != 200 {
            return Err(format!("status {}", answer.status()).into());
        }
        check(i, &answer.bytes().await?)
    }
}

/// The fixture's keys as aws-sigv4 takes them.
pub(crate) fn identity() -> Identity {
    aws_credential_types::Credentials::new(ACCESS_KEY_ID, SECRET, None, None, "bench").into()
}

/// What aws-sigv4 adds to a request: its signature for the fixture's key, now.
pub(crate) fn instructions<'a>(
    url: &'a str,
    headers: impl Iterator<Item = (&'a str, &'a str)>,
    body: &'a [u8],
    identity: &Identity,
) -> Result<SigningInstructions> {
    let parameters = SigningParams::builder()
        .identity(identity)
        .region(REGION)
        .name(SERVICE)
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()?
        .into();
    let signable = SignableRequest::new("POST", url, headers, SignableBody::Bytes(body))?;
    Ok(sign(signable, &parameters)?.into_parts().0)
}
