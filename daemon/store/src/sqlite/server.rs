//! The box itself, in SQLite.
use daemon_core::store::Identity;
use rusqlite::params;
use sotto_protocol::Pin;

use super::{
    SqlTables,
    row::{bytes, count, id, int, one, run, uint},
};
use crate::tables::{Kept, Server};

impl Server for SqlTables {
    fn identity(&self) -> Kept<Option<Identity>> {
        let sql = "SELECT certificate, certificate_key, pin, opaque_setup, incarnation FROM server";
        one(&self.conn, sql, [], |row| {
            Ok(Identity {
                certificate: bytes(row, 0)?,
                certificate_key: bytes(row, 1)?,
                pin: id(row, 2, Pin::from_slice)?,
                opaque_setup: bytes(row, 3)?,
                incarnation: uint(row, 4)?,
            })
        })
    }
    fn identity_put(&mut self, identity: &Identity) -> Kept<()> {
        let sql = "INSERT INTO server (id, certificate, certificate_key, pin, opaque_setup, incarnation) \
             VALUES (1, ?1, ?2, ?3, ?4, ?5) \
             ON CONFLICT (id) DO UPDATE SET certificate = ?1, certificate_key = ?2, pin = ?3, opaque_setup = ?4, \
             incarnation = ?5";
        let params = params![
            &identity.certificate[..],
            &identity.certificate_key[..],
            identity.pin.as_bytes(),
            &identity.opaque_setup[..],
            int(identity.incarnation),
        ];
        run(&self.conn, sql, params).map(drop)
    }
    fn bytes(&self) -> Kept<u64> {
        let sql = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()";
        let wal = super::open::beside(&self.path, "-wal");
        let wal = std::fs::metadata(wal).map_or(0, |found| found.len());
        Ok(count(&self.conn, sql, [])? + wal)
    }
}
