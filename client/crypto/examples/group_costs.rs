//! What a room costs, as JSON: seal and open 256 bytes, change and join, bytes on the wire and on disk, for 2, 32 and 256
//! devices. Run it with `--release`.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a program of its own that measures")]

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use client_crypto::{
    DeviceSecret, IdentitySecret, VaultKey,
    group::{ADDED_AT_ONCE_MAX, Addition, Binding, DeviceCredential, GroupError, Groups, Me},
};
use daemon_groups::{Asked, Leaf, Roster, State};
use rand_chacha::{
    ChaCha20Rng,
    rand_core::{RngCore as _, SeedableRng as _},
};
use rusqlite::Connection;
use serde_json::json;
use sotto_protocol::{AccountId, Commit, DeviceId, EnvelopeId, IdentityKey, Role, RoomId};

const ROOM: RoomId = RoomId::new([7; 16]);
const TIMES: usize = 50;

struct Device {
    secret: DeviceSecret,
    credential: DeviceCredential,
    vault: VaultKey,
    db: Connection,
    rng: ChaCha20Rng,
    last_binding: Binding,
}

/// Everybody is here, and owns the place.
struct Everybody(Vec<Leaf>);
impl Roster for Everybody {
    fn device(&self, device: DeviceId) -> Option<Leaf> {
        self.0.iter().find(|leaf| leaf.device == device).copied()
    }
    fn role(&self, _: AccountId) -> Option<Role> {
        Some(Role::Owner)
    }
}

fn main() {
    let rooms: Vec<_> = [2, 32, 256].map(measured).to_vec();
    println!("{}", serde_json::to_string_pretty(&json!({ "rooms": rooms })).unwrap());
}

fn measured(size: u16) -> serde_json::Value {
    let mut devices: Vec<_> = (0..size).map(Device::new).collect();
    let everybody = Everybody(devices.iter().map(Device::leaf).collect());
    let (ann, others) = devices.split_first_mut().unwrap();
    ann.with(|groups| groups.create(ROOM, now_ms()).map(drop)).unwrap();
    let (mut state, mut filled_ms, mut joins) = (None::<State>, 0.0, Vec::new());
    for chunk in others.chunks_mut(ADDED_AT_ONCE_MAX) {
        let (commit, ms) = ann.adds(chunk);
        filled_ms += ms;
        state = Some(checked(state.as_ref(), ann, &commit, &everybody).0);
        let welcome = daemon_groups::with_tree(ROOM, state.as_ref().unwrap(), &commit.welcome).unwrap();
        let (last, ms) = (chunk.last_mut().unwrap(), Instant::now());
        last.with(|groups| groups.join(ROOM, &welcome, &anybody).map(drop)).unwrap();
        joins = vec![elapsed(ms), bytes(&commit.commit), bytes(&commit.welcome), bytes(&welcome)];
    }
    let state = state.unwrap();
    let bob = others.last_mut().unwrap();
    let (mut seals, mut opens, mut wire) = (Vec::new(), Vec::new(), 0);
    for _ in 0..TIMES {
        let binding = ann.binding();
        let start = Instant::now();
        let sealed = ann.with(|groups| groups.room(ROOM)?.unwrap().seal(&[7; 256], &binding)).unwrap();
        seals.push(elapsed(start));
        wire = sealed.len();
        let start = Instant::now();
        bob.with(|groups| groups.room(ROOM)?.unwrap().receive(&sealed, &binding, &anybody)).unwrap();
        opens.push(elapsed(start));
    }
    let (update, made_ms) = ann.adds(&mut []);
    let (after, checked_ms) = checked(Some(&state), ann, &update, &everybody);
    let binding = ann.last_binding;
    let start = Instant::now();
    bob.with(|groups| groups.room(ROOM)?.unwrap().receive(&update.commit, &binding, &anybody)).unwrap();
    let taken_ms = elapsed(start);
    let info = daemon_groups::with_tree(ROOM, &after, &update.group_info).unwrap();
    let binding = bob.binding();
    let start = Instant::now();
    let back = bob.with(|groups| groups.rejoin(&info, &binding, &anybody)).unwrap();
    json!({
        "devices": size,
        "fill_all_ms": filled_ms,
        "join_ms": joins[0],
        "last_add": { "commit_bytes": joins[1], "welcome_bytes": joins[2], "welcome_with_tree_bytes": joins[3] },
        "seal_256_ms": median(seals),
        "open_256_ms": median(opens),
        "sealed_256_bytes": wire,
        "update": {
            "make_and_merge_ms": made_ms, "check_ms": checked_ms, "take_ms": taken_ms,
            "commit_bytes": update.commit.len(), "group_info_bytes": update.group_info.len(),
        },
        "rejoin": { "make_ms": elapsed(start), "commit_bytes": back.commit.len() },
        "state": { "client_bytes": ann.disk(), "server_bytes": state.as_bytes().len() },
    })
}

