//! The numbers that every group of ours has, in one place.
use openmls::prelude::{
    Capabilities, Ciphersuite, CredentialType, ExtensionType, Lifetime, MlsGroupCreateConfig,
    MlsGroupJoinConfig, PURE_PLAINTEXT_WIRE_FORMAT_POLICY, ProtocolVersion, SenderRatchetConfiguration,
};
use sotto_protocol::limits::{GROUP_BYTES_MAX, SEALED_MAX};

/// MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519. It is recorded with each room, so that another may follow.
pub const SUITE: u16 = 0x0003;
pub(crate) const CIPHERSUITE: Ciphersuite = Ciphersuite::MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519;

/// Epochs whose messages can still be opened: what was under way when somebody changed the keys. (OpenMLS's own value
/// is none: every such message would be lost.)
pub const PAST_EPOCHS: usize = 5;
/// How far messages of one sender may overtake each other.
const OUT_OF_ORDER: u32 = 50;
/// How many messages of one sender may be missing.
const AHEAD: u32 = 1000;
/// What is sealed is padded to a multiple of this many bytes: a length tells little.
const PADDING: usize = 256;

/// Days that a key package may be used from now on, and that it is dated back: boards without a battery wake up in the
/// past.
const KEY_PACKAGE_DAYS: u64 = 84;
const DATED_BACK_DAYS: u64 = 7;
const DAY_SECONDS: u64 = 24 * 60 * 60;

/// The longest that a key package of anybody's may live.
pub(crate) const LIFETIME_MAX_SECONDS: u64 = 100 * DAY_SECONDS;

/// Devices that one commit may add: commit and welcome then fit their limits, and a frame together.
pub const ADDED_AT_ONCE_MAX: usize = 64;

/// The most that is decoded of anything, in bytes.
pub(crate) const HANDSHAKE_MAX: usize = GROUP_BYTES_MAX;
pub(crate) const MESSAGE_MAX: usize = SEALED_MAX;
/// A welcome or group info with the tree beside it, as the server hands it out.
pub(crate) const WITH_TREE_MAX: usize = 4 * 1024 * 1024;
/// The most that fits an envelope: its own overhead and the padding are taken off.
pub const CONTENT_MAX: usize = SEALED_MAX - 1024;

pub(crate) fn join_config(past_epochs: usize) -> MlsGroupJoinConfig {
    MlsGroupJoinConfig::builder()
        .wire_format_policy(PURE_PLAINTEXT_WIRE_FORMAT_POLICY)
        .max_past_epochs(past_epochs)
        .padding_size(PADDING)
        .sender_ratchet_configuration(SenderRatchetConfiguration::new(OUT_OF_ORDER, AHEAD))
        .use_ratchet_tree_extension(false)
        .build()
}

pub(crate) fn create_config(past_epochs: usize, now_ms: u64) -> MlsGroupCreateConfig {
    MlsGroupCreateConfig::builder()
        .ciphersuite(CIPHERSUITE)
        .capabilities(capabilities())
        .lifetime(lifetime(now_ms))
        .wire_format_policy(PURE_PLAINTEXT_WIRE_FORMAT_POLICY)
        .max_past_epochs(past_epochs)
        .padding_size(PADDING)
        .sender_ratchet_configuration(SenderRatchetConfiguration::new(OUT_OF_ORDER, AHEAD))
        .use_ratchet_tree_extension(false)
        .build()
}

/// Only what we use: a short leaf, and nothing that nobody here could read.
pub(crate) fn capabilities() -> Capabilities {
    Capabilities::builder()
        .versions(vec![ProtocolVersion::Mls10])
        .ciphersuites(vec![CIPHERSUITE])
        .extensions(vec![ExtensionType::LastResort])
        .proposals(Vec::new())
        .credentials(vec![CredentialType::Basic])
        .build()
}

pub(crate) fn lifetime(now_ms: u64) -> Lifetime {
    let now = now_ms / 1000;
    let from = now.saturating_sub(DATED_BACK_DAYS * DAY_SECONDS);
    Lifetime::init(from, now.saturating_add(KEY_PACKAGE_DAYS * DAY_SECONDS))
}
