//! Who knows whom, after SPEC section 8: two people, each with a row of their own; who is blocked does not learn of it.
use sotto_protocol::{AccountId, ContactStatus, Request, Response};

use super::{Held, Model};
use ContactStatus::{Accepted, Asked, Blocked, Requested};

impl Model {
    pub(crate) fn status(&self, mine: AccountId, peer: AccountId) -> Option<ContactStatus> {
        self.roster.get(&(mine, peer)).copied()
    }

    /// Accepted on both sides.
    pub(crate) fn are_friends(&self, one: AccountId, other: AccountId) -> bool {
        self.status(one, other) == Some(Accepted) && self.status(other, one) == Some(Accepted)
    }

    /// Whether what is on its way may still speak of a friendship.
    pub(crate) fn were_friends(&self, one: AccountId, other: AccountId, since_ms: u64) -> bool {
        let pair = (one.min(other), one.max(other));
        self.are_friends(one, other) || self.parted_ms.get(&pair).is_some_and(|ms| *ms >= since_ms)
    }

    /// Whether one may open a room with the other.
    pub(crate) fn may_meet(&self, me: AccountId, them: AccountId) -> bool {
        let open = self.accounts.get(&them).is_some_and(|account| account.open_to_all);
        self.are_friends(me, them) || open && self.status(them, me) != Some(Blocked)
    }

    pub(super) fn contact_changed(
        &mut self,
        now_ms: u64,
        me: AccountId,
        request: &Request,
        response: &Response,
    ) -> Held {
        let Some(them) = whom(request) else { return Ok(()) };
        let were = self.are_friends(me, them);
        let (mine, theirs) = (self.status(me, them), self.status(them, me));
        let (mine, theirs) = match request {
            Request::ContactRequest(_) => after_request(mine, theirs),
            Request::ContactAccept(_) => match (mine, theirs) {
                (Some(Asked), Some(Blocked)) => (Some(Accepted), theirs),
                (Some(Asked), _) => (Some(Accepted), Some(Accepted)),
                same => same,
            },
            Request::ContactDecline(_) | Request::ContactRemove(_) => {
                (None, theirs.filter(|status| *status == Blocked))
            }
            Request::ContactBlock(_) => (Some(Blocked), theirs),
            Request::ContactUnblock(_) => (None, theirs),
            _ => (mine, theirs),
        };
        self.set_status(me, them, mine);
        self.set_status(them, me, theirs);
        if were && !self.are_friends(me, them) {
            self.parted_ms.insert((me.min(them), me.max(them)), now_ms);
        }
        match response {
            Response::Contact(contact) if Some(contact.status) != mine => {
                Err(format!("{me} and {them}: told {:?}, should be {mine:?}", contact.status))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn forget_contacts(&mut self, now_ms: u64, gone: AccountId) {
        let friends = self.accounts.keys().copied().filter(|peer| self.are_friends(gone, *peer));
        for peer in friends.collect::<Vec<_>>() {
            self.parted_ms.insert((gone.min(peer), gone.max(peer)), now_ms);
        }
        self.roster.retain(|(one, other), _| *one != gone && *other != gone);
    }

    fn set_status(&mut self, me: AccountId, them: AccountId, status: Option<ContactStatus>) {
        match status {
            Some(status) => self.roster.insert((me, them), status),
            None => self.roster.remove(&(me, them)),
        };
    }
}

fn after_request(
    mine: Option<ContactStatus>,
    theirs: Option<ContactStatus>,
) -> (Option<ContactStatus>, Option<ContactStatus>) {
    match (mine, theirs) {
        (None, Some(Blocked)) => (Some(Requested), theirs),
        (Some(Asked), Some(Blocked)) => (Some(Accepted), theirs),
        (_, Some(Blocked)) | (Some(Accepted), Some(Accepted | Asked)) | (Some(Requested), Some(Asked)) => {
            (mine, theirs)
        }
        (Some(Asked), _) | (_, Some(Requested | Accepted)) => (Some(Accepted), Some(Accepted)),
        (mine, None | Some(Asked)) => (mine.or(Some(Requested)), Some(Asked)),
    }
}

/// Whom a request about contacts is about.
pub(super) const fn whom(request: &Request) -> Option<AccountId> {
    Some(match request {
        Request::ContactRequest(request) => request.account,
        Request::ContactAccept(request) => request.account,
        Request::ContactDecline(request) => request.account,
        Request::ContactBlock(request) => request.account,
        Request::ContactUnblock(request) => request.account,
        Request::ContactRemove(request) => request.account,
        Request::ContactEdit(request) => request.account,
        _ => return None,
    })
}
