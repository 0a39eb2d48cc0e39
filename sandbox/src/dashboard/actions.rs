use super::reply::Reply;
use super::snapshot;
use crate::faults;
use crate::ledger::Condition;
use crate::server::Gateway;
use bytes::Bytes;
use serde_json::{Map, Value};
use std::str::FromStr;

/// What the forms do. Their fields are those of the control API; an empty one counts as not given.
pub(super) fn act(gateway: &Gateway, route: &[&str], body: &Bytes) -> Result<Option<Reply>, String> {
    let fields = Fields::read(body);
    let done = run(gateway, route, &fields);
    gateway.changes.note();
    Ok(done?.map(|()| Reply::done()))
}

fn run(gateway: &Gateway, route: &[&str], fields: &Fields) -> Result<Option<()>, String> {
    let Gateway { ledger, clock, throttle, faults: waiting, log, .. } = gateway;
    let said = |error: posa_core::Error| error.message().to_owned();
    match route {
        ["cards", key] => {
            let Some(card) = snapshot::card(gateway, key)? else { return Ok(None) };
            let condition: Condition = fields.needed("condition")?;
            ledger.set_condition(&card.card_number, condition)?;
        }
        ["funds"] => {
            let text = |name| fields.needed::<String>(name);
            ledger.set_funds(&text("partner_id")?, &text("currency")?, &text("available")?)?;
        }
        ["faults"] => waiting.inject(fault(fields)?).map_err(said)?,
        ["faults", "clear"] => waiting.clear(),
        ["faults", "release"] => while gateway.release(None).is_some() {},
        ["clock", "advance"] => clock.advance(fields.needed("advance_seconds")?).map_err(said)?,
        ["clock", "freeze"] => clock.freeze(true),
        ["clock", "run"] => clock.freeze(false),
        ["clock", "reset"] => clock.reset(),
        ["throttle"] => throttle.set(Some(fields.needed("per_second")?)),
        ["throttle", "off"] => throttle.set(None),
        ["requests", "clear"] => log.clear(),
        ["reset"] => gateway.reset()?,
        _ => return Ok(None),
    }
    Ok(Some(()))
}

/// The same object that the control API takes, so that both refuse the same. A member of another kind of fault, which
/// the form has too, is left out.
fn fault(fields: &Fields) -> Result<faults::Fault, String> {
    let kind: String = fields.needed("fault")?;
    let taken = faults::FAULTS.iter().find(|fault| fault.name == kind).and_then(|fault| fault.takes);
    let mut members = Map::new();
    for name in ["fault", "operation", "card_number", "request_id", "error_type"] {
        if name != "error_type" || taken == Some(name) {
            fields.given(name).map(|text| members.insert(name.into(), text.into()));
        }
    }
    for name in ["times", "delay_ms", "seconds"] {
        if (name == "times" || taken == Some(name)) && fields.given(name).is_some() {
            members.insert(name.into(), fields.needed::<i64>(name)?.into());
        }
    }
    faults::from_json(Value::Object(members).to_string().as_bytes())
}

struct Fields(Vec<(String, String)>);

impl Fields {
    fn read(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    fn given(&self, name: &str) -> Option<&str> {
        let field = self.0.iter().find(|(field, _)| field == name);
        field.map(|(_, text)| text.trim()).filter(|text| !text.is_empty())
    }

    fn needed<T: FromStr>(&self, name: &str) -> Result<T, String> {
        let text = self.given(name).ok_or_else(|| format!("{name} is missing; fill it in"))?;
        text.parse().map_err(|_| format!("{name} {text:.24?} does not fit; see the form's hint"))
    }
}
