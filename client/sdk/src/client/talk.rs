//! Writing and reading.
use std::time::Duration;

use sotto_protocol::{AccountId, Contact, EnvelopeId, Room, RoomId, RoomKind, Typing, UserName};
use tokio::{
    sync::broadcast::error::RecvError,
    time::{Instant, timeout_at},
};

use super::{
    Client, ClientError, Event,
    outgoing::{create_direct, new_envelope},
    session,
};
use crate::{
    clock::wall_ms,
    content::{Content, title_text},
    pure::Lane,
    vault::{Delivery, Message, Outgoing, Slice},
};

/// To whom something is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A contact.
    Person(Box<Contact>),
    /// Somebody who is known but no contact.
    Stranger(Box<sotto_protocol::Person>),
    /// A group.
    Group(Box<Room>),
}

/// How far a message of ours has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reached {
    /// As far as was asked, or further.
    There(Delivery),
    /// The server refused it for good, with this reason.
    Failed(String),
}

impl Client {
    /// Finds whom a name stands for: `#title` is a group, anything else a contact's user name or my remark for them.
    /// Only what is known here is looked at.
    ///
    /// # Errors
    /// [`ClientError::NoSuchPerson`], [`ClientError::NoSuchRoom`], [`ClientError::Ambiguous`].
    pub async fn target(&self, name: &str) -> Result<Target, ClientError> {
        if let Some(title) = name.strip_prefix('#') {
            return Ok(Target::Group(Box::new(self.group(title).await?)));
        }
        let contacts = self.contacts().await?;
        let by_name = contacts.iter().find(|contact| contact.person.user_name.as_str() == name);
        let by_remark = || contacts.iter().find(|contact| contact.remark.as_str() == name);
        if let Some(contact) = by_name.or_else(by_remark) {
            return Ok(Target::Person(Box::new(contact.clone())));
        }
        let people = self.0.vault.call(|vault| vault.people()).await?;
        let stranger = people.into_iter().find(|person| person.user_name.as_str() == name);
        stranger
            .map(|person| Target::Stranger(Box::new(person)))
            .ok_or_else(|| ClientError::NoSuchPerson(name.to_owned()))
    }

    /// Keeps a text and puts it into the outbox; it leaves as soon as there is a connection. What this has returned from
    /// survives everything.
    ///
    /// # Errors
    /// [`ClientError::TooLong`], or trouble with the local store.
    pub async fn send_text(&self, target: &Target, text: &str) -> Result<EnvelopeId, ClientError> {
        let at_ms = wall_ms();
        let payload = Content::text_payload(text, at_ms)?;
        let (envelope, account, device) = (new_envelope(), self.account(), self.device());
        let lane = self.lane(target).await?;
        let outgoing = Outgoing { envelope, lane, account, device, at_ms, payload };
        self.0.vault.call(move |vault| vault.post(&outgoing)).await?;
        self.0.outbox.notify_one();
        Ok(envelope)
    }

    /// Waits until a message of ours has come as far as this.
    ///
    /// # Errors
    /// [`ClientError::TimedOut`].
    pub async fn wait_for(
        &self,
        envelope: EnvelopeId,
        level: Delivery,
        patience: Duration,
    ) -> Result<Reached, ClientError> {
        let deadline = Instant::now() + patience;
        let mut events = self.events();
        loop {
            let reached = self.reached(envelope).await?;
            match reached {
                Reached::Failed(_) => return Ok(reached),
                Reached::There(delivery) if delivery >= level => return Ok(reached),
                Reached::There(_) => {}
            }
            loop {
                let event = timeout_at(deadline, events.recv()).await.map_err(|_| ClientError::TimedOut)?;
                match event {
                    Ok(Event::Sent { .. } | Event::Failed { .. } | Event::Marks(_))
                    | Err(RecvError::Lagged(_)) => break,
                    Ok(_) => {}
                    Err(RecvError::Closed) => return Err(ClientError::TimedOut),
                }
            }
        }
    }

    /// How far a message of ours has come by now.
    ///
    /// # Errors
    /// Trouble with the local store.
    pub async fn reached(&self, envelope: EnvelopeId) -> Result<Reached, ClientError> {
        let device = self.device();
        let found = self.0.vault.call(move |vault| {
            let Some(message) = vault.own_message(envelope, device)? else { return Ok(None) };
            let delivery = vault.delivery(&message)?;
            Ok(Some((message, delivery)))
        });
        Ok(match found.await? {
            Some((Message { failed: Some(reason), .. }, _)) => Reached::Failed(reason),
            Some((_, delivery)) => Reached::There(delivery),
            None => Reached::There(Delivery::Waiting),
        })
    }

    /// Takes a message back that has not left yet. `false`: it has.
    ///
    /// # Errors
    /// Trouble with the local store.
    pub async fn withdraw(&self, envelope: EnvelopeId) -> Result<bool, ClientError> {
        Ok(self.0.vault.call(move |vault| vault.withdraw(envelope)).await?)
    }

