//! Reading the configuration again. If the new one is wrong, the old one stays, and says so.
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use daemon_core::{session::Shared, store::Identity};

use crate::{
    certificate::Certificate,
    config::{self, ConfigFault, Settings},
    exit::Failure,
    log::Volume,
    shell::{Decided, Shell},
    tls,
};

/// Where the settings come from: a file, and what the command line puts above it.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    /// The file, if there is one.
    pub(crate) file: Option<PathBuf>,
    /// Addresses from the command line.
    pub(crate) listen: Vec<SocketAddr>,
}

impl Origin {
    /// Reads and checks.
    ///
    /// # Errors
    /// [`ConfigFault`] points at the mistake.
    pub(crate) fn read(&self) -> Result<Settings, ConfigFault> {
        let mut settings = self.file.as_deref().map_or_else(config::defaults, config::read)?;
        if !self.listen.is_empty() {
            settings.addresses.clone_from(&self.listen);
        }
        Ok(settings)
    }
}

/// Reads the configuration again.
#[derive(Debug)]
pub(crate) struct Reloader {
    origin: Origin,
    identity: Identity,
    volume: Volume,
    one_at_a_time: Mutex<()>,
}

impl Reloader {
    /// Remembers what a reload needs.
    pub(crate) const fn new(origin: Origin, identity: Identity, volume: Volume) -> Self {
        Self { origin, identity, volume, one_at_a_time: Mutex::new(()) }
    }

    /// Puts everything together that follows from settings.
    ///
    /// # Errors
    /// [`Failure`] when a certificate cannot be used.
    pub(crate) fn decide(&self, settings: Settings) -> Result<Decided, Failure> {
        decide(settings, &self.identity)
    }

    /// Reads the file and lets it hold from now on. Gives the keys that need a restart to take effect.
    ///
    /// # Errors
    /// [`Failure`]: nothing has changed.
    pub(crate) fn reload(&self, shell: &Shell) -> Result<Vec<String>, Failure> {
        let _alone = self.one_at_a_time.lock().unwrap_or_else(PoisonError::into_inner);
        let (old, mut new) = (shell.decided().settings, self.origin.read()?);
        let restart = keep_what_needs_a_restart(&old, &mut new);
        let level = new.level;
        shell.decide(self.decide(new)?);
        self.volume.set(level);
        Ok(restart)
    }

    /// Looks at the file without letting it hold.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn check(&self) -> Result<Option<&Path>, ConfigFault> {
        self.origin.read().map(|_| self.origin.file.as_deref())
    }
}

/// Puts everything together that follows from settings and identity.
fn decide(settings: Settings, identity: &Identity) -> Result<Decided, Failure> {
    let certificate = match &settings.certificate {
        Some((certificate, key)) => Certificate::read(certificate, key)?,
        None => Certificate::of(identity.certificate.to_vec(), identity.certificate_key.to_vec()),
    };
    let pin = certificate.pin();
    let tls = tls::config(certificate.chain, certificate.key)
        .map_err(|why| Failure::Machine(format!("The certificate and its key cannot be used: {why}")))?;
    let identity = Identity { pin, ..identity.clone() };
    let shared = Shared::new(settings.policy.clone(), &identity)
        .map_err(|_| Failure::Machine("The server's own secrets in the store are damaged.".to_owned()))?;
    Ok(Decided { settings: Arc::new(settings), tls, shared: Arc::new(shared), pin })
}

/// What was built at the start stays as it was built; gives the keys that were changed in vain.
fn keep_what_needs_a_restart(old: &Settings, new: &mut Settings) -> Vec<String> {
    let mut changed = Vec::new();
    macro_rules! keep {
        ($($key:literal: $($field:ident).+),* $(,)?) => { $(
            if old.$($field).+ != new.$($field).+ {
                changed.push($key.to_owned());
                new.$($field).+.clone_from(&old.$($field).+);
            }
        )* };
    }
    keep! {
        "listen.addresses": addresses,
        "store.directory": directory,
        "store.tail_cache_mib": store.tail_cache_bytes,
        "store.room_queue_mib": store.room_bytes,
        "store.account_queue_mib": store.account_bytes,
        "store.account_blobs_mib": store.account_blob_bytes,
        "store.blob_max_mib": store.blob_bytes,
        "store.blob_days": store.blob_lifetime_ms,
        "accounts.devices_max": store.devices,
        "accounts.contacts_max": store.contacts,
        "accounts.rooms_max": store.rooms,
        "accounts.room_members_max": store.room_members,
        "accounts.member_invites_max": store.member_invites,
        "accounts.invite_hours": store.invite_lifetime_ms,
        "limits.strangers_max": gate.strangers,
        "limits.strangers_per_source_max": gate.strangers_per_source,
        "control.socket": control_socket,
        "control.group": control_group,
        "process.threads": threads,
    }
    // What sessions announce must be what the store keeps to.
    new.gate = old.gate;
    new.policy.blob_max = old.policy.blob_max;
    new.policy.room_members_max = old.policy.room_members_max;
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_needs_a_restart_stays_and_is_named() {
        let parse = |text| config::parse(Path::new("sottod.toml"), text).unwrap();
        let old = parse("");
        let mut new = parse(
            "server_name = \"b\"\n[store]\nblob_max_mib = 1\nretention_days = 2\n[process]\nthreads = 4\n",
        );
        assert_eq!(keep_what_needs_a_restart(&old, &mut new), ["store.blob_max_mib", "process.threads"]);
        assert_eq!(new, parse("server_name = \"b\"\nstore.retention_days = 2\n"));
    }
}
