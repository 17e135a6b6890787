//! What is asked, of each type: something that exists, so that a no is about who asks.
use bytes::{Bytes, BytesMut};
use sotto_protocol::{
    AccountDelete, AccountShow, Auth, BlobCommit, BlobGet, BlobOpen, BlobPut, ContactAccept, ContactBlock,
    ContactDecline, ContactEdit, ContactList, ContactRemove, ContactRequest, ContactUnblock, DeviceList,
    DeviceName, DeviceRename, DeviceRevoke, EnvelopeId, FrameType, GroupInfoGet, Hello, InviteCreate,
    InviteList, InviteRevoke, KeyPackagesClaim, KeyPackagesPut, KeyStockShow, Listed, LoginFinish,
    LoginStart, Note, Octets, Opaque, PasswordChange, PasswordStart, PeopleSearch, PersonShow, Ping,
    PresenceGet, PresenceSet, PresenceStatus, ProfileChange, Query, Read, Remark, Request, Role, RoomChange,
    RoomId, RoomKind, RoomLeave, RoomList, RoomMembers, Seat, SignOut, Signature, Tag, TokenCreate,
    TokenList, TokenRevoke,
};

use super::{
    Who,
    hall::{
        BLOCKED, EXPORTER, FRIEND, GROUP, GUEST, Hall, MEMBER, NEWCOMER, OWNER, PAIR, PIECE, PIN, SUITOR,
        append, blob, room_create, text,
    },
};

pub(super) fn payload(kind: FrameType, who: Who, hall: &Hall) -> Bytes {
    let mut payload = BytesMut::new();
    if let Some(request) = request(kind, who, hall) {
        request.encode(&mut payload);
    }
    payload.freeze()
}

