use super::bare::Bare;
use super::defects::Defect;
use super::dice::Dice;
use super::disk::Disk;
use super::losses;
use super::machine::Machine;
use super::oracle;
use super::program::Program;
use super::reconciled;
use super::till::Till;
use super::world::{Violation, World};
use posa_core::Client;
use posa_core::journal::Filter;
use posa_core::recovery::Recover;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// What was sent has arrived, or is not taken any more, when so much time has passed.
const AFTERMATH: Duration = Duration::from_secs(3 * 3600);

/// No till is at work for longer, unless an operation never ends.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 3600);

/// What became of one world.
pub(super) struct Run {
    pub(super) trace: Vec<String>,
    pub(super) violations: Vec<Violation>,
}

/// Lives through the world of one seed, on paused time: it takes as long as its events take to compute.
pub(super) fn simulate(seed: u64, defect: Option<Defect>) -> Run {
    live(seed, defect, true)
}

/// What the world of one seed breaks. Its story is not written down, which is quicker; the same seed tells it again.
pub(super) fn violations(seed: u64, defect: Option<Defect>) -> Vec<Violation> {
    live(seed, defect, false).violations
}

fn live(seed: u64, defect: Option<Defect>, told: bool) -> Run {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let dice = Dice::new(seed);
        let world = Arc::new(World::new(&dice, defect, told));
        let (journals, tills) = people(&world, &dice);
        let mut days = JoinSet::new();
        tills.into_iter().for_each(|till| drop(days.spawn(till.day())));
        journals.iter().flatten().for_each(|machine| drop(days.spawn(Arc::clone(machine).clock_is_set())));
        let bare = Bare::new(&world, tills_machine(&journals), dice.fork());
        let bare = tokio::spawn(bare.day());
        days.spawn(losses::happen(Arc::clone(&world), journals.clone(), dice.fork()));
        let evening = timeout(LONGEST, async {
            while let Some(day) = days.join_next().await {
                day.unwrap();
            }
        });
        if evening.await.is_err() {
            world.broken("I22", "somebody waits for ever".to_owned());
        }
        world.heal();
        world.note("world", "the network heals, and time passes");
        sleep(AFTERMATH).await;
        let journals: Vec<_> = journals.iter().filter_map(|machines| machines.first()).collect();
        for machine in &journals {
            settle(&world, machine, &dice).await;
        }
        bare.await.unwrap().judge().await;
        oracle::judge(&world, &journals).await;
        if world.loses || dice.per_mille(125) {
            reconciled::judge(&world, &journals, &dice).await;
        }
        let (trace, violations) = world.remembered();
        Run { trace, violations }
    })
}

/// One on which programs run.
fn tills_machine(journals: &[Vec<Arc<Machine>>]) -> &Arc<Machine> {
    journals.first().and_then(|machines| machines.first()).unwrap()
}

/// The machines of each journal, and all tills.
fn people(world: &Arc<World>, dice: &Dice) -> (Vec<Vec<Arc<Machine>>>, Vec<Till>) {
    let (mut journals, mut tills) = (Vec::new(), Vec::new());
    let mut machines = 0;
    let count = dice.number(2, 4);
    while (tills.len() as u32) < count {
        let served = dice.per_mille(300);
        let disk = Arc::new(Disk::new(Arc::clone(world), dice.fork(), journals.len(), served));
        let mut machine = || {
            machines += 1;
            Arc::new(Machine::new(Arc::clone(world), machines, Arc::clone(&disk), dice.fork()))
        };
        let first = machine();
        let (sharing, second) = (dice.number(1, 3), if served { machine() } else { Arc::clone(&first) });
        for n in 0..sharing.max(if served { 2 } else { 1 }) {
            let machine = if n % 2 == 0 { &first } else { &second };
            tills.push(Till::new(Arc::clone(world), tills.len() + 1, Arc::clone(machine), dice.fork()));
        }
        journals.push(vec![first, second]);
    }
    (journals, tills)
}

/// Recovery, again and again, until nothing of this journal is open.
async fn settle(world: &Arc<World>, machine: &Arc<Machine>, dice: &Dice) {
    for round in 0..48 {
        let client = alone(world, machine, "recovery", dice).await;
        let recovered = client.recover(Recover::default()).await;
        let open = client.transactions(&Filter { open: true, ..Filter::default() }).await;
        let (recovered, open) = (recovered.unwrap(), open.unwrap());
        let (settled, left) = (recovered.settled.len(), open.len());
        world.note("recovery", format_args!("round {round} on {machine}: {settled} settled, {left} open"));
        if left == 0 {
            return;
        }
        sleep(Duration::from_secs(3600)).await;
    }
}

/// The client of a program that never crashes.
pub(super) async fn alone(world: &Arc<World>, machine: &Arc<Machine>, till: &str, dice: &Dice) -> Client {
    let life = machine.start(-1, false).await;
    Program { world, machine, life, till, dice, entropy: Arc::new(dice.fork()) }.client()
}

/// The report of a seed that broke something: what, the whole story, and how to see it again.
pub(super) fn explain(seed: u64, run: &Run) -> String {
    let mut text = format!("\nseed {seed} breaks\n");
    for Violation { invariant, what } in &run.violations {
        let _ = writeln!(text, "  {invariant}: {what}");
    }
    text.push_str("\ntrace (seconds since the world began)\n");
    for line in &run.trace {
        let _ = writeln!(text, "{line}");
    }
    let _ = writeln!(text, "\nreplay: make simulate SEEDS=1 FROM={seed}");
    text
}
