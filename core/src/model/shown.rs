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
