//! Contacts: two people, each with a row of their own.
//!
//! Who is blocked must not learn of it: a blocked person's own row stays as it was, requests look as if they were
//! waiting, and nothing is told.
use daemon_core::store::{Actor, Fault, News};
use sotto_protocol::{
    AccountId, Contact, ContactAccept, ContactBlock, ContactDecline, ContactEdit, ContactEvent, ContactList,
    ContactRemove, ContactRequest, ContactStatus, ContactUnblock, Contacts, Done, InboxEvent, Note, Reason,
    Refused,
};

use super::{
    Step, cut,
    inbox::Whom,
    page_limit,
    work::{Look, Work, are_friends, contact},
};
use crate::{
    index::Shape,
    tables::{AccountRow, ContactRow, Kept, Tables},
};

/// Nothing was written.
pub(super) fn no_note() -> Kept<Note> {
    Note::new("").map_err(|wrong| Fault::Bug(format!("no note: {wrong}")))
}

/// Both rows of two people, and who they are.
struct Two {
    me: AccountRow,
    them: AccountRow,
    mine: Option<ContactRow>,
    theirs: Option<ContactRow>,
}

impl Two {
    fn find<T: Tables>(work: &Work<'_, T>, me: AccountId, them: AccountId) -> Step<Self> {
        if me == them {
            return Err(Reason::ContactSelf.into());
        }
        Ok(Self {
            me: work.own_account(me)?,
            them: work.tables.account(them)?.ok_or(Reason::PersonUnknown)?,
            mine: work.tables.contact(me, them)?,
            theirs: work.tables.contact(them, me)?,
        })
    }
    fn mine(&self) -> Option<ContactStatus> {
        self.mine.as_ref().map(|row| row.status)
    }
    fn theirs(&self) -> Option<ContactStatus> {
        self.theirs.as_ref().map(|row| row.status)
    }
    fn friends(&self) -> bool {
        self.mine() == Some(ContactStatus::Accepted) && self.theirs() == Some(ContactStatus::Accepted)
    }
}

/// Asks; when they had asked me, or still have me as a contact, it is settled at once.
pub(super) fn request<T: Tables>(
    work: &mut Work<'_, T>,
    actor: Actor,
    request: &ContactRequest,
) -> Step<Contact> {
    use ContactStatus::{Accepted, Asked, Blocked, Requested};
    let mut two = Two::find(work, actor.account, request.account)?;
    match (two.mine(), two.theirs()) {
        (Some(Blocked), _) => return Err(Reason::ContactBlocked.into()),
        (Some(Accepted), Some(Accepted | Asked | Blocked)) | (Some(Requested), Some(Asked | Blocked)) => {}
        (Some(Asked), Some(Blocked)) => set_mine(work, &mut two, Accepted)?,
        (None, Some(Blocked)) => {
            room_for_one(work, actor.account, None)?;
            set_mine(work, &mut two, Requested)?;
        }
        (Some(Asked), _) | (Some(Accepted | Requested) | None, Some(Requested | Accepted)) => {
            settle(work, &mut two)?;
        }
        (mine @ (None | Some(Requested | Accepted)), None | Some(Asked)) => {
            if mine.is_none() {
                room_for_one(work, actor.account, None)?;
            }
            if two.theirs.is_none() {
                room_for_one(work, request.account, Some(request.account))?;
            }
            if mine.is_none() {
                set_mine(work, &mut two, Requested)?;
            }
            set_theirs(work, &mut two, Asked)?;
            tell_them(work, &two, request.note.clone())?;
        }
    }
    my_contact(&two)
}

/// Says yes to who asked; saying it again does no harm.
pub(super) fn accept<T: Tables>(
    work: &mut Work<'_, T>,
    actor: Actor,
    request: &ContactAccept,
) -> Step<Contact> {
    let mut two = Two::find(work, actor.account, request.account)?;
    match (two.mine(), two.theirs()) {
        (Some(ContactStatus::Accepted), _) => {}
        (Some(ContactStatus::Asked), Some(ContactStatus::Blocked)) => {
            set_mine(work, &mut two, ContactStatus::Accepted)?;
        }
        (Some(ContactStatus::Asked), _) => settle(work, &mut two)?,
        (None | Some(ContactStatus::Requested | ContactStatus::Blocked), _) => {
            return Err(Reason::ContactNotAsked.into());
        }
    }
    my_contact(&two)
}

