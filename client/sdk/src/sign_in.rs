//! How an account and its devices come to be on a connection: registration, the device's own key, name and password.
use client_crypto::{
    DeviceKeys, DeviceSecret, IdentitySecret, LoginAttempt, Password, PasswordError, PasswordRegistration,
    RecoveryError, Stretching, VaultKey, open_identity, seal_identity,
};
use rand_core::{OsRng, RngCore as _};
use sotto_protocol::{
    AccountId, Auth, DeviceName, DisplayName, Email, Enrol, InviteCode, LoginFinish, LoginStart,
    PasswordRecord, PasswordStart, Register, SignedIn, Token, UserName,
};

use crate::{Link, LinkError, clock::wall_ms};

/// What somebody says who is new here.
#[derive(Clone, Debug)]
pub struct Newcomer {
    /// The permission; `None` where registration is open.
    pub invite: Option<InviteCode>,
    /// What is typed, unique here.
    pub user_name: UserName,
    /// What others see.
    pub display_name: DisplayName,
    /// Optional.
    pub email: Option<Email>,
    /// What the first device is called.
    pub device_name: DeviceName,
    /// With one, a lost device is no lost account.
    pub password: Option<Password>,
}

/// Why somebody is not signed in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignInError {
    /// The server said no, or is not there.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The password was not right, or the server does not follow the protocol.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The password was right, but what the server kept is not this account's identity.
    #[error(transparent)]
    Recovery(#[from] RecoveryError),
}

/// Makes the keys of a new account and its first device.
#[must_use]
pub fn new_keys() -> DeviceKeys {
    let mut account = [0; 16];
    OsRng.fill_bytes(&mut account);
    DeviceKeys {
        account: AccountId::new(account),
        device: DeviceSecret::generate(&mut OsRng),
        identity: IdentitySecret::generate(&mut OsRng),
        vault: VaultKey::generate(&mut OsRng),
    }
}

/// Makes an account with its first device, and signs in. Repeating it with the same keys is safe, so the keys should
/// be stored first.
///
/// # Errors
/// [`SignInError::Link`] with the server's reason; [`SignInError::Password`] when its answer makes no sense.
pub async fn register(
    link: &Link,
    keys: &DeviceKeys,
    newcomer: Newcomer,
    stretching: Stretching,
) -> Result<SignedIn, SignInError> {
    let password = match newcomer.password {
        Some(password) => Some(password_record(link, Some(keys.account), keys, password, stretching).await?),
        None => None,
    };
    let request = Register {
        invite: newcomer.invite,
        account: keys.account,
        user_name: newcomer.user_name,
        display_name: newcomer.display_name,
        email: newcomer.email,
        identity_key: keys.identity.public(),
        device: keys.identity.certify(&keys.device, keys.account, wall_ms()),
        device_name: newcomer.device_name,
        proof: keys.device.prove(link.exporter(), link.pin(), keys.account),
        password,
    };
    Ok(link.ask(request).await?)
}

/// Signs a known device in with its own key, and shows the token of the last time.
///
/// # Errors
/// The server's reason, or why the connection is over.
pub async fn sign_in(link: &Link, keys: &DeviceKeys, token: Option<Token>) -> Result<SignedIn, LinkError> {
    let request = Auth {
        account: keys.account,
        device: keys.device.id(),
        signature: Some(keys.device.prove(link.exporter(), link.pin(), keys.account)),
        token,
    };
    link.ask(request).await
}

/// Proves a password: gives the account's keys with a new device in them, which is not enrolled yet.
///
/// # Errors
/// [`SignInError::Password`] for a wrong name or password; [`SignInError::Recovery`] when the server kept something
/// else than this account's identity.
pub async fn prove_password(
    link: &Link,
    user_name: UserName,
    password: Password,
    stretching: Stretching,
) -> Result<DeviceKeys, SignInError> {
    let (attempt, request) = LoginAttempt::start(password, &mut OsRng)?;
    let challenge = link.ask(LoginStart { user_name, request }).await?;
    let proof = apart(move || attempt.finish(&challenge.response, stretching, &mut OsRng)).await?;
    let proved = link.ask(LoginFinish { finish: proof.finish }).await?;
    let identity =
        open_identity(&proved.recovery_blob, proved.account, proved.identity_key, &proof.export_key)?;
    Ok(DeviceKeys { account: proved.account, identity, ..new_keys() })
}

/// After [`prove_password`] on the same connection: the new device becomes one of the account's, and is signed in.
///
/// # Errors
/// The server's reason, or why the connection is over.
pub async fn enrol(link: &Link, keys: &DeviceKeys, device_name: DeviceName) -> Result<SignedIn, LinkError> {
    let request = Enrol {
        device: keys.identity.certify(&keys.device, keys.account, wall_ms()),
        device_name,
        proof: keys.device.prove(link.exporter(), link.pin(), keys.account),
    };
    link.ask(request).await
}

/// Makes what the server keeps of a password. `account` is given before registration only.
///
/// # Errors
/// [`SignInError::Link`] with the server's reason; [`SignInError::Password`] when its answer makes no sense.
pub async fn password_record(
    link: &Link,
    account: Option<AccountId>,
    keys: &DeviceKeys,
    password: Password,
    stretching: Stretching,
) -> Result<PasswordRecord, SignInError> {
    let (registration, request) = PasswordRegistration::start(password, &mut OsRng)?;
    let challenge = link.ask(PasswordStart { request, account }).await?;
    let done = apart(move || registration.finish(&challenge.response, stretching, &mut OsRng)).await?;
    let recovery_blob = seal_identity(&keys.identity, keys.account, &done.export_key, &mut OsRng);
    Ok(PasswordRecord { upload: done.upload, recovery_blob })
}

/// Stretching takes its time: on a thread of its own.
async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
) -> Result<T, SignInError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => Ok(done?),
        Err(_) => Err(LinkError::Closed.into()),
    }
}
