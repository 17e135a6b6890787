//! Attachments in SQLite: chunks are rows of the same file, so that one backup and one disk limit hold for all.
use bytes::Bytes;
use rusqlite::params;
use sotto_protocol::{AccountId, BlobId};

use super::{
    SqlTables,
    row::{all, bytes, count, flag, id, int, number, one, run, uint},
};
use crate::tables::{BlobRow, Blobs, Kept};

impl Blobs for SqlTables {
    fn blob(&self, blob: BlobId) -> Kept<Option<BlobRow>> {
        let sql = "SELECT size, complete, expires_ms FROM blob WHERE blob = ?1";
        one(&self.conn, sql, [blob.as_bytes()], |row| {
            Ok(BlobRow { blob, size: uint(row, 0)?, complete: flag(row, 1)?, expires_ms: uint(row, 2)? })
        })
    }
    fn blob_count(&self) -> Kept<u64> {
        count(&self.conn, "SELECT count(*) FROM blob", [])
    }
    fn owns_blob(&self, blob: BlobId, account: AccountId) -> Kept<bool> {
        let sql = "SELECT count(*) FROM blob_owner WHERE blob = ?1 AND account = ?2";
        Ok(count(&self.conn, sql, params![blob.as_bytes(), account.as_bytes()])? > 0)
    }
    fn blob_bytes_of(&self, account: AccountId) -> Kept<u64> {
        let sql = "SELECT coalesce(sum(blob.size), 0) FROM blob_owner \
             JOIN blob ON blob.blob = blob_owner.blob WHERE blob_owner.account = ?1";
        count(&self.conn, sql, [account.as_bytes()])
    }
    fn chunks(&self, blob: BlobId) -> Kept<Vec<u32>> {
        let sql = "SELECT place FROM chunk WHERE blob = ?1 ORDER BY place";
        all(&self.conn, sql, [blob.as_bytes()], |row| number(row, 0))
    }
    fn chunk(&self, blob: BlobId, index: u32) -> Kept<Option<Bytes>> {
        let sql = "SELECT data FROM chunk WHERE blob = ?1 AND place = ?2";
        one(&self.conn, sql, params![blob.as_bytes(), index], |row| bytes(row, 0))
    }
    fn blobs_expired(&self, now_ms: u64, limit: u32) -> Kept<Vec<BlobId>> {
        let sql = "SELECT blob FROM blob WHERE expires_ms <= ?1 ORDER BY blob LIMIT ?2";
        all(&self.conn, sql, params![int(now_ms), limit], |row| id(row, 0, BlobId::from_slice))
    }
    fn blob_put(&mut self, row: &BlobRow) -> Kept<()> {
        let sql = "INSERT INTO blob (blob, size, complete, expires_ms) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT (blob) DO UPDATE SET size = ?2, complete = ?3, expires_ms = ?4";
        let params = params![row.blob.as_bytes(), int(row.size), row.complete, int(row.expires_ms)];
        run(&self.conn, sql, params).map(drop)
    }
    fn blob_owner_put(&mut self, blob: BlobId, account: AccountId) -> Kept<()> {
        let sql = "INSERT OR IGNORE INTO blob_owner (blob, account) VALUES (?1, ?2)";
        run(&self.conn, sql, params![blob.as_bytes(), account.as_bytes()]).map(drop)
    }
    fn blob_owner_drop(&mut self, account: AccountId) -> Kept<Vec<BlobId>> {
        run(&self.conn, "DELETE FROM blob_owner WHERE account = ?1", [account.as_bytes()])?;
        let sql = "SELECT blob FROM blob WHERE NOT EXISTS \
             (SELECT 1 FROM blob_owner WHERE blob_owner.blob = blob.blob) ORDER BY blob";
        all(&self.conn, sql, [], |row| id(row, 0, BlobId::from_slice))
    }
    fn chunk_put(&mut self, blob: BlobId, index: u32, data: &Bytes) -> Kept<()> {
        let sql = "INSERT INTO chunk (blob, place, data) VALUES (?1, ?2, ?3) \
             ON CONFLICT (blob, place) DO UPDATE SET data = ?3";
        run(&self.conn, sql, params![blob.as_bytes(), index, &data[..]]).map(drop)
    }
    fn chunks_drop(&mut self, blob: BlobId) -> Kept<()> {
        run(&self.conn, "DELETE FROM chunk WHERE blob = ?1", [blob.as_bytes()]).map(drop)
    }
    fn blob_drop(&mut self, blob: BlobId) -> Kept<()> {
        self.chunks_drop(blob)?;
        run(&self.conn, "DELETE FROM blob_owner WHERE blob = ?1", [blob.as_bytes()])?;
        run(&self.conn, "DELETE FROM blob WHERE blob = ?1", [blob.as_bytes()]).map(drop)
    }
}
