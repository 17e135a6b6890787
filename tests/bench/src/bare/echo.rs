//! A bare TLS echo, in a process of its own: tokio and rustls with the daemon's provider, and nothing else.
use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    sync::Arc,
};

use anyhow::{Context as _, Result};
use bytes::BytesMut;
use rustls::{ServerConfig, crypto::aws_lc_rs, pki_types::PrivateKeyDer, version::TLS13};
use sha2::{Digest as _, Sha256};
use sotto_kit::Door;
use sotto_protocol::Pin;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// The process; dropping it ends it.
pub(crate) struct Echo {
    child: Child,
    /// Where it is.
    pub(crate) door: Door,
}

impl Echo {
    /// Starts this program again as the echo.
    pub(crate) fn start() -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["bare-echo", "--json", "--client-threads", "2"])
            .stdout(Stdio::piped())
            .spawn()?;
        let out = child.stdout.take().context("the echo has no output")?;
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line)?;
        let (address, pin) = line.trim().split_once(' ').context("the echo says nothing sensible")?;
        let bytes = (0..32).map(|at| u8::from_str_radix(pin.get(2 * at..2 * at + 2)?, 16).ok());
        let pin = bytes.collect::<Option<Vec<u8>>>().and_then(|bytes| Pin::from_slice(&bytes));
        Ok(Self {
            child,
            door: Door { address: address.to_owned(), pin: pin.context("the echo has no pin")? },
        })
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The other process: says where it is, and echoes.
#[expect(clippy::print_stdout, reason = "it tells its parent where it is")]
pub(crate) async fn serve() -> Result<()> {
    let (config, pin) = server_config()?;
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{} {pin}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            // A client that goes is no error of the echo.
            drop(stream.set_nodelay(true));
            if let Ok(tls) = acceptor.accept(stream).await {
                drop(echo(tls).await);
            }
        });
    }
}

/// Keeps no buffer while nothing comes.
async fn echo(mut tls: TlsStream<TcpStream>) -> Result<()> {
    loop {
        let mut first = [0; 256];
        let read = tls.read(&mut first).await?;
        if read == 0 {
            return Ok(());
        }
        let mut more = BytesMut::with_capacity(16 * 1024);
        more.extend_from_slice(&first[..read]);
        if read == first.len() {
            tls.read_buf(&mut more).await?;
        }
        tls.write_all(&more).await?;
        tls.flush().await?;
    }
}

/// As the daemon's: TLS 1.3, ECDSA P-256, no tickets.
fn server_config() -> Result<(ServerConfig, Pin)> {
    let made = rcgen::generate_simple_self_signed(vec!["bare".to_owned()])?;
    let certificate = made.cert.der().clone();
    let pin = Pin::new(Sha256::digest(&certificate).into());
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).map_err(anyhow::Error::msg)?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&TLS13])?
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)?;
    config.alpn_protocols = vec![b"sotto/1".to_vec()];
    config.send_tls13_tickets = 0;
    Ok((config, pin))
}
