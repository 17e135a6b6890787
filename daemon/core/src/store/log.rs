//! Logs, as the deciding code sees them.
use bytes::{Bytes, BytesMut};
use sotto_protocol::{Deliver, DeviceId, FrameKind, FrameType, GapReason, Header, LogId, encode_message};

/// Where a device stands in a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogState {
    /// Which log.
    pub log: LogId,
    /// Its last sequence.
    pub head: u64,
    /// What this device has stored.
    pub cursor: u64,
}

/// One entry, ready to be sent: the same bytes to everybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where in the log.
    pub sequence: u64,
    /// The device that wrote it: it is not sent back there.
    pub device: DeviceId,
    /// The whole DELIVER frame.
    pub frame: Bytes,
}

impl Entry {
    /// Encodes the frame once.
    #[must_use]
    pub fn new(deliver: Deliver) -> Self {
        let (sequence, device) = (deliver.sequence, deliver.device);
        let mut out = BytesMut::with_capacity(deliver.sealed.len() + 160);
        let header = Header {
            type_number: FrameType::Deliver.number(),
            kind: FrameKind::Push,
            more: false,
            stream: 0,
        };
        encode_message(header, &mut out, |out| deliver.encode(out));
        Self { sequence, device, frame: out.freeze() }
    }
}

/// A stretch of a log that is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The first sequence that is gone.
    pub from: u64,
    /// The last.
    pub to: u64,
    /// Why.
    pub why: GapReason,
}

/// What follows a cursor in a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Which log.
    pub log: LogId,
    /// The log's last sequence when this was read.
    pub head: u64,
    /// What stands between the cursor and the first entry but is gone.
    pub missing: Option<Missing>,
    /// In order, without holes.
    pub entries: Vec<Entry>,
}
