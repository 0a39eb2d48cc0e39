use super::report::Report;
use super::{html, junit};
use crate::output::Whole;
use posa_core::Error;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The forms of the report that are written beside the printed one.
#[derive(clap::Args)]
pub(super) struct Names {
    /// Write the report as a page to read, attach or print
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write it as JSON (as --json prints it)
    #[arg(long, value_name = "FILE")]
    json_file: Option<PathBuf>,
    /// Write it as JUnit XML, for a CI server
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

/// Files that take their names once they are whole.
pub(super) struct Files {
    html: Option<Pending>,
    json: Option<Pending>,
    junit: Option<Pending>,
}

struct Pending {
    field: &'static str,
    path: PathBuf,
    file: Whole,
}

impl Files {
    /// Finds out before anything is sent whether they can be written.
    ///
    /// # Errors
    /// A file's folder is missing or read-only.
    pub(super) fn prepare(names: Names) -> Result<Self, Error> {
        Ok(Self {
            html: Pending::new("html", names.html)?,
            json: Pending::new("json_file", names.json_file)?,
            junit: Pending::new("junit", names.junit)?,
        })
    }

    pub(super) fn write(self, report: &Report) -> Result<(), Error> {
        if let Some(pending) = self.html {
            pending.put(Ok(html::page(report).into_bytes()))?;
        }
        if let Some(pending) = self.json {
            pending.put(serde_json::to_vec_pretty(report).map_err(io::Error::from))?;
        }
        if let Some(pending) = self.junit {
            pending.put(junit::document(report))?;
        }
        Ok(())
    }
}

impl Pending {
    fn new(field: &'static str, path: Option<PathBuf>) -> Result<Option<Self>, Error> {
        let Some(path) = path else { return Ok(None) };
        let file = Whole::create(&path).map_err(|e| unwritten(field, &path, &e))?;
        Ok(Some(Self { field, path, file }))
    }

    fn put(self, content: io::Result<Vec<u8>>) -> Result<(), Error> {
        let Self { field, path, mut file } = self;
        let written = content.and_then(|bytes| file.write_all(&bytes));
        written.and_then(|()| file.finish()).map_err(|e| unwritten(field, &path, &e))
    }
}

fn unwritten(field: &'static str, path: &Path, error: &io::Error) -> Error {
    Error::configuration(field, format!("{field} {} cannot be written: {error}", path.display()))
}
