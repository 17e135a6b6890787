//! What is known of every log without asking the disk: heads, tails, who reads it and how far they came.
//!
//! The entry table has no index on (log, sequence): that would double what is written. Instead this map is kept in
//! memory and rebuilt by one scan at start. Both stores use it, so that the rules about cursors, gaps and quotas exist
//! once. An idle log costs about 150 bytes, a reader 16, an entry that is kept 16.

mod hash;
mod load;
mod log;
mod page;
mod read;

use std::collections::BTreeSet;

use daemon_core::store::{Actor, LogState};
use sotto_protocol::{AccountId, DeviceId, EnvelopeId, LogId};

pub(crate) use hash::IdMap;
pub(crate) use load::Loader;
pub(crate) use log::{Direct, Log, Shape, Slot};

/// Stands for nobody: what the server itself writes into inboxes.
pub(crate) const NOBODY: u32 = 0;

/// What waits for somebody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) entries: u64,
    pub(crate) bytes: u64,
}

impl Usage {
    pub(crate) const fn add(&mut self, bytes: u64) {
        self.entries += 1;
        self.bytes += bytes;
    }
    pub(crate) const fn remove(&mut self, bytes: u64) {
        self.entries = self.entries.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(bytes);
    }
}

/// Somebody whose number stands in entries.
#[derive(Clone, Copy, Debug)]
struct Writer {
    actor: Actor,
    /// Where its account's usage stands.
    account: usize,
    /// It reads its own inbox: it has not signed out.
    listens: bool,
    /// Entries that name it.
    entries: u32,
    /// It is a device now, and not only the memory of one.
    present: bool,
    /// Every id that it ever used is at most this one.
    newest: EnvelopeId,
}

/// All logs, all numbers.
#[derive(Debug)]
pub(crate) struct Index {
    logs: IdMap<LogId, Log>,
    names: IdMap<u32, LogId>,
    writers: IdMap<u32, Writer>,
    devices: IdMap<DeviceId, u32>,
    accounts: IdMap<AccountId, usize>,
    usage: Vec<Usage>,
    waiting: u64,
    next_position: u64,
    next_log: u32,
    next_actor: u32,
    /// Logs that grew and whose new head readers do not see yet.
    touched: Vec<LogId>,
    /// Logs with entries that nobody needs any more.
    loose: BTreeSet<LogId>,
    loose_entries: usize,
    /// Numbers whose device is gone and that no entry names.
    idle_actors: BTreeSet<u32>,
    /// Raised when this server came back from a backup.
    pub(crate) incarnation: u64,
    /// Where the next sweep of envelope ids goes on.
    pub(crate) sweep_mark: Option<(EnvelopeId, u32)>,
    newest_known: EnvelopeId,
}

impl Default for Index {
    fn default() -> Self {
        let mut index = Self {
            logs: IdMap::default(),
            names: IdMap::default(),
            writers: IdMap::default(),
            devices: IdMap::default(),
            accounts: IdMap::default(),
            usage: Vec::new(),
            waiting: 0,
            next_position: 1,
            next_log: 1,
            next_actor: 1,
            touched: Vec::new(),
            loose: BTreeSet::new(),
            loose_entries: 0,
            idle_actors: BTreeSet::new(),
            incarnation: 0,
            sweep_mark: None,
            newest_known: EnvelopeId::new([0; 16]),
        };
        let nobody = Actor { account: AccountId::new([0; 16]), device: DeviceId::new([0; 16]) };
        index.note_writer(NOBODY, nobody, true);
        index
    }
}

impl Index {
    /// A new number for a device, which from now on may read and write.
    pub(crate) fn add_device(&mut self, actor: Actor) -> u32 {
        let number = self.next_actor;
        self.next_actor += 1;
        self.note_device(number, actor, true);
        number
    }

    fn note_device(&mut self, number: u32, actor: Actor, present: bool) {
        self.next_actor = self.next_actor.max(number + 1);
        self.note_writer(number, actor, present);
        if present {
            self.devices.insert(actor.device, number);
        } else {
            self.idle_actors.insert(number);
        }
    }

    fn note_writer(&mut self, number: u32, actor: Actor, present: bool) {
        let next = self.usage.len();
        let account = *self.accounts.entry(actor.account).or_insert(next);
        if account == next {
            self.usage.push(Usage::default());
        }
        let newest = self.newest_known;
        self.writers.insert(number, Writer { actor, account, listens: false, entries: 0, present, newest });
    }

    /// The device is gone; its number stays while entries name it.
    pub(crate) fn remove_device(&mut self, device: DeviceId) {
        let Some(number) = self.devices.remove(&device) else { return };
        if let Some(writer) = self.writers.get_mut(&number) {
            writer.present = false;
            if writer.entries == 0 {
                self.idle_actors.insert(number);
            }
        }
    }

