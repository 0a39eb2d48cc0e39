//! I10: what a loss of power leaves of the write-ahead log. A step is there whole or not at all, and one that was
//! acknowledged before the last byte that reached the disk is there.

use crate::life::Place;
use crate::run::{seed, shop};
use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use posa_core::journal::{Asker, Begun, Filter, Journal, Settlement, SqliteJournal, State};
use posa_core::{Activate, Amount, CardNumber, Currency, RequestId};
use posa_tests::till::Said;
use rusqlite::{Connection, OpenFlags};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const NOW: Timestamp = Timestamp::constant(1_790_000_000, 0);

/// How the end of a file looks after a loss of power.
#[derive(Debug, Clone, Copy)]
enum Tear {
    Cut,
    Zeros,
    Noise,
}

#[tokio::test]
async fn i10_a_torn_log_holds_every_step_up_to_the_tear_and_no_half_of_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("posa.db");
    let journal = SqliteJournal::open(&path).unwrap();
    let mut random = Rng::with_seed(seed());
    let mut steps = Vec::new();
    for number in 0..30 {
        let id = RequestId::recorded(&format!("Awssb{number:04}")).unwrap();
        let sale = Activate::new(
            CardNumber::new(&format!("22{number:014}")).unwrap(),
            Amount::new("10.00", Currency::Usd).unwrap(),
        );
        let until = NOW.checked_add(SignedDuration::from_secs(36)).unwrap();
        let begun = journal.begin_activation(&id, &sale, Asker::Caller, NOW, until).await.unwrap();
        steps.push((log_length(&path), id.clone(), State::Sending));
        let Begun::Claimed(claim) = begun else { panic!("a new sale is claimed") };
        let state = *random.choice(&[State::Activated, State::Rejected, State::Unknown]).unwrap();
        journal.settle(&claim, Settlement::done(state, 1, None), NOW).await.unwrap();
        steps.push((log_length(&path), id, state));
    }
    let end = log_length(&path);
    for turn in 0..60 {
        let tear = *random.choice(&[Tear::Cut, Tear::Zeros, Tear::Noise]).unwrap();
        // Every third turn tears at the very end of a step, or a byte before it.
        let at = match turn % 3 {
            0 => random.choice(&steps).unwrap().0 - random.u64(..=1),
            _ => random.u64(..=end),
        };
        let log = fs::read(path.with_extension("db-wal")).unwrap();
        let at = tear.changes_from(&log, usize::try_from(at).unwrap()) as u64;
        let about = format!("POSA_SEED={}: {tear:?} at byte {at} of {end}", seed());
        let torn = folder.path().join(turn.to_string());
        let torn = copy(&path, &torn, |log| tear.apply(log, usize::try_from(at).unwrap()));
        let expected: BTreeMap<_, _> =
            steps.iter().filter(|step| step.0 <= at).map(|(_, id, state)| (id.clone(), *state)).collect();
        let found = rows(&torn).await;
        assert_eq!(found, expected, "{about}");
        let whole = steps.iter().filter(|step| step.0 <= at).count();
        assert_eq!(whole_steps(&torn, &about), whole, "{about}");
    }
}

#[test]
fn i10_the_file_that_a_killed_till_leaves_holds_all_that_was_told() {
    let (runtime, sandbox) = shop();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("posa.db");
    let journal = path.display().to_string();
    let mut place = Place::new(&sandbox, &journal, 1, Rng::with_seed(seed()));
    let mut told = Vec::new();
    let (mut kills, mut lives) = (0, 0);
    while kills < 15 {
        let life = place.live();
        told.extend(life.said);
        kills += u32::from(life.killed.is_some());
        lives += 1;
        if !path.with_extension("db-wal").exists() {
            continue;
        }
        let about = format!("POSA_SEED={}, life {lives}", seed());
        let left = copy(&path, &folder.path().join(format!("left{lives}")), |_| ());
        let found = runtime.block_on(rows(&left));
        for said in &told {
            let (id, fits): (_, fn(State) -> bool) = match said {
                Said::Done(id) => (id, |s| matches!(s, State::Activated | State::Reversing | State::Deactivated)),
                Said::Rejected(id) => (id, |s| s == State::Rejected),
                Said::Undone(id) => (id, |s| matches!(s, State::Deactivated | State::Rejected)),
                Said::Sending(id) | Said::Answered(id) | Said::Reversing(id) | Said::Unknown(id) => (id, |_| true),
                _ => continue,
            };
            let state = found.get(&RequestId::recorded(id).unwrap());
            assert!(state.is_some_and(|state| fits(*state)), "{about}: a till said {said:?}, its file has {state:?}");
        }
        let taken_in = taken_in(&path);
        let torn = copy(&path, &folder.path().join(format!("torn{lives}")), |log| {
            Tear::Cut.apply(log, place.random.usize(taken_in.min(log.len())..=log.len()));
        });
        runtime.block_on(rows(&torn));
        whole_steps(&torn, &about);
    }
}

