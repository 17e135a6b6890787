//! Attachments: what was announced, whose they are, and their chunks.
use bytes::Bytes;
use sotto_protocol::{AccountId, BlobId};

use super::Kept;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BlobRow {
    pub(crate) blob: BlobId,
    pub(crate) size: u64,
    pub(crate) complete: bool,
    pub(crate) expires_ms: u64,
}

pub(crate) trait Blobs {
    fn blob(&self, blob: BlobId) -> Kept<Option<BlobRow>>;
    fn blob_count(&self) -> Kept<u64>;
    fn owns_blob(&self, blob: BlobId, account: AccountId) -> Kept<bool>;
    /// Announced bytes of all blobs of an account.
    fn blob_bytes_of(&self, account: AccountId) -> Kept<u64>;
    /// Which chunks are here, in order.
    fn chunks(&self, blob: BlobId) -> Kept<Vec<u32>>;
    fn chunk(&self, blob: BlobId, index: u32) -> Kept<Option<Bytes>>;
    /// In the order of their ids.
    fn blobs_expired(&self, now_ms: u64, limit: u32) -> Kept<Vec<BlobId>>;
    fn blob_put(&mut self, row: &BlobRow) -> Kept<()>;
    fn blob_owner_put(&mut self, blob: BlobId, account: AccountId) -> Kept<()>;
    /// An account owns nothing any more; says which blobs now belong to nobody, in the order of their ids.
    fn blob_owner_drop(&mut self, account: AccountId) -> Kept<Vec<BlobId>>;
    fn chunk_put(&mut self, blob: BlobId, index: u32, data: &Bytes) -> Kept<()>;
    fn chunks_drop(&mut self, blob: BlobId) -> Kept<()>;
    /// With its chunks and owners.
    fn blob_drop(&mut self, blob: BlobId) -> Kept<()>;
}
