//! Is everything as it should be? Each finding is one line, with what to do about it.
use super::{
    answer::Admin,
    message::{Finding, FindingState},
};

/// Below this a disk is as good as full.
const DISK_FREE_MIN: u64 = 64 * 1024 * 1024;
/// No honest clock says less: 1 January 2025, Unix milliseconds.
const CLOCK_MIN_MS: u64 = 1_735_689_600_000;

/// Looks at everything.
pub(super) async fn all(admin: &Admin) -> Vec<Finding> {
    vec![config(admin), network(admin), clock(admin), disk(admin), store(admin).await]
}

fn config(admin: &Admin) -> Finding {
    match admin.reloader.check() {
        Ok(Some(path)) => finding("config", FindingState::Ok, format!("{} is in order", path.display())),
        Ok(None) => finding("config", FindingState::Ok, "no file, the defaults hold".to_owned()),
        Err(fault) => {
            finding("config", FindingState::Problem, format!("{fault}\nThe old one is still in force."))
        }
    }
}

fn network(admin: &Admin) -> Finding {
    let addresses = admin.addresses();
    if addresses.iter().all(|address| address.starts_with("127.") || address.starts_with("[::1]")) {
        let text = "only this machine can reach the server: is the network up?".to_owned();
        return finding("network", FindingState::Warn, text);
    }
    finding("network", FindingState::Ok, format!("listening on {}", addresses.join(", ")))
}

fn clock(admin: &Admin) -> Finding {
    if admin.shell.clock.now().wall_ms < CLOCK_MIN_MS {
        let text = "the clock is wrong; times of messages will be, their order will not. sudo timedatectl set-ntp true";
        return finding("clock", FindingState::Warn, text.to_owned());
    }
    finding("clock", FindingState::Ok, "plausible".to_owned())
}

fn disk(admin: &Admin) -> Finding {
    let free = admin.disk_free_bytes();
    let text = format!("{} MiB free for {}", free / 1024 / 1024, admin.directory.display());
    let state = if free < DISK_FREE_MIN { FindingState::Problem } else { FindingState::Ok };
    finding("disk", state, text)
}

async fn store(admin: &Admin) -> Finding {
    match admin.counts().await {
        Ok(counts) => {
            let text = format!("{} accounts, {} messages waiting", counts.accounts, counts.entries);
            finding("store", FindingState::Ok, text)
        }
        Err(why) => finding("store", FindingState::Problem, why.reason.english().to_owned()),
    }
}

fn finding(area: &str, state: FindingState, text: String) -> Finding {
    Finding { area: area.to_owned(), state, text }
}