/// Says no: neither has the other any more.
pub(super) fn decline<T: Tables>(
    work: &mut Work<'_, T>,
    actor: Actor,
    request: &ContactDecline,
) -> Step<Done> {
    let two = Two::find(work, actor.account, request.account)?;
    if two.mine() != Some(ContactStatus::Asked) {
        return Err(Reason::ContactNotAsked.into());
    }
    end(work, &two)?;
    Ok(Done {})
}

/// Ends it from either side, or takes a request back.
pub(super) fn remove<T: Tables>(work: &mut Work<'_, T>, actor: Actor, request: &ContactRemove) -> Step<Done> {
    let two = Two::find(work, actor.account, request.account)?;
    match two.mine() {
        None => Err(Reason::ContactUnknown.into()),
        Some(ContactStatus::Blocked) => Err(Reason::ContactBlocked.into()),
        Some(ContactStatus::Requested | ContactStatus::Asked | ContactStatus::Accepted) => {
            end(work, &two)?;
            Ok(Done {})
        }
    }
}

/// Hears nothing of them any more; what they see stays as it was. Blocking again does no harm.
pub(super) fn block<T: Tables>(work: &mut Work<'_, T>, actor: Actor, request: &ContactBlock) -> Step<Done> {
    let mut two = Two::find(work, actor.account, request.account)?;
    if two.mine() == Some(ContactStatus::Blocked) {
        return Ok(Done {});
    }
    if two.mine.is_none() {
        room_for_one(work, actor.account, None)?;
    }
    if two.friends() {
        work.news.push(News::Parted(actor.account, request.account));
    }
    set_mine(work, &mut two, ContactStatus::Blocked)?;
    mark_direct_room(work, &two, true)?;
    Ok(Done {})
}

/// Hears of them again, as of a stranger.
pub(super) fn unblock<T: Tables>(
    work: &mut Work<'_, T>,
    actor: Actor,
    request: &ContactUnblock,
) -> Step<Done> {
    let two = Two::find(work, actor.account, request.account)?;
    if two.mine() != Some(ContactStatus::Blocked) {
        return Err(Reason::ContactUnknown.into());
    }
    drop_mine(work, &two)?;
    mark_direct_room(work, &two, false)?;
    Ok(Done {})
}

/// My own words for a contact.
pub(super) fn edit<T: Tables>(work: &mut Work<'_, T>, actor: Actor, request: &ContactEdit) -> Step<Contact> {
    let row = work.tables.contact(actor.account, request.account)?.ok_or(Reason::ContactUnknown)?;
    let them = work.tables.account(request.account)?.ok_or(Reason::ContactUnknown)?;
    let mut row = row;
    if let Some(remark) = &request.remark {
        row.remark = remark.clone();
    }
    if let Some(labels) = &request.labels {
        row.labels = labels.labels.to_vec();
    }
    work.tables.contact_put(&row)?;
    work.roster_changed(actor.account)?;
    let event = ContactEvent { contact: contact(&row, &them), note: no_note()?, gone: false };
    work.tell(Whom::Others(actor.account), &InboxEvent::Contact(event))?;
    Ok(contact(&row, &them))
}

pub(super) fn list<T: Tables>(look: &Look<'_, T>, actor: Actor, request: &ContactList) -> Step<Contacts> {
    let limit = page_limit(request.limit);
    let mut rows = look.tables.contacts_page(actor.account, request.after, limit + 1)?;
    let more = cut(&mut rows, limit);
    let mut contacts = Vec::with_capacity(rows.len());
    for row in rows {
        if let Some(peer) = look.tables.account(row.peer)? {
            contacts.push(contact(&row, &peer));
        }
    }
    let me = look.tables.account(actor.account)?.ok_or(Reason::AccountUnknown)?;
    Ok(Contacts { contacts, more, revision: me.roster_revision })
}

/// Both want it.
fn settle<T: Tables>(work: &mut Work<'_, T>, two: &mut Two) -> Step<()> {
    if two.mine.is_none() {
        room_for_one(work, two.me.account, None)?;
    }
    if two.theirs.is_none() {
        room_for_one(work, two.them.account, Some(two.them.account))?;
    }
    set_theirs(work, two, ContactStatus::Accepted)?;
    set_mine(work, two, ContactStatus::Accepted)?;
    work.news.push(News::Befriended(two.me.account, two.them.account));
    Ok(tell_them(work, two, no_note()?)?)
}

