//! Attachments in memory.
use bytes::Bytes;
use sotto_protocol::{AccountId, BlobId};

use super::MemoryTables;
use crate::tables::{BlobRow, Blobs, Kept};

impl Blobs for MemoryTables {
    fn blob(&self, blob: BlobId) -> Kept<Option<BlobRow>> {
        Ok(self.blobs.get(&blob).cloned())
    }
    fn blob_count(&self) -> Kept<u64> {
        Ok(self.blobs.len() as u64)
    }
    fn owns_blob(&self, blob: BlobId, account: AccountId) -> Kept<bool> {
        Ok(self.blob_owners.contains(&(blob, account)))
    }
    fn blob_bytes_of(&self, account: AccountId) -> Kept<u64> {
        let owned = self.blob_owners.iter().filter(|(_, owner)| *owner == account);
        Ok(owned.filter_map(|(blob, _)| self.blobs.get(blob)).map(|row| row.size).sum())
    }
    fn chunks(&self, blob: BlobId) -> Kept<Vec<u32>> {
        Ok(self.chunks.range((blob, 0)..=(blob, u32::MAX)).map(|((_, index), _)| *index).collect())
    }
    fn chunk(&self, blob: BlobId, index: u32) -> Kept<Option<Bytes>> {
        Ok(self.chunks.get(&(blob, index)).cloned())
    }
    fn blobs_expired(&self, now_ms: u64, limit: u32) -> Kept<Vec<BlobId>> {
        let expired = self.blobs.values().filter(|row| row.expires_ms <= now_ms);
        Ok(expired.take(limit as usize).map(|row| row.blob).collect())
    }
    fn blob_put(&mut self, row: &BlobRow) -> Kept<()> {
        self.blobs.insert(row.blob, row.clone());
        Ok(())
    }
    fn blob_owner_put(&mut self, blob: BlobId, account: AccountId) -> Kept<()> {
        self.blob_owners.insert((blob, account));
        Ok(())
    }
    fn blob_owner_drop(&mut self, account: AccountId) -> Kept<Vec<BlobId>> {
        self.blob_owners.retain(|(_, owner)| *owner != account);
        let owned = |blob: &BlobId| self.blob_owners.iter().any(|(owned, _)| owned == blob);
        Ok(self.blobs.keys().filter(|blob| !owned(blob)).copied().collect())
    }
    fn chunk_put(&mut self, blob: BlobId, index: u32, data: &Bytes) -> Kept<()> {
        self.chunks.insert((blob, index), data.clone());
        Ok(())
    }
    fn chunks_drop(&mut self, blob: BlobId) -> Kept<()> {
        self.chunks.retain(|(of, _), _| *of != blob);
        Ok(())
    }
    fn blob_drop(&mut self, blob: BlobId) -> Kept<()> {
        self.chunks_drop(blob)?;
        self.blob_owners.retain(|(of, _)| *of != blob);
        self.blobs.remove(&blob);
        Ok(())
    }
}
