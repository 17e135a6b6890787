//! Values of every type on the wire: any at all (for properties), a fixed one (for vectors), the largest (for limits).
use std::collections::BTreeMap;

use bytes::Bytes;
use proptest::{collection::vec, prelude::*, sample::select};
use sotto_protocol::*;

/// A type that goes on the wire.
pub(crate) trait Any: Sized + Clone + std::fmt::Debug + 'static {
    /// How many of it an answer holds at most, where the type of the list does not say.
    const LISTED: usize = limits::PAGE_MAX as usize;

    /// Any valid value, small rather than large.
    fn any() -> BoxedStrategy<Self>;
    /// One value, the same for ever: it stands in the golden vectors.
    fn sample() -> Self;
    /// The value that takes the most bytes.
    fn largest() -> Self;
}

macro_rules! plain {
    ($($ty:ty = $sample:expr, $largest:expr;)*) => { $(
        impl Any for $ty {
            fn any() -> BoxedStrategy<Self> {
                proptest::arbitrary::any::<$ty>().boxed()
            }
            fn sample() -> Self {
                $sample
            }
            fn largest() -> Self {
                $largest
            }
        }
    )* };
}
plain! {
    u32 = 300, u32::MAX;
    u64 = 1_795_420_800_123, u64::MAX;
    bool = true, true;
}

macro_rules! ids {
    ($($name:ident = $byte:literal)*) => { $(
        impl Any for $name {
            fn any() -> BoxedStrategy<Self> {
                vec(proptest::arbitrary::any::<u8>(), Self::LEN).prop_map(|b| Self::from_slice(&b).unwrap()).boxed()
            }
            fn sample() -> Self {
                Self::new([$byte; Self::LEN])
            }
            fn largest() -> Self {
                Self::new([0xFF; Self::LEN])
            }
        }
    )* };
}
ids! {
    AccountId = 0xA1 DeviceId = 0xA2 RoomId = 0xA3 LogId = 0xA4 EnvelopeId = 0xA5 SessionId = 0xA6 TokenId = 0xA7
    InviteId = 0xA8 BlobId = 0xB1 IdentityKey = 0xB2 DeviceKey = 0xB3 AgreementKey = 0xB4 Signature = 0xB5
    Token = 0xC1 InviteCode = 0xC2
}

macro_rules! texts {
    ($($name:ident: $regex:literal, $sample:literal)*) => { $(
        impl Any for $name {
            fn any() -> BoxedStrategy<Self> {
                $regex.prop_filter_map("not valid", |text| Self::new(&text).ok()).boxed()
            }
            fn sample() -> Self {
                Self::new($sample).unwrap()
            }
            fn largest() -> Self {
                let text = "a".repeat(Self::MAX);
                Self::new(&text).or_else(|_| Self::new(&format!("{}@b", "a".repeat(Self::MAX - 2)))).unwrap()
            }
        }
    )* };
}
texts! {
    UserName: "[a-z][a-z0-9._-]{1,31}", "anna.k"
    DisplayName: "[\\PC]{1,20}", "Änne 王"
    Email: "[a-z.]{1,9}@[a-z.]{1,9}", "anna@example.org"
    DeviceName: "[\\PC]{1,16}", "kitchen tablet"
    Remark: "[\\PC]{0,20}", "my sister"
    Label: "[\\PC]{1,12}", "family"
    Note: "[\\PC]{0,20}", "we met at the market"
    Query: "[\\PC]{1,12}", "ann"
    ServerName: "[\\PC]{1,12}", "home"
    BotScope: "[!-~]{1,32}", "send"
}

impl Any for Tag {
    const LISTED: usize = limits::SCOPES_MAX;

    fn any() -> BoxedStrategy<Self> {
        "[ -~]{0,64}".prop_map(|text| Self::new(&text).unwrap()).boxed()
    }
    fn sample() -> Self {
        Self::new("pysotto/0.1").unwrap()
    }
    fn largest() -> Self {
        Self::new(&"t".repeat(limits::FEATURE_BYTES_MAX)).unwrap()
    }
}

impl Any for String {
    fn any() -> BoxedStrategy<Self> {
        "\\PC{0,20}".boxed()
    }
    fn sample() -> Self {
        "192.168.1.20".to_owned()
    }
    fn largest() -> Self {
        // An IPv6 address with an IPv4 tail; the names among them are longer, but stand in short lists.
        "s".repeat(45)
    }
}

impl Any for BTreeMap<String, String> {
    fn any() -> BoxedStrategy<Self> {
        proptest::collection::btree_map("[a-z]{1,8}", "\\PC{0,8}", 0..4).boxed()
    }
    fn sample() -> Self {
        Self::from([("epoch".to_owned(), "7".to_owned()), ("field".to_owned(), "seats.account".to_owned())])
    }
    fn largest() -> Self {
        (0..8).map(|n| (format!("detail {n}"), "d".repeat(64))).collect()
    }
}

