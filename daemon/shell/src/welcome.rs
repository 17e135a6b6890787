//! What the person who started the server reads: where it is, how to know it, and how to let the first two people in.
use std::io::{self, Write as _};

use daemon_core::store::{Answer, Query};
use serde::Serialize;
use sotto_protocol::{InviteCreate, Note};

use crate::control::{Admin, create_invite, hexadecimal};

/// People who are invited at the first start: to try it out, it takes two.
const FIRST_PEOPLE: usize = 2;

/// How to join.
#[derive(Debug, Serialize)]
pub(crate) struct Welcome {
    v: u32,
    server_name: String,
    version: &'static str,
    pid: u32,
    addresses: Vec<String>,
    listening: Vec<String>,
    pin: String,
    data: String,
    control: String,
    invites: Vec<String>,
}

impl Welcome {
    /// Gathers it; makes invites if nobody has an account yet, or if asked to.
    pub(crate) async fn gather(
        admin: &Admin,
        control: String,
        invites_wanted: bool,
        is_read_by_owner: bool,
    ) -> Self {
        let decided = admin.shell.decided();
        let mut welcome = Self {
            v: 1,
            server_name: decided.settings.policy.server_name.to_string(),
            version: env!("CARGO_PKG_VERSION"),
            pid: std::process::id(),
            addresses: admin.addresses(),
            listening: admin.listening.iter().map(ToString::to_string).collect(),
            pin: hexadecimal(decided.pin.as_bytes()),
            data: admin.directory.display().to_string(),
            control,
            invites: Vec::new(),
        };
        if invites_wanted || (is_read_by_owner && nobody_is_here(admin).await) {
            welcome.invite(admin).await;
        }
        welcome
    }

    async fn invite(&mut self, admin: &Admin) {
        for _ in 0..FIRST_PEOPLE {
            let Ok(name) = Note::new("") else { return };
            let wanted = InviteCreate { name, uses: 1, lifetime_ms: 0 };
            match create_invite(&admin.shell, wanted, self.addresses.clone()).await {
                Ok(line) => self.invites.push(line.text),
                Err(why) => return tracing::warn!(%why, "no invite could be made"),
            }
        }
    }

    /// For the log, which is no place for invites.
    pub(crate) fn log(&self) {
        tracing::info!(
            version = self.version,
            addresses = self.addresses.join(", "),
            pin = self.pin,
            data = self.data,
            control = self.control,
            "running"
        );
    }

    /// One line for programs.
    pub(crate) fn print_json(&self) {
        if let Ok(line) = serde_json::to_string(self) {
            print(&format!("{line}\n"));
        }
    }

    /// A page for a person.
    pub(crate) fn print(&self) {
        let Self { server_name, version, addresses, pin, data, invites, .. } = self;
        let mut page = format!(
            "sottod {version} is running as \"{server_name}\". Ctrl-C ends it.\n\n  Found at   {}\n  Pin        {}\n  \
             Kept in    {data}\n",
            addresses.join(", "),
            in_groups(pin)
        );
        if let [first, rest @ ..] = invites.as_slice() {
            page.push_str(
                "\nEach of these lets one person in, once, from any machine that reaches this one:\n\n",
            );
            page.push_str(&format!("  sotto join {first}\n"));
            rest.iter().for_each(|invite| page.push_str(&format!("  sotto join {invite}\n")));
        } else {
            page.push_str("\nMore invites: sottod --invite at the next start.\n");
        }
        print(&page);
    }
}

async fn nobody_is_here(admin: &Admin) -> bool {
    matches!(admin.shell.ask_store(Query::Counts).await, Ok(Answer::Counts(counts)) if counts.accounts == 0)
}

/// Read aloud, digits want to be taken by four.
fn in_groups(digits: &str) -> String {
    digits.as_bytes().chunks(4).map(String::from_utf8_lossy).collect::<Vec<_>>().join(" ")
}

fn print(text: &str) {
    let mut out = io::stdout().lock();
    // A closed stdout is nobody who reads.
    drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_shown_in_groups_of_four() {
        assert_eq!(in_groups("0123456789ab"), "0123 4567 89ab");
    }
}
