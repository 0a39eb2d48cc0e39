//! XML without document types: elements and their text, which is all that the service speaks.

use super::{Answer, Undecodable};
use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;
use std::collections::HashSet;

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
        message,
        // The root of a business error has an unknown name; only without an errorType does it name an exception.
        exception: (root.child("errorType").is_none() && root.name.ends_with("Exception")).then(|| root.name.clone()),
    })
}

fn has_twins(element: &Element) -> bool {
    let mut names = HashSet::new();
    element.children.iter().any(|child| !names.insert(&child.name) || has_twins(child))
}
