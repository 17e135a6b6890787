//! A daemon and the people around it.
use std::sync::Arc;

use anyhow::{Result, bail};
use sotto_protocol::{
    ContactRequest, EnvelopeId, Listed, Note, ProfileChange, Role, RoomChange, RoomCreate, RoomId, RoomKind,
    Seat, Title, limits::ITEMS_MAX,
};
use uuid::Uuid;

use crate::{Daemon, Person, Setup, envelope::new_envelope_id, in_parallel};

/// A daemon and the people around it.
pub struct World {
    /// The server.
    pub daemon: Daemon,
}

impl World {
    /// A fresh daemon where anybody may register.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn open() -> Result<Self> {
        Self::with(Setup::default()).await
    }

    /// A fresh daemon, started like this. Building it may take a while, so it is done apart.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn with(setup: Setup) -> Result<Self> {
        let daemon = tokio::task::spawn_blocking(move || Daemon::start(setup)).await??;
        Ok(Self { daemon })
    }

    /// Somebody new, who is gone again.
    ///
    /// # Errors
    /// When the server does not want them.
    pub async fn person(&self, name: &str) -> Result<Arc<Person>> {
        let (person, online) = Person::register(self.daemon.door(), name, None, None).await?;
        online.link.close().await;
        Ok(Arc::new(person))
    }

    /// Many who are new, called `prefix0`, `prefix1`, …
    ///
    /// # Errors
    /// When the server does not want one of them.
    pub async fn people(&self, prefix: &str, count: usize) -> Result<Vec<Arc<Person>>> {
        let names = (0..count).map(|number| (self.daemon.door().clone(), format!("{prefix}{number}")));
        in_parallel(names, |(door, name)| async move {
            let (person, online) = Person::register(&door, &name, None, None).await?;
            online.link.close().await;
            Ok(Arc::new(person))
        })
        .await
    }

    /// See [`talk`].
    ///
    /// # Errors
    /// When the server does not want it.
    pub async fn talk(&self, anna: &Person, bo: &Person) -> Result<RoomId> {
        talk(anna, bo).await
    }

    /// A group of any size; its members let anybody here seat them.
    ///
    /// # Errors
    /// When the server does not want it.
    pub async fn group(&self, owner: &Person, members: &[Arc<Person>]) -> Result<RoomId> {
        in_parallel(members.to_vec(), |member| async move {
            let online = member.online().await?;
            let mut change = nothing_changes();
            change.open_to_all = Some(true);
            online.link.ask(change).await?;
            online.link.close().await;
            Ok(())
        })
        .await?;
        let of_owner = owner.online().await?;
        let room = of_owner.link.ask(new_room(RoomKind::Group, &[])?).await?.room;
        for some in members.chunks(ITEMS_MAX) {
            let some: Vec<&Person> = some.iter().map(Arc::as_ref).collect();
            of_owner.link.ask(seats_added(room, &some)?).await?;
        }
        of_owner.link.close().await;
        Ok(room)
    }
}

/// Makes two people contacts of each other and gives them a room.
///
/// # Errors
/// When the server does not want it.
pub async fn talk(anna: &Person, bo: &Person) -> Result<RoomId> {
    let ask = |account| -> Result<_> { Ok(ContactRequest { account, note: Note::new("")? }) };
    let (of_anna, of_bo) = (anna.online().await?, bo.online().await?);
    of_anna.link.ask(ask(bo.account())?).await?;
    of_bo.link.ask(ask(anna.account())?).await?;
    let room = of_anna.link.ask(new_room(RoomKind::Direct, &[bo])?).await?.room;
    of_anna.link.close().await;
    of_bo.link.close().await;
    Ok(room)
}

fn new_room(kind: RoomKind, others: &[&Person]) -> Result<RoomCreate> {
    Ok(RoomCreate {
        room: RoomId::new(*Uuid::now_v7().as_bytes()),
        kind,
        seats: seats(others)?,
        title: Title::default(),
        envelope_id: new_envelope_id(),
        commit: None,
        suite: 0,
    })
}

fn seats_added(room: RoomId, others: &[&Person]) -> Result<RoomChange> {
    let envelope_id: EnvelopeId = new_envelope_id();
    let (remove, roles) = (Listed::default(), Listed::default());
    Ok(RoomChange { room, envelope_id, add: seats(others)?, remove, roles, title: None, commit: None })
}

fn seats(people: &[&Person]) -> Result<Listed<Seat, ITEMS_MAX>> {
    let seats = people.iter().map(|person| Seat { account: person.account(), role: Role::Member });
    match Listed::new(seats.collect()) {
        Ok(seats) => Ok(seats),
        Err(wrong) => bail!("too many seats: {wrong}"),
    }
}

const fn nothing_changes() -> ProfileChange {
    ProfileChange {
        display_name: None,
        email: None,
        visibility: None,
        shares_last_seen: None,
        open_to_all: None,
    }
}
