use super::cashier::Cashier;
use super::dice::Dice;
use super::machine::Machine;
use super::program;
use super::world::World;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

/// A till: one cashier, and one program after another on the same machine.
pub(super) struct Till {
    world: Arc<World>,
    number: usize,
    machine: Arc<Machine>,
    dice: Dice,
}

impl Till {
    pub(super) fn new(world: Arc<World>, number: usize, machine: Arc<Machine>, dice: Dice) -> Self {
        Self { world, number, machine, dice }
    }

    /// Works until so many things were done, whatever happens to the program meanwhile.
    pub(super) async fn day(self) {
        let name = format!("till {}", self.number);
        let mut chores = self.dice.number(4, 12);
        let mut first = true;
        while chores > 0 {
            let fuse = if self.dice.per_mille(500) { i64::from(self.dice.number(1, 70)) } else { -1 };
            let life = self.machine.start(fuse, self.dice.per_mille(400)).await;
            self.world.note(&name, format_args!("starts on {}", self.machine));
            let client = program::client(&self.world, &self.machine, &life, &name, &self.dice);
            let cashier = Cashier {
                world: &self.world,
                till: self.number,
                name: &name,
                journal: self.machine.disk.number,
                client: &client,
                dice: &self.dice,
            };
            tokio::select! {
                biased;
                () = life.died() => self.world.note(&name, "crashes"),
                () = self.sudden_end() => {
                    self.world.note(&name, "is killed");
                    life.crash();
                }
                () = self.rounds(&cashier) => {}
                () = async {
                    cashier.work(&mut chores, !first).await;
                    // Some programs go on alone, with what their cashier did not wait for.
                    if self.dice.coin() {
                        client.close().await;
                        life.end();
                    }
                } => {}
            }
            if life.is_dead() {
                self.world.book().crashed(self.number);
            }
            first = false;
            sleep(self.pause()).await;
        }
    }

    /// Some programs recover from time to time, beside what their cashier does.
    async fn rounds(&self, cashier: &Cashier<'_>) {
        if self.dice.per_mille(700) {
            std::future::pending().await
        }
        loop {
            sleep(self.dice.millis(5_000, 60_000)).await;
            cashier.recover().await;
        }
    }

    /// A crash at any time, not only where the program touches its seams.
    async fn sudden_end(&self) {
        if self.dice.per_mille(300) {
            sleep(self.dice.millis(1, 60_000)).await;
        } else {
            std::future::pending().await
        }
    }

    /// Until the program is started again: at once, or after minutes.
    fn pause(&self) -> Duration {
        let (low, high) = *self.dice.pick(&[(1, 2_000), (2_000, 60_000), (60_000, 1_500_000)]).unwrap();
        self.dice.millis(low, high)
    }
}
