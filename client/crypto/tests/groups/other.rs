//! The other implementation, as another program of another house would use it: it knows our credential and our limits,
//! and none of our checks. So it is also what a liar uses.
use std::time::Duration;

use client_crypto::{
    DeviceSecret,
    group::{Binding, DeviceCredential},
};
use daemon_groups::Leaf;
use mls_rs::{
    CipherSuite, Client, ExtensionList, Group, IdentityProvider, MlsMessage,
    client_builder::MlsConfig,
    crypto::{SignaturePublicKey, SignatureSecretKey},
    group::{CommitBuilder, CommitOutput, ExportedTree, ReceivedMessage},
    identity::{
        CredentialType, SigningIdentity,
        basic::{BasicCredential, BasicIdentityProvider, BasicIdentityProviderError},
    },
    mls_rules::{CommitOptions, DefaultMlsRules, EncryptionOptions},
    time::MlsTime,
};
use mls_rs_core::identity::MemberValidationContext;
use mls_rs_crypto_rustcrypto::RustCryptoProvider;
use rand_chacha::{
    ChaCha20Rng,
    rand_core::{RngCore as _, SeedableRng as _},
};
use sotto_protocol::{Commit, DeviceId, EnvelopeId, GroupBytes, Listed, RoomId};

use crate::world::Person;

const SUITE: CipherSuite = CipherSuite::CURVE25519_CHACHA;

pub(crate) struct Other<C: MlsConfig> {
    pub(crate) client: Client<C>,
    pub(crate) group: Option<Group<C>>,
    pub(crate) leaf: Leaf,
    rng: ChaCha20Rng,
}

/// A device of this person that runs the other implementation.
pub(crate) fn other(person: &Person, number: u8) -> Other<impl MlsConfig + use<>> {
    let secret = [number ^ 0xA5; 32];
    let device = DeviceSecret::from_parts(DeviceId::new([number; 16]), &secret, &[9; 32]);
    let certificate = person.identity.certify(&device, person.account, 1_795_000_000_000);
    let identity = person.identity.public();
    let credential = DeviceCredential { account: person.account, identity, certificate };
    let leaf = Leaf { account: person.account, device: device.id(), identity, key: device.key() };
    with_identities(&secret, leaf, &credential, Identities::Devices)
}

/// One that takes all devices of an account for one: it would take another's place.
pub(crate) fn thief(person: &Person, number: u8) -> Other<impl MlsConfig + use<>> {
    let secret = [number ^ 0xA5; 32];
    let device = DeviceSecret::from_parts(DeviceId::new([number; 16]), &secret, &[9; 32]);
    let certificate = person.identity.certify(&device, person.account, 1_795_000_000_000);
    let identity = person.identity.public();
    let credential = DeviceCredential { account: person.account, identity, certificate };
    let leaf = Leaf { account: person.account, device: device.id(), identity, key: device.key() };
    with_identities(&secret, leaf, &credential, Identities::Accounts)
}

/// The same with any credential, true or not.
pub(crate) fn with_credential(
    secret: &[u8; 32],
    leaf: Leaf,
    credential: &DeviceCredential,
) -> Other<impl MlsConfig + use<>> {
    with_identities(secret, leaf, credential, Identities::Devices)
}

fn with_identities(
    secret: &[u8; 32],
    leaf: Leaf,
    credential: &DeviceCredential,
    identities: Identities,
) -> Other<impl MlsConfig + use<>> {
    let options = CommitOptions::new()
        .with_path_required(true)
        .with_ratchet_tree_extension(false)
        .with_allow_external_commit(true);
    let rules = DefaultMlsRules::new()
        .with_commit_options(options)
        .with_encryption_options(EncryptionOptions::new(false, Default::default()));
    let (identity, key) = signing(secret, credential);
    let client = Client::builder()
        .identity_provider(identities)
        .crypto_provider(RustCryptoProvider::default())
        .mls_rules(rules)
        .key_package_lifetime(Duration::from_secs(80 * 24 * 60 * 60))
        .signing_identity(identity, key, SUITE)
        .build();
    Other { client, group: None, leaf, rng: ChaCha20Rng::from_seed(*secret) }
}

