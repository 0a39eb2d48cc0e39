//! The stores of the location mapping file.

use super::table::{Drops, assert_quiet};
use crate::input::Input;
use posa_core::inventory::{read_stores, write_locations};

pub(crate) fn run(bytes: &[u8]) {
    let file = Input::new(bytes).rest();
    let read = read_stores(file);
    let pieces = read_stores(Drops::of(file));
    let text = |error: &posa_core::Error| format!("{error:?}");
    assert_eq!(read.as_ref().map_err(text), pieces.as_ref().map_err(text), "read piece by piece");
    match read {
        Ok(stores) => {
            let mut written = Vec::new();
            // A store that is there twice is found when the file is written.
            match write_locations(&stores, &mut written) {
                Ok(()) => assert_eq!(read_stores(&*written).unwrap(), stores),
                Err(error) => assert_quiet(&error, file),
            }
            for store in &stores {
                assert_eq!(store.transaction_source().unwrap().source_id(), store.source_id);
            }
        }
        Err(error) => assert_quiet(&error, file),
    }
}
