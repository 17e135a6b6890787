//! The one task of a connection: it reads, writes and watches the silence, all at once.
use std::{sync::Arc, time::Duration};

use bytes::BytesMut;
use sotto_protocol::{
    Bye, Frame, FrameKind, FrameType, Header, Limits, Response, ServerPush, decode_frame, limits::FRAME_MAX,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::mpsc,
    time::{Instant, sleep_until},
};
use tokio_rustls::client::TlsStream;

use super::{LinkError, Refusal, shared::Shared};

/// Pushes that may wait for a slow caller. The server's window keeps deliveries far below; the rest may be lost.
pub(super) const PUSHES_MAX: usize = 1024;
/// Bytes read at once.
const READ: usize = 16 * 1024;

pub(super) struct Driver {
    pub(super) stream: TlsStream<TcpStream>,
    /// What has arrived and is not yet a whole frame.
    pub(super) arrived: BytesMut,
    pub(super) shared: Arc<Shared>,
    pub(super) pushes: mpsc::Sender<ServerPush>,
    pub(super) limits: Limits,
}

impl Driver {
    /// Runs until the connection is over, and tells everybody why.
    pub(super) async fn run(self) {
        let shared = Arc::clone(&self.shared);
        let why = self.until_the_end().await;
        tracing::debug!(%why, "link ended");
        shared.end(&why);
    }

    async fn until_the_end(self) -> LinkError {
        let Self { stream, mut arrived, shared, pushes, limits } = self;
        let ping_after = Duration::from_millis(u64::from(limits.ping_after_ms.max(100)));
        let dead_after = Duration::from_millis(u64::from(limits.dead_after_ms.max(200)));
        let (mut reader, mut writer) = tokio::io::split(stream);
        let mut out = BytesMut::new();
        let mut unflushed = false;
        let mut heard = Instant::now();
        let alarm = sleep_until(heard + ping_after);
        tokio::pin!(alarm);
        if let Err(why) = handle_all(&mut arrived, &shared, &pushes) {
            return why;
        }
        loop {
            if out.is_empty() {
                let closing = shared.take_outgoing(&mut out);
                if closing && out.is_empty() && !unflushed {
                    // The other side may be gone already.
                    let _best_effort = writer.shutdown().await;
                    return LinkError::Closed;
                }
            }
            let (nothing, something) = (out.is_empty(), !out.is_empty() || unflushed);
            arrived.reserve(READ / 4);
            tokio::select! {
                read = reader.read_buf(&mut arrived) => {
                    match read {
                        Ok(0) => return LinkError::Broken("the server closed the connection".to_owned()),
                        Ok(_) => heard = Instant::now(),
                        Err(error) => return LinkError::Broken(error.to_string()),
                    }
                    if let Err(why) = handle_all(&mut arrived, &shared, &pushes) {
                        return why;
                    }
                }
                written = async {
                    if out.is_empty() { writer.flush().await } else { writer.write_buf(&mut out).await.map(|_| ()) }
                }, if something => {
                    if let Err(error) = written {
                        return LinkError::Broken(error.to_string());
                    }
                    unflushed = !nothing;
                }
                () = shared.bell.notified(), if nothing => {}
                () = &mut alarm => {
                    let silence = heard.elapsed();
                    if silence >= dead_after {
                        return LinkError::Silent { after_ms: u64::try_from(silence.as_millis()).unwrap_or(u64::MAX) };
                    }
                    if silence >= ping_after {
                        shared.ping();
                        alarm.as_mut().reset(heard + dead_after);
                    } else {
                        alarm.as_mut().reset(heard + ping_after);
                    }
                }
            }
        }
    }
}

fn handle_all(
    arrived: &mut BytesMut,
    shared: &Shared,
    pushes: &mpsc::Sender<ServerPush>,
) -> Result<(), LinkError> {
    let nonsense = |error: sotto_protocol::FrameError| LinkError::Nonsense(error.to_string());
    while let Some(Frame { header, payload }) = decode_frame(arrived, FRAME_MAX).map_err(nonsense)? {
        match header.kind {
            FrameKind::Response => shared.settle(header.stream, |kind| match kind {
                Some(kind) => Response::decode(kind, payload)?
                    .ok_or_else(|| LinkError::Nonsense("a response to no request".to_owned())),
                None => Err(LinkError::Nonsense("a response to a request that nobody knows".to_owned())),
            }),
            FrameKind::Refusal => shared.settle(header.stream, |_| {
                let refusal: Refusal = sotto_protocol::Refusal::decode(payload)?.into();
                Err(refusal.into())
            }),
            FrameKind::Push => push(header, payload, pushes)?,
            FrameKind::Request => {
                let is_ping = header.type_number == FrameType::Ping.number();
                shared.answer(header.type_number, header.stream, is_ping.then(crate::clock::wall_ms));
            }
        }
    }
    Ok(())
}

/// Hands a push on. What may be lost is lost before anything else suffers.
fn push(header: Header, payload: bytes::Bytes, pushes: &mpsc::Sender<ServerPush>) -> Result<(), LinkError> {
    let Some(kind) = FrameType::from_number(header.type_number) else { return Ok(()) };
    let must_arrive = matches!(kind, FrameType::Deliver | FrameType::Gap | FrameType::Bye);
    let push = match ServerPush::decode(kind, payload) {
        Ok(Some(push)) => push,
        Ok(None) => return Ok(()),
        Err(fault) if must_arrive => return Err(fault.into()),
        Err(_) => return Ok(()),
    };
    if let ServerPush::Bye(Bye { reason, reconnect_after_ms }) = push {
        return Err(LinkError::Bye { reason, reconnect_after_ms });
    }
    if !must_arrive && pushes.capacity() < PUSHES_MAX / 2 {
        return Ok(());
    }
    match pushes.try_send(push) {
        Err(mpsc::error::TrySendError::Full(_)) => {
            Err(LinkError::Nonsense("more deliveries than the window allows".to_owned()))
        }
        // A caller that does not listen to pushes has dropped its end.
        Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => Ok(()),
    }
}
