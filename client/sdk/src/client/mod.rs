//! A person's client: it keeps the connection, stores what comes, sends what waits, and answers commands.
//!
//! ```text
//! join / sign in / open → Client      the profile is this process's from here on
//! client.start()                       connects, and reconnects for ever
//! client.events()                      what happens
//! client.send_text(…), .contacts() …   commands; those that need the server wait for the connection
//! client.stop()                        acknowledges what is stored, says good-bye
//! ```

mod account;
mod engine;
mod error;
mod event;
mod join;
mod outgoing;
mod people;
mod rooms;
mod session;
mod talk;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use client_crypto::{DeviceKeys, Passphrase};
use sotto_protocol::{AccountId, DeviceId, Tag, UserName};
use tokio::{
    sync::{Notify, broadcast, watch},
    task::JoinHandle,
    time::timeout,
};

use crate::{
    Dialer, Link, LinkError,
    profile::Profile,
    vault::{Server, Vault, VaultThread},
};

pub use account::ProfileEdit;
pub use error::ClientError;
pub use event::Event;
pub use join::{Joining, SigningIn, join, sign_in_with_password};
pub use talk::{Reached, Target};

/// How long a command waits for the connection.
const PATIENCE: Duration = Duration::from_secs(20);
/// Events that a slow listener may be behind; what matters of older ones is in the vault.
const EVENTS: usize = 1024;

/// A person's client. Clones share it.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

pub(crate) struct Inner {
    keys: DeviceKeys,
    user_name: UserName,
    vault: VaultThread,
    dialer: Dialer,
    server: Server,
    state: watch::Sender<State>,
    events: broadcast::Sender<Event>,
    /// Rings when something was put into the outbox.
    outbox: Notify,
    /// Rings when the pause between two tries shall end.
    hurry: Notify,
    stop: watch::Sender<bool>,
    engine: Mutex<Option<JoinHandle<()>>>,
    profile: Profile,
}

/// Where the connection stands.
#[derive(Clone, Debug)]
pub(crate) enum State {
    Idle,
    Connecting,
    Online(Link),
    Offline(LinkError),
    Ended(LinkError),
}

impl Client {
    /// Opens a profile that has an account. Nothing is sent yet.
    ///
    /// # Errors
    /// [`ClientError::Profile`] when it cannot be opened, [`ClientError::NotJoined`] when there is no account in it.
    pub fn open(
        profile: Profile,
        passphrase: Option<&Passphrase>,
        language: Tag,
    ) -> Result<Self, ClientError> {
        let keys = profile.keys(passphrase)?;
        let vault = profile.vault(&keys)?;
        let user_name = vault.joined()?.ok_or(ClientError::NotJoined)?;
        Self::assemble(profile, keys, vault, user_name, language)
    }

    fn assemble(
        profile: Profile,
        keys: DeviceKeys,
        vault: Vault,
        user_name: UserName,
        language: Tag,
    ) -> Result<Self, ClientError> {
        let server = vault.server()?.ok_or(ClientError::NotJoined)?;
        let dialer = Dialer::new(server.pin)?.language(language);
        Ok(Self(Arc::new(Inner {
            keys,
            user_name,
            vault: VaultThread::start(vault)?,
            dialer,
            server,
            state: watch::Sender::new(State::Idle),
            events: broadcast::Sender::new(EVENTS),
            outbox: Notify::new(),
            hurry: Notify::new(),
            stop: watch::Sender::new(false),
            engine: Mutex::new(None),
            profile,
        })))
    }

    /// Connects, and keeps connecting. Calling it again does nothing.
    pub fn start(&self) {
        let mut engine = self.0.engine.lock().unwrap_or_else(PoisonError::into_inner);
        if engine.is_none() {
            self.0.state.send_replace(State::Connecting);
            *engine = Some(tokio::spawn(engine::run(Arc::clone(&self.0))));
        }
    }

    /// Acknowledges what is stored, says good-bye, and waits for the end.
    pub async fn stop(&self) {
        self.0.stop.send_replace(true);
        let engine = self.0.engine.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(engine) = engine {
            // A task that was aborted has stopped as well.
            let _ended = engine.await;
        }
    }

    /// Tells everything that happens from here on.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.0.events.subscribe()
    }

    /// The connection, as soon as it stands.
    ///
    /// # Errors
    /// [`ClientError::Link`] with the reason for which there is none.
    pub async fn link(&self) -> Result<Link, ClientError> {
        let mut state = self.0.state.subscribe();
        let settled = state.wait_for(|state| !matches!(state, State::Connecting));
        let settled = timeout(PATIENCE, settled).await.map_err(|_| ClientError::TimedOut)?;
        match settled.map(|state| state.clone()) {
            Ok(State::Online(link)) => Ok(link),
            Ok(State::Offline(why) | State::Ended(why)) => Err(why.into()),
            Ok(State::Idle | State::Connecting) | Err(_) => Err(LinkError::Closed.into()),
        }
    }

    /// Tries to connect now instead of later.
    pub fn hurry(&self) {
        self.0.hurry.notify_one();
    }

    /// My account.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.0.keys.account
    }

    /// This device.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        self.0.keys.device.id()
    }

    /// My user name.
    #[must_use]
    pub fn user_name(&self) -> &UserName {
        &self.0.user_name
    }

    /// The server that I have joined.
    #[must_use]
    pub fn server(&self) -> &Server {
        &self.0.server
    }

    /// The profile that this client lives in.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.0.profile
    }

    /// What is remembered.
    #[must_use]
    pub fn vault(&self) -> &VaultThread {
        &self.0.vault
    }
}

impl Inner {
    /// Tells whoever listens.
    pub(crate) fn tell(&self, event: Event) {
        // Nobody may be listening.
        let _nobody = self.events.send(event);
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Client({})", self.0.user_name)
    }
}
