//! Runs the rounds: each client in a process of its own on one core, the server in another on the next.

use crate::clients::{BARE, Figures, NAMES, Task};
use crate::server::Ports;
use crate::{Result, journal, process, sign};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

pub(crate) const SERVER: &str = "--as-server";
pub(crate) const CLIENT: &str = "--as-client";
/// Operations in flight at once.
pub(crate) const IN_FLIGHT: [usize; 3] = [1, 16, 64];
const WARM_UP: f64 = 0.3;

pub(crate) struct Options {
    pub(crate) rounds: usize,
    pub(crate) seconds: f64,
}

pub(crate) struct Measured {
    /// Nanoseconds per signature, by [`sign::NAMES`] and round.
    pub(crate) signing: [Vec<f64>; 4],
    pub(crate) journal: journal::Measured,
    /// By [`IN_FLIGHT`], [`NAMES`] and round.
    pub(crate) clients: Vec<Vec<Vec<Figures>>>,
    /// Whether client and server each had a core.
    pub(crate) pinned: bool,
}

/// Verifies every contender's signature, then measures them in turn, round after round.
pub(crate) fn run(options: &Options) -> Result<Measured> {
    let (client_core, server_core) = match process::cores()?[..] {
        [first, second, ..] => (Some(first), Some(second)),
        _ => (None, None),
    };
    let server = Server::start(server_core)?;
    let task = |name: &str, port: u16, in_flight, seconds| Task {
        name: name.to_owned(),
        host: format!("127.0.0.1:{port}"),
        in_flight,
        warm_up: WARM_UP,
        seconds,
        core: client_core,
    };
    for name in NAMES.into_iter().filter(|name| *name != BARE) {
        client(&task(name, server.ports.verifying, 1, 0.0)).map_err(|error| format!("checking {name}: {error}"))?;
    }

    let journal = journal::measure(options.rounds, options.seconds)?;
    if let Some(core) = client_core {
        process::pin(core)?;
    }
    eprintln!("signing ...");
    let signing = sign::measure(options.rounds)?;
    let mut clients = Vec::new();
    for in_flight in IN_FLIGHT {
        let mut by_name: Vec<Vec<Figures>> = NAMES.iter().map(|_| Vec::new()).collect();
        for round in 0..options.rounds {
            eprintln!("{in_flight} in flight, round {} of {} ...", round + 1, options.rounds);
            for (name, figures) in NAMES.into_iter().zip(&mut by_name) {
                let measured = client(&task(name, server.ports.plain, in_flight, options.seconds));
                figures.push(measured.map_err(|error| format!("{name}, {in_flight} in flight: {error}"))?);
            }
        }
        clients.push(by_name);
    }
    Ok(Measured { signing, journal, clients, pinned: client_core.is_some() })
}

fn client(task: &Task) -> Result<Figures> {
    let mut child = role(CLIENT, task)?.stdin(Stdio::null()).spawn()?;
    let line = first_line(&mut child)?;
    let status = child.wait()?;
    if !status.success() {
        return Err(format!("the client ended with {status}").into());
    }
    Ok(serde_json::from_str(&line)?)
}

/// The server's process; it ends when this value does, because its standard input closes.
struct Server {
    ports: Ports,
    child: Child,
}

impl Server {
    fn start(core: Option<usize>) -> Result<Self> {
        let mut child = role(SERVER, &core)?.stdin(Stdio::piped()).spawn()?;
        let ports = serde_json::from_str(&first_line(&mut child)?)?;
        Ok(Self { ports, child })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// This program again, in another role.
fn role(name: &str, task: &impl serde::Serialize) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args([name, &serde_json::to_string(task)?]).stdout(Stdio::piped());
    Ok(command)
}

fn first_line(child: &mut Child) -> Result<String> {
    let mut line = String::new();
    let output = child.stdout.take().ok_or("no standard output")?;
    BufReader::new(output).read_line(&mut line)?;
    Ok(line)
}
