//! A connection that says exactly what it is told to say: for load, where every allocation counts twice on a small
//! machine, and for abuse, where a client that behaves would be in the way.
use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use bytes::BytesMut;
use client_crypto::DeviceKeys;
use rustls::pki_types::ServerName;
use sotto_protocol::{
    Auth, ClientPush, EXPORTER_LABEL, Exporter, Frame, FrameKind, FrameType, Header, Hello, Listed, Pin,
    Refusal, Request, Response, SignedIn, Tag, Token, decode_frame, encode_message, limits::FRAME_MAX,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::{Door, tls_connector};

/// The protocol's name in TLS.
const ALPN: &[u8] = b"sotto/1";
/// Room for what arrives at once.
const READ: usize = 16 * 1024;
/// Nothing that is asked here takes longer.
const PATIENCE: Duration = Duration::from_secs(30);

/// A connection without any manners of its own.
pub struct Wire {
    tls: TlsStream<TcpStream>,
    arrived: BytesMut,
    out: BytesMut,
    last_stream: u32,
    exporter: Exporter,
    pin: Pin,
}

/// What a request was answered.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Yes.
    Yes(Response),
    /// No.
    No(Refusal),
}

impl Wire {
    /// TCP and TLS, and not a word of ours.
    ///
    /// # Errors
    /// When nobody is there, or somebody else.
    pub async fn connect(door: &Door) -> Result<Self> {
        Self::connect_with(door, &Self::connector(door)?).await
    }

    /// The same from another address of this machine (all of 127.0.0.0/8 are its own): to the server, somebody else.
    ///
    /// # Errors
    /// When nobody is there, or somebody else.
    pub async fn connect_from(door: &Door, source: Ipv4Addr) -> Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from((source, 0)))?;
        let tcp = socket.connect(door.address.parse()?).await.context("While connecting")?;
        Self::secure(door, tcp, &Self::connector(door)?).await
    }

    /// The same with a connector from [`Wire::connector`], which thousands can share.
    ///
    /// # Errors
    /// When nobody is there, or somebody else.
    pub async fn connect_with(door: &Door, connector: &TlsConnector) -> Result<Self> {
        let tcp = TcpStream::connect(&door.address).await.context("While connecting")?;
        Self::secure(door, tcp, connector).await
    }

    async fn secure(door: &Door, tcp: TcpStream, connector: &TlsConnector) -> Result<Self> {
        tcp.set_nodelay(true)?;
        let name = ServerName::try_from("sotto.invalid")?;
        let tls = connector.connect(name, tcp).await.context("While shaking hands")?;
        let exporter = tls.get_ref().1.export_keying_material([0; 32], EXPORTER_LABEL, Some(&[]))?;
        let (arrived, out) = (BytesMut::new(), BytesMut::new());
        Ok(Self { tls, arrived, out, last_stream: u32::MAX, exporter, pin: door.pin })
    }

    /// What a connection needs besides the address.
    ///
    /// # Errors
    /// When the TLS library cannot do what is needed.
    pub fn connector(door: &Door) -> Result<TlsConnector> {
        tls_connector(door.pin, &[ALPN])
    }

    /// Queues a request; gives its stream.
    pub fn ask(&mut self, request: impl Into<Request>) -> u32 {
        let request = request.into();
        let stream = self.next_stream();
        let header = Header {
            type_number: request.frame_type().number(),
            kind: FrameKind::Request,
            more: false,
            stream,
        };
        encode_message(header, &mut self.out, |out| request.encode(out));
        stream
    }

    /// Queues a push.
    pub fn push(&mut self, push: impl Into<ClientPush>) {
        let push = push.into();
        let type_number = push.frame_type().number();
        let header = Header { type_number, kind: FrameKind::Push, more: false, stream: 0 };
        encode_message(header, &mut self.out, |out| push.encode(out));
    }

    /// Queues whatever this is.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// The stream that the next request would have.
    pub fn next_stream(&mut self) -> u32 {
        self.last_stream = self.last_stream.wrapping_add(2);
        self.last_stream
    }

    /// Sends what is queued.
    ///
    /// # Errors
    /// When the connection is over.
    pub async fn flush(&mut self) -> Result<()> {
        if !self.out.is_empty() {
            self.tls.write_all(&self.out).await?;
            self.out.clear();
            self.tls.flush().await?;
        }
        Ok(())
    }

    /// Sends what is queued, and gives the answer to this stream. Pushes that come before it are lost.
    ///
    /// # Errors
    /// When the connection is over, or nothing comes.
    pub async fn answer(&mut self, stream: u32, kind: FrameType) -> Result<Answer> {
        self.flush().await?;
        loop {
            let frame = timeout(PATIENCE, self.frame()).await.context("no answer came")??;
            let Frame { header, payload } = frame.context("the server closed the connection")?;
            match header.kind {
                FrameKind::Response if header.stream == stream => {
                    let response = Response::decode(kind, payload)?.context("a response to no request")?;
                    return Ok(Answer::Yes(response));
                }
                FrameKind::Refusal if header.stream == stream => {
                    return Ok(Answer::No(Refusal::decode(payload)?));
                }
                FrameKind::Request | FrameKind::Response | FrameKind::Push | FrameKind::Refusal => {}
            }
        }
    }

    /// The next frame; `None`: the server has closed the connection.
    ///
    /// # Errors
    /// When the connection breaks, or what comes is no frame.
    pub async fn frame(&mut self) -> Result<Option<Frame>> {
        loop {
            if let Some(frame) = self.arrived_frame()? {
                return Ok(Some(frame));
            }
            if !self.read().await? {
                return Ok(None);
            }
        }
    }

    /// The next frame, if it is here already.
    ///
    /// # Errors
    /// When it is no frame.
    pub fn arrived_frame(&mut self) -> Result<Option<Frame>> {
        Ok(decode_frame(&mut self.arrived, FRAME_MAX)?)
    }

    /// Waits for more bytes; `false`: there will be none. May be abandoned and called again.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn read(&mut self) -> Result<bool> {
        self.arrived.reserve(READ);
        match self.tls.read_buf(&mut self.arrived).await {
            Ok(read) => Ok(read > 0),
            // Whoever closes in a hurry is as gone as who says good-bye.
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Queues HELLO; gives its stream.
    pub fn hello(&mut self) -> u32 {
        let tag = |text| Tag::new(text).unwrap_or_else(|_| Tag::grease(0));
        let hello = Hello {
            min_minor: 0,
            max_minor: 0,
            features: Listed::default(),
            client: tag("sotto-kit"),
            language: tag(""),
        };
        self.ask(hello)
    }

    /// HELLO and AUTH in one packet, as a device that was here before.
    ///
    /// # Errors
    /// When the server does not want it.
    pub async fn sign_in(&mut self, keys: &DeviceKeys, token: Option<Token>) -> Result<SignedIn> {
        self.hello();
        let signature = Some(keys.device.prove(&self.exporter, self.pin, keys.account));
        let stream = self.ask(Auth { account: keys.account, device: keys.device.id(), signature, token });
        match self.answer(stream, FrameType::Auth).await? {
            Answer::Yes(Response::SignedIn(signed_in)) => Ok(signed_in),
            other => bail!("the server does not let the device in: {other:?}"),
        }
    }

    /// What only the two ends of this connection know.
    #[must_use]
    pub fn exporter(&self) -> &Exporter {
        &self.exporter
    }

    /// The connection, for who wants to break it.
    pub fn tls(&mut self) -> &mut TlsStream<TcpStream> {
        &mut self.tls
    }
}