impl<T: Any> Any for Option<T> {
    fn any() -> BoxedStrategy<Self> {
        proptest::option::of(T::any()).boxed()
    }
    fn sample() -> Self {
        Some(T::sample())
    }
    fn largest() -> Self {
        Some(T::largest())
    }
}

/// Lists in answers have no limit in their type: the server keeps them to a page.
impl<T: Any> Any for Vec<T> {
    fn any() -> BoxedStrategy<Self> {
        vec(T::any(), 0..3).boxed()
    }
    fn sample() -> Self {
        vec![T::sample(); 2]
    }
    fn largest() -> Self {
        vec![T::largest(); T::LISTED]
    }
}

impl<T: Any, const MAX: usize> Any for Listed<T, MAX> {
    fn any() -> BoxedStrategy<Self> {
        vec(T::any(), 0..=3).prop_map(|items| Self::new(items).unwrap()).boxed()
    }
    fn sample() -> Self {
        Self::new(vec![T::sample(); 2]).unwrap()
    }
    fn largest() -> Self {
        Self::new(vec![T::largest(); MAX]).unwrap()
    }
}

impl<const MIN: usize, const MAX: usize> Any for Octets<MIN, MAX> {
    fn any() -> BoxedStrategy<Self> {
        vec(proptest::arbitrary::any::<u8>(), MIN..MIN + 40).prop_map(|b| Self::new(b).unwrap()).boxed()
    }
    fn sample() -> Self {
        Self::new(Bytes::from_static(b"sealed")).unwrap()
    }
    fn largest() -> Self {
        Self::new(vec![0xEE; MAX]).unwrap()
    }
}

macro_rules! enums {
    ($($name:ident [$($variant:ident)*] $sample:ident)*) => { $(
        impl Any for $name {
            fn any() -> BoxedStrategy<Self> {
                select(vec![$(Self::$variant),*]).boxed()
            }
            fn sample() -> Self {
                Self::$sample
            }
            fn largest() -> Self {
                Self::$sample
            }
        }
    )* };
}
enums! {
    Registration [Invite Open Closed] Open
    TokenType [Device Bot] Bot
    Visibility [Hidden Exact Listed] Listed
    ContactStatus [Requested Asked Accepted Blocked] Accepted
    PresenceStatus [Offline Online Away Busy Invisible] Away
    RoomKind [Direct Group] Group
    EntryKind [Message Change Commit Event] Message
    Role [Member Admin Owner] Admin
    GapReason [Expired Evicted] Evicted
    DeviceEventKind [Enrolled SignedIn SignedOut Revoked] Revoked
    AccountEventKind [Profile Password Identity Deleted] Identity
}

