//! Bodies in and out: bounded when read, and cut in the middle when a fault asks for it.

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Either, Full};
use hyper::body::{Body, Frame, Incoming};
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::mpsc;

/// The largest body of an operation or a control request, in bytes.
const LIMIT: usize = 64 * 1024;
/// What is read and thrown away of a larger one, so that its sender is still there to see the refusal.
const DRAIN: usize = 16 * 1024 * 1024;

pub(crate) enum Unread {
    TooLarge,
    /// It did not arrive in time, or the connection broke.
    Broken,
}

pub(crate) async fn read(mut body: Incoming, timeout: Duration) -> Result<Bytes, Unread> {
    let complete = async {
        let (mut read, mut total) = (BytesMut::new(), 0);
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|_| Unread::Broken)?.into_data() else { continue };
            total += data.len();
            if total <= LIMIT {
                read.extend_from_slice(&data);
            } else if total > DRAIN {
                break;
            }
        }
        if total > LIMIT { Err(Unread::TooLarge) } else { Ok(read.freeze()) }
    };
    tokio::time::timeout(timeout, complete).await.unwrap_or(Err(Unread::Broken))
}

pub(crate) type Payload = Either<Full<Bytes>, Either<Cut, Stream>>;

/// The first half of a body, then a broken connection.
pub(crate) struct Cut {
    half: Option<Bytes>,
    flushed: bool,
}

impl Cut {
    pub(super) fn new(whole: &[u8]) -> Self {
        let half = whole.get(..whole.len() / 2).unwrap_or_default();
        Self { half: Some(Bytes::copy_from_slice(half)), flushed: false }
    }
}

impl Body for Cut {
    type Data = Bytes;
    type Error = Dropped;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Dropped>>> {
        if let Some(half) = self.half.take() {
            return Poll::Ready(Some(Ok(Frame::data(half))));
        }
        // Once around, so that the half is on its way before the error ends the connection.
        if !self.flushed {
            self.flushed = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(Dropped)))
    }
}

/// A body without an end: whatever is sent, until the sender is gone.
pub(crate) struct Stream(pub(crate) mpsc::Receiver<Bytes>);

impl Body for Stream {
    type Data = Bytes;
    type Error = Dropped;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Dropped>>> {
        self.0.poll_recv(cx).map(|data| data.map(|data| Ok(Frame::data(data))))
    }
}

/// The connection is to be closed, whatever was promised on it.
#[derive(Debug)]
pub(crate) struct Dropped;

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection is closed on purpose")
    }
}

impl std::error::Error for Dropped {}
