use crate::exit;
use crate::output::{GOOD, Output, Whole};
use posa_core::Error;
use posa_core::inventory::{read_stores, write_locations};
use serde::Serialize;
use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Write the location mapping file for the short form of transactionSource
///
/// Checks a list of stores and writes the mapping file to send to Amazon.
///
/// The layout of the vendor's own spreadsheet is not public: the columns are the members of transactionSource.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// CSV with the columns sourceId and institutionName; the others of the mapping file are optional
    stores: PathBuf,
    /// The file to write; one that exists is replaced once the new one is whole
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Serialize)]
struct Written {
    stores: usize,
    file: PathBuf,
}

pub(super) fn run(args: Args, output: &Output) -> Result<u8, Error> {
    let wrong = |path: &Path, e: std::io::Error| Error::invalid("stores", format!("{}: {e}", path.display()));
    let stores = read_stores(File::open(&args.stores).map_err(|e| wrong(&args.stores, e))?)?;
    let mut file = Whole::create(&args.out).map_err(|e| wrong(&args.out, e))?;
    write_locations(&stores, &mut file)?;
    file.finish().map_err(|e| wrong(&args.out, e))?;
    output.show(&Written { stores: stores.len(), file: args.out });
    Ok(exit::DONE)
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{GOOD}written{GOOD:#} {} stores to {}", self.stores, self.file.display())
    }
}
