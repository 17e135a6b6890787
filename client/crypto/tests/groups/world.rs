//! People with devices, each with a database of its own.
use client_crypto::{
    DeviceSecret, IdentitySecret, VaultKey,
    group::{
        Addition, Binding, DeviceCredential, GroupError, Groups, Me, PAST_EPOCHS, Received, Room, Trust,
    },
};
use daemon_groups::Leaf;
use rand_chacha::{
    ChaCha20Rng,
    rand_core::{RngCore as _, SeedableRng as _},
};
use rusqlite::Connection;
use sotto_protocol::{AccountId, Commit, DeviceId, EnvelopeId, IdentityKey, RoomId};

pub(crate) const ROOM: RoomId = RoomId::new([0x77; 16]);

/// A person.
pub(crate) struct Person {
    pub(crate) account: AccountId,
    pub(crate) identity: IdentitySecret,
}

/// A device of theirs, with its disk.
pub(crate) struct Device {
    pub(crate) secret: DeviceSecret,
    pub(crate) credential: DeviceCredential,
    pub(crate) vault: VaultKey,
    pub(crate) db: Connection,
    pub(crate) rng: ChaCha20Rng,
    pub(crate) past_epochs: usize,
}

/// Believes everybody: for tests that are about something else.
pub(crate) fn anybody(_: AccountId, _: IdentityKey) -> bool {
    true
}

/// The clock of this machine: OpenMLS looks at it by itself.
pub(crate) fn now_ms() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    u64::try_from(now.as_millis()).unwrap()
}

impl Person {
    pub(crate) fn new(number: u8) -> Self {
        let identity = IdentitySecret::from_bytes(&[number; 32]);
        Self { account: AccountId::new([number; 16]), identity }
    }

    pub(crate) fn device(&self, number: u8) -> Device {
        let seed = [self.account.as_bytes()[0] ^ 0x55, number];
        let mut rng = ChaCha20Rng::from_seed(std::array::from_fn(|at| seed[at % 2]));
        let secret = DeviceSecret::generate(&mut rng);
        let certificate = self.identity.certify(&secret, self.account, 1_795_000_000_000);
        let credential =
            DeviceCredential { account: self.account, identity: self.identity.public(), certificate };
        let db = Connection::open_in_memory().unwrap();
        Groups::prepare(&db).unwrap();
        let vault = VaultKey::generate(&mut rng);
        Device { secret, credential, vault, db, rng, past_epochs: PAST_EPOCHS }
    }
}

