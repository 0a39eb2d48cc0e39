use super::{Decimal, Request, Unreadable};
use posa_core::model::Operation;
use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesRef, Event};
use std::collections::BTreeMap;

const MAX_DEPTH: usize = 32;
const MEMBERS: [&str; 7] = [
    "activationRequestId",
    "statusCheckRequestId",
    "partnerId",
    "cardNumber",
    "programId",
    "productType",
    "externalReference",
];

/// What an element is. Known once for all when it opens: to compare paths at each of a long body's elements would take
/// time that grows with both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    /// The one member that holds others.
    Value,
    /// A member with a text, by its path under the root.
    Member(&'static str),
    /// Passed over, with everything in it.
    Unknown,
}

impl Place {
    /// The element of that name directly in it.
    fn child(self, name: &str) -> Self {
        match (self, name) {
            (Self::Root, "value") => Self::Value,
            (Self::Root, _) => MEMBERS.into_iter().find(|known| *known == name).map_or(Self::Unknown, Self::Member),
            (Self::Value, "amount") => Self::Member("value/amount"),
            (Self::Value, "currencyCode") => Self::Member("value/currencyCode"),
            _ => Self::Unknown,
        }
    }
}

pub(super) fn read(operation: Operation, text: &str) -> Result<Request, Unreadable> {
    let mut members = members(operation, text.trim_start_matches('\u{feff}'))?;
    let mut member = |name: &str| members.remove(name).map(|text| text.trim().to_owned());
    let (amount, currency) = match operation {
        Operation::Activate => (member("value/amount"), member("value/currencyCode")),
        Operation::Deactivate | Operation::StatusCheck => (None, None),
    };
    Ok(Request {
        request_id: member(match operation {
            Operation::StatusCheck => "statusCheckRequestId",
            Operation::Activate | Operation::Deactivate => "activationRequestId",
        }),
        partner_id: member("partnerId"),
        card_number: member("cardNumber"),
        amount: amount.map(|text| Decimal::parse(&text).ok_or(Unreadable::WrongType)).transpose()?,
        currency,
        external_reference: member("externalReference"),
    })
}

/// The text of every known member, by its path under the root. Elements that are not known are passed over.
fn members(operation: Operation, text: &str) -> Result<BTreeMap<&'static str, String>, Unreadable> {
    let root = format!("{}Request", operation.name());
    let mut found = BTreeMap::new();
    let mut path: Vec<Place> = Vec::new();
    let (mut root_seen, mut value_seen) = (false, false);
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    loop {
        let event = reader.read_event().map_err(|_| malformed("the body is not well-formed XML"))?;
        match event {
            Event::Start(start) => {
                if path.len() == MAX_DEPTH {
                    return Err(malformed(&format!("the body is nested more than {MAX_DEPTH} deep")));
                }
                let name = start.local_name();
                let place = match path.last() {
                    None if !root_seen && name.as_ref() == root => Place::Root,
                    None => return Err(malformed(&format!("the body is not one {root} element"))),
                    Some(Place::Member(_)) => return Err(Unreadable::WrongType),
                    Some(parent) => parent.child(name.as_ref()),
                };
                root_seen = true;
                path.push(place);
                let again = match place {
                    Place::Member(key) if found.insert(key, String::new()).is_some() => key,
                    Place::Value if std::mem::replace(&mut value_seen, true) => "value",
                    _ => continue,
                };
                return Err(malformed(&format!("the body has {again} twice")));
            }
            Event::End(_) => {
                path.pop();
            }
            Event::Text(text) => add(&mut found, path.last(), &text.xml10_content())?,
            Event::CData(text) => add(&mut found, path.last(), &text.xml10_content())?,
            Event::GeneralRef(reference) => add(&mut found, path.last(), &resolve(&reference)?)?,
            Event::DocType(_) => return Err(malformed("the body has a document type; leave it out")),
            Event::Eof if path.is_empty() && root_seen => return Ok(found),
            Event::Eof => return Err(malformed("the body ends too early")),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) | Event::Empty(_) => {}
        }
    }
}

fn add(found: &mut BTreeMap<&'static str, String>, place: Option<&Place>, text: &str) -> Result<(), Unreadable> {
    match place {
        Some(Place::Member(key)) => found.entry(key).or_default().push_str(text),
        Some(Place::Unknown) => {}
        Some(Place::Root | Place::Value) | None if text.trim().is_empty() => {}
        Some(Place::Root | Place::Value) | None => {
            return Err(malformed("the body has text where elements are expected"));
        }
    }
    Ok(())
}

