use std::fmt;

/// The part of a canonical request in which two of them differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The first line.
    Method,
    /// The second line.
    Path,
    /// The third line.
    Query,
    /// A signed header.
    Header,
    /// The list of the signed headers' names.
    SignedHeaders,
    /// The hash of the body.
    PayloadHash,
}

/// The first line in which two canonical requests differ, and what most often causes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The line's number, from 1.
    pub line: usize,
    /// What the line holds.
    pub part: Part,
    /// The line as it was signed; empty if there is none.
    pub ours: String,
    /// The line as the other side computed it; empty if there is none.
    pub theirs: String,
    /// The likely cause, in words.
    pub cause: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: signed {:?}, expected {:?}: {}", self.line, self.ours, self.theirs, self.cause)
    }
}

/// Compares the canonical request that was signed with the one that the other side computed.
///
/// `None` if they are equal: then the secret, or the date, region or service of the credential scope, differs.
pub fn explain(signed: &str, expected: &str) -> Option<Difference> {
    let (ours, theirs) = (lines(signed), lines(expected));
    let at = (0..ours.len().max(theirs.len())).find(|&at| ours.get(at) != theirs.get(at))?;
    let line = |side: &[&str]| side.get(at).copied().unwrap_or_default().to_owned();
    let (ours_line, theirs_line) = (line(&ours), line(&theirs));
    // A header that one side lacks shifts all that follow: the part is told from the longer side.
    let part = part_of(if ours.len() >= theirs.len() { &ours } else { &theirs }, at);
    let cause = cause(part, &ours_line, &theirs_line);
    Some(Difference { line: at + 1, part, ours: ours_line, theirs: theirs_line, cause })
}

fn lines(canonical: &str) -> Vec<&str> {
    canonical.trim_end_matches(['\r', '\n']).lines().collect()
}

fn part_of(lines: &[&str], at: usize) -> Part {
    match at {
        0 => Part::Method,
        1 => Part::Path,
        2 => Part::Query,
        _ if at + 1 == lines.len() => Part::PayloadHash,
        _ if at + 2 == lines.len() => Part::SignedHeaders,
        _ => Part::Header,
    }
}

fn cause(part: Part, ours: &str, theirs: &str) -> String {
    match part {
        Part::Method => "the method differs; every operation is a POST".into(),
        Part::Path if ours.trim_end_matches('/') == theirs.trim_end_matches('/') => {
            "a slash at the end of the path was signed but not sent, or the reverse".into()
        }
        Part::Path => "the path differs; it is / and the operation's name, not encoded twice".into(),
        Part::Query => "the query differs; the operations have none".into(),
        Part::PayloadHash => {
            "the body was changed after it was signed, often by writing the JSON a second time; sign the bytes you send"
                .into()
        }
        Part::SignedHeaders => "the lists of signed headers differ".into(),
        Part::Header => header_cause(ours, theirs),
    }
}

fn header_cause(ours: &str, theirs: &str) -> String {
    let (our_name, our_value) = ours.split_once(':').unwrap_or((ours, ""));
    let (their_name, their_value) = theirs.split_once(':').unwrap_or((theirs, ""));
    if our_name != their_name {
        return format!(
            "the header {:?} is signed on one side only",
            if our_name.is_empty() || (!their_name.is_empty() && their_name < our_name) {
                their_name
            } else {
                our_name
            }
        );
    }
    let bare = |host: &str| host.rsplit_once(':').map_or(host.to_owned(), |(name, _)| name.to_owned());
    match our_name {
        "host" if their_value.contains(':') && bare(their_value) == our_value => {
            "the host was signed without its port; sign the Host header as it is sent".into()
        }
        "host" if our_value.contains(':') && bare(our_value) == their_value => {
            "the host was signed with a port that was not sent, often by a proxy that rewrites Host".into()
        }
        "host" => "the host differs, often because a proxy rewrites it".into(),
        "x-amz-date" => "the time was read twice: x-amz-date is not the one that was signed".into(),
        _ if our_value.eq_ignore_ascii_case(their_value) => format!("the letters of {our_name:?} changed their case"),
        _ => format!("the value of {our_name:?} was changed after signing, often by the HTTP library or a proxy"),
    }
}
