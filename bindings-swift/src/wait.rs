use std::sync::Arc;
use tokio::sync::watch;

/// Somebody who waits. A Swift task that is cancelled gives its waiting up; the operation goes on.
#[derive(uniffi::Object)]
pub struct Wait(watch::Sender<bool>);

#[uniffi::export]
impl Wait {
    #[uniffi::constructor]
    pub fn new() -> Arc<Self> {
        Arc::new(Self(watch::Sender::new(false)))
    }

    pub fn give_up(&self) {
        self.0.send_replace(true);
    }
}

impl Wait {
    pub(crate) fn is_given_up(&self) -> bool {
        *self.0.borrow()
    }

    pub(crate) async fn given_up(&self) {
        // Fails only when the sender is gone, which `self` holds.
        let _ = self.0.subscribe().wait_for(|given_up| *given_up).await;
    }
}
