use super::Fault;
use posa_core::Error;
use serde_json::{Map, Value, json};
use std::str::FromStr;

/// From a bare name such as `drop_after_commit`, or from the JSON that the control API takes.
impl FromStr for Fault {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let fault = match text.starts_with('{') {
            true => from_json(text.as_bytes()),
            false => from_members(Map::from_iter([("fault".into(), json!(text))])),
        };
        let fault = fault.map_err(|why| Error::invalid("fault", why))?;
        fault.check()?;
        Ok(fault)
    }
}

/// The fault's kind is flattened into it, so that serde alone would let a misspelt member pass.
pub(crate) fn from_json(json: &[u8]) -> Result<Fault, String> {
    const MEMBERS: [&str; 8] =
        ["fault", "times", "operation", "card_number", "request_id", "delay_ms", "error_type", "seconds"];
    let members: Map<String, Value> =
        serde_json::from_slice(json).map_err(|e| format!("the body is not what is taken here: {e}"))?;
    match members.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
        Some(unknown) => Err(format!("a fault has no member {unknown:?}; it takes {}", MEMBERS.join(", "))),
        None => from_members(members),
    }
}

fn from_members(members: Map<String, Value>) -> Result<Fault, String> {
    serde_json::from_value(Value::Object(members)).map_err(|e| format!("this is no fault: {e}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::{Fault, FaultKind};

    #[test]
    fn a_bare_name_is_a_fault_and_json_says_more() {
        assert_eq!("drop_after_commit".parse::<Fault>().unwrap(), Fault::new(FaultKind::DropAfterCommit));
        let delayed: Fault = r#" {"fault":"delay","delay_ms":7,"times":2} "#.parse().unwrap();
        assert_eq!(delayed, Fault::new(FaultKind::Delay { delay_ms: 7 }).times(2));
        for (text, word) in
            [("error", "error_type"), ("", "expected one of"), ("{", "EOF"), (r#"{"fault":"late","times":0}"#, "times")]
        {
            let error = text.parse::<Fault>().unwrap_err();
            assert!(error.message().contains(word), "{text}: {error}");
        }
    }
}