    /// What was said.
    ///
    /// # Errors
    /// Trouble with the local store.
    pub async fn history(
        &self,
        target: &Target,
        slice: Slice,
    ) -> Result<Vec<(Message, Delivery)>, ClientError> {
        let lane = self.lane(target).await?;
        Ok(self
            .0
            .vault
            .call(move |vault| {
                let messages = vault.history(lane, slice)?;
                messages
                    .into_iter()
                    .map(|message| vault.delivery(&message).map(|delivery| (message, delivery)))
                    .collect()
            })
            .await?)
    }

    /// Says how far I have seen a room; `tell`: whether the others may know.
    ///
    /// # Errors
    /// The server's refusal, or trouble on the way.
    pub async fn mark_read(&self, room: RoomId, upto: u64, tell: bool) -> Result<(), ClientError> {
        self.link().await?.ask(sotto_protocol::Read { room, upto, tell }).await?;
        self.0
            .vault
            .call(move |vault| {
                if let Some(mut known) = vault.room(room)? {
                    known.read = known.read.max(upto);
                    vault.set_room(&known)?;
                }
                Ok(())
            })
            .await?;
        Ok(())
    }

    /// Lets a room know that I am writing, if there is a connection.
    pub async fn typing(&self, room: RoomId) {
        if let Ok(link) = self.link().await {
            link.typing(Typing { room, account: None });
        }
    }

    /// Messages from others that no listener has been told of.
    ///
    /// # Errors
    /// Trouble with the local store.
    pub async fn unheard(&self, limit: u32) -> Result<Vec<Message>, ClientError> {
        let me = self.device();
        let unheard = self.0.vault.call(move |vault| {
            let heard = vault.heard()?;
            vault.from_others(me, heard, limit)
        });
        Ok(unheard.await?)
    }

    /// A listener has been told of everything up to this message.
    ///
    /// # Errors
    /// Trouble with the local store.
    pub async fn heard(&self, number: u64) -> Result<(), ClientError> {
        Ok(self.0.vault.call(move |vault| vault.set_heard(number)).await?)
    }

    /// Opens the direct room with somebody, if the server lets me.
    ///
    /// # Errors
    /// The server's refusal, or trouble on the way.
    pub async fn open_direct(&self, person: AccountId) -> Result<RoomId, ClientError> {
        let known = self.0.vault.call(move |vault| vault.direct_room(person)).await?;
        match known {
            Some(room) => Ok(room.room),
            None => Ok(create_direct(&self.0, &self.link().await?, person).await?),
        }
    }

    /// Waits until everything that the server held for this device a moment ago is stored here.
    ///
    /// # Errors
    /// [`ClientError::TimedOut`] when it takes longer; what has come is stored all the same.
    pub async fn catch_up(&self, patience: Duration) -> Result<(), ClientError> {
        let deadline = Instant::now() + patience;
        let mut events = self.events();
        let (rooms, _) = session::rooms(&self.link().await?).await?;
        loop {
            let heads: Vec<_> = rooms.iter().map(|room| (room.room, room.head)).collect();
            let behind = self.0.vault.call(move |vault| {
                for (room, head) in heads {
                    if vault.cursor(room.into())?.unwrap_or(0) < head {
                        return Ok(true);
                    }
                }
                Ok(false)
            });
            if !behind.await? {
                return Ok(());
            }
            match timeout_at(deadline, events.recv()).await {
                Ok(Ok(_) | Err(RecvError::Lagged(_))) => {}
                Ok(Err(RecvError::Closed)) | Err(_) => return Err(ClientError::TimedOut),
            }
        }
    }

    async fn group(&self, title: &str) -> Result<Room, ClientError> {
        let rooms = self.rooms().await?;
        let mut found = rooms.into_iter().filter(|room| {
            room.kind == RoomKind::Group
                && (title_text(&room.title).eq_ignore_ascii_case(title)
                    || title.len() >= 6 && room.room.to_string().starts_with(title))
        });
        match (found.next(), found.next()) {
            (Some(room), None) => Ok(room),
            (Some(_), Some(_)) => Err(ClientError::Ambiguous(title.to_owned())),
            (None, _) => Err(ClientError::NoSuchRoom(title.to_owned())),
        }
    }

    async fn lane(&self, target: &Target) -> Result<Lane, ClientError> {
        let person: AccountId = match target {
            Target::Group(room) => return Ok(Lane::Room(room.room)),
            Target::Person(contact) => contact.person.account,
            Target::Stranger(person) => person.account,
        };
        let room = self.0.vault.call(move |vault| vault.direct_room(person)).await?;
        Ok(room.map_or(Lane::Person(person), |room| Lane::Room(room.room)))
    }
}

impl Target {
    /// A name for people: a remark, a user name, a group's title.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Person(contact) => contact.person.user_name.as_str().to_owned(),
            Self::Stranger(person) => person.user_name.as_str().to_owned(),
            Self::Group(room) => format!("#{}", title_text(&room.title)),
        }
    }

    /// The user name, where it is a person.
    #[must_use]
    pub fn user_name(&self) -> Option<&UserName> {
        match self {
            Self::Person(contact) => Some(&contact.person.user_name),
            Self::Stranger(person) => Some(&person.user_name),
            Self::Group(_) => None,
        }
    }
}
