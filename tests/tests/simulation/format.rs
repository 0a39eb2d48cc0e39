//! Worlds speak JSON or XML with their gateway, whose ledger thinks in JSON.

use posa_core::wire::xml::{Element, parse};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// A request's body as JSON, in whichever format it is.
pub(super) fn as_json(body: &[u8]) -> Cow<'_, [u8]> {
    let root = std::str::from_utf8(body).ok().filter(|text| text.starts_with('<')).and_then(|text| parse(text).ok());
    root.map_or(body.into(), |root| value(&root).to_string().into_bytes().into())
}

fn value(element: &Element) -> Value {
    if !element.children.is_empty() {
        return element.children.iter().map(|child| (child.name.clone(), value(child))).collect::<Map<_, _>>().into();
    }
    match element.name.as_str() {
        "amount" => serde_json::from_str(&element.text).unwrap_or_default(),
        _ => element.text.clone().into(),
    }
}

/// An answer's body as XML; one that is no JSON, because it is cut short, stays as it is.
pub(super) fn as_xml(body: String) -> String {
    let Ok(Value::Object(members)) = serde_json::from_str(&body) else { return body };
    let shape = members.get("__type").and_then(Value::as_str).and_then(|name| name.split_once('#'));
    let name = shape.map_or("Answer", |(_, name)| name);
    format!("<{name}>{}</{name}>", elements(&members))
}

fn elements(members: &Map<String, Value>) -> String {
    let element = |(name, value): (&String, &Value)| {
        let text = match value {
            Value::Null => return String::new(),
            Value::Object(members) => elements(members),
            Value::String(text) => text.replace('&', "&amp;").replace('<', "&lt;"),
            other => other.to_string(),
        };
        format!("<{name}>{text}</{name}>")
    };
    members.iter().filter(|(name, _)| !name.starts_with("__")).map(element).collect()
}
