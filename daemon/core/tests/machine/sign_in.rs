//! The three ways in: a device's key, an invite, a password.
use std::net::IpAddr;

use daemon_core::{
    gate::Offence,
    policy::Policy,
    session::{Effect, Input, Ticket},
    store::{Answer, Change, DeviceRecord, LoginRecord, Query, Seed, Write, hashed},
};
use opaque_ke::{
    CipherSuite, ClientLogin, ClientLoginFinishParameters, ClientRegistration,
    ClientRegistrationFinishParameters, CredentialResponse, RegistrationResponse,
};
use rand_chacha::{ChaCha12Rng, rand_core::SeedableRng as _};
use sotto_protocol::{
    AccountShow, Auth, DeviceName, DisplayName, Enrol, LoginFinish, LoginStart, Octets, Opaque,
    PasswordRecord, PasswordStart, Pin, Reason, Refused, Register, Registration, Response, Token, UserName,
};

use crate::world::{Did, EXPORTER, Line, PIN, Somebody, refusals, wishes, written};

struct Suite;
impl CipherSuite for Suite {
    type OprfCs = opaque_ke::Ristretto255;
    type KeyExchange = opaque_ke::TripleDh<opaque_ke::Ristretto255, sha2::Sha512>;
    type Ksf = opaque_ke::ksf::Identity;
}

fn source() -> IpAddr {
    "192.168.1.9".parse().unwrap()
}

fn record(who: &Somebody) -> DeviceRecord {
    DeviceRecord { key: who.device_key(), signed_out: false, disabled: false }
}

fn known(line: &mut Line, record: Option<DeviceRecord>) -> Vec<Did> {
    let ticket = Ticket(line.stream());
    line.tell(Input::Answer(ticket, Ok(Answer::Device(record))))
}

#[test]
fn a_device_that_proves_its_key_is_signed_in() {
    let (alice, mut line) = (Somebody::new(1), Line::greeted(Policy::default()));
    assert_eq!(line.ask(alice.auth()), [Did::Wished(Effect::Query(Ticket(3), Query::Device(alice.actor())))]);
    assert!(!line.session.takes_frames(), "what is pipelined behind a sign-in waits for it");
    let did = known(&mut line, Some(record(&alice)));
    let [Did::Wished(Effect::Write(Ticket(3), Write { change, .. }))] = did.as_slice() else {
        panic!("{did:?}")
    };
    assert_eq!(*change, Change::SignIn { actor: alice.actor(), token: None, source: source() });
    let did = line.tell(Input::Answer(Ticket(3), Ok(Answer::SignedIn(Box::new(alice.resume(vec![]))))));
    let [
        Did::Answered(3, Response::SignedIn(signed_in)),
        Did::Wished(Effect::SignedIn),
        Did::Wished(Effect::Lazy(_)),
    ] = did.as_slice()
    else {
        panic!("{did:?}")
    };
    assert_eq!((signed_in.account, signed_in.device), (alice.account, alice.device));
    assert_eq!(line.session.frame_max(), Policy::default().frame_max);
}

#[test]
fn a_device_that_cannot_prove_its_key_sounds_like_one_that_is_not_known() {
    let (alice, mallory) = (Somebody::new(1), Somebody::new(2));
    let other_connection = Auth { signature: Some(alice.proof(&[1; 32], PIN)), ..alice.auth() };
    let other_server = Auth { signature: Some(alice.proof(&EXPORTER, Pin::new([8; 32]))), ..alice.auth() };
    let other_key = Auth { signature: mallory.auth().signature, ..alice.auth() };
    for (auth, record) in [
        (other_connection, Some(record(&alice))),
        (other_server, Some(record(&alice))),
        (other_key, Some(record(&alice))),
        (alice.auth(), None),
    ] {
        let mut line = Line::greeted(Policy::default());
        line.ask(auth);
        assert_eq!(
            known(&mut line, record),
            [Did::Refused(3, "auth.failed"), Did::Wished(Effect::Offence(Offence::BadProof))]
        );
        assert!(line.session.takes_frames());
        assert_eq!(refusals(&line.ask(AccountShow {})), ["auth.required"]);
    }
}

