/// One line of a table, taken apart into its cells. Nothing in it spans lines.
#[derive(Default)]
pub(super) struct Line {
    /// The cells' text, one after the other, without the quotes around it.
    text: Vec<u8>,
    /// Where each ends.
    ends: Vec<usize>,
}

/// Why a line cannot be taken apart; each names the cell, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Broken {
    /// The quote that opens in it is not closed.
    Open(usize),
    /// Text stands behind its closing quote.
    Behind(usize),
}

impl Line {
    pub(super) fn split(&mut self, line: &[u8], delimiter: u8) -> Result<(), Broken> {
        self.text.clear();
        self.ends.clear();
        let mut rest = line;
        loop {
            let inked = |b: &u8| *b == delimiter || !matches!(b, b' ' | b'\t');
            let start = rest.iter().position(inked).unwrap_or(rest.len());
            rest = match rest[start..].strip_prefix(b"\"") {
                Some(quoted) => self.quoted(quoted, delimiter)?,
                None => {
                    let (cell, after) = rest.split_at(end_of(rest, delimiter));
                    self.text.extend_from_slice(cell);
                    after
                }
            };
            self.ends.push(self.text.len());
            match rest.split_first() {
                Some((_, after)) => rest = after,
                None => return Ok(()),
            }
        }
    }

    /// Takes the text up to the closing quote, and gives what comes after the cell.
    fn quoted<'a>(&mut self, mut rest: &'a [u8], delimiter: u8) -> Result<&'a [u8], Broken> {
        let cell = self.ends.len() + 1;
        loop {
            let at = rest.iter().position(|b| *b == b'"').ok_or(Broken::Open(cell))?;
            self.text.extend_from_slice(&rest[..at]);
            rest = &rest[at + 1..];
            // Two of them stand for one within the text.
            let Some(more) = rest.strip_prefix(b"\"") else { break };
            self.text.push(b'"');
            rest = more;
        }
        let (behind, after) = rest.split_at(end_of(rest, delimiter));
        if behind.trim_ascii().is_empty() { Ok(after) } else { Err(Broken::Behind(cell)) }
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Without the white space around it; empty where the line ends before it.
    pub(super) fn cell(&self, at: usize) -> &[u8] {
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.ends.get(at).map_or(&[][..], |end| &self.text[start..*end]).trim_ascii()
    }

    pub(super) fn cells(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).map(|at| self.cell(at))
    }
}

fn end_of(rest: &[u8], delimiter: u8) -> usize {
    rest.iter().position(|b| *b == delimiter).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(line: &str) -> Result<Vec<String>, Broken> {
        let mut cells = Line::default();
        cells.split(line.as_bytes(), b',')?;
        Ok(cells.cells().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect())
    }

    #[test]
    fn quotes_hold_a_cell_together_on_its_line() {
        let cases: [(&str, &[&str]); 8] = [
            ("", &[""]),
            ("a, b ,", &["a", "b", ""]),
            (r#""a,b",c"#, &["a,b", "c"]),
            (r#" "a" , "b""#, &["a", "b"]),
            (r#""say ""hi""",x"#, &[r#"say "hi""#, "x"]),
            (r#"="1400",5" card"#, &[r#"="1400""#, r#"5" card"#]),
            ("\"\",", &["", ""]),
            ("\"a\"\r", &["a"]),
        ];
        for (line, cells) in cases {
            assert_eq!(split(line).as_deref(), Ok(&cells.iter().map(ToString::to_string).collect::<Vec<_>>()[..]));
        }
        assert_eq!(split(r#"a,"b"#), Err(Broken::Open(2)));
        assert_eq!(split(r#"a,b,""#), Err(Broken::Open(3)));
        assert_eq!(split(r#""a"b,c"#), Err(Broken::Behind(1)));
    }
}