/// A character reference or one of the five predefined entities; there are no others without a document type.
fn resolve(reference: &BytesRef<'_>) -> Result<String, Unreadable> {
    let character = reference.resolve_char_ref().map_err(|_| malformed("the body has a reference to no character"))?;
    match character {
        Some(character) => Ok(character.to_string()),
        None => resolve_xml_entity(reference)
            .map(str::to_owned)
            .ok_or_else(|| malformed("the body has an entity that XML does not define")),
    }
}

fn malformed(what: &str) -> Unreadable {
    Unreadable::malformed(what)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn activate(inner: &str) -> Result<Request, Unreadable> {
        read(Operation::Activate, &format!("<ActivateGiftCardRequest>{inner}</ActivateGiftCardRequest>"))
    }

    #[test]
    fn elements_come_in_any_order_with_or_without_a_prolog() {
        let text = "\u{feff}<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- a till -->\n<ActivateGiftCardRequest>
              <value><amount> 10.00 </amount><currencyCode>USD</currencyCode></value>
              <transactionSource><sourceDetails>{\"a\" : 1}</sourceDetails><id/></transactionSource>
              <externalReference>a &lt;b&gt; &amp;&#x41;&#66;<![CDATA[<c>]]></externalReference>
              <cardNumber>1400000005567585358</cardNumber>
              <partnerId>Awssb</partnerId><activationRequestId>Awssb1</activationRequestId><programId/>
            </ActivateGiftCardRequest>\n";
        let request = read(Operation::Activate, text).unwrap();
        assert_eq!(request.request_id.as_deref(), Some("Awssb1"));
        assert_eq!(request.partner_id.as_deref(), Some("Awssb"));
        assert_eq!(request.card_number.as_deref(), Some("1400000005567585358"));
        assert_eq!((request.amount, request.currency.as_deref()), (Decimal::parse("10"), Some("USD")));
        assert_eq!(request.external_reference.as_deref(), Some("a <b> &AB<c>"));
    }

    #[test]
    fn the_other_operations_read_their_own_members() {
        let text = "<ActivationStatusCheckRequest><statusCheckRequestId>Awssb1</statusCheckRequestId>\
                    <activationRequestId>no</activationRequestId></ActivationStatusCheckRequest>";
        assert_eq!(read(Operation::StatusCheck, text).unwrap().request_id.as_deref(), Some("Awssb1"));
        assert!(matches!(read(Operation::Deactivate, text), Err(Unreadable::Malformed(_))));
    }

    #[test]
    fn an_empty_or_absent_element_is_empty_or_absent() {
        let request = activate("<partnerId/><cardNumber></cardNumber><value/>").unwrap();
        assert_eq!(request.partner_id.as_deref(), Some(""));
        assert_eq!(request.card_number.as_deref(), Some(""));
        assert_eq!((request.amount, request.currency, request.request_id), (None, None, None));
    }

    #[test]
    fn wrong_types_are_told_from_malformed_bodies() {
        for inner in ["<value><amount/></value>", "<value><amount>ten</amount></value>", "<partnerId><x/></partnerId>"]
        {
            assert_eq!(activate(inner), Err(Unreadable::WrongType), "{inner}");
        }
    }

    #[test]
    fn hostile_bodies_are_malformed() {
        let root = "ActivateGiftCardRequest";
        let bomb = format!(
            "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;\">]><{root}><partnerId>&b;</partnerId></{root}>"
        );
        let deep = format!("<{root}>{}{}</{root}>", "<x>".repeat(20_000), "</x>".repeat(20_000));
        for text in [
            bomb.as_str(),
            &deep,
            "{}",
            "<Other/>",
            &format!("<{root}>"),
            &format!("<{root}/><{root}/>"),
            &format!("text<{root}/>"),
            &format!("<{root}/>text"),
            &format!("<{root}>text</{root}>"),
            &format!("<{root}><partnerId>&file;</partnerId></{root}>"),
            &format!("<{root}><partnerId>&#0;</partnerId></{root}>"),
            &format!("<{root}><partnerId>&#xD800;</partnerId></{root}>"),
            &format!("<{root}><partnerId>a & b</partnerId></{root}>"),
            &format!("<{root}><partnerId>a</partnerId><partnerId>b</partnerId></{root}>"),
            &format!("<{root}><value/><value/></{root}>"),
            &format!("<{root}><a></b></{root}>"),
        ] {
            assert!(matches!(read(Operation::Activate, text), Err(Unreadable::Malformed(_))), "{text:.80}");
        }
    }
}
