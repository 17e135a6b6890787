//! Devices, and the short numbers that stand for them in the log.
use daemon_core::store::Actor;
use sotto_protocol::{AccountId, DeviceCertificate, DeviceId, DeviceName};

use super::Kept;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DeviceRow {
    pub(crate) account: AccountId,
    /// Its number in logs and cursors; never used again for another one.
    pub(crate) number: u32,
    pub(crate) certificate: DeviceCertificate,
    pub(crate) name: DeviceName,
    pub(crate) signed_out: bool,
    pub(crate) last_seen_ms: u64,
    pub(crate) last_address: String,
}

impl DeviceRow {
    pub(crate) const fn id(&self) -> DeviceId {
        self.certificate.device
    }
}

pub(crate) trait Devices {
    fn device(&self, device: DeviceId) -> Kept<Option<DeviceRow>>;
    /// In the order of their ids.
    fn devices_of(&self, account: AccountId) -> Kept<Vec<DeviceRow>>;
    fn device_count(&self) -> Kept<u64>;
    fn device_put(&mut self, row: &DeviceRow) -> Kept<()>;
    fn device_drop(&mut self, device: DeviceId) -> Kept<()>;
    fn device_seen(&mut self, device: DeviceId, wall_ms: u64, address: &str) -> Kept<()>;
    /// A number begins to stand for somebody. It outlives the device while entries name it.
    fn actor_put(&mut self, number: u32, actor: Actor) -> Kept<()>;
    fn actor_drop(&mut self, number: u32) -> Kept<()>;
}
