//! The command `posa`: a sandbox gateway, a demonstration, each operation from a shell, and the journal of them.
//!
//! [`main_with`] is the whole command; it takes arguments, writes to standard output and standard error, and
//! returns the exit code.

mod commands;
mod exit;
mod output;
mod settings;

use clap::Parser;
use output::Output;
use std::ffi::OsString;

/// Runs the command with the given arguments, the program's name first, and returns its exit code:
///
/// | code | meaning |
/// |---|---|
/// | 0 | done |
/// | 1 | rejected: nothing changed |
/// | 2 | usage: an argument, a setting or a file is wrong; nothing was sent |
/// | 3 | unknown: the request may have had an effect; the request id printed settles it |
/// | 4 | not sent: nothing changed, and nothing is wrong with the request; run the same command again |
/// | 5 | untold: what was done stands, but not all of the answer could be written (a full disk, a closed pipe) |
///
/// It makes a runtime of its own and returns when the command has ended, so it must not be called from within one.
pub fn main_with<A>(args: impl IntoIterator<Item = A>) -> u8
where
    A: Into<OsString> + Clone,
{
    main_with_launcher(args, &[])
}

/// [`main_with`], and how to start the command once more: the program and its leading arguments, such as
/// `["/usr/bin/python3", "-m", "posa"]` from within Python. `posa demo` kills such a process and recovers what it left;
/// with an empty `launcher` it leaves that out and says so.
pub fn main_with_launcher<A>(args: impl IntoIterator<Item = A>, launcher: &[OsString]) -> u8
where
    A: Into<OsString> + Clone,
{
    let args: Vec<OsString> = args.into_iter().map(Into::into).collect();
    let cli = match Cli::try_parse_from(&args) {
        Ok(cli) => cli,
        Err(error) => return output::usage(&error, args.iter().any(|arg| arg == "--json")),
    };
    let output = Output::new(cli.json);
    let code = commands::run(cli.command, launcher, &output).unwrap_or_else(|error| output.failure(&error));
    output.finish(code)
}

/// Activate, deactivate and check Amazon gift cards at the point of sale, exactly once.
#[derive(Parser)]
#[command(name = "posa", version, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: commands::Command,
    /// Print one JSON document instead of text
    #[arg(long, global = true)]
    json: bool,
}

const EXIT_CODES: &str = "Exit codes: 0 done, 1 rejected, 2 usage, 3 unknown outcome (the request id settles it),
4 not sent (run the same command again), 5 the answer could not be written.
Start here: posa demo";
