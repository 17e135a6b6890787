//! Devices go: for a while or for good.
use daemon_core::store::{Actor, News};
use sotto_protocol::{
    DeviceEvent, DeviceEventKind, DeviceRename, DeviceRevoke, Done, InboxEvent, LogId, Reason,
};

use super::{Step, inbox::Whom, work::Work};
use crate::tables::{DeviceRow, Kept, Tables};

/// The device is done here. It no longer holds any log back; what comes meanwhile it will not see.
pub(super) fn sign_out<T: Tables>(work: &mut Work<'_, T>, actor: Actor) -> Step<Done> {
    let device = work.tables.device(actor.device)?.ok_or(Reason::AuthRevoked)?;
    leave_all_logs(work, &device)?;
    work.tables.tokens_of_device_drop(actor.device, None)?;
    tell_others(work, &device, DeviceEventKind::SignedOut)?;
    work.tables.device_put(&DeviceRow { signed_out: true, ..device })?;
    work.news.push(News::DeviceOut(actor.device, Reason::AuthSignedOut));
    Ok(Done {})
}

pub(super) fn rename<T: Tables>(work: &mut Work<'_, T>, actor: Actor, request: &DeviceRename) -> Step<Done> {
    let device = work.tables.device(request.device)?.filter(|device| device.account == actor.account);
    let device = device.ok_or(Reason::DeviceUnknown)?;
    work.tables.device_put(&DeviceRow { name: request.name.clone(), ..device })?;
    Ok(Done {})
}

/// One of my devices goes for good, perhaps this one.
pub(super) fn revoke<T: Tables>(work: &mut Work<'_, T>, actor: Actor, request: &DeviceRevoke) -> Step<Done> {
    let device = work.tables.device(request.device)?.filter(|device| device.account == actor.account);
    let device = device.ok_or(Reason::DeviceUnknown)?;
    revoke_any(work, &device)?;
    Ok(Done {})
}

/// Anybody's device goes for good; the account's other devices hear of it.
pub(super) fn revoke_any<T: Tables>(work: &mut Work<'_, T>, device: &DeviceRow) -> Kept<()> {
    erase(work, device)?;
    work.news.push(News::DeviceOut(device.id(), Reason::AuthRevoked));
    tell_others(work, device, DeviceEventKind::Revoked)
}

/// Row, tokens, key packages, inbox and cursors of a device are gone. What it wrote stays for who has not read it yet.
pub(super) fn erase<T: Tables>(work: &mut Work<'_, T>, device: &DeviceRow) -> Kept<()> {
    leave_all_logs(work, device)?;
    work.tables.tokens_of_device_drop(device.id(), None)?;
    work.tables.key_packages_drop(device.id())?;
    work.tables.device_drop(device.id())?;
    work.drop_log(device.id().into())?;
    work.index.remove_device(device.id());
    Ok(())
}

fn leave_all_logs<T: Tables>(work: &mut Work<'_, T>, device: &DeviceRow) -> Kept<()> {
    let rooms = work.tables.rooms_page(device.account, None, u32::MAX)?;
    let logs = rooms.iter().map(|member| LogId::from(member.room)).chain([device.id().into()]);
    for log in logs {
        work.leave(log, device.number)?;
    }
    Ok(())
}

fn tell_others<T: Tables>(work: &mut Work<'_, T>, device: &DeviceRow, kind: DeviceEventKind) -> Kept<()> {
    let event = DeviceEvent {
        device: device.id(),
        name: device.name.as_str().to_owned(),
        kind,
        address: device.last_address.clone(),
    };
    work.tell(Whom::Others(device.account), &InboxEvent::Device(event))
}

impl<T: Tables> Work<'_, T> {
    /// A log goes with everything in it.
    pub(super) fn drop_log(&mut self, log: LogId) -> Kept<()> {
        let Some((number, positions)) = self.index.remove_log(log) else { return Ok(()) };
        self.fresh.shrunk.push(log);
        self.tables.entries_drop(&positions)?;
        self.tables.log_drop(number)
    }
}
