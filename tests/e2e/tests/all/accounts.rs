//! An account through its life: a second device by password, a wrong password, sign-out, revocation, deletion.
use client_crypto::{Password, PasswordError, Stretching};
use client_sdk::{
    Dialer, Link, LinkError, Pushes,
    sign_in::{SignInError, enrol, prove_password},
};
use sotto_kit::{Door, Online, Person, World, within};
use sotto_protocol::{
    AccountDelete, ContactList, DeviceList, DeviceName, DeviceRevoke, PersonShow, Reason, RoomList, SignOut,
    UserName,
};

use crate::ear::PATIENCE;

const PASSWORD: &str = "correct horse 电池";

/// Somebody with a password, signed in.
async fn anna(world: &World) -> (Person, Online) {
    Person::register(world.daemon.door(), "anna", None, Some(PASSWORD)).await.unwrap()
}

async fn try_password(door: &Door, password: &str) -> Result<(Person, Online), SignInError> {
    let (link, pushes): (Link, Pushes) = Dialer::new(door.pin)?.dial(&door.address).await?;
    let name = UserName::new("anna").unwrap();
    let password = Password::new(password.to_owned());
    let keys = prove_password(&link, name.clone(), password, Stretching::LOAD_TEST_ONLY).await?;
    let signed_in = enrol(&link, &keys, DeviceName::new("laptop").unwrap()).await?;
    Ok((Person::known(door, name, keys, &signed_in), Online { link, pushes, signed_in }))
}

#[tokio::test]
async fn a_password_brings_the_account_to_a_second_device_and_a_wrong_one_does_not() {
    let world = World::open().await.unwrap();
    let (phone, _of_phone) = anna(&world).await;
    let wrong = try_password(world.daemon.door(), "correct house").await.map(drop).unwrap_err();
    assert_eq!(wrong, SignInError::Password(PasswordError::Wrong));
    let (laptop, of_laptop) = try_password(world.daemon.door(), PASSWORD).await.unwrap();
    assert_eq!(laptop.account(), phone.account());
    assert_eq!(laptop.keys.identity.public(), phone.keys.identity.public(), "the identity came along");
    assert_ne!(laptop.device(), phone.device());
    let devices = of_laptop.link.ask(DeviceList { account: None }).await.unwrap().devices;
    assert_eq!(devices.len(), 2);
    // From now on the laptop's own key lets it in.
    of_laptop.link.close().await;
    laptop.online().await.unwrap();
}

#[tokio::test]
async fn a_device_that_signed_out_is_let_in_again_by_the_password_alone() {
    let world = World::open().await.unwrap();
    let (phone, of_phone) = anna(&world).await;
    of_phone.link.ask(SignOut {}).await.unwrap();
    within(PATIENCE, "the end of the connection", async {
        Ok::<_, anyhow::Error>(of_phone.link.ended().await)
    })
    .await
    .unwrap();
    let refused = phone.online().await.map(drop).unwrap_err();
    assert_eq!(reason(&refused), Some(Reason::AuthSignedOut), "{refused:#}");
    try_password(world.daemon.door(), PASSWORD).await.unwrap();
}

#[tokio::test]
async fn a_revoked_device_loses_its_connection_at_once_and_never_comes_back() {
    let world = World::open().await.unwrap();
    let (phone, of_phone) = anna(&world).await;
    let (_laptop, of_laptop) = try_password(world.daemon.door(), PASSWORD).await.unwrap();
    let began = std::time::Instant::now();
    of_laptop.link.ask(DeviceRevoke { device: phone.device() }).await.unwrap();
    let why = within(PATIENCE, "the end of the phone's connection", async {
        Ok::<_, anyhow::Error>(of_phone.link.ended().await)
    })
    .await
    .unwrap();
    assert!(began.elapsed().as_secs() < 2, "it took {:?}", began.elapsed());
    assert_eq!(why.reason(), Some(Reason::AuthRevoked), "{why}");
    let refused = phone.online().await.map(drop).unwrap_err();
    assert!(
        matches!(reason(&refused), Some(Reason::AuthRevoked | Reason::AuthFailed)),
        "a revoked device is let in: {refused:#}"
    );
}

#[tokio::test]
async fn a_deleted_account_leaves_nothing_behind() {
    let mut world = World::open().await.unwrap();
    let (anna, of_anna) = anna(&world).await;
    let bo = world.person("bo").await.unwrap();
    of_anna.link.close().await;
    let room = world.talk(&anna, &bo).await.unwrap();
    let of_anna = anna.online().await.unwrap();
    of_anna.link.ask(sotto_kit::message(room, "a text that nobody else has ever said")).await.unwrap();
    let slip = AccountDelete { user_name: UserName::new("bo").unwrap() };
    let refused = of_anna.link.ask(slip).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::AccountNameMismatch));
    of_anna.link.ask(AccountDelete { user_name: anna.name.clone() }).await.unwrap();

    let refused = anna.online().await.map(drop).unwrap_err();
    assert!(matches!(reason(&refused), Some(Reason::AuthFailed | Reason::AuthRevoked)), "{refused:#}");
    let wrong = try_password(world.daemon.door(), PASSWORD).await.map(drop).unwrap_err();
    assert_eq!(wrong, SignInError::Password(PasswordError::Wrong));
    let of_bo = bo.online().await.unwrap();
    assert!(of_bo.link.ask(ContactList { after: None, limit: 0 }).await.unwrap().contacts.is_empty());
    let unknown = of_bo.link.ask(PersonShow::Account(anna.account())).await.unwrap_err();
    assert_eq!(unknown.reason(), Some(Reason::PersonUnknown));
    let rooms = of_bo.link.ask(RoomList { after: None, limit: 0 }).await.unwrap().rooms;
    assert!(rooms.iter().all(|room| room.members <= 1), "{rooms:?}");
    // After a restart, too; and the name is free.
    world.daemon.stop().unwrap();
    world.daemon.revive().unwrap();
    assert!(anna.online().await.is_err());
    world.person("anna").await.unwrap();
}

fn reason(error: &anyhow::Error) -> Option<Reason> {
    error.chain().find_map(|cause| cause.downcast_ref::<LinkError>()).and_then(LinkError::reason)
}
