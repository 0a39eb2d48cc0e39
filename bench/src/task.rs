//! The protocol between the driver and a client, the same in every language: the task in its environment, one line of
//! JSON as the answer.

use crate::Result;
use serde::{Deserialize, Serialize};
use std::env;
use std::path::PathBuf;

/// What one client process has to do.
#[derive(Clone)]
pub(crate) struct Task {
    /// Which contender it is.
    pub(crate) client: String,
    /// `http://127.0.0.1:port` or `https://127.0.0.1:port`
    pub(crate) url: String,
    /// The certificate authority of an https server, as a PEM file.
    pub(crate) ca: PathBuf,
    /// An empty folder for a journal, on the disk that holds the project.
    pub(crate) folder: PathBuf,
    /// Operations in flight at once.
    pub(crate) in_flight: usize,
    /// Seconds that are not measured.
    pub(crate) warm_up: f64,
    /// Seconds that are measured. With 0, each lane does one operation.
    pub(crate) seconds: f64,
}

/// What one client process measured.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Figures {
    pub(crate) per_second: f64,
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
    /// User and system time of the whole process, for one operation.
    pub(crate) cpu_us: f64,
    pub(crate) peak_rss_kib: f64,
    /// By how much the event loop was late, where there is one that tells.
    pub(crate) loop_p99_us: Option<f64>,
}

impl Task {
    pub(crate) fn environment(&self) -> [(&'static str, String); 8] {
        let (ca, folder) = (self.ca.display().to_string(), self.folder.display().to_string());
        [
            ("BENCH_CLIENT", self.client.clone()),
            ("BENCH_URL", self.url.clone()),
            // Node reads further authorities from here, and from nowhere else for all of its clients.
            ("NODE_EXTRA_CA_CERTS", ca.clone()),
            ("BENCH_CA", ca),
            ("BENCH_FOLDER", folder),
            ("BENCH_IN_FLIGHT", self.in_flight.to_string()),
            ("BENCH_WARM_UP", self.warm_up.to_string()),
            ("BENCH_SECONDS", self.seconds.to_string()),
        ]
    }

    pub(crate) fn from_environment() -> Result<Self> {
        let text = |name: &str| env::var(name).map_err(|_| format!("{name} is not set"));
        Ok(Self {
            client: text("BENCH_CLIENT")?,
            url: text("BENCH_URL")?,
            ca: text("BENCH_CA")?.into(),
            folder: text("BENCH_FOLDER")?.into(),
            in_flight: text("BENCH_IN_FLIGHT")?.parse()?,
            warm_up: text("BENCH_WARM_UP")?.parse()?,
            seconds: text("BENCH_SECONDS")?.parse()?,
        })
    }

    pub(crate) fn https(&self) -> bool {
        self.url.starts_with("https:")
    }

    /// Address and port.
    pub(crate) fn host(&self) -> &str {
        self.url.split_once("://").map_or(&self.url, |(_, host)| host)
    }
}
