//! What goes to the peer: written at once while it reads, kept while it does not, and nothing held while nothing waits.
use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::{Buf as _, BytesMut};
use daemon_core::Now;
use tokio::io::AsyncWrite;

/// Capacity that a reused buffer may keep.
const KEPT_BYTES_MAX: usize = 256 * 1024;

/// The way out of one connection.
#[derive(Debug, Default)]
pub(super) struct Writer {
    waiting: BytesMut,
    /// The bytes that TLS has taken may not have reached the socket.
    is_unflushed: bool,
    stuck_since_ms: Option<u64>,
}

/// How far writing has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pushed {
    /// Everything is in the kernel's hands.
    All,
    /// The peer does not read, and has taken nothing since then.
    Stuck {
        /// Monotonic milliseconds.
        since_ms: u64,
    },
    /// The connection is broken.
    Broken,
}

/// What is to happen when everything is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// More may come.
    Stay,
    /// This was the last.
    Close,
}

impl Writer {
    /// Bytes that wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Since when the peer takes nothing.
    pub(super) const fn stuck_since_ms(&self) -> Option<u64> {
        self.stuck_since_ms
    }

    /// Writes what waited and what is new, which is empty afterwards.
    pub(super) fn push(
        &mut self,
        task: &mut Context<'_>,
        now: Now,
        stream: &mut (impl AsyncWrite + Unpin),
        fresh: &mut BytesMut,
        then: Then,
    ) -> Pushed {
        if self.waiting.is_empty() && fresh.is_empty() && !self.is_unflushed && then == Then::Stay {
            return Pushed::All;
        }
        let mut pushed = self.write(task, stream, fresh);
        empty(fresh);
        if matches!(pushed, Poll::Ready(Ok(()))) && then == Then::Close {
            pushed = Pin::new(stream).poll_shutdown(task);
        }
        match pushed {
            Poll::Ready(Ok(())) => {
                self.stuck_since_ms = None;
                Pushed::All
            }
            Poll::Ready(Err(_)) => Pushed::Broken,
            Poll::Pending => Pushed::Stuck { since_ms: *self.stuck_since_ms.get_or_insert(now.monotonic_ms) },
        }
    }

    fn write(
        &mut self,
        task: &mut Context<'_>,
        stream: &mut (impl AsyncWrite + Unpin),
        fresh: &mut BytesMut,
    ) -> Poll<io::Result<()>> {
        let is_direct = self.waiting.is_empty();
        if !is_direct {
            self.waiting.extend_from_slice(fresh);
        }
        let from = if is_direct { &mut *fresh } else { &mut self.waiting };
        let mut stream = Pin::new(stream);
        while !from.is_empty() {
            match stream.as_mut().poll_write(task, from) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(written)) => {
                    from.advance(written);
                    self.is_unflushed = true;
                    self.stuck_since_ms = None;
                }
                Poll::Ready(Err(why)) => return Poll::Ready(Err(why)),
                Poll::Pending => {
                    if is_direct {
                        self.waiting = BytesMut::from(&fresh[..]);
                    }
                    return Poll::Pending;
                }
            }
        }
        self.waiting = BytesMut::new();
        if self.is_unflushed {
            std::task::ready!(stream.poll_flush(task))?;
            self.is_unflushed = false;
        }
        Poll::Ready(Ok(()))
    }
}

/// Empties a buffer that is used again, and gives back what it needs only rarely.
fn empty(buffer: &mut BytesMut) {
    buffer.clear();
    if buffer.capacity() > KEPT_BYTES_MAX {
        *buffer = BytesMut::new();
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    /// Takes so many bytes in all, and then nothing.
    #[derive(Default)]
    struct Narrow {
        room: usize,
        taken: Vec<u8>,
        is_closed: bool,
    }

    impl AsyncWrite for Narrow {
        fn poll_write(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            let count = bytes.len().min(self.room);
            if count == 0 {
                return Poll::Pending;
            }
            self.room -= count;
            self.taken.extend_from_slice(&bytes[..count]);
            Poll::Ready(Ok(count))
        }
        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
        fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            self.is_closed = true;
            Poll::Ready(Ok(()))
        }
    }

    fn push(writer: &mut Writer, at_ms: u64, stream: &mut Narrow, fresh: &[u8], then: Then) -> Pushed {
        let now = Now { monotonic_ms: at_ms, wall_ms: 0 };
        let mut fresh = BytesMut::from(fresh);
        let pushed = writer.push(&mut Context::from_waker(Waker::noop()), now, stream, &mut fresh, then);
        assert!(fresh.is_empty());
        pushed
    }

    #[test]
    fn nothing_is_kept_while_the_peer_reads() {
        let (mut writer, mut stream) = (Writer::default(), Narrow { room: 100, ..Narrow::default() });
        assert_eq!(push(&mut writer, 1, &mut stream, b"one two", Then::Stay), Pushed::All);
        assert_eq!((writer.waiting(), writer.waiting.capacity()), (0, 0));
    }

    #[test]
    fn what_the_peer_does_not_take_waits_in_order_and_nothing_is_kept_afterwards() {
        let (mut writer, mut stream) = (Writer::default(), Narrow { room: 5, ..Narrow::default() });
        assert_eq!(push(&mut writer, 1, &mut stream, b"one two ", Then::Stay), Pushed::Stuck { since_ms: 1 });
        assert_eq!(push(&mut writer, 2, &mut stream, b"three", Then::Stay), Pushed::Stuck { since_ms: 1 });
        assert_eq!(writer.waiting(), 8);
        stream.room = 100;
        assert_eq!(push(&mut writer, 3, &mut stream, b" four", Then::Stay), Pushed::All);
        assert_eq!(stream.taken, b"one two three four");
        assert_eq!((writer.stuck_since_ms(), writer.waiting.capacity()), (None, 0));
    }

    #[test]
    fn a_peer_that_takes_little_is_not_one_that_takes_nothing() {
        let (mut writer, mut stream) = (Writer::default(), Narrow::default());
        assert_eq!(push(&mut writer, 1, &mut stream, b"abc", Then::Stay), Pushed::Stuck { since_ms: 1 });
        assert_eq!(push(&mut writer, 9, &mut stream, b"", Then::Stay), Pushed::Stuck { since_ms: 1 });
        stream.room = 1;
        assert_eq!(push(&mut writer, 20, &mut stream, b"", Then::Stay), Pushed::Stuck { since_ms: 20 });
    }

    #[test]
    fn the_last_word_goes_out_before_the_door_is_closed() {
        let (mut writer, mut stream) = (Writer::default(), Narrow::default());
        assert_eq!(push(&mut writer, 1, &mut stream, b"bye", Then::Close), Pushed::Stuck { since_ms: 1 });
        assert!(!stream.is_closed);
        stream.room = 3;
        assert_eq!(push(&mut writer, 2, &mut stream, b"", Then::Close), Pushed::All);
        assert!(stream.is_closed);
    }
}
