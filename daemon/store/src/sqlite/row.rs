//! Columns as what they mean. A value that cannot be is damage, never a guess.
use bytes::Bytes;
use daemon_core::store::Fault;
use rusqlite::{Connection, Params, Row, types::ValueRef};
use sotto_protocol::{Malformed, Wire};

use super::fault::fault;
use crate::tables::Kept;

/// Runs a statement; says how many rows changed.
pub(super) fn run(conn: &Connection, sql: &str, params: impl Params) -> Kept<usize> {
    conn.prepare_cached(sql).and_then(|mut statement| statement.execute(params)).map_err(fault)
}

/// The first row, read.
pub(super) fn one<T>(
    conn: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> Kept<T>,
) -> Kept<Option<T>> {
    let mut statement = conn.prepare_cached(sql).map_err(fault)?;
    let mut rows = statement.query(params).map_err(fault)?;
    rows.next().map_err(fault)?.map(read).transpose()
}

/// Every row, one after another.
pub(super) fn each(
    conn: &Connection,
    sql: &str,
    params: impl Params,
    mut read: impl FnMut(&Row<'_>) -> Kept<()>,
) -> Kept<()> {
    let mut statement = conn.prepare_cached(sql).map_err(fault)?;
    let mut rows = statement.query(params).map_err(fault)?;
    while let Some(row) = rows.next().map_err(fault)? {
        read(row)?;
    }
    Ok(())
}

/// Every row, read.
pub(super) fn all<T>(
    conn: &Connection,
    sql: &str,
    params: impl Params,
    read: impl Fn(&Row<'_>) -> Kept<T>,
) -> Kept<Vec<T>> {
    let mut found = Vec::new();
    each(conn, sql, params, |row| {
        found.push(read(row)?);
        Ok(())
    })?;
    Ok(found)
}

/// A number that counts something.
pub(super) fn count(conn: &Connection, sql: &str, params: impl Params) -> Kept<u64> {
    Ok(one(conn, sql, params, |row| uint(row, 0))?.unwrap_or(0))
}

/// As SQLite keeps it.
pub(super) fn int(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(super) fn uint(row: &Row<'_>, at: usize) -> Kept<u64> {
    match row.get_ref(at).map_err(fault)? {
        ValueRef::Integer(value) => u64::try_from(value).map_err(|_| damaged(row, at)),
        ValueRef::Null | ValueRef::Real(_) | ValueRef::Text(_) | ValueRef::Blob(_) => Err(damaged(row, at)),
    }
}

pub(super) fn number(row: &Row<'_>, at: usize) -> Kept<u32> {
    u32::try_from(uint(row, at)?).map_err(|_| damaged(row, at))
}

pub(super) fn flag(row: &Row<'_>, at: usize) -> Kept<bool> {
    Ok(uint(row, at)? != 0)
}

/// An enum by its number on the wire.
pub(super) fn numbered<T: Wire<i32>>(row: &Row<'_>, at: usize) -> Kept<T> {
    let number = i32::try_from(uint(row, at)?).map_err(|_| damaged(row, at))?;
    T::from_wire(number).map_err(|wrong| malformed(row, at, &wrong))
}

pub(super) fn text(row: &Row<'_>, at: usize) -> Kept<String> {
    row.get_ref(at).map_err(fault)?.as_str().map(str::to_owned).map_err(|_| damaged(row, at))
}

/// A text with rules.
pub(super) fn worded<T: Wire<String>>(row: &Row<'_>, at: usize) -> Kept<T> {
    T::from_wire(text(row, at)?).map_err(|wrong| malformed(row, at, &wrong))
}

pub(super) fn blob<'a>(row: &'a Row<'_>, at: usize) -> Kept<&'a [u8]> {
    row.get_ref(at).map_err(fault)?.as_blob().map_err(|_| damaged(row, at))
}

pub(super) fn bytes(row: &Row<'_>, at: usize) -> Kept<Bytes> {
    blob(row, at).map(Bytes::copy_from_slice)
}

/// Bytes of a fixed length.
pub(super) fn id<T>(row: &Row<'_>, at: usize, read: impl Fn(&[u8]) -> Option<T>) -> Kept<T> {
    read(blob(row, at)?).ok_or_else(|| damaged(row, at))
}

/// Bytes of a fixed length, or none.
pub(super) fn optional_id<T>(row: &Row<'_>, at: usize, read: impl Fn(&[u8]) -> Option<T>) -> Kept<Option<T>> {
    if blob(row, at)?.is_empty() { Ok(None) } else { id(row, at, read).map(Some) }
}

pub(super) fn hash(row: &Row<'_>, at: usize) -> Kept<[u8; 32]> {
    blob(row, at)?.try_into().map_err(|_| damaged(row, at))
}

pub(super) fn damaged(row: &Row<'_>, at: usize) -> Fault {
    let column = row.as_ref().column_name(at).unwrap_or("?");
    Fault::Damaged(format!("column {column} holds what it cannot hold"))
}

fn malformed(row: &Row<'_>, at: usize, wrong: &Malformed) -> Fault {
    let column = row.as_ref().column_name(at).unwrap_or("?");
    Fault::Damaged(format!("column {column}: {wrong}"))
}
