//! The bench in parts that can be run by themselves; each keeps its figures until the report is written.

use crate::contenders::{self, GROUPS, Group, Program, STARTS};
use crate::driver::Options;
use crate::process::Noise;
use crate::start_up::{self, Start, Started};
use crate::task::Figures;
use crate::{Result, driver, floor, journal, process, sign};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

#[derive(Clone, Copy)]
pub(crate) enum Part {
    Signing,
    Journal,
    Start(&'static Start),
    /// True is https.
    EndToEnd(&'static Group, bool),
}

/// What a part measured, by round at the innermost.
#[derive(Serialize, Deserialize)]
pub(crate) enum Figured {
    Signing([Vec<f64>; 4]),
    Journal(journal::Measured),
    Start(Vec<Vec<Started>>),
    EndToEnd(Vec<Vec<Vec<Figures>>>),
}

/// A part's figures, and when and how they came about.
#[derive(Serialize, Deserialize)]
pub(crate) struct Kept {
    /// Year, month and day in UTC.
    pub(crate) date: String,
    pub(crate) rounds: usize,
    /// The share of the machine that other programs took meanwhile, from 0 to 1.
    pub(crate) others: f64,
    pub(crate) figured: Figured,
}

impl Part {
    /// In the order of the report.
    pub(crate) fn all() -> Vec<Self> {
        let starts = STARTS.iter().map(Self::Start);
        let groups = GROUPS.iter().flat_map(|group| [false, true].map(|https| Self::EndToEnd(group, https)));
        [Self::Signing, Self::Journal].into_iter().chain(starts).chain(groups).collect()
    }

    /// Begins with the language.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Signing => "rust-signing".into(),
            Self::Journal => "rust-journal".into(),
            Self::Start(start) => format!("{}-start", start.key),
            Self::EndToEnd(group, https) => format!("{}-{}", group.key, if https { "https" } else { "http" }),
        }
    }

    /// Whether what it needs was set up.
    pub(crate) fn is_ready(self) -> bool {
        match self {
            Self::Start(Start { interpreter, .. })
            | Self::EndToEnd(Group { program: Program::Script(interpreter, _), .. }, _) => {
                contenders::interpreter(interpreter).is_some()
            }
            _ => true,
        }
    }

    /// Measures, and keeps the figures.
    pub(crate) fn run(self, options: &Options) -> Result<()> {
        fs::create_dir_all(contenders::target())?;
        let noise = Noise::begin()?;
        let figured = match self {
            Self::Signing => {
                let core = process::cores()?.first().copied();
                Figured::Signing(process::on_core(core, || sign::measure(options.rounds))??)
            }
            Self::Journal => Figured::Journal(journal::measure(options.rounds, options.seconds)?),
            Self::Start(start) => Figured::Start(start_up::measure(start, options.rounds)?),
            Self::EndToEnd(group, https) => Figured::EndToEnd(driver::end_to_end(group, https, options)?),
        };
        let kept = Kept { date: today()?, rounds: options.rounds, others: noise.others()?, figured };
        fs::create_dir_all(folder())?;
        Ok(fs::write(self.file(), serde_json::to_vec(&kept)?)?)
    }

    /// The figures of its last run on this machine, if there was one.
    pub(crate) fn kept(self) -> Result<Option<Kept>> {
        match fs::read(self.file()) {
            Ok(text) => Ok(Some(serde_json::from_slice(&text)?)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn file(self) -> PathBuf {
        folder().join(format!("{}.json", self.name()))
    }
}

fn folder() -> PathBuf {
    contenders::target().join("figures")
}

fn today() -> Result<String> {
    let stamp = floor::stamp(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs());
    let digits = std::str::from_utf8(&stamp)?;
    Ok(format!("{}-{}-{}", &digits[..4], &digits[4..6], &digits[6..8]))
}
