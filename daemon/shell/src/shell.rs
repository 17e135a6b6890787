//! What everything in the daemon shares: made once, handed to every task.
use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError, RwLock,
    atomic::{AtomicU32, Ordering::Relaxed},
};

use daemon_core::{
    gate::{Admission, Gate, Offence, Source},
    session::Shared,
    store::{Answer, Change, Query, Seed, Write},
};
use rand::Rng as _;
use rustls::ServerConfig;
use sotto_protocol::{Pin, Reason, Refused};

use crate::{
    clock::Clock,
    config::Settings,
    hub::Hub,
    log::{Crowd, TurnedAway},
    metrics::Tally,
    store::{Busy, Store},
};

/// What everything shares.
pub(crate) struct Shell {
    /// Both clocks.
    pub(crate) clock: Clock,
    /// Where sessions meet.
    pub(crate) hub: Arc<Hub>,
    /// What is remembered.
    pub(crate) store: Store,
    /// Who was turned away.
    pub(crate) crowd: Crowd,
    /// What was done.
    pub(crate) tally: Tally,
    gate: Mutex<Gate>,
    connections: AtomicU32,
    decided: RwLock<Decided>,
}

/// What a reload replaces. New connections follow the newest; those that are here keep theirs.
#[derive(Clone)]
pub(crate) struct Decided {
    /// The configuration.
    pub(crate) settings: Arc<Settings>,
    /// For TLS.
    pub(crate) tls: Arc<ServerConfig>,
    /// For sessions.
    pub(crate) shared: Arc<Shared>,
    /// What people know the server by.
    pub(crate) pin: Pin,
}

impl Shell {
    /// Nobody is here yet.
    pub(crate) fn new(clock: Clock, hub: Arc<Hub>, store: Store, decided: Decided) -> Self {
        Self {
            clock,
            hub,
            store,
            crowd: Crowd::default(),
            tally: Tally::default(),
            gate: Mutex::new(Gate::new(decided.settings.gate)),
            connections: AtomicU32::new(0),
            decided: RwLock::new(decided),
        }
    }

    /// What holds now.
    pub(crate) fn decided(&self) -> Decided {
        self.decided.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What holds from now on.
    pub(crate) fn decide(&self, decided: Decided) {
        *self.decided.write().unwrap_or_else(PoisonError::into_inner) = decided;
    }

    /// The gate: a few dozen nanoseconds under a lock that strangers alone contend for.
    pub(crate) fn gate(&self) -> MutexGuard<'_, Gate> {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the store something of our own.
    ///
    /// # Errors
    /// What the store refuses.
    pub(crate) async fn ask_store(&self, query: Query) -> Result<Answer, Refused> {
        let (asker, answer) = self.hub.ask();
        self.store.query(asker, query, 0).map_err(|Busy| Reason::StoreUnavailable)?;
        answer.await.unwrap_or_else(|_| Err(Reason::Internal.into()))
    }

    /// Changes something of our own accord.
    ///
    /// # Errors
    /// What the store refuses.
    pub(crate) async fn change_store(&self, change: Change) -> Result<Answer, Refused> {
        let (asker, answer) = self.hub.ask();
        let seed = Seed(rand::thread_rng().r#gen());
        let write = Write { wall_ms: self.clock.now().wall_ms, seed, change };
        self.store.write(asker, write, 0).map_err(|Busy| Reason::StoreUnavailable)?;
        answer.await.unwrap_or_else(|_| Err(Reason::Internal.into()))
    }

    /// Connections, strangers included.
    pub(crate) fn connections(&self) -> u32 {
        self.connections.load(Relaxed)
    }
}

/// One connection's place in the house, given back when this is dropped.
pub(crate) struct Visitor {
    shell: Arc<Shell>,
    source: Source,
    is_stranger: bool,
}

impl Visitor {
    /// Asks for a place.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) fn admit(shell: &Arc<Shell>, source: Source) -> Result<Self, TurnedAway> {
        let most = shell.decided().settings.connections_max;
        if shell.connections.fetch_add(1, Relaxed) >= most {
            shell.connections.fetch_sub(1, Relaxed);
            return Err(TurnedAway::Full);
        }
        // From here on the place is given back by dropping it.
        let mut visitor = Self { shell: Arc::clone(shell), source, is_stranger: false };
        match shell.gate().admit(shell.clock.now(), source, rand::thread_rng().r#gen()) {
            Admission::Welcome => visitor.is_stranger = true,
            Admission::Crowded => return Err(TurnedAway::Crowded),
            Admission::Penalised(_) => return Err(TurnedAway::Penalised),
        }
        Ok(visitor)
    }

    /// It has signed in.
    pub(crate) fn signed_in(&mut self) {
        if std::mem::take(&mut self.is_stranger) {
            self.shell.gate().leave(self.shell.clock.now(), self.source);
        }
    }

    /// It did something wrong.
    pub(crate) fn offend(&self, offence: Offence) {
        self.shell.gate().offend(self.shell.clock.now(), self.source, offence);
    }
}

impl Drop for Visitor {
    fn drop(&mut self) {
        self.signed_in();
        self.shell.connections.fetch_sub(1, Relaxed);
    }
}
