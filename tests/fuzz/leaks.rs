//! What nothing that is printed may hold.

use posa_core::Error;
use std::fmt::Debug;

/// Every way in which an error is printed.
pub(crate) fn printed(error: &Error) -> String {
    format!("{error}\n{error:#}\n{error:?}\n{}\n{:?}\n{:?}", error.message(), error.code(), error.error_type())
}

/// Every way in which a value is printed that is no text for people.
pub(crate) fn shown(value: &impl Debug) -> String {
    format!("{value:?}\n{value:#?}")
}

/// No whole card number, however it is spaced, and nothing that may be a signature. Digits that follow a letter at once are
/// an id's, which is shown.
pub(crate) fn assert_safe(text: &str) {
    let (mut digits, mut hex, mut in_word) = (0, 0, false);
    for c in text.chars() {
        in_word = c.is_ascii_alphabetic() || (in_word && (c.is_ascii_digit() || matches!(c, '-' | '_')));
        digits = match c {
            c if c.is_ascii_digit() && !in_word => digits + 1,
            ' ' | '-' => digits,
            _ => 0,
        };
        hex = if c.is_ascii_hexdigit() { hex + 1 } else { 0 };
        assert!(digits < 16, "a card number is shown in full: {text}");
        assert!(hex < 64, "a signature is shown in full: {text}");
    }
}

/// Nothing of a secret, of which eight characters or more would help to guess it.
pub(crate) fn assert_hidden(secret: &str, text: &str) {
    assert!(secret.len() < 8 || !text.contains(secret), "{secret:?} is shown in full: {text}");
}
