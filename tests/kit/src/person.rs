//! Somebody with an account and one device.
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result};
use client_crypto::{DeviceKeys, Password, Stretching};
use client_sdk::{
    Dialer, Link, Pushes,
    sign_in::{Newcomer, new_keys, register, sign_in},
};
use sotto_protocol::{
    AccountId, DeviceId, DeviceName, DisplayName, InviteCode, LogId, SignedIn, Token, UserName,
};

use crate::Door;

/// Somebody with an account and one device.
pub struct Person {
    /// What is typed.
    pub name: UserName,
    /// Who they are.
    pub keys: DeviceKeys,
    door: Door,
    token: Mutex<Option<Token>>,
}

/// Somebody's device, signed in.
pub struct Online {
    /// To ask.
    pub link: Link,
    /// To listen.
    pub pushes: Pushes,
    /// What the server said.
    pub signed_in: SignedIn,
}

impl Person {
    /// Makes an account, and signs in.
    ///
    /// # Errors
    /// When the server does not want it.
    pub async fn register(
        door: &Door,
        name: &str,
        invite: Option<InviteCode>,
        password: Option<&str>,
    ) -> Result<(Self, Online)> {
        let keys = new_keys();
        let (link, pushes) = Dialer::new(door.pin)?.dial(&door.address).await?;
        let newcomer = Newcomer {
            invite,
            user_name: UserName::new(name).with_context(|| format!("{name} is no user name"))?,
            display_name: DisplayName::new(name)?,
            email: None,
            device_name: DeviceName::new("test")?,
            password: password.map(|text| Password::new(text.to_owned())),
        };
        let user_name = newcomer.user_name.clone();
        let signed_in = register(&link, &keys, newcomer, Stretching::LOAD_TEST_ONLY)
            .await
            .with_context(|| format!("While registering {name}"))?;
        Ok((Self::known(door, user_name, keys, &signed_in), Online { link, pushes, signed_in }))
    }

    /// Somebody whose keys are at hand.
    #[must_use]
    pub fn known(door: &Door, name: UserName, keys: DeviceKeys, signed_in: &SignedIn) -> Self {
        let token = Mutex::new(signed_in.token.as_ref().map(|access| access.token));
        Self { name, keys, door: door.clone(), token }
    }

    /// Signs in with the device's key.
    ///
    /// # Errors
    /// When the server is not there, or does not want it.
    pub async fn online(&self) -> Result<Online> {
        let (link, pushes) = Dialer::new(self.door.pin)?.dial(&self.door.address).await?;
        let signed_in = sign_in(&link, &self.keys, self.token()).await?;
        if let Some(access) = &signed_in.token {
            *self.token.lock().unwrap_or_else(PoisonError::into_inner) = Some(access.token);
        }
        Ok(Online { link, pushes, signed_in })
    }

    /// The account.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.keys.account
    }

    /// The device.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        self.keys.device.id()
    }

    /// The device's own log.
    #[must_use]
    pub fn inbox(&self) -> LogId {
        self.device().into()
    }

    /// The token of the last sign-in.
    #[must_use]
    pub fn token(&self) -> Option<Token> {
        *self.token.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the server is.
    #[must_use]
    pub fn door(&self) -> &Door {
        &self.door
    }
}
