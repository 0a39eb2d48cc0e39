use crate::error::{Delivery, Error, ErrorKind};
use crate::model::presentable;
use crate::sign::SignedHeaders;
use crate::sign::canonical::ALGORITHM;

impl SignedHeaders {
    /// Reads what a signer elsewhere answered: `x-amz-date` and `authorization` among the headers, in any case.
    ///
    /// # Errors
    /// Kind [`Authentication`](ErrorKind::Authentication), nothing sent: one of the two is missing, or does not have
    /// the form of Signature Version 4.
    pub fn from_headers<'a>(headers: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, Error> {
        let (mut amz_date, mut authorization) = (None, None);
        for (name, value) in headers {
            match name.to_ascii_lowercase().as_str() {
                "x-amz-date" => amz_date = Some(value.trim()),
                "authorization" => authorization = Some(value.trim()),
                _ => {}
            }
        }
        let amz_date = amz_date.filter(|date| is_amz_date(date)).ok_or_else(|| {
            signer_failed("its answer has no header x-amz-date such as 20260102T030405Z; return both headers")
        })?;
        let authorization = authorization.filter(|text| is_authorization(text)).ok_or_else(|| {
            signer_failed("its answer has no header authorization of AWS4-HMAC-SHA256; return both headers")
        })?;
        Ok(Self { amz_date: amz_date.to_owned(), authorization: authorization.to_owned() })
    }
}

/// The error of a signer elsewhere that refused to sign, or answered with no signature; nothing was sent, and it is not
/// asked again. Field `signer`. `reason` is cut to 200 characters and stripped of card numbers.
pub fn signer_failed(reason: &str) -> Error {
    let message = format!("the signer gave no signature: {}", presentable(reason, 200));
    Error::new(ErrorKind::Authentication, Delivery::NotSent, message).with_field("signer")
}

/// The error of a signer elsewhere that could not be asked; nothing was sent, and it is asked again until the deadline.
/// Field and `reason` as for [`signer_failed`].
pub fn signer_unreachable(reason: &str) -> Error {
    let message = format!("the signer could not be asked: {}", presentable(reason, 200));
    Error::new(ErrorKind::Unreachable, Delivery::NotSent, message).with_field("signer")
}

fn is_amz_date(text: &str) -> bool {
    text.len() == 16
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 => byte == b'T',
            15 => byte == b'Z',
            _ => byte.is_ascii_digit(),
        })
}

fn is_authorization(text: &str) -> bool {
    let rest = text.strip_prefix(ALGORITHM).unwrap_or_default();
    ["Credential=", "SignedHeaders=", "Signature="].iter().all(|part| rest.contains(part))
        && text.bytes().all(|b| b.is_ascii_graphic() || b == b' ')
}
