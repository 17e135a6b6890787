//! Somebody who listens: takes what is delivered, acknowledges it, and remembers what it said.
use std::time::Duration;

use anyhow::{Result, bail};
use sotto_kit::{Online, within};
use sotto_protocol::{Ack, Deliver, EntryKind, LogId, ServerPush};

/// Nothing that is awaited here takes longer, on the slowest machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Waits for the next message in this log, acknowledging whatever comes.
pub(crate) async fn next_message(online: &mut Online, log: LogId) -> Result<Deliver> {
    let message = async {
        loop {
            match online.pushes.next().await? {
                ServerPush::Deliver(entry) => {
                    online.link.ack(Ack { log: entry.log, upto: entry.sequence });
                    if entry.log == log && entry.kind == EntryKind::Message {
                        return Ok(entry);
                    }
                }
                ServerPush::Gap(gap) => bail!("messages are gone: {gap:?}"),
                ServerPush::Marks(_)
                | ServerPush::Typing(_)
                | ServerPush::Presence(_)
                | ServerPush::Bye(_) => {}
            }
        }
    };
    within(PATIENCE, "a message", message).await
}

/// The same, when only what it says matters.
pub(crate) async fn next_text(online: &mut Online, log: impl Into<LogId>) -> Result<String> {
    Ok(String::from_utf8(next_message(online, log.into()).await?.sealed.to_vec())?)
}
