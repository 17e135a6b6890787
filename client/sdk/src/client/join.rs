//! How a profile comes by an account: with an invite, or with name and password.
use client_crypto::{DeviceKeys, Passphrase, Password, Stretching};
use sotto_protocol::{AccountShow, DeviceName, Invite, Pin, SignedIn, Tag, UserName};

use super::{Client, ClientError};
use crate::{
    Dialer, Link,
    profile::{Profile, ProfileError},
    sign_in::{Newcomer, enrol, new_keys, prove_password, register},
    vault::{Server, Vault},
};

/// What a newcomer brings.
#[derive(Debug)]
pub struct Joining {
    /// From the admin, or from a friend.
    pub invite: Invite,
    /// Who they want to be. Its own invite code is taken from the invite.
    pub newcomer: Newcomer,
    /// Protects the key file; `None`: this user account only.
    pub passphrase: Option<Passphrase>,
    /// What the person reads.
    pub language: Tag,
}

/// What somebody brings who has an account already.
#[derive(Debug)]
pub struct SigningIn {
    /// The server's pin.
    pub pin: Pin,
    /// Where it may be.
    pub addresses: Vec<String>,
    /// Whose account.
    pub user_name: UserName,
    /// Its password.
    pub password: Password,
    /// What this device is called.
    pub device_name: DeviceName,
    /// Protects the key file; `None`: this user account only.
    pub passphrase: Option<Passphrase>,
    /// What the person reads.
    pub language: Tag,
}

/// Makes an account. The keys are stored first, so that a try that was interrupted can be repeated.
///
/// # Errors
/// [`ClientError::AlreadyJoined`] when the profile has an account; the server's refusal otherwise.
pub async fn join(profile: Profile, joining: Joining) -> Result<Client, ClientError> {
    let Joining { invite, mut newcomer, passphrase, language } = joining;
    newcomer.invite = invite.code;
    let (keys, mut vault) = match profile.protection()? {
        Some(_) => {
            let keys = profile.keys(passphrase.as_ref())?;
            let vault = profile.vault(&keys)?;
            (keys, vault)
        }
        None => {
            let keys = new_keys();
            profile.erase_vault()?;
            profile.set_keys(&keys, passphrase.as_ref())?;
            let vault = profile.vault(&keys)?;
            (keys, vault)
        }
    };
    if let Some(name) = vault.joined()? {
        return Err(ClientError::AlreadyJoined(name));
    }
    let dialer = Dialer::new(invite.pin)?.language(language.clone());
    let (link, _pushes, address) = dialer.dial_any(&invite.addresses).await?;
    let signed_in = register(&link, &keys, newcomer, Stretching::STANDARD).await?;
    let server = server(invite.pin, invite.addresses, &address, &link);
    let user_name = settle(&mut vault, &server, &link, &signed_in).await?;
    link.close().await;
    Client::assemble(profile, keys, vault, user_name, language)
}

/// Makes this device one of an account's, by name and password. A device that was signed out comes back as it was.
///
/// # Errors
/// [`ClientError::SignIn`] for a wrong name or password; [`ClientError::AlreadyJoined`] when the profile belongs to
/// another account.
pub async fn sign_in_with_password(profile: Profile, signing_in: SigningIn) -> Result<Client, ClientError> {
    let SigningIn { pin, addresses, user_name, password, device_name, passphrase, language } = signing_in;
    let before = before(&profile, passphrase.as_ref())?;
    let dialer = Dialer::new(pin)?.language(language.clone());
    let (link, _pushes, address) = dialer.dial_any(&addresses).await?;
    let proved = prove_password(&link, user_name, password, Stretching::STANDARD).await?;
    let (keys, mut vault) = match before {
        Some((keys, vault, _)) if keys.account == proved.account => (keys, vault),
        Some((_, _, Some(name))) => return Err(ClientError::AlreadyJoined(name)),
        Some(_) | None => {
            profile.erase_vault()?;
            profile.set_keys(&proved, passphrase.as_ref())?;
            let vault = profile.vault(&proved)?;
            (proved, vault)
        }
    };
    let signed_in = enrol(&link, &keys, device_name).await?;
    let server = server(pin, addresses, &address, &link);
    let user_name = settle(&mut vault, &server, &link, &signed_in).await?;
    link.close().await;
    Client::assemble(profile, keys, vault, user_name, language)
}

type Before = (DeviceKeys, Vault, Option<UserName>);

/// What this profile holds already.
fn before(profile: &Profile, passphrase: Option<&Passphrase>) -> Result<Option<Before>, ProfileError> {
    if profile.protection()?.is_none() {
        return Ok(None);
    }
    let keys = profile.keys(passphrase)?;
    let vault = profile.vault(&keys)?;
    let name = vault.joined()?;
    Ok(Some((keys, vault, name)))
}

/// The address that answered comes first from now on.
fn server(pin: Pin, mut addresses: Vec<String>, answered: &str, link: &Link) -> Server {
    addresses.retain(|address| address != answered);
    addresses.insert(0, answered.to_owned());
    Server { pin, addresses, name: link.welcome().server_name.as_str().to_owned() }
}

/// Remembers that it is done. The name comes from the server: an earlier, interrupted try may have had another one.
async fn settle(
    vault: &mut Vault,
    server: &Server,
    link: &Link,
    signed_in: &SignedIn,
) -> Result<UserName, ClientError> {
    let account = link.ask(AccountShow {}).await?;
    vault.set_server(server)?;
    vault.set_token(signed_in.token.as_ref().map(|token| &token.token))?;
    vault.set_joined(&account.user_name)?;
    Ok(account.user_name)
}
