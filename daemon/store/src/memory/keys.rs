//! Key packages in memory.
use bytes::Bytes;
use sotto_protocol::DeviceId;

use super::MemoryTables;
use crate::tables::{Kept, KeyPackages};

impl KeyPackages for MemoryTables {
    fn key_package_count(&self, device: DeviceId) -> Kept<u32> {
        let count = self.key_packages.get(&device).map_or(0, Vec::len);
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }
    fn last_resort(&self, device: DeviceId) -> Kept<Option<Bytes>> {
        Ok(self.last_resorts.get(&device).cloned())
    }
    fn key_package_put(&mut self, device: DeviceId, package: &Bytes) -> Kept<()> {
        self.key_packages.entry(device).or_default().push(package.clone());
        Ok(())
    }
    fn key_package_take(&mut self, device: DeviceId) -> Kept<Option<Bytes>> {
        let packages = self.key_packages.get_mut(&device).filter(|packages| !packages.is_empty());
        Ok(packages.map(|packages| packages.remove(0)))
    }
    fn last_resort_put(&mut self, device: DeviceId, package: &Bytes) -> Kept<()> {
        self.last_resorts.insert(device, package.clone());
        Ok(())
    }
    fn key_packages_drop(&mut self, device: DeviceId) -> Kept<()> {
        self.key_packages.remove(&device);
        self.last_resorts.remove(&device);
        Ok(())
    }
}
