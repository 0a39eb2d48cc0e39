//! What holds for every reader of a table.

use crate::leaks::{assert_hidden, assert_safe, printed};
use posa_core::Error;
use std::io::Read;

/// A file that comes a few bytes at a time.
pub(super) struct Drops<'a> {
    left: &'a [u8],
    size: usize,
}

impl<'a> Drops<'a> {
    pub(super) fn of(file: &'a [u8]) -> Self {
        Self { left: file, size: 1 + file.len() % 7 }
    }
}

impl Read for Drops<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let size = self.size.min(buffer.len());
        let (next, size) = (&self.left[..size.min(self.left.len())], size);
        buffer[..next.len()].copy_from_slice(next);
        self.left = &self.left[size.min(self.left.len())..];
        Ok(next.len())
    }
}

/// An error about a file shows no cell of it: any may hold a card number or a claim code.
pub(super) fn assert_quiet(error: &Error, file: &[u8]) {
    let printed = printed(error);
    assert_safe(&printed);
    // Cells that look like a claim code; no word of a message does.
    for cell in String::from_utf8_lossy(file).split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')) {
        let capitals = cell.bytes().filter(u8::is_ascii_uppercase).count();
        if cell.len() > 12 && capitals > 3 && cell.bytes().any(|b| b.is_ascii_digit()) {
            assert_hidden(cell, &printed);
        }
    }
}