impl Tear {
    /// From where on it changes anything: zeros may be there already.
    fn changes_from(self, log: &[u8], at: usize) -> usize {
        match self {
            Self::Cut | Self::Noise => at,
            Self::Zeros => log[at..].iter().position(|byte| *byte != 0).map_or(log.len(), |zeros| at + zeros),
        }
    }

    fn apply(self, log: &mut Vec<u8>, at: usize) {
        match self {
            Self::Cut => log.truncate(at),
            Self::Zeros => log[at..].fill(0),
            Self::Noise => log[at..].iter_mut().for_each(|byte| *byte ^= 0xA5),
        }
    }
}

/// How many bytes of the log are in the file already, by its index: they were synced before they were put there, so no
/// loss of power takes them.
fn taken_in(path: &Path) -> usize {
    const HEADER: usize = 32;
    const FRAME: usize = 24 + 4096;
    let index = fs::read(path.with_extension("db-shm")).unwrap_or_default();
    let frames = index.get(96..100).map_or(0, |bytes| u32::from_ne_bytes(bytes.try_into().unwrap()));
    HEADER + usize::try_from(frames).unwrap() * FRAME
}

fn log_length(path: &Path) -> u64 {
    path.with_extension("db-wal").metadata().unwrap().len()
}

/// The file and its log as a loss of power leaves them: no shared memory, no holders, the log changed by `tear`, and the
/// note of how far the log was written as old as can be, for it is not synced.
fn copy(path: &Path, folder: &Path, tear: impl FnOnce(&mut Vec<u8>)) -> PathBuf {
    fs::create_dir(folder).unwrap();
    let copied = folder.join("posa.db");
    let mut log = fs::read(path.with_extension("db-wal")).unwrap();
    tear(&mut log);
    fs::copy(path, &copied).unwrap();
    fs::write(copied.with_extension("db-wal"), log).unwrap();
    let mut state = fs::read(path.with_extension("db-holders").join("log.state")).unwrap();
    state[16..].fill(0);
    fs::create_dir(copied.with_extension("db-holders")).unwrap();
    fs::write(copied.with_extension("db-holders").join("log.state"), state).unwrap();
    copied
}

async fn rows(path: &Path) -> BTreeMap<RequestId, State> {
    let journal = SqliteJournal::open(path).unwrap();
    let rows = journal.transactions(&Filter::default()).await.unwrap();
    rows.into_iter().map(|row| (row.request_id, row.state)).collect()
}

/// How many steps there are. Each sale's state is the one that its last step left.
fn whole_steps(path: &Path, about: &str) -> usize {
    let file = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let number = |sql: &str| file.query_row(sql, [], |row| row.get::<_, u32>(0)).unwrap();
    let sound: String = file.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok", "{about}");
    let halves = "SELECT count(*) FROM sale LEFT JOIN history AS step ON step.seq =
          (SELECT max(seq) FROM history WHERE history.request_id = sale.request_id AND event NOT IN ('told', 'untold'))
        WHERE CASE step.event WHEN 'activate' THEN 'sending' WHEN 'return' THEN 'reversing' WHEN 'void' THEN 'reversing'
          WHEN 'attempt' THEN iif(sale.state = 'reversing', 'reversing', 'sending') ELSE step.event END
        IS NOT sale.state";
    assert_eq!(number(halves), 0, "{about}: half a step");
    let strays = "SELECT count(*) FROM history WHERE request_id NOT IN (SELECT request_id FROM sale)";
    assert_eq!(number(strays), 0, "{about}: half a step");
    usize::try_from(number("SELECT count(*) FROM history")).unwrap()
}
