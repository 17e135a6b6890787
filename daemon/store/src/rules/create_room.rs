//! A room begins.
use daemon_core::store::Actor;
use sotto_protocol::{
    AccountId, Change, DeviceId, EntryKind, LogId, Reason, Refused, Role, RoomCreate, RoomCreated, RoomId,
    RoomKind, Seat, Wrong,
};

use super::{
    Step,
    contacts::may_meet,
    malformed,
    seats::{change_payload, listed},
    work::{Work, status},
};
use crate::{
    index::{Direct, Shape},
    tables::{RoomRow, Tables, pair},
};

/// Makes a room. Of direct rooms there is one for each pair: who asks for another one gets the one that is there.
pub(super) fn create<T: Tables>(
    work: &mut Work<'_, T>,
    actor: Actor,
    request: &RoomCreate,
) -> Step<RoomCreated> {
    if let Some(room) = existing(work, actor, request)? {
        return Ok(RoomCreated { room, sequence: 0, existed: true });
    }
    let shape = match request.kind {
        RoomKind::Direct => may_open_direct(work, actor, &request.seats)?,
        RoomKind::Group => may_open_group(work, actor, &request.seats)?,
    };
    work.may_enter(actor.account)?;
    if work.repeated(request.room.into(), request.envelope_id)?.is_some() {
        return Err(Reason::EnvelopeConflict.into());
    }
    let epoch = first_epoch(request)?;
    let seats: Vec<Seat> = std::iter::once(Seat { account: actor.account, role: Role::Owner })
        .chain(request.seats.iter().cloned())
        .collect();
    let payload = change_payload(Change {
        add: listed(seats.clone(), "seats")?,
        remove: listed(Vec::new(), "remove")?,
        roles: listed(Vec::new(), "roles")?,
        title: Some(request.title.clone()).filter(|title| !title.is_empty()),
        commit: request.commit.as_ref().map(|commit| commit.commit.clone()).unwrap_or_default(),
        epoch,
    });
    let log = LogId::from(request.room);
    work.index.add_log(log, shape);
    work.save_log(log)?;
    work.tables.room_put(&new_room(work, actor, request, epoch))?;
    if let Some(commit) = &request.commit {
        work.tables.group_info_put(request.room, &commit.group_info)?;
    }
    let accepted = work.accept(log, request.envelope_id, EntryKind::Change, payload)?;
    for seat in &seats {
        work.enter(request.room, seat)?;
    }
    for seat in &seats {
        work.tell_entered(request.room, seat.account, Some(actor.account), request.commit.as_ref())?;
    }
    Ok(RoomCreated { room: request.room, sequence: accepted.sequence, existed: false })
}

/// The room of this id that I made, or the direct room that we have.
fn existing<T: Tables>(work: &Work<'_, T>, actor: Actor, request: &RoomCreate) -> Step<Option<RoomId>> {
    if let Some(row) = work.tables.room(request.room)? {
        let mine = row.creator == actor.account
            && row.kind == request.kind
            && work.tables.member(request.room, actor.account)?.is_some();
        return if mine { Ok(Some(row.room)) } else { Err(Reason::RoomExists.into()) };
    }
    if !work.id_is_free(DeviceId::new(*request.room.as_bytes()))? {
        return Err(Reason::RoomExists.into());
    }
    match (request.kind, request.seats.first()) {
        (RoomKind::Direct, Some(seat)) if request.seats.len() == 1 => {
            Ok(work.tables.direct_room(actor.account, seat.account)?)
        }
        (RoomKind::Direct | RoomKind::Group, _) => Ok(None),
    }
}

fn may_open_direct<T: Tables>(work: &Work<'_, T>, actor: Actor, seats: &[Seat]) -> Step<Shape> {
    let [seat] = seats else {
        return Err(malformed("seats", Wrong::Items { found: seats.len(), max: 1 }));
    };
    if seat.account == actor.account {
        return Err(Reason::ContactSelf.into());
    }
    let them = work.tables.account(seat.account)?.ok_or(Reason::PersonUnknown)?;
    if status(work.tables, actor.account, seat.account)? == Some(sotto_protocol::ContactStatus::Blocked) {
        return Err(Reason::ContactBlocked.into());
    }
    if !may_meet(work.tables, actor.account, &them)? {
        return Err(Reason::RoomNotContacts.into());
    }
    work.may_enter(seat.account)
        .map_err(|_| super::Stop::Refused(Refused::new(Reason::LimitRooms).with("account", seat.account)))?;
    let low = actor.account.min(seat.account);
    Ok(Shape::Direct(Direct { low, low_blocks: false, high_blocks: false, orphan: false }))
}

fn may_open_group<T: Tables>(work: &Work<'_, T>, actor: Actor, seats: &[Seat]) -> Step<Shape> {
    let limit = work.limits.room_members;
    if seats.len() + 1 > limit as usize {
        return Err(Refused::new(Reason::RoomFull).with("limit", limit).into());
    }
    if seats.iter().any(|seat| seat.account == actor.account) {
        return Err(Refused::new(Reason::MemberExists).with("account", actor.account).into());
    }
    work.may_add(actor.account, seats)?;
    Ok(Shape::Group)
}

/// A room begins at epoch 0; the commit that goes with it makes it 1.
fn first_epoch(request: &RoomCreate) -> Step<u64> {
    let Some(commit) = &request.commit else { return Ok(0) };
    if commit.epoch != 0 {
        return Err(Refused::new(Reason::EpochStale).with("epoch", 0).into());
    }
    Ok(1)
}

fn new_room<T: Tables>(work: &Work<'_, T>, actor: Actor, request: &RoomCreate, epoch: u64) -> RoomRow {
    let pair = |other: AccountId| pair(actor.account, other);
    let peer = request.seats.first().filter(|_| request.kind == RoomKind::Direct);
    RoomRow {
        room: request.room,
        kind: request.kind,
        creator: actor.account,
        pair: peer.map(|seat| pair(seat.account)),
        epoch,
        title: request.title.clone(),
        created_ms: work.wall_ms,
        suite: request.suite,
    }
}
