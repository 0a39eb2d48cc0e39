use super::payload::{Cut, Dropped, Payload};
use crate::wire::Reply;
use http_body_util::{Either, Full};
use hyper::Response;
use hyper::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, DATE, HeaderName, HeaderValue};
use jiff::Timestamp;
use std::time::Duration;

/// A reply, and how much of it leaves.
pub(crate) struct Answer {
    pub(crate) reply: Reply,
    pub(crate) delivery: Delivery,
    /// For the header `x-posa-cause`.
    pub(crate) cause: Option<String>,
}

pub(crate) enum Delivery {
    Whole,
    /// The connection breaks in the middle of the body.
    Half,
    After(Duration),
    /// The connection is closed without a byte. A late request is applied by its number after the delay.
    Nothing {
        late: Option<(u64, Duration)>,
    },
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Self {
        Self { reply, delivery: Delivery::Whole, cause: None }
    }
}

impl Answer {
    pub(crate) fn text(status: u16, body: &str) -> Self {
        let verdict = format!("HTTP {status}");
        Reply { status, content_type: "text/plain", body: body.into(), verdict, committed: false }.into()
    }

    pub(super) fn html() -> Self {
        let body = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1>\
                    </center>\r\n</body>\r\n</html>\r\n";
        let mut answer = Self::text(502, body);
        answer.reply.content_type = "text/html";
        answer
    }

    /// No answer at all; the verdict is for the log.
    pub(super) fn dropped(verdict: &str) -> Self {
        let mut answer = Self::text(0, "");
        answer.reply.verdict = verdict.into();
        answer.delivery = Delivery::Nothing { late: None };
        answer
    }

    pub(super) fn is_sent(&self) -> bool {
        !matches!(self.delivery, Delivery::Nothing { .. })
    }

    /// `now` is the sandbox's time: clients correct their clocks by the `date` header.
    pub(super) async fn send(self, now: Timestamp) -> Result<Response<Payload>, Dropped> {
        let Reply { status, content_type, body, .. } = self.reply;
        let length = body.len();
        let payload = match self.delivery {
            Delivery::Nothing { .. } => return Err(Dropped),
            Delivery::Half => Either::Right(Either::Left(Cut::new(&body))),
            Delivery::After(delay) => {
                tokio::time::sleep(delay).await;
                Either::Left(Full::from(body))
            }
            Delivery::Whole => Either::Left(Full::from(body)),
        };
        let mut response = Response::builder()
            .status(status)
            .header(HeaderName::from_static("x-amzn-requestid"), request_id())
            .header(CONTENT_TYPE, content_type)
            .header(CONTENT_LENGTH, length)
            .header(DATE, now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string());
        if let Some(cause) = self.cause.and_then(|cause| HeaderValue::try_from(cause).ok()) {
            response = response.header(HeaderName::from_static("x-posa-cause"), cause);
        }
        if status >= 400 {
            // As the live gateway does after every error.
            response = response.header(CONNECTION, "close");
        }
        response.body(payload).map_err(|_| Dropped)
    }
}

/// A random UUID (version 4).
fn request_id() -> String {
    let mut bytes = [0; 16];
    // Without randomness all ids are equal: they only help to find an answer in a log.
    let _ = getrandom::fill(&mut bytes);
    let id = u128::from_be_bytes(bytes) & !(0xf << 76 | 0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let hex = format!("{id:032x}");
    [0..8, 8..12, 12..16, 16..20, 20..32].map(|range| hex.get(range).unwrap_or_default()).join("-")
}
