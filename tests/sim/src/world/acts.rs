//! What may happen next, and how often.
mod devices;
mod rooms;
mod talk;

use sotto_protocol::{
    AccountId, ClientPush, ContactAccept, ContactBlock, ContactDecline, ContactEdit, ContactRemove,
    ContactRequest, ContactUnblock, Listed, Note, PresenceGet, PresenceSet, PresenceStatus, ProfileChange,
    Remark, RoomId, Typing,
};

use super::{World, people::fits};
use crate::model::Held;

/// What somebody, or something, does.
type Act = fn(&mut World) -> Held;

const ACTS: &[(u64, Act)] = &[
    (400, World::send),
    (30, World::repeat),
    (15, World::commit_keys),
    (50, World::read),
    (20, World::type_something),
    (25, World::create_group),
    (25, World::create_direct),
    (45, World::change_room),
    (12, World::leave_room),
    (35, World::request_contact),
    (35, World::accept_contact),
    (8, World::decline_contact),
    (12, World::block_contact),
    (12, World::unblock_contact),
    (10, World::remove_contact),
    (6, World::edit_contact),
    (15, World::set_presence),
    (15, World::ask_presence),
    (8, World::change_profile),
    (20, World::ask_lists),
    (10, World::use_keys_and_blobs),
    (8, World::sign_out),
    (20, World::come_back),
    (5, World::revoke),
    (6, World::add_device),
    (2, World::delete_account),
    (3, World::add_person),
    (25, World::disconnect),
    (40, World::connect),
    (25, World::break_line),
    (15, World::crash_client),
    (10, World::crash_server),
    (4, World::stop_server),
    (5, World::govern),
    (20, World::sweep),
    (4, World::reload),
    (6, World::jump),
    (6, World::babble),
    (6, World::flood),
];

impl World {
    pub(super) fn act(&mut self) -> Held {
        let all: u64 = ACTS.iter().map(|(weight, _)| weight).sum();
        let mut chosen = self.nature.chance.below(all);
        for (weight, act) in ACTS {
            match chosen.checked_sub(*weight) {
                Some(rest) => chosen = rest,
                None => return act(self),
            }
        }
        Ok(())
    }

    /// A device that is up, if chance finds one.
    fn somebody_up(&mut self) -> Option<usize> {
        let up: Vec<usize> = self.clients.iter().filter(|client| client.is_up()).map(|c| c.number).collect();
        self.nature.chance.pick(&up).copied()
    }

    fn anybody(&mut self) -> Option<usize> {
        Some(self.nature.chance.index(self.clients.len())).filter(|number| *number < self.clients.len())
    }

    fn account(&self, number: usize) -> AccountId {
        self.clients.get(number).map_or(AccountId::new([0; 16]), |client| client.keys.account)
    }

    /// Another account, or at times oneself, or nobody's.
    fn other(&mut self) -> AccountId {
        if self.nature.chance.one_in(40) {
            return AccountId::new(self.nature.chance.bytes());
        }
        let person = self.nature.chance.index(self.people.len());
        self.people.get(person).map_or(AccountId::new([0; 16]), |person| person.account)
    }

    /// A room of an account; at times any room.
    fn room_of(&mut self, account: AccountId) -> Option<RoomId> {
        let any = self.nature.chance.one_in(15);
        let rooms: Vec<RoomId> = self
            .model
            .rooms
            .iter()
            .filter(|(_, room)| any || room.members.contains_key(&account))
            .map(|(id, _)| *id)
            .collect();
        self.nature.chance.pick(&rooms).copied()
    }

    fn ask(&mut self, number: usize, request: impl Into<sotto_protocol::Request>) {
        if let Some(client) = self.clients.get_mut(number) {
            client.ask(&mut self.nature, request);
        }
    }

    /// Somebody who is up, and somebody else.
    fn two(&mut self) -> Option<(usize, AccountId)> {
        let number = self.somebody_up()?;
        Some((number, self.other()))
    }

    fn request_contact(&mut self) -> Held {
        let Some((number, account)) = self.two() else { return Ok(()) };
        let note = fits(Note::new("do you know me?"))?;
        self.ask(number, ContactRequest { account, note });
        Ok(())
    }
    fn accept_contact(&mut self) -> Held {
        let Some((number, account)) = self.two() else { return Ok(()) };
        self.ask(number, ContactAccept { account });
        Ok(())
    }
    fn decline_contact(&mut self) -> Held {
        let Some((number, account)) = self.two() else { return Ok(()) };
        self.ask(number, ContactDecline { account });
        Ok(())
    }
    fn block_contact(&mut self) -> Held {
        let Some((number, account)) = self.two() else { return Ok(()) };
        self.ask(number, ContactBlock { account });
        Ok(())
    }
    fn unblock_contact(&mut self) -> Held {
        let Some((number, account)) = self.two() else { return Ok(()) };
        self.ask(number, ContactUnblock { account });
        Ok(())
    }
    fn remove_contact(&mut self) -> Held {
        let Some((number, account)) = self.two() else { return Ok(()) };
        self.ask(number, ContactRemove { account });
        Ok(())
    }
    fn edit_contact(&mut self) -> Held {
        let Some((number, account)) = self.two() else { return Ok(()) };
        let remark = Some(fits(Remark::new("a friend"))?);
        self.ask(number, ContactEdit { account, remark, labels: None });
        Ok(())
    }

    fn set_presence(&mut self) -> Held {
        let Some(number) = self.somebody_up() else { return Ok(()) };
        let ways = [
            PresenceStatus::Online,
            PresenceStatus::Away,
            PresenceStatus::Busy,
            PresenceStatus::Invisible,
            PresenceStatus::Offline,
        ];
        let status = self.nature.chance.pick(&ways).copied().unwrap_or(PresenceStatus::Online);
        self.ask(number, PresenceSet { status, port: 7000 });
        Ok(())
    }

    fn ask_presence(&mut self) -> Held {
        let Some(number) = self.somebody_up() else { return Ok(()) };
        let everybody = self.people.iter().map(|person| person.account).take(200).collect();
        self.ask(number, PresenceGet { accounts: fits(Listed::new(everybody))? });
        Ok(())
    }

    fn change_profile(&mut self) -> Held {
        let Some(number) = self.somebody_up() else { return Ok(()) };
        let (open, shares) = (self.nature.chance.one_in(2), self.nature.chance.one_in(2));
        let change = ProfileChange {
            display_name: None,
            email: None,
            visibility: None,
            shares_last_seen: Some(shares),
            open_to_all: Some(open),
        };
        self.ask(number, change);
        Ok(())
    }

    fn type_something(&mut self) -> Held {
        let Some(number) = self.somebody_up() else { return Ok(()) };
        let Some(room) = self.room_of(self.account(number)) else { return Ok(()) };
        if let Some(client) = self.clients.get_mut(number) {
            client.push(&mut self.nature, ClientPush::Typing(Typing { room, account: None }));
        }
        Ok(())
    }
}
