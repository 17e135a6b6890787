//! Devices in SQLite.
use daemon_core::store::Actor;
use rusqlite::{Row, params};
use sotto_protocol::{AccountId, AgreementKey, DeviceCertificate, DeviceId, DeviceKey, Signature};

use super::{
    SqlTables,
    row::{all, count, flag, id, int, number, one, run, text, uint, worded},
};
use crate::tables::{DeviceRow, Devices, Kept};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT device, account, number, device_key, agreement_key, created_ms, signature, name, signed_out, \
             last_seen_ms, last_address FROM device ",
            $rest
        )
    };
}

fn read(row: &Row<'_>) -> Kept<DeviceRow> {
    Ok(DeviceRow {
        account: id(row, 1, AccountId::from_slice)?,
        number: number(row, 2)?,
        certificate: DeviceCertificate {
            device: id(row, 0, DeviceId::from_slice)?,
            device_key: id(row, 3, DeviceKey::from_slice)?,
            agreement_key: id(row, 4, AgreementKey::from_slice)?,
            created_ms: row.get::<_, i64>(5).map_err(super::fault::fault)?.cast_unsigned(),
            signature: id(row, 6, Signature::from_slice)?,
        },
        name: worded(row, 7)?,
        signed_out: flag(row, 8)?,
        last_seen_ms: uint(row, 9)?,
        last_address: text(row, 10)?,
    })
}

impl Devices for SqlTables {
    fn device(&self, device: DeviceId) -> Kept<Option<DeviceRow>> {
        one(&self.conn, select!("WHERE device = ?1"), [device.as_bytes()], read)
    }
    fn devices_of(&self, account: AccountId) -> Kept<Vec<DeviceRow>> {
        all(&self.conn, select!("WHERE account = ?1 ORDER BY device"), [account.as_bytes()], read)
    }
    fn device_count(&self) -> Kept<u64> {
        count(&self.conn, "SELECT count(*) FROM device", [])
    }
    fn device_put(&mut self, row: &DeviceRow) -> Kept<()> {
        let sql = "INSERT INTO device (device, account, number, device_key, agreement_key, created_ms, signature, \
             name, signed_out, last_seen_ms, last_address) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) \
             ON CONFLICT (device) DO UPDATE SET account = ?2, number = ?3, device_key = ?4, agreement_key = ?5, \
             created_ms = ?6, signature = ?7, name = ?8, signed_out = ?9, last_seen_ms = ?10, last_address = ?11";
        let certificate = &row.certificate;
        let params = params![
            certificate.device.as_bytes(),
            row.account.as_bytes(),
            row.number,
            certificate.device_key.as_bytes(),
            certificate.agreement_key.as_bytes(),
            // What a client has signed must come back bit for bit, whatever it is.
            certificate.created_ms.cast_signed(),
            certificate.signature.as_bytes(),
            row.name.as_str(),
            row.signed_out,
            int(row.last_seen_ms),
            row.last_address,
        ];
        run(&self.conn, sql, params).map(drop)
    }
    fn device_drop(&mut self, device: DeviceId) -> Kept<()> {
        run(&self.conn, "DELETE FROM device WHERE device = ?1", [device.as_bytes()]).map(drop)
    }
    fn device_seen(&mut self, device: DeviceId, wall_ms: u64, address: &str) -> Kept<()> {
        let sql = "UPDATE device SET last_seen_ms = ?2, last_address = ?3 WHERE device = ?1";
        run(&self.conn, sql, params![device.as_bytes(), int(wall_ms), address]).map(drop)
    }
    fn actor_put(&mut self, number: u32, actor: Actor) -> Kept<()> {
        let sql = "INSERT INTO actor (number, device, account) VALUES (?1, ?2, ?3)";
        let params = params![number, actor.device.as_bytes(), actor.account.as_bytes()];
        run(&self.conn, sql, params).map(drop)
    }
    fn actor_drop(&mut self, number: u32) -> Kept<()> {
        run(&self.conn, "DELETE FROM actor WHERE number = ?1", [number]).map(drop)
    }
}
