//! Public keys to be handed out, and attachments.
use super::GroupBytes;
use crate::{
    AccountId, BlobId, DeviceId, Listed, Octets, RoomId,
    limits::{CLAIM_ACCOUNTS_MAX, KEY_PACKAGE_MAX, KEY_PACKAGES_PER_PUT_MAX},
    wire::message,
};

/// A device's one-time key for being added to a group.
pub type KeyPackage = Octets<1, KEY_PACKAGE_MAX>;

message! {
    /// Fresh key packages of this device.
    KeyPackagesPut {
        /// Single-use ones.
        packages: Listed<KeyPackage, KEY_PACKAGES_PER_PUT_MAX>,
        /// The one that may be used when the others are gone; empty: keep what is there.
        last_resort: Octets<0, KEY_PACKAGE_MAX>,
    }
    /// How many are left?
    KeyStockShow {}
    /// The answer to [`KeyPackagesPut`] and [`KeyStockShow`].
    KeyStock {
        /// Single-use ones.
        packages: u32,
        /// There is a last resort.
        last_resort: bool,
    }
    /// One key package of each device of these accounts.
    KeyPackagesClaim {
        /// Whose.
        accounts: Listed<AccountId, CLAIM_ACCOUNTS_MAX>,
    }
    /// The answer to [`KeyPackagesClaim`].
    ClaimedPackages {
        /// One for each device.
        packages: Vec<ClaimedPackage>,
    }
    /// A key package that nobody else gets, unless it is the last resort.
    ClaimedPackage {
        /// Whose.
        account: AccountId,
        /// Which device's.
        device: DeviceId,
        /// Empty: this device has none.
        package: Octets<0, KEY_PACKAGE_MAX>,
        /// Others may get it too.
        last_resort: bool,
    }
    /// What is needed to rejoin a room?
    GroupInfoGet {
        /// Which.
        room: RoomId,
    }
    /// The answer to [`GroupInfoGet`].
    GroupInfo {
        /// The room's epoch.
        epoch: u64,
        /// As the last committer left it.
        group_info: GroupBytes,
    }
    /// A new attachment, or how far it has come.
    BlobOpen {
        /// The SHA-256 of its bytes.
        blob: BlobId,
        /// How many.
        size: u64,
    }
    /// The answer to [`BlobOpen`] and [`BlobCommit`].
    BlobState {
        /// What is here.
        have: Listed<Range, { crate::limits::ITEMS_MAX }>,
        /// All is here, and it matches its name.
        complete: bool,
        /// Unix milliseconds.
        expires_ms: u64,
    }
    /// A run of bytes.
    Range {
        /// The first.
        from: u64,
        /// One past the last.
        to: u64,
    }
    /// It is whole.
    BlobCommit {
        /// Which.
        blob: BlobId,
    }
    /// A piece, please.
    BlobGet {
        /// Which.
        blob: BlobId,
        /// From where.
        offset: u64,
        /// How much, at most a chunk.
        length: u32,
    }
}

/// A chunk, as it travels: 32 bytes of blob, a big-endian u64 of offset, the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobPut {
    /// Which.
    pub blob: BlobId,
    /// Where it begins; a multiple of the chunk size.
    pub offset: u64,
    /// The bytes.
    pub data: Octets<1, { crate::limits::CHUNK_MAX }>,
}

impl BlobPut {
    /// Reads a chunk from a frame's payload, without a copy.
    ///
    /// # Errors
    /// [`Malformed`](crate::Malformed) when it is too short, too long or out of step.
    pub fn decode(mut payload: bytes::Bytes) -> Result<Self, crate::Malformed> {
        use bytes::Buf as _;
        let head = BlobId::LEN + 8;
        let Some(blob) = payload.get(..BlobId::LEN).and_then(BlobId::from_slice) else {
            return Err(crate::Wrong::Undecodable.into());
        };
        if payload.len() < head {
            return Err(crate::Wrong::Undecodable.into());
        }
        payload.advance(BlobId::LEN);
        let offset = payload.get_u64();
        if !offset.is_multiple_of(crate::limits::CHUNK_MAX as u64) {
            return Err(crate::Malformed::whole(crate::Wrong::Value { found: offset }).at("offset"));
        }
        let data = Octets::new(payload).map_err(|wrong| crate::Malformed::whole(wrong).at("data"))?;
        Ok(Self { blob, offset, data })
    }

    /// Appends the chunk as a frame's payload.
    pub fn encode(&self, out: &mut bytes::BytesMut) {
        use bytes::BufMut as _;
        out.reserve(BlobId::LEN + 8 + self.data.len());
        out.put_slice(self.blob.as_bytes());
        out.put_u64(self.offset);
        out.put_slice(&self.data);
    }
}

impl super::Encode for BlobPut {
    fn encode_payload(self, out: &mut bytes::BytesMut) {
        self.encode(out);
    }
}
