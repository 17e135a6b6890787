//! What a device must find when it signs in: its logs, where it stopped, and its friends.
use daemon_core::store::{Actor, Lazy, LogState, Resume};
use sotto_protocol::{AccountId, DeviceId, LogId};

use super::{Held, Model, Standing};

impl Model {
    /// A lazy write is durable: from now on no cursor may lie behind it.
    pub(crate) fn advanced(&mut self, lazy: &Lazy) {
        if let Lazy::Advance { device, log, upto } = lazy {
            let head = self.logs.get(log).map_or(0, super::Log::head);
            let known = self.acknowledged.entry((*device, *log)).or_default();
            *known = (*known).max((*upto).min(head));
        }
    }

    /// A device's own database holds a log up to here.
    pub(crate) fn stored(&mut self, device: DeviceId, log: LogId, upto: u64) {
        let known = self.stored.entry((device, log)).or_default();
        *known = upto.max(*known);
    }

    /// How many entries may wait when everybody who may has come: those that devices of disabled accounts have not read.
    pub(crate) fn waits_for_the_absent(&self) -> u64 {
        let absent = self.devices.iter().filter(|(id, device)| {
            let actor = Actor { account: device.account, device: **id };
            device.standing == Standing::In && !self.may_sign_in(actor)
        });
        let absent: Vec<DeviceId> = absent.map(|(id, _)| *id).collect();
        let unread = |log: &super::Log| {
            let after = absent.iter().filter_map(|device| log.reads_after(*device)).min();
            after.map_or(0, |after| log.head() - after)
        };
        self.logs.values().map(unread).sum()
    }

    pub(super) fn resumed(&self, resume: &Resume) -> Held {
        let device = resume.actor.device;
        let reads: Vec<LogId> = self
            .logs
            .iter()
            .filter(|(_, log)| log.reads_after(device).is_some())
            .map(|(id, _)| *id)
            .collect();
        let told: Vec<LogId> = resume.logs.iter().map(|state| state.log).collect();
        if reads != told {
            return Err(format!("{device} reads {reads:?} and was told of {told:?}"));
        }
        resume.logs.iter().try_for_each(|state| self.stands(device, state))?;
        let friends: Vec<AccountId> = self
            .accounts
            .keys()
            .copied()
            .filter(|other| self.are_friends(resume.actor.account, *other))
            .collect();
        let named: Vec<AccountId> = resume.friends.iter().map(|friend| friend.account).collect();
        match friends == named {
            true => Ok(()),
            false => Err(format!("the friends of {} are {friends:?}, not {named:?}", resume.actor.account)),
        }
    }

    /// A cursor is never behind what was durably acknowledged, and never beyond what the device has.
    fn stands(&self, device: DeviceId, state: &LogState) -> Held {
        let LogState { log, head, cursor } = *state;
        let Some(known) = self.logs.get(&log) else { return Err(format!("{log} is not there")) };
        let place = format!("{device} in {log}");
        if head != known.head() {
            return Err(format!("{place}: the end is said to be {head}, it is {}", known.head()));
        }
        let least = self.acknowledged.get(&(device, log)).copied().unwrap_or(0);
        if cursor < least {
            return Err(format!("{place}: the cursor went back from {least} to {cursor}"));
        }
        let stored = self.stored.get(&(device, log)).copied().unwrap_or(0);
        let has = stored.max(known.reads_after(device).unwrap_or(0));
        match known.is_own(device, has + 1, cursor) {
            true => Ok(()),
            false => Err(format!("{place}: the cursor is {cursor}, the device has only {has}")),
        }
    }
}