#[test]
fn a_device_that_signed_out_or_whose_account_is_disabled_is_told_so_once_it_proved_itself() {
    let alice = Somebody::new(1);
    for (record, reason) in [
        (DeviceRecord { signed_out: true, ..record(&alice) }, "auth.signed_out"),
        (DeviceRecord { disabled: true, ..record(&alice) }, "auth.disabled"),
    ] {
        let mut line = Line::greeted(Policy::default());
        line.ask(alice.auth());
        assert_eq!(known(&mut line, Some(record)), [Did::Refused(3, reason)]);
    }
}

#[test]
fn a_bot_shows_its_token_alone_and_the_store_sees_only_its_hash() {
    let (bot, mut line) = (Somebody::new(1), Line::greeted(Policy::default()));
    let token = Token::new([5; 32]);
    let did = line.ask(Auth { signature: None, token: Some(token), ..bot.auth() });
    let change = written(&did).1.change;
    assert_eq!(change, Change::BotSignIn { actor: bot.actor(), token: hashed(&[5; 32]), source: source() });
    assert_eq!(
        line.tell(Input::Answer(Ticket(3), Err(Refused::new(Reason::AuthFailed)))),
        [Did::Refused(3, "auth.failed")]
    );
}

#[test]
fn neither_signature_nor_token_is_no_proof() {
    let mut line = Line::greeted(Policy::default());
    assert_eq!(refusals(&line.ask(Auth { signature: None, ..Somebody::new(1).auth() })), ["auth.failed"]);
}

fn register(who: &Somebody) -> Register {
    Register {
        invite: None,
        account: who.account,
        user_name: UserName::new("alice").unwrap(),
        display_name: DisplayName::new("Alice").unwrap(),
        email: None,
        identity_key: who.identity_key(),
        device: who.certificate(),
        device_name: DeviceName::new("laptop").unwrap(),
        proof: who.proof(&EXPORTER, PIN),
        password: None,
    }
}

#[test]
fn a_registration_goes_to_the_store_with_its_source_and_whether_an_invite_is_needed() {
    let alice = Somebody::new(1);
    for (registration, invite_needed) in [(Registration::Invite, true), (Registration::Open, false)] {
        let mut line = Line::greeted(Policy { registration, ..Policy::default() });
        let change = written(&line.ask(register(&alice))).1.change;
        let request = Box::new(register(&alice));
        assert_eq!(change, Change::Register { request, invite_needed, source: source() });
    }
}

#[test]
fn a_registration_that_proves_nothing_is_refused_before_the_store_hears_of_it() {
    let (alice, mallory) = (Somebody::new(1), Somebody::new(2));
    let foreign_certificate = Register { device: mallory.certificate(), ..register(&alice) };
    let foreign_proof = Register { proof: mallory.proof(&EXPORTER, PIN), ..register(&alice) };
    let password = PasswordRecord {
        upload: Opaque::new(vec![1; 192]).unwrap(),
        recovery_blob: Octets::new(vec![1]).unwrap(),
    };
    let no_upload = Register { password: Some(password), ..register(&alice) };
    for (request, reason) in [
        (foreign_certificate, "certificate.invalid"),
        (foreign_proof, "auth.failed"),
        (no_upload, "request.malformed"),
    ] {
        let did = Line::greeted(Policy::default()).ask(request);
        assert_eq!(refusals(&did), [reason]);
        assert!(!wishes(&did).iter().any(|wish| matches!(wish, Effect::Write(..))));
    }
    let mut closed = Line::greeted(Policy { registration: Registration::Closed, ..Policy::default() });
    assert_eq!(refusals(&closed.ask(register(&alice))), ["registration.closed"]);
}

#[test]
fn a_wrong_invite_is_held_against_its_source() {
    let mut line = Line::greeted(Policy::default());
    line.ask(register(&Somebody::new(1)));
    assert_eq!(
        line.tell(Input::Answer(Ticket(3), Err(Refused::new(Reason::InviteUnknown)))),
        [Did::Refused(3, "invite.unknown"), Did::Wished(Effect::Offence(Offence::BadInvite))]
    );
}

