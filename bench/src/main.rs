//! posa beside what a user would otherwise write: signing alone, the journal alone, then whole activations on one
//! fixed-answer server.
//!
//! `cargo run --release -p posa-bench` prints the tables; with `--write` it also keeps them in `bench/RESULTS.md`.

mod clients;
mod driver;
mod fixture;
mod floor;
mod journal;
mod process;
mod report;
mod server;
mod sign;
mod verify;

use std::process::ExitCode;

/// Anything that goes wrong ends the run: a figure that includes a failure would mean nothing.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

const USAGE: &str = "usage: posa-bench [--rounds N] [--seconds S] [--write]
  --rounds N    interleaved rounds; each figure is the median of them (default 3)
  --seconds S   measured time of one client in one round (default 1.0)
  --journal     the journal alone
  --write       also write bench/RESULTS.md";

fn main() -> ExitCode {
    match run(std::env::args().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("posa-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(mut arguments: impl Iterator<Item = String>) -> Result<()> {
    let mut options = driver::Options { rounds: 3, seconds: 1.0 };
    let (mut write, mut only_journal) = (false, false);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value\n{USAGE}"));
        match argument.as_str() {
            // The two roles in which the driver starts this program again.
            driver::SERVER => return runtime()?.block_on(server::serve(serde_json::from_str(&value()?)?)),
            driver::CLIENT => {
                let figures = runtime()?.block_on(clients::run(&serde_json::from_str(&value()?)?))?;
                println!("{}", serde_json::to_string(&figures)?);
                return Ok(());
            }
            "--rounds" => options.rounds = value()?.parse::<usize>()?.clamp(1, 20),
            "--seconds" => options.seconds = value()?.parse::<f64>()?.clamp(0.1, 10.0),
            "--journal" => only_journal = true,
            "--write" => write = true,
            _ => return Err(format!("unknown argument {argument:?}\n{USAGE}").into()),
        }
    }
    if cfg!(debug_assertions) {
        return Err("figures of a debug build mean nothing; run `cargo run --release -p posa-bench`".into());
    }
    if only_journal {
        print!("{}", report::journal_text(&journal::measure(options.rounds, options.seconds)?)?);
        return Ok(());
    }
    let text = report::text(&driver::run(&options)?, &options)?;
    print!("{text}");
    if write {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/RESULTS.md"), &text)?;
    }
    Ok(())
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}
