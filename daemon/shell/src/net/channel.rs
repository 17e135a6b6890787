//! TLS over a socket, without a buffer of its own.
//!
//! rustls with buffers keeps 4 KiB for every connection and reads no more than that at once. Here what is under way lies
//! in the thread's own memory while a turn lasts, and a connection keeps only what it must: the half record that has
//! come, and the bytes that the socket did not take. While it is idle, that is nothing.
use std::{
    cell::RefCell,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::{Buf as _, BytesMut};
use rustls::{
    ServerConfig,
    server::UnbufferedServerConnection,
    unbuffered::{ConnectionState, EncodeError, UnbufferedStatus},
};
use sotto_protocol::Exporter;
use tokio::{
    io::{AsyncRead as _, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf},
    net::TcpStream,
};

use crate::exporter;

/// The most that one TLS record can be, and a little: what has come and is no whole record yet cannot be longer.
const RECORD_MAX: usize = 18 * 1024;
/// What a handshake reads at once: a hello with its hybrid key share fits.
const HELLO_BYTES: usize = 2 * 1024;
/// What is read at once, and what is encrypted at once.
const AT_ONCE: usize = 64 * 1024;
/// What encryption adds to [`AT_ONCE`] bytes: a header, a type and a tag a record, and perhaps a change of keys.
const ADDED: usize = 1024;

thread_local! {
    static READING: RefCell<Box<[u8]>> = RefCell::new(vec![0; RECORD_MAX + AT_ONCE].into());
    static WRITING: RefCell<Box<[u8]>> = RefCell::new(vec![0; AT_ONCE + ADDED].into());
}

/// One connection's TLS.
pub(super) struct Channel {
    tls: UnbufferedServerConnection,
    stream: TcpStream,
    /// Has come and is no whole record yet.
    unread: Vec<u8>,
    /// Was encrypted and not taken by the socket.
    unsent: BytesMut,
    is_ended: bool,
    is_closing: bool,
}

/// A channel whose handshake is done.
pub(super) struct Opened {
    /// The channel.
    pub(super) channel: Channel,
    /// What only its two ends know.
    pub(super) exporter: Exporter,
    /// What the peer has said already.
    pub(super) said: BytesMut,
}

impl Channel {
    /// Shakes hands.
    ///
    /// # Errors
    /// The socket's, or [`io::ErrorKind::InvalidData`] for what rustls does not accept; the peer has been told why.
    pub(super) async fn accept(config: Arc<ServerConfig>, stream: TcpStream) -> io::Result<Opened> {
        let tls = UnbufferedServerConnection::new(config).map_err(invalid)?;
        let mut channel = Self {
            tls,
            stream,
            unread: Vec::new(),
            unsent: BytesMut::new(),
            is_ended: false,
            is_closing: false,
        };
        let (mut said, mut exporter) = (BytesMut::new(), None);
        while channel.tls.is_handshaking() {
            channel.unread.reserve(HELLO_BYTES);
            if channel.stream.read_buf(&mut channel.unread).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let mut came = std::mem::take(&mut channel.unread);
            let (digested, caught) = exporter::caught_in(|| channel.digest(&mut came, &mut said));
            exporter = exporter.or(caught);
            let unsent = std::mem::take(&mut channel.unsent);
            channel.stream.write_all(&unsent).await?;
            digested?;
        }
        let exporter = exporter.ok_or(io::ErrorKind::InvalidData)?;
        Ok(Opened { channel, exporter, said })
    }

    /// The protocol's name that was agreed upon.
    pub(super) fn alpn(&self) -> Option<&[u8]> {
        self.tls.alpn_protocol()
    }

    /// The socket, for what is not TLS any more.
    pub(super) const fn stream(&mut self) -> &mut TcpStream {
        &mut self.stream
    }

    /// Reads what has come, and appends what it says. Ready with `false` when the peer will say no more.
    pub(super) fn poll_read(
        &mut self,
        task: &mut Context<'_>,
        said: &mut BytesMut,
    ) -> Poll<io::Result<bool>> {
        if self.is_ended {
            return Poll::Ready(Ok(false));
        }
        READING.with_borrow_mut(|came| {
            let before = self.unread.len();
            let mut buffer = ReadBuf::new(came);
            buffer.put_slice(&self.unread);
            ready!(Pin::new(&mut self.stream).poll_read(task, &mut buffer))?;
            let filled = buffer.filled_mut();
            if filled.len() == before {
                self.is_ended = true;
                return Poll::Ready(Ok(false));
            }
            let before = said.len();
            self.digest(filled, said)?;
            // An answer to a change of keys; if the socket does not take it now, it goes with what comes next.
            if let Poll::Ready(Err(why)) = self.poll_unsent(task) {
                return Poll::Ready(Err(why));
            }
            Poll::Ready(Ok(said.len() > before || !self.is_ended))
        })
    }

    /// Lets rustls work through what has come; keeps what it cannot use yet.
    fn digest(&mut self, came: &mut [u8], said: &mut BytesMut) -> io::Result<()> {
        let mut used = 0;
        loop {
            let rest = came.get_mut(used..).unwrap_or_default();
            let UnbufferedStatus { mut discard, state } = self.tls.process_tls_records(rest);
            let mut is_done = false;
            match state {
                Ok(ConnectionState::ReadTraffic(mut traffic)) => {
                    while let Some(record) = traffic.next_record() {
                        let record = record.map_err(invalid)?;
                        discard += record.discard;
                        said.extend_from_slice(record.payload);
                    }
                }
                Ok(ConnectionState::EncodeTlsData(mut data)) => {
                    append(&mut self.unsent, |out| needed(data.encode(out)))?;
                }
                Ok(ConnectionState::TransmitTlsData(data)) => data.done(),
                Ok(ConnectionState::PeerClosed) => self.is_ended = true,
                Ok(ConnectionState::BlockedHandshake | ConnectionState::WriteTraffic(_)) => is_done = true,
                Ok(ConnectionState::Closed) => (self.is_ended, is_done) = (true, true),
                // Early data, which was not offered, and what does not exist yet.
                Ok(_) => return Err(io::ErrorKind::InvalidData.into()),
                Err(why) => {
                    self.tell_why(came.get_mut(used + discard..).unwrap_or_default());
                    return Err(invalid(why));
                }
            }
            used += discard;
            if is_done {
                break;
            }
        }
        let rest = came.get(used..).unwrap_or_default();
        if rest.len() > RECORD_MAX {
            return Err(io::ErrorKind::InvalidData.into());
        }
        self.unread = rest.to_vec();
        Ok(())
    }

    /// After a mistake of the peer rustls has an alert for it, behind what it had begun to say.
    fn tell_why(&mut self, rest: &mut [u8]) {
        while let Ok(ConnectionState::EncodeTlsData(mut data)) = self.tls.process_tls_records(rest).state {
            // Whoever cannot be told will see the end.
            if append(&mut self.unsent, |out| needed(data.encode(out))).is_err() {
                return;
            }
        }
    }

    /// Encrypts into `out` and gives the length.
    fn encrypt(&mut self, plain: Plain<'_>, out: &mut [u8]) -> io::Result<usize> {
        let mut length = 0;
        loop {
            let UnbufferedStatus { discard, state } = self.tls.process_tls_records(&mut self.unread);
            let room = out.get_mut(length..).unwrap_or_default();
            let mut is_done = false;
            match state.map_err(invalid)? {
                ConnectionState::WriteTraffic(mut traffic) => {
                    let written = match plain {
                        Plain::Say(bytes) => traffic.encrypt(bytes, room),
                        Plain::Close => traffic.queue_close_notify(room),
                    };
                    length += written.map_err(invalid)?;
                    is_done = true;
                }
                ConnectionState::EncodeTlsData(mut data) => length += data.encode(room).map_err(invalid)?,
                ConnectionState::TransmitTlsData(data) => data.done(),
                ConnectionState::PeerClosed => self.is_ended = true,
                _ => return Err(io::ErrorKind::BrokenPipe.into()),
            }
            self.unread.drain(..discard);
            if is_done {
                return Ok(length);
            }
        }
    }

    /// Encrypts and writes; what the socket does not take waits.
    fn send(&mut self, task: &mut Context<'_>, plain: Plain<'_>) -> io::Result<()> {
        WRITING.with_borrow_mut(|out| {
            let length = self.encrypt(plain, out)?;
            let mut rest = out.get(..length).unwrap_or_default();
            while !rest.is_empty() {
                match Pin::new(&mut self.stream).poll_write(task, rest) {
                    Poll::Ready(written) => rest = rest.get(written?..).unwrap_or_default(),
                    Poll::Pending => {
                        self.unsent = BytesMut::from(rest);
                        break;
                    }
                }
            }
            Ok(())
        })
    }

    fn poll_unsent(&mut self, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.unsent.is_empty() {
            let written = ready!(Pin::new(&mut self.stream).poll_write(task, &self.unsent))?;
            self.unsent.advance(written);
        }
        self.unsent = BytesMut::new();
        Poll::Ready(Ok(()))
    }
}

/// What is to be encrypted.
#[derive(Clone, Copy)]
enum Plain<'a> {
    Say(&'a [u8]),
    Close,
}

impl AsyncWrite for Channel {
    fn poll_write(self: Pin<&mut Self>, task: &mut Context<'_>, plain: &[u8]) -> Poll<io::Result<usize>> {
        let channel = self.get_mut();
        ready!(channel.poll_unsent(task))?;
        let plain = plain.get(..AT_ONCE).unwrap_or(plain);
        channel.send(task, Plain::Say(plain))?;
        Poll::Ready(Ok(plain.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().poll_unsent(task)
    }

    fn poll_shutdown(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        let channel = self.get_mut();
        ready!(channel.poll_unsent(task))?;
        if !std::mem::replace(&mut channel.is_closing, true) {
            channel.send(task, Plain::Close)?;
        }
        ready!(channel.poll_unsent(task))?;
        Pin::new(&mut channel.stream).poll_shutdown(task)
    }
}

/// How much room rustls needs for what it has to say, if there was too little.
fn needed(encoded: Result<usize, EncodeError>) -> Result<usize, usize> {
    encoded.map_err(|why| match why {
        EncodeError::InsufficientSize(size) => size.required_size,
        EncodeError::AlreadyEncoded => 0,
    })
}

/// Lets `encode` append to a buffer, with the room that it asks for.
fn append(
    buffer: &mut BytesMut,
    mut encode: impl FnMut(&mut [u8]) -> Result<usize, usize>,
) -> io::Result<()> {
    let start = buffer.len();
    let mut room = 0;
    // It asks once and is content; more would be a mistake of its own.
    for _ in 0..2 {
        buffer.resize(start + room, 0);
        match encode(buffer.get_mut(start..).unwrap_or_default()) {
            Ok(written) => {
                buffer.truncate(start + written);
                return Ok(());
            }
            Err(needed) => room = needed,
        }
    }
    buffer.truncate(start);
    Err(io::ErrorKind::InvalidData.into())
}

fn invalid(why: impl std::error::Error + Send + Sync + 'static) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}