#[test]
fn strangers_cannot_evaluate_the_password_function_of_an_account_that_exists() {
    let (alice, mut line) = (Somebody::new(1), Line::greeted(Policy::default()));
    let request = Opaque::new(
        ClientRegistration::<Suite>::start(&mut ChaCha12Rng::seed_from_u64(3), b"secret")
            .unwrap()
            .message
            .serialize()
            .to_vec(),
    )
    .unwrap();
    let start = PasswordStart { request, account: Some(alice.account) };
    assert_eq!(
        line.ask(start.clone()),
        [Did::Wished(Effect::Query(Ticket(3), Query::AccountTaken(alice.account)))]
    );
    assert_eq!(
        line.tell(Input::Answer(Ticket(3), Ok(Answer::Taken(true)))),
        [Did::Refused(3, "account.exists")]
    );
    assert_eq!(refusals(&line.ask(PasswordStart { account: None, ..start })), ["request.malformed"]);
}

/// Runs OPAQUE's registration as a client would; gives what the server stores.
fn enrol_password(line: &mut Line, who: &Somebody, password: &[u8]) -> Vec<u8> {
    let mut chance = ChaCha12Rng::seed_from_u64(4);
    let started = ClientRegistration::<Suite>::start(&mut chance, password).unwrap();
    let request = Opaque::new(started.message.serialize().to_vec()).unwrap();
    line.ask(PasswordStart { request, account: Some(who.account) });
    let ticket = Ticket(line.stream());
    let did = line.tell(Input::Answer(ticket, Ok(Answer::Taken(false))));
    let [Did::Answered(_, Response::PasswordChallenge(challenge))] = did.as_slice() else {
        panic!("{did:?}")
    };
    let response = RegistrationResponse::deserialize(&challenge.response).unwrap();
    let parameters = ClientRegistrationFinishParameters::default();
    let finished = started.state.finish(&mut chance, password, response, parameters).unwrap();
    finished.message.serialize().to_vec()
}

struct Trying {
    state: ClientLogin<Suite>,
    chance: ChaCha12Rng,
}

fn start_login(
    line: &mut Line,
    name: &str,
    password: &[u8],
    record: Option<LoginRecord>,
) -> (Trying, Opaque) {
    let mut chance = ChaCha12Rng::seed_from_u64(5);
    let started = ClientLogin::<Suite>::start(&mut chance, password).unwrap();
    let user_name = UserName::new(name).unwrap();
    let request = Opaque::new(started.message.serialize().to_vec()).unwrap();
    let did = line.ask(LoginStart { user_name: user_name.clone(), request });
    let ticket = Ticket(line.stream());
    assert_eq!(did, [Did::Wished(Effect::TryPassword(ticket, user_name))]);
    let did = line.tell(Input::Answer(ticket, Ok(Answer::Login(record.map(Box::new)))));
    let [Did::Answered(_, Response::LoginChallenge(challenge))] = did.as_slice() else { panic!("{did:?}") };
    (Trying { state: started.state, chance }, challenge.response.clone())
}

fn login_record(who: &Somebody, file: Vec<u8>) -> LoginRecord {
    LoginRecord {
        account: who.account,
        identity_key: who.identity_key(),
        password_file: file.into(),
        recovery_blob: vec![1, 2, 3].into(),
        disabled: false,
    }
}

fn finish_login(trying: Trying, challenge: &Opaque, password: &[u8]) -> Option<LoginFinish> {
    let Trying { state, mut chance } = trying;
    let response = CredentialResponse::deserialize(challenge).unwrap();
    let parameters = ClientLoginFinishParameters::new(Some(b"sotto/1"), Default::default(), None);
    let finished = state.finish(&mut chance, password, response, parameters).ok()?;
    Some(LoginFinish { finish: Opaque::new(finished.message.serialize().to_vec()).unwrap() })
}

