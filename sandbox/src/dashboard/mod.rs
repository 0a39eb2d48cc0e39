//! The page at `/`: shows the sandbox to people, and steers it.
//!
//! Everything is rendered here and works as plain links and forms; the script of the page only saves reloads. What
//! changes comes over server-sent events, as the same pieces of HTML that the page is made of.

mod actions;
mod events;
mod reply;
mod snapshot;
mod view;

use crate::admission;
use crate::server::{Dropped, Gateway, Payload, Unread, read};
use bytes::Bytes;
use hyper::body::Incoming;
use hyper::http::request::Parts;
use hyper::{Method, Response};
use reply::Reply;
use snapshot::{Query, Snapshot};
use std::sync::Arc;

const STYLE: &str = include_str!("assets/style.css");
const SCRIPT: &str = include_str!("assets/page.js");
const ICON: &str = include_str!("assets/icon.svg");

/// Whether a request is for the dashboard: `GET /`, or anything under `/_dashboard/`.
pub(crate) fn is_asked(parts: &Parts) -> bool {
    let path = parts.uri.path();
    (path == "/" && parts.method == Method::GET) || path.starts_with("/_dashboard/")
}

pub(crate) async fn serve(gateway: Arc<Gateway>, parts: Parts, body: Incoming) -> Result<Response<Payload>, Dropped> {
    let allow_remote = gateway.settings.allow_remote;
    let admitted = match parts.method {
        Method::GET => admission::page(&parts.headers, allow_remote),
        _ => admission::form(&parts.headers, allow_remote),
    };
    if let Err(why) = admitted {
        return Reply::failure(403, &why).send();
    }
    if parts.method == Method::GET && parts.uri.path() == "/_dashboard/events" {
        return match events::stream(&gateway, Query::of(&parts)) {
            Some(stream) => reply::stream(stream),
            None => Reply::failure(503, "too many dashboards are open; close one").send(),
        };
    }
    let body = match read(body, gateway.settings.body_timeout).await {
        Ok(body) => body,
        Err(Unread::TooLarge) => return Reply::failure(413, "the form is over 64 KiB").send(),
        Err(Unread::Broken) => return Err(Dropped),
    };
    gateway.on_a_blocking_thread(move |gateway| answer(gateway, &parts, &body)).await?.send()
}

/// Blocks on the ledger.
fn answer(gateway: &Gateway, parts: &Parts, body: &Bytes) -> Reply {
    let path = parts.uri.path();
    let route: Vec<&str> = path.strip_prefix("/_dashboard/").unwrap_or_default().split('/').collect();
    let answered = match parts.method {
        Method::GET => show(gateway, &route, &Query::of(parts)),
        Method::POST => actions::act(gateway, &route, body),
        _ => Ok(None),
    };
    match answered {
        Ok(Some(reply)) => reply,
        Ok(None) => Reply::failure(404, "there is no such page; it may have gone with the last reset"),
        Err(why) => Reply::failure(400, &why),
    }
}

fn show(gateway: &Gateway, route: &[&str], query: &Query) -> Result<Option<Reply>, String> {
    Ok(match route {
        [""] => Some(Reply::html(view::page(&Snapshot::of(gateway, query)?))),
        ["style.css"] => Some(Reply::asset("text/css; charset=utf-8", STYLE)),
        ["page.js"] => Some(Reply::asset("text/javascript; charset=utf-8", SCRIPT)),
        ["icon.svg"] => Some(Reply::asset("image/svg+xml", ICON)),
        ["requests", number] => {
            let number = number.parse().ok();
            let entry = number.and_then(|number| Some((number, gateway.log.find(number)?)));
            entry.map(|(number, entry)| Reply::html(view::request(number, &entry)))
        }
        ["cards", key] => snapshot::card(gateway, key)?.map(|card| Reply::html(view::card(key, &card, query.reveal))),
        ["faults"] => Some(Reply::html(view::faults())),
        _ => None,
    })
}
