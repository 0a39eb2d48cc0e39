//! The checksum of an entry: damage that SQLite does not notice, such as a digit of an amount, is found when it is read.

use super::row::COLUMNS;
use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::ValueRef;
use sha2::{Digest, Sha256};

/// The columns of a history entry that its seal is made of, in order.
pub(super) const HISTORY: &str = "request_id, at, fence, event, attempts, note";

/// Lets statements say `seal(...)`.
pub(super) fn register(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_DIRECTONLY;
    connection.create_scalar_function("seal", -1, flags, |values| {
        Ok(seal((0..values.len()).map(|column| values.get_raw(column))))
    })
}

/// 64 bits of SHA-256 over the values, each with its type and length.
pub(super) fn seal<'a>(values: impl Iterator<Item = ValueRef<'a>>) -> i64 {
    let mut text = Vec::with_capacity(256);
    for value in values {
        let (kind, bytes): (u8, &[u8]) = match value {
            ValueRef::Null => (0, &[]),
            ValueRef::Integer(number) => {
                text.push(1);
                text.extend_from_slice(&number.to_le_bytes());
                continue;
            }
            ValueRef::Real(number) => {
                text.push(2);
                text.extend_from_slice(&number.to_le_bytes());
                continue;
            }
            ValueRef::Text(bytes) => (3, bytes),
            ValueRef::Blob(bytes) => (4, bytes),
        };
        text.push(kind);
        text.extend_from_slice(&bytes.len().to_le_bytes());
        text.extend_from_slice(bytes);
    }
    let digest: [u8; 32] = Sha256::digest(&text).into();
    i64::from_le_bytes([digest[0], digest[1], digest[2], digest[3], digest[4], digest[5], digest[6], digest[7]])
}

/// The start of an UPDATE of a sale that sets these columns to these expressions, and the seal to what fits.
pub(super) fn update(changes: &[(&str, &str)]) -> String {
    let new = |column: &str| {
        let change = changes.iter().find(|(changed, _)| *changed == column);
        change.map_or_else(|| column.to_owned(), |(_, expression)| (*expression).to_owned())
    };
    let set: Vec<_> = changes.iter().map(|(column, expression)| format!("{column} = {expression}")).collect();
    let sealed: Vec<_> = COLUMNS.split(", ").map(new).collect();
    format!("UPDATE sale SET {}, seal = seal({})", set.join(", "), sealed.join(", "))
}

#[cfg(test)]
mod tests {
    use super::{seal, update};
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

    #[test]
    fn an_update_seals_what_it_leaves_behind() {
        let text = update(&[("state", "?3"), ("note", "?8")]);
        assert!(text.starts_with("UPDATE sale SET state = ?3, note = ?8, seal = seal(request_id, card, "));
        assert!(text.contains("details, ?3, attempts") && text.ends_with("expiration, ?8)"), "{text}");
    }
}
