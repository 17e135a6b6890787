//! Contacts, the directory, presence.
use crate::{
    AccountId, DeviceId, DisplayName, IdentityKey, Label, Listed, Malformed, Note, Query, Remark, RoomId,
    UserName, Wire, Wrong,
    limits::{ITEMS_MAX, LABELS_MAX},
    pb,
    wire::{message, numbered},
};

numbered! {
    /// Where two people stand, seen from one of them. What is unknown counts as [`ContactStatus::Requested`]: it grants
    /// nothing and hides nothing.
    ContactStatus else Requested {
        /// I asked.
        Requested,
        /// They asked me.
        Asked,
        /// Both want it.
        Accepted,
        /// I want to hear nothing of them.
        Blocked,
    }
    /// How somebody is.
    PresenceStatus else Offline {
        /// Not here.
        Offline,
        /// Here.
        Online,
        /// Here, but not looking.
        Away,
        /// Here, and not to be disturbed.
        Busy,
        /// Here, and seen by nobody.
        Invisible,
    }
}

message! {
    /// Somebody, as others see them.
    Person {
        /// The account.
        account: AccountId,
        /// What is typed.
        user_name: UserName,
        /// What is read.
        display_name: DisplayName,
        /// What is verified.
        identity_key: IdentityKey,
        /// A program, not a person.
        bot: bool,
    }
    /// A directed entry in an account's roster.
    Contact {
        /// Who.
        person: Person,
        /// Where we stand.
        status: ContactStatus,
        /// My own name for them.
        remark: Remark,
        /// My own labels.
        labels: Listed<Label, LABELS_MAX>,
        /// Unix milliseconds.
        created_ms: u64,
    }
    /// Will you be my contact?
    ContactRequest {
        /// Who is asked.
        account: AccountId,
        /// A line that goes with it.
        note: Note,
    }
    /// Yes.
    ContactAccept {
        /// Who asked.
        account: AccountId,
    }
    /// No.
    ContactDecline {
        /// Who asked.
        account: AccountId,
    }
    /// I want to hear nothing of them.
    ContactBlock {
        /// Of whom.
        account: AccountId,
    }
    /// I want to hear of them again.
    ContactUnblock {
        /// Of whom.
        account: AccountId,
    }
    /// It is over, or was never meant.
    ContactRemove {
        /// With whom.
        account: AccountId,
    }
    /// My own words for a contact; absent stays as it is.
    ContactEdit {
        /// Which contact.
        account: AccountId,
        /// My own name for them.
        remark: Option<Remark>,
        /// My own labels.
        labels: Option<Labels>,
    }
    /// A contact's labels.
    Labels {
        /// Each at most once matters; order is kept.
        labels: Listed<Label, LABELS_MAX>,
    }
    /// A page of my contacts.
    ContactList {
        /// The last account of the page before.
        after: Option<AccountId>,
        /// How many; 0 and everything too large mean [`crate::limits::PAGE_MAX`].
        limit: u32,
    }
    /// The answer to [`ContactList`], in the order of the accounts' ids.
    Contacts {
        /// The page.
        contacts: Vec<Contact>,
        /// There is another one.
        more: bool,
        /// Changes with every change of the roster.
        revision: u64,
    }
    /// Who is called something like this?
    PeopleSearch {
        /// The beginning of a user name, or a part of a display name.
        query: Query,
        /// The last user name of the page before.
        after: Option<UserName>,
        /// How many.
        limit: u32,
    }
    /// The answer to [`PeopleSearch`], in the order of the user names.
    People {
        /// The page.
        people: Vec<Person>,
        /// There is another one.
        more: bool,
    }
    /// How I want to be seen.
    PresenceSet {
        /// How I am.
        status: PresenceStatus,
        /// Where this device listens for direct paths; 0: nowhere.
        port: u32,
    }
    /// How are these contacts?
    PresenceGet {
        /// Who.
        accounts: Listed<AccountId, ITEMS_MAX>,
    }
    /// The answer to [`PresenceGet`].
    Presences {
        /// One for each that may be seen.
        presences: Vec<Presence>,
    }
    /// How somebody is.
    Presence {
        /// Who.
        account: AccountId,
        /// How.
        status: PresenceStatus,
        /// Unix milliseconds, rounded; 0: not shared.
        last_seen_ms: u64,
        /// Their devices that are here now.
        devices: Listed<Reachable, { crate::limits::DEVICES_MAX }>,
    }
    /// Where a device is.
    Reachable {
        /// Which.
        device: DeviceId,
        /// IPv4 or IPv6, as the server sees it.
        address: String,
        /// Where it listens for direct paths; 0: nowhere.
        port: u32,
    }
    /// Somebody is writing.
    Typing {
        /// Where.
        room: RoomId,
        /// Who; filled in by the server.
        account: Option<AccountId>,
    }
}

/// One person, by id or by exact name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PersonShow {
    /// By id.
    Account(AccountId),
    /// By exact user name.
    Name(UserName),
}

impl Wire<pb::PersonShow> for PersonShow {
    fn from_wire(wire: pb::PersonShow) -> Result<Self, Malformed> {
        let account: Option<AccountId> =
            Wire::from_wire(wire.account).map_err(|fault: Malformed| fault.at("account"))?;
        let name: Option<UserName> =
            Wire::from_wire(wire.user_name).map_err(|fault: Malformed| fault.at("user_name"))?;
        match (account, name) {
            (Some(account), None) => Ok(Self::Account(account)),
            (None, Some(name)) => Ok(Self::Name(name)),
            (None, None) => Err(Malformed::whole(Wrong::Missing).at("account")),
            (Some(_), Some(_)) => Err(Malformed::whole(Wrong::Form).at("user_name")),
        }
    }
    fn into_wire(self) -> pb::PersonShow {
        let (account, name) = match self {
            Self::Account(account) => (Some(account), None),
            Self::Name(name) => (None, Some(name)),
        };
        pb::PersonShow { account: account.into_wire(), user_name: Wire::<String>::into_wire(name) }
    }
}
