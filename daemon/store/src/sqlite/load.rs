//! The index, read from the file in one pass.
use std::collections::HashMap;

use daemon_core::store::Actor;
use rusqlite::Connection;
use sotto_protocol::{AccountId, DeviceId, EnvelopeId, LogId};

use super::row::{count, each, flag, id, number, numbered, one, uint};
use crate::{
    index::{Direct, Index, Loader, Shape},
    tables::{CursorRow, Kept, LogRow},
};

/// Builds the index anew. Positions go on at least where they were, so that nobody who looks at an old one finds
/// something else there.
pub(super) fn load(conn: &Connection, next_position: u64) -> Kept<Index> {
    let newest = one(conn, "SELECT envelope_id FROM sent ORDER BY envelope_id DESC LIMIT 1", [], |row| {
        id(row, 0, EnvelopeId::from_slice)
    })?;
    let incarnation = one(conn, "SELECT incarnation FROM server", [], |row| uint(row, 0))?.unwrap_or(0);
    let mut loader = Loader::new(newest.unwrap_or(EnvelopeId::new([0; 16])), incarnation);
    actors(conn, &mut loader)?;
    logs(conn, &mut loader)?;
    entries(conn, &mut loader)?;
    let next = |table: &str| -> Kept<u32> {
        let sql = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = ?1";
        Ok(u32::try_from(count(conn, sql, [table])?).unwrap_or(u32::MAX).saturating_add(1))
    };
    Ok(loader.finish(next_position, next("actor")?, next("log")?))
}

fn actors(conn: &Connection, loader: &mut Loader) -> Kept<()> {
    let sql = "SELECT actor.number, actor.device, actor.account, device.number IS NOT NULL FROM actor \
         LEFT JOIN device ON device.number = actor.number";
    each(conn, sql, [], |row| {
        let device = id(row, 1, DeviceId::from_slice)?;
        let account = id(row, 2, AccountId::from_slice)?;
        loader.actor(number(row, 0)?, Actor { account, device }, flag(row, 3)?);
        Ok(())
    })
}

fn logs(conn: &Connection, loader: &mut Loader) -> Kept<()> {
    let shapes = shapes(conn)?;
    let sql = "SELECT number, log, head, passed, lost, lost_why, last_at_ms FROM log";
    each(conn, sql, [], |row| {
        let log = LogRow {
            number: number(row, 0)?,
            log: id(row, 1, LogId::from_slice)?,
            head: uint(row, 2)?,
            passed: uint(row, 3)?,
            lost: uint(row, 4)?,
            lost_why: numbered(row, 5)?,
            last_at_ms: uint(row, 6)?,
        };
        loader.log(&log, shapes.get(&log.log).copied().unwrap_or(Shape::Inbox));
        Ok(())
    })?;
    each(conn, "SELECT log, device, upto FROM cursor", [], |row| {
        loader.cursor(CursorRow { log: number(row, 0)?, device: number(row, 1)?, upto: uint(row, 2)? });
        Ok(())
    })
}

/// What every room's log is; all others are inboxes.
fn shapes(conn: &Connection) -> Kept<HashMap<LogId, Shape>> {
    let mut shapes = HashMap::new();
    let sql = "SELECT room, low, \
         EXISTS (SELECT 1 FROM contact WHERE account = low AND peer = high AND status = 4), \
         EXISTS (SELECT 1 FROM contact WHERE account = high AND peer = low AND status = 4), \
         low <> x'' AND (SELECT count(*) FROM member WHERE member.room = room.room) < 2 \
         FROM room";
    each(conn, sql, [], |row| {
        let low = super::row::optional_id(row, 1, AccountId::from_slice)?;
        let shape = match low {
            None => Shape::Group,
            Some(low) => Shape::Direct(Direct {
                low,
                low_blocks: flag(row, 2)?,
                high_blocks: flag(row, 3)?,
                orphan: flag(row, 4)?,
            }),
        };
        shapes.insert(id(row, 0, LogId::from_slice)?, shape);
        Ok(())
    })?;
    Ok(shapes)
}

fn entries(conn: &Connection, loader: &mut Loader) -> Kept<()> {
    let sql = "SELECT position, log, sequence, device, at_ms, length(sealed) FROM entry ORDER BY position";
    each(conn, sql, [], |row| {
        let (position, log, sequence, device) =
            (uint(row, 0)?, number(row, 1)?, uint(row, 2)?, number(row, 3)?);
        loader.entry(position, log, sequence, device, number(row, 5)?)?;
        loader.last_at(log, uint(row, 4)?);
        Ok(())
    })
}
