//! Accounts, their devices, passwords, tokens and invites.
use super::{AccessToken, Opaque, Tag, TokenType};
use crate::{
    AccountId, AgreementKey, BotScope, DeviceId, DeviceKey, DeviceName, DisplayName, Email, IdentityKey,
    InviteCode, InviteId, Listed, Note, Octets, Signature, TokenId, UserName,
    limits::{RECOVERY_BLOB_MAX, SCOPES_MAX},
    wire::{message, numbered},
};

numbered! {
    /// Who finds an account.
    Visibility else Hidden {
        /// Nobody who does not know it already.
        Hidden,
        /// Who knows the exact user name.
        Exact,
        /// Everybody.
        Listed,
    }
}

message! {
    /// A device and its account's word for it.
    DeviceCertificate {
        /// The device.
        device: DeviceId,
        /// Signs in, and is the leaf of its groups.
        device_key: DeviceKey,
        /// Receives sealed boxes.
        agreement_key: AgreementKey,
        /// When it was made, Unix milliseconds.
        created_ms: u64,
        /// By the identity key, over [`DeviceCertificate::signed_bytes`].
        signature: Signature,
    }
    /// OPAQUE registration, first half.
    PasswordStart {
        /// RFC 9807 RegistrationRequest.
        request: Opaque,
        /// Before registration: the new account's id.
        account: Option<AccountId>,
    }
    /// The answer to [`PasswordStart`].
    PasswordChallenge {
        /// RFC 9807 RegistrationResponse.
        response: Opaque,
    }
    /// What the server keeps of a password: nothing that can be tried without an Argon2id a guess.
    PasswordRecord {
        /// RFC 9807 RegistrationRecord.
        upload: Opaque,
        /// The identity key, sealed under the export key.
        recovery_blob: Octets<1, RECOVERY_BLOB_MAX>,
    }
    /// A new account with its first device.
    Register {
        /// Needed unless registration is open.
        invite: Option<InviteCode>,
        /// Made by the client: repeating is safe.
        account: AccountId,
        /// Unique here.
        user_name: UserName,
        /// What others see.
        display_name: DisplayName,
        /// Optional, unique here.
        email: Option<Email>,
        /// What contacts verify.
        identity_key: IdentityKey,
        /// The first device.
        device: DeviceCertificate,
        /// What its owner calls it.
        device_name: DeviceName,
        /// By the device key over [`crate::device_proof`].
        proof: Signature,
        /// Optional: the invite alone will do.
        password: Option<PasswordRecord>,
    }
    /// OPAQUE login on a device that has no key yet.
    LoginStart {
        /// Whose account; an unknown name is answered like a known one.
        user_name: UserName,
        /// RFC 9807 KE1.
        request: Opaque,
    }
    /// The answer to [`LoginStart`].
    LoginChallenge {
        /// RFC 9807 KE2.
        response: Opaque,
    }
    /// The proof that the password was right.
    LoginFinish {
        /// RFC 9807 KE3.
        finish: Opaque,
    }
    /// The password was right.
    LoginProved {
        /// The account.
        account: AccountId,
        /// Its identity key.
        identity_key: IdentityKey,
        /// The identity key's secret half, sealed under the export key.
        recovery_blob: Octets<1, RECOVERY_BLOB_MAX>,
    }
    /// This device becomes one of the account's.
    Enrol {
        /// Signed with the identity key that came out of the recovery blob.
        device: DeviceCertificate,
        /// What its owner calls it.
        device_name: DeviceName,
        /// By the device key over [`crate::device_proof`].
        proof: Signature,
    }
    /// This device is done here; a password or another device brings it back.
    SignOut {}
    /// My own account?
    AccountShow {}
    /// An account, as its owner sees it.
    AccountInfo {
        /// The account.
        account: AccountId,
        /// What is typed.
        user_name: UserName,
        /// What others see.
        display_name: DisplayName,
        /// Optional.
        email: Option<Email>,
        /// What contacts verify.
        identity_key: IdentityKey,
        /// Unix milliseconds.
        created_ms: u64,
        /// Who finds it.
        visibility: Visibility,
        /// Whether a new device can sign in with a password.
        has_password: bool,
        /// Whether contacts see when it was last here.
        shares_last_seen: bool,
        /// Whether anyone here may open a direct room, not only contacts.
        open_to_all: bool,
    }
    /// What shall be different; absent stays as it is.
    ProfileChange {
        /// What others see.
        display_name: Option<DisplayName>,
        /// `Some(None)` removes it.
        email: Option<Option<Email>>,
        /// Who finds it.
        visibility: Option<Visibility>,
        /// Whether contacts see when it was last here.
        shares_last_seen: Option<bool>,
        /// Whether anyone here may open a direct room.
        open_to_all: Option<bool>,
    }
    /// A new password, after [`PasswordStart`]; `None`: no password any more.
    PasswordChange {
        /// What the server keeps.
        password: Option<PasswordRecord>,
    }
    /// My account goes, for good.
    AccountDelete {
        /// Its own name, so that no slip deletes a life.
        user_name: UserName,
    }
    /// An account's devices?
    DeviceList {
        /// `None`: my own.
        account: Option<AccountId>,
    }
    /// The answer to [`DeviceList`].
    Devices {
        /// At most [`crate::limits::DEVICES_MAX`].
        devices: Vec<DeviceInfo>,
    }
    /// A device, with what only its owner sees.
    DeviceInfo {
        /// The device.
        certificate: DeviceCertificate,
        /// Own devices only.
        name: Option<DeviceName>,
        /// Own devices only, Unix milliseconds.
        last_seen_ms: u64,
        /// Own devices only.
        last_address: String,
        /// Own devices only.
        signed_out: bool,
    }
    /// A new name for one of my devices.
    DeviceRename {
        /// Which.
        device: DeviceId,
        /// Its new name.
        name: DeviceName,
    }
    /// One of my devices goes.
    DeviceRevoke {
        /// Which.
        device: DeviceId,
    }
    /// A token for a bot of mine.
    TokenCreate {
        /// What I call it.
        name: Note,
        /// What it may do.
        scopes: Listed<BotScope, SCOPES_MAX>,
    }
    /// The answer to [`TokenCreate`]: the only time that the secret is seen.
    TokenCreated {
        /// Its public handle.
        token_id: TokenId,
        /// The token.
        token: AccessToken,
    }
    /// My tokens?
    TokenList {}
    /// The answer to [`TokenList`].
    Tokens {
        /// All of them.
        tokens: Vec<TokenInfo>,
    }
    /// A token without its secret.
    TokenInfo {
        /// Its public handle.
        token_id: TokenId,
        /// What it is good for.
        token_type: TokenType,
        /// What its owner calls it.
        name: String,
        /// The device that it is bound to.
        device: DeviceId,
        /// What a bot may do with it.
        scopes: Vec<Tag>,
        /// Unix milliseconds.
        created_ms: u64,
        /// Unix milliseconds.
        expires_ms: u64,
    }
    /// A token goes.
    TokenRevoke {
        /// Which.
        token_id: TokenId,
    }
    /// An invite, please.
    InviteCreate {
        /// For whom.
        name: Note,
        /// How many accounts; 0: one.
        uses: u32,
        /// 0: the server's default.
        lifetime_ms: u64,
    }
    /// The answer to [`InviteCreate`].
    InviteCreated {
        /// Its public handle.
        invite_id: InviteId,
        /// Its secret.
        code: InviteCode,
        /// Unix milliseconds.
        expires_ms: u64,
    }
    /// My invites?
    InviteList {}
    /// The answer to [`InviteList`].
    Invites {
        /// All of them.
        invites: Vec<InviteInfo>,
    }
    /// An invite without its secret.
    InviteInfo {
        /// Its public handle.
        invite_id: InviteId,
        /// For whom.
        name: String,
        /// How many accounts may be made with it.
        uses: u32,
        /// How many were.
        used: u32,
        /// Unix milliseconds.
        created_ms: u64,
        /// Unix milliseconds.
        expires_ms: u64,
    }
    /// An invite goes.
    InviteRevoke {
        /// Which.
        invite_id: InviteId,
    }
}
