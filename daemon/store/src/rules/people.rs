//! Who is here: search, and one person.
use daemon_core::store::Actor;
use sotto_protocol::{
    AccountId, ContactStatus, People, PeopleSearch, Person, PersonShow, Reason, Visibility,
};

use super::{
    Step, cut, page_limit,
    work::{Look, person, status},
};
use crate::tables::{AccountRow, Kept, Search, Tables, folded};

pub(super) fn search<T: Tables>(look: &Look<'_, T>, actor: Actor, request: &PeopleSearch) -> Step<People> {
    let limit = page_limit(request.limit);
    let text = folded(request.query.as_str());
    let search =
        Search { seeker: actor.account, text: &text, after: request.after.as_ref(), limit: limit + 1 };
    let mut rows = look.tables.accounts_found(&search)?;
    let more = cut(&mut rows, limit);
    Ok(People { people: rows.iter().map(person).collect(), more })
}

/// One person. Hidden, disabled, or having blocked the asker is answered like absent, unless the asker knows them.
pub(super) fn show<T: Tables>(look: &Look<'_, T>, actor: Actor, request: &PersonShow) -> Step<Person> {
    let row = match request {
        PersonShow::Account(account) => look.tables.account(*account)?,
        PersonShow::Name(name) => look.tables.account_named(name)?,
    };
    let row = row.ok_or(Reason::PersonUnknown)?;
    if may_see(look.tables, actor.account, &row)? {
        Ok(person(&row))
    } else {
        Err(Reason::PersonUnknown.into())
    }
}

fn may_see<T: Tables>(tables: &T, me: AccountId, them: &AccountRow) -> Kept<bool> {
    if me == them.account || status(tables, me, them.account)?.is_some() {
        return Ok(true);
    }
    let open = them.visibility != Visibility::Hidden
        && !them.disabled
        && status(tables, them.account, me)? != Some(ContactStatus::Blocked);
    Ok(open || tables.share_a_room(me, them.account)?)
}
