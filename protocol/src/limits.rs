//! Every limit of the wire has its name here, and its reason.
//!
//! What a server may set lower is announced in WELCOME; these are the greatest values.

/// Bytes of a frame before sign-in: a stranger's connection may hold no more.
pub const FRAME_BEFORE_SIGN_IN_MAX: u32 = 16 * 1024;
/// Bytes of a frame after sign-in: one sealed payload, or one blob chunk, and its surroundings.
pub const FRAME_MAX: u32 = 160 * 1024;
/// Bytes of one envelope's sealed payload.
pub const SEALED_MAX: usize = 128 * 1024;
/// Bytes of a commit, a welcome or a group info: each must fit an entry beside what the server adds to it (seats, the
/// room), and together they must fit a frame.
pub const GROUP_BYTES_MAX: usize = 96 * 1024;
/// Bytes of a key package.
pub const KEY_PACKAGE_MAX: usize = 2 * 1024;
/// Key packages in one request.
pub const KEY_PACKAGES_PER_PUT_MAX: usize = 64;
/// Single-use key packages that the server keeps of one device.
pub const KEY_PACKAGES_MAX: usize = 128;
/// Accounts in one claim of key packages: all their devices' key packages must fit one answer.
pub const CLAIM_ACCOUNTS_MAX: usize = 8;
/// Bytes of a room's sealed title.
pub const TITLE_MAX: usize = 1024;
/// Bytes of the sealed identity key that is kept for a new device.
pub const RECOVERY_BLOB_MAX: usize = 1024;
/// Bytes of any OPAQUE message.
pub const OPAQUE_MAX: usize = 512;
/// Items of any list in a request: above, decoding would cost a multiple of what arrived.
pub const ITEMS_MAX: usize = 256;
/// Fields of a message, and again of its commit, counted before it is decoded.
pub const FIELDS_MAX: usize = 512;
/// Items of a page, whatever was asked for: the largest contacts or rooms still fit one frame.
pub const PAGE_MAX: u32 = 64;
/// Requests of one connection that wait for an answer.
pub const REQUESTS_IN_FLIGHT_MAX: u32 = 32;
/// Envelopes delivered and not yet acknowledged.
pub const UNACKNOWLEDGED_MAX: u32 = 64;
/// Bytes delivered and not yet acknowledged.
pub const UNACKNOWLEDGED_BYTES_MAX: u32 = 1024 * 1024;
/// Envelopes after which a device should acknowledge at the latest.
pub const ACK_EVERY: u32 = 16;
/// Milliseconds after which a device should acknowledge at the latest.
pub const ACK_AFTER_MS: u32 = 250;
/// Milliseconds that a stranger has until HELLO, and again until sign-in.
pub const HELLO_DEADLINE_MS: u32 = 10_000;
/// Milliseconds of silence after which either side sends PING.
pub const PING_AFTER_MS: u32 = 30_000;
/// Milliseconds of silence after which a connection is dead: a phone that left the Wi-Fi is noticed.
pub const DEAD_AFTER_MS: u32 = 75_000;
/// Milliseconds before the first try to reconnect; doubles up to [`RECONNECT_MAX_MS`], with full jitter.
pub const RECONNECT_FIRST_MS: u32 = 500;
/// The longest pause between two tries to reconnect.
pub const RECONNECT_MAX_MS: u32 = 30_000;
/// Features in a HELLO.
pub const FEATURES_MAX: usize = 32;
/// Bytes of one feature, a client's name or a language.
pub const FEATURE_BYTES_MAX: usize = 64;
/// Labels of a contact.
pub const LABELS_MAX: usize = 16;
/// Devices of an account.
pub const DEVICES_MAX: usize = 8;
/// Scopes of a bot's token.
pub const SCOPES_MAX: usize = 8;
/// Members of a room.
pub const ROOM_MEMBERS_MAX: usize = 1000;
/// Members of a room up to which marks and typing are told to all: above, telling would cost their square.
pub const TELLING_ROOM_MAX: usize = 32;
/// Bytes of one blob chunk.
pub const CHUNK_MAX: usize = 64 * 1024;
/// Bytes of a whole blob, unless the server says less.
pub const BLOB_MAX: u64 = 100 * 1024 * 1024;
/// Milliseconds that presence rounds a last-seen time to.
pub const LAST_SEEN_ROUNDING_MS: u64 = 5 * 60 * 1000;