impl Device {
    /// One transaction, kept if all goes well.
    pub(crate) fn with<T>(
        &mut self,
        work: impl FnOnce(&Groups<'_>) -> Result<T, GroupError>,
    ) -> Result<T, GroupError> {
        let me = Me { device: &self.secret, credential: &self.credential, vault: &self.vault };
        let transaction = self.db.transaction().unwrap();
        let groups = Groups::new(&transaction, me, &mut self.rng).with_past_epochs_for_test(self.past_epochs);
        let done = work(&groups);
        drop(groups);
        if done.is_ok() {
            transaction.commit().unwrap();
        }
        done
    }

    /// The same with a room that must be there.
    pub(crate) fn room<T>(
        &mut self,
        room: RoomId,
        work: impl FnOnce(&mut Room<'_>) -> Result<T, GroupError>,
    ) -> Result<T, GroupError> {
        self.with(|groups| work(&mut groups.room(room)?.ok_or(GroupError::NotMember)?))
    }

    pub(crate) fn id(&self) -> DeviceId {
        self.secret.id()
    }

    pub(crate) fn binding(&mut self, room: RoomId) -> Binding {
        let mut envelope = [0; 16];
        self.rng.fill_bytes(&mut envelope);
        self.binding_of(room, EnvelopeId::new(envelope))
    }

    pub(crate) fn binding_of(&self, room: RoomId, envelope: EnvelopeId) -> Binding {
        Binding { room, envelope, account: self.credential.account, device: self.id() }
    }

    pub(crate) fn leaf(&self) -> Leaf {
        Leaf {
            account: self.credential.account,
            device: self.id(),
            identity: self.credential.identity,
            key: self.secret.key(),
        }
    }

    pub(crate) fn key_package(&mut self) -> Vec<u8> {
        self.with(|groups| groups.key_packages(1, now_ms())).unwrap().remove(0)
    }

    pub(crate) fn epoch(&mut self) -> u64 {
        self.room(ROOM, |room| Ok(room.epoch())).unwrap()
    }

    pub(crate) fn authenticator(&mut self) -> Vec<u8> {
        self.room(ROOM, |room| Ok(room.epoch_authenticator())).unwrap()
    }

    pub(crate) fn members(&mut self) -> Vec<DeviceId> {
        let members = self.room(ROOM, |room| room.members()).unwrap();
        members.iter().map(|member| member.device.device).collect()
    }

    pub(crate) fn seal(&mut self, words: &[u8]) -> (Binding, Vec<u8>) {
        let binding = self.binding(ROOM);
        (binding, self.room(ROOM, |room| room.seal(words, &binding)).unwrap())
    }

    pub(crate) fn receive(&mut self, binding: &Binding, bytes: &[u8]) -> Result<Received, GroupError> {
        self.receive_by(binding, bytes, &anybody)
    }

    pub(crate) fn receive_by(
        &mut self,
        binding: &Binding,
        bytes: &[u8],
        trust: &impl Trust,
    ) -> Result<Received, GroupError> {
        self.room(ROOM, |room| room.receive(bytes, binding, trust))
    }

    /// Reads words that must be readable.
    pub(crate) fn reads(&mut self, sealed: &(Binding, Vec<u8>)) -> Vec<u8> {
        match self.receive(&sealed.0, &sealed.1).unwrap() {
            Received::Message { content, .. } => content.to_vec(),
            other => panic!("not a message: {other:?}"),
        }
    }

    /// Stages a change.
    pub(crate) fn changes(&mut self, add: &mut [&mut Device], remove: &[DeviceId]) -> (Binding, Commit) {
        let packages: Vec<_> = add.iter_mut().map(|device| (device.leaf(), device.key_package())).collect();
        let additions: Vec<_> = packages
            .iter()
            .map(|(leaf, package)| Addition { account: leaf.account, device: leaf.device, package })
            .collect();
        let binding = self.binding(ROOM);
        let commit = self.room(ROOM, |room| room.change(&additions, remove, &binding, &anybody)).unwrap();
        (binding, commit)
    }

    pub(crate) fn accepted(&mut self) {
        self.room(ROOM, |room| room.accepted()).unwrap();
    }
}

/// A room of these devices; the first has made it. All are in epoch 1.
pub(crate) fn room_of(devices: &mut [&mut Device]) {
    let (creator, others) = devices.split_first_mut().unwrap();
    creator.with(|groups| groups.create(ROOM, now_ms()).map(drop)).unwrap();
    let (_, commit) = creator.changes(others, &[]);
    creator.accepted();
    let tree = tree_of(&commit);
    for other in others {
        let welcome = [commit.welcome.as_ref(), tree.as_slice()].concat();
        other.with(|groups| groups.join(ROOM, &welcome, &anybody).map(drop)).unwrap();
    }
}

/// The tree that a first commit brings beside its group info.
pub(crate) fn tree_of(commit: &Commit) -> Vec<u8> {
    use openmls::prelude::{MlsMessageIn, tls_codec::Deserialize as _};
    let mut rest = commit.group_info.as_ref();
    MlsMessageIn::tls_deserialize(&mut rest).unwrap();
    rest.to_vec()
}

/// The tree as the server would have it, read from a member's store by its own library.
pub(crate) fn tree_of_group(device: &mut Device) -> Vec<u8> {
    device.room(ROOM, |room| room.ratchet_tree_for_test()).unwrap()
}
