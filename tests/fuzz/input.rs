//! Choices and texts out of a fuzzer's bytes.

use posa_core::model::Operation;

/// What is left of an input. Each line is one text, so that the fuzzer can move and double them; an input that has
/// ended gives zeros and empty texts.
pub(crate) struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// One of them; a printable first byte chooses by its order in the alphabet of bytes.
    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::from(self.byte()) % from.len()]
    }

    pub(crate) fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    pub(crate) fn flag(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    pub(crate) fn operation(&mut self) -> Operation {
        self.pick(&Operation::ALL)
    }

    /// Up to the next line feed, as far as it is UTF-8.
    pub(crate) fn line(&mut self) -> &'a str {
        let end = self.0.iter().position(|byte| *byte == b'\n').unwrap_or(self.0.len());
        let (line, rest) = self.0.split_at(end);
        self.0 = rest.get(1..).unwrap_or_default();
        readable(line)
    }

    /// Everything that is left.
    pub(crate) fn rest(self) -> &'a [u8] {
        self.0
    }

    /// Everything that is left, as far as it is UTF-8.
    pub(crate) fn text(self) -> &'a str {
        readable(self.0)
    }
}

fn readable(bytes: &[u8]) -> &str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(e) => std::str::from_utf8(&bytes[..e.valid_up_to()]).unwrap_or_default(),
    }
}
