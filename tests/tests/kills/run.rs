use crate::life::{Life, Place, SHARED, card};
use crate::moment::Part;
use fastrand::Rng;
use posa_sandbox::Sandbox;
use posa_tests::books::{self, Book, request_ids};
use posa_tests::shop;
use posa_tests::till::Said;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::runtime::Runtime;

const PLACES: u32 = 4;

/// Tills at several places of one shop, killed again and again.
pub(crate) struct Run {
    journals: Vec<Book>,
    kills: usize,
    seed: u64,
}

/// The first of the random numbers.
pub(crate) fn seed() -> u64 {
    number("POSA_SEED", 1)
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{variable} is no number")))
}

/// A gateway, with the cards that all places sell.
pub(crate) fn shop() -> (Runtime, Sandbox) {
    let runtime = Runtime::new().unwrap();
    let sandbox = runtime.block_on(shop::open());
    (0..SHARED).for_each(|number| shop::add_card(&sandbox, &card(0, number)));
    (runtime, sandbox)
}

/// What is kept of all lives.
#[derive(Default)]
struct Heard {
    told: Vec<Said>,
    killed: BTreeMap<Part, usize>,
    /// Request ids that the gateway saw.
    seen: BTreeSet<String>,
}

impl Run {
    pub(crate) fn new(journals: Vec<Book>) -> Self {
        let kills = usize::try_from(number("POSA_KILLS", 200)).unwrap();
        Self { journals, kills, seed: seed() }
    }

    pub(crate) fn kill_and_compare(&self) {
        let (runtime, sandbox) = shop();
        let heard = self.kill(&sandbox);
        println!(
            "{} words, {} ids, {} kills from seed {}: {:?}",
            heard.told.len(),
            heard.seen.len(),
            self.kills,
            self.seed,
            heard.killed
        );
        runtime.block_on(self.compare(&sandbox, heard));
    }

    fn kill(&self, sandbox: &Sandbox) -> Heard {
        let (heard, left) = (Mutex::new(Heard::default()), AtomicUsize::new(self.kills));
        std::thread::scope(|scope| {
            for (number, journal) in (1..=PLACES).zip(self.journals.iter().cycle()) {
                let random = Rng::with_seed(self.seed.wrapping_mul(1_000).wrapping_add(number.into()));
                let mut place = Place::new(sandbox, &journal.name, number, random);
                let (heard, left) = (&heard, &left);
                scope.spawn(move || {
                    while left.load(Ordering::SeqCst) > 0 {
                        heard.lock().unwrap().hear(place.live(), left, sandbox);
                    }
                });
            }
        });
        heard.into_inner().unwrap()
    }

    async fn compare(&self, sandbox: &Sandbox, heard: Heard) {
        let about = format!("POSA_KILLS={} POSA_SEED={}", self.kills, self.seed);
        for part in Part::ALL {
            assert!(heard.killed.contains_key(&part), "{about}: no till was killed while {part:?}");
        }
        for kind in [|said: &Said| matches!(said, Said::Done(_)), |said: &Said| matches!(said, Said::Undone(_))] {
            let times = heard.told.iter().filter(|said| kind(said)).count();
            assert!(times > self.kills / 10, "{about}: the tills sold and reversed next to nothing");
        }
        books::close(sandbox, &self.journals, &heard.told, heard.seen, &about).await;
    }
}

impl Heard {
    fn hear(&mut self, life: Life, left: &AtomicUsize, sandbox: &Sandbox) {
        self.told.extend(life.said);
        let Some(part) = life.killed else { return };
        *self.killed.entry(part).or_default() += 1;
        let left = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        // The gateway's log keeps the last 10,000 requests.
        if left.is_ok_and(|left| left % 50 == 0) {
            self.seen.extend(request_ids(sandbox));
        }
    }
}
