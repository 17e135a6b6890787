//! One connection in its steady state: pushes are stored and acknowledged, the outbox empties itself.
use std::{collections::BTreeSet, sync::Arc};

use sotto_protocol::{
    AccountId, Contact, ContactEvent, ContactList, InboxEvent, Marks, PersonShow, Room, RoomId, RoomList,
    RoomMembers, ServerPush, SignedIn, limits::PAGE_MAX,
};
use tokio::time::{Instant, sleep_until};

use super::{
    Event, Inner, State,
    engine::{local, stopped},
    outgoing::Outgoing,
};
use crate::{
    Link, LinkError, Pushes,
    pure::Acks,
    vault::{Message, News, Received, Revisions, Stored, VaultError},
};

/// Pushes that are stored in one step.
const BATCH: usize = 64;
/// Rooms whose marks are asked for at the beginning, so that ticks are right.
const MARKED_ROOMS: u32 = 8;

/// Runs until the connection is over; says why.
pub(super) async fn run(inner: &Arc<Inner>, link: Link, mut pushes: Pushes) -> LinkError {
    let mut session = Session {
        inner,
        link: link.clone(),
        acks: Acks::default(),
        outgoing: Outgoing::default(),
        began: Instant::now(),
        lists_are_stale: false,
    };
    match session.begin().await {
        Ok(()) => session.until_the_end(&mut pushes).await,
        Err(why) => why,
    }
}

struct Session<'a> {
    inner: &'a Arc<Inner>,
    link: Link,
    acks: Acks,
    outgoing: Outgoing,
    began: Instant,
    lists_are_stale: bool,
}

