use super::programs::Programs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;

/// The password of the user `posa`, of whom each server asks it over TCP.
const PASSWORD: &str = "only-for-tests-4711";
/// Reads until the test's process is gone, whatever ended it, and clears away.
const KEEPER: &str = r#"echo kept; read -r _; "$1" -D "$2/data" -m immediate -w stop >/dev/null 2>&1; rm -rf "$2""#;

/// A server with its files in a temporary folder, on loopback and on a Unix socket, with `fsync` as in real life.
#[derive(Debug)]
pub struct Cluster {
    programs: Programs,
    folder: PathBuf,
    port: u16,
    databases: AtomicU32,
    keeper: Child,
    /// Its end is the keeper's signal.
    _held: ChildStdin,
}

/// A database of its own on a [`Cluster`].
#[derive(Debug, Clone)]
pub struct Database {
    name: String,
    port: u16,
    folder: PathBuf,
    psql: PathBuf,
}

impl Cluster {
    pub(super) fn start(programs: Programs) -> Self {
        Self::with_data(programs, |programs, folder| {
            let password = folder.join("password");
            std::fs::write(&password, PASSWORD).expect("the folder can be written");
            programs.give(&password);
            let mut init = programs.command("initdb");
            init.args(["--username=posa", "--auth-local=trust", "--auth-host=scram-sha-256", "--encoding=UTF8"]);
            init.args(["--locale=C", "--no-sync", "--pwfile"]).arg(&password).arg("-D").arg(folder.join("data"));
            init
        })
    }

    /// A server that follows this one by streaming replication, asynchronously unless this one is told otherwise.
    ///
    /// # Panics
    /// It cannot be made.
    pub fn standby(&self) -> Self {
        Self::with_data(self.programs.clone(), |programs, folder| {
            let mut copy = programs.command("pg_basebackup");
            copy.arg("-h").arg(&self.folder).args(["-p", &self.port.to_string(), "-U", "posa", "-D"]);
            copy.arg(folder.join("data")).args(["-R", "-X", "stream", "--checkpoint=fast", "--no-sync"]);
            copy
        })
    }

    /// Makes a standby the primary.
    ///
    /// # Panics
    /// It is no standby.
    pub fn promote(&self) {
        succeed(&mut self.control("promote"));
    }

    fn with_data(programs: Programs, make: impl FnOnce(&Programs, &Path) -> Command) -> Self {
        let folder = TempDir::with_prefix("posa-postgres-").expect("a temporary folder can be made").keep();
        programs.give(&folder);
        let (keeper, held) = keep(&programs, &folder);
        succeed(&mut make(&programs, &folder));
        let mut cluster = Self { programs, folder, port: 0, databases: AtomicU32::new(0), keeper, _held: held };
        // Another process may take the port before the server does.
        let started = (0..3).any(|_| {
            cluster.port = free_port();
            cluster.up().output().is_ok_and(|output| output.status.success())
        });
        assert!(started, "the server did not start: {}", cluster.log());
        cluster
    }

    /// A fresh, empty database.
    ///
    /// # Panics
    /// It cannot be made.
    pub fn database(&self) -> Database {
        let name = format!("posa{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.named("postgres").sql(&format!("CREATE DATABASE {name}")).expect("a database can be made");
        self.named(&name)
    }

    /// The database of that name, which a standby has of its primary.
    pub fn named(&self, name: &str) -> Database {
        Database {
            name: name.to_owned(),
            port: self.port,
            folder: self.folder.clone(),
            psql: self.programs.path("psql"),
        }
    }

    /// Stops the server and breaks its connections, as at a loss of power.
    ///
    /// # Panics
    /// It does not stop.
    pub fn stop(&self) {
        succeed(self.control("stop").args(["-m", "immediate"]));
    }

    /// Starts it again, on the same port.
    ///
    /// # Panics
    /// It does not start.
    pub fn resume(&self) {
        succeed(&mut self.up());
    }

    /// Stops and starts it.
    ///
    /// # Panics
    /// As [`Cluster::stop`] and [`Cluster::resume`].
    pub fn restart(&self) {
        self.stop();
        self.resume();
    }

    /// Gives the server `name = value` settings, line by line, and files beside its data, and restarts it with them.
    ///
    /// # Panics
    /// They cannot be written.
    pub fn configure(&self, settings: &str, files: &[(&str, &str)]) {
        for (name, text) in files {
            let path = self.folder.join("data").join(name);
            std::fs::write(&path, text).expect("the folder can be written");
            let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
            std::fs::set_permissions(&path, private).expect("the file is ours");
            self.programs.give(&path);
        }
        let path = self.folder.join("data/postgresql.auto.conf");
        std::fs::write(&path, settings).expect("the folder can be written");
        self.programs.give(&path);
        self.restart();
    }

    fn up(&self) -> Command {
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories={} -c max_connections=200",
            self.port,
            self.folder.display()
        );
        let mut up = self.control("start");
        up.arg("-o").arg(options).arg("-l").arg(self.folder.join("log"));
        up
    }

    fn control(&self, what: &str) -> Command {
        let mut control = self.programs.command("pg_ctl");
        control.arg(what).arg("-D").arg(self.folder.join("data")).args(["-w", "-t", "60"]);
        control.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        control
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = self.keeper.kill();
        let _ = self.keeper.wait();
        let _ = self.control("stop").args(["-m", "immediate"]).status();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Database {
    /// With the password, over loopback.
    pub fn url(&self) -> String {
        format!("postgres://posa:{PASSWORD}@127.0.0.1:{}/{}", self.port, self.name)
    }

    /// Over loopback at another port, such as that of a proxy.
    pub fn url_at(&self, port: u16) -> String {
        format!("postgres://posa:{PASSWORD}@127.0.0.1:{port}/{}", self.name)
    }

    /// Over the Unix socket.
    pub fn socket_url(&self) -> String {
        let folder = self.folder.display().to_string().replace('/', "%2F");
        format!("postgres://posa@{folder}:{}/{}", self.port, self.name)
    }

    /// Its name on its server.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The port on loopback.
    pub fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// What `psql` answers to one statement, unadorned.
    ///
    /// # Errors
    /// What the server says against it.
    ///
    /// # Panics
    /// `psql` cannot be run.
    pub fn sql(&self, statement: &str) -> Result<String, String> {
        let mut psql = Command::new(&self.psql);
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "posa", "-d", &self.name]);
        psql.arg("-h").arg(&self.folder).args(["-p", &self.port.to_string(), "-c", statement]);
        let output = psql.stdin(Stdio::null()).output().expect("psql runs");
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).trim().to_owned();
        if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
    }
}

/// In a process group of its own, so that a Ctrl-C for the test does not end it before its work is done.
fn keep(programs: &Programs, folder: &Path) -> (Child, ChildStdin) {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(KEEPER).arg("keeper").arg(programs.path("pg_ctl")).arg(folder);
    shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
    let mut keeper = programs.run(shell).spawn().expect("a shell can be run");
    let held = keeper.stdin.take().expect("its input is a pipe");
    let mut said = String::new();
    let output = keeper.stdout.take().expect("its output is a pipe");
    BufReader::new(output).read_line(&mut said).expect("the keeper speaks");
    assert_eq!(said.trim(), "kept");
    (keeper, held)
}

pub(super) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    listener.local_addr().expect("it is bound").port()
}

fn succeed(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().expect("the server's programs run");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
