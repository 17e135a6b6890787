//! Listening sockets, and what every connection's socket is told.
use std::{io, net::SocketAddr, time::Duration};

use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::net::{TcpListener, TcpStream};

use crate::exit::Failure;

/// Connections that the kernel keeps for us while we are busy.
const BACKLOG: i32 = 1024;
/// After this long without an acknowledgement a peer is gone: a phone that changed its access point.
const USER_TIMEOUT: Duration = Duration::from_secs(20);

/// Listens at these addresses. Where nobody chose them, one that the machine does not have (no IPv6) is left out.
///
/// # Errors
/// [`Failure::Machine`] names the address that cannot be had.
pub(crate) fn bind(addresses: &[SocketAddr], chosen: bool) -> Result<Vec<TcpListener>, Failure> {
    let mut listeners = Vec::new();
    for address in addresses {
        match listen(*address) {
            Ok(listener) => listeners.push(listener),
            Err(why) if !chosen && address.is_ipv6() && why.kind() != io::ErrorKind::AddrInUse => {
                tracing::info!(%address, %why, "this machine has no such address");
            }
            Err(why) => return Err(failure(*address, &why)),
        }
    }
    Ok(listeners)
}

/// What an accepted socket is told. A system that does not know an option goes without it.
pub(super) fn prepare(stream: &TcpStream) {
    let told = stream.set_nodelay(true).and_then(|()| {
        let socket = SockRef::from(stream);
        socket.set_keepalive(false)?;
        socket.set_tcp_user_timeout(Some(USER_TIMEOUT))
    });
    if let Err(why) = told {
        tracing::trace!(%why, "a socket option is not to be had");
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

fn failure(address: SocketAddr, why: &io::Error) -> Failure {
    let advice = match why.kind() {
        io::ErrorKind::AddrInUse => " Is another sottod running? Choose another port with --listen.",
        io::ErrorKind::PermissionDenied => " Ports below 1024 need CAP_NET_BIND_SERVICE.",
        _ => "",
    };
    Failure::Machine(format!("While listening on {address}: {why}.{advice}"))
}
