use super::cashier::Cashier;
use super::defects::Defect;
use super::dice::Dice;
use super::life::Life;
use super::machine::Machine;
use super::program::Program;
use super::world::World;
use posa_core::{BoxFuture, Client};
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::sleep;

/// A till: one cashier, and one program after another on the same machine.
pub(super) struct Till {
    world: Arc<World>,
    number: usize,
    machine: Arc<Machine>,
    dice: Dice,
    /// Its first program is a child of another till's.
    born: Option<Born>,
}

/// A process that a fork began.
struct Born {
    life: Arc<Life>,
    entropy: Arc<Dice>,
    /// Somebody stands at the till already, and the child opens a client of its own first of all.
    queue: bool,
}

impl Till {
    pub(super) fn new(world: Arc<World>, number: usize, machine: Arc<Machine>, dice: Dice) -> Self {
        Self { world, number, machine, dice, born: None }
    }

    /// Works until so many things were done, whatever happens to the program meanwhile.
    pub(super) fn day(mut self) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            let name = format!("till {}", self.number);
            let mut chores = self.dice.number(4, 12);
            let mut children = JoinSet::new();
            let (mut first, is_child) = (true, self.born.is_some());
            while chores > 0 {
                let born = self.born.take();
                let program = self.program(&name, born.as_ref()).await;
                let (life, client) = (&program.life, program.client());
                let cashier = self.cashier(&name, &client);
                tokio::select! {
                    biased;
                    () = life.died() => self.world.note(&name, "crashes"),
                    () = self.sudden_end() => {
                        self.world.note(&name, "is killed");
                        life.crash();
                    }
                    () = self.forks(is_child, &program, &mut children) => {
                        self.world.note(&name, "leaves its work to its children, and ends");
                        life.end();
                    }
                    () = self.rounds(&cashier) => {}
                    () = async {
                        match &born {
                            Some(Born { queue: true, .. }) => cashier.sell().await,
                            Some(_) => {
                                let parents = program.parents_client();
                                self.cashier(&name, &parents).work(&mut self.dice.number(0, 3), false).await;
                            }
                            None => {}
                        }
                        cashier.work(&mut chores, !first).await;
                        // Some programs go on alone, with what their cashier did not wait for.
                        if self.dice.coin() {
                            client.close().await;
                            life.end();
                            self.world.book().closed(self.number);
                        }
                    } => {}
                }
                if life.is_dead() {
                    self.world.book().crashed(self.number);
                }
                first = false;
                sleep(self.pause()).await;
            }
            while let Some(child) = children.join_next().await {
                child.unwrap();
            }
        })
    }

    async fn program<'a>(&'a self, name: &'a str, born: Option<&Born>) -> Program<'a> {
        let (life, entropy) = match born {
            Some(born) => (Arc::clone(&born.life), Arc::clone(&born.entropy)),
            None => {
                let (fuse, power) = self.fuse();
                (self.machine.start(fuse, power).await, Arc::new(self.dice.fork()))
            }
        };
        self.world.note(name, format_args!("starts on {}", self.machine));
        Program { world: &self.world, machine: &self.machine, life, till: name, dice: &self.dice, entropy }
    }

    fn cashier<'a>(&'a self, name: &'a str, client: &'a Client) -> Cashier<'a> {
        let (till, journal) = (self.number, self.machine.disk.number);
        Cashier { world: &self.world, till, name, journal, client, machine: &self.machine, dice: &self.dice }
    }

    /// After how many points a program crashes, and whether the machine loses its power then.
    fn fuse(&self) -> (i64, bool) {
        (if self.dice.per_mille(500) { self.dice.number(1, 70).into() } else { -1 }, self.dice.per_mille(400))
    }

    /// Some programs fork, whatever they are doing: each child is a till beside this one, which it shares nothing with
    /// but the machine. Returns if the parent is to end.
    async fn forks(&self, is_child: bool, parent: &Program<'_>, children: &mut JoinSet<()>) {
        if is_child || !self.dice.per_mille(self.world.forks) {
            return pending().await;
        }
        sleep(self.dice.millis(1, 60_000)).await;
        let queue = self.dice.coin();
        for _ in 0..self.dice.number(1, 2) {
            let number = self.number * 100 + children.len() + 1;
            self.world.note(parent.till, format_args!("forks, and the child is till {number}"));
            let (fuse, power) = self.fuse();
            let life = self.machine.fork(&parent.life, fuse, power);
            let repeats = self.world.defect == Some(Defect::RepeatsRandomness);
            let entropy = Arc::new(if repeats { parent.entropy.twin() } else { self.dice.fork() });
            let born = Some(Born { life, entropy, queue });
            let (world, machine) = (Arc::clone(&self.world), Arc::clone(&self.machine));
            children.spawn(Self { world, number, machine, dice: self.dice.fork(), born }.day());
        }
        if self.dice.coin() {
            pending().await
        }
    }

    /// Some programs recover from time to time, beside what their cashier does.
    async fn rounds(&self, cashier: &Cashier<'_>) {
        if self.dice.coin() {
            pending().await
        }
        // Most happens early.
        for round in 1.. {
            sleep(self.dice.millis(5_000, 30_000) * round).await;
            cashier.recover().await;
        }
    }

    /// A crash at any time, not only where the program touches its seams.
    async fn sudden_end(&self) {
        if self.dice.per_mille(300) {
            sleep(self.dice.millis(1, 60_000)).await;
        } else {
            pending().await
        }
    }

    /// Until the program is started again: at once, or after minutes.
    fn pause(&self) -> Duration {
        let (low, high) = *self.dice.pick(&[(1, 2_000), (2_000, 60_000), (60_000, 1_500_000)]).unwrap();
        self.dice.millis(low, high)
    }
}
