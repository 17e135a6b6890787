//! From an accepted socket to a session: the first byte, then TLS, all before one deadline.
use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use daemon_core::{
    gate::Offence,
    session::{Opening, Session},
};
use tokio::{io::AsyncWriteExt as _, net::TcpStream, time::timeout};

use super::{
    bind,
    channel::{Channel, Opened},
    connection::Connection,
    first_byte::{ANSWER_TO_TEXT, FirstByte},
};
use crate::{
    log::TurnedAway,
    shell::{Shell, Visitor},
    tls::ALPN,
};

/// A stranger has this long for its TLS handshake.
const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(10);

/// Lets a connection in, or turns it away.
pub(super) async fn enter(shell: Arc<Shell>, visitor: Visitor, stream: TcpStream, source: SocketAddr) {
    bind::prepare(&stream);
    let shaken = timeout(HANDSHAKE_DEADLINE, shake_hands(&shell, stream)).await;
    match shaken.unwrap_or(Err(TurnedAway::Silent)) {
        Ok(opened) => begin(shell, visitor, opened, source),
        Err(why) => {
            shell.crowd.count(why);
            visitor.offend(match why {
                TurnedAway::Silent | TurnedAway::PlainText => Offence::Silent,
                _ => Offence::BadProtocol,
            });
        }
    }
}

async fn shake_hands(shell: &Shell, mut stream: TcpStream) -> Result<Opened, TurnedAway> {
    match first_byte(&stream).await.map_err(|_| TurnedAway::Silent)? {
        FirstByte::Tls => {}
        FirstByte::Text => {
            // Whoever sees it, sees it; whoever does not, does not.
            drop(stream.write_all(ANSWER_TO_TEXT).await);
            drop(stream.shutdown().await);
            return Err(TurnedAway::PlainText);
        }
        FirstByte::Garbage => return Err(TurnedAway::Garbage),
    }
    let opened = Channel::accept(shell.decided().tls, stream).await.map_err(|why| {
        tracing::trace!(%why, "no TLS");
        TurnedAway::BadTls
    })?;
    // rustls refuses other names; that a name was said at all is for us to see.
    if opened.channel.alpn() == Some(ALPN) { Ok(opened) } else { Err(TurnedAway::BadTls) }
}

async fn first_byte(stream: &TcpStream) -> io::Result<FirstByte> {
    let mut byte = [0];
    match stream.peek(&mut byte).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(FirstByte::from(byte[0])),
    }
}

/// The session gets a task of its own, as small as it can be: what the handshake needed is gone with this one.
fn begin(shell: Arc<Shell>, visitor: Visitor, opened: Opened, source: SocketAddr) {
    let opening = Opening { source, exporter: opened.exporter };
    let session = Session::new(shell.decided().shared, opening, shell.clock.now());
    drop(tokio::spawn(Connection::new(shell, visitor, opened, session, source)));
}
