//! Runs a target: first what is kept, then what is made of it, as long as it is asked to.

use crate::mutate::Material;
use fastrand::Rng;
use posa_fuzz::{Reached, places, watch};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, Once, PoisonError};
use std::time::{Duration, Instant};

/// The target and the input of the execution that is under way, and how many there were.
static UNDER_WAY: Mutex<(u64, String, Vec<u8>)> = Mutex::new((0, String::new(), Vec::new()));

/// An execution that takes so long takes for ever.
const FOR_EVER: Duration = Duration::from_secs(60);

/// Nobody may be watched while somebody else is.
static TURN: Mutex<()> = Mutex::new(());

/// More steps than any reader takes for an input, if it takes so many for each byte and no more.
const STEPS: u64 = 1_000_000;
const STEPS_OF_A_BYTE: u64 = 500;

/// Runs a target. `FUZZ_INPUT` names one input to run alone. Otherwise `FUZZ_SECONDS` says how long, or `FUZZ_RUNS` how
/// many executions that are the same every time; `FUZZ_SEED` asks for others.
pub(crate) fn fuzz(name: &str, target: fn(&[u8])) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(path) = set("FUZZ_INPUT") {
        return target(&std::fs::read(&path).expect(&path));
    }
    static WATCHDOG: Once = Once::new();
    WATCHDOG.call_once(|| drop(std::thread::spawn(watch_for_the_endless)));
    let seconds = number("FUZZ_SECONDS");
    let mut fuzz = Fuzz { name, target, inputs: Vec::new(), executions: 0, most: (0, 0) };
    let found = output().join(name);
    let mut kept = files(&corpus().join(name));
    if seconds.is_some() {
        std::fs::create_dir_all(&found).expect("a folder for what is found");
        kept.extend(files(&found));
    }
    for path in kept {
        fuzz.run(std::fs::read(path).expect("an input that is kept"));
    }
    assert!(!fuzz.inputs.is_empty() || places() > 0, "there is no corpus for {name}");
    let words: Vec<&str> = include_str!("dictionary").lines().collect();
    let mut rng = Rng::with_seed(number("FUZZ_SEED").unwrap_or(1));
    let (started, runs) = (Instant::now(), number("FUZZ_RUNS").unwrap_or(1_000));
    let more = |executions: u64| match seconds {
        Some(seconds) => !executions.is_multiple_of(256) || started.elapsed() < Duration::from_secs(seconds),
        None => executions < runs,
    };
    while more(fuzz.executions) {
        let input = Material { inputs: &fuzz.inputs, words: &words }.mutant(&mut rng);
        if fuzz.run(input) && seconds.is_some() {
            let input = fuzz.inputs.last().expect("it was just found");
            std::fs::write(found.join(hash(input)), input).expect("a place for what is found");
        }
    }
    let Fuzz { executions, inputs, most, .. } = fuzz;
    eprintln!("{name:18} {executions:>11} executions, {} inputs, {} steps for {} bytes", inputs.len(), most.0, most.1);
}

/// The targets that have a corpus, in their order.
pub(crate) fn corpora() -> Vec<String> {
    files(&corpus()).iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
}

struct Fuzz<'a> {
    name: &'a str,
    target: fn(&[u8]),
    inputs: Vec<Vec<u8>>,
    executions: u64,
    /// The most steps for a byte: steps and bytes.
    most: (u64, u64),
}

impl Fuzz<'_> {
    /// Runs one input; true if it reached something new, or nothing is watched and it is one of the first.
    fn run(&mut self, input: Vec<u8>) -> bool {
        self.executions += 1;
        begin(self.name, &input);
        let mut ended = Ok(());
        let Reached { news, steps } = watch(|| ended = catch_unwind(AssertUnwindSafe(|| (self.target)(&input))));
        if let Err(panic) = ended {
            report(self.name, &input);
            resume_unwind(panic);
        }
        let bytes = input.len() as u64;
        if steps > STEPS + STEPS_OF_A_BYTE * bytes {
            report(self.name, &input);
            panic!("{steps} steps for {bytes} bytes: the time grows faster than the input");
        }
        if steps * (self.most.1 + 1000) > self.most.0 * (bytes + 1000) {
            self.most = (steps, bytes);
        }
        let keep = if places() > 0 { news > 0 } else { self.inputs.len() < 64 };
        if keep && input.len() <= crate::mutate::LONGEST {
            self.inputs.push(input);
            return true;
        }
        false
    }
}

fn begin(name: &str, input: &[u8]) {
    let mut under_way = UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner);
    under_way.0 += 1;
    name.clone_into(&mut under_way.1);
    input.clone_into(&mut under_way.2);
}

/// An endless execution cannot be stopped from within: its input is reported, and the process ends.
fn watch_for_the_endless() {
    let mut last = 0;
    loop {
        std::thread::sleep(FOR_EVER);
        let (number, name, input) = UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner).clone();
        // Without a turn taken, all are done.
        if number == last && TURN.try_lock().is_err() {
            report(&name, &input);
            eprintln!("it has not ended for {FOR_EVER:?}");
            std::process::exit(1);
        }
        last = number;
    }
}

fn report(name: &str, input: &[u8]) {
    let folder = output().join("crashes");
    let path = folder.join(format!("{name}-{}", hash(input)));
    std::fs::create_dir_all(&folder).expect("a folder for crashes");
    std::fs::write(&path, input).expect("a place for the input");
    eprintln!("\n{name} fails on\n{}", input.escape_ascii());
    eprintln!("again: make fuzz TARGET={name} INPUT={}\n", path.display());
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

/// Where crashes go, and what is found beside the corpus.
fn output() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("fuzz")
}

/// In the order of their names, which is the same everywhere.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(folder).into_iter().flatten().map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

fn hash(input: &[u8]) -> String {
    let hash = input
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3));
    format!("{hash:016x}")
}

fn number(variable: &str) -> Option<u64> {
    let text = set(variable)?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is {text:?}; give a whole number")))
}

/// Make passes on what nobody gave as an empty text.
fn set(variable: &str) -> Option<String> {
    std::env::var(variable).ok().filter(|text| !text.is_empty())
}
