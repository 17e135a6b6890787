//! Passwords by OPAQUE (RFC 9807): the server never sees one, and keeps nothing that can be tried without an Argon2id a
//! guess. ristretto255, 3DH, SHA-512; the stretching happens here, so the server's suite has none and still fits.
use std::fmt;

use opaque_ke::{
    CipherSuite, ClientLogin, ClientLoginFinishParameters, ClientRegistration,
    ClientRegistrationFinishParameters, CredentialResponse, Identifiers, RegistrationResponse, Ristretto255,
    TripleDh, errors::ProtocolError,
};
use rand_core::{CryptoRng, RngCore};
use sha2::Sha512;
use sotto_protocol::Opaque;
use zeroize::Zeroizing;

use crate::{Password, Stretching};

/// Both sides name it, so that a login can belong to nothing else.
const CONTEXT: &[u8] = b"sotto/1";

#[derive(Clone, Copy, Debug)]
pub(crate) struct Suite;

impl CipherSuite for Suite {
    type OprfCs = Ristretto255;
    type KeyExchange = TripleDh<Ristretto255, Sha512>;
    type Ksf = Stretching;
}

/// What a password brings out, the same at every login; only its owner ever has it.
#[derive(Clone)]
pub struct ExportKey(Zeroizing<[u8; 64]>);

/// A password on its way to a server that must not learn it.
pub struct PasswordRegistration {
    state: ClientRegistration<Suite>,
    password: Password,
}

/// What ends a registration.
#[derive(Debug)]
pub struct PasswordUpload {
    /// For the server to keep.
    pub upload: Opaque,
    /// For us: seals the recovery blob.
    pub export_key: ExportKey,
}

/// A login that has begun.
pub struct LoginAttempt {
    state: ClientLogin<Suite>,
    password: Password,
}

/// What ends a login.
#[derive(Debug)]
pub struct PasswordProof {
    /// For the server: the password was right.
    pub finish: Opaque,
    /// For us: opens the recovery blob.
    pub export_key: ExportKey,
}

/// Why a password got us nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// The name or the password is not right; which, the server does not say.
    #[error("name or password is not right")]
    Wrong,
    /// The other side does not follow the protocol.
    #[error("the server's answer makes no sense for a password login")]
    Nonsense,
}

impl PasswordRegistration {
    /// Begins: the first message is for the server.
    ///
    /// # Errors
    /// [`PasswordError::Nonsense`] for a password that cannot be used at all.
    pub fn start(
        password: Password,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(Self, Opaque), PasswordError> {
        let start = ClientRegistration::<Suite>::start(rng, password.as_bytes())?;
        let request = opaque(&start.message.serialize())?;
        Ok((Self { state: start.state, password }, request))
    }

    /// Ends with the server's answer. Takes as long as the stretching: not for a task that others wait for.
    ///
    /// # Errors
    /// [`PasswordError::Nonsense`] when the answer does not fit.
    pub fn finish(
        self,
        response: &[u8],
        stretching: Stretching,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<PasswordUpload, PasswordError> {
        let response = RegistrationResponse::deserialize(response)?;
        let parameters = ClientRegistrationFinishParameters::new(Identifiers::default(), Some(&stretching));
        let finish = self.state.finish(rng, self.password.as_bytes(), response, parameters)?;
        Ok(PasswordUpload {
            upload: opaque(&finish.message.serialize())?,
            export_key: ExportKey(Zeroizing::new(finish.export_key.into())),
        })
    }
}

impl LoginAttempt {
    /// Begins: the first message is for the server.
    ///
    /// # Errors
    /// [`PasswordError::Nonsense`] for a password that cannot be used at all.
    pub fn start(
        password: Password,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(Self, Opaque), PasswordError> {
        let start = ClientLogin::<Suite>::start(rng, password.as_bytes())?;
        let request = opaque(&start.message.serialize())?;
        Ok((Self { state: start.state, password }, request))
    }

    /// Ends with the server's answer. Takes as long as the stretching: not for a task that others wait for.
    ///
    /// # Errors
    /// [`PasswordError::Wrong`] for a wrong password or an unknown name, [`PasswordError::Nonsense`] when the answer
    /// does not fit.
    pub fn finish(
        self,
        response: &[u8],
        stretching: Stretching,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<PasswordProof, PasswordError> {
        let response = CredentialResponse::deserialize(response)?;
        let parameters =
            ClientLoginFinishParameters::new(Some(CONTEXT), Identifiers::default(), Some(&stretching));
        let finish = self.state.finish(rng, self.password.as_bytes(), response, parameters)?;
        Ok(PasswordProof {
            finish: opaque(&finish.message.serialize())?,
            export_key: ExportKey(Zeroizing::new(finish.export_key.into())),
        })
    }
}

impl ExportKey {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_ref()
    }
    #[cfg(test)]
    pub(crate) fn for_test(bytes: [u8; 64]) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

impl From<ProtocolError> for PasswordError {
    fn from(error: ProtocolError) -> Self {
        match error {
            ProtocolError::InvalidLoginError => Self::Wrong,
            ProtocolError::LibraryError(_)
            | ProtocolError::SerializationError
            | ProtocolError::ReflectedValueError
            | ProtocolError::SizeError { .. }
            | ProtocolError::Custom(_) => Self::Nonsense,
        }
    }
}

impl fmt::Debug for ExportKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ExportKey(…)")
    }
}

impl fmt::Debug for PasswordRegistration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordRegistration(…)")
    }
}

impl fmt::Debug for LoginAttempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LoginAttempt(…)")
    }
}