/// Who counts as one and the same.
#[derive(Clone, Copy, Debug)]
enum Identities {
    Devices,
    Accounts,
}

impl IdentityProvider for Identities {
    type Error = BasicIdentityProviderError;

    fn validate_member(
        &self,
        identity: &SigningIdentity,
        time: Option<MlsTime>,
        context: MemberValidationContext<'_>,
    ) -> Result<(), Self::Error> {
        BasicIdentityProvider.validate_member(identity, time, context)
    }
    fn validate_external_sender(
        &self,
        identity: &SigningIdentity,
        time: Option<MlsTime>,
        extensions: Option<&ExtensionList>,
    ) -> Result<(), Self::Error> {
        BasicIdentityProvider.validate_external_sender(identity, time, extensions)
    }
    fn identity(
        &self,
        identity: &SigningIdentity,
        extensions: &ExtensionList,
    ) -> Result<Vec<u8>, Self::Error> {
        let mut bytes = BasicIdentityProvider.identity(identity, extensions)?;
        if matches!(self, Self::Accounts) {
            bytes.truncate(17);
        }
        Ok(bytes)
    }
    fn valid_successor(
        &self,
        old: &SigningIdentity,
        new: &SigningIdentity,
        extensions: &ExtensionList,
    ) -> Result<bool, Self::Error> {
        Ok(self.identity(old, extensions)? == self.identity(new, extensions)?)
    }
    fn supported_types(&self) -> Vec<CredentialType> {
        BasicIdentityProvider.supported_types()
    }
}

/// A signing identity of the other implementation.
pub(crate) fn signing(
    secret: &[u8; 32],
    credential: &DeviceCredential,
) -> (SigningIdentity, SignatureSecretKey) {
    let key = ed25519_dalek::SigningKey::from_bytes(secret);
    let public = SignaturePublicKey::new(key.verifying_key().to_bytes().to_vec());
    let basic = BasicCredential::new(credential.to_bytes()).into_credential();
    (SigningIdentity::new(basic, public), SignatureSecretKey::new(key.to_keypair_bytes().to_vec()))
}

impl<C: MlsConfig> Other<C> {
    pub(crate) fn binding(&mut self, room: RoomId) -> Binding {
        let mut envelope = [0; 16];
        self.rng.fill_bytes(&mut envelope);
        let Leaf { account, device, .. } = self.leaf;
        Binding { room, envelope: EnvelopeId::new(envelope), account, device }
    }

    pub(crate) fn group(&mut self) -> &mut Group<C> {
        self.group.as_mut().unwrap()
    }

    pub(crate) fn key_package(&self) -> Vec<u8> {
        let package =
            self.client.generate_key_package_message(ExtensionList::new(), ExtensionList::new(), None);
        package.unwrap().to_bytes().unwrap()
    }

    pub(crate) fn join(&mut self, welcome: &[u8], tree: &[u8]) {
        let tree = ExportedTree::from_bytes(tree).unwrap();
        let welcome = MlsMessage::from_bytes(welcome).unwrap();
        self.group = Some(self.client.join_group(Some(tree), &welcome, None).unwrap().0);
    }

    pub(crate) fn seal(&mut self, words: &[u8], room: RoomId) -> (Binding, Vec<u8>) {
        let binding = self.binding(room);
        let sealed = self.group().encrypt_application_message(words, binding.to_bytes()).unwrap();
        (binding, sealed.to_bytes().unwrap())
    }

    pub(crate) fn receive(&mut self, bytes: &[u8]) -> ReceivedMessage {
        self.group().process_incoming_message(MlsMessage::from_bytes(bytes).unwrap()).unwrap()
    }

