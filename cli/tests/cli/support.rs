use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;

pub(crate) const SECRET: &str = "sandbox-secret-not-for-production";

/// The command with nothing of this machine's settings around it.
pub(crate) fn posa(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_posa"));
    command.args(arguments).stdin(Stdio::null());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("POSA_")) {
        command.env_remove(name);
    }
    // Nothing can be created under a device: without a folder of its own a test has no journal.
    command.env("XDG_CONFIG_HOME", "/nonexistent").env("XDG_DATA_HOME", "/dev/null").env_remove("PGPASSWORD");
    command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    command
}

pub(crate) fn run(arguments: &[&str]) -> Ran {
    Ran::from(posa(arguments).output().unwrap())
}

/// What a command printed and how it ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        let ran = Self { code: output.status.code().expect("not ended by a signal"), out, err };
        assert!(!ran.out.contains(SECRET) && !ran.err.contains(SECRET), "the secret was printed: {ran:?}");
        ran
    }
}

impl Ran {
    #[track_caller]
    pub(crate) fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.out.trim_end().lines().count(), 1, "{self:#?}");
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {self:#?}"))
    }
}

/// `posa sandbox` in a process of its own; it ends with the test.
pub(crate) struct Gateway {
    pub(crate) child: Child,
    pub(crate) ready: Value,
    pub(crate) directory: TempDir,
}

impl Gateway {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let directory = TempDir::new().unwrap();
        let ready_file = directory.path().join("ready.json");
        let mut command = posa(&["sandbox", "--listen", "127.0.0.1:0", "--ready-file", ready_file.to_str().unwrap()]);
        let mut child = command.args(arguments).env("TMPDIR", directory.path()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line:?}"));
        Self { child, ready, directory }
    }

    pub(crate) fn ready_file(&self) -> PathBuf {
        self.directory.path().join("ready.json")
    }

    /// The 19 digits of one of its cards. The first 20 are non-denominated USD.
    pub(crate) fn card(&self, index: usize) -> String {
        let card = &self.ready["cards"][index];
        format!("{}{}", card["card_number"].as_str().unwrap(), card["checksum"].as_str().unwrap())
    }

    /// A command that talks to it.
    pub(crate) fn posa(&self, arguments: &[&str]) -> Command {
        let mut command = posa(arguments);
        command.arg("--sandbox").arg(self.ready_file()).env("XDG_DATA_HOME", self.directory.path());
        command
    }

    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        let ran = Ran::from(self.posa(arguments).output().unwrap());
        for card in self.ready["cards"].as_array().unwrap() {
            let number = card["card_number"].as_str().unwrap();
            assert!(!ran.out.contains(number) && !ran.err.contains(number), "a whole card number was printed: {ran:?}");
        }
        ran
    }

    /// One request to the control API; panics unless it is answered with success.
    pub(crate) fn control(&self, method: &str, path: &str, body: &str) -> Value {
        let authority = self.ready["url"].as_str().unwrap().strip_prefix("http://").unwrap();
        let mut stream = std::net::TcpStream::connect(authority).unwrap();
        let length = body.len();
        write!(
            stream,
            "{method} /_sandbox/{path} HTTP/1.1\r\nhost: {authority}\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\nconnection: close\r\n\r\n{body}"
        )
        .unwrap();
        let answer = std::io::read_to_string(stream).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 2"), "{answer}");
        serde_json::from_str(body).unwrap_or(Value::Null)
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn write(directory: &Path, name: &str, text: &str) -> String {
    let path = directory.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Lets others of the machine read a file, or not.
#[cfg(unix)]
pub(crate) fn set_mode(path: &str, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}
