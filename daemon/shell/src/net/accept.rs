//! Taking connections off the listening socket, one after the other, whatever happens.
use std::{fs::File, io, net::SocketAddr, sync::Arc, time::Duration};

use daemon_core::gate::Source;
use tokio::{
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};

use super::{door, is_near};
use crate::{
    log::TurnedAway,
    shell::{Shell, Visitor},
};

/// Where connections come from.
pub(crate) trait Listen {
    /// The next one.
    fn next(&self) -> impl Future<Output = io::Result<(TcpStream, SocketAddr)>> + Send;
}

impl Listen for TcpListener {
    async fn next(&self) -> io::Result<(TcpStream, SocketAddr)> {
        self.accept().await
    }
}

/// Takes connections for ever; ends when it is dropped.
pub(crate) async fn accept(shell: Arc<Shell>, listener: TcpListener) {
    serve(&listener, |stream, source| receive(&shell, stream, source)).await;
}

fn receive(shell: &Arc<Shell>, stream: TcpStream, source: SocketAddr) {
    if !shell.decided().settings.public && !is_near(source.ip()) {
        return shell.crowd.count(TurnedAway::FarAway);
    }
    match Visitor::admit(shell, Source::from(source.ip())) {
        Ok(visitor) => drop(tokio::spawn(door::enter(Arc::clone(shell), visitor, stream, source))),
        Err(why) => shell.crowd.count(why),
    }
}

async fn serve(listener: &impl Listen, mut receive: impl FnMut(TcpStream, SocketAddr)) {
    let mut spare = Spare::new();
    let mut pause = Pause::default();
    loop {
        match listener.next().await {
            Ok((stream, source)) => {
                pause.end();
                receive(stream, source);
            }
            Err(why) if is_about_one_connection(&why) => {}
            Err(why) => {
                if pause.is_new() {
                    tracing::warn!(%why, "no connections can be accepted for now");
                }
                spare.turn_one_away(listener).await;
                pause.wait().await;
            }
        }
    }
}

/// The peer went away before we came; the next one is not its fault.
fn is_about_one_connection(why: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted, TimedOut};
    matches!(why.kind(), ConnectionAborted | ConnectionReset | Interrupted | TimedOut)
}

/// A descriptor that is kept for the moment when there are no others: with it one waiting peer can be taken and closed,
/// so that it knows, instead of waiting in the kernel's queue for nothing.
struct Spare(Option<File>);

impl Spare {
    fn new() -> Self {
        Self(File::open("/dev/null").ok())
    }

    async fn turn_one_away(&mut self, listener: &impl Listen) {
        if self.0.take().is_some() {
            drop(timeout(Duration::from_millis(1), listener.next()).await);
        }
        *self = Self::new();
    }
}

/// How long to let the machine breathe: 50 ms, doubling up to a second.
#[derive(Default)]
struct Pause {
    times: u32,
}

impl Pause {
    const FIRST_MS: u64 = 50;
    const DOUBLINGS_MAX: u32 = 5;

    fn length(&self) -> Duration {
        Duration::from_millis((Self::FIRST_MS << self.times.min(Self::DOUBLINGS_MAX)).min(1000))
    }

    async fn wait(&mut self) {
        sleep(self.length()).await;
        self.times = self.times.saturating_add(1);
    }

    const fn is_new(&self) -> bool {
        self.times == 0
    }

    const fn end(&mut self) {
        self.times = 0;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

    use super::*;

    /// Has no descriptors left for a while.
    struct Exhausted {
        asked: AtomicU32,
        failing: u32,
        real: TcpListener,
    }

    impl Listen for Exhausted {
        async fn next(&self) -> io::Result<(TcpStream, SocketAddr)> {
            if self.asked.fetch_add(1, Relaxed) < self.failing {
                return Err(io::Error::from_raw_os_error(24));
            }
            self.real.accept().await
        }
    }

    #[tokio::test]
    async fn without_descriptors_it_waits_instead_of_spinning_and_goes_on_afterwards() {
        let real = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = real.local_addr().unwrap();
        // Each round asks twice: once in the loop, once with the spare descriptor.
        let listener = Exhausted { asked: AtomicU32::new(0), failing: 6, real };
        let (sender, mut received) = tokio::sync::mpsc::unbounded_channel();
        let _client = TcpStream::connect(address).await.unwrap();
        let began = std::time::Instant::now();
        let serving = serve(&listener, move |_, source| sender.send(source).unwrap());
        tokio::select! {
            () = serving => unreachable!("it never ends"),
            source = received.recv() => assert!(source.is_some()),
        }
        assert!(began.elapsed() >= Duration::from_millis(50 + 100 + 200), "{:?}", began.elapsed());
        assert!(listener.asked.load(Relaxed) <= 8);
    }

    #[test]
    fn pauses_grow_to_a_second_and_no_further() {
        let lengths = (0..8).map(|times| Pause { times }.length().as_millis()).collect::<Vec<_>>();
        assert_eq!(lengths, [50, 100, 200, 400, 800, 1000, 1000, 1000]);
    }
}
