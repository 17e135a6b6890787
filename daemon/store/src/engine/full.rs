//! What may still be written on a full disk: what frees room, and what somebody needs to come and fetch what waits.
use daemon_core::store::{AdminChange, Change};
use sotto_protocol::Request;

/// Whether a change makes the store grow for long. Others are let in from the ballast.
pub(super) fn grows(change: &Change) -> bool {
    match change {
        Change::Register { .. } | Change::Enrol { .. } => true,
        Change::SignIn { .. } | Change::BotSignIn { .. } | Change::Sweep(_) => false,
        Change::Ask { request, .. } => asked_grows(request),
        Change::Admin(change) => match change {
            AdminChange::InviteCreate(_) | AdminChange::Announce(_) => true,
            AdminChange::InviteRevoke(_)
            | AdminChange::SetDisabled { .. }
            | AdminChange::AccountDelete(_)
            | AdminChange::DeviceRevoke(_) => false,
        },
    }
}

const fn asked_grows(request: &Request) -> bool {
    !matches!(
        request,
        Request::SignOut(_)
            | Request::AccountDelete(_)
            | Request::DeviceRevoke(_)
            | Request::TokenRevoke(_)
            | Request::InviteRevoke(_)
            | Request::ContactDecline(_)
            | Request::ContactBlock(_)
            | Request::ContactRemove(_)
            | Request::RoomLeave(_)
            | Request::Read(_)
    )
}
