//! Runs the rounds: each client in a process of its own on one core, the server in another on the next.

use crate::contenders::{self, Group, Program, Role};
use crate::server::{Port, Ports};
use crate::task::{Figures, Task};
use crate::{Result, process};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

pub(crate) const SERVER: &str = "--as-server";
pub(crate) const CLIENT: &str = "--as-client";
/// Operations in flight at once.
pub(crate) const IN_FLIGHT: [usize; 3] = [1, 16, 64];

pub(crate) struct Options {
    /// Each figure is the median of them.
    pub(crate) rounds: usize,
    /// Measured time of one client in one round.
    pub(crate) seconds: f64,
}

/// Verifies every contender's signature, then measures them in turn, round after round: by [`IN_FLIGHT`], contender and
/// round. Contenders that do not speak the scheme have no figures.
pub(crate) fn end_to_end(group: &Group, https: bool, options: &Options) -> Result<Vec<Vec<Vec<Figures>>>> {
    let (client_core, server_core) = match process::cores()?[..] {
        [first, second, ..] => (Some(first), Some(second)),
        _ => (None, None),
    };
    let server = Server::start(server_core)?;
    let port = if https { server.ports.https } else { server.ports.http };
    let run = |name: &str, port: u16, in_flight: usize, seconds: f64| -> Result<Figures> {
        let folder = tempfile::tempdir_in(contenders::target())?;
        let scheme = if https { "https" } else { "http" };
        let task = Task {
            client: name.to_owned(),
            url: format!("{scheme}://127.0.0.1:{port}"),
            ca: server.authority.clone(),
            folder: folder.path().to_owned(),
            in_flight,
            warm_up: group.warm_up,
            seconds,
        };
        let figures = client(group.program, &task, client_core);
        figures.map_err(|error| format!("{}, {name}, {in_flight} in flight: {error}", group.title).into())
    };
    let speaking = || group.contenders.iter().filter(|contender| https || !contender.https_only);
    let Port { quick, verifying } = port;
    for contender in speaking().filter(|contender| contender.role != Role::Bare) {
        run(contender.name, verifying, 1, 0.0)?;
    }

    let mut figures = Vec::new();
    for in_flight in IN_FLIGHT {
        let mut by_contender: Vec<Vec<Figures>> = group.contenders.iter().map(|_| Vec::new()).collect();
        for round in 0..options.rounds {
            eprintln!("{}, {in_flight} in flight, round {} of {} ...", group.title, round + 1, options.rounds);
            for (contender, figures) in group.contenders.iter().zip(&mut by_contender) {
                if https || !contender.https_only {
                    figures.push(run(contender.name, quick, in_flight, options.seconds)?);
                }
            }
        }
        figures.push(by_contender);
    }
    Ok(figures)
}

fn client(program: Program, task: &Task, core: Option<usize>) -> Result<Figures> {
    let mut command = match program {
        Program::Rust => {
            let mut command = Command::new(std::env::current_exe()?);
            command.arg(CLIENT);
            command
        }
        Program::Script(interpreter, script) => {
            let interpreter = contenders::interpreter(interpreter).ok_or("the interpreter is not set up")?;
            let mut command = Command::new(interpreter);
            command.arg(contenders::home().join(script));
            command
        }
    };
    let command = with_modules(&mut command).envs(task.environment()).stdin(Stdio::null());
    Ok(serde_json::from_str(&process::on_core(core, || answer(command))??)?)
}

/// Tells Node where its packages are; they do not lie beside the scripts.
pub(crate) fn with_modules(command: &mut Command) -> &mut Command {
    command.env("NODE_PATH", contenders::target().join("node/node_modules"))
}

/// Runs a program to its end and returns its only line.
pub(crate) fn answer(command: &mut Command) -> Result<String> {
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let line = first_line(&mut child)?;
    let status = child.wait()?;
    if !status.success() {
        return Err(format!("the program ended with {status}").into());
    }
    Ok(line)
}

/// The server's process; it ends when this value does, because its standard input closes.
struct Server {
    ports: Ports,
    authority: PathBuf,
    child: Child,
    _folder: tempfile::TempDir,
}

impl Server {
    fn start(core: Option<usize>) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(SERVER).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = process::on_core(core, || command.spawn())??;
        let ports: Ports = serde_json::from_str(&first_line(&mut child)?)?;
        let folder = tempfile::tempdir()?;
        let authority = write(folder.path(), &ports.authority)?;
        Ok(Self { ports, authority, child, _folder: folder })
    }
}

fn write(folder: &Path, authority: &str) -> Result<PathBuf> {
    let path = folder.join("ca.pem");
    std::fs::write(&path, authority)?;
    Ok(path)
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

fn first_line(child: &mut Child) -> Result<String> {
    let mut line = String::new();
    let output = child.stdout.take().ok_or("no standard output")?;
    BufReader::new(output).read_line(&mut line)?;
    Ok(line)
}
