//! From an address to a connection that both sides understand: TCP, TLS, HELLO, WELCOME.
use std::{sync::Arc, time::Duration};

use bytes::BytesMut;
use rand_core::OsRng;
use rustls::pki_types::ServerName;
use sotto_protocol::{
    EXPORTER_LABEL, Exporter, FrameKind, FrameType, Header, Hello, Listed, Pin, Tag, Welcome, decode_frame,
    encode_message,
    limits::{FRAME_BEFORE_SIGN_IN_MAX, HELLO_DEADLINE_MS},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::mpsc,
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::{
    Link, LinkError, Pushes, Refusal,
    driver::{Driver, PUSHES_MAX},
    grease::Grease,
    shared::Shared,
    tls,
};

/// One minor version so far.
const MINOR: u32 = 0;
/// How long one address may take to accept, when there are others to try.
const TCP_PATIENCE: Duration = Duration::from_secs(4);

/// Makes connections to one server, known by its pin. Cheap to clone; one serves any number of connections.
#[derive(Clone)]
pub struct Dialer {
    pin: Pin,
    tls: TlsConnector,
    client: Tag,
    language: Tag,
}

impl Dialer {
    /// For the server with this pin.
    ///
    /// # Errors
    /// [`LinkError::Nonsense`] when the TLS library cannot do what is needed.
    pub fn new(pin: Pin) -> Result<Self, LinkError> {
        let nonsense = |error: String| LinkError::Nonsense(error);
        let config = tls::config(pin).map_err(|error| nonsense(error.to_string()))?;
        let client = concat!("sotto/", env!("CARGO_PKG_VERSION"));
        Ok(Self {
            pin,
            tls: TlsConnector::from(Arc::new(config)),
            client: Tag::new(client).map_err(|wrong| nonsense(wrong.to_string()))?,
            language: Tag::new("").map_err(|wrong| nonsense(wrong.to_string()))?,
        })
    }

    /// Says which language the person reads.
    #[must_use]
    pub fn language(mut self, language: Tag) -> Self {
        self.language = language;
        self
    }

    /// Connects to the first of these addresses (`host:port`) where the right server answers.
    ///
    /// # Errors
    /// The most telling [`LinkError`] of all tries: a wrong server before one that does not answer.
    pub async fn dial_any(&self, addresses: &[String]) -> Result<(Link, Pushes, String), LinkError> {
        let mut worst = None;
        for address in addresses {
            match self.dial(address).await {
                Ok((link, pushes)) => return Ok((link, pushes, address.clone())),
                Err(error @ LinkError::WrongServer { .. }) => worst = Some(error),
                Err(error) if !matches!(worst, Some(LinkError::WrongServer { .. })) => worst = Some(error),
                Err(_) => {}
            }
        }
        Err(worst.unwrap_or_else(|| LinkError::Unreachable {
            address: String::new(),
            why: "no address is known".to_owned(),
        }))
    }

    /// Connects to this address (`host:port`).
    ///
    /// # Errors
    /// [`LinkError`] says how far it came.
    pub async fn dial(&self, address: &str) -> Result<(Link, Pushes), LinkError> {
        let patience = Duration::from_millis(u64::from(HELLO_DEADLINE_MS));
        timeout(patience, self.steps(address)).await.unwrap_or_else(|_| {
            Err(LinkError::Unreachable { address: address.to_owned(), why: "it takes too long".to_owned() })
        })
    }

    async fn steps(&self, address: &str) -> Result<(Link, Pushes), LinkError> {
        let mut stream = self.secure(address).await?;
        let exporter = exporter(&stream)?;
        let mut grease = Grease::new(&mut OsRng);
        let mut arrived = BytesMut::new();
        let welcome = self.hello(&mut stream, &mut arrived, &mut grease).await?;
        let in_flight = welcome.limits.requests_in_flight.clamp(1, 1024) as usize;
        let shared = Arc::new(Shared::new(grease, in_flight));
        let (pushes, received) = mpsc::channel(PUSHES_MAX);
        let limits = welcome.limits.clone();
        let driver = Driver { stream, arrived, shared: Arc::clone(&shared), pushes, limits };
        tokio::spawn(driver.run());
        let pushes = Pushes::new(received, Arc::clone(&shared));
        Ok((Link::new(shared, self.pin, exporter, welcome), pushes))
    }

    async fn secure(&self, address: &str) -> Result<TlsStream<TcpStream>, LinkError> {
        let unreachable = |why: String| LinkError::Unreachable { address: address.to_owned(), why };
        let tcp = timeout(TCP_PATIENCE, TcpStream::connect(address))
            .await
            .map_err(|_| unreachable("nobody answers".to_owned()))?
            .map_err(|error| unreachable(error.to_string()))?;
        tcp.set_nodelay(true).map_err(|error| unreachable(error.to_string()))?;
        // Neither sent nor checked: the pin is the name.
        let name = ServerName::try_from("sotto.invalid").map_err(|error| unreachable(error.to_string()))?;
        let stream = self.tls.connect(name, tcp).await.map_err(|error| handshake_error(address, &error))?;
        match stream.get_ref().1.alpn_protocol() {
            Some(tls::ALPN) => Ok(stream),
            _ => {
                Err(LinkError::NotSotto { address: address.to_owned(), why: "no sotto/1 in TLS".to_owned() })
            }
        }
    }

    async fn hello(
        &self,
        stream: &mut TlsStream<TcpStream>,
        arrived: &mut BytesMut,
        grease: &mut Grease,
    ) -> Result<Welcome, LinkError> {
        let broken = |error: std::io::Error| LinkError::Broken(error.to_string());
        let feature = Tag::new(&grease.feature()).map_err(|wrong| LinkError::Nonsense(wrong.to_string()))?;
        let hello = Hello {
            min_minor: MINOR,
            max_minor: MINOR,
            features: Listed::new(vec![feature]).unwrap_or_default(),
            client: self.client.clone(),
            language: self.language.clone(),
        };
        let mut out = BytesMut::new();
        let kind = FrameType::Hello.number();
        let header = Header { type_number: kind, kind: FrameKind::Request, more: false, stream: 1 };
        encode_message(header, &mut out, |out| hello.encode(out));
        grease.smear(&mut out, 0);
        stream.write_all(&out).await.map_err(broken)?;
        stream.flush().await.map_err(broken)?;
        loop {
            let nonsense = |error: sotto_protocol::FrameError| LinkError::Nonsense(error.to_string());
            while let Some(frame) = decode_frame(arrived, FRAME_BEFORE_SIGN_IN_MAX).map_err(nonsense)? {
                match frame.header.kind {
                    FrameKind::Response if frame.header.stream == 1 => {
                        return Ok(Welcome::decode(frame.payload)?);
                    }
                    FrameKind::Refusal if frame.header.stream <= 1 => {
                        return Err(Refusal::from(sotto_protocol::Refusal::decode(frame.payload)?).into());
                    }
                    FrameKind::Push if frame.header.type_number == FrameType::Bye.number() => {
                        let bye = sotto_protocol::Bye::decode(frame.payload)?;
                        let (reason, reconnect_after_ms) = (bye.reason, bye.reconnect_after_ms);
                        return Err(LinkError::Bye { reason, reconnect_after_ms });
                    }
                    FrameKind::Request | FrameKind::Response | FrameKind::Push | FrameKind::Refusal => {}
                }
            }
            if stream.read_buf(arrived).await.map_err(broken)? == 0 {
                return Err(LinkError::Broken(
                    "the server closed the connection before its welcome".to_owned(),
                ));
            }
        }
    }
}

impl std::fmt::Debug for Dialer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Dialer({})", self.pin)
    }
}

fn exporter(stream: &TlsStream<TcpStream>) -> Result<Exporter, LinkError> {
    stream
        .get_ref()
        .1
        .export_keying_material([0; 32], EXPORTER_LABEL, Some(&[]))
        .map_err(|error| LinkError::Nonsense(error.to_string()))
}

/// A wrong pin must not look like any other failure.
fn handshake_error(address: &str, error: &std::io::Error) -> LinkError {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match tls {
        Some(rustls::Error::InvalidCertificate(rustls::CertificateError::Other(other))) => {
            match other.0.downcast_ref::<tls::OtherServer>() {
                Some(tls::OtherServer { expected, found }) => {
                    LinkError::WrongServer { expected: *expected, found: *found }
                }
                None => LinkError::NotSotto { address: address.to_owned(), why: error.to_string() },
            }
        }
        Some(_) => LinkError::NotSotto { address: address.to_owned(), why: error.to_string() },
        None => LinkError::Broken(error.to_string()),
    }
}
