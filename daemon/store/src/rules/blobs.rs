//! Attachments: sealed bytes named by their hash, in chunks that may come in any order.
use bytes::{Bytes, BytesMut};
use daemon_core::store::Actor;
use sha2::Digest as _;
use sotto_protocol::{
    BlobCommit, BlobGet, BlobId, BlobOpen, BlobPut, BlobState, Done, Listed, Range, Reason, Refused,
    Response,
    limits::{CHUNK_MAX, ITEMS_MAX},
};

use super::{
    Step,
    work::{Look, Work},
};
use crate::tables::{BlobRow, Kept, Tables};

const CHUNK: u64 = CHUNK_MAX as u64;

/// Announces an attachment, or asks how far it has come. Whoever opens one owns it too: it counts against their quota, and
/// lives as long as from now.
pub(super) fn open<T: Tables>(work: &mut Work<'_, T>, actor: Actor, request: &BlobOpen) -> Step<BlobState> {
    let limits = work.limits;
    if request.size > limits.blob_bytes {
        return Err(Refused::new(Reason::BlobTooLarge).with("limit", limits.blob_bytes).into());
    }
    let found = work.tables.blob(request.blob)?;
    if found.as_ref().is_some_and(|row| row.size != request.size) {
        return Err(Reason::BlobSize.into());
    }
    if !work.tables.owns_blob(request.blob, actor.account)? {
        let bytes = work.tables.blob_bytes_of(actor.account)?.saturating_add(request.size);
        if bytes > limits.account_blob_bytes {
            return Err(Refused::new(Reason::QuotaBlobs).with("limit", limits.account_blob_bytes).into());
        }
        let expires_ms = work.wall_ms.saturating_add(limits.blob_lifetime_ms);
        let expires_ms = found.as_ref().map_or(expires_ms, |row| row.expires_ms.max(expires_ms));
        let complete = found.is_some_and(|row| row.complete);
        let row = BlobRow { blob: request.blob, size: request.size, complete, expires_ms };
        work.tables.blob_put(&row)?;
        work.tables.blob_owner_put(request.blob, actor.account)?;
    }
    let row = work.tables.blob(request.blob)?.ok_or(Reason::BlobUnknown)?;
    Ok(state(work.tables, &row)?)
}

/// Stores a chunk; storing it again does no harm, and one of a whole attachment is not needed.
pub(super) fn put<T: Tables>(work: &mut Work<'_, T>, actor: Actor, request: &BlobPut) -> Step<Done> {
    let row = mine(work, actor, request.blob)?;
    if row.complete {
        return Ok(Done {});
    }
    let rest = row.size.checked_sub(request.offset).filter(|rest| *rest > 0);
    let expected = rest.ok_or(Reason::BlobRange)?.min(CHUNK);
    let index = u32::try_from(request.offset / CHUNK).map_err(|_| Reason::BlobRange)?;
    if request.data.len() as u64 != expected || !request.offset.is_multiple_of(CHUNK) {
        return Err(Reason::BlobRange.into());
    }
    work.tables.chunk_put(request.blob, index, &request.data)?;
    Ok(Done {})
}

/// Checks that all is there and that it is what its name says; what does not match is dropped, to be sent again.
pub(super) fn commit<T: Tables>(
    work: &mut Work<'_, T>,
    actor: Actor,
    request: &BlobCommit,
) -> Step<BlobState> {
    let row = mine(work, actor, request.blob)?;
    if row.complete {
        return Ok(state(work.tables, &row)?);
    }
    let chunks = work.tables.chunks(request.blob)?;
    let missing = (0..chunks_of(row.size)).zip(chunks.iter().map(Some).chain(std::iter::repeat(None)));
    if let Some((index, _)) = missing.into_iter().find(|(index, here)| *here != Some(index)) {
        return Err(Refused::new(Reason::BlobIncomplete).with("offset", u64::from(index) * CHUNK).into());
    }
    let mut hash = sha2::Sha256::new();
    for index in chunks {
        let chunk = work.tables.chunk(request.blob, index)?;
        hash.update(chunk.unwrap_or_default());
    }
    if hash.finalize().as_slice() != request.blob.as_bytes() {
        work.tables.chunks_drop(request.blob)?;
        return Err(Reason::BlobHash.into());
    }
    let row = BlobRow { complete: true, ..row };
    work.tables.blob_put(&row)?;
    Ok(state(work.tables, &row)?)
}

/// A piece of a whole attachment, for whoever knows its name.
pub(super) fn get<T: Tables>(look: &Look<'_, T>, request: &BlobGet) -> Step<Response> {
    let row = look.tables.blob(request.blob)?.filter(|row| row.complete).ok_or(Reason::BlobUnknown)?;
    let length = u64::from(request.length);
    if length == 0 || length > CHUNK || request.offset >= row.size {
        return Err(Reason::BlobRange.into());
    }
    let end = (request.offset + length).min(row.size);
    let mut piece = BytesMut::with_capacity(usize::try_from(end - request.offset).unwrap_or(CHUNK_MAX));
    let mut at = request.offset;
    while at < end {
        let index = u32::try_from(at / CHUNK).map_err(|_| Reason::BlobRange)?;
        let chunk = look.tables.chunk(request.blob, index)?.ok_or(Reason::BlobUnknown)?;
        let (from, upto) = (at % CHUNK, (end - u64::from(index) * CHUNK).min(CHUNK));
        piece.extend_from_slice(within(&chunk, from, upto).ok_or(Reason::BlobUnknown)?);
        at = u64::from(index) * CHUNK + upto;
    }
    Ok(Response::Piece(piece.freeze()))
}

fn within(chunk: &Bytes, from: u64, upto: u64) -> Option<&[u8]> {
    chunk.get(usize::try_from(from).ok()?..usize::try_from(upto).ok()?)
}

/// An attachment that this account has opened.
fn mine<T: Tables>(work: &Work<'_, T>, actor: Actor, blob: BlobId) -> Step<BlobRow> {
    let row = work.tables.blob(blob)?.ok_or(Reason::BlobUnknown)?;
    if work.tables.owns_blob(blob, actor.account)? { Ok(row) } else { Err(Reason::BlobUnknown.into()) }
}

fn chunks_of(size: u64) -> u32 {
    u32::try_from(size.div_ceil(CHUNK)).unwrap_or(u32::MAX)
}

/// What is here, in at most as many runs as fit an answer: what is not named is sent again.
fn state<T: Tables>(tables: &T, row: &BlobRow) -> Kept<BlobState> {
    let mut have: Vec<Range> = Vec::new();
    let chunks = if row.complete { (0..chunks_of(row.size)).collect() } else { tables.chunks(row.blob)? };
    for index in chunks {
        let from = u64::from(index) * CHUNK;
        let to = (from + CHUNK).min(row.size);
        let full = have.len() == ITEMS_MAX;
        match have.last_mut() {
            Some(last) if last.to == from => last.to = to,
            Some(_) if full => break,
            Some(_) | None => have.push(Range { from, to }),
        }
    }
    let have = Listed::new(have).unwrap_or_default();
    Ok(BlobState { have, complete: row.complete, expires_ms: row.expires_ms })
}