    /// Gives up numbers that stand for nothing any more.
    pub(crate) fn drop_idle_actors(&mut self) -> Vec<u32> {
        let idle = std::mem::take(&mut self.idle_actors);
        let silent = |number: &u32| {
            self.writers.get(number).is_none_or(|writer| writer.entries == 0 && !writer.present)
        };
        let idle: Vec<u32> = idle.into_iter().filter(silent).collect();
        for number in &idle {
            self.writers.remove(number);
        }
        idle
    }

    /// A new log without readers.
    pub(crate) fn add_log(&mut self, id: LogId, shape: Shape) -> u32 {
        let number = self.next_log;
        self.note_log(Log::new(number, shape), id);
        number
    }

    fn note_log(&mut self, log: Log, id: LogId) {
        self.next_log = self.next_log.max(log.number + 1);
        self.names.insert(log.number, id);
        self.logs.insert(id, log);
    }

    /// The log is gone; says which entries it had.
    pub(crate) fn remove_log(&mut self, id: LogId) -> Option<(u32, Vec<u64>)> {
        let mut log = self.logs.remove(&id)?;
        self.names.remove(&log.number);
        if self.loose.remove(&id) {
            self.loose_entries -= log.loose();
        }
        self.release(&log, log.waiting_from(), log.head + 1);
        let positions = log.slots.iter().map(|slot| slot.position).collect();
        for slot in std::mem::take(&mut log.slots) {
            self.forget_entry(slot);
        }
        Some((log.number, positions))
    }

    /// What was written becomes visible to readers.
    pub(crate) fn publish(&mut self) {
        for id in std::mem::take(&mut self.touched) {
            if let Some(log) = self.logs.get_mut(&id) {
                log.visible = log.head;
            }
        }
    }

    /// Remembers that this device used this id.
    pub(crate) fn used(&mut self, device: u32, envelope_id: EnvelopeId) {
        if let Some(writer) = self.writers.get_mut(&device) {
            writer.newest = writer.newest.max(envelope_id);
        }
    }

    /// Whether this device cannot have used this id: ids grow with time, so almost every new one is known to be new
    /// without a look at the disk.
    pub(crate) fn surely_new(&self, device: u32, envelope_id: EnvelopeId) -> bool {
        self.writers.get(&device).is_some_and(|writer| envelope_id > writer.newest)
    }

    pub(crate) fn log(&self, id: LogId) -> Option<&Log> {
        self.logs.get(&id)
    }
    pub(crate) fn log_named(&self, number: u32) -> Option<LogId> {
        self.names.get(&number).copied()
    }
    pub(crate) fn set_shape(&mut self, id: LogId, shape: Shape) {
        if let Some(log) = self.logs.get_mut(&id) {
            log.shape = shape;
        }
    }
    /// The number of a device that is there.
    pub(crate) fn number_of(&self, device: DeviceId) -> Option<u32> {
        self.devices.get(&device).copied()
    }
    /// Whether a device reads its own inbox: it is there and has not signed out.
    pub(crate) fn listens(&self, number: u32) -> bool {
        self.writers.get(&number).is_some_and(|writer| writer.listens)
    }
    /// Who a number stands for.
    pub(crate) fn actor(&self, number: u32) -> Option<Actor> {
        self.writers.get(&number).map(|writer| writer.actor)
    }
    pub(crate) fn usage(&self, account: AccountId) -> Usage {
        let at = self.accounts.get(&account);
        at.and_then(|at| self.usage.get(*at)).copied().unwrap_or_default()
    }
    /// Entries that wait for somebody.
    pub(crate) const fn waiting(&self) -> u64 {
        self.waiting
    }
    /// Entries that nobody needs any more.
    pub(crate) const fn loose_entries(&self) -> usize {
        self.loose_entries
    }
    pub(crate) const fn next_position(&self) -> u64 {
        self.next_position
    }
    /// Every inbox that somebody reads, in order.
    pub(crate) fn inboxes(&self) -> Vec<DeviceId> {
        let read = |(id, log): (&LogId, &Log)| {
            let inbox = log.shape == Shape::Inbox && !log.readers.is_empty();
            inbox.then(|| DeviceId::new(*id.as_bytes()))
        };
        let mut inboxes: Vec<DeviceId> = self.logs.iter().filter_map(read).collect();
        inboxes.sort_unstable();
        inboxes
    }
    /// Where a device stands in a log that it reads.
    pub(crate) fn state(&self, id: LogId, device: u32) -> Option<LogState> {
        let log = self.logs.get(&id)?;
        log.cursor(device).map(|cursor| LogState { log: id, head: log.head, cursor })
    }

    fn forget_entry(&mut self, slot: Slot) {
        if let Some(writer) = self.writers.get_mut(&slot.writer) {
            writer.entries = writer.entries.saturating_sub(1);
            if writer.entries == 0 && !writer.present {
                self.idle_actors.insert(slot.writer);
            }
        }
    }
}
