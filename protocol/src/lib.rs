//! Sotto's wire: frames, messages, names, limits and refusals.
//!
//! `proto/` is normative and `SPEC.md` explains it. The generated types in [`pb`] say what fits on the wire; the types
//! beside them say what is *valid*: a [`Request`] that exists has been checked and is bounded. This crate knows
//! nobody: no clock, no socket, no runtime.

mod bound;
mod bounded;
mod certificate;
mod frame;
mod grease;
mod id;
mod invite;
mod kind;
pub mod limits;
mod message;
mod push;
mod refusal;
mod request;
mod response;
mod text;
mod wire;

/// What prost makes of `proto/`: the shapes on the wire, unchecked.
#[allow(missing_docs, clippy::all)]
pub mod pb {
    include!("generated/sotto.v1.rs");
}

pub use bounded::{Listed, Octets};
pub use certificate::{CERTIFICATE_LABEL, DEVICE_PROOF_LABEL, EXPORTER_LABEL, Exporter, device_proof};
pub use frame::{
    Frame, FrameError, FrameKind, HEADER_BYTES, Header, decode_frame, encode_frame, encode_message,
};
pub use grease::{GREASE_FIELD, GREASE_TYPES, grease_field, grease_frame, grease_type};
pub use id::{
    AccountId, AgreementKey, BlobId, DeviceId, DeviceKey, EnvelopeId, IdentityKey, InviteCode, InviteId,
    LogId, Pin, RoomId, SessionId, Signature, Token, TokenId,
};
pub use invite::{Invite, InviteError};
pub use kind::FrameType;
pub use message::*;
pub use push::{ClientPush, ServerPush};
pub use refusal::{Code, Reason, Refused};
pub use request::Request;
pub use response::Response;
pub use text::{
    BotScope, DeviceName, DisplayName, Email, Label, Language, Note, Query, Remark, ServerName, UserName,
};
pub use wire::{Malformed, Wire, Wrong};
