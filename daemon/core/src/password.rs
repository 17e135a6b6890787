//! The server's half of OPAQUE (RFC 9807): it never sees a password, and what it stores cannot be tried without an
//! Argon2id a guess. Everything that knows of `opaque-ke` stands here.
use std::fmt;

use bytes::Bytes;
use opaque_ke::{
    CipherSuite, CredentialFinalization, CredentialRequest, RegistrationRequest, RegistrationUpload,
    ServerLogin, ServerLoginParameters, ServerRegistration, ServerSetup,
};
use rand_core::CryptoRngCore;
use sotto_protocol::{AccountId, Opaque, UserName};

/// Separates our runs of OPAQUE from everybody else's.
const CONTEXT: &[u8] = b"sotto/1";

/// ristretto255, triple Diffie-Hellman, SHA-512. Stretching is the client's work, so the server has none.
struct Suite;

impl CipherSuite for Suite {
    type OprfCs = opaque_ke::Ristretto255;
    type KeyExchange = opaque_ke::TripleDh<opaque_ke::Ristretto255, sha2::Sha512>;
    type Ksf = opaque_ke::ksf::Identity;
}

/// The bytes are no OPAQUE message, or the proof is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the expected OPAQUE message")]
pub struct NotProved;

/// Answers registrations and logins.
pub struct PasswordServer {
    setup: ServerSetup<Suite>,
}

/// A login that has been challenged and waits for its proof.
pub struct Challenged(ServerLogin<Suite>);

impl PasswordServer {
    /// Makes the secret that all password files of a server depend on: to be stored, once.
    pub fn generate(mut chance: &mut dyn CryptoRngCore) -> Bytes {
        Bytes::copy_from_slice(&ServerSetup::<Suite>::new(&mut chance).serialize())
    }

    /// Takes the stored secret.
    ///
    /// # Errors
    /// [`NotProved`] when the bytes are none.
    pub fn new(stored: &[u8]) -> Result<Self, NotProved> {
        Ok(Self { setup: ServerSetup::deserialize(stored).map_err(|_| NotProved)? })
    }

    /// Answers the first half of a registration. The account's id names the password file.
    ///
    /// # Errors
    /// [`NotProved`] when the request is no point of the group.
    pub fn start_registration(&self, account: AccountId, request: &[u8]) -> Result<Opaque, NotProved> {
        let request = RegistrationRequest::deserialize(request).map_err(|_| NotProved)?;
        let started = ServerRegistration::<Suite>::start(&self.setup, request, account.as_bytes())
            .map_err(|_| NotProved)?;
        opaque(&started.message.serialize())
    }

    /// Checks that an upload is one. It is stored as it came.
    #[must_use]
    pub fn is_upload(upload: &[u8]) -> bool {
        RegistrationUpload::<Suite>::deserialize(upload).is_ok()
    }

    /// Challenges a login. Without a password file (unknown name, account without a password) the challenge looks the
    /// same, costs the same, and cannot be met.
    ///
    /// # Errors
    /// [`NotProved`] when the request is no point of the group.
    pub fn challenge(
        &self,
        mut chance: &mut dyn CryptoRngCore,
        name: &UserName,
        known: Option<(AccountId, &[u8])>,
        request: &[u8],
    ) -> Result<(Challenged, Opaque), NotProved> {
        let request = CredentialRequest::deserialize(request).map_err(|_| NotProved)?;
        let nobody = nobody(name);
        let credential = known.map_or(nobody, |(account, _)| account);
        let file = known.and_then(|(_, file)| ServerRegistration::<Suite>::deserialize(file).ok());
        let started =
            ServerLogin::start(&mut chance, &self.setup, file, request, credential.as_bytes(), parameters())
                .map_err(|_| NotProved)?;
        let response = opaque(&started.message.serialize())?;
        Ok((Challenged(started.state), response))
    }
}

impl Challenged {
    /// Checks the proof.
    ///
    /// # Errors
    /// [`NotProved`] when the password was wrong.
    pub fn check(self, finish: &[u8]) -> Result<(), NotProved> {
        let finish = CredentialFinalization::deserialize(finish).map_err(|_| NotProved)?;
        self.0.finish(finish, parameters()).map(|_| ()).map_err(|_| NotProved)
    }
}

impl fmt::Debug for PasswordServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordServer(…)")
    }
}

impl fmt::Debug for Challenged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Challenged(…)")
    }
}

const fn parameters() -> ServerLoginParameters<'static, 'static> {
    ServerLoginParameters {
        context: Some(CONTEXT),
        identifiers: opaque_ke::Identifiers { client: None, server: None },
    }
}

fn opaque(bytes: &[u8]) -> Result<Opaque, NotProved> {
    Opaque::new(bytes.to_vec()).map_err(|_| NotProved)
}

/// The account that nobody has, always the same for a name.
fn nobody(name: &UserName) -> AccountId {
    let hashed = crate::store::hashed(format!("sotto/1 nobody called {name}").as_bytes());
    AccountId::new(crate::store::handle_of(&hashed))
}
