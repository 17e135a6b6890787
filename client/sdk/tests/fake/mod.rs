//! A server that does what the test says: real TLS, real frames, no mind of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "it serves tests")]
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use std::{sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use client_sdk::link::ALPN;
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
    version::TLS13,
};
use sha2::{Digest as _, Sha256};
use sotto_protocol::{
    Encode, Frame, FrameKind, FrameType, Header, Hello, Limits, Listed, Pin, Reason, Refused, Registration,
    ServerName, Welcome, decode_frame, encode_frame, encode_message, limits,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// No test waits longer for anything.
pub const PATIENCE: Duration = Duration::from_secs(10);

pub struct FakeServer {
    pub address: String,
    pub pin: Pin,
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

/// The server's end of one connection.
pub struct Peer {
    stream: TlsStream<TcpStream>,
    arrived: BytesMut,
    pub hello: Option<Hello>,
    pub last_header_bytes: [u8; 2],
}

/// What is unusual about a server.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Oddity {
    None,
    NoAlpn,
    AnothersKey,
}

#[derive(Debug)]
struct Shows(Arc<CertifiedKey>);
impl ResolvesServerCert for Shows {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

impl FakeServer {
    pub async fn start() -> Self {
        Self::odd(Oddity::None).await
    }

    pub async fn odd(oddity: Oddity) -> Self {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let certificate = rcgen::CertificateParams::new(vec![]).unwrap().self_signed(&key).unwrap();
        let der: CertificateDer<'static> = certificate.der().clone();
        let pin = Pin::new(Sha256::digest(&der).into());
        let shown = if oddity == Oddity::AnothersKey {
            KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap()
        } else {
            key
        };
        let provider = Arc::new(aws_lc_rs::default_provider());
        let private = PrivateKeyDer::Pkcs8(shown.serialize_der().into());
        let signing = provider.key_provider.load_private_key(private).unwrap();
        let certified = Arc::new(CertifiedKey::new(vec![der], signing));
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13])
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(Shows(certified)));
        config.send_tls13_tickets = 0;
        if oddity != Oddity::NoAlpn {
            config.alpn_protocols = vec![ALPN.to_vec()];
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        Self { address, pin, listener, acceptor: TlsAcceptor::from(Arc::new(config)) }
    }

    /// Accepts a connection as far as TLS.
    pub async fn accept(&self) -> Option<Peer> {
        let (tcp, _) = timeout(PATIENCE, self.listener.accept()).await.unwrap().unwrap();
        let stream = self.acceptor.accept(tcp).await.ok()?;
        Some(Peer { stream, arrived: BytesMut::new(), hello: None, last_header_bytes: [0; 2] })
    }

    /// Accepts a connection and welcomes it with these limits.
    pub async fn welcome(&self, limits: Limits) -> Peer {
        let mut peer = self.accept().await.expect("a TLS handshake");
        let frame = peer.frame().await;
        assert_eq!((frame.header.type_number, frame.header.stream), (FrameType::Hello.number(), 1));
        peer.hello = Some(Hello::decode(frame.payload.clone()).unwrap());
        peer.respond(&frame, welcome(limits)).await;
        peer
    }
}

impl Peer {
    pub async fn frame(&mut self) -> Frame {
        timeout(PATIENCE, self.try_frame()).await.expect("a frame in time").expect("a frame")
    }

    /// `None`: the client has closed.
    pub async fn try_frame(&mut self) -> Option<Frame> {
        loop {
            let head = self.arrived.get(6..8).map(|bytes| [bytes[0], bytes[1]]);
            if let Some(frame) = decode_frame(&mut self.arrived, limits::FRAME_MAX).unwrap() {
                self.last_header_bytes = head.unwrap();
                return Some(frame);
            }
            if self.stream.read_buf(&mut self.arrived).await.ok()? == 0 {
                return None;
            }
        }
    }

    pub async fn request(&mut self, kind: FrameType) -> Frame {
        let frame = self.frame().await;
        assert_eq!(frame.header.type_number, kind.number(), "expected {}", kind.name());
        assert_eq!(frame.header.kind, FrameKind::Request);
        frame
    }

    pub async fn respond(&mut self, to: &Frame, answer: impl Encode) {
        let header = Header { kind: FrameKind::Response, ..to.header };
        let mut out = BytesMut::new();
        encode_message(header, &mut out, |out| answer.encode_payload(out));
        self.raw(&out).await;
    }

    pub async fn refuse(&mut self, to: &Frame, refused: Refused) {
        let header = Header { kind: FrameKind::Refusal, ..to.header };
        let mut out = BytesMut::new();
        encode_message(header, &mut out, |out| refused.encode(out));
        self.raw(&out).await;
    }

    pub async fn refuse_unknown(&mut self, to: &Frame) {
        self.refuse(to, Refused::new(Reason::TypeUnknown)).await;
    }

    pub async fn push(&mut self, kind: FrameType, push: impl Encode) {
        let mut payload = BytesMut::new();
        push.encode_payload(&mut payload);
        self.push_raw(kind.number(), payload.freeze()).await;
    }

    pub async fn push_raw(&mut self, type_number: u16, payload: Bytes) {
        let header = Header { type_number, kind: FrameKind::Push, more: false, stream: 0 };
        let mut out = BytesMut::new();
        encode_frame(header, &payload, &mut out);
        self.raw(&out).await;
    }

    pub async fn raw(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
        self.stream.flush().await.unwrap();
    }
}

pub fn welcome(limits: Limits) -> Welcome {
    Welcome {
        minor: 0,
        features: Listed::default(),
        limits,
        server_name: ServerName::new("fake").unwrap(),
        time_ms: 0,
        registration: Registration::Invite,
        notices: Listed::default(),
    }
}

pub fn usual_limits() -> Limits {
    Limits {
        frame_max: limits::FRAME_MAX,
        requests_in_flight: limits::REQUESTS_IN_FLIGHT_MAX,
        envelopes_unacknowledged: limits::UNACKNOWLEDGED_MAX,
        bytes_unacknowledged: limits::UNACKNOWLEDGED_BYTES_MAX,
        ping_after_ms: limits::PING_AFTER_MS,
        dead_after_ms: limits::DEAD_AFTER_MS,
        sealed_max: 128 * 1024,
        blob_max: limits::BLOB_MAX,
        room_members_max: 1000,
    }
}
