//! The vendor's test plan, played against an endpoint, and the report of it.

mod burst;
mod cards;
mod clean;
mod files;
mod html;
mod junit;
mod mocks;
mod play;
mod report;
mod step;
mod table;
mod target;

use super::stop::signal;
use crate::output::{Output, hint};
use crate::settings::{Connection, StockCard};
use cards::Cards;
use clean::Left;
use files::Files;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Timestamp;
use play::Player;
use posa_core::inventory::Inventory;
use posa_core::wire::Format;
use posa_core::{Client, Delivery, Error, ErrorKind};
use report::{Played, Report};
use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::time::Instant;
use step::{Case, Via};
use target::Target;

/// Play the vendor's test plan and write a report of it
///
/// Sells and takes back cards as the vendor's test plan asks for, sends every mock id, and compares what came with what
/// must come: on a sandbox of its own, or at the gateway that the settings name. Production is refused.
///
/// Every card that it activated is inactive again at the end, also after Ctrl-C; what a killed run left, the next one
/// takes back first. Exit code 3 if it is not known whether a card is active, 1 if a case failed, a card is left active
/// or the run was stopped, 0 otherwise.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// CSV with the columns Card Number, Checksum and Amount: the cards to use [default: those of the sandbox]
    #[arg(long, value_name = "FILE")]
    inventory: Option<PathBuf>,
    /// On a sandbox of its own, whatever gateway the settings name
    #[arg(long)]
    embedded: bool,
    #[command(flatten)]
    files: files::Names,
    #[command(flatten)]
    connection: Connection,
}

pub(super) async fn run(args: Args, output: &Output) -> Result<u8, Error> {
    let (started_at, begun) = (Timestamp::now(), Instant::now());
    let files = Files::prepare(args.files)?;
    let mut stop = pin!(signal()?);
    let target = Target::choose(args.connection, args.embedded).await?;
    let stock = match &args.inventory {
        Some(path) => read(path, &target)?,
        None => target.stock()?.ok_or_else(|| {
            let message = "inventory is not set; name the list of test cards that the account manager sent";
            Error::configuration("inventory", message)
        })?,
    };
    let clients = target.clients().await?;
    let prepared = async {
        let till = client(&clients, Via::Till)?;
        let leftovers = clean::leftovers(till).await?;
        let open = clean::take_back(till, &leftovers).await;
        let cards = Cards::choose(stock, target.marketplace, till, &target.partner).await?;
        Ok::<_, Error>((leftovers.len() - open.len(), open, cards))
    };
    let (recovered, mut left, cards) = tokio::select! {
        biased;
        prepared = prepared => prepared?,
        () = &mut stop => return Err(stopped("stopped before the first case")),
    };

    let cases = table::cases();
    let mut player = Player::new(&target, &cards, &clients)?;
    let bar = bar(cases.len(), output);
    let ended = tokio::select! {
        biased;
        ended = player.play(&cases, &bar) => ended.map(|()| false),
        () = &mut stop => Ok(true),
    };
    if matches!(ended, Ok(true)) {
        bar.suspend(|| hint("stopping: taking back what is active; once more leaves it to the next run"));
    }
    stop.set(signal()?);
    left.extend(tokio::select! {
        biased;
        more = clean_up(&target, &clients, &player, &cards) => more?,
        () = &mut stop => return Err(stopped("stopped before every card was taken back")),
    });
    bar.finish_and_clear();
    let is_stopped = ended?;
    let mut played = std::mem::take(&mut player.played);
    played.extend(cases[played.len()..].iter().map(|case: &Case| Played::not_run(case, "the run was stopped")));
    let report = Report {
        partner_id: target.partner.to_string(),
        endpoint: target.endpoint.url().to_owned(),
        gateway: match (&target.own, target.ours) {
            (Some(_), _) => "posa's sandbox, embedded",
            (None, true) => "posa's sandbox",
            (None, false) if target.endpoint.host().ends_with(".amazon.com") => "the vendor's sandbox",
            (None, false) => "at an address of its own",
        },
        environment: target.endpoint.environment().to_string(),
        region: target.endpoint.region().name(),
        marketplace: target.marketplace.code(),
        currency: target.marketplace.currency().code(),
        format: match target.format {
            Format::Json => "json",
            Format::Xml => "xml",
        },
        posa_version: env!("CARGO_PKG_VERSION"),
        started_at: started_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        milliseconds: begun.elapsed().as_millis(),
        cards: cards.all().map(ToString::to_string).collect(),
        passed_over: cards.passed_over,
        recovered,
        stopped: is_stopped,
        passed: 0,
        failed: 0,
        not_run: 0,
        cases: played,
        left,
    }
    .counted();
    output.show(&report);
    files.write(&report)?;
    Ok(report.code())
}

/// Waits for what is under way, and takes back what is active after it.
async fn clean_up(
    target: &Target,
    clients: &HashMap<Via, Client>,
    player: &Player<'_>,
    cards: &Cards,
) -> Result<Vec<Left>, Error> {
    for client in clients.values() {
        client.retire().await;
    }
    player.restore()?;
    let fresh = target.clients().await?;
    let mut left = clean::take_back(client(&fresh, Via::Till)?, &player.sold).await;
    for more in clean::sweep(client(&fresh, Via::Wire)?, cards, &player.sold).await {
        if left.iter().all(|known| known.card != more.card) {
            left.push(more);
        }
    }
    Ok(left)
}

fn client(clients: &HashMap<Via, Client>, via: Via) -> Result<&Client, Error> {
    clients.get(&via).ok_or_else(|| Error::configuration("client", format!("there is no client {via:?}")))
}

fn read(path: &Path, target: &Target) -> Result<Vec<StockCard>, Error> {
    let wrong = |e| Error::invalid("inventory", format!("{} cannot be opened: {e}", path.display()));
    let inventory = Inventory::read(File::open(path).map_err(wrong)?, target.marketplace.currency())?;
    Ok(inventory.iter().map(|wac| StockCard { card: wac.card_number(), denomination: wac.denomination() }).collect())
}

fn stopped(when: &str) -> Error {
    let message = format!("{when}; run it again with the same journal: it first takes back what is left");
    Error::new(ErrorKind::OutcomeUnknown, Delivery::Unknown, message)
}

/// On a terminal only, and not beside JSON.
fn bar(cases: usize, output: &Output) -> ProgressBar {
    let target = if output.is_json() { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let bar = ProgressBar::with_draw_target(Some(cases as u64), target);
    if let Ok(style) = ProgressStyle::with_template("{bar:20} {pos}/{len}  {wide_msg}") {
        bar.set_style(style);
    }
    bar
}
