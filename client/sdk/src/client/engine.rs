//! Connects, and connects again, for ever: unless the server says that it makes no sense.
use std::{sync::Arc, time::Duration};

use rand_core::{OsRng, RngCore as _};
use sotto_protocol::Reason;
use tokio::time::sleep;

use super::{Event, Inner, State, session};
use crate::{Link, LinkError, Pushes, pure::Backoff, sign_in::sign_in, vault::VaultError};

/// Until it is stopped.
pub(super) async fn run(inner: Arc<Inner>) {
    let mut stop = inner.stop.subscribe();
    let mut backoff = Backoff::default();
    loop {
        inner.state.send_if_modified(|state| {
            let idle = matches!(state, State::Idle);
            if idle {
                *state = State::Connecting;
            }
            idle
        });
        let why = tokio::select! {
            why = once(&inner, &mut backoff) => why,
            () = stopped(&mut stop) => break,
        };
        if *stop.borrow() {
            break;
        }
        if is_final(&why) {
            inner.state.send_replace(State::Ended(why.clone()));
            inner.tell(Event::Ended(why));
            stopped(&mut stop).await;
            break;
        }
        let retry_ms = pause_ms(&why, &mut backoff);
        tracing::debug!(%why, retry_ms, "offline");
        inner.state.send_replace(State::Offline(why.clone()));
        inner.tell(Event::Offline { why, retry_ms });
        tokio::select! {
            () = sleep(Duration::from_millis(retry_ms)) => {}
            () = inner.hurry.notified() => {}
            () = stopped(&mut stop) => break,
        }
    }
    inner.state.send_replace(State::Ended(LinkError::Closed));
}

/// One connection, from its beginning to its end.
async fn once(inner: &Arc<Inner>, backoff: &mut Backoff) -> LinkError {
    let (link, pushes) = match connect(inner).await {
        Ok(connection) => connection,
        Err(why) => return why,
    };
    backoff.reset();
    session::run(inner, link, pushes).await
}

/// The connection, signed in and with fresh lists.
async fn connect(inner: &Arc<Inner>) -> Result<(Link, Pushes), LinkError> {
    let (link, pushes, address) = inner.dialer.dial_any(&inner.server.addresses).await?;
    tracing::debug!(%address, "connected");
    let token = inner.vault.call(|vault| vault.token()).await.map_err(local)?;
    let signed_in = sign_in(&link, &inner.keys, token).await?;
    if let Some(token) = &signed_in.token {
        let token = token.token;
        inner.vault.call(move |vault| vault.set_token(Some(&token))).await.map_err(local)?;
    }
    session::resync(inner, &link, Some(&signed_in)).await?;
    Ok((link, pushes))
}

/// Trouble with the own disk ends a connection like trouble with the network: later it may be better.
#[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
pub(super) fn local(error: VaultError) -> LinkError {
    tracing::warn!(%error, "the local store");
    LinkError::Broken(error.to_string())
}

/// Whether coming back by itself makes no sense.
fn is_final(why: &LinkError) -> bool {
    if matches!(why, LinkError::Bye { reconnect_after_ms: u32::MAX, .. }) {
        return true;
    }
    match why.reason() {
        Some(
            Reason::AuthFailed
            | Reason::AuthSignedOut
            | Reason::AuthRevoked
            | Reason::AuthDisabled
            | Reason::AccountUnknown
            | Reason::DeviceUnknown
            | Reason::VersionUnsupported
            | Reason::SessionReplaced,
        ) => true,
        Some(_) | None => false,
    }
}

fn pause_ms(why: &LinkError, backoff: &mut Backoff) -> u64 {
    let pause = u64::from(backoff.pause_ms(OsRng.next_u32()));
    match why {
        LinkError::Bye { reconnect_after_ms, .. } => u64::from(*reconnect_after_ms).max(pause),
        LinkError::Refused(refusal) => u64::from(refusal.retry_after_ms).max(pause),
        LinkError::Unreachable { .. }
        | LinkError::WrongServer { .. }
        | LinkError::NotSotto { .. }
        | LinkError::Silent { .. }
        | LinkError::Broken(_)
        | LinkError::Closed
        | LinkError::Nonsense(_) => pause,
    }
}

/// Waits until the client shall stop.
pub(super) async fn stopped(stop: &mut tokio::sync::watch::Receiver<bool>) {
    // The sender lives as long as the client: an error means that it is gone, which is a stop as well.
    let _gone = stop.wait_for(|stop| *stop).await;
}