fn checked(state: Option<&State>, ann: &Device, commit: &Commit, everybody: &Everybody) -> (State, f64) {
    let leaf = ann.leaf();
    let add: Vec<_> =
        everybody.0.iter().filter(|known| commit.welcome_devices.contains(&known.device)).collect();
    let add: Vec<_> = add.iter().map(|known| known.account).collect();
    let asked = Asked { account: leaf.account, device: leaf.device, add: &add, remove: &[] };
    let start = Instant::now();
    let checked = match state {
        Some(state) => daemon_groups::check(ROOM, state, &asked, commit, everybody).unwrap(),
        None => daemon_groups::found(ROOM, &asked, commit, everybody).unwrap(),
    };
    (checked.state, elapsed(start))
}

impl Device {
    fn new(number: u16) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(number.into());
        let mut account = [0; 16];
        account[..2].copy_from_slice(&number.to_be_bytes());
        let (account, identity) = (AccountId::new(account), IdentitySecret::generate(&mut rng));
        let secret = DeviceSecret::generate(&mut rng);
        let certificate = identity.certify(&secret, account, now_ms());
        let credential = DeviceCredential { account, identity: identity.public(), certificate };
        let db = Connection::open_in_memory().unwrap();
        Groups::prepare(&db).unwrap();
        let vault = VaultKey::generate(&mut rng);
        let last_binding =
            Binding { room: ROOM, envelope: EnvelopeId::new([0; 16]), account, device: secret.id() };
        Self { secret, credential, vault, db, rng, last_binding }
    }

    fn with<T>(&mut self, work: impl FnOnce(&Groups<'_>) -> Result<T, GroupError>) -> Result<T, GroupError> {
        let me = Me { device: &self.secret, credential: &self.credential, vault: &self.vault };
        let transaction = self.db.transaction().unwrap();
        let groups = Groups::new(&transaction, me, &mut self.rng);
        let done = work(&groups);
        drop(groups);
        transaction.commit().unwrap();
        done
    }

    /// Makes a change that adds these, and merges it. How long that took.
    fn adds(&mut self, others: &mut [Self]) -> (Commit, f64) {
        let packages: Vec<_> = others
            .iter_mut()
            .map(|other| {
                let package = other.with(|groups| groups.key_packages(1, now_ms())).unwrap().remove(0);
                (other.leaf(), package)
            })
            .collect();
        let add: Vec<_> = packages
            .iter()
            .map(|(leaf, package)| Addition { account: leaf.account, device: leaf.device, package })
            .collect();
        let binding = self.binding();
        let start = Instant::now();
        let commit = self.with(|groups| groups.room(ROOM)?.unwrap().change(&add, &[], &binding, &anybody));
        self.with(|groups| groups.room(ROOM)?.unwrap().accepted()).unwrap();
        (commit.unwrap(), elapsed(start))
    }

    fn binding(&mut self) -> Binding {
        let mut envelope = [0; 16];
        self.rng.fill_bytes(&mut envelope);
        self.last_binding.envelope = EnvelopeId::new(envelope);
        self.last_binding
    }

    fn leaf(&self) -> Leaf {
        let DeviceCredential { account, identity, .. } = self.credential;
        Leaf { account, device: self.secret.id(), identity, key: self.secret.key() }
    }

    fn disk(&self) -> i64 {
        let sum = "SELECT sum(length(scope) + length(key) + length(value)) FROM mls";
        self.db.query_row(sum, [], |row| row.get(0)).unwrap()
    }
}

fn anybody(_: AccountId, _: IdentityKey) -> bool {
    true
}

fn now_ms() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

fn elapsed(start: Instant) -> f64 {
    (start.elapsed().as_secs_f64() * 1e6).round() / 1e3
}

#[expect(clippy::cast_precision_loss, reason = "a few thousand bytes")]
fn bytes(bytes: &[u8]) -> f64 {
    bytes.len() as f64
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}
