//! posa beside what a user would otherwise write, in every language: signing, the journal, start-up, and whole
//! activations on one fixed-answer server.
//!
//! `bench/run.sh` sets up what the languages need and runs this.

mod aims;
mod clients;
mod contenders;
mod driver;
mod fixture;
mod floor;
mod journal;
mod parts;
mod process;
mod report;
mod server;
mod sign;
mod start_up;
mod task;
mod verify;

use parts::Part;
use std::process::ExitCode;

/// Anything that goes wrong ends the run: a figure that includes a failure would mean nothing.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

const USAGE: &str = "usage: posa-bench [--only PART] [--rounds N] [--seconds S] [--write]
  --only PART   the parts whose names begin so, such as python, node-https or rust-signing; `none` runs nothing
  --rounds N    interleaved rounds; each figure is the median of them (default 3)
  --seconds S   measured time of one client in one round (default 0.7)
  --write       write bench/RESULTS.md from what this and earlier runs measured";

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
    let mut options = driver::Options { rounds: 3, seconds: 0.7 };
    let (mut write, mut only) = (false, String::new());
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value\n{USAGE}"));
        match argument.as_str() {
            // The two roles in which the driver starts this program again.
            driver::SERVER => return runtime()?.block_on(server::serve()),
            driver::CLIENT => {
                let figures = runtime()?.block_on(clients::run(&task::Task::from_environment()?))?;
                println!("{}", serde_json::to_string(&figures)?);
                return Ok(());
            }
            "--only" => only = value()?,
            "--rounds" => options.rounds = value()?.parse::<usize>()?.clamp(1, 20),
            "--seconds" => options.seconds = value()?.parse::<f64>()?.clamp(0.1, 10.0),
            "--write" => write = true,
            _ => return Err(format!("unknown argument {argument:?}\n{USAGE}").into()),
        }
    }
    if cfg!(debug_assertions) {
        return Err("figures of a debug build mean nothing; run `cargo run --release -p posa-bench`".into());
    }
    let chosen = chosen(&only)?;
    for part in &chosen {
        eprintln!("{} ...", part.name());
        part.run(&options)?;
    }
    print!("{}", report::tables(&chosen)?);
    if write {
        std::fs::write(contenders::home().join("RESULTS.md"), report::whole()?)?;
    }
    Ok(())
}

/// The parts to run. One that is not set up is passed over, aloud.
fn chosen(only: &str) -> Result<Vec<Part>> {
    let begins = |name: &str| only.is_empty() || name == only || name.starts_with(&format!("{only}-"));
    let named: Vec<Part> = Part::all().into_iter().filter(|part| begins(&part.name())).collect();
    if named.is_empty() && only != "none" {
        let names: Vec<String> = Part::all().into_iter().map(Part::name).collect();
        return Err(format!("no part begins with {only:?}; there are {}", names.join(", ")).into());
    }
    let (ready, missing): (Vec<Part>, Vec<Part>) = named.into_iter().partition(|part| part.is_ready());
    for part in missing {
        eprintln!("!!! NOT MEASURED: {}: it is not set up; run bench/run.sh", part.name());
    }
    Ok(ready)
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}
