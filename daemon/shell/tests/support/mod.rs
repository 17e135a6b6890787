//! A real daemon in a directory of its own, and a client that knows just enough to be let in.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::panic)]

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{IpAddr, SocketAddr, TcpStream},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::{Bytes, BytesMut};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme, StreamOwned,
    SupportedProtocolVersion,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
    version::TLS13,
};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use sotto_protocol::{
    Bye, Frame, FrameKind, FrameType, Header, Hello, Listed, Refusal, Tag, Welcome, decode_frame,
    encode_message,
};

/// Nothing in these tests takes longer than this, unless it is stuck.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub struct Daemon {
    child: Child,
    said: Value,
    log: PathBuf,
    pub directory: PathBuf,
    _temporary: Option<tempfile::TempDir>,
}

impl Daemon {
    pub fn start() -> Self {
        Self::with_config("")
    }

    pub fn with_config(config: &str) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        std::fs::write(temporary.path().join("sottod.toml"), config).unwrap();
        let mut daemon = Self::start_in(temporary.path());
        daemon._temporary = Some(temporary);
        daemon
    }

    /// Starts one whose data and configuration are in this directory.
    pub fn start_in(directory: &Path) -> Self {
        Self::run(directory, &mut command(directory))
    }

    pub fn run(directory: &Path, command: &mut Command) -> Self {
        let log = directory.join("log");
        let stderr = std::fs::File::options().create(true).append(true).open(&log).unwrap();
        let mut child = command.stdout(Stdio::piped()).stderr(stderr).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said = serde_json::from_str(&line)
            .unwrap_or_else(|_| panic!("no first line: {}", std::fs::read_to_string(&log).unwrap()));
        Self { child, said, log, directory: directory.to_owned(), _temporary: None }
    }

    pub fn address(&self) -> SocketAddr {
        self.said["listening"][0].as_str().unwrap().parse().unwrap()
    }

    pub fn said(&self, key: &str) -> &Value {
        &self.said[key]
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    pub fn wait_for_log(&self, text: &str) {
        wait_until(|| self.log().contains(text), || format!("no {text:?} in:\n{}", self.log()));
    }

    pub fn configure(&self, config: &str) {
        std::fs::write(self.directory.join("sottod.toml"), config).unwrap();
    }

    pub fn signal(&self, name: &str) {
        let sent =
            Command::new("kill").args([&format!("-{name}"), &self.pid().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    pub fn wait(&mut self) -> ExitStatus {
        let mut ended = None;
        wait_until(
            || {
                ended = self.child.try_wait().unwrap();
                ended.is_some()
            },
            || "it does not end".to_owned(),
        );
        ended.unwrap()
    }

    /// Asks over the control socket.
    pub fn ask(&self, question: &str) -> Value {
        let mut stream = UnixStream::connect(self.said["control"].as_str().unwrap()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(format!("{question}\n").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap()
    }

    pub fn metric(&self, name: &str) -> u64 {
        let metrics = self.ask(r#"{"v":1,"command":"metrics"}"#);
        let text = metrics["metrics"]["text"].as_str().unwrap().to_owned();
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok());
        value.unwrap_or_else(|| panic!("no {name} in:\n{text}"))
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The daemon with data and configuration in this directory.
pub fn command(directory: &Path) -> Command {
    let data = directory.join("data");
    let mut command = Command::new(env!("CARGO_BIN_EXE_sottod"));
    command.args(["--listen", "127.0.0.1:0", "--json"]).arg("--data").arg(data);
    let config = directory.join("sottod.toml");
    if config.exists() {
        command.arg("--config").arg(config);
    }
    command.env_remove("STATE_DIRECTORY").env_remove("NOTIFY_SOCKET");
    command
}

/// Waits for something to become true.
pub fn wait_until(mut is_so: impl FnMut() -> bool, otherwise: impl FnOnce() -> String) {
    let until = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < until, "{}", otherwise());
        std::thread::yield_now();
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

/// Plain TCP from any address of this machine.
pub fn connect_from(source: [u8; 4], to: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None)?;
    socket.bind(&SocketAddr::new(IpAddr::from(source), 0).into())?;
    socket.connect(&to.into())?;
    socket.set_read_timeout(Some(PATIENCE))?;
    Ok(socket.into())
}

/// Everything until the peer closes; a reset is a close too.
pub fn read_to_close(stream: &mut impl std::io::Read) -> Vec<u8> {
    let mut all = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return all,
            Ok(count) => all.extend_from_slice(&buffer[..count]),
            Err(why)
                if matches!(why.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) =>
            {
                panic!("it does not close")
            }
            Err(_) => return all,
        }
    }
}

pub struct Client {
    tls: StreamOwned<ClientConnection, TcpStream>,
    inbox: BytesMut,
}

impl Client {
    pub fn connect(to: SocketAddr) -> Self {
        Self::over(connect_from([127, 0, 0, 1], to).unwrap()).unwrap()
    }

    pub fn over(stream: TcpStream) -> std::io::Result<Self> {
        Self::with(stream, &[&TLS13], &[b"sotto/1"])
    }

    /// Shakes hands with these versions and protocol names.
    pub fn with(
        mut stream: TcpStream,
        versions: &[&'static SupportedProtocolVersion],
        alpn: &[&[u8]],
    ) -> std::io::Result<Self> {
        let tls = Self::shake(&mut stream, versions, alpn)?;
        Ok(Self { tls: StreamOwned::new(tls, stream), inbox: BytesMut::new() })
    }

    /// Says the first word in one breath with the end of the handshake.
    pub fn eager(mut stream: TcpStream, word: &[u8]) -> Self {
        let mut tls = begin(&[&TLS13], &[b"sotto/1"]);
        tls.writer().write_all(word).unwrap();
        while tls.is_handshaking() || tls.wants_write() {
            tls.complete_io(&mut stream).unwrap();
        }
        Self { tls: StreamOwned::new(tls, stream), inbox: BytesMut::new() }
    }

    pub fn shake(
        mut stream: impl std::io::Read + std::io::Write,
        versions: &[&'static SupportedProtocolVersion],
        alpn: &[&[u8]],
    ) -> std::io::Result<ClientConnection> {
        let mut tls = begin(versions, alpn);
        while tls.is_handshaking() {
            tls.complete_io(&mut stream)?;
        }
        Ok(tls)
    }

    pub fn change_keys(&mut self) {
        self.tls.conn.refresh_traffic_keys().unwrap();
    }

    /// What the server is known by, hexadecimal.
    pub fn pin(&self) -> String {
        let certificate = &self.tls.conn.peer_certificates().unwrap()[0];
        Sha256::digest(certificate).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub fn key_exchange(&self) -> rustls::NamedGroup {
        self.tls.conn.negotiated_key_exchange_group().unwrap().name()
    }

    pub fn exporter(&self) -> [u8; 32] {
        let label = sotto_protocol::EXPORTER_LABEL;
        self.tls.conn.export_keying_material([0; 32], label, Some(&[])).unwrap()
    }

    pub fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.tls.write_all(bytes)?;
        self.tls.flush()
    }

    pub fn hello(&mut self) -> Welcome {
        self.send(&hello_frame(1)).unwrap();
        let frame = self.frame().unwrap();
        assert_eq!(frame.header.kind, FrameKind::Response, "{frame:?}");
        Welcome::decode(frame.payload).unwrap()
    }

    /// The next frame; `None` if the server has closed.
    pub fn frame(&mut self) -> Option<Frame> {
        loop {
            if let Some(frame) = decode_frame(&mut self.inbox, u32::MAX).unwrap() {
                return Some(frame);
            }
            let mut buffer = [0; 4096];
            match self.tls.read(&mut buffer) {
                Ok(0) => return None,
                Ok(count) => self.inbox.extend_from_slice(&buffer[..count]),
                Err(why)
                    if matches!(
                        why.kind(),
                        std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
                    ) =>
                {
                    panic!("nothing comes")
                }
                Err(_) => return None,
            }
        }
    }

    /// The reasons of the refusals and goodbyes until the server closes.
    pub fn reasons(&mut self) -> Vec<String> {
        let mut reasons = Vec::new();
        while let Some(frame) = self.frame() {
            if frame.header.kind == FrameKind::Refusal {
                reasons.push(Refusal::decode(frame.payload).unwrap().reason);
            } else if frame.header.type_number == FrameType::Bye.number() {
                reasons.push(format!("bye {}", Bye::decode(frame.payload).unwrap().reason));
            }
        }
        reasons
    }
}

pub fn hello_frame(stream: u32) -> Bytes {
    let hello = Hello {
        min_minor: 0,
        max_minor: 0,
        features: Listed::default(),
        client: Tag::new("test/1").unwrap(),
        language: Tag::new("").unwrap(),
    };
    let header =
        Header { type_number: FrameType::Hello.number(), kind: FrameKind::Request, more: false, stream };
    let mut out = BytesMut::new();
    encode_message(header, &mut out, |out| hello.encode(out));
    out.freeze()
}

fn begin(versions: &[&'static SupportedProtocolVersion], alpn: &[&[u8]]) -> ClientConnection {
    let mut config = ClientConfig::builder_with_provider(Arc::new(provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider())))
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    let name = ServerName::try_from("sotto.invalid").unwrap();
    ClientConnection::new(Arc::new(config), name).unwrap()
}

fn provider() -> CryptoProvider {
    rustls::crypto::aws_lc_rs::default_provider()
}

/// Takes every certificate, but not every signature.
#[derive(Debug)]
struct AnyCertificate(CryptoProvider);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