/// The blocked one asks about the room and the person that they are blocked in and by; all others about the group.
fn request(kind: FrameType, who: Who, hall: &Hall) -> Option<Request> {
    let room = if who == Who::Blocked { PAIR } else { GROUP };
    let owner = hall.account(OWNER);
    let opaque = || text(Opaque::new(vec![1; 32]));
    let none = Signature::new([0; 64]);
    let envelope_id = EnvelopeId::new([0x12; 16]);
    let newcomer = &hall.devices[NEWCOMER];
    Some(match kind {
        FrameType::Hello => {
            let tag = |word| text(Tag::new(word));
            let (client, language) = (tag("x"), tag(""));
            Hello { min_minor: 0, max_minor: 0, features: Listed::default(), client, language }.into()
        }
        FrameType::Auth => {
            let device = hall.devices[OWNER].device;
            Auth { account: owner, device, signature: Some(none), token: None }.into()
        }
        FrameType::Ping => Ping {}.into(),
        FrameType::PasswordStart => PasswordStart { request: opaque(), account: Some(owner) }.into(),
        FrameType::Register => {
            let mut register = text(hall.people[NEWCOMER].register(newcomer));
            register.proof = newcomer.proof(&EXPORTER, PIN);
            register.into()
        }
        FrameType::LoginStart => {
            LoginStart { user_name: hall.people[OWNER].name.clone(), request: opaque() }.into()
        }
        FrameType::LoginFinish => LoginFinish { finish: opaque() }.into(),
        FrameType::Enrol => text(hall.people[OWNER].enrol(newcomer)).into(),
        FrameType::SignOut => SignOut {}.into(),
        FrameType::AccountShow => AccountShow {}.into(),
        FrameType::ProfileChange => ProfileChange {
            display_name: None,
            email: None,
            visibility: None,
            shares_last_seen: Some(false),
            open_to_all: None,
        }
        .into(),
        FrameType::PasswordChange => PasswordChange { password: None }.into(),
        FrameType::AccountDelete => AccountDelete { user_name: hall.people[OWNER].name.clone() }.into(),
        FrameType::DeviceList => DeviceList { account: Some(owner) }.into(),
        FrameType::DeviceRename => {
            DeviceRename { device: hall.devices[OWNER].device, name: text(DeviceName::new("new")) }.into()
        }
        FrameType::DeviceRevoke => DeviceRevoke { device: hall.devices[OWNER].device }.into(),
        FrameType::TokenCreate => {
            TokenCreate { name: text(Note::new("bot")), scopes: Listed::default() }.into()
        }
        FrameType::TokenList => TokenList {}.into(),
        FrameType::TokenRevoke => TokenRevoke { token_id: hall.token?.0 }.into(),
        FrameType::InviteCreate => {
            InviteCreate { name: text(Note::new("you")), uses: 1, lifetime_ms: 0 }.into()
        }
        FrameType::InviteList => InviteList {}.into(),
        FrameType::InviteRevoke => InviteRevoke { invite_id: hall.invite? }.into(),
        FrameType::ContactRequest => {
            ContactRequest { account: whom(who, hall), note: text(Note::new("")) }.into()
        }
        FrameType::ContactAccept => ContactAccept { account: hall.account(SUITOR) }.into(),
        FrameType::ContactDecline => ContactDecline { account: hall.account(SUITOR) }.into(),
        FrameType::ContactBlock => ContactBlock { account: hall.account(GUEST) }.into(),
        FrameType::ContactUnblock => ContactUnblock { account: hall.account(BLOCKED) }.into(),
        FrameType::ContactRemove => ContactRemove { account: hall.account(FRIEND) }.into(),
        FrameType::ContactEdit => {
            let remark = Some(text(Remark::new("dear")));
            ContactEdit { account: hall.account(FRIEND), remark, labels: None }.into()
        }
        FrameType::ContactList => ContactList { after: None, limit: 0 }.into(),
        FrameType::PeopleSearch => {
            PeopleSearch { query: text(Query::new("p")), after: None, limit: 0 }.into()
        }
        FrameType::PersonShow => PersonShow::Account(hall.account(MEMBER)).into(),
        FrameType::PresenceSet => PresenceSet { status: PresenceStatus::Away, port: 1 }.into(),
        FrameType::PresenceGet => PresenceGet { accounts: text(Listed::new(vec![owner])) }.into(),
        FrameType::Append => append(room).into(),
        FrameType::Read => Read { room, upto: 1, tell: true }.into(),
        FrameType::KeyPackagesPut => {
            let last_resort = text(Octets::new(Bytes::from_static(b"last")));
            KeyPackagesPut { packages: Listed::default(), last_resort }.into()
        }
        FrameType::KeyStockShow => KeyStockShow {}.into(),
        FrameType::KeyPackagesClaim => {
            KeyPackagesClaim { accounts: text(Listed::new(vec![hall.account(FRIEND)])) }.into()
        }
        FrameType::GroupInfoGet => GroupInfoGet { room }.into(),
        FrameType::RoomCreate => {
            let seat = Seat { account: hall.account(FRIEND), role: Role::Member };
            room_create(RoomId::new([0x70; 16]), RoomKind::Group, vec![seat]).into()
        }
        FrameType::RoomChange => change(room, envelope_id, hall).into(),
        FrameType::RoomLeave => RoomLeave { room, envelope_id }.into(),
        FrameType::RoomList => RoomList { after: None, limit: 0 }.into(),
        FrameType::RoomMembers => RoomMembers { room, after: None, limit: 0 }.into(),
        FrameType::BlobOpen => BlobOpen { blob: blob(), size: 5 }.into(),
        FrameType::BlobPut => BlobPut { blob: blob(), offset: 0, data: text(Octets::new(PIECE)) }.into(),
        FrameType::BlobGet => BlobGet { blob: blob(), offset: 0, length: 5 }.into(),
        FrameType::BlobCommit => BlobCommit { blob: blob() }.into(),
        FrameType::Bye
        | FrameType::Presence
        | FrameType::Deliver
        | FrameType::Ack
        | FrameType::Gap
        | FrameType::Marks
        | FrameType::Typing => return None,
    })
}

/// The blocked one asks who blocked them, and hears nothing that tells; all others ask the guest.
fn whom(who: Who, hall: &Hall) -> sotto_protocol::AccountId {
    hall.account(if who == Who::Blocked { OWNER } else { GUEST })
}

/// Brings a friend and puts a guest out: what an admin may and a member may not.
fn change(room: RoomId, envelope_id: EnvelopeId, hall: &Hall) -> RoomChange {
    RoomChange {
        room,
        envelope_id,
        add: text(Listed::new(vec![Seat { account: hall.account(FRIEND), role: Role::Member }])),
        remove: text(Listed::new(vec![hall.account(GUEST)])),
        roles: Listed::default(),
        title: None,
        commit: None,
    }
}