macro_rules! messages {
    ($($name:ident { $($field:ident),* })*) => { $(
        impl Any for $name {
            fn any() -> BoxedStrategy<Self> {
                ($(messages!(@any $field),)*).prop_map(|($($field,)*)| Self { $($field),* }).boxed()
            }
            fn sample() -> Self {
                Self { $($field: Any::sample()),* }
            }
            fn largest() -> Self {
                Self { $($field: Any::largest()),* }
            }
        }
    )* };
    (@any $field:ident) => { Any::any() };
}
messages! {
    Hello { min_minor, max_minor, features, client, language }
    Welcome { minor, features, limits, server_name, time_ms, registration, notices }
    Limits { frame_max, requests_in_flight, envelopes_unacknowledged, bytes_unacknowledged, ping_after_ms, dead_after_ms, sealed_max, blob_max, room_members_max }
    Auth { account, device, signature, token }
    SignedIn { account, device, session, token, roster_revision, rooms_revision, key_packages, incarnation }
    AccessToken { token, token_type, expires_ms, scopes }
    Pong { time_ms }
    Bye { reason, reconnect_after_ms }
    Refusal { code, reason, retryable, retry_after_ms, detail, message }
    DeviceCertificate { device, device_key, agreement_key, created_ms, signature }
    PasswordStart { request, account }
    PasswordChallenge { response }
    PasswordRecord { upload, recovery_blob }
    Register { invite, account, user_name, display_name, email, identity_key, device, device_name, proof, password }
    LoginStart { user_name, request }
    LoginChallenge { response }
    LoginFinish { finish }
    LoginProved { account, identity_key, recovery_blob }
    Enrol { device, device_name, proof }
    AccountInfo { account, user_name, display_name, email, identity_key, created_ms, visibility, has_password, shares_last_seen, open_to_all }
    ProfileChange { display_name, email, visibility, shares_last_seen, open_to_all }
    PasswordChange { password }
    AccountDelete { user_name }
    DeviceList { account }
    Devices { devices }
    DeviceInfo { certificate, name, last_seen_ms, last_address, signed_out }
    DeviceRename { device, name }
    DeviceRevoke { device }
    TokenCreate { name, scopes }
    TokenCreated { token_id, token }
    Tokens { tokens }
    TokenInfo { token_id, token_type, name, device, scopes, created_ms, expires_ms }
    TokenRevoke { token_id }
    InviteCreate { name, uses, lifetime_ms }
    InviteCreated { invite_id, code, expires_ms }
    Invites { invites }
    InviteInfo { invite_id, name, uses, used, created_ms, expires_ms }
    InviteRevoke { invite_id }
    Person { account, user_name, display_name, identity_key, bot }
    Contact { person, status, remark, labels, created_ms }
    ContactRequest { account, note }
    ContactAccept { account }
    ContactDecline { account }
    ContactBlock { account }
    ContactUnblock { account }
    ContactRemove { account }
    ContactEdit { account, remark, labels }
    Labels { labels }
    ContactList { after, limit }
    Contacts { contacts, more, revision }
    PeopleSearch { query, after, limit }
    People { people, more }
    PresenceSet { status, port }
    PresenceGet { accounts }
    Presences { presences }
    Presence { account, status, last_seen_ms, devices }
    Reachable { device, address, port }
    Typing { room, account }
    Seat { account, role }
    Commit { epoch, commit, group_info, welcome, welcome_devices }
    RoomCreate { room, kind, seats, title, envelope_id, commit, suite }
    RoomCreated { room, sequence, existed }
    RoomChange { room, envelope_id, add, remove, roles, title, commit }
    RoomLeave { room, envelope_id }
    RoomList { after, limit }
    Rooms { rooms, more, revision }
    Room { room, kind, role, members, epoch, head, cursor, read, title, created_ms, suite, peer }
    RoomMembers { room, after, limit }
    Members { members, more }
    Member { person, role, joined_ms, delivered, read }
    Append { log, envelope_id, kind, sealed, commit }
    Accepted { sequence, at_ms, duplicate, log }
    Deliver { log, sequence, envelope_id, kind, account, device, at_ms, sealed }
    Gap { log, from, to, why }
    Ack { log, upto }
    Read { room, upto, tell }
    Marks { room, account, delivered, read }
    Change { add, remove, roles, title, commit, epoch }
    ContactEvent { contact, note, gone }
    RoomEvent { room, gone, by, welcome, state }
    Tombstone { log, envelope_id, sequence, why }
    DeviceEvent { device, name, kind, address }
    AccountEvent { account, kind, person }
    NoticeEvent { text }
    KeyPackagesPut { packages, last_resort }
    KeyStock { packages, last_resort }
    KeyPackagesClaim { accounts }
    ClaimedPackages { packages }
    ClaimedPackage { account, device, package, last_resort }
    GroupInfoGet { room }
    GroupInfo { epoch, group_info }
    BlobOpen { blob, size }
    BlobState { have, complete, expires_ms }
    Range { from, to }
    BlobCommit { blob }
    BlobGet { blob, offset, length }
}

macro_rules! empty {
    ($($name:ident)*) => { $(
        impl Any for $name {
            fn any() -> BoxedStrategy<Self> {
                Just(Self {}).boxed()
            }
            fn sample() -> Self {
                Self {}
            }
            fn largest() -> Self {
                Self {}
            }
        }
    )* };
}
empty! { Ping Done SignOut AccountShow TokenList InviteList KeyStockShow }

impl Any for BlobPut {
    fn any() -> BoxedStrategy<Self> {
        (BlobId::any(), 0_u64..1600, Octets::any())
            .prop_map(|(blob, chunk, data)| Self { blob, offset: chunk * limits::CHUNK_MAX as u64, data })
            .boxed()
    }
    fn sample() -> Self {
        Self { blob: BlobId::sample(), offset: 65_536, data: Octets::sample() }
    }
    fn largest() -> Self {
        Self { blob: BlobId::largest(), offset: limits::BLOB_MAX, data: Octets::largest() }
    }
}

impl Any for PersonShow {
    fn any() -> BoxedStrategy<Self> {
        prop_oneof![AccountId::any().prop_map(Self::Account), UserName::any().prop_map(Self::Name)].boxed()
    }
    fn sample() -> Self {
        Self::Name(UserName::sample())
    }
    fn largest() -> Self {
        Self::Name(UserName::largest())
    }
}

impl Any for InboxEvent {
    fn any() -> BoxedStrategy<Self> {
        prop_oneof![
            ContactEvent::any().prop_map(Self::Contact),
            RoomEvent::any().prop_map(Self::Room),
            Tombstone::any().prop_map(Self::Tombstone),
            DeviceEvent::any().prop_map(Self::Device),
            AccountEvent::any().prop_map(Self::Account),
            NoticeEvent::any().prop_map(Self::Notice),
        ]
        .boxed()
    }
    fn sample() -> Self {
        Self::Tombstone(Tombstone::sample())
    }
    fn largest() -> Self {
        Self::Room(RoomEvent::largest())
    }
}
