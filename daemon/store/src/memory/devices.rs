//! Devices in memory.
use daemon_core::store::Actor;
use sotto_protocol::{AccountId, DeviceId};

use super::MemoryTables;
use crate::tables::{DeviceRow, Devices, Kept};

impl Devices for MemoryTables {
    fn device(&self, device: DeviceId) -> Kept<Option<DeviceRow>> {
        Ok(self.devices.get(&device).cloned())
    }
    fn devices_of(&self, account: AccountId) -> Kept<Vec<DeviceRow>> {
        Ok(self.devices.values().filter(|row| row.account == account).cloned().collect())
    }
    fn device_count(&self) -> Kept<u64> {
        Ok(self.devices.len() as u64)
    }
    fn device_put(&mut self, row: &DeviceRow) -> Kept<()> {
        self.devices.insert(row.id(), row.clone());
        Ok(())
    }
    fn device_drop(&mut self, device: DeviceId) -> Kept<()> {
        self.devices.remove(&device);
        Ok(())
    }
    fn device_seen(&mut self, device: DeviceId, wall_ms: u64, address: &str) -> Kept<()> {
        if let Some(row) = self.devices.get_mut(&device) {
            row.last_seen_ms = wall_ms;
            address.clone_into(&mut row.last_address);
        }
        Ok(())
    }
    fn actor_put(&mut self, number: u32, actor: Actor) -> Kept<()> {
        self.actors.insert(number, actor);
        Ok(())
    }
    fn actor_drop(&mut self, number: u32) -> Kept<()> {
        self.actors.remove(&number);
        Ok(())
    }
}
