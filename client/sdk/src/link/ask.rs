//! Which answer belongs to which request, so that nobody has to match on all of them.
use std::{
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use sotto_protocol as wire;
use sotto_protocol::{Request, Response};
use tokio::sync::oneshot;

use super::LinkError;

/// A request whose answer has a known type.
pub trait Ask: Into<Request> {
    /// The answer.
    type Answer;
    /// Takes the answer out of the response; `None`: the response is another one.
    fn pick(response: Response) -> Option<Self::Answer>;
}

/// A request on its way: a future of its answer. Dropping it forgets the answer, not the request.
#[derive(Debug)]
#[must_use = "the request is on its way, but nobody waits for its answer"]
pub struct Pending<A: Ask> {
    answer: oneshot::Receiver<Result<Response, LinkError>>,
    asked: PhantomData<fn() -> A>,
}

impl<A: Ask> Pending<A> {
    pub(super) const fn new(answer: oneshot::Receiver<Result<Response, LinkError>>) -> Self {
        Self { answer, asked: PhantomData }
    }
}

impl<A: Ask> Future for Pending<A> {
    type Output = Result<A::Answer, LinkError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.answer).poll(context).map(|answer| {
            let response = answer.unwrap_or(Err(LinkError::Closed))?;
            A::pick(response).ok_or_else(|| LinkError::Nonsense("the answer to another request".to_owned()))
        })
    }
}

macro_rules! asks {
    ($($answer:ident: $($request:ident)|+;)*) => { $($(
        impl Ask for wire::$request {
            type Answer = wire::$answer;
            fn pick(response: Response) -> Option<Self::Answer> {
                match response { Response::$answer(answer) => Some(answer), _ => None }
            }
        }
    )+)* };
}

asks! {
    SignedIn: Auth | Register | Enrol;
    Pong: Ping;
    PasswordChallenge: PasswordStart;
    LoginChallenge: LoginStart;
    LoginProved: LoginFinish;
    Done: SignOut | ProfileChange | PasswordChange | AccountDelete | DeviceRename | DeviceRevoke | TokenRevoke
        | InviteRevoke | ContactDecline | ContactBlock | ContactUnblock | ContactRemove | PresenceSet | Read | BlobPut;
    AccountInfo: AccountShow;
    Devices: DeviceList;
    TokenCreated: TokenCreate;
    Tokens: TokenList;
    InviteCreated: InviteCreate;
    Invites: InviteList;
    Contact: ContactRequest | ContactAccept | ContactEdit;
    Contacts: ContactList;
    People: PeopleSearch;
    Person: PersonShow;
    Presences: PresenceGet;
    Accepted: Append | RoomChange | RoomLeave;
    KeyStock: KeyPackagesPut | KeyStockShow;
    ClaimedPackages: KeyPackagesClaim;
    GroupInfo: GroupInfoGet;
    RoomCreated: RoomCreate;
    Rooms: RoomList;
    Members: RoomMembers;
    BlobState: BlobOpen | BlobCommit;
}

impl Ask for wire::BlobGet {
    type Answer = Bytes;
    fn pick(response: Response) -> Option<Self::Answer> {
        match response {
            Response::Piece(bytes) => Some(bytes),
            _ => None,
        }
    }
}
