//! How people, rooms and messages look: for people, and for programs.
use std::collections::BTreeMap;

use client_sdk::{
    Client, ClientError,
    content::{Content, title_text},
    vault::{Delivery, Message, MessageBody},
};
use serde_json::{Value, json};
use sotto_protocol::{AccountId, Change, Contact, ContactStatus, EnvelopeId, Person, Room, RoomId, RoomKind};

use crate::{
    language::{Language, tr},
    safe, when,
};

/// Names of everybody and everything that is known here.
pub(crate) struct Names {
    people: BTreeMap<AccountId, String>,
    rooms: BTreeMap<RoomId, String>,
}

impl Names {
    pub(crate) async fn load(client: &Client) -> Result<Self, ClientError> {
        let people = client.people().await?;
        let mut people: BTreeMap<_, _> =
            people.into_iter().map(|person| (person.account, person.user_name.as_str().to_owned())).collect();
        people.insert(client.account(), client.user_name().as_str().to_owned());
        let rooms = client.rooms().await?;
        let rooms = rooms.into_iter().map(|room| (room.room, room_name(&room))).collect();
        Ok(Self { people, rooms })
    }

    /// A user name; of somebody unknown, the beginning of the id.
    pub(crate) fn person(&self, account: AccountId) -> String {
        self.people.get(&account).cloned().unwrap_or_else(|| account.to_string().chars().take(8).collect())
    }

    /// A peer's user name, or `#title`.
    pub(crate) fn room(&self, room: RoomId) -> String {
        self.rooms.get(&room).cloned().unwrap_or_else(|| format!("#{}", short(room)))
    }
}

/// A peer's user name, or `#title`; a group without a title is called by its id.
pub(crate) fn room_name(room: &Room) -> String {
    match (room.kind, &room.peer) {
        (RoomKind::Direct, Some(peer)) => peer.user_name.as_str().to_owned(),
        (RoomKind::Direct | RoomKind::Group, _) => match title_text(&room.title) {
            title if title.is_empty() => format!("#{}", short(room.room)),
            title => format!("#{title}"),
        },
    }
}

fn short(room: RoomId) -> String {
    room.to_string().chars().take(8).collect()
}

/// An envelope's name as people and programs see it.
pub(crate) fn envelope(envelope: EnvelopeId) -> String {
    uuid::Uuid::from_bytes(*envelope.as_bytes()).to_string()
}

/// A message for programs.
pub(crate) fn message_object(message: &Message, names: &Names) -> Value {
    let conversation = match (message.room, message.peer) {
        (Some(room), _) => names.room(room),
        (None, Some(peer)) => names.person(peer),
        (None, None) => String::new(),
    };
    let mut object = json!({
        "type": "message",
        "id": envelope(message.envelope),
        "seq": message.sequence,
        "conv": conversation,
        "from": names.person(message.account),
        "ts": when::iso(message.at_ms),
        "verified": false,
    });
    if let Some(fields) = object.as_object_mut() {
        match &message.body {
            MessageBody::Content(Content::Text { text, sent_ms }) => {
                fields.insert("text".into(), text.as_str().into());
                fields.insert("sent".into(), when::iso(*sent_ms).into());
            }
            MessageBody::Content(Content::Unknown) | MessageBody::Other => {
                fields.insert("type".into(), "unknown".into());
            }
            MessageBody::Change(_) => {
                fields.insert("type".into(), "change".into());
            }
        }
        if let Some(reason) = &message.failed {
            fields.insert("failed".into(), reason.as_str().into());
        }
    }
    object
}

/// A message for people: time, who, what.
pub(crate) fn message_line(message: &Message, names: &Names, language: Language, now_ms: u64) -> String {
    let who = safe::name(&names.person(message.account));
    let time = when::short(message.at_ms, now_ms);
    match &message.body {
        MessageBody::Content(Content::Text { text, .. }) => format!("{time}  {who}: {}", safe::text(text)),
        MessageBody::Content(Content::Unknown) | MessageBody::Other => {
            let what = tr!(
                language,
                "(a newer sotto wrote this; update to read it)",
                "（由更新版本写入，请升级后查看）"
            );
            format!("{time}  {who}: {what}")
        }
        MessageBody::Change(bytes) => format!("{time}  {}", change(bytes, &who, names, language)),
    }
}

