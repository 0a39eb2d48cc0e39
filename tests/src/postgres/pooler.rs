use super::cluster::{Database, free_port};
use super::programs::Programs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Runs it until the test's process is gone, whatever ended that.
const KEEPER: &str = r#""$1" "$2" 2>&1 & read -r _; kill -9 $!"#;

/// How a [`Pooler`] lends its connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PoolMode {
    /// To a session.
    Session,
    /// To a transaction.
    Transaction,
    /// To a statement.
    Statement,
}

/// A PgBouncer in front of one database.
#[derive(Debug)]
pub struct Pooler {
    port: u16,
    keeper: Child,
    /// Its end is the keeper's signal.
    held: Option<ChildStdin>,
    _log: BufReader<ChildStdout>,
}

impl Pooler {
    /// With so many connections to the server, for any number of clients.
    pub(super) fn start(
        programs: &Programs,
        program: &Path,
        to: &Database,
        mode: PoolMode,
        connections: usize,
    ) -> Self {
        let started = (0..3).find_map(|_| Self::try_start(programs, program, to, mode, connections));
        started.expect("PgBouncer starts")
    }

    fn try_start(
        programs: &Programs,
        program: &Path,
        to: &Database,
        mode: PoolMode,
        connections: usize,
    ) -> Option<Self> {
        // Another process may take the port before PgBouncer does.
        let port = free_port();
        let mode = match mode {
            PoolMode::Session => "session",
            PoolMode::Transaction => "transaction",
            PoolMode::Statement => "statement",
        };
        let settings = to.folder().join(format!("pgbouncer-{port}.ini"));
        let text = format!(
            "[databases]\n* = host={} port={} user=posa\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             unix_socket_dir =\nauth_type = any\npool_mode = {mode}\ndefault_pool_size = {connections}\n\
             max_client_conn = 500\nlog_connections = 0\nlog_disconnections = 0\nlog_stats = 0\n",
            to.folder().display(),
            to.port(),
        );
        std::fs::write(&settings, text).expect("the folder can be written");
        programs.give(&settings);
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(KEEPER).arg("keeper").arg(program).arg(&settings);
        shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
        let mut keeper = programs.run(shell).spawn().expect("a shell can be run");
        let held = keeper.stdin.take();
        let mut log = BufReader::new(keeper.stdout.take().expect("its output is a pipe"));
        let mut line = String::new();
        while log.read_line(&mut line).expect("the log is text") > 0 {
            if line.contains("process up") {
                return Some(Self { port, keeper, held, _log: log });
            }
            line.clear();
        }
        drop(held);
        let _ = keeper.wait();
        None
    }

    /// The port on loopback, which takes any password.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        self.held = None;
        let _ = self.keeper.wait();
    }
}
