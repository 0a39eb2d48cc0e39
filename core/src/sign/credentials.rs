use crate::error::Error;
use std::fmt;
use std::sync::Arc;
use zeroize::Zeroizing;

/// An access key. The secret is never printed and is wiped from memory when the last copy goes.
#[derive(Clone)]
pub struct Credentials(Arc<Inner>);

struct Inner {
    access_key_id: String,
    secret_access_key: Zeroizing<String>,
}

impl Credentials {
    /// # Errors
    /// Fields `access_key_id`, `secret_access_key`: empty, or with white space or control characters, as when a
    /// line end was pasted along.
    pub fn new(access_key_id: impl Into<String>, secret_access_key: impl Into<String>) -> Result<Self, Error> {
        let access_key_id = access_key_id.into();
        let secret_access_key = Zeroizing::new(secret_access_key.into());
        check("access_key_id", &access_key_id)?;
        check("secret_access_key", &secret_access_key)?;
        if access_key_id.contains(['/', ',', '=']) {
            return Err(Error::configuration("access_key_id", "access_key_id has a character that no key id has"));
        }
        Ok(Self(Arc::new(Inner { access_key_id, secret_access_key })))
    }

    /// The public half.
    pub fn access_key_id(&self) -> &str {
        &self.0.access_key_id
    }

    pub(crate) fn secret_access_key(&self) -> &str {
        &self.0.secret_access_key
    }
}

fn check(field: &'static str, text: &str) -> Result<(), Error> {
    if text.is_empty() {
        return Err(Error::configuration(
            field,
            format!("{field} is empty; take both halves from the Incentives portal"),
        ));
    }
    if !text.bytes().all(|b| b.is_ascii_graphic()) {
        let message =
            format!("{field} has white space or a character that no key has; copy it again without a line end");
        return Err(Error::configuration(field, message));
    }
    Ok(())
}

impl PartialEq for Credentials {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
            || (self.0.access_key_id == other.0.access_key_id
                && *self.0.secret_access_key == *other.0.secret_access_key)
    }
}

impl Eq for Credentials {}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.0.access_key_id)
            .field("secret_access_key", &"***")
            .finish()
    }
}
