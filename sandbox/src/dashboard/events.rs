use super::snapshot::{Query, Snapshot};
use super::view;
use crate::server::{Gateway, Stream};
use bytes::Bytes;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// Changes in so short a time are shown as one.
const PAUSE: Duration = Duration::from_millis(200);
/// A client that is gone is noticed when something is written to it.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// The stream of what changes on a page; `None` if too many are open.
pub(super) fn stream(gateway: &Arc<Gateway>, query: Query) -> Option<Stream> {
    let mut changes = gateway.changes.watch()?;
    let (sender, receiver) = mpsc::channel(1);
    let (gateway, query) = (Arc::clone(gateway), Arc::new(query));
    tokio::spawn(async move {
        let mut shown = Shown::default();
        while *changes.borrow_and_update() {
            let query = Arc::clone(&query);
            let work = move |gateway: &Gateway| {
                let news = shown.news(gateway, &query);
                (shown, news)
            };
            let Ok((after, news)) = gateway.on_a_blocking_thread(work).await else { return };
            shown = after;
            if sender.send(news).await.is_err() {
                return;
            }
            tokio::select! {
                () = sender.closed() => return,
                () = tokio::time::sleep(PAUSE) => {}
            }
            tokio::select! {
                () = sender.closed() => return,
                _ = tokio::time::timeout(HEARTBEAT, changes.changed()) => {}
            }
        }
    });
    Some(Stream(receiver))
}

/// What the page has been sent.
#[derive(Default)]
struct Shown {
    /// The hash of each part, by its id.
    parts: HashMap<String, u64>,
    /// The hash of the cards' keys and of their number: which cards are listed.
    cards: Option<u64>,
    /// The newest request, and how often the log had been emptied.
    log: Option<(u64, u64)>,
}

impl Shown {
    /// All that differs from what was sent, at least a comment. At first, that is everything: the page may be older
    /// than the stream.
    fn news(&mut self, gateway: &Gateway, query: &Query) -> Bytes {
        let mut news = String::from(":\n\n");
        let Ok(snapshot) = Snapshot::of(gateway, query) else { return news.into() };
        let keys: Vec<&str> = snapshot.cards.iter().map(|(key, _)| key.as_str()).collect();
        let keys = hash(&(keys, snapshot.cards_found));
        let others = self.cards.replace(keys) != Some(keys);
        if others {
            write_event(&mut news, "part", &view::card_list(&snapshot).into_string());
        }
        for (id, part) in view::parts(&snapshot) {
            let html = part.into_string();
            let listed = others && id.starts_with("card-");
            let hash = hash(&html);
            if self.parts.insert(id, hash) != Some(hash) && !listed {
                write_event(&mut news, "part", &html);
            }
        }
        let log = &snapshot.log;
        let now = (log.newest, log.emptied);
        match self.log.replace(now) {
            _ if query.before.is_some() => {}
            Some(then) if then == now => {}
            Some((newest, emptied)) if emptied == log.emptied && log.newest - newest < Snapshot::REQUESTS as u64 => {
                let added: Vec<_> = log.entries.iter().filter(|(number, _)| *number > newest).collect();
                write_event(&mut news, "rows", &view::rows(added).into_string());
            }
            _ => write_event(&mut news, "log", &view::rows(&log.entries).into_string()),
        }
        news.into()
    }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// A line end within the data would end the field, or begin one of a stranger's.
fn write_event(stream: &mut String, name: &str, html: &str) {
    *stream += &format!("event: {name}\n");
    for line in html.split(['\n', '\r']) {
        *stream += &format!("data: {line}\n");
    }
    stream.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_end_within_the_data_begins_a_field_of_its_own() {
        let mut stream = String::new();
        write_event(&mut stream, "part", "a\nevent: evil\r\ndata: x\rid: 1");
        assert_eq!(stream, "event: part\ndata: a\ndata: event: evil\ndata: \ndata: data: x\ndata: id: 1\n\n");
    }
}