#[test]
fn a_password_brings_the_recovery_blob_and_then_a_new_device_in() {
    let (alice, mut line) = (Somebody::new(1), Line::greeted(Policy::default()));
    let file = enrol_password(&mut line, &alice, b"secret");
    let (trying, challenge) = start_login(&mut line, "alice", b"secret", Some(login_record(&alice, file)));
    let finish = finish_login(trying, &challenge, b"secret").unwrap();
    let did = line.ask(finish);
    let [Did::Answered(_, Response::LoginProved(proved))] = did.as_slice() else { panic!("{did:?}") };
    assert_eq!((proved.account, proved.recovery_blob.as_ref()), (alice.account, &[1, 2, 3][..]));

    assert_eq!(refusals(&line.ask(AccountShow {})), ["auth.required"]);
    let enrol = Enrol {
        device: alice.certificate(),
        device_name: DeviceName::new("new").unwrap(),
        proof: alice.proof(&EXPORTER, PIN),
    };
    let mallory = Somebody::new(2);
    assert_eq!(
        refusals(&line.ask(Enrol { device: mallory.certificate(), ..enrol.clone() })),
        ["certificate.invalid"]
    );
    let foreign = Enrol { proof: mallory.proof(&EXPORTER, PIN), ..enrol.clone() };
    assert_eq!(refusals(&line.ask(foreign)), ["auth.failed"]);
    let (ticket, Write { change, .. }) = written(&line.ask(enrol.clone()));
    assert_eq!(change, Change::Enrol { account: alice.account, request: Box::new(enrol), source: source() });
    let did = line.tell(Input::Answer(ticket, Ok(Answer::SignedIn(Box::new(alice.resume(vec![]))))));
    assert!(matches!(did[0], Did::Answered(_, Response::SignedIn(_))));
}

#[test]
fn an_unknown_name_is_challenged_like_a_known_one() {
    let (alice, mut line) = (Somebody::new(1), Line::greeted(Policy::default()));
    let file = enrol_password(&mut line, &alice, b"secret");
    let (_, known) = start_login(&mut line, "alice", b"secret", Some(login_record(&alice, file)));
    let (trying, unknown) = start_login(&mut line, "nobody", b"secret", None);
    assert_eq!(known.len(), unknown.len());
    assert!(finish_login(trying, &unknown, b"secret").is_none());
}

#[test]
fn a_wrong_proof_of_a_password_is_refused_and_held_against_the_source() {
    let (alice, mut line) = (Somebody::new(1), Line::greeted(Policy::default()));
    let file = enrol_password(&mut line, &alice, b"secret");
    let (trying, challenge) = start_login(&mut line, "alice", b"wrong", Some(login_record(&alice, file)));
    assert!(finish_login(trying, &challenge, b"wrong").is_none(), "the client sees it first");
    let forged = LoginFinish { finish: Opaque::new(vec![7; 64]).unwrap() };
    assert_eq!(
        line.ask(forged.clone()),
        [Did::Refused(line.stream(), "auth.failed"), Did::Wished(Effect::Offence(Offence::BadProof))]
    );
    assert_eq!(refusals(&line.ask(forged)), ["request.out_of_place"], "one challenge, one try");
}

#[test]
fn a_disabled_account_hears_so_only_after_its_password_was_right() {
    let (alice, mut line) = (Somebody::new(1), Line::greeted(Policy::default()));
    let file = enrol_password(&mut line, &alice, b"secret");
    let record = LoginRecord { disabled: true, ..login_record(&alice, file) };
    let (trying, challenge) = start_login(&mut line, "alice", b"secret", Some(record));
    let finish = finish_login(trying, &challenge, b"secret").unwrap();
    assert_eq!(refusals(&line.ask(finish)), ["auth.disabled"]);
}

#[test]
fn the_gate_may_say_wait_before_a_password_is_tried() {
    let mut line = Line::greeted(Policy::default());
    let request = Opaque::new(vec![1; 96]).unwrap();
    line.ask(LoginStart { user_name: UserName::new("alice").unwrap(), request });
    let refused = Refused::new(Reason::LimitRate).retry_after(900);
    assert_eq!(line.tell(Input::Answer(Ticket(3), Err(refused))), [Did::Refused(3, "limit.rate")]);
}

#[test]
fn every_write_has_its_own_chance() {
    let mut line = Line::greeted(Policy::default());
    let mut seeds: Vec<Seed> = Vec::new();
    for number in 1..4 {
        let (ticket, Write { seed, .. }) = written(&line.ask(register(&Somebody::new(number))));
        line.tell(Input::Answer(ticket, Err(Refused::new(Reason::UserNameTaken))));
        assert!(!seeds.contains(&seed));
        seeds.push(seed);
    }
}
