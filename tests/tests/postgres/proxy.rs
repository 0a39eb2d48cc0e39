use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// The kinds of the server's messages that end an answer, and that ask the till for one.
const READY: u8 = b'Z';
const AUTHENTICATION: u8 = b'R';

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

/// An answer is what ends with the server's word that it is ready for the next question, however many packets it takes.
async fn answers(from: OwnedReadHalf, mut to: OwnedWriteHalf, left: &AtomicI64) {
    let mut from = BufReader::new(from);
    let mut answer = Vec::new();
    while let Ok(message) = message(&mut from).await {
        let kind = message[0];
        answer.extend(message);
        match kind {
            READY if left.fetch_sub(1, Ordering::SeqCst) == 1 => return,
            READY | AUTHENTICATION => {}
            _ => continue,
        }
        if to.write_all(&answer).await.is_err() {
            return;
        }
        answer.clear();
    }
    // What it says last, such as that it shuts down, is no answer.
    let _ = to.write_all(&answer).await;
}

/// One message of the server's: its kind, its length with these four bytes, and the rest.
async fn message(from: &mut BufReader<OwnedReadHalf>) -> std::io::Result<Vec<u8>> {
    let (kind, length) = (from.read_u8().await?, from.read_u32().await?);
    let mut message = vec![kind];
    message.extend(length.to_be_bytes());
    message.resize(1 + usize::try_from(length).unwrap(), 0);
    from.read_exact(&mut message[5..]).await?;
    Ok(message)
}