/// Both rows go, but theirs stays when they blocked me; they then hear nothing.
fn end<T: Tables>(work: &mut Work<'_, T>, two: &Two) -> Kept<()> {
    if two.friends() {
        work.news.push(News::Parted(two.me.account, two.them.account));
    }
    drop_mine(work, two)?;
    match &two.theirs {
        Some(row) if row.status != ContactStatus::Blocked => {
            work.tables.contact_drop(row.account, row.peer)?;
            work.roster_changed(row.account)?;
            let event = ContactEvent { contact: contact(row, &two.me), note: no_note()?, gone: true };
            work.tell(Whom::All(row.account), &InboxEvent::Contact(event))
        }
        Some(_) | None => Ok(()),
    }
}

/// My row becomes this; my other devices hear of it.
fn set_mine<T: Tables>(work: &mut Work<'_, T>, two: &mut Two, status: ContactStatus) -> Kept<()> {
    let row = with_status(two.mine.take(), two.me.account, two.them.account, status, work.wall_ms)?;
    work.tables.contact_put(&row)?;
    work.roster_changed(two.me.account)?;
    let event = ContactEvent { contact: contact(&row, &two.them), note: no_note()?, gone: false };
    two.mine = Some(row);
    work.tell(Whom::Others(two.me.account), &InboxEvent::Contact(event))
}

fn drop_mine<T: Tables>(work: &mut Work<'_, T>, two: &Two) -> Kept<()> {
    let Some(row) = &two.mine else { return Ok(()) };
    work.tables.contact_drop(row.account, row.peer)?;
    work.roster_changed(row.account)?;
    let event = ContactEvent { contact: contact(row, &two.them), note: no_note()?, gone: true };
    work.tell(Whom::Others(row.account), &InboxEvent::Contact(event))
}

fn set_theirs<T: Tables>(work: &mut Work<'_, T>, two: &mut Two, status: ContactStatus) -> Kept<()> {
    let row = with_status(two.theirs.take(), two.them.account, two.me.account, status, work.wall_ms)?;
    work.tables.contact_put(&row)?;
    two.theirs = Some(row);
    work.roster_changed(two.them.account)
}

fn tell_them<T: Tables>(work: &mut Work<'_, T>, two: &Two, note: Note) -> Kept<()> {
    let Some(row) = &two.theirs else { return Ok(()) };
    let event = ContactEvent { contact: contact(row, &two.me), note, gone: false };
    work.tell(Whom::All(two.them.account), &InboxEvent::Contact(event))
}

fn with_status(
    row: Option<ContactRow>,
    account: AccountId,
    peer: AccountId,
    status: ContactStatus,
    wall_ms: u64,
) -> Kept<ContactRow> {
    match row {
        Some(row) => Ok(ContactRow { status, ..row }),
        None => ContactRow::new(account, peer, status, wall_ms),
    }
}

/// A roster has its limit; `whose` is named when it is not the asker's own.
fn room_for_one<T: Tables>(work: &Work<'_, T>, account: AccountId, whose: Option<AccountId>) -> Step<()> {
    let limit = work.limits.contacts;
    if work.tables.contact_count(account)? < u64::from(limit) {
        return Ok(());
    }
    let refused = Refused::new(Reason::LimitContacts).with("limit", limit);
    Err(whose.map_or(refused.clone(), |account| refused.with("account", account)).into())
}

fn my_contact(two: &Two) -> Step<Contact> {
    let row = two.mine.as_ref().ok_or(Reason::ContactUnknown)?;
    Ok(contact(row, &two.them))
}

/// A direct room knows who may not write, so that appending need not ask.
fn mark_direct_room<T: Tables>(work: &mut Work<'_, T>, two: &Two, blocks: bool) -> Kept<()> {
    let Some(room) = work.tables.direct_room(two.me.account, two.them.account)? else { return Ok(()) };
    let Some(Shape::Direct(mut direct)) = work.index.log(room.into()).map(|log| log.shape) else {
        return Ok(());
    };
    if two.me.account == direct.low {
        direct.low_blocks = blocks;
    } else {
        direct.high_blocks = blocks;
    }
    work.index.set_shape(room.into(), Shape::Direct(direct));
    Ok(())
}

/// Whether one may open a room with the other, or take them into one: accepted contacts, or who is open to all; never
/// against a block.
pub(super) fn may_meet<T: Tables>(tables: &T, me: AccountId, them: &AccountRow) -> Kept<bool> {
    if are_friends(tables, me, them.account)? {
        return Ok(true);
    }
    let blocked = super::work::status(tables, them.account, me)? == Some(ContactStatus::Blocked);
    Ok(them.open_to_all && !blocked)
}
