//! Key packages in SQLite.
use bytes::Bytes;
use rusqlite::params;
use sotto_protocol::DeviceId;

use super::{
    SqlTables,
    row::{bytes, count, one, run, uint},
};
use crate::tables::{Kept, KeyPackages};

impl KeyPackages for SqlTables {
    fn key_package_count(&self, device: DeviceId) -> Kept<u32> {
        let sql = "SELECT count(*) FROM key_package WHERE device = ?1";
        Ok(u32::try_from(count(&self.conn, sql, [device.as_bytes()])?).unwrap_or(u32::MAX))
    }
    fn last_resort(&self, device: DeviceId) -> Kept<Option<Bytes>> {
        let sql = "SELECT package FROM last_resort WHERE device = ?1";
        one(&self.conn, sql, [device.as_bytes()], |row| bytes(row, 0))
    }
    fn key_package_put(&mut self, device: DeviceId, package: &Bytes) -> Kept<()> {
        let sql = "INSERT INTO key_package (device, package) VALUES (?1, ?2)";
        run(&self.conn, sql, params![device.as_bytes(), &package[..]]).map(drop)
    }
    fn key_package_take(&mut self, device: DeviceId) -> Kept<Option<Bytes>> {
        let sql = "SELECT number, package FROM key_package WHERE device = ?1 ORDER BY number LIMIT 1";
        let found = one(&self.conn, sql, [device.as_bytes()], |row| Ok((uint(row, 0)?, bytes(row, 1)?)))?;
        let Some((number, package)) = found else { return Ok(None) };
        run(&self.conn, "DELETE FROM key_package WHERE number = ?1", [super::row::int(number)])?;
        Ok(Some(package))
    }
    fn last_resort_put(&mut self, device: DeviceId, package: &Bytes) -> Kept<()> {
        let sql = "INSERT INTO last_resort (device, package) VALUES (?1, ?2) \
             ON CONFLICT (device) DO UPDATE SET package = ?2";
        run(&self.conn, sql, params![device.as_bytes(), &package[..]]).map(drop)
    }
    fn key_packages_drop(&mut self, device: DeviceId) -> Kept<()> {
        run(&self.conn, "DELETE FROM key_package WHERE device = ?1", [device.as_bytes()])?;
        run(&self.conn, "DELETE FROM last_resort WHERE device = ?1", [device.as_bytes()]).map(drop)
    }
}
