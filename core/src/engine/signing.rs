use super::inner::Inner;
use super::policy::Class;
use crate::error::{Delivery, Error, ErrorKind};
use crate::sign::{SignedHeaders, Unsigned};
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// The signature of one attempt. A signer elsewhere that cannot be reached, or is silent for as long as an attempt may
/// take, is asked again after the pauses that a gateway gets, until `deadline`; `tell` hears of each pause.
///
/// # Errors
/// Nothing was sent. Kind [`Unreachable`](ErrorKind::Unreachable): there was no answer; any other is the signer's.
pub(super) async fn signature<'a>(
    client: &Inner,
    unsigned: impl Fn() -> Unsigned<'a>,
    deadline: Instant,
    tell: impl Fn(Duration, &str),
) -> Result<SignedHeaders, Error> {
    let mut asked = 0;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let silent = |_| {
            let message = "the signer gave no answer in time; nothing was sent";
            Error::new(ErrorKind::Unreachable, Delivery::NotSent, message).with_field("signer")
        };
        let answer = timeout(left.min(client.attempt_timeout), client.signer.sign(unsigned())).await;
        let error = match answer.map_err(silent).flatten() {
            Err(error) if error.kind() == ErrorKind::Unreachable => error,
            answered => return answered,
        };
        asked += 1;
        let pause = client.pause(Class::NotSent, asked)?;
        if asked >= client.retry.attempts || Instant::now() + pause >= deadline {
            return Err(error);
        }
        tell(pause, error.message());
        tokio::time::sleep(pause).await;
    }
}
