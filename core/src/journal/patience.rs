//! By when whoever asked for a step gives up, for journals that would else take it later, with nobody to go on with it.

use tokio::time::Instant;

tokio::task_local! {
    static END: Instant;
}

/// Asks for a step that is worth nothing from `end` on.
pub(crate) async fn until<T>(end: Instant, step: impl Future<Output = T>) -> T {
    END.scope(end, step).await
}

/// When the step that is asked for here is given up, if somebody said so.
#[cfg(feature = "postgres")]
pub(crate) fn end() -> Option<Instant> {
    END.try_with(|end| *end).ok()
}