fn opaque(bytes: &[u8]) -> Result<Opaque, PasswordError> {
    Opaque::new(bytes.to_vec()).map_err(|_| PasswordError::Nonsense)
}

#[cfg(test)]
mod tests {
    use opaque_ke::{
        CredentialFinalization, CredentialRequest, RegistrationRequest, RegistrationUpload, ServerLogin,
        ServerLoginParameters, ServerRegistration, ServerSetup, ksf::Identity,
    };
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};

    use super::*;

    /// The server's suite: the same without stretching.
    struct ServerSuite;
    impl CipherSuite for ServerSuite {
        type OprfCs = Ristretto255;
        type KeyExchange = TripleDh<Ristretto255, Sha512>;
        type Ksf = Identity;
    }

    struct Server {
        setup: ServerSetup<ServerSuite>,
        file: Option<Vec<u8>>,
        rng: ChaCha20Rng,
    }

    const ACCOUNT: &[u8] = &[0xA1; 16];

    impl Server {
        fn new() -> Self {
            let mut rng = ChaCha20Rng::from_seed([9; 32]);
            Self { setup: ServerSetup::new(&mut rng), file: None, rng }
        }

        fn register(&mut self, password: &str) -> ExportKey {
            let mut rng = ChaCha20Rng::from_seed([1; 32]);
            let (client, request) =
                PasswordRegistration::start(Password::new(password.into()), &mut rng).unwrap();
            let request = RegistrationRequest::deserialize(&request).unwrap();
            let answer =
                ServerRegistration::start(&self.setup, request, ACCOUNT).unwrap().message.serialize();
            let done = client.finish(&answer, Stretching::STANDARD, &mut rng).unwrap();
            let upload = RegistrationUpload::<ServerSuite>::deserialize(&done.upload).unwrap();
            self.file = Some(ServerRegistration::finish(upload).serialize().to_vec());
            done.export_key
        }

        fn challenge(&mut self, request: &[u8]) -> (ServerLogin<ServerSuite>, Vec<u8>) {
            let request = CredentialRequest::deserialize(request).unwrap();
            let file = self.file.as_ref().map(|file| ServerRegistration::deserialize(file).unwrap());
            let parameters =
                ServerLoginParameters { context: Some(CONTEXT), identifiers: Identifiers::default() };
            let start =
                ServerLogin::start(&mut self.rng, &self.setup, file, request, ACCOUNT, parameters).unwrap();
            (start.state, start.message.serialize().to_vec())
        }

        fn login(&mut self, password: &str) -> Result<ExportKey, PasswordError> {
            let mut rng = ChaCha20Rng::from_seed([2; 32]);
            let (client, request) = LoginAttempt::start(Password::new(password.into()), &mut rng)?;
            let (state, answer) = self.challenge(&request);
            let done = client.finish(&answer, Stretching::STANDARD, &mut rng)?;
            let finish = CredentialFinalization::deserialize(&done.finish).unwrap();
            let parameters =
                ServerLoginParameters { context: Some(CONTEXT), identifiers: Identifiers::default() };
            state.finish(finish, parameters).unwrap();
            Ok(done.export_key)
        }
    }

    #[test]
    fn the_right_password_brings_the_same_key_out_every_time() {
        let mut server = Server::new();
        let registered = server.register("correct horse 电池");
        let first = server.login("correct horse 电池").unwrap();
        let second = server.login("correct horse 电池").unwrap();
        assert_eq!(registered.as_bytes(), first.as_bytes());
        assert_eq!(registered.as_bytes(), second.as_bytes());
    }

    #[test]
    fn a_wrong_password_and_an_unknown_name_are_told_the_same() {
        let mut server = Server::new();
        assert_eq!(server.login("anything").unwrap_err(), PasswordError::Wrong);
        server.register("correct horse");
        assert_eq!(server.login("correct house").unwrap_err(), PasswordError::Wrong);
    }

    #[test]
    fn an_answer_that_makes_no_sense_is_told_as_such() {
        let mut rng = ChaCha20Rng::from_seed([2; 32]);
        let (client, _) = LoginAttempt::start(Password::new("x".into()), &mut rng).unwrap();
        let verdict = client.finish(&[0xFF; 320], Stretching::STANDARD, &mut rng);
        assert_eq!(verdict.unwrap_err(), PasswordError::Nonsense);
        let (client, request) = LoginAttempt::start(Password::new("x".into()), &mut rng).unwrap();
        let reflected = [&request[..32], &[0; 288]].concat();
        let verdict = client.finish(&reflected, Stretching::STANDARD, &mut rng);
        assert_eq!(verdict.unwrap_err(), PasswordError::Nonsense);
    }

    #[test]
    fn a_changed_answer_is_refused() {
        let mut server = Server::new();
        server.register("correct horse");
        let mut rng = ChaCha20Rng::from_seed([2; 32]);
        for byte in [33, 64, 100, 200, 319] {
            let (client, request) =
                LoginAttempt::start(Password::new("correct horse".into()), &mut rng).unwrap();
            let (_, mut answer) = server.challenge(&request);
            answer[byte] ^= 1;
            assert!(client.finish(&answer, Stretching::LOAD_TEST_ONLY, &mut rng).is_err(), "byte {byte}");
        }
    }

    #[test]
    fn the_messages_fit_the_wire() {
        let mut rng = ChaCha20Rng::from_seed([2; 32]);
        let (_, request) = LoginAttempt::start(Password::new("x".into()), &mut rng).unwrap();
        assert_eq!(request.len(), 96);
        let (_, request) = PasswordRegistration::start(Password::new("x".into()), &mut rng).unwrap();
        assert_eq!(request.len(), 32);
    }
}
