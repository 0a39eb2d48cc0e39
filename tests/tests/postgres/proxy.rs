use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Stands between a till and its database, and breaks the connection instead of delivering an answer.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    answers_left: Arc<AtomicI64>,
    is_away: Arc<AtomicBool>,
    /// What the till says is kept back as long as this is true.
    holds: watch::Sender<bool>,
}

impl Proxy {
    pub(crate) async fn to(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (port, answers_left) = (listener.local_addr().unwrap().port(), Arc::new(AtomicI64::new(0)));
        let (left, is_away) = (Arc::clone(&answers_left), Arc::new(AtomicBool::new(false)));
        let away = Arc::clone(&is_away);
        let (holds, held) = watch::channel(false);
        tokio::spawn(async move {
            while let Ok((till, _)) = listener.accept().await {
                if away.load(Ordering::SeqCst) && left.load(Ordering::SeqCst) <= 0 {
                    continue;
                }
                let database = TcpStream::connect(("127.0.0.1", server)).await.unwrap();
                tokio::spawn(relay(till, database, Arc::clone(&left), held.clone()));
            }
        });
        Self { port, answers_left, is_away, holds }
    }

    /// The connection breaks in place of the answer number `answer`, counted from one; those made later live.
    pub(crate) fn lose(&self, answer: i64) {
        self.is_away.store(false, Ordering::SeqCst);
        self.answers_left.store(answer, Ordering::SeqCst);
    }

    /// As [`lose`](Self::lose), and nobody is let through any more afterwards.
    pub(crate) fn lose_for_good(&self, answer: i64) {
        self.answers_left.store(answer, Ordering::SeqCst);
        self.is_away.store(true, Ordering::SeqCst);
    }

    /// Keeps back what the till says from here on, or lets it all through.
    pub(crate) fn hold(&self, back: bool) {
        self.holds.send_replace(back);
    }

    /// Whether that many answers came.
    pub(crate) fn has_lost(&self) -> bool {
        self.answers_left.load(Ordering::SeqCst) <= 0
    }
}

async fn relay(till: TcpStream, database: TcpStream, left: Arc<AtomicI64>, held: watch::Receiver<bool>) {
    let ((from_till, to_till), (from_database, to_database)) = (till.into_split(), database.into_split());
    tokio::select! {
        () = questions(from_till, to_database, held) => {}
        () = answers(from_database, to_till, &left) => {}
    }
}

/// What was said reaches the database however late, also after the till has gone.
async fn questions(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut held: watch::Receiver<bool>) {
    let mut bytes = vec![0; 65536];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        if held.wait_for(|held| !held).await.is_err() || to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}

async fn answers(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, left: &AtomicI64) {
    let mut bytes = vec![0; 65536];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        if left.fetch_sub(1, Ordering::SeqCst) == 1 || to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}
