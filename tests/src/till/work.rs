use super::way::Way;
use super::{Orders, Recovery, Said, Sale, Then};
use posa_core::engine::{Event, EventKind};
use posa_core::journal::State;
use posa_core::recovery::{Recover, Unfinished};
use posa_core::{CardNumber, Client, Deactivate, Error, PartnerId, RequestId};
use std::io::{Write, stdin, stdout};
use std::sync::Arc;
use tokio::task::JoinSet;

/// Reads orders from standard input and follows them; what the cashier hears goes to standard output.
///
/// # Errors
/// The orders cannot be read, or the journal cannot be opened.
pub async fn work() -> Result<(), Box<dyn std::error::Error>> {
    let orders: Orders = serde_json::from_str(&stdin().lines().next().ok_or("no orders")??)?;
    let journal = posa_core::journal::open(&orders.journal)?;
    say(&Said::Open);
    let way = Arc::new(Way::to(&orders.account.endpoint()?)?);
    let client = orders.account.client(journal)?.transport(way).observer(|event: &Event<'_>| observe(event)).build()?;
    if orders.recovery != Recovery::None {
        recover(&client, orders.recovery == Recovery::GiveUp).await?;
    }
    let partner = orders.account.partner()?;
    let mut sales = orders.sales.into_iter();
    let mut running = JoinSet::new();
    loop {
        while running.len() < orders.at_once
            && let Some(sale) = sales.next()
        {
            if orders.in_step {
                stdin().lines().next().ok_or("nobody gives the word")??;
            }
            running.spawn(sell(client.clone(), partner.clone(), sale));
        }
        match running.join_next().await {
            Some(sold) => sold?.map_err(|e| e.to_string())?,
            None => break,
        }
    }
    client.close().await;
    say(&Said::Closed);
    Ok(())
}

async fn recover(client: &Client, give_up: bool) -> Result<(), Error> {
    say(&Said::Recovering);
    let unfinished = if give_up { Unfinished::Void } else { Unfinished::Complete };
    let recovered = client.recover(Recover { unfinished, ..Recover::default() }).await?;
    for row in recovered.settled {
        let id = row.request_id.to_string();
        match row.state {
            State::Activated => say(&Said::Done(id)),
            State::Deactivated => say(&Said::Undone(id)),
            _ => say(&Said::Rejected(id)),
        }
    }
    say(&Said::Recovered);
    Ok(())
}

async fn sell(client: Client, partner: PartnerId, sale: Sale) -> Result<(), Error> {
    say(&Said::Begin(sale.card.clone()));
    let heard = Said::of(&client.activate(sale.build(&partner)?).await);
    say(&heard);
    let (Said::Done(id) | Said::Unknown(id)) = heard else { return Ok(()) };
    let id = RequestId::recorded(&id)?;
    if sale.then == Then::Keep {
        return Ok(());
    }
    say(&Said::Reversing(id.to_string()));
    let undone = match sale.then {
        Then::Return => client.deactivate(Deactivate::new(id.clone(), CardNumber::new(&sale.card)?)).await.map(|_| ()),
        Then::Keep | Then::Void => client.void(&id).await.map(|_| ()),
    };
    say(&undone.map_or_else(|error| Said::why_not_undone(&error), |()| Said::Undone(id.to_string())));
    Ok(())
}

fn observe(event: &Event<'_>) {
    if let EventKind::Sending = event.kind {
        say(&Said::Sending(event.request_id.to_string()));
    }
}

/// One write for one line: a kill leaves no half of it.
pub(super) fn say(said: &Said) {
    let mut line = serde_json::to_string(said).expect("words have a JSON text");
    line.push('\n');
    stdout().write_all(line.as_bytes()).expect("somebody listens");
}
