//! Waiting is for an event, with a deadline.
use std::{fmt::Display, time::Duration};

use anyhow::{Result, anyhow};
use tokio::time::{Instant, sleep, timeout};

/// Awaits something, but not for ever.
///
/// # Errors
/// Its own, or that it did not come in time.
pub async fn within<T, E: Into<anyhow::Error>>(
    deadline: Duration,
    what: impl Display,
    event: impl Future<Output = Result<T, E>>,
) -> Result<T> {
    match timeout(deadline, event).await {
        Ok(done) => done.map_err(|error| error.into().context(format!("While waiting for {what}"))),
        Err(_) => Err(anyhow!("{what} did not come within {deadline:?}")),
    }
}

/// Awaits that something becomes true that nobody announces, such as a figure in `/proc`.
///
/// # Errors
/// When it did not become true in time.
pub async fn eventually(
    deadline: Duration,
    what: impl Display,
    mut is_true: impl FnMut() -> bool,
) -> Result<()> {
    let end = Instant::now() + deadline;
    while !is_true() {
        if Instant::now() >= end {
            return Err(anyhow!("{what} did not come within {deadline:?}"));
        }
        sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}
