//! The format of a scenario, as `contract/README.md` lays it down.

use posa_sandbox::{Condition, F1000, Fault};
use posa_tests::Source;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::num::NonZeroU32;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    pub(crate) scenarios: Vec<Scenario>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    pub(crate) name: String,
    pub(crate) invariants: Vec<String>,
    #[serde(default)]
    pub(crate) sandbox: SandboxSettings,
    pub(crate) cards: BTreeMap<String, Selector>,
    #[serde(default = "one_till")]
    pub(crate) clients: BTreeMap<String, ClientSettings>,
    pub(crate) steps: Vec<Step>,
    pub(crate) after: After,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SandboxSettings {
    pub(crate) throttle: Option<NonZeroU32>,
    pub(crate) f1000: F1000,
    pub(crate) strict_card_numbers: bool,
    pub(crate) server_error_status: bool,
}

/// One card of the default inventory: the `index`-th of those that fit.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Selector {
    pub(crate) currency: Option<String>,
    pub(crate) marketplace: Option<String>,
    pub(crate) denomination: Option<String>,
    pub(crate) index: usize,
    /// 16 or 19.
    pub(crate) digits: Option<u8>,
    /// In place of the right one.
    pub(crate) checksum: Option<String>,
}

#[derive(Deserialize, Clone, Default)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ClientSettings {
    pub(crate) journal: Option<String>,
    pub(crate) format: Option<String>,
    pub(crate) marketplace: Option<String>,
    pub(crate) environment: Option<String>,
    pub(crate) endpoint: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) tls: bool,
    pub(crate) partner_id: Option<String>,
    pub(crate) access_key_id: Option<String>,
    pub(crate) secret_access_key: Option<String>,
    pub(crate) attempts: Option<u32>,
    pub(crate) attempt_timeout_ms: Option<u64>,
    pub(crate) deadline_ms: Option<u64>,
}

#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub(crate) enum Step {
    Activate(Call),
    Deactivate(Call),
    Status(Call),
    Connect(Connect),
    Fault(Fault),
    Release(Release),
    Clock(Clock),
    Condition(Change),
    Funds(Funds),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Call {
    #[serde(default = "till")]
    pub(crate) client: String,
    #[serde(rename = "as")]
    pub(crate) label: Option<String>,
    pub(crate) card: Option<String>,
    pub(crate) card_number: Option<String>,
    pub(crate) amount: Option<String>,
    pub(crate) currency: Option<String>,
    pub(crate) request_id: Option<String>,
    pub(crate) request_id_of: Option<String>,
    pub(crate) source: Option<Source>,
    pub(crate) program_id: Option<String>,
    pub(crate) product_type: Option<String>,
    pub(crate) external_reference: Option<String>,
    pub(crate) expect: Expect,
}

#[derive(Deserialize)]
pub(crate) struct Connect {
    #[serde(flatten)]
    pub(crate) settings: ClientSettings,
    pub(crate) expect: Expect,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Release {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Clock {
    pub(crate) advance_seconds: Option<i64>,
    pub(crate) frozen: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Change {
    pub(crate) card: String,
    pub(crate) condition: Condition,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Funds {
    pub(crate) currency: String,
    pub(crate) available: String,
}

/// How a call ends; what is not given is not compared.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expect {
    pub(crate) outcome: String,
    pub(crate) kind: Option<String>,
    pub(crate) delivery: Option<String>,
    pub(crate) code: Option<String>,
    pub(crate) error_type: Option<String>,
    pub(crate) field: Option<String>,
    pub(crate) card_status: Option<String>,
    pub(crate) amount: Option<String>,
    pub(crate) currency: Option<String>,
    pub(crate) attempts: Option<u32>,
    pub(crate) expires: Option<bool>,
    pub(crate) request_id: Option<String>,
    pub(crate) request_id_of: Option<String>,
}

/// What the sandbox, and the journals, must hold in the end.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct After {
    #[serde(default)]
    pub(crate) cards: BTreeMap<String, String>,
    pub(crate) charges: usize,
    pub(crate) refunds: usize,
    #[serde(default)]
    pub(crate) available: BTreeMap<String, String>,
    pub(crate) requests: Option<BTreeMap<String, usize>>,
    pub(crate) request_ids: Option<usize>,
    #[serde(default)]
    pub(crate) journal: BTreeMap<String, BTreeMap<String, String>>,
}

fn till() -> String {
    "till".to_owned()
}

fn one_till() -> BTreeMap<String, ClientSettings> {
    BTreeMap::from([(till(), ClientSettings::default())])
}
