//! XML without document types: elements and their text, which is all that the service speaks.

use super::{Answer, Undecodable};
use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;

/// Deepest nesting that is read; the service's own documents have four levels.
const MAX_DEPTH: usize = 16;

/// An element: its local name, its own text and the elements in it. Attributes are passed over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Element {
    /// The name without a prefix.
    pub name: String,
    /// The text directly in it, without the white space around it.
    pub text: String,
    /// The elements directly in it, in their order.
    pub children: Vec<Element>,
}

impl Element {
    /// The one element of this name directly in it; `None` if there is none, or more than one.
    pub fn child(&self, name: &str) -> Option<&Self> {
        let mut named = self.children.iter().filter(|child| child.name == name);
        named.next().filter(|_| named.next().is_none())
    }
}

/// Reads a whole document.
///
/// # Errors
/// Not well-formed, a document type, an entity other than the five predefined ones and character references, more
/// than 16 levels, or anything after the root.
pub fn parse(text: &str) -> Result<Element, Undecodable> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut open = vec![Element::default()];
    loop {
        let event = reader.read_event().map_err(|_| Undecodable)?;
        let depth = open.len();
        let top = open.last_mut().ok_or(Undecodable)?;
        match event {
            Event::Start(start) if depth <= MAX_DEPTH => {
                let name = start.local_name().as_ref().to_owned();
                open.push(Element { name, ..Element::default() });
            }
            Event::End(_) => {
                let mut closed = open.pop().ok_or(Undecodable)?;
                closed.text = closed.text.trim().to_owned();
                open.last_mut().ok_or(Undecodable)?.children.push(closed);
            }
            Event::Text(text) => top.text.push_str(&text.xml10_content()),
            Event::CData(text) => top.text.push_str(&text.xml10_content()),
            Event::GeneralRef(reference) => match reference.resolve_char_ref() {
                Ok(Some(c)) => top.text.push(c),
                Ok(None) => top.text.push_str(resolve_predefined_entity(&reference).ok_or(Undecodable)?),
                Err(_) => return Err(Undecodable),
            },
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Start(_) | Event::Empty(_) | Event::DocType(_) => return Err(Undecodable),
            Event::Eof => break,
        }
    }
    let mut document = open.pop().filter(|_| open.is_empty()).ok_or(Undecodable)?;
    let root = document.children.pop().ok_or(Undecodable)?;
    if document.children.is_empty() && document.text.trim().is_empty() { Ok(root) } else { Err(Undecodable) }
}

pub(super) fn decode(text: &str) -> Result<Answer, Undecodable> {
    let root = parse(text)?;
    // A member that stands twice has no one meaning.
    if has_twins(&root) {
        return Err(Undecodable);
    }
    let text = |parent: &Element, name: &str| parent.child(name).map(|child| child.text.clone());
    let response = root.child("agcodResponse").unwrap_or(&root);
    let card = response.child("cardInfo");
    let in_card = |name| card.and_then(|card| text(card, name));
    let value = card.and_then(|card| card.child("value"));
    let in_value = |name| value.and_then(|value| text(value, name));
    let message = text(&root, "message").or_else(|| text(&root, "Message"));
    Ok(Answer {
        status: text(response, "status"),
        request_id: text(response, "activationRequestId").or_else(|| text(response, "statusCheckRequestId")),
        card_number: in_card("cardNumber"),
        card_status: in_card("cardStatus"),
        expiration: in_card("expirationDate").filter(|date| !date.is_empty()),
        currency: in_value("currencyCode"),
        amount: in_value("amount"),
        error_code: text(&root, "errorCode"),
        error_type: text(&root, "errorType"),
        has_message: message.is_some(),
        null_message: false,
        message,
        // The root of a business error has an unknown name; only without an errorType does it name an exception.
        exception: (root.child("errorType").is_none() && root.name.ends_with("Exception")).then(|| root.name.clone()),
    })
}

fn has_twins(element: &Element) -> bool {
    let names = element.children.iter().map(|child| child.name.as_str()).collect();
    repeats(names) || element.children.iter().any(has_twins)
}

/// Whether one of them is there twice. Sorted first: comparing each with each would take a megabyte of names minutes.
fn repeats<T: Ord>(mut names: Vec<T>) -> bool {
    names.sort_unstable();
    names.windows(2).any(|pair| matches!(pair, [a, b] if a == b))
}

#[cfg(test)]
mod tests {
    use super::repeats;
    use std::cell::Cell;
    use std::cmp::Ordering;

    /// A name that counts how often it is compared.
    struct Counted<'a>(u32, &'a Cell<u32>);

    impl PartialEq for Counted<'_> {
        fn eq(&self, other: &Self) -> bool {
            self.cmp(other) == Ordering::Equal
        }
    }

    impl Eq for Counted<'_> {}

    impl PartialOrd for Counted<'_> {
        fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
            Some(self.cmp(other))
        }
    }

    impl Ord for Counted<'_> {
        fn cmp(&self, other: &Self) -> Ordering {
            self.1.set(self.1.get() + 1);
            self.0.cmp(&other.0)
        }
    }

    #[test]
    fn ten_times_the_names_take_no_hundred_times_the_steps() {
        let steps = |names: u32| {
            let count = Cell::new(0);
            // In an order that no sorting knows.
            let mixed = (0..names).map(|n| Counted(n.wrapping_mul(2_654_435_761), &count));
            assert!(!repeats(mixed.collect()));
            count.get()
        };
        assert!(steps(10_000) < 20 * steps(1_000), "{} {}", steps(1_000), steps(10_000));
        assert!(repeats(vec!["b", "a", "b"]) && !repeats(vec!["b", "a"]));
    }
}
