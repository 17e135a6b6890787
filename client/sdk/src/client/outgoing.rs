//! The outbox at work: what waits on disk goes out, in order, several at a time, and leaves the disk with the answer.
use std::{future::poll_fn, pin::Pin, sync::Arc, task::Poll};

use rand_core::{OsRng, RngCore as _};
use sotto_protocol::{
    Accepted, AccountId, Append, EntryKind, EnvelopeId, Listed, LogId, Octets, Role, Room, RoomCreate,
    RoomId, RoomKind, Seat, Title,
};

use super::{Event, Inner, engine::local};
use crate::{
    Link, LinkError, Pending, Refusal,
    clock::wall_ms,
    pure::{Backoff, Lane, Outbox},
};

/// Half of what a server takes: commands need some room too.
const UNDER_WAY_MAX: usize = 16;

#[derive(Default)]
pub(super) struct Outgoing {
    outbox: Outbox,
    under_way: Vec<(EnvelopeId, Pending<Append>)>,
    backoff: Backoff,
}

impl Outgoing {
    /// Looks at what waits on disk.
    pub(super) async fn load(&mut self, inner: &Arc<Inner>) -> Result<(), LinkError> {
        let waiting = inner.vault.call(|vault| vault.waiting()).await.map_err(local)?;
        for (envelope, lane) in waiting {
            self.outbox.add(envelope, lane);
        }
        Ok(())
    }

    /// Sends what may be sent now.
    pub(super) async fn send(
        &mut self,
        inner: &Arc<Inner>,
        link: &Link,
        now_ms: u64,
    ) -> Result<(), LinkError> {
        while self.under_way.len() < UNDER_WAY_MAX {
            let Some((envelope, lane)) = self.outbox.next(now_ms) else { return Ok(()) };
            let room = match lane {
                Lane::Room(room) => room,
                Lane::Person(person) => match self.room_with(inner, link, person).await {
                    Ok(room) => room,
                    Err(LinkError::Refused(refusal)) => {
                        self.refused(inner, envelope, &refusal, now_ms).await?;
                        continue;
                    }
                    Err(why) => return Err(why),
                },
            };
            let payload =
                inner.vault.call(move |vault| vault.waiting_payload(envelope)).await.map_err(local)?;
            let Some(sealed) = payload.and_then(|payload| Octets::new(payload).ok()) else {
                self.outbox.settle(envelope);
                continue;
            };
            let log = LogId::from(room);
            let append =
                Append { log, envelope_id: envelope, kind: EntryKind::Message, sealed, commit: None };
            self.under_way.push((envelope, link.send(append).await?));
        }
        Ok(())
    }

    /// Waits for the next answer; for ever when nothing is under way.
    pub(super) async fn answered(&mut self) -> (EnvelopeId, Result<Accepted, LinkError>) {
        poll_fn(|context| {
            for index in 0..self.under_way.len() {
                let Some((envelope, pending)) = self.under_way.get_mut(index) else { break };
                if let Poll::Ready(answer) = Pin::new(pending).poll(context) {
                    let envelope = *envelope;
                    let _answered = self.under_way.swap_remove(index);
                    return Poll::Ready((envelope, answer));
                }
            }
            Poll::Pending
        })
        .await
    }

    /// Records an answer; gives the log whose cursor moved by it.
    pub(super) async fn settle(
        &mut self,
        inner: &Arc<Inner>,
        envelope: EnvelopeId,
        answer: Result<Accepted, LinkError>,
        now_ms: u64,
    ) -> Result<Option<(LogId, u64)>, LinkError> {
        match answer {
            Ok(accepted) => {
                let (log, sequence) = (accepted.log, accepted.sequence);
                let moved = inner
                    .vault
                    .call(move |vault| vault.accepted(envelope, &accepted))
                    .await
                    .map_err(local)?;
                self.outbox.settle(envelope);
                self.backoff.reset();
                inner.tell(Event::Sent { envelope, room: log.into(), sequence });
                Ok(moved.map(|cursor| (log, cursor)))
            }
            Err(LinkError::Refused(refusal)) => {
                self.refused(inner, envelope, &refusal, now_ms).await?;
                Ok(None)
            }
            Err(why) => Err(why),
        }
    }

    /// When something that was told to come later may go.
    pub(super) fn wake_ms(&self) -> Option<u64> {
        self.outbox.wake_ms()
    }

    async fn refused(
        &mut self,
        inner: &Arc<Inner>,
        envelope: EnvelopeId,
        refusal: &Refusal,
        now_ms: u64,
    ) -> Result<(), LinkError> {
        if refusal.retryable {
            let pause = self.backoff.pause_ms(OsRng.next_u32()).max(refusal.retry_after_ms).max(100);
            self.outbox.later(envelope, now_ms + u64::from(pause));
            return Ok(());
        }
        let reason = refusal.key.clone();
        let stored = reason.clone();
        inner.vault.call(move |vault| vault.failed(envelope, &stored)).await.map_err(local)?;
        self.outbox.settle(envelope);
        inner.tell(Event::Failed { envelope, reason });
        Ok(())
    }

    /// The direct room with somebody: ours, the one that they made meanwhile, or a new one.
    async fn room_with(
        &mut self,
        inner: &Arc<Inner>,
        link: &Link,
        person: AccountId,
    ) -> Result<RoomId, LinkError> {
        let known = inner.vault.call(move |vault| vault.direct_room(person)).await.map_err(local)?;
        let room = match known {
            Some(room) => room.room,
            None => create_direct(inner, link, person).await?,
        };
        inner.vault.call(move |vault| vault.house(person, room)).await.map_err(local)?;
        self.outbox.housed(person, room);
        Ok(room)
    }
}

/// Asks for the direct room with somebody, and remembers it.
pub(super) async fn create_direct(
    inner: &Arc<Inner>,
    link: &Link,
    person: AccountId,
) -> Result<RoomId, LinkError> {
    let mut room = [0; 16];
    OsRng.fill_bytes(&mut room);
    let seat = Seat { account: person, role: Role::Member };
    let request = RoomCreate {
        room: RoomId::new(room),
        kind: RoomKind::Direct,
        seats: Listed::new(vec![seat]).unwrap_or_default(),
        title: Title::default(),
        envelope_id: new_envelope(),
        commit: None,
        suite: 0,
    };
    let created = link.ask(request).await?;
    let room = created.room;
    let sequence = created.sequence;
    inner
        .vault
        .call(move |vault| {
            if vault.room(room)?.is_none() {
                let peer = vault.person(person)?;
                vault.set_room(&fresh_room(room, RoomKind::Direct, Title::default(), sequence, peer))?;
            }
            Ok(())
        })
        .await
        .map_err(local)?;
    Ok(room)
}

/// A room that this device has just made, until the server describes it.
pub(super) fn fresh_room(
    room: RoomId,
    kind: RoomKind,
    title: Title,
    sequence: u64,
    peer: Option<sotto_protocol::Person>,
) -> Room {
    let (members, created_ms) = (2, wall_ms());
    Room {
        room,
        kind,
        role: Role::Owner,
        members,
        epoch: 0,
        head: sequence,
        cursor: sequence,
        read: sequence,
        title,
        created_ms,
        suite: 0,
        peer,
    }
}

/// A UUIDv7: neighbours in time are neighbours on disk.
pub(super) fn new_envelope() -> EnvelopeId {
    EnvelopeId::new(*uuid::Uuid::now_v7().as_bytes())
}
