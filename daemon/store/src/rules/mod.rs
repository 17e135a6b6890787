//! What is allowed, what changes, and what follows for whom: once, for every store.
//!
//! A rule checks first and writes then. A refusal leaves no trace, so that its neighbours in a batch go on as if it had
//! not been there.

mod admin;
mod append;
mod blobs;
mod change_room;
mod contacts;
mod create_room;
mod delete_account;
mod devices;
mod inbox;
mod invites;
mod key_packages;
mod leave_room;
mod lists;
mod page;
mod people;
mod profile;
mod register;
mod rooms;
mod seats;
mod sign_in;
mod sweep;
mod tokens;
mod work;

use daemon_core::store::{Actor, Answer, Change, Counts, Fault, Outcome, Query};
use sotto_protocol::{Malformed, Reason, Refused, Request, Response, Wrong};

use crate::tables::{Kept, Tables};

pub(crate) use sweep::drop_loose;
pub(crate) use work::{Look, Work};

/// Why a rule stopped.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The asker hears no.
    Refused(Refused),
    /// Our own trouble.
    Fault(Fault),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}
impl From<Reason> for Stop {
    fn from(reason: Reason) -> Self {
        Self::Refused(reason.into())
    }
}
impl From<Refused> for Stop {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

/// A step of a rule.
pub(crate) type Step<T> = Result<T, Stop>;

/// A field that only the store can find wrong.
fn malformed(field: &str, wrong: Wrong) -> Stop {
    Stop::Refused(Malformed::whole(wrong).at(field).into())
}

/// Turns what a rule said into an outcome; a fault goes on as a fault.
fn outcome(step: Step<Answer>, news: Vec<daemon_core::store::News>) -> Result<Outcome, Fault> {
    match step {
        Ok(answer) => Ok(Outcome { answer: Ok(answer), news }),
        Err(Stop::Refused(refused)) => Ok(Outcome::refused(refused)),
        Err(Stop::Fault(fault)) => Err(fault),
    }
}

fn reply(response: impl Into<Response>) -> Answer {
    Answer::Reply(Box::new(response.into()))
}

/// Makes one change.
pub(crate) fn apply<T: Tables>(work: &mut Work<'_, T>, change: &Change) -> Result<Outcome, Fault> {
    let step = match change {
        Change::Register { request, invite_needed, source } => {
            register::register(work, request, *invite_needed, *source)
        }
        Change::Enrol { account, request, source } => sign_in::enrol(work, *account, request, *source),
        Change::SignIn { actor, token, source } => sign_in::sign_in(work, *actor, token.as_ref(), *source),
        Change::BotSignIn { actor, token, source } => sign_in::bot_sign_in(work, *actor, token, *source),
        Change::Ask { actor, request } => asked(work, *actor, request),
        Change::Admin(change) => admin::change(work, change),
        Change::Sweep(sweep) => sweep::sweep(work, sweep),
    };
    let news = std::mem::take(&mut work.news);
    outcome(step, news)
}

/// A signed-in device's wish.
fn asked<T: Tables>(work: &mut Work<'_, T>, actor: Actor, request: &Request) -> Step<Answer> {
    let number = work.signed_in(actor)?;
    work.cause = number;
    match request {
        Request::Append(append) => append::append(work, actor, append).map(reply),
        Request::Read(read) => append::read(work, actor, read).map(reply),
        Request::SignOut(_) => devices::sign_out(work, actor).map(reply),
        Request::ProfileChange(change) => profile::change(work, actor, change).map(reply),
        Request::PasswordChange(change) => profile::password(work, actor, change).map(reply),
        Request::AccountDelete(delete) => delete_account::by_owner(work, actor, delete).map(reply),
        Request::DeviceRename(rename) => devices::rename(work, actor, rename).map(reply),
        Request::DeviceRevoke(revoke) => devices::revoke(work, actor, revoke).map(reply),
        Request::TokenCreate(create) => tokens::create(work, actor, create).map(reply),
        Request::TokenRevoke(revoke) => tokens::revoke(work, actor, revoke).map(reply),
        Request::InviteCreate(create) => invites::create(work, Some(actor.account), create).map(reply),
        Request::InviteRevoke(revoke) => invites::revoke(work, Some(actor.account), revoke).map(reply),
        Request::ContactRequest(request) => contacts::request(work, actor, request).map(reply),
        Request::ContactAccept(accept) => contacts::accept(work, actor, accept).map(reply),
        Request::ContactDecline(decline) => contacts::decline(work, actor, decline).map(reply),
        Request::ContactBlock(block) => contacts::block(work, actor, block).map(reply),
        Request::ContactUnblock(unblock) => contacts::unblock(work, actor, unblock).map(reply),
        Request::ContactRemove(remove) => contacts::remove(work, actor, remove).map(reply),
        Request::ContactEdit(edit) => contacts::edit(work, actor, edit).map(reply),
        Request::KeyPackagesPut(put) => key_packages::put(work, actor, put).map(reply),
        Request::KeyPackagesClaim(claim) => key_packages::claim(work, actor, claim).map(reply),
        Request::RoomCreate(create) => create_room::create(work, actor, create).map(reply),
        Request::RoomChange(change) => change_room::change(work, actor, change).map(reply),
        Request::RoomLeave(leave) => leave_room::leave(work, actor, leave).map(reply),
        Request::BlobOpen(open) => blobs::open(work, actor, open).map(reply),
        Request::BlobPut(put) => blobs::put(work, actor, put).map(reply),
        Request::BlobCommit(commit) => blobs::commit(work, actor, commit).map(reply),
        Request::Hello(_)
        | Request::Auth(_)
        | Request::Ping(_)
        | Request::PasswordStart(_)
        | Request::Register(_)
        | Request::LoginStart(_)
        | Request::LoginFinish(_)
        | Request::Enrol(_)
        | Request::PresenceSet(_)
        | Request::PresenceGet(_)
        | Request::AccountShow(_)
        | Request::DeviceList(_)
        | Request::TokenList(_)
        | Request::InviteList(_)
        | Request::ContactList(_)
        | Request::PeopleSearch(_)
        | Request::PersonShow(_)
        | Request::KeyStockShow(_)
        | Request::GroupInfoGet(_)
        | Request::RoomList(_)
        | Request::RoomMembers(_)
        | Request::BlobGet(_) => Err(misplaced(request)),
    }
}

/// Answers one question.
pub(crate) fn ask<T: Tables>(look: &Look<'_, T>, query: &Query) -> Result<Outcome, Fault> {
    let step = match query {
        Query::Device(actor) => lists::device(look, *actor),
        Query::Login(name) => lists::login(look, name),
        Query::AccountTaken(account) => {
            look.tables.account(*account).map(|row| Answer::Taken(row.is_some())).map_err(Stop::from)
        }
        Query::Page { log, after, entries_max, bytes_max } => {
            page::page(look, *log, *after, *entries_max, *bytes_max).map(Answer::Page)
        }
        Query::Ask { actor, request } => questioned(look, *actor, request),
        Query::Counts => counts(look).map(Answer::Counts).map_err(Stop::from),
    };
    outcome(step, Vec::new())
}

/// A signed-in device's question.
fn questioned<T: Tables>(look: &Look<'_, T>, actor: Actor, request: &Request) -> Step<Answer> {
    match request {
        Request::AccountShow(_) => lists::account(look, actor).map(reply),
        Request::DeviceList(list) => lists::devices(look, actor, list).map(reply),
        Request::TokenList(_) => lists::tokens(look, actor).map(reply),
        Request::InviteList(_) => lists::invites(look, actor).map(reply),
        Request::ContactList(list) => contacts::list(look, actor, list).map(reply),
        Request::PeopleSearch(search) => people::search(look, actor, search).map(reply),
        Request::PersonShow(show) => people::show(look, actor, show).map(reply),
        Request::KeyStockShow(_) => key_packages::stock(look.tables, actor).map(reply),
        Request::GroupInfoGet(get) => rooms::group_info(look, actor, get).map(reply),
        Request::RoomList(list) => rooms::list(look, actor, list).map(reply),
        Request::RoomMembers(list) => rooms::members(look, actor, list).map(reply),
        Request::BlobGet(get) => blobs::get(look, get).map(reply),
        Request::Hello(_)
        | Request::Auth(_)
        | Request::Ping(_)
        | Request::PasswordStart(_)
        | Request::Register(_)
        | Request::LoginStart(_)
        | Request::LoginFinish(_)
        | Request::Enrol(_)
        | Request::SignOut(_)
        | Request::ProfileChange(_)
        | Request::PasswordChange(_)
        | Request::AccountDelete(_)
        | Request::DeviceRename(_)
        | Request::DeviceRevoke(_)
        | Request::TokenCreate(_)
        | Request::TokenRevoke(_)
        | Request::InviteCreate(_)
        | Request::InviteRevoke(_)
        | Request::ContactRequest(_)
        | Request::ContactAccept(_)
        | Request::ContactDecline(_)
        | Request::ContactBlock(_)
        | Request::ContactUnblock(_)
        | Request::ContactRemove(_)
        | Request::ContactEdit(_)
        | Request::PresenceSet(_)
        | Request::PresenceGet(_)
        | Request::Append(_)
        | Request::Read(_)
        | Request::KeyPackagesPut(_)
        | Request::KeyPackagesClaim(_)
        | Request::RoomCreate(_)
        | Request::RoomChange(_)
        | Request::RoomLeave(_)
        | Request::BlobOpen(_)
        | Request::BlobPut(_)
        | Request::BlobCommit(_) => Err(misplaced(request)),
    }
}

/// A request that the session answers by itself, or that came in by the other door.
fn misplaced(request: &Request) -> Stop {
    Stop::Fault(Fault::Bug(format!("{} does not belong here", request.frame_type().name())))
}

fn counts<T: Tables>(look: &Look<'_, T>) -> Kept<Counts> {
    let oldest = look.tables.entries_from(0, 1)?;
    Ok(Counts {
        accounts: look.tables.account_count()?,
        devices: look.tables.device_count()?,
        rooms: look.tables.room_count()?,
        entries: look.index().waiting(),
        bytes: look.tables.bytes()?,
        oldest_entry_ms: oldest.first().map_or(0, |entry| entry.at_ms),
        invites: look.tables.invites_open(0)?,
        blobs: look.tables.blob_count()?,
    })
}

/// Applies what was put off.
pub(crate) fn apply_lazy<T: Tables>(
    work: &mut Work<'_, T>,
    lazy: &daemon_core::store::Lazy,
) -> Result<(), Fault> {
    match *lazy {
        daemon_core::store::Lazy::Advance { device, log, upto } => append::advance(work, device, log, upto),
        daemon_core::store::Lazy::Seen { device, wall_ms, source } => {
            work.tables.device_seen(device, wall_ms, &source.to_string())
        }
    }
}

/// Who keeps the limits of a page: nothing and everything too large mean the most.
const fn page_limit(limit: u32) -> u32 {
    if limit == 0 || limit > sotto_protocol::limits::PAGE_MAX {
        sotto_protocol::limits::PAGE_MAX
    } else {
        limit
    }
}

/// Cuts a page that was fetched with one row too many; says whether there is another page.
fn cut<R>(rows: &mut Vec<R>, limit: u32) -> bool {
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    more
}
