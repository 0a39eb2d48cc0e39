use super::view;
use crate::server::{Dropped, Payload, Stream};
use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper::Response;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, LOCATION};
use hyper::http::response::Builder;
use maud::Markup;

/// Nothing but the page's own style, script and picture is loaded, nothing inline runs, and no other page may show
/// this one in a frame. The referrer stays: without it, browsers send forms with the origin `null`.
const HEADERS: [(&str, &str); 6] = [
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
];

pub(super) struct Reply {
    status: u16,
    content_type: &'static str,
    body: Bytes,
    location: Option<&'static str>,
}

impl Reply {
    pub(super) fn html(page: Markup) -> Self {
        Self { status: 200, content_type: "text/html; charset=utf-8", body: page.into_string().into(), location: None }
    }

    pub(super) fn asset(content_type: &'static str, text: &'static str) -> Self {
        Self { status: 200, content_type, body: Bytes::from_static(text.as_bytes()), location: None }
    }

    /// A page that says why.
    pub(super) fn failure(status: u16, why: &str) -> Self {
        Self { status, ..Self::html(view::failure(why)) }
    }

    /// What a form is answered with: the page, asked for anew.
    pub(super) fn done() -> Self {
        Self { status: 303, location: Some("/"), ..Self::asset("text/plain", "") }
    }

    pub(super) fn send(self) -> Result<Response<Payload>, Dropped> {
        let mut response = builder(self.status, self.content_type);
        if let Some(location) = self.location {
            response = response.header(LOCATION, location);
        }
        response.body(Either::Left(Full::new(self.body))).map_err(|_| Dropped)
    }
}

pub(super) fn stream(events: Stream) -> Result<Response<Payload>, Dropped> {
    builder(200, "text/event-stream").body(Either::Right(Either::Right(events))).map_err(|_| Dropped)
}

fn builder(status: u16, content_type: &'static str) -> Builder {
    let common =
        Response::builder().status(status).header(CONTENT_TYPE, content_type).header(CACHE_CONTROL, "no-store");
    HEADERS.into_iter().fold(common, |builder, (name, value)| builder.header(HeaderName::from_static(name), value))
}