    pub(crate) fn reads(&mut self, sealed: &(Binding, Vec<u8>)) -> Vec<u8> {
        let ReceivedMessage::ApplicationMessage(message) = self.receive(&sealed.1) else { panic!() };
        assert_eq!(message.authenticated_data, sealed.0.to_bytes());
        message.data().to_vec()
    }

    /// Makes a commit; it is not in force before [`Self::accepted`].
    pub(crate) fn changes(
        &mut self,
        room: RoomId,
        devices: &[DeviceId],
        build: impl for<'b> FnOnce(CommitBuilder<'b, C>) -> CommitBuilder<'b, C>,
    ) -> (Binding, Commit) {
        let binding = self.binding(room);
        let epoch = self.group().current_epoch();
        let builder = self.group().commit_builder().authenticated_data(binding.to_bytes());
        let output = build(builder).build().unwrap();
        (binding, commit_of(epoch, &output, devices))
    }

    pub(crate) fn accepted(&mut self) {
        self.group().apply_pending_commit().unwrap();
    }

    pub(crate) fn authenticator(&mut self) -> Vec<u8> {
        self.group().epoch_authenticator().unwrap().as_bytes().to_vec()
    }

    pub(crate) fn index_of(&mut self, device: DeviceId) -> u32 {
        let members = self.group().roster().members();
        let found = members.iter().find(|member| {
            let basic = member.signing_identity.credential.as_basic().unwrap();
            DeviceCredential::from_bytes(basic.identifier()).unwrap().certificate.device == device
        });
        found.unwrap().index
    }

    /// A commit from outside.
    pub(crate) fn comes(
        &mut self,
        room: RoomId,
        info_and_tree: &[u8],
        removes: Option<u32>,
    ) -> (Binding, Commit) {
        let (info, tree) = parted(info_and_tree);
        let binding = self.binding(room);
        let mut builder = self
            .client
            .external_commit_builder()
            .unwrap()
            .with_tree_data(ExportedTree::from_bytes(&tree).unwrap().into_owned())
            .with_authenticated_data(binding.to_bytes());
        if let Some(removed) = removes {
            builder = builder.with_removal(removed);
        }
        let (group, commit) = builder.build(MlsMessage::from_bytes(&info).unwrap()).unwrap();
        let epoch = group.current_epoch() - 1;
        let info = group.group_info_message_allowing_ext_commit(false).unwrap().to_bytes().unwrap();
        self.group = Some(group);
        let bytes = |bytes: Vec<u8>| GroupBytes::new(bytes).unwrap();
        let commit = Commit {
            epoch,
            commit: bytes(commit.to_bytes().unwrap()),
            group_info: bytes(info),
            welcome: GroupBytes::default(),
            welcome_devices: Listed::new(vec![]).unwrap(),
        };
        (binding, commit)
    }
}

fn commit_of(epoch: u64, output: &CommitOutput, devices: &[DeviceId]) -> Commit {
    let bytes = |message: Option<&MlsMessage>| {
        GroupBytes::new(message.map_or_else(Vec::new, |message| message.to_bytes().unwrap())).unwrap()
    };
    Commit {
        epoch,
        commit: bytes(Some(output.commit_message())),
        group_info: bytes(output.external_commit_group_info()),
        welcome: bytes(output.welcome_messages().first()),
        welcome_devices: Listed::new(devices.to_vec()).unwrap(),
    }
}

/// A message and the tree beside it.
pub(crate) fn parted(bytes: &[u8]) -> (Vec<u8>, Vec<u8>) {
    use openmls::prelude::{MlsMessageIn, tls_codec::Deserialize as _};
    let mut rest = bytes;
    MlsMessageIn::tls_deserialize(&mut rest).unwrap();
    (bytes[..bytes.len() - rest.len()].to_vec(), rest.to_vec())
}
