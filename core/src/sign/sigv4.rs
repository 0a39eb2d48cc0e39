use super::canonical::{ALGORITHM, SigningKey, amz_date, credential_scope, signing_key, string_to_sign};
use super::{Credentials, CredentialsProvider, SignedHeaders, Signer, Unsigned};
use crate::BoxFuture;
use crate::error::Error;
use crate::model::Region;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::time::Instant;

/// Signs with an access key held in this process. The derived key is computed once for a day and a secret.
pub struct SigV4 {
    region: Region,
    provider: Box<dyn CredentialsProvider>,
    current: Mutex<Option<Arc<Derived>>>,
}

struct Derived {
    credentials: Credentials,
    /// When the credentials were read.
    read_at: Instant,
    day: String,
    scope: String,
    key: SigningKey,
}

impl SigV4 {
    /// For one region; the credentials are asked for at the first request.
    pub fn new(region: Region, provider: impl CredentialsProvider + 'static) -> Self {
        Self { region, provider: Box::new(provider), current: Mutex::new(None) }
    }

    /// The key for a day, derived anew if the day or the credentials changed.
    async fn derived(&self, day: &str) -> Result<Arc<Derived>, Error> {
        let held = self.current();
        match held {
            Some(derived) if derived.day == day => Ok(derived),
            Some(derived) => self.derive(derived.credentials.clone(), derived.read_at, day),
            None => self.derive(self.provider.load().await?, Instant::now(), day),
        }
    }

    fn current(&self) -> Option<Arc<Derived>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn derive(&self, credentials: Credentials, read_at: Instant, day: &str) -> Result<Arc<Derived>, Error> {
        let key = signing_key(credentials.secret_access_key(), day, self.region.name())
            .ok_or_else(|| Error::configuration("clock", format!("the clock gives {day:?}, which is not a day")))?;
        let scope = credential_scope(day, self.region.name());
        let derived = Arc::new(Derived { credentials, read_at, day: day.to_owned(), scope, key });
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&derived));
        Ok(derived)
    }
}

impl Signer for SigV4 {
    fn sign<'a>(&'a self, request: Unsigned<'a>) -> BoxFuture<'a, Result<SignedHeaders, Error>> {
        Box::pin(async move {
            let amz_date = amz_date(request.now);
            let derived = self.derived(&amz_date[..8]).await?;
            let canonical = request.canonical_request(&amz_date);
            let signature = derived.key.signature(&string_to_sign(&amz_date, &derived.scope, &canonical));
            let authorization = [
                ALGORITHM,
                " Credential=",
                derived.credentials.access_key_id(),
                "/",
                &derived.scope,
                ", SignedHeaders=",
                Unsigned::SIGNED_HEADERS,
                ", Signature=",
                &signature,
            ]
            .concat();
            Ok(SignedHeaders { amz_date, authorization })
        })
    }

    fn renew(&self, signed_at: Instant) -> BoxFuture<'_, Result<bool, Error>> {
        Box::pin(async move {
            if self.current().is_some_and(|held| held.read_at > signed_at) {
                return Ok(true);
            }
            let fresh = self.provider.load().await?;
            let Some(held) = self.current().filter(|held| held.credentials != fresh) else { return Ok(false) };
            self.derive(fresh, Instant::now(), &held.day)?;
            Ok(true)
        })
    }
}

impl fmt::Debug for SigV4 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let access_key_id = self.current().map(|d| d.credentials.access_key_id().to_owned());
        f.debug_struct("SigV4")
            .field("region", &self.region)
            .field("access_key_id", &access_key_id)
            .finish_non_exhaustive()
    }
}
