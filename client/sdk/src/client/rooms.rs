//! Rooms: who is in them, and what they are called.
use rand_core::{OsRng, RngCore as _};
use sotto_protocol::{
    Accepted, AccountId, Listed, Member, Role, Room, RoomChange, RoomCreate, RoomId, RoomKind, RoomLeave,
    RoomMembers, Seat, limits::PAGE_MAX,
};

use super::{
    Client, ClientError,
    outgoing::{fresh_room, new_envelope},
};
use crate::content::title_payload;

impl Client {
    /// The rooms that I am in, as they are known here.
    ///
    /// # Errors
    /// Trouble with the local store.
    pub async fn rooms(&self) -> Result<Vec<Room>, ClientError> {
        Ok(self.0.vault.call(|vault| vault.rooms()).await?)
    }

    /// Rooms with the number of messages in each that I have not seen.
    ///
    /// # Errors
    /// Trouble with the local store.
    pub async fn rooms_with_unread(&self) -> Result<Vec<(Room, u64)>, ClientError> {
        let me = self.account();
        let counted = self.0.vault.call(move |vault| {
            let rooms = vault.rooms()?;
            rooms
                .into_iter()
                .map(|room| vault.unread(room.room, me, room.read).map(|unread| (room, unread)))
                .collect()
        });
        Ok(counted.await?)
    }

    /// Makes a group.
    ///
    /// # Errors
    /// The server's refusal, or trouble on the way.
    pub async fn create_group(&self, title: &str, members: &[AccountId]) -> Result<Room, ClientError> {
        let title = title_payload(title).map_err(ClientError::text("the title"))?;
        let mut room = [0; 16];
        OsRng.fill_bytes(&mut room);
        let request = RoomCreate {
            room: RoomId::new(room),
            kind: RoomKind::Group,
            seats: seats(members, Role::Member)?,
            title: title.clone(),
            envelope_id: new_envelope(),
            commit: None,
            suite: 0,
        };
        let created = self.link().await?.ask(request).await?;
        let mut fresh = fresh_room(created.room, RoomKind::Group, title, created.sequence, None);
        fresh.members = u32::try_from(members.len() + 1).unwrap_or(u32::MAX);
        let kept = fresh.clone();
        self.0.vault.call(move |vault| vault.set_room(&kept)).await?;
        Ok(fresh)
    }

    /// Brings people into a group.
    ///
    /// # Errors
    /// The server's refusal, or trouble on the way.
    pub async fn add_members(&self, room: RoomId, members: &[AccountId]) -> Result<(), ClientError> {
        let change = RoomChange { add: seats(members, Role::Member)?, ..no_change(room) };
        self.change(change).await
    }

    /// Takes people out of a group.
    ///
    /// # Errors
    /// The server's refusal, or trouble on the way.
    pub async fn remove_members(&self, room: RoomId, members: &[AccountId]) -> Result<(), ClientError> {
        let remove = Listed::new(members.to_vec()).map_err(ClientError::text("the list"))?;
        self.change(RoomChange { remove, ..no_change(room) }).await
    }

    /// Gives somebody a role in a group.
    ///
    /// # Errors
    /// The server's refusal, or trouble on the way.
    pub async fn set_role(&self, room: RoomId, account: AccountId, role: Role) -> Result<(), ClientError> {
        let roles = seats(&[account], role)?;
        self.change(RoomChange { roles, ..no_change(room) }).await
    }

    /// Calls a group something else.
    ///
    /// # Errors
    /// The server's refusal, or trouble on the way.
    pub async fn rename_group(&self, room: RoomId, title: &str) -> Result<(), ClientError> {
        let title = title_payload(title).map_err(ClientError::text("the title"))?;
        self.change(RoomChange { title: Some(title.clone()), ..no_change(room) }).await?;
        self.0
            .vault
            .call(move |vault| {
                if let Some(mut known) = vault.room(room)? {
                    known.title = title;
                    vault.set_room(&known)?;
                }
                Ok(())
            })
            .await?;
        Ok(())
    }

    /// Leaves a group. What was said there stays on this device.
    ///
    /// # Errors
    /// The server's refusal, or trouble on the way.
    pub async fn leave_group(&self, room: RoomId) -> Result<(), ClientError> {
        self.link().await?.ask(RoomLeave { room, envelope_id: new_envelope() }).await?;
        self.0.vault.call(move |vault| vault.remove_room(room)).await?;
        Ok(())
    }

    /// Who is in a room, and how far everybody is.
    ///
    /// # Errors
    /// The server's refusal, or trouble on the way.
    pub async fn members(&self, room: RoomId) -> Result<Vec<Member>, ClientError> {
        let link = self.link().await?;
        let mut members: Vec<Member> = Vec::new();
        loop {
            let after = members.last().map(|member| member.person.account);
            let page = link.ask(RoomMembers { room, after, limit: PAGE_MAX }).await?;
            let more = page.more && !page.members.is_empty();
            members.extend(page.members);
            if !more {
                break;
            }
        }
        let kept = members.clone();
        self.0.vault.call(move |vault| vault.set_members(room, &kept)).await?;
        Ok(members)
    }

    async fn change(&self, change: RoomChange) -> Result<(), ClientError> {
        let Accepted { log, sequence, .. } = self.link().await?.ask(change).await?;
        self.0.vault.call(move |vault| vault.own_change(log, sequence)).await?;
        Ok(())
    }
}

fn no_change(room: RoomId) -> RoomChange {
    RoomChange {
        room,
        envelope_id: new_envelope(),
        add: Listed::default(),
        remove: Listed::default(),
        roles: Listed::default(),
        title: None,
        commit: None,
    }
}

fn seats<const MAX: usize>(members: &[AccountId], role: Role) -> Result<Listed<Seat, MAX>, ClientError> {
    let seats = members.iter().map(|account| Seat { account: *account, role }).collect();
    Listed::new(seats).map_err(ClientError::text("the list"))
}
