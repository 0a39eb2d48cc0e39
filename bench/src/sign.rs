//! Signing alone, one thread: the `x-amz-date` and `authorization` values for fresh bodies of one operation.

use crate::Result;
use crate::clients::reqwest::{identity, instructions};
use crate::fixture::{ACCESS_KEY_ID, JSON, PATH, SECRET, TARGET, body};
use crate::floor::Floor;
use crate::verify::verify;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use posa_core::model::{Operation, Region};
use posa_core::sign::{Credentials, SigV4, SignedHeaders, Signer, Unsigned};
use posa_core::wire::Format;
use sha2::{Digest, Sha256};
use std::hint::black_box;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// The contenders, in the order of [`measure`]'s figures.
pub(crate) const NAMES: [&str; 4] =
    ["the three hashes alone", "sha2 + hmac, cached key (floor)", "posa_core::sign", "aws_sigv4::http_request::sign"];
/// Positions in [`NAMES`].
pub(crate) const FLOOR: usize = 1;
pub(crate) const POSA: usize = 2;
pub(crate) const AWS: usize = 3;

const HOST: &str = "127.0.0.1:8080";
const URL: &str = "http://127.0.0.1:8080/ActivateGiftCard";
/// Short slices, many of them: what else the machine does then falls on all alike.
const SLICE: Duration = Duration::from_millis(30);
const SLICES: usize = 7;

/// Nanoseconds per signature of each contender, seven figures for each round. Each signer is verified before it is timed.
pub(crate) fn measure(rounds: usize) -> Result<[Vec<f64>; 4]> {
    let bodies = (0..256).map(body).collect::<Result<Vec<_>>>()?;
    let hashes = Hashes { canonical: [b'c'; 309], to_sign: [b's'; 144], key: Hmac::new_from_slice(&[7; 32])? };
    let mut floor = Floor::new(HOST);
    let posa = SigV4::new(Region::NorthAmerica, Credentials::new(ACCESS_KEY_ID, SECRET)?);
    let identity = identity();
    let by_aws = |body| instructions(URL, headers().into_iter(), body, &identity);

    for body in &bodies[..1] {
        let (date, authorization) = floor.sign(body)?;
        check(std::str::from_utf8(date)?, std::str::from_utf8(authorization)?, body)?;
        let signed = by_posa(&posa, body)?;
        check(&signed.amz_date, &signed.authorization, body)?;
        let signed = by_aws(body)?;
        let header = |name| signed.headers().find(|(n, _)| *n == name).map(|(_, value)| value).unwrap_or_default();
        check(header("x-amz-date"), header("authorization"), body)?;
    }

    let mut figures = [const { Vec::new() }; 4];
    for _ in 0..rounds * SLICES {
        figures[0].push(time(&bodies, |body| Ok(hashes.run(body)))?);
        figures[FLOOR].push(time(&bodies, |body| floor.sign(body).map(|signed| signed.1.len()))?);
        figures[POSA].push(time(&bodies, |body| by_posa(&posa, body))?);
        figures[AWS].push(time(&bodies, by_aws)?);
    }
    Ok(figures)
}

/// What no signer can leave out, on inputs of the same lengths.
struct Hashes {
    canonical: [u8; 309],
    to_sign: [u8; 144],
    key: Hmac<Sha256>,
}

impl Hashes {
    fn run(&self, body: &[u8]) -> impl Sized + use<> {
        let mut mac = self.key.clone();
        mac.update(black_box(&self.to_sign));
        (Sha256::digest(body), Sha256::digest(black_box(&self.canonical)), mac.finalize())
    }
}

fn headers() -> [(&'static str, &'static str); 4] {
    [("accept", JSON), ("content-type", JSON), ("host", HOST), ("x-amz-target", TARGET)]
}

fn check(date: &str, authorization: &str, body: &[u8]) -> Result<()> {
    let mut head = format!("POST {PATH} HTTP/1.1\r\nx-amz-date: {date}\r\nauthorization: {authorization}");
    for (name, value) in headers() {
        head.push_str(&format!("\r\n{name}: {value}"));
    }
    verify(&head, body)
}

/// The path that the client takes: the boxed future of the [`Signer`] trait, ready at once with a key in hand.
fn by_posa(signer: &dyn Signer, body: &[u8]) -> Result<SignedHeaders> {
    let request =
        Unsigned { operation: Operation::Activate, format: Format::Json, host: HOST, body, now: Timestamp::now() };
    match signer.sign(request).as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(signed) => Ok(signed?),
        Poll::Pending => Err("the signer waits for something".into()),
    }
}

fn time<'a, T>(bodies: &'a [Vec<u8>], mut sign: impl FnMut(&'a [u8]) -> Result<T>) -> Result<f64> {
    let mut run = |limit: Duration| -> Result<f64> {
        let (start, mut count) = (Instant::now(), 0u32);
        while start.elapsed() < limit {
            for body in bodies {
                black_box(sign(body)?);
            }
            count += 1;
        }
        Ok(start.elapsed().as_nanos() as f64 / f64::from(count) / bodies.len() as f64)
    };
    run(SLICE / 5)?;
    run(SLICE)
}
