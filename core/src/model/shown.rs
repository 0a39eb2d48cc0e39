use std::fmt;

/// Text from outside as an error may show it: short, on one line, and without card numbers.
pub(crate) fn presentable(text: &str, longest: usize) -> String {
    let mut shown = String::with_capacity(text.len().min(longest));
    let mut digits = 0usize;
    for c in text.chars().take(longest) {
        digits = if c.is_ascii_digit() { digits + 1 } else { 0 };
        // Twelve digits in a row are no amount, date or error code.
        if digits == 12 {
            shown.truncate(shown.len() - 11);
            shown.push_str("...");
        }
        match c {
            _ if digits >= 12 => {}
            c if c.is_control() => shown.push(' '),
            c => shown.push(c),
        }
    }
    shown.trim().to_owned()
}

/// A caller's own text in quotes, by its beginning: a megabyte of it must not fill a log.
pub(crate) struct Shown<'a>(pub(crate) &'a str);

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cut = if self.0.chars().nth(32).is_some() { "..." } else { "" };
        write!(f, "{:?}{cut}", presentable(self.0, 32))
    }
}
