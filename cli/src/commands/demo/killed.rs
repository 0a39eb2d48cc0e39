//! A till that is killed while its request is in flight, and what recovery makes of what it left behind.

use super::book::{Book, Expected, Told};
use super::client;
use posa_core::journal::{Journal, SqliteJournal};
use posa_core::model::Operation;
use posa_core::recovery::Recover;
use posa_core::{Amount, CardNumber, Currency, Error, RequestId};
use posa_sandbox::{Fault, FaultKind, Sandbox};
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// Longer than any machine takes to start a program.
const PATIENCE: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(2);

/// Plays it; the sentence is why it could not be played.
pub(super) async fn play(
    sandbox: &Sandbox,
    book: &mut Book<'_>,
    card: &CardNumber,
    launcher: &[OsString],
) -> Result<Result<(), String>, Error> {
    let Some((program, leading)) = launcher.split_first() else {
        return Ok(Err("this program was not told how to start itself again".into()));
    };
    let mut command = Command::new(program);
    command.args(leading);
    let folder =
        tempfile::tempdir().map_err(|e| Error::configuration("folder", format!("no temporary folder: {e}")))?;
    let id = RequestId::generate(sandbox.partner_id())?;
    sandbox.inject(Fault::new(FaultKind::Delay { delay_ms: 60_000 }).on(Operation::Activate))?;
    let in_flight = match Till::start(command, sandbox, folder.path(), card, &id) {
        Ok(till) => till.in_flight(sandbox, &id).await,
        Err(e) => Err(format!("a second process cannot be started: {e}")),
    };
    let mut till = match in_flight {
        Ok(till) => till,
        Err(why) => {
            sandbox.clear_faults();
            return Ok(Err(why));
        }
    };
    till.kill();

    let journal = Arc::new(SqliteJournal::open(folder.path().join(JOURNAL))?);
    let left = journal.transaction(&id).await?;
    book.enter(
        "killed in flight",
        Told::by_journal("nothing, ", left.as_ref()),
        &id,
        Expected {
            till: "nothing, journal says sending",
            gateway: &["SUCCESS Activated (lost)"],
            charges: 1,
            refunds: 0,
            spent: 35_00,
        },
    )?;
    let other = client(sandbox, sandbox.partner_id(), Arc::clone(&journal) as Arc<dyn Journal>)?;
    other.recover(Recover::default()).await?;
    let recovered = journal.transaction(&id).await?;
    book.enter(
        "recovery",
        Told::by_journal("", recovered.as_ref()),
        &id,
        Expected {
            till: "journal says activated",
            // It looks first: another program asked for it, and may long be gone.
            gateway: &["SUCCESS Activated", "SUCCESS Activated"],
            charges: 1,
            refunds: 0,
            spent: 35_00,
        },
    )?;
    Ok(Ok(()))
}

const JOURNAL: &str = "till.db";

/// `posa activate` in a process of its own, which does not outlive the demonstration.
struct Till(Child);

impl Till {
    fn start(
        mut command: Command,
        sandbox: &Sandbox,
        folder: &Path,
        card: &CardNumber,
        id: &RequestId,
    ) -> io::Result<Self> {
        let [ready, config] = ["ready.json", "config.toml"].map(|name| folder.join(name));
        let text = serde_json::to_string(&sandbox.ready().map_err(io::Error::other)?)?;
        std::fs::write(&ready, text)?;
        // Empty, so that the settings of whoever watches do not count.
        std::fs::write(&config, "")?;
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"POSA_")) {
            command.env_remove(name);
        }
        let amount = Amount::new("10.00", Currency::Usd).map_err(io::Error::other)?;
        command.args(["activate", "-", &amount.decimal(), amount.currency().code(), "--request-id", id.as_str()]);
        command.arg("--sandbox").arg(ready).arg("--config").arg(config).arg("--journal").arg(folder.join(JOURNAL));
        command.args(["--timeout", "60", "--deadline", "60"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().map(Self)?;
        if let Some(mut stdin) = child.0.stdin.take() {
            // One that has ended already is noticed below.
            let _ = writeln!(stdin, "{}", card.digits());
        }
        Ok(child)
    }

    /// Waits until the gateway has charged; the till still waits for the answer then.
    async fn in_flight(mut self, sandbox: &Sandbox, id: &RequestId) -> Result<Self, String> {
        let mut ticks = tokio::time::interval(POLL);
        let begun = tokio::time::Instant::now();
        loop {
            if sandbox
                .requests()
                .iter()
                .any(|entry| entry.committed && entry.request_id.as_deref() == Some(id.as_str()))
            {
                return Ok(self);
            }
            if let Ok(Some(status)) = self.0.try_wait() {
                return Err(format!("the second process ended before it sent anything ({status})"));
            }
            if begun.elapsed() > PATIENCE {
                return Err("the second process sent nothing".into());
            }
            ticks.tick().await;
        }
    }

    fn kill(&mut self) {
        // It fails only for a process that has ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Till {
    fn drop(&mut self) {
        self.kill();
    }
}