impl Session<'_> {
    async fn begin(&mut self) -> Result<(), LinkError> {
        self.outgoing.load(self.inner).await?;
        let server_name = self.link.welcome().server_name.as_str().to_owned();
        self.inner.state.send_replace(State::Online(self.link.clone()));
        self.inner.tell(Event::Online { server_name });
        self.refresh_marks().await
    }

    async fn until_the_end(&mut self, pushes: &mut Pushes) -> LinkError {
        let mut stop = self.inner.stop.subscribe();
        loop {
            if let Err(why) = self.outgoing.send(self.inner, &self.link, self.now_ms()).await {
                return why;
            }
            let alarm = self.alarm();
            let done = tokio::select! {
                push = pushes.next() => match push {
                    Ok(push) => self.store(push, pushes).await,
                    Err(why) => Err(why),
                },
                (envelope, answer) = self.outgoing.answered() => {
                    let now_ms = self.now_ms();
                    let moved = self.outgoing.settle(self.inner, envelope, answer, now_ms).await;
                    moved.map(|moved| if let Some((log, cursor)) = moved {
                        self.acks.stored(log, cursor, 0, now_ms);
                    })
                }
                () = self.inner.outbox.notified() => self.outgoing.load(self.inner).await,
                () = sleep_until(alarm.unwrap_or(self.began)), if alarm.is_some() => Ok(()),
                () = stopped(&mut stop) => {
                    self.acknowledge(true);
                    self.link.clone().close().await;
                    return LinkError::Closed;
                }
            };
            if let Err(why) = done {
                return why;
            }
            self.acknowledge(false);
            if std::mem::take(&mut self.lists_are_stale)
                && let Err(why) = resync(self.inner, &self.link, None).await
            {
                return why;
            }
        }
    }

    /// Stores this push and what has come with it, in one transaction; then, and only then, it may be acknowledged.
    async fn store(&mut self, first: ServerPush, pushes: &mut Pushes) -> Result<(), LinkError> {
        let mut batch = Vec::new();
        let mut push = Some(first);
        while let Some(next) = push {
            match next {
                ServerPush::Deliver(deliver) => batch.push(Received::Deliver(deliver)),
                ServerPush::Gap(gap) => batch.push(Received::Gap(gap)),
                ServerPush::Marks(marks) => self.mark(marks).await?,
                ServerPush::Typing(typing) => {
                    if let Some(account) = typing.account {
                        self.inner.tell(Event::Typing { room: typing.room, account });
                    }
                }
                ServerPush::Presence(presence) => self.inner.tell(Event::Presence(presence)),
                ServerPush::Bye(_) => {}
            }
            push = if batch.len() < BATCH { pushes.try_next() } else { None };
        }
        if batch.is_empty() {
            return Ok(());
        }
        let (stored, messages, strangers) =
            self.inner.vault.call(move |vault| keep(vault, batch)).await.map_err(local)?;
        let now_ms = self.now_ms();
        for step in &stored {
            self.acks.stored(step.log, step.cursor, step.bytes, now_ms);
        }
        self.acknowledge(false);
        self.introduce(strangers).await?;
        let mut messages = messages.into_iter();
        for news in stored.into_iter().filter_map(|step| step.news) {
            self.announce(news, &mut messages).await?;
        }
        Ok(())
    }

    async fn announce(
        &mut self,
        news: News,
        messages: &mut impl Iterator<Item = Message>,
    ) -> Result<(), LinkError> {
        match news {
            News::Message(_) => {
                messages.next().into_iter().for_each(|message| self.inner.tell(Event::Message(message)))
            }
            News::Change(room, change) => {
                self.lists_are_stale |=
                    !change.add.is_empty() || !change.remove.is_empty() || change.title.is_some();
                self.inner.tell(Event::Change(room, change));
            }
            News::Gap(gap) => {
                // Of an inbox: contacts and rooms may have changed unheard.
                self.lists_are_stale |= gap.log == self.inner.keys.device.id().into();
                self.inner.tell(Event::Gap(gap));
            }
            News::Event(InboxEvent::Contact(ContactEvent { contact, note, gone })) => {
                self.inner.tell(Event::Contact { contact, note, gone });
            }
            News::Event(InboxEvent::Room(event)) => {
                if !event.gone {
                    self.members(event.room).await?;
                }
                self.inner.tell(Event::Room(event));
            }
            News::Event(InboxEvent::Tombstone(tombstone)) => self.inner.tell(Event::Tombstone(tombstone)),
            News::Event(InboxEvent::Device(event)) => self.inner.tell(Event::Device(event)),
            News::Event(InboxEvent::Account(event)) => self.inner.tell(Event::Account(event)),
            News::Event(InboxEvent::Notice(event)) => self.inner.tell(Event::Notice(event.text)),
            News::Unknown => {}
        }
        Ok(())
    }

    async fn mark(&mut self, marks: Marks) -> Result<(), LinkError> {
        let stored = marks.clone();
        if self.inner.vault.call(move |vault| vault.set_marks(&stored)).await.map_err(local)? {
            self.inner.tell(Event::Marks(marks));
        }
        Ok(())
    }

    /// Who wrote, and is not known here yet.
    async fn introduce(&self, strangers: BTreeSet<AccountId>) -> Result<(), LinkError> {
        for account in strangers {
            match self.link.ask(PersonShow::Account(account)).await {
                Ok(person) => {
                    self.inner.vault.call(move |vault| vault.set_person(&person)).await.map_err(local)?;
                }
                // Gone, or hidden from me.
                Err(LinkError::Refused(_)) => {}
                Err(why) => return Err(why),
            }
        }
        Ok(())
    }

    /// Ticks of messages that were under way when this device was last here.
    async fn refresh_marks(&mut self) -> Result<(), LinkError> {
        let device = self.inner.keys.device.id();
        let unsettled = self
            .inner
            .vault
            .call(move |vault| vault.unsettled_rooms(device, MARKED_ROOMS))
            .await
            .map_err(local)?;
        for room in unsettled {
            self.members(room).await?;
        }
        Ok(())
    }

    async fn members(&self, room: RoomId) -> Result<(), LinkError> {
        let page = match self.link.ask(RoomMembers { room, after: None, limit: PAGE_MAX }).await {
            Ok(page) => page,
            Err(LinkError::Refused(_)) => return Ok(()),
            Err(why) => return Err(why),
        };
        let members = page.members;
        let news =
            self.inner.vault.call(move |vault| vault.set_members(room, &members)).await.map_err(local)?;
        news.into_iter().for_each(|marks| self.inner.tell(Event::Marks(marks)));
        Ok(())
    }

    fn acknowledge(&mut self, everything: bool) {
        let due = if everything { self.acks.take() } else { self.acks.take_due(self.now_ms()) };
        due.into_iter().for_each(|ack| self.link.ack(ack));
    }

    fn alarm(&self) -> Option<Instant> {
        let due = [self.acks.due_ms(), self.outgoing.wake_ms()].into_iter().flatten().min()?;
        Some(self.began + std::time::Duration::from_millis(due))
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

type Kept = (Vec<Stored>, Vec<Message>, BTreeSet<AccountId>);

fn keep(vault: &mut crate::vault::Vault, batch: Vec<Received>) -> Result<Kept, VaultError> {
    let stored = vault.receive(batch)?;
    let mut messages = Vec::new();
    let mut strangers = BTreeSet::new();
    for step in &stored {
        if let Some(News::Message(number)) = step.news
            && let Some(message) = vault.message(number)?
        {
            if !strangers.contains(&message.account) && vault.person(message.account)?.is_none() {
                strangers.insert(message.account);
            }
            messages.push(message);
        }
    }
    Ok((stored, messages, strangers))
}

/// Fetches the lists that have changed since they were fetched last; without a sign-in, both.
pub(super) async fn resync(
    inner: &Arc<Inner>,
    link: &Link,
    signed_in: Option<&SignedIn>,
) -> Result<(), LinkError> {
    let known = inner.vault.call(|vault| vault.revisions()).await.map_err(local)?;
    let rewound = match (signed_in, known) {
        (Some(now), Some(known)) => now.incarnation != known.incarnation,
        (Some(_) | None, None) | (None, Some(_)) => false,
    };
    let same = |now: fn(&SignedIn) -> u64, then: fn(Revisions) -> u64| {
        signed_in.zip(known).is_some_and(|(now_in, known)| now(now_in) == then(known)) && !rewound
    };
    let mut revisions = known.unwrap_or_default();
    if let Some(signed_in) = signed_in {
        revisions.incarnation = signed_in.incarnation;
    }
    if !same(|now| now.roster_revision, |then| then.roster) {
        let (contacts, revision) = contacts(link).await?;
        revisions.roster = revision;
        inner.vault.call(move |vault| vault.set_contacts(&contacts)).await.map_err(local)?;
    }
    if !same(|now| now.rooms_revision, |then| then.rooms) {
        let (rooms, revision) = rooms(link).await?;
        revisions.rooms = revision;
        let inbox = inner.keys.device.id().into();
        let lost = inner
            .vault
            .call(move |vault| {
                if rewound {
                    vault.rewind(&rooms, inbox)?;
                }
                vault.set_rooms(&rooms)
            })
            .await
            .map_err(local)?;
        for (room, from, to) in lost {
            let why = sotto_protocol::GapReason::Expired;
            inner.tell(Event::Gap(sotto_protocol::Gap { log: room.into(), from, to, why }));
        }
    }
    inner.vault.call(move |vault| vault.set_revisions(revisions)).await.map_err(local)
}

async fn contacts(link: &Link) -> Result<(Vec<Contact>, u64), LinkError> {
    let mut all: Vec<Contact> = Vec::new();
    loop {
        let after = all.last().map(|contact| contact.person.account);
        let page = link.ask(ContactList { after, limit: PAGE_MAX }).await?;
        let (more, revision) = (page.more && !page.contacts.is_empty(), page.revision);
        all.extend(page.contacts);
        if !more {
            return Ok((all, revision));
        }
    }
}

/// All my rooms, as the server sees them now.
pub(super) async fn rooms(link: &Link) -> Result<(Vec<Room>, u64), LinkError> {
    let mut all: Vec<Room> = Vec::new();
    loop {
        let after = all.last().map(|room| room.room);
        let page = link.ask(RoomList { after, limit: PAGE_MAX }).await?;
        let (more, revision) = (page.more && !page.rooms.is_empty(), page.revision);
        all.extend(page.rooms);
        if !more {
            return Ok((all, revision));
        }
    }
}
