//! One file for each verb.

mod acknowledge;
mod activate;
mod adopt;
mod batch;
mod certify;
mod completions;
mod deactivate;
mod demo;
mod doctor;
mod inventory;
mod journal;
mod locations;
mod moment;
mod reconcile;
mod recover;
mod resolve;
mod sandbox;
mod show;
mod sign;
mod status;
mod stop;
mod transactions;
mod void;

use crate::output::Output;
use crate::settings::{Connection, Settings};
use posa_core::error::Cause;
use posa_core::inventory::Inventory;
use posa_core::journal::Transaction;
use posa_core::{CardNumber, Client, Currency, Delivery, Error, ErrorKind, PartnerId, RequestId};
use std::ffi::OsString;
use std::fs::File;
use std::future::Future;
use std::io::{self, Read};
use std::path::Path;

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Watch an activation, its replay, a lost answer, a reversal and a recovery on a sandbox of its own
    Demo,
    Sandbox(sandbox::Args),
    Activate(activate::Args),
    Batch(batch::Args),
    Deactivate(deactivate::Args),
    Status(status::Args),
    Transactions(transactions::Args),
    Show(show::Args),
    Acknowledge(acknowledge::Args),
    Resolve(resolve::Args),
    Recover(recover::Args),
    Void(void::Args),
    Adopt(adopt::Args),
    Reconcile(reconcile::Args),
    Journal(journal::Args),
    Sign(sign::Args),
    Inventory(inventory::Args),
    Locations(locations::Args),
    Certify(certify::Args),
    Doctor(doctor::Args),
    Completions(completions::Args),
}

/// Runs a command to its end and returns the exit code. `launcher` starts this program again.
pub(crate) fn run(command: Command, launcher: &[OsString], output: &Output) -> Result<u8, Error> {
    match command {
        Command::Demo => block_on(demo::run(launcher, output)),
        Command::Sandbox(args) => block_on(sandbox::run(args, output)),
        Command::Activate(args) => block_on(activate::run(args, output)),
        Command::Batch(args) => block_on(batch::run(args, output)),
        Command::Deactivate(args) => block_on(deactivate::run(args, output)),
        Command::Status(args) => block_on(status::run(args, output)),
        Command::Transactions(args) => block_on(transactions::run(args, output)),
        Command::Show(args) => block_on(show::run(args, output)),
        Command::Acknowledge(args) => block_on(acknowledge::run(args, output)),
        Command::Resolve(args) => block_on(resolve::run(args, output)),
        Command::Recover(args) => block_on(recover::run(args, output)),
        Command::Void(args) => block_on(void::run(args, output)),
        Command::Adopt(args) => block_on(adopt::run(args, output)),
        Command::Reconcile(args) => block_on(reconcile::run(args, output)),
        Command::Journal(args) => block_on(journal::run(args, output)),
        Command::Sign(args) => block_on(sign::run(args, output)),
        Command::Inventory(args) => inventory::run(args, output),
        Command::Locations(args) => locations::run(args, output),
        Command::Certify(args) => block_on(certify::run(args, output)),
        Command::Doctor(args) => block_on(doctor::run(args, output)),
        Command::Completions(args) => completions::run(args, output),
    }
}

fn block_on(command: impl Future<Output = Result<u8, Error>>) -> Result<u8, Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|e| Error::configuration("runtime", format!("the runtime does not start: {e}")))?.block_on(command)
}

impl Connection {
    /// With the variables of this process.
    fn resolve(self) -> Result<Settings, Error> {
        self.settings(|name| std::env::var(name).ok())
    }
}

/// A card number as an argument; `-` reads it from standard input, where a scanner types and no process list shows it.
fn card(argument: &str) -> Result<CardNumber, Error> {
    if argument != "-" {
        return CardNumber::new(argument);
    }
    let code = code(io::stdin().lock())
        .map_err(|e| Error::invalid("card_number", format!("card_number cannot be read from standard input: {e}")))?;
    CardNumber::scanned(&code)
}

/// One code as a scanner types it: up to the carriage return, line feed or ETX behind it, or the end of the input.
fn code(input: impl io::BufRead) -> io::Result<String> {
    const ETX: u8 = 3;
    let mut code = Vec::new();
    for byte in input.take(1024).bytes() {
        match byte? {
            b'\r' | b'\n' | ETX if code.iter().any(u8::is_ascii_graphic) => break,
            byte => code.push(byte),
        }
    }
    Ok(String::from_utf8_lossy(&code).into_owned())
}

/// The list of cards in a file.
fn inventory(path: &Path, currency: Currency) -> Result<Inventory, Error> {
    let file = File::open(path)
        .map_err(|e| Error::invalid("inventory", format!("{} cannot be opened: {e}", path.display())))?;
    Inventory::read(file, currency)
}

/// A request id as an argument. A card number in its place is not shown in the error.
fn request_id(argument: &str, partner: &PartnerId) -> Result<RequestId, Error> {
    if CardNumber::new(argument).is_ok() {
        let message = "request_id is a card number; the request id comes first, then the card";
        return Err(Error::invalid("request_id", message));
    }
    RequestId::new(argument, partner)
}

/// What the journal has of a sale.
async fn known(client: &Client, id: &RequestId) -> Result<Transaction, Error> {
    client.transaction(id).await?.ok_or_else(|| unknown(id))
}

fn unknown(id: &RequestId) -> Error {
    let message = format!("the journal has no sale with request id {id}; was it made with another journal?");
    Error::new(ErrorKind::Conflict, Delivery::NotSent, message).because(Cause::UnknownId)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::code;

    #[test]
    fn a_code_ends_where_the_scanner_ends_it() {
        let digits = "1400000005567585358";
        for typed in [
            "1400000005567585358",
            "1400000005567585358\rnext",
            "\r\n1400000005567585358\n14",
            "\u{2}1400000005567585358\u{3}\u{2}14",
        ] {
            assert_eq!(code(typed.as_bytes()).unwrap().trim_matches(char::is_control), digits, "{typed:?}");
        }
        assert_eq!(code(&[0xFF, b'1'][..]).unwrap(), "\u{FFFD}1");
        assert_eq!(code("9".repeat(5_000).as_bytes()).unwrap().len(), 1024);
    }
}
