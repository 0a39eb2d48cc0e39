use crate::exit;
use crate::output::Output;
use clap::CommandFactory;
use posa_core::Error;
use serde::Serialize;
use std::fmt;
/// Print a completion script for a shell
#[derive(clap::Args)]
pub(crate) struct Args {
    shell: clap_complete::Shell,
}

#[derive(Serialize)]
struct Script {
    shell: String,
    script: String,
}

pub(super) fn run(args: Args, output: &Output) -> Result<u8, Error> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut crate::Cli::command(), "posa", &mut script);
    output.show(&Script { shell: args.shell.to_string(), script: String::from_utf8_lossy(&script).into_owned() });
    Ok(exit::DONE)
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.script.trim_end())
    }
}
