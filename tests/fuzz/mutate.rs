//! How one input is made of another.

use fastrand::Rng;

/// Longest input, but for those that are grown to see how the steps grow.
pub(crate) const LONGEST: usize = 4096;
const LARGE: usize = 32 * 1024;

/// What inputs are made of: those that were found so far, and words of the wire and of the files.
pub(crate) struct Material<'a> {
    pub(crate) inputs: &'a [Vec<u8>],
    pub(crate) words: &'a [&'a str],
}

impl Material<'_> {
    /// A new input; one in a thousand is large.
    pub(crate) fn mutant(&self, rng: &mut Rng) -> Vec<u8> {
        let mut bytes = self.any(rng).to_vec();
        if rng.u32(..1000) == 0 {
            return grown(&bytes, rng);
        }
        let most = 1 << rng.u32(..4);
        for _ in 0..=rng.u32(..most) {
            self.change(&mut bytes, rng);
        }
        bytes.truncate(LONGEST);
        bytes
    }

    fn any(&self, rng: &mut Rng) -> &[u8] {
        &self.inputs[rng.usize(..self.inputs.len())]
    }

    fn change(&self, bytes: &mut Vec<u8>, rng: &mut Rng) {
        let (from, to) = piece(bytes, rng);
        match rng.u32(..12) {
            0 if !bytes.is_empty() => {
                let at = rng.usize(..bytes.len());
                bytes[at] ^= 1 << rng.u32(..8);
            }
            1 if !bytes.is_empty() => {
                let at = rng.usize(..bytes.len());
                bytes[at] = byte(rng);
            }
            2 => put(bytes, from..from, &[byte(rng)]),
            3 => put(bytes, from..to, &[]),
            4 => {
                let copy = bytes[from..to].to_vec();
                put(bytes, from..from, &copy);
            }
            5 => {
                let (other, end) = piece(bytes, rng);
                let copy = bytes[other..end].to_vec();
                put(bytes, from..to, &copy);
            }
            6 => {
                let other = self.any(rng);
                let (other_from, other_to) = piece(other, rng);
                put(bytes, from..to, &other[other_from..other_to]);
            }
            7 => put(bytes, from..from, self.word(rng)),
            8 => put(bytes, from..to, self.word(rng)),
            9 => {
                let (from, to) = digits(bytes, rng);
                put(bytes, from..to, number(rng).as_bytes());
            }
            10 => {
                let other = self.any(rng);
                let keep = from.min(other.len());
                put(bytes, from..bytes.len(), &other[keep..]);
            }
            _ => put(bytes, from..from, &vec![byte(rng); rng.usize(..40)]),
        }
    }

    fn word(&self, rng: &mut Rng) -> &[u8] {
        self.words[rng.usize(..self.words.len())].as_bytes()
    }
}

/// A piece of it again and again, with a number in each, so that names differ.
fn grown(bytes: &[u8], rng: &mut Rng) -> Vec<u8> {
    let (from, to) = piece(bytes, rng);
    let (head, again) = bytes[from..to].split_at(rng.usize(..=to - from));
    let numbered = rng.bool();
    let mut large = bytes[..from].to_vec();
    for n in 0u32.. {
        large.extend_from_slice(head);
        if numbered {
            large.extend_from_slice(n.to_string().as_bytes());
        }
        large.extend_from_slice(again);
        if large.len() > LARGE || n > 20_000 {
            break;
        }
    }
    large.extend_from_slice(&bytes[to..]);
    large
}

fn put(bytes: &mut Vec<u8>, at: std::ops::Range<usize>, new: &[u8]) {
    bytes.splice(at, new.iter().copied());
}

/// Mostly a short piece; often one that begins and ends where a member, a cell or an element does.
fn piece(bytes: &[u8], rng: &mut Rng) -> (usize, usize) {
    let place = |rng: &mut Rng| rng.usize(..=bytes.len());
    let from = place(rng);
    let to = if rng.bool() { place(rng) } else { (from + rng.usize(..16)).min(bytes.len()) };
    let (from, to) = (from.min(to), from.max(to));
    if rng.bool() {
        return (from, to);
    }
    let edge = |at: usize| {
        let next = bytes[at..].iter().position(|b| matches!(b, b',' | b';' | b'<' | b'"' | b'\n' | b'{' | b'}' | b'='));
        next.map_or(bytes.len(), |after| at + after)
    };
    (edge(from), edge(to))
}

/// The digits that follow a place.
fn digits(bytes: &[u8], rng: &mut Rng) -> (usize, usize) {
    let start = rng.usize(..=bytes.len());
    let Some(from) = bytes[start..].iter().position(u8::is_ascii_digit) else { return (start, start) };
    let from = start + from;
    let length = bytes[from..].iter().position(|b| !b.is_ascii_digit()).unwrap_or(bytes.len() - from);
    (from, from + length)
}

fn number(rng: &mut Rng) -> String {
    match rng.u32(..5) {
        0 => rng.u64(..).to_string(),
        1 => format!("{}.{:02}", rng.u32(..3000), rng.u32(..100)),
        2 => format!("{:016}", rng.u64(..10_000_000_000_000_000)),
        3 => format!("{}e{}", rng.u32(..100), rng.i32(-20..20)),
        _ => rng.u32(..1000).to_string(),
    }
}

fn byte(rng: &mut Rng) -> u8 {
    match rng.u32(..3) {
        0 => rng.u8(..),
        1 => *rng.choice(b"\"\\{}[]<>&;:,=/'.-+ \t\r\n\0\x1d0e").expect("it is not empty"),
        _ => rng.u8(b' '..=b'~'),
    }
}
