use crate::exit;
use crate::output::{BAD, FAINT, GOOD, Output};
use crate::settings::Connection;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use posa_core::Error;
use posa_core::model::Operation;
use posa_core::sign::canonical::{credential_scope, string_to_sign};
use posa_core::sign::{self, SigV4, Signer, Unsigned};
use serde::Serialize;
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Show what is signed for a request, and why another side computes a different signature
///
/// Signs a body as the client does and prints each step, without sending it.
///
/// With --explain it names the first line in which the canonical request of the other side differs, and what most
/// often causes that; the exit code is then 1.
#[derive(clap::Args)]
pub(crate) struct Args {
    operation: Verb,
    /// The body, byte for byte; - is standard input
    #[arg(long, value_name = "FILE", default_value = "-")]
    body: PathBuf,
    /// Sign for this time instead of now, such as 20260102T030405Z
    #[arg(long, value_name = "X-AMZ-DATE")]
    date: Option<String>,
    /// The canonical request that the other side computed
    #[arg(long, value_name = "FILE")]
    explain: Option<PathBuf>,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Verb {
    #[value(alias = "ActivateGiftCard")]
    Activate,
    #[value(alias = "DeactivateGiftCard")]
    Deactivate,
    #[value(alias = "ActivationStatusCheck")]
    Status,
}

#[derive(Serialize)]
struct Signed {
    url: String,
    canonical_request: String,
    string_to_sign: String,
    headers: Headers,
    #[serde(skip_serializing_if = "Option::is_none")]
    explained: Option<Explained>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Headers {
    accept: &'static str,
    content_type: &'static str,
    host: String,
    x_amz_date: String,
    x_amz_target: &'static str,
    authorization: String,
}

#[derive(Serialize)]
struct Explained {
    equal: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ours: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    theirs: Option<String>,
    cause: String,
}

pub(super) async fn run(args: Args, output: &Output) -> Result<u8, Error> {
    let operation = match args.operation {
        Verb::Activate => Operation::Activate,
        Verb::Deactivate => Operation::Deactivate,
        Verb::Status => Operation::StatusCheck,
    };
    let now = args.date.as_deref().map_or_else(|| Ok(Timestamp::now()), time)?;
    let settings = args.connection.resolve()?;
    let (endpoint, format) = (settings.endpoint()?, settings.format()?);
    let theirs = args.explain.as_deref().map(|path| read("explain", path)).transpose()?;
    let body = read("body", &args.body)?;

    let request = Unsigned { operation, format, host: endpoint.host(), body: &body, now };
    let signed = SigV4::new(endpoint.region(), settings.keys()?).sign(request).await?;
    let canonical = request.canonical_request(&signed.amz_date);
    let day = signed.amz_date.get(..8).unwrap_or_default();
    let scope = credential_scope(day, endpoint.region().name());
    let explained = theirs.map(|theirs| explain(&canonical, &String::from_utf8_lossy(&theirs)));
    let code = if explained.as_ref().is_none_or(|explained| explained.equal) { exit::DONE } else { exit::REJECTED };
    output.show(&Signed {
        url: format!("{}{}", endpoint.url(), operation.path()),
        string_to_sign: string_to_sign(&signed.amz_date, &scope, &canonical),
        canonical_request: canonical,
        headers: Headers {
            accept: format.accept(),
            content_type: format.content_type(),
            host: endpoint.host().to_owned(),
            x_amz_date: signed.amz_date,
            x_amz_target: operation.target(),
            authorization: signed.authorization,
        },
        explained,
    });
    Ok(code)
}

fn time(text: &str) -> Result<Timestamp, Error> {
    let utc = DateTime::strptime("%Y%m%dT%H%M%SZ", text).and_then(|date| date.to_zoned(TimeZone::UTC));
    let wrong = |_| Error::invalid("date", format!("date {text:?} is not a UTC time such as 20260102T030405Z"));
    utc.map(|zoned| zoned.timestamp()).map_err(wrong)
}

fn read(field: &'static str, path: &Path) -> Result<Vec<u8>, Error> {
    let read = if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        std::fs::read(path)
    };
    read.map_err(|e| Error::invalid(field, format!("{field} cannot be read from {}: {e}", path.display())))
}

fn explain(ours: &str, theirs: &str) -> Explained {
    match sign::explain(ours, theirs) {
        Some(difference) => Explained {
            equal: false,
            line: Some(difference.line),
            ours: Some(difference.ours),
            theirs: Some(difference.theirs),
            cause: difference.cause,
        },
        None => Explained {
            equal: true,
            line: None,
            ours: None,
            theirs: None,
            cause:
                "the canonical requests are equal; if the signatures differ, the secret or the credential scope does"
                    .to_owned(),
        },
    }
}

impl fmt::Display for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FAINT}POST{FAINT:#} {}", self.url)?;
        writeln!(f, "\n{FAINT}canonical request{FAINT:#}\n{}", self.canonical_request)?;
        writeln!(f, "\n{FAINT}string to sign{FAINT:#}\n{}", self.string_to_sign)?;
        let h = &self.headers;
        write!(
            f,
            "\n{FAINT}headers{FAINT:#}\naccept: {}\ncontent-type: {}\nhost: {}\nx-amz-date: {}\nx-amz-target: {}\n\
             authorization: {}",
            h.accept, h.content_type, h.host, h.x_amz_date, h.x_amz_target, h.authorization
        )?;
        let Some(explained) = &self.explained else { return Ok(()) };
        let style = if explained.equal { GOOD } else { BAD };
        write!(f, "\n\n{style}explained{style:#} {}", explained.cause)?;
        if let Some(((line, ours), theirs)) = explained.line.zip(explained.ours.as_ref()).zip(explained.theirs.as_ref())
        {
            write!(f, "\n  line {line}\n  ours:   {ours}\n  theirs: {theirs}")?;
        }
        Ok(())
    }
}
