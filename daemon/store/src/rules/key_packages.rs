//! Key packages: put in by a device, each handed out once.
use std::collections::BTreeSet;

use bytes::Bytes;
use daemon_core::store::Actor;
use sotto_protocol::{
    AccountId, ClaimedPackage, ClaimedPackages, KeyPackagesClaim, KeyPackagesPut, KeyStock, Octets, Reason,
    Refused,
    limits::{KEY_PACKAGE_MAX, KEY_PACKAGES_MAX},
};

use super::{Step, contacts::may_meet, malformed, work::Work};
use crate::tables::{DeviceRow, Kept, Tables};

/// Takes all of them or none.
pub(super) fn put<T: Tables>(
    work: &mut Work<'_, T>,
    actor: Actor,
    request: &KeyPackagesPut,
) -> Step<KeyStock> {
    let here = work.tables.key_package_count(actor.device)? as usize;
    if here + request.packages.len() > KEY_PACKAGES_MAX {
        return Err(Refused::new(Reason::LimitKeyPackages).with("limit", KEY_PACKAGES_MAX).into());
    }
    for package in request.packages.iter() {
        work.tables.key_package_put(actor.device, package)?;
    }
    if !request.last_resort.is_empty() {
        work.tables.last_resort_put(actor.device, &request.last_resort)?;
    }
    stock(work.tables, actor)
}

pub(super) fn stock<T: Tables>(tables: &T, actor: Actor) -> Step<KeyStock> {
    Ok(KeyStock {
        packages: tables.key_package_count(actor.device)?,
        last_resort: tables.last_resort(actor.device)?.is_some(),
    })
}

/// One package of each device of these people, but for the one that asks and those that are signed out. A single-use one
/// is gone with the answer.
pub(super) fn claim<T: Tables>(
    work: &mut Work<'_, T>,
    actor: Actor,
    request: &KeyPackagesClaim,
) -> Step<ClaimedPackages> {
    let mut seen = BTreeSet::new();
    let wanted: Vec<AccountId> =
        request.accounts.iter().copied().filter(|account| seen.insert(*account)).collect();
    for account in &wanted {
        if !may_claim(work.tables, actor.account, *account)? {
            return Err(Refused::new(Reason::PersonUnknown).with("account", account).into());
        }
    }
    let mut packages = Vec::new();
    for account in wanted {
        for device in work.tables.devices_of(account)? {
            if device.id() != actor.device && !device.signed_out {
                packages.push(take(work, &device)?);
            }
        }
    }
    Ok(ClaimedPackages { packages })
}

fn may_claim<T: Tables>(tables: &T, me: AccountId, account: AccountId) -> Kept<bool> {
    let Some(row) = tables.account(account)? else { return Ok(false) };
    Ok(me == account || may_meet(tables, me, &row)? || tables.share_a_room(me, account)?)
}

fn take<T: Tables>(work: &mut Work<'_, T>, device: &DeviceRow) -> Step<ClaimedPackage> {
    let single = work.tables.key_package_take(device.id())?;
    let (package, last_resort) = match single {
        Some(package) => (package, false),
        None => {
            let last = work.tables.last_resort(device.id())?;
            let there = last.is_some();
            (last.unwrap_or_else(Bytes::new), there)
        }
    };
    let package = Octets::<0, KEY_PACKAGE_MAX>::new(package).map_err(|wrong| malformed("packages", wrong))?;
    Ok(ClaimedPackage { account: device.account, device: device.id(), package, last_resort })
}
