//! What the admin wishes.
use daemon_core::store::{AdminChange, Answer, News};
use sotto_protocol::{AccountId, DeviceId, Done, InboxEvent, NoticeEvent, Reason};

use super::{Step, delete_account, devices, invites, reply, work::Work};
use crate::tables::{AccountRow, Tables};

pub(super) fn change<T: Tables>(work: &mut Work<'_, T>, change: &AdminChange) -> Step<Answer> {
    match change {
        AdminChange::InviteCreate(create) => invites::create(work, None, create).map(reply),
        AdminChange::InviteRevoke(revoke) => invites::revoke(work, None, revoke).map(reply),
        AdminChange::SetDisabled { account, disabled } => set_disabled(work, *account, *disabled).map(reply),
        AdminChange::AccountDelete(account) => {
            work.tables.account(*account)?.ok_or(Reason::AccountUnknown)?;
            delete_account::delete(work, *account).map(reply)
        }
        AdminChange::DeviceRevoke(device) => device_revoke(work, *device).map(reply),
        AdminChange::Announce(text) => announce(work, text).map(reply),
    }
}

/// Who is disabled is out at once; what is theirs stays.
fn set_disabled<T: Tables>(work: &mut Work<'_, T>, account: AccountId, disabled: bool) -> Step<Done> {
    let row = work.tables.account(account)?.ok_or(Reason::AccountUnknown)?;
    if disabled && !row.disabled {
        work.news.push(News::AccountOut(account, Reason::AuthDisabled));
    }
    work.tables.account_put(&AccountRow { disabled, ..row })?;
    Ok(Done {})
}

fn device_revoke<T: Tables>(work: &mut Work<'_, T>, device: DeviceId) -> Step<Done> {
    let row = work.tables.device(device)?.ok_or(Reason::DeviceUnknown)?;
    devices::revoke_any(work, &row)?;
    Ok(Done {})
}

fn announce<T: Tables>(work: &mut Work<'_, T>, text: &str) -> Step<Done> {
    let payload = InboxEvent::Notice(NoticeEvent { text: text.to_owned() }).to_bytes();
    for device in work.index.inboxes() {
        work.tell_device(device, payload.clone())?;
    }
    Ok(Done {})
}
