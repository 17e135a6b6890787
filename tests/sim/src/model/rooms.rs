//! Who is in which room, after SPEC section 7. Who goes does not see the entry that says so; who comes starts after it.
use std::collections::BTreeMap;

use daemon_core::store::Actor;
use sotto_protocol::{
    Accepted, AccountId, Commit, LogId, Role, RoomChange, RoomCreate, RoomCreated, RoomId, RoomKind,
    RoomLeave,
};

use super::{Held, Model};

/// A room and its members.
#[derive(Clone, Debug)]
pub(crate) struct Room {
    pub(crate) kind: RoomKind,
    pub(crate) creator: AccountId,
    pub(crate) members: BTreeMap<AccountId, Role>,
    /// By the server's clock: who came first inherits first.
    joined_ms: BTreeMap<AccountId, u64>,
    pub(crate) epoch: u64,
}

impl Model {
    pub(super) fn room_created(
        &mut self,
        wall_ms: u64,
        actor: Actor,
        create: &RoomCreate,
        created: &RoomCreated,
    ) -> Held {
        if created.existed {
            let known = self.rooms.get(&created.room);
            return match known.is_some_and(|room| room.members.contains_key(&actor.account)) {
                true => Ok(()),
                false => Err(format!("{} was named to {}, who is not in it", created.room, actor.account)),
            };
        }
        let others = create.seats.iter().map(|seat| (seat.account, seat.role));
        let members: BTreeMap<_, _> = others.chain([(actor.account, Role::Owner)]).collect();
        let log = self.logs.entry(create.room.into()).or_default();
        log.grow(created.sequence, None)?;
        let room = Room {
            kind: create.kind,
            creator: actor.account,
            epoch: u64::from(create.commit.is_some()),
            joined_ms: members.keys().map(|account| (*account, wall_ms)).collect(),
            members: members.clone(),
        };
        self.rooms.insert(create.room, room);
        for account in members.keys() {
            self.start(create.room, *account);
        }
        Ok(())
    }

    pub(super) fn room_changed(
        &mut self,
        wall_ms: u64,
        actor: Actor,
        change: &RoomChange,
        accepted: &Accepted,
    ) -> Held {
        let is_new = !accepted.duplicate;
        if is_new {
            for account in change.remove.iter() {
                self.stop(change.room, *account);
            }
        }
        if !self.written(actor.device, change.envelope_id, accepted, None)? {
            return Ok(());
        }
        if let Some(commit) = &change.commit {
            self.turn(change.room, commit)?;
        }
        let Some(room) = self.rooms.get_mut(&change.room) else { return Ok(()) };
        let seats = change.roles.iter().chain(change.add.iter());
        room.members.extend(seats.map(|seat| (seat.account, seat.role)));
        room.joined_ms.extend(change.add.iter().map(|seat| (seat.account, wall_ms)));
        for seat in change.add.iter() {
            self.start(change.room, seat.account);
        }
        Ok(())
    }

    pub(super) fn room_left(&mut self, actor: Actor, leave: &RoomLeave, accepted: &Accepted) -> Held {
        if accepted.duplicate {
            return self.written(actor.device, leave.envelope_id, accepted, None).map(|_| ());
        }
        if self.rooms.get(&leave.room).is_some_and(|room| room.members.len() == 1) {
            self.take_leave(leave.room, actor.account);
            return Ok(());
        }
        self.stop(leave.room, actor.account);
        self.written(actor.device, leave.envelope_id, accepted, None)?;
        self.pass_on(leave.room);
        Ok(())
    }

    /// Somebody is taken out by the end of their account; the entry's sequence follows from the log.
    pub(super) fn take_leave(&mut self, room: RoomId, account: AccountId) {
        self.stop(room, account);
        if self.rooms.get(&room).is_some_and(|room| room.members.is_empty()) {
            self.rooms.remove(&room);
            self.logs.remove(&LogId::from(room));
            self.dropped.insert(room.into());
            return;
        }
        if let Some(log) = self.logs.get_mut(&LogId::from(room)) {
            log.grow_to(log.head() + 1);
        }
        self.pass_on(room);
    }

    /// The first commit of an epoch, and no other.
    pub(super) fn turn(&mut self, id: RoomId, commit: &Commit) -> Held {
        let Some(room) = self.rooms.get_mut(&id) else { return Ok(()) };
        if commit.epoch != room.epoch {
            return Err(format!(
                "{id}: a commit of epoch {} was taken at epoch {}",
                commit.epoch, room.epoch
            ));
        }
        room.epoch += 1;
        Ok(())
    }

    /// Without an owner the highest in rank inherits, of several who was there first. A direct room has no heir.
    fn pass_on(&mut self, room: RoomId) {
        let Some(room) = self.rooms.get_mut(&room) else { return };
        if room.kind == RoomKind::Direct || room.members.values().any(|role| *role == Role::Owner) {
            return;
        }
        let rank = |(account, role): &(&AccountId, &Role)| {
            let joined_ms = room.joined_ms.get(*account).copied().unwrap_or(0);
            (std::cmp::Reverse(**role), joined_ms, **account)
        };
        if let Some(heir) = room.members.iter().min_by_key(rank).map(|(account, _)| *account) {
            room.members.insert(heir, Role::Owner);
        }
    }

    fn start(&mut self, room: RoomId, account: AccountId) {
        for device in self.devices_of(account) {
            self.logs.entry(room.into()).or_default().open(device);
        }
    }

    fn stop(&mut self, room: RoomId, account: AccountId) {
        if let Some(found) = self.rooms.get_mut(&room) {
            found.members.remove(&account);
        }
        for device in self.devices_of(account) {
            if let Some(log) = self.logs.get_mut(&LogId::from(room)) {
                log.close(device);
            }
        }
    }
}
