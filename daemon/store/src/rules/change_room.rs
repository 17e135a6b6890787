//! Who is in a room changes, or what it is called.
use std::collections::BTreeSet;

use daemon_core::store::{Actor, News};
use sotto_protocol::{Accepted, Change, EntryKind, LogId, Reason, Refused, Role, RoomChange, RoomKind, Seat};

use super::{
    Step,
    seats::{change_payload, has_owner, listed},
    work::Work,
};
use crate::tables::{MemberRow, RoomRow, Tables};

/// Makes the whole change or none of it. Who goes does not see the entry; who comes starts after it.
pub(super) fn change<T: Tables>(
    work: &mut Work<'_, T>,
    actor: Actor,
    request: &RoomChange,
) -> Step<Accepted> {
    let log = LogId::from(request.room);
    if let Some(accepted) = work.repeated(log, request.envelope_id)? {
        return Ok(accepted);
    }
    let me = work.tables.member(request.room, actor.account)?.ok_or(Reason::RoomUnknown)?;
    let row = work.epoch_of(request.room, None)?;
    let members = work.tables.members_page(request.room, None, u32::MAX)?;
    kind_allows(&row, request)?;
    role_allows(&row, me.role, &members, request)?;
    let after = members_after(work, &members, request)?;
    work.may_add(actor.account, &request.add)?;
    work.epoch_of(request.room, request.commit.as_ref())?;
    let epoch = row.epoch + u64::from(request.commit.is_some());
    let payload = change_payload(Change {
        add: listed(request.add.to_vec(), "add")?,
        remove: listed(request.remove.to_vec(), "remove")?,
        roles: listed(request.roles.to_vec(), "roles")?,
        title: request.title.clone(),
        commit: request.commit.as_ref().map(|commit| commit.commit.clone()).unwrap_or_default(),
        epoch,
    });
    write_room(work, row, request)?;
    for account in request.remove.iter() {
        work.go_out(request.room, *account)?;
    }
    write_roles(work, &after, request)?;
    let accepted = work.accept(log, request.envelope_id, EntryKind::Change, payload)?;
    for seat in request.add.iter() {
        work.enter(request.room, seat)?;
    }
    work.news.push(News::Grown { log, head: accepted.sequence });
    tell(work, actor, request)?;
    Ok(accepted)
}

fn kind_allows(row: &RoomRow, request: &RoomChange) -> Step<()> {
    let seats = !(request.add.is_empty() && request.remove.is_empty() && request.roles.is_empty());
    match row.kind {
        RoomKind::Direct if seats => Err(Reason::RoomKind.into()),
        RoomKind::Direct | RoomKind::Group => Ok(()),
    }
}

/// Owners may do everything; admins add members, remove members and set the title; members only turn the keys. In a
/// room of two both may set the title.
fn role_allows(row: &RoomRow, role: Role, members: &[MemberRow], request: &RoomChange) -> Step<()> {
    let is_member = |account| {
        members.iter().find(|member| member.account == account).is_none_or(|found| found.role == Role::Member)
    };
    let allowed = match role {
        Role::Owner => true,
        Role::Admin => {
            request.roles.is_empty()
                && request.add.iter().all(|seat| seat.role == Role::Member)
                && request.remove.iter().all(|account| is_member(*account))
        }
        Role::Member if row.kind == RoomKind::Direct => true,
        Role::Member => {
            request.title.is_none()
                && request.add.is_empty()
                && request.remove.is_empty()
                && request.roles.is_empty()
        }
    };
    if allowed { Ok(()) } else { Err(Reason::RoomRole.into()) }
}

/// The members as they will be.
fn members_after<T: Tables>(
    work: &Work<'_, T>,
    members: &[MemberRow],
    request: &RoomChange,
) -> Step<Vec<MemberRow>> {
    let named = |reason, account| Refused::new(reason).with("account", account);
    let is_in = |account| members.iter().any(|member| member.account == account);
    let mut gone = BTreeSet::new();
    for account in request.remove.iter() {
        if !is_in(*account) || !gone.insert(*account) {
            return Err(named(Reason::MemberUnknown, account).into());
        }
    }
    let stays = |account| is_in(account) && !gone.contains(&account);
    if let Some(seat) = request.roles.iter().find(|seat| !stays(seat.account)) {
        return Err(named(Reason::MemberUnknown, &seat.account).into());
    }
    if let Some(seat) = request.add.iter().find(|seat| is_in(seat.account)) {
        return Err(named(Reason::MemberExists, &seat.account).into());
    }
    let mut after: Vec<MemberRow> =
        members.iter().filter(|member| !gone.contains(&member.account)).cloned().collect();
    let limit = work.limits.room_members;
    if after.len() + request.add.len() > limit as usize {
        return Err(Refused::new(Reason::RoomFull).with("limit", limit).into());
    }
    for Seat { account, role } in request.roles.iter() {
        after.iter_mut().filter(|member| member.account == *account).for_each(|member| member.role = *role);
    }
    let new_owner = request.add.iter().any(|seat| seat.role == Role::Owner);
    if has_owner(&after) || new_owner || !has_owner(members) {
        Ok(after)
    } else {
        Err(Reason::RoomRole.into())
    }
}

fn write_room<T: Tables>(work: &mut Work<'_, T>, mut row: RoomRow, request: &RoomChange) -> Step<()> {
    if let Some(title) = &request.title {
        row.title = title.clone();
    }
    match &request.commit {
        Some(commit) => work.turn_epoch(row, commit)?,
        None => work.tables.room_put(&row)?,
    }
    Ok(())
}

fn write_roles<T: Tables>(work: &mut Work<'_, T>, after: &[MemberRow], request: &RoomChange) -> Step<()> {
    for member in after {
        if request.roles.iter().any(|seat| seat.account == member.account) {
            work.tables.member_put(member)?;
            work.rooms_changed(member.account)?;
        }
    }
    Ok(())
}

fn tell<T: Tables>(work: &mut Work<'_, T>, actor: Actor, request: &RoomChange) -> Step<()> {
    let by = Some(actor.account);
    for account in request.remove.iter() {
        work.tell_gone(request.room, *account, by)?;
    }
    for seat in request.add.iter() {
        work.tell_entered(request.room, seat.account, by, request.commit.as_ref())?;
    }
    if let Some(commit) = &request.commit {
        work.welcome(request.room, by, commit, &request.add)?;
    }
    Ok(())
}
