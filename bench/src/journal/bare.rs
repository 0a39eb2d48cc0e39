//! Rows of about 250 bytes into one table without an index; what queues up shares a commit.

use super::{Figures, Start, figures, file};
use crate::{Result, fixture};
use rusqlite::Connection;
use std::path::Path;
use std::sync::mpsc::{SyncSender, channel, sync_channel};
use std::time::{Duration, Instant};

struct Record {
    id: String,
    body: Vec<u8>,
    durable: SyncSender<()>,
}

pub(super) fn measure(folder: &Path, callers: usize, length: Duration) -> Result<Figures> {
    let connection = Connection::open(file(folder))?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         CREATE TABLE record (seq INTEGER PRIMARY KEY, id TEXT NOT NULL, body BLOB NOT NULL)",
    )?;
    let start = Start::now()?;
    let (records, queue) = channel::<Record>();
    let callers: Vec<_> = (0..callers)
        .map(|lane| {
            let records = records.clone();
            std::thread::spawn(move || -> Result<Vec<u64>> {
                let (durable, wait) = sync_channel(1);
                let (mut latencies, mut i) = (Vec::new(), lane as u64);
                while start.at.elapsed() < length {
                    let begun = Instant::now();
                    let record =
                        Record { id: format!("Awssb{i:030}"), body: fixture::body(i)?, durable: durable.clone() };
                    records.send(record)?;
                    wait.recv()?;
                    latencies.push(u64::try_from(begun.elapsed().as_nanos())?);
                    i += callers as u64;
                }
                Ok(latencies)
            })
        })
        .collect();
    drop(records);
    while let Ok(first) = queue.recv() {
        let group: Vec<Record> = std::iter::once(first).chain(queue.try_iter()).collect();
        commit(&connection, &group)?;
        for record in group {
            // A caller that has ended waits for nothing.
            let _ = record.durable.send(());
        }
    }
    let mut latencies = Vec::new();
    for caller in callers {
        latencies.extend(caller.join().map_err(|_| "a caller panicked")??);
    }
    let records = latencies.len();
    figures(latencies, records, start)
}

fn commit(connection: &Connection, group: &[Record]) -> Result<()> {
    let transaction = connection.unchecked_transaction()?;
    let mut insert = transaction.prepare_cached("INSERT INTO record (id, body) VALUES (?1, ?2)")?;
    for record in group {
        insert.execute((&record.id, &record.body))?;
    }
    drop(insert);
    Ok(transaction.commit()?)
}