fn change(bytes: &[u8], who: &str, names: &Names, language: Language) -> String {
    let Ok(change) = Change::decode(bytes.to_vec().into()) else {
        return tr!(language, "· {who} changed the room", "· {who} 更改了房间");
    };
    let list = |accounts: &mut dyn Iterator<Item = AccountId>| {
        accounts.map(|account| safe::name(&names.person(account))).collect::<Vec<_>>().join(", ")
    };
    let mut parts = Vec::new();
    if !change.add.is_empty() {
        let people = list(&mut change.add.iter().map(|seat| seat.account));
        parts.push(tr!(language, "{who} brought in {people}", "{who} 邀请了 {people}"));
    }
    if !change.remove.is_empty() {
        let people = list(&mut change.remove.iter().copied());
        let left = change.remove.len() == 1 && people == who;
        parts.push(if left {
            tr!(language, "{who} left", "{who} 离开了")
        } else {
            tr!(language, "{who} took out {people}", "{who} 移出了 {people}")
        });
    }
    if !change.roles.is_empty() {
        let people = list(&mut change.roles.iter().map(|seat| seat.account));
        parts.push(tr!(language, "{who} changed the role of {people}", "{who} 更改了 {people} 的角色"));
    }
    if let Some(title) = &change.title {
        let title = safe::name(&title_text(title));
        parts.push(tr!(language, "it is called \"{title}\" now", "现在叫“{title}”"));
    }
    format!("· {}", parts.join("; "))
}

/// What became of a message of mine, in one mark.
pub(crate) const fn mark(delivery: Delivery, failed: bool) -> &'static str {
    match (failed, delivery) {
        (true, _) => "!",
        (false, Delivery::Waiting) => "⏳",
        (false, Delivery::Sent) => "✓",
        (false, Delivery::Delivered) => "✓✓",
        (false, Delivery::Read) => "✓✓ read",
    }
}

/// The same in a word that programs switch on.
pub(crate) const fn state_word(delivery: Delivery) -> &'static str {
    match delivery {
        Delivery::Waiting => "waiting",
        Delivery::Sent => "sent",
        Delivery::Delivered => "delivered",
        Delivery::Read => "read",
    }
}

/// The same in the person's words.
pub(crate) fn state_text(delivery: Delivery, language: Language) -> String {
    match delivery {
        Delivery::Waiting => tr!(language, "waiting", "等待网络"),
        Delivery::Sent => tr!(language, "sent", "已送达服务器"),
        Delivery::Delivered => tr!(language, "delivered", "已送达"),
        Delivery::Read => tr!(language, "read", "已读"),
    }
}

/// A contact's status in a word that programs switch on.
pub(crate) const fn status_word(status: ContactStatus) -> &'static str {
    match status {
        ContactStatus::Requested => "requested",
        ContactStatus::Asked => "asked",
        ContactStatus::Accepted => "accepted",
        ContactStatus::Blocked => "blocked",
    }
}

/// The same in the person's words.
pub(crate) fn status_text(status: ContactStatus, language: Language) -> String {
    match status {
        ContactStatus::Requested => tr!(language, "you asked", "等待对方接受"),
        ContactStatus::Asked => tr!(language, "asks you", "请求加您"),
        ContactStatus::Accepted => tr!(language, "contact", "联系人"),
        ContactStatus::Blocked => tr!(language, "blocked", "已屏蔽"),
    }
}

/// A person for programs.
pub(crate) fn person_object(person: &Person) -> Value {
    json!({
        "type": "person",
        "account": person.account.to_string(),
        "user": person.user_name.as_str(),
        "name": person.display_name.as_str(),
        "identity_key": person.identity_key.to_string(),
        "bot": person.bot,
    })
}

/// A contact for programs.
pub(crate) fn contact_object(contact: &Contact) -> Value {
    let mut object = person_object(&contact.person);
    if let Some(fields) = object.as_object_mut() {
        fields.insert("type".into(), "contact".into());
        fields.insert("status".into(), status_word(contact.status).into());
        fields.insert("remark".into(), contact.remark.as_str().into());
        let labels: Vec<&str> = contact.labels.iter().map(sotto_protocol::Label::as_str).collect();
        fields.insert("labels".into(), labels.into());
        fields.insert("since".into(), when::iso(contact.created_ms).into());
    }
    object
}

/// A room for programs.
pub(crate) fn room_object(room: &Room, unread: u64) -> Value {
    json!({
        "type": "room",
        "room": room.room.to_string(),
        "conv": room_name(room),
        "kind": match room.kind { RoomKind::Direct => "direct", RoomKind::Group => "group" },
        "role": role_word(room.role),
        "members": room.members,
        "head": room.head,
        "unread": unread,
        "created": when::iso(room.created_ms),
    })
}

/// A role in a word.
pub(crate) const fn role_word(role: sotto_protocol::Role) -> &'static str {
    match role {
        sotto_protocol::Role::Member => "member",
        sotto_protocol::Role::Admin => "admin",
        sotto_protocol::Role::Owner => "owner",
    }
}
