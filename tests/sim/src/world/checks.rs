//! Quiet points: everything heals, everybody comes, and then nothing may be missing, doubled or left behind.
use daemon_core::store::Actor;
use sotto_protocol::{EntryKind, GapReason, LogId};

use super::World;
use crate::{client::Client, model::Held, nature::Event};

/// How long a healed world may take to come to rest.
const REST_WITHIN_MS: u64 = 600_000;
/// How long it is given at least: what waits to be tried again comes back in this time.
const REST_AT_LEAST_MS: u64 = 2_500;

impl World {
    /// Ends all trouble, waits until nothing is under way, and looks at everything.
    pub(super) fn calm_down(&mut self) -> Held {
        self.nature.calm = true;
        self.nature.tell(|| "-- calm --".into());
        let begun_ms = self.nature.now_ms;
        for waits in 1..=3 {
            self.nature.plan(waits * REST_AT_LEAST_MS, Event::Commit);
        }
        self.everybody_comes();
        while self.nature.now_ms < begun_ms + REST_AT_LEAST_MS {
            self.one_quiet_event()?;
        }
        self.everybody_comes();
        while self.nature.now_ms < begun_ms + 2 * REST_AT_LEAST_MS || !self.is_at_rest() {
            if self.nature.now_ms > begun_ms + REST_WITHIN_MS {
                return Err(format!("the world does not come to rest: {}", self.restless()));
            }
            self.one_quiet_event()?;
        }
        self.look_at_everything()
    }

    fn one_quiet_event(&mut self) -> Held {
        match self.one_event()? {
            true => Err("somebody acted in a quiet moment".into()),
            false => Ok(()),
        }
    }

    /// Everybody wants to be here; who came too early, before they could sign in again, tries once more.
    fn everybody_comes(&mut self) {
        for client in &mut self.clients {
            client.wants = true;
            let (account, device) = (client.keys.account, client.keys.device);
            client.is_locked &= !self.model.may_sign_in(Actor { account, device });
            self.nature.soon(200, Event::Knock(client.number));
        }
    }

    fn is_at_rest(&self) -> bool {
        let done = |client: &Client| !self.may_be_up(client) || client.is_up() && client.is_idle();
        self.nature.is_silent() && self.server.is_idle() && self.clients.iter().all(done)
    }

    fn may_be_up(&self, client: &Client) -> bool {
        let (account, device) = (client.keys.account, client.keys.device);
        self.model.may_sign_in(Actor { account, device })
    }

    fn restless(&self) -> String {
        let busy = self
            .clients
            .iter()
            .filter(|client| self.may_be_up(client) && !(client.is_up() && client.is_idle()));
        let named: Vec<String> = busy.map(Client::described).collect();
        let silent = self.nature.is_silent();
        format!(
            "server: {}, network silent {silent}, {} events, {named:?}",
            self.server.described(),
            self.nature.events()
        )
    }

    fn look_at_everything(&mut self) -> Held {
        for client in &self.clients {
            let device = client.keys.device;
            self.was_shown_rightly(client).map_err(|why| format!("{device}: {why}"))?;
            if self.may_be_up(client) {
                self.has_everything(client).map_err(|why| format!("{device}: {why}"))?;
            }
            self.losses_were_told(client).map_err(|why| format!("{device}: {why}"))?;
        }
        self.server.agrees(&self.model)
    }

    /// What a device has shown is what was accepted, and it might see it.
    fn was_shown_rightly(&self, client: &Client) -> Held {
        for (log, shown) in &client.vault.shown {
            let Some(known) = self.model.logs.get(log) else { continue };
            for (sequence, note) in shown {
                if !known.may_see(client.keys.device, *sequence) {
                    return Err(format!("{sequence} of {log} was shown, and may not be seen"));
                }
                if known.entry(*sequence).is_some_and(|entry| entry != note) {
                    return Err(format!("{sequence} of {log} is not what was accepted"));
                }
            }
        }
        Ok(())
    }

    /// Nothing is missing: of every log that it reads it has every entry, wrote it, or was told of the gap.
    fn has_everything(&self, client: &Client) -> Held {
        let device = client.keys.device;
        for (id, log) in &self.model.logs {
            let Some(after) = log.reads_after(device) else { continue };
            for sequence in after + 1..=log.head() {
                let Some(entry) = log.entry(sequence).filter(|entry| entry.device != device) else {
                    continue;
                };
                let shown = client.vault.shown.get(id).is_some_and(|shown| shown.contains_key(&sequence));
                if !shown && !is_in_gap(client, *id, sequence) {
                    return Err(format!("{sequence} of {id} was accepted and never came: {entry:?}"));
                }
            }
        }
        Ok(())
    }

    /// Whoever wrote what is gone unread was told, on the device that wrote it, unless its own inbox has a gap.
    fn losses_were_told(&self, client: &Client) -> Held {
        for (log, gaps) in &client.vault.gaps {
            let Some(known) = self.model.logs.get(log) else { continue };
            for sequence in gaps.iter().flat_map(|(from, to)| *from..=*to) {
                let Some(entry) = known.entry(sequence) else { continue };
                if !matches!(entry.kind, EntryKind::Message | EntryKind::Commit) {
                    continue;
                }
                let Some(writer) = self.clients.iter().find(|other| other.keys.device == entry.device) else {
                    continue;
                };
                let inbox = LogId::from(writer.keys.device);
                let always_read = self.model.logs.get(&inbox).and_then(|log| log.reads_after(entry.device));
                let excused = always_read != Some(0) || writer.vault.gaps.contains_key(&inbox);
                if self.may_be_up(writer) && !excused && !writer.vault.buried.contains(&(*log, sequence)) {
                    let why = GapReason::Expired;
                    return Err(format!(
                        "{sequence} of {log} is gone ({why:?}), and its writer was not told"
                    ));
                }
            }
        }
        Ok(())
    }

    /// The end: everybody goes, and nobody is left in the server's memory.
    pub(super) fn everybody_leaves(&mut self) -> Held {
        for client in &mut self.clients {
            client.wants = false;
            client.hang_up(&mut self.nature);
        }
        let until_ms = self.nature.now_ms + 5_000;
        self.nature.plan(5_000, Event::Act);
        while self.nature.now_ms < until_ms {
            if self.one_event()? {
                break;
            }
        }
        self.server.is_empty()
    }
}

fn is_in_gap(client: &Client, log: LogId, sequence: u64) -> bool {
    let gaps = client.vault.gaps.get(&log);
    gaps.is_some_and(|gaps| gaps.iter().any(|(from, to)| (*from..=*to).contains(&sequence)))
}
