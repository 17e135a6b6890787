//! Key packages of the devices, each handed out once.
use bytes::Bytes;
use sotto_protocol::DeviceId;

use super::Kept;

pub(crate) trait KeyPackages {
    fn key_package_count(&self, device: DeviceId) -> Kept<u32>;
    fn last_resort(&self, device: DeviceId) -> Kept<Option<Bytes>>;
    fn key_package_put(&mut self, device: DeviceId, package: &Bytes) -> Kept<()>;
    /// Takes the oldest one out.
    fn key_package_take(&mut self, device: DeviceId) -> Kept<Option<Bytes>>;
    fn last_resort_put(&mut self, device: DeviceId, package: &Bytes) -> Kept<()>;
    /// Drops all of them, the last resort included.
    fn key_packages_drop(&mut self, device: DeviceId) -> Kept<()>;
}
