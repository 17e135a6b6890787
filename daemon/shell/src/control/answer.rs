//! What the admin's questions are answered with.
use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use daemon_core::store::{AdminChange, Answer, Change, Counts, Query};
use sotto_protocol::{Invite, InviteCreate, InviteCreated, Note, Refused, Response};

use super::{
    check,
    message::{Command, InviteLine, Said, SessionLine, Status},
};
use crate::{addresses, metrics, reload::Reloader, shell::Shell};

const HOUR_MS: u64 = 60 * 60 * 1000;

/// What the admin's questions are about.
pub(crate) struct Admin {
    /// What everything shares.
    pub(crate) shell: Arc<Shell>,
    /// Reads the configuration again.
    pub(crate) reloader: Arc<Reloader>,
    /// Where it listens.
    pub(crate) listening: Vec<SocketAddr>,
    /// Where everything is kept.
    pub(crate) directory: PathBuf,
}

impl Admin {
    /// Does what is asked.
    pub(super) async fn answer(&self, command: Command) -> Said {
        match command {
            Command::Status => {
                self.status().await.map_or_else(refused, |status| Said::Status(Box::new(status)))
            }
            Command::Metrics => Said::Metrics { text: metrics::text(&self.shell) },
            Command::SessionList => Said::Sessions(self.sessions()),
            Command::InviteCreate { name, uses, hours } => self.invite(&name, uses, hours).await,
            Command::Reload => match self.reloader.reload(&self.shell) {
                Ok(restart) => Said::Reloaded { restart },
                Err(fault) => Said::error("config.wrong", fault),
            },
            Command::Check => Said::Check(check::all(self).await),
        }
    }

    /// Where it may be found.
    pub(crate) fn addresses(&self) -> Vec<String> {
        addresses::reachable(&self.listening, self.shell.decided().settings.public)
    }

    /// Bytes that the disk has left.
    pub(super) fn disk_free_bytes(&self) -> u64 {
        rustix::fs::statvfs(&self.directory).map_or(0, |disk| disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    /// What is in the store.
    pub(super) async fn counts(&self) -> Result<Counts, Refused> {
        match self.shell.ask_store(Query::Counts).await? {
            Answer::Counts(counts) => Ok(counts),
            _ => Err(sotto_protocol::Reason::Internal.into()),
        }
    }

    async fn status(&self) -> Result<Status, Refused> {
        let (shell, counts) = (&self.shell, self.counts().await?);
        let decided = shell.decided();
        Ok(Status {
            server_name: decided.settings.policy.server_name.to_string(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            uptime_s: shell.clock.uptime().as_secs(),
            addresses: self.addresses(),
            pin: hexadecimal(decided.pin.as_bytes()),
            directory: self.directory.display().to_string(),
            connections: shell.connections(),
            signed_in: shell.hub.signed_in() as u64,
            accounts: counts.accounts,
            devices: counts.devices,
            rooms: counts.rooms,
            waiting: counts.entries,
            oldest_ms: counts.oldest_entry_ms,
            invites: counts.invites,
            blobs: counts.blobs,
            store_bytes: counts.bytes,
            disk_free_bytes: self.disk_free_bytes(),
            resident_bytes: metrics::resident_bytes(),
        })
    }

    fn sessions(&self) -> Vec<SessionLine> {
        let line = |(key, present): (daemon_core::session::SessionKey, crate::hub::Present)| SessionLine {
            session: key.0,
            account: hexadecimal(present.actor.account.as_bytes()),
            device: hexadecimal(present.actor.device.as_bytes()),
            source: present.source.to_string(),
        };
        let mut lines: Vec<SessionLine> = self.shell.hub.present().into_iter().map(line).collect();
        lines.sort_by_key(|line| line.session);
        lines
    }

    async fn invite(&self, name: &str, uses: u32, hours: u32) -> Said {
        let Ok(name) = Note::new(name) else {
            return Said::error("request.malformed", "A name is at most 256 bytes of printable text.");
        };
        let wanted = InviteCreate { name, uses, lifetime_ms: u64::from(hours) * HOUR_MS };
        match create_invite(&self.shell, wanted, self.addresses()).await {
            Ok(line) => Said::Invite(line),
            Err(why) => refused(why),
        }
    }
}

/// Makes an invite.
///
/// # Errors
/// What the store refuses.
pub(crate) async fn create_invite(
    shell: &Shell,
    wanted: InviteCreate,
    addresses: Vec<String>,
) -> Result<InviteLine, Refused> {
    let change = Change::Admin(AdminChange::InviteCreate(wanted));
    let Answer::Reply(reply) = shell.change_store(change).await? else {
        return Err(sotto_protocol::Reason::Internal.into());
    };
    let Response::InviteCreated(InviteCreated { invite_id, code, expires_ms }) = *reply else {
        return Err(sotto_protocol::Reason::Internal.into());
    };
    let invite = Invite { pin: shell.decided().pin, code: Some(code), addresses };
    Ok(InviteLine { text: invite.to_string(), id: hexadecimal(invite_id.as_bytes()), expires_ms })
}

/// Two digits a byte.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[allow(clippy::needless_pass_by_value)]
fn refused(why: Refused) -> Said {
    Said::error(why.reason.as_str(), why.reason.english())
}
