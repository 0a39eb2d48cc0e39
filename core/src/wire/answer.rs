use super::{json, xml};
use crate::model::presentable;

/// What an answer of the gateway says, success or failure, JSON or XML. A member that is absent or null is `None`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// `SUCCESS`, `FAILURE` or `RESEND`; for failures it stands inside `agcodResponse`.
    pub status: Option<String>,
    /// `activationRequestId` or `statusCheckRequestId`.
    pub request_id: Option<String>,
    /// `cardInfo.cardNumber`, as sent.
    pub card_number: Option<String>,
    /// `cardInfo.cardStatus`.
    pub card_status: Option<String>,
    /// `cardInfo.expirationDate`, as sent.
    pub expiration: Option<String>,
    /// `cardInfo.value.currencyCode`.
    pub currency: Option<String>,
    /// `cardInfo.value.amount`, the number's own text.
    pub amount: Option<String>,
    /// `errorCode`: the class, `F100` to `F500`.
    pub error_code: Option<String>,
    /// `errorType`.
    pub error_type: Option<String>,
    /// `message` or `Message`.
    pub message: Option<String>,
    /// The name of an exception of the framework in front of the service, such as `ThrottlingException`.
    pub exception: Option<String>,
    /// The answer has a member `message` or `Message`, even if it is null: the service could not read the request.
    pub(crate) has_message: bool,
    /// The member is `"Message":null`, which the framework in front of the service makes of an error without a text.
    pub(crate) null_message: bool,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Any member may hold what belongs into another.
        let shown = |text: &Option<String>| text.as_deref().map(|text| presentable(text, 64));
        f.debug_struct("Answer")
            .field("status", &shown(&self.status))
            .field("request_id", &shown(&self.request_id))
            .field("card_number", &self.card_number.as_ref().map(|_| "..."))
            .field("card_status", &shown(&self.card_status))
            .field("error_code", &shown(&self.error_code))
            .field("error_type", &shown(&self.error_type))
            .field("exception", &shown(&self.exception))
            .finish_non_exhaustive()
    }
}

/// A body that is no answer of this service: a proxy's page, half a document, anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undecodable;

/// Reads an answer in whichever format it is.
///
/// # Errors
/// [`Undecodable`] if it is neither JSON nor XML of the service's forms, is cut short, has a member twice, or one of
/// a wrong type.
pub fn decode(body: &[u8]) -> Result<Answer, Undecodable> {
    let text = std::str::from_utf8(body).map_err(|_| Undecodable)?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let answer = match text.trim_start().as_bytes().first() {
        Some(b'{') => json::decode(text)?,
        Some(b'<') => xml::decode(text)?,
        _ => return Err(Undecodable),
    };
    let speaks =
        answer.status.is_some() || answer.error_type.is_some() || answer.exception.is_some() || answer.has_message;
    if speaks { Ok(answer) } else { Err(Undecodable) }
}
