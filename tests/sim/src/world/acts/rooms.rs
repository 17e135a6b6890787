//! Rooms begin, change and end; by those who may, and by those who may not.
use sotto_protocol::{AccountId, Listed, Role, RoomChange, RoomKind, RoomLeave, Seat};

use crate::{
    model::Held,
    world::{World, people::fits},
};

impl World {
    pub(super) fn create_group(&mut self) -> Held {
        let Some(number) = self.somebody_up() else { return Ok(()) };
        let create = self.new_group(self.account(number))?;
        if let Some(client) = self.clients.get_mut(number) {
            client.draft(&mut self.nature, create.envelope_id, create.into());
        }
        Ok(())
    }

    pub(super) fn create_direct(&mut self) -> Held {
        let Some((number, account)) = self.two() else { return Ok(()) };
        let create = self.room_create(RoomKind::Direct, vec![Seat { account, role: Role::Owner }])?;
        if let Some(client) = self.clients.get_mut(number) {
            client.draft(&mut self.nature, create.envelope_id, create.into());
        }
        Ok(())
    }

    /// Some come, some go, some rise.
    pub(super) fn change_room(&mut self) -> Held {
        let Some(number) = self.somebody_up() else { return Ok(()) };
        let me = self.account(number);
        let Some(room) = self.room_of(me) else { return Ok(()) };
        let members: Vec<AccountId> = self
            .model
            .rooms
            .get(&room)
            .map(|room| room.members.keys().copied().collect())
            .unwrap_or_default();
        let (mut add, mut remove, mut roles) = (Vec::new(), Vec::new(), Vec::new());
        let role = match self.nature.chance.below(6) {
            0 => Role::Owner,
            1 => Role::Admin,
            _ => Role::Member,
        };
        let is_out = |account: &AccountId| !members.contains(account);
        match self.nature.chance.below(7) {
            0..=2 => add.extend(Some(self.other()).filter(is_out).map(|account| Seat { account, role })),
            3..=4 => remove.extend(self.nature.chance.pick(&members).copied()),
            5 => roles
                .extend(self.nature.chance.pick(&members).map(|account| Seat { account: *account, role })),
            _ => {
                remove.extend(self.nature.chance.pick(&members).copied());
                add.extend(Some(self.other()).filter(is_out).map(|account| Seat { account, role }));
            }
        }
        let envelope_id = self.new_envelope();
        let change = RoomChange {
            room,
            envelope_id,
            add: fits(Listed::new(add))?,
            remove: fits(Listed::new(remove))?,
            roles: fits(Listed::new(roles))?,
            title: None,
            commit: None,
        };
        if let Some(client) = self.clients.get_mut(number) {
            client.draft(&mut self.nature, envelope_id, change.into());
        }
        Ok(())
    }

    pub(super) fn leave_room(&mut self) -> Held {
        let Some(number) = self.somebody_up() else { return Ok(()) };
        let Some(room) = self.room_of(self.account(number)) else { return Ok(()) };
        let envelope_id = self.new_envelope();
        if let Some(client) = self.clients.get_mut(number) {
            client.draft(&mut self.nature, envelope_id, RoomLeave { room, envelope_id }.into());
        }
        Ok(())
    }
}
