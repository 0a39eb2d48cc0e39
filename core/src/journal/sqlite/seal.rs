//! The checksums of entries: damage that SQLite does not notice, such as a digit of an amount, is found when an entry is
//! read.
//!
//! What was sold has one of its own, `sold`, which changes only with a sale that was refused and begins anew. The rest of a
//! row has `seal`, which covers `sold` too, so that a change costs no more than what changes.

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::ValueRef;

/// The columns that `sold` is made of, in order.
pub(super) const SOLD: [&str; 7] =
    ["request_id", "card", "checksum", "minor_units", "currency", "details", "started_at"];
/// The columns that `seal` is made of, in order, after `sold`.
pub(super) const MOVING: [&str; 14] = [
    "state",
    "attempts",
    "updated_at",
    "sent_at",
    "asked_at",
    "lease_until",
    "holder",
    "fence",
    "confirmed",
    "voided",
    "reversal_tries",
    "retry_at",
    "expiration",
    "note",
];
/// The columns that the seal of a history entry is made of, in order.
pub(super) const HISTORY: [&str; 6] = ["request_id", "at", "fence", "event", "attempts", "note"];

/// Lets the statements that migrate old journals say `seal(...)`.
pub(super) fn register(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_DIRECTONLY;
    connection.create_scalar_function("seal", -1, flags, |values| {
        Ok(seal((0..values.len()).map(|column| values.get_raw(column))))
    })
}

/// A CRC-32 over the values, each with its type and length.
pub(super) fn seal<'a>(values: impl IntoIterator<Item = ValueRef<'a>>) -> i64 {
    let mut text = Vec::with_capacity(320);
    for value in values {
        match value {
            ValueRef::Null => text.push(0),
            ValueRef::Integer(number) => number_of(&mut text, 1, number.to_le_bytes()),
            ValueRef::Real(number) => number_of(&mut text, 2, number.to_le_bytes()),
            ValueRef::Text(bytes) => bytes_of(&mut text, 3, bytes),
            ValueRef::Blob(bytes) => bytes_of(&mut text, 4, bytes),
        }
    }
    crc32fast::hash(&text).into()
}

/// The `seal` of a row: over the checksum of what was sold, and the values of [`MOVING`].
pub(super) fn whole(sold: i64, moving: &[ValueRef<'_>]) -> i64 {
    seal([ValueRef::Integer(sold)].into_iter().chain(moving.iter().copied()))
}

fn number_of(text: &mut Vec<u8>, kind: u8, number: [u8; 8]) {
    text.push(kind);
    text.extend_from_slice(&number);
}

fn bytes_of(text: &mut Vec<u8>, kind: u8, bytes: &[u8]) {
    number_of(text, kind, bytes.len().to_le_bytes());
    text.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::seal;
    use rusqlite::types::ValueRef;

    #[test]
    fn a_seal_tells_values_types_and_places_apart() {
        let of = |values: &[ValueRef<'_>]| seal(values.iter().copied());
        let one = of(&[ValueRef::Text(b"ab"), ValueRef::Text(b"c"), ValueRef::Null]);
        assert_eq!(one, of(&[ValueRef::Text(b"ab"), ValueRef::Text(b"c"), ValueRef::Null]));
        assert_ne!(one, of(&[ValueRef::Text(b"a"), ValueRef::Text(b"bc"), ValueRef::Null]));
        assert_ne!(one, of(&[ValueRef::Text(b"ab"), ValueRef::Null, ValueRef::Text(b"c")]));
        assert_ne!(of(&[ValueRef::Integer(2500)]), of(&[ValueRef::Integer(2502)]));
        assert_ne!(of(&[ValueRef::Integer(1)]), of(&[ValueRef::Text(b"1")]));
    }
}
