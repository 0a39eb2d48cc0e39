use super::dice::Dice;
use super::machine::Machine;
use super::network::short;
use super::world::World;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

/// What no journal can make good, and no rule of the product prevents: a journal is as it was some time ago, and tills
/// sell on. From a backup, with every program stopped; or from a replica that had not heard of the last steps, while
/// programs go on with what they know.
pub(super) async fn happen(world: Arc<World>, journals: Vec<Vec<Arc<Machine>>>, dice: Dice) {
    if !world.loses {
        return;
    }
    for _ in 0..dice.number(1, 2) {
        sleep(dice.millis(10_000, 1_500_000)).await;
        let Some(machines) = dice.pick(&journals) else { return };
        let Some(disk) = machines.first().map(|machine| &machine.disk) else { return };
        let gone = if disk.is_served() && dice.coin() {
            let steps = dice.number(1, 12) as usize;
            world.note(disk, format_args!("is replaced by a replica that lacks the last {steps} steps"));
            disk.replace(Duration::MAX, steps).await
        } else {
            let age = dice.millis(1_000, 1_200_000);
            machines.iter().for_each(|machine| machine.stop());
            world.note(disk, format_args!("is restored from a backup, {} s old", age.as_secs()));
            disk.replace(world.age().saturating_sub(age), 0).await
        };
        world.lose(&gone);
        let gone: Vec<_> = gone.iter().map(|row| short(row.request_id.as_str())).collect();
        world.note("world", format_args!("steps of {} are lost", gone.join(", ")));
    }
}
