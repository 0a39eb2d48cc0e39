//! Who is measured beside whom. A group shares a language and a way to wait; its ratios are to its own best peer and its
//! own floor.

use crate::start_up::Start;
use std::path::{Path, PathBuf};

/// Contenders that are measured in one table.
pub(crate) struct Group {
    /// Begins the names of its parts.
    pub(crate) key: &'static str,
    pub(crate) title: &'static str,
    pub(crate) program: Program,
    /// Seconds before a client is as quick as it gets.
    pub(crate) warm_up: f64,
    pub(crate) contenders: &'static [Contender],
}

pub(crate) struct Contender {
    pub(crate) name: &'static str,
    pub(crate) role: Role,
    /// Speaks nothing but https.
    pub(crate) https_only: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Sends unsigned requests and drops the answers: what HTTP alone costs.
    Bare,
    /// The least that the whole job costs: written by hand for this one request.
    Floor,
    /// What one would otherwise write.
    Peer,
    Ours,
}

/// What runs a group's clients.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    /// This program.
    Rust,
    /// An interpreter and a script in `bench`.
    Script(&'static str, &'static str),
}

pub(crate) const PYTHON: &str = "python/bin/python";
pub(crate) const NODE: &str = "node";

/// In the order of the tables.
pub(crate) static GROUPS: [Group; 4] = [
    Group {
        key: "rust",
        title: "Rust",
        program: Program::Rust,
        warm_up: 0.3,
        contenders: &[
            new("hyper, unsigned", Role::Bare),
            new("hyper pool + cached key", Role::Floor),
            new("reqwest + aws-sigv4", Role::Peer),
            new(NO_JOURNAL, Role::Ours),
            new("posa, memory journal", Role::Ours),
            new("posa, memory journal, limiter", Role::Ours),
            new(SQLITE, Role::Ours),
        ],
    },
    Group {
        key: "python-threads",
        title: "Python, threads",
        program: Program::Script(PYTHON, "python/client.py"),
        warm_up: 0.4,
        contenders: &[
            new("http.client + cached key", Role::Floor),
            new("requests + requests-aws4auth", Role::Peer),
            new("httpx + botocore", Role::Peer),
            new(NO_JOURNAL, Role::Ours),
            new(SQLITE, Role::Ours),
        ],
    },
    Group {
        key: "python-asyncio",
        title: "Python, asyncio",
        program: Program::Script(PYTHON, "python/client.py"),
        warm_up: 0.4,
        contenders: &[
            new("aiohttp + cached key", Role::Floor),
            new("aiohttp + botocore", Role::Peer),
            new("posa async, no journal", Role::Ours),
            new("posa async, SQLite journal", Role::Ours),
        ],
    },
    Group {
        key: "node",
        title: "Node",
        program: Program::Script(NODE, "node/client.js"),
        // Its compiler takes that long.
        warm_up: 1.5,
        contenders: &[
            new("undici + cached key", Role::Floor),
            new("undici + aws4", Role::Peer),
            new("fetch + aws4", Role::Peer),
            new("fetch + @smithy/signature-v4", Role::Peer),
            Contender { name: "agcod", role: Role::Peer, https_only: true },
            new(NO_JOURNAL, Role::Ours),
            new(SQLITE, Role::Ours),
        ],
    },
];

pub(crate) const NO_JOURNAL: &str = "posa, no journal";
pub(crate) const SQLITE: &str = "posa, SQLite journal";

/// What loads what; the first is the interpreter alone.
pub(crate) static STARTS: [Start; 2] = [
    Start {
        key: "python",
        title: "Python",
        interpreter: PYTHON,
        script: "python/start.py",
        loads: &[
            ("nothing", ""),
            ("posa (Client)", "posa"),
            ("posa (AsyncClient)", "posa posa:AsyncClient"),
            ("requests, requests_aws4auth", "requests requests_aws4auth"),
            ("httpx, botocore.auth", "httpx botocore.auth botocore.awsrequest"),
            ("aiohttp, botocore.auth", "aiohttp botocore.auth botocore.awsrequest"),
            ("boto3", "boto3"),
        ],
    },
    Start {
        key: "node",
        title: "Node",
        interpreter: NODE,
        script: "node/start.js",
        loads: &[
            ("nothing", ""),
            ("posa", "posa"),
            ("undici, aws4", "undici aws4"),
            ("@smithy/signature-v4", "@smithy/signature-v4"),
            ("agcod", "agcod"),
        ],
    },
];

const fn new(name: &'static str, role: Role) -> Contender {
    Contender { name, role, https_only: false }
}

/// An interpreter as it is started, if it has been set up: `bench/run.sh` puts what it needs into `target/bench`.
pub(crate) fn interpreter(name: &str) -> Option<PathBuf> {
    match name {
        NODE => target().join("node/node_modules/posa/package.json").is_file().then(|| NODE.into()),
        _ => Some(target().join(name)).filter(|path| path.is_file()),
    }
}

/// The folder `bench`.
pub(crate) fn home() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What the bench makes and keeps for itself.
pub(crate) fn target() -> PathBuf {
    home().join("../target/bench")
}
