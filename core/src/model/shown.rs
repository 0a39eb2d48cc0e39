use std::fmt;

/// Text from outside as an error may show it: short, on one line, and without card numbers and signatures.
pub(crate) fn presentable(text: &str, longest: usize) -> String {
    let mut shown = String::with_capacity(text.len().min(longest));
    // Twelve digits in a row are no amount, date or error code; and cards are written in groups.
    let (mut row, mut groups, mut hex) = (Run::of(12), Run::of(16), Run::of(32));
    for c in text.chars().take(longest) {
        let c = if c.is_control() { ' ' } else { c };
        row.take(c.is_ascii_digit(), shown.len());
        hex.take(c.is_ascii_hexdigit(), shown.len());
        if !matches!(c, ' ' | '-') {
            groups.take(c.is_ascii_digit(), shown.len());
        }
        let secret =
            [&row, &groups, &hex].into_iter().filter(|run| run.length >= run.longest).map(|run| run.start).min();
        match secret.filter(|_| c.is_ascii_hexdigit()) {
            Some(start) => {
                shown.truncate(start);
                shown.push_str("...");
                [&mut row, &mut groups, &mut hex].into_iter().for_each(|run| run.start = run.start.min(start));
            }
            None => shown.push(c),
        }
    }
    shown.trim().to_owned()
}

/// Characters of one kind, one after the other: where the first was shown, how many they are, and how many are secret.
struct Run {
    start: usize,
    length: usize,
    longest: usize,
}

impl Run {
    fn of(longest: usize) -> Self {
        Self { start: 0, length: 0, longest }
    }

    fn take(&mut self, belongs: bool, at: usize) {
        match (belongs, self.length) {
            (false, _) => self.length = 0,
            (true, 0) => (self.start, self.length) = (at, 1),
            (true, length) => self.length = length + 1,
        }
    }
}

/// A caller's own text in quotes, by its beginning: a megabyte of it must not fill a log.
pub(crate) struct Shown<'a>(pub(crate) &'a str);

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cut = if self.0.chars().nth(32).is_some() { "..." } else { "" };
        write!(f, "{:?}{cut}", presentable(self.0, 32))
    }
}

/// Where a text has a character that nobody sees, such as `position 3 is U+200B, which is invisible`.
pub(crate) fn invisible(text: &str) -> Option<String> {
    let (c, position) = text.chars().zip(1u32..).find(|(c, _)| is_invisible(*c))?;
    Some(named(c, position))
}

/// As the end of a message about a text: `: position 3 is U+200B, which is invisible`, or nothing.
pub(super) fn unseen(text: &str) -> String {
    invisible(text).map(|what| format!(": {what}")).unwrap_or_default()
}

/// What stands in a place where only digits may.
pub(crate) fn no_digit(c: char, position: u32) -> String {
    match is_invisible(c) {
        true => named(c, position),
        false => format!("position {position} is no digit from 0 to 9"),
    }
}

fn named(c: char, position: u32) -> String {
    format!("position {position} is U+{:04X}, which is invisible", u32::from(c))
}

fn is_invisible(c: char) -> bool {
    match c {
        ' ' => false,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}' => true,
        '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' => true,
        '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}' => true,
        c => c.is_control() || c.is_whitespace(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_named() {
        for (text, named) in [
            ("14\u{200B}0", "position 3 is U+200B, which is invisible"),
            ("\u{FEFF}1", "position 1 is U+FEFF, which is invisible"),
            ("é\u{A0}", "position 2 is U+00A0, which is invisible"),
            ("a\0", "position 2 is U+0000, which is invisible"),
        ] {
            assert_eq!(invisible(text).as_deref(), Some(named));
        }
        assert_eq!(invisible("Größe 14 – ٣円"), None);
    }
}
