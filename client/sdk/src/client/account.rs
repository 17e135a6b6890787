//! My account: its profile, its password, its devices, tokens and invites, and its end.
use client_crypto::{Password, Stretching};
use sotto_protocol::{
    AccountDelete, AccountInfo, AccountShow, BotScope, DeviceId, DeviceInfo, DeviceList, DeviceName,
    DeviceRename, DeviceRevoke, DisplayName, Email, Invite, InviteCreate, InviteId, InviteInfo, InviteList,
    InviteRevoke, Listed, Note, PasswordChange, ProfileChange, SignOut, TokenCreate, TokenCreated, TokenId,
    TokenInfo, TokenList, TokenRevoke, UserName, Visibility,
};

use super::{Client, ClientError};
use crate::sign_in::password_record;

/// What shall be different in my profile; absent stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileEdit {
    /// What others see.
    pub display_name: Option<String>,
    /// Empty: remove it.
    pub email: Option<String>,
    /// Who finds me.
    pub visibility: Option<Visibility>,
    /// Whether contacts see when I was last here.
    pub shares_last_seen: Option<bool>,
    /// Whether anyone here may write to me.
    pub open_to_all: Option<bool>,
}

impl Client {
    /// My account, as the server knows it.
    ///
    /// # Errors
    /// The server's refusal, or trouble on the way.
    pub async fn account_info(&self) -> Result<AccountInfo, ClientError> {
        Ok(self.link().await?.ask(AccountShow {}).await?)
    }

    /// Changes my profile.
    ///
    /// # Errors
    /// The server's refusal, or trouble on the way.
    pub async fn change_profile(&self, edit: ProfileEdit) -> Result<(), ClientError> {
        let display_name = edit.display_name.as_deref().map(DisplayName::new).transpose();
        let email = edit.email.as_deref().map(|email| match email {
            "" => Ok(None),
            email => Email::new(email).map(Some),
        });
        let change = ProfileChange {
            display_name: display_name.map_err(ClientError::text("the name"))?,
            email: email.transpose().map_err(ClientError::text("the e-mail address"))?,
            visibility: edit.visibility,
            shares_last_seen: edit.shares_last_seen,
            open_to_all: edit.open_to_all,
        };
        self.link().await?.ask(change).await?;
        Ok(())
    }

    /// Sets a new password, or none: then a lost device is a lost account.
    ///
    /// # Errors
    /// The server's refusal, or trouble on the way.
    pub async fn change_password(&self, password: Option<Password>) -> Result<(), ClientError> {
        let link = self.link().await?;
        let password = match password {
            Some(password) => {
                Some(password_record(&link, None, &self.0.keys, password, Stretching::STANDARD).await?)
            }
            None => None,
        };
        link.ask(PasswordChange { password }).await?;
        Ok(())
    }

    /// My devices.
    ///
    /// # Errors
    /// The server's refusal, or trouble on the way.
    pub async fn devices(&self) -> Result<Vec<DeviceInfo>, ClientError> {
        Ok(self.link().await?.ask(DeviceList { account: None }).await?.devices)
    }

    /// Names one of my devices.
    ///
    /// # Errors
    /// The server's refusal, or trouble on the way.
    pub async fn rename_device(&self, device: DeviceId, name: &str) -> Result<(), ClientError> {
        let name = DeviceName::new(name).map_err(ClientError::text("the device's name"))?;
        self.link().await?.ask(DeviceRename { device, name }).await?;
        Ok(())
    }

    /// Throws one of my devices out.
    ///
    /// # Errors
    /// The server's refusal, or trouble on the way.
    pub async fn revoke_device(&self, device: DeviceId) -> Result<(), ClientError> {
        self.link().await?.ask(DeviceRevoke { device }).await?;
        Ok(())
    }

    /// Signs this device out. What is stored here stays; the password brings the device back.
    ///
    /// # Errors
    /// The server's refusal, or trouble on the way.
    pub async fn sign_out(&self) -> Result<(), ClientError> {
        self.link().await?.ask(SignOut {}).await?;
        self.0.vault.call(|vault| vault.set_token(None)).await?;
        Ok(())
    }

    /// Deletes my account for good, on the server. What is stored here is left to [`crate::profile::Profile::erase`].
    ///
    /// # Errors
    /// The server's refusal, or trouble on the way.
    pub async fn delete_account(&self, user_name: &str) -> Result<(), ClientError> {
        let user_name = UserName::new(user_name).map_err(ClientError::text("the user name"))?;
        self.link().await?.ask(AccountDelete { user_name }).await?;
        Ok(())
    }

    /// Makes a token for a bot of mine: the only time that its secret is seen.
    ///
    /// # Errors
    /// The server's refusal, or trouble on the way.
    pub async fn create_token(&self, name: &str, scopes: &[String]) -> Result<TokenCreated, ClientError> {
        let name = Note::new(name).map_err(ClientError::text("the name"))?;
        let scopes: Result<Vec<_>, _> = scopes.iter().map(|scope| BotScope::new(scope)).collect();
        let scopes = scopes.and_then(Listed::new).map_err(ClientError::text("a scope"))?;
        Ok(self.link().await?.ask(TokenCreate { name, scopes }).await?)
    }

    /// My tokens, without their secrets.
    ///
    /// # Errors
    /// The server's refusal, or trouble on the way.
    pub async fn tokens(&self) -> Result<Vec<TokenInfo>, ClientError> {
        Ok(self.link().await?.ask(TokenList {}).await?.tokens)
    }

    /// Makes a token worthless.
    ///
    /// # Errors
    /// The server's refusal, or trouble on the way.
    pub async fn revoke_token(&self, token_id: TokenId) -> Result<(), ClientError> {
        self.link().await?.ask(TokenRevoke { token_id }).await?;
        Ok(())
    }

    /// Makes an invite; gives it as people pass it on, its handle, and when it expires.
    ///
    /// # Errors
    /// The server's refusal, or trouble on the way.
    pub async fn create_invite(
        &self,
        name: &str,
        uses: u32,
        lifetime_ms: u64,
    ) -> Result<(Invite, InviteId, u64), ClientError> {
        let name = Note::new(name).map_err(ClientError::text("the name"))?;
        let created = self.link().await?.ask(InviteCreate { name, uses, lifetime_ms }).await?;
        let mut addresses = self.0.server.addresses.clone();
        addresses.truncate(Invite::ADDRESSES_MAX);
        let invite = Invite { pin: self.0.server.pin, code: Some(created.code), addresses };
        Ok((invite, created.invite_id, created.expires_ms))
    }

    /// My open invites.
    ///
    /// # Errors
    /// The server's refusal, or trouble on the way.
    pub async fn invites(&self) -> Result<Vec<InviteInfo>, ClientError> {
        Ok(self.link().await?.ask(InviteList {}).await?.invites)
    }

    /// Makes an invite worthless.
    ///
    /// # Errors
    /// The server's refusal, or trouble on the way.
    pub async fn revoke_invite(&self, invite_id: InviteId) -> Result<(), ClientError> {
        self.link().await?.ask(InviteRevoke { invite_id }).await?;
        Ok(())
    }
}
