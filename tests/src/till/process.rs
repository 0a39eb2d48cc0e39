use super::{Orders, Said};
#[cfg(unix)]
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A running till.
#[derive(Debug)]
pub struct Process {
    child: Child,
    word: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Process {
    /// Starts `program`, the binary `till`, and hands it its orders.
    ///
    /// # Panics
    /// It cannot be started.
    pub fn start(program: &str, orders: &Orders) -> Self {
        let mut child = Command::new(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|e| panic!("{program} cannot be started: {e}"));
        let word = child.stdin.take().expect("standard input is piped");
        let lines = BufReader::new(child.stdout.take().expect("standard output is piped")).lines();
        let mut process = Self { child, word, lines };
        let orders = serde_json::to_string(orders).expect("orders have a JSON text");
        process.write(&orders);
        process
    }

    /// Gives the word for the next sale.
    pub fn go_on(&mut self) {
        self.write("");
    }

    fn write(&mut self, line: &str) {
        // A till that is dead already shows by its silence.
        let _ = writeln!(self.word, "{line}");
    }

    /// The next thing it says; `None` after the last.
    ///
    /// # Panics
    /// It said something that is no word of a till.
    pub fn hear(&mut self) -> Option<Said> {
        let line = self.lines.next()?.expect("a till says text");
        Some(serde_json::from_str(&line).unwrap_or_else(|e| panic!("a till said {line:?}: {e}")))
    }

    /// Kills it with SIGKILL: what it said before, and whether the kill was what ended it.
    ///
    /// # Panics
    /// It had failed before.
    pub fn kill(mut self) -> (Vec<Said>, bool) {
        self.child.kill().expect("a child can be killed");
        let said = std::iter::from_fn(|| self.hear()).collect();
        let status = self.child.wait().expect("a child can be waited for");
        assert!(status.code().is_none_or(|code| code == 0), "a till ended with {status} before it was killed");
        (said, status.code().is_none())
    }

    /// Waits for its end: what it said.
    ///
    /// # Panics
    /// It failed.
    pub fn finish(mut self) -> Vec<Said> {
        let said: Vec<_> = std::iter::from_fn(|| self.hear()).collect();
        let status = self.child.wait().expect("a child can be waited for");
        assert!(status.success(), "a till ended with {status} after {:?}", said.last());
        said
    }
}

#[cfg(unix)]
impl Process {
    /// Stops it where it stands, until it is to go on.
    ///
    /// # Panics
    /// It has ended.
    pub fn stop(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets it go on after a stop.
    ///
    /// # Panics
    /// As [`Process::stop`].
    pub fn wake(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("a till that nobody waited for is there");
    }
}
