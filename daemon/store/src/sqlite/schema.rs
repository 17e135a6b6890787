//! Versions of the file. Each is one step of SQL from the one before, and is never edited once it has been shipped.
use daemon_core::store::Fault;
use rusqlite::Connection;

use super::fault::fault;

const MIGRATIONS: &[&str] = &[include_str!("schema.sql")];

/// "stto": marks the file as ours.
const APPLICATION_ID: i32 = 0x7374_746F;

/// Brings the file to the present version, each step in a transaction of its own.
pub(super) fn migrate(conn: &mut Connection) -> Result<(), Fault> {
    let found = version(conn)?;
    for (step, sql) in (found..).zip(MIGRATIONS.iter().skip(found as usize)) {
        let transaction = conn.transaction().map_err(fault)?;
        transaction.execute_batch(sql).map_err(fault)?;
        transaction.pragma_update(None, "user_version", step + 1).map_err(fault)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(fault)?;
        transaction.commit().map_err(fault)?;
    }
    Ok(())
}

/// Refuses what a newer program wrote, and somebody else's database, before anything of it is touched.
pub(super) fn recognise(conn: &Connection) -> Result<(), Fault> {
    let found = version(conn)?;
    ours(conn, found)?;
    let known = u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX);
    if found > known { Err(Fault::TooNew { found, known }) } else { Ok(()) }
}

fn version(conn: &Connection) -> Result<u32, Fault> {
    conn.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(fault)
}

fn ours(conn: &Connection, version: u32) -> Result<(), Fault> {
    let id: i32 = conn.pragma_query_value(None, "application_id", |row| row.get(0)).map_err(fault)?;
    let tables: u32 =
        conn.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0)).map_err(fault)?;
    let expected = if version == 0 { tables == 0 } else { id == APPLICATION_ID };
    if expected { Ok(()) } else { Err(Fault::Damaged("the file is another program's database".into())) }
}
