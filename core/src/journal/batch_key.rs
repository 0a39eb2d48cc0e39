use crate::error::{Delivery, Error, ErrorKind};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;
use zeroize::Zeroizing;

/// The secret from which a batch's request ids are made, so that nobody else comes to the same ids. A journal keeps the
/// first that it is given for good. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct BatchKey(Zeroizing<[u8; Self::LENGTH]>);

impl BatchKey {
    const LENGTH: usize = 32;

    /// From random bytes.
    pub fn new(random: [u8; Self::LENGTH]) -> Self {
        Self(Zeroizing::new(random))
    }

    /// As a journal kept it.
    ///
    /// # Errors
    /// Kind [`Journal`](ErrorKind::Journal): not 32 bytes.
    pub fn kept(bytes: &[u8]) -> Result<Self, Error> {
        let message = "the journal's key for batches is damaged; look at the journal before a batch is run again";
        let kept = bytes.try_into().map_err(|_| Error::new(ErrorKind::Journal, Delivery::NotSent, message))?;
        Ok(Self::new(kept))
    }

    /// To be kept by a journal.
    pub fn bytes(&self) -> &[u8] {
        &*self.0
    }

    /// What stands for `parts`: the same for the same parts, and nothing that can be found out without the key.
    pub(crate) fn digest(&self, parts: &[&str]) -> [u8; 32] {
        // HMAC fills a key up to its block of 64 bytes with zeros.
        let mut block = Zeroizing::new([0; 64]);
        block[..Self::LENGTH].copy_from_slice(self.bytes());
        let mut mac = Hmac::<Sha256>::new(&(*block).into());
        for part in parts {
            // With its length, so that "ab", "c" and "a", "bc" differ.
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for BatchKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BatchKey(***)")
    }
}
