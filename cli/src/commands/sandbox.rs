use super::stop;
use crate::exit;
use crate::output::{Output, Whole, hint};
use posa_core::model::Region;
use posa_core::{Error, PartnerId};
use posa_sandbox::{F1000, Fault, Ready, Sandbox, Settings};
use serde::Serialize;
use std::fmt;
use std::io::Write;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use tempfile::TempPath;

/// Run the sandbox gateway on this machine
///
/// Serves until SIGINT or SIGTERM. Once it accepts connections it prints one line of JSON: addresses, test keys and
/// test cards.
///
/// It listens on loopback only, over HTTP and HTTPS, and keeps everything in memory unless --state names a file.
/// Open its address in a browser for the dashboard: cards, funds, each request's verdict, faults, throttle and clock.
/// The control API for programs is under /_sandbox/ of the same address.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Address for HTTP; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8989", env = "POSA_SANDBOX_LISTEN")]
    listen: SocketAddr,
    /// Address for HTTPS
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0", env = "POSA_SANDBOX_TLS_LISTEN")]
    tls_listen: SocketAddr,
    /// Requests of one partner per second, or off
    #[arg(long, value_name = "N|off", default_value = "10", env = "POSA_SANDBOX_THROTTLE")]
    throttle: Throttle,
    /// What the mock id F1000 answers; the vendor's pages say both
    #[arg(long, default_value = "success", env = "POSA_SANDBOX_F1000")]
    f1000: Mock,
    /// Write the line of JSON to this file too
    #[arg(long, value_name = "PATH", env = "POSA_SANDBOX_READY_FILE")]
    ready_file: Option<PathBuf>,
    /// Keep the ledger in this file across restarts (SQLite)
    #[arg(long, value_name = "FILE", env = "POSA_SANDBOX_STATE")]
    state: Option<PathBuf>,
    /// Write the certificate of its own authority here [default: a temporary file, removed at the end]
    #[arg(long, value_name = "PATH", env = "POSA_SANDBOX_CA_FILE")]
    ca_file: Option<PathBuf>,
    /// The partner it serves
    #[arg(long, value_name = "ID", default_value = "Awssb", env = "POSA_SANDBOX_PARTNER")]
    #[arg(value_parser = PartnerId::from_str)]
    partner: PartnerId,
    /// The region that requests must be signed for
    #[arg(long, default_value = "us-east-1", env = "POSA_SANDBOX_REGION")]
    #[arg(value_parser = Region::from_str)]
    region: Region,
    /// A fault for the first request that it suits: a name such as drop_after_commit, or JSON; may be repeated
    #[arg(long, value_name = "FAULT", env = "POSA_SANDBOX_FAULT")]
    #[arg(value_parser = Fault::from_str)]
    fault: Vec<Fault>,
    /// Demand all 19 digits of a card
    #[arg(long, env = "POSA_SANDBOX_STRICT_CARDS")]
    strict_cards: bool,
    /// Demand letters and digits in request ids, which the live service does not
    #[arg(long, env = "POSA_SANDBOX_STRICT_IDS")]
    strict_ids: bool,
}

#[derive(Clone, Copy)]
struct Throttle(Option<NonZeroU32>);

impl FromStr for Throttle {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "off" => Ok(Self(None)),
            number => number.parse().map(|n| Self(Some(n))).map_err(|_| "write a number from 1, or off"),
        }
    }
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Mock {
    Success,
    F100,
}

pub(super) async fn run(args: Args, output: &Output) -> Result<u8, Error> {
    let stopped = stop::signal()?;
    let mut settings = Settings {
        listen: args.listen,
        tls_listen: args.tls_listen,
        throttle: args.throttle.0,
        f1000: match args.f1000 {
            Mock::Success => F1000::Success,
            Mock::F100 => F1000::F100,
        },
        state: args.state,
        strict_card_numbers: args.strict_cards,
        strict_request_ids: args.strict_ids,
        region: args.region,
        ..Settings::default()
    };
    for partner in &mut settings.partners {
        partner.id = args.partner.clone();
    }
    let sandbox = Sandbox::start_with(settings).await?;
    args.fault.into_iter().try_for_each(|fault| sandbox.inject(fault))?;
    let _removed_at_the_end = write_ca(&sandbox, args.ca_file.as_deref())?;
    let ready = Announced(sandbox.ready()?);
    if let Some(path) = &args.ready_file {
        replace(path, &format!("{ready}\n"))?;
    }
    output.show(&ready);
    hint(Hints { ready: &ready.0, ready_file: args.ready_file.as_deref() });
    stopped.await;
    sandbox.stop().await;
    Ok(exit::DONE)
}

/// Writes the certificate where it was asked for, or to a temporary file that goes with the guard.
fn write_ca(sandbox: &Sandbox, asked: Option<&Path>) -> Result<Option<TempPath>, Error> {
    let wrong = |e: std::io::Error| Error::configuration("ca_file", format!("the certificate cannot be written: {e}"));
    if let Some(path) = asked {
        sandbox.write_ca(path).map_err(wrong)?;
        return Ok(None);
    }
    let file = tempfile::Builder::new().prefix("posa-sandbox-ca-").suffix(".pem").tempfile().map_err(wrong)?;
    let path = file.into_temp_path();
    sandbox.write_ca(&path).map_err(wrong)?;
    Ok(Some(path))
}

/// Puts a whole file in place, readable by its owner alone: whoever waits for it never sees a part of it.
fn replace(path: &Path, text: &str) -> Result<(), Error> {
    let wrong = |e: std::io::Error| {
        Error::configuration("ready_file", format!("ready_file {} cannot be written: {e}", path.display()))
    };
    let mut file = Whole::create(path).map_err(wrong)?;
    file.write_all(text.as_bytes()).and_then(|()| file.finish()).map_err(wrong)
}

/// The ready line: JSON, whoever reads it.
#[derive(Serialize)]
#[serde(transparent)]
struct Announced(Ready);

impl fmt::Display for Announced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(&self.0).map_err(|_| fmt::Error)?)
    }
}

struct Hints<'a> {
    ready: &'a Ready,
    ready_file: Option<&'a Path>,
}

impl fmt::Display for Hints<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ready { url, tls_url, dashboard_url, region, partner_id, access_key_id, cards, .. } = self.ready;
        writeln!(f, "\nThe sandbox listens at {url} and {tls_url}. Stop it with Ctrl-C.")?;
        writeln!(f, "  Watch and steer:   {dashboard_url} in a browser")?;
        let Some(card) = cards.first() else { return Ok(()) };
        let card = format!("{}{}", card.card_number, card.checksum);
        let ready = self.ready_file.unwrap_or(Path::new("READY.json (see --ready-file)")).display();
        writeln!(f, "  Activate a card:   posa activate {card} 25.00 USD --sandbox {ready}")?;
        writeln!(f, "  With curl:         curl {url}/ActivationStatusCheck --user {access_key_id}:$SECRET \\")?;
        writeln!(
            f,
            "                       --aws-sigv4 aws:amz:{region}:AGCODService -H content-type:application/json \\"
        )?;
        write!(f, "                       -d '{{\"statusCheckRequestId\":\"{partner_id}1\",")?;
        writeln!(f, "\"partnerId\":\"{partner_id}\",\"cardNumber\":\"{card}\"}}'")?;
        writeln!(f, "  Cards and funds:   curl {url}/_sandbox/state")?;
        writeln!(f, "  Lose an answer:    curl {url}/_sandbox/faults -d '{{\"fault\":\"drop_after_commit\"}}'")?;
        write!(f, "  What was sent:     curl {url}/_sandbox/requests")
    }
}
