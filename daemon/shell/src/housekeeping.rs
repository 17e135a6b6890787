//! What is done without being asked: once a minute what is too old goes, and what strangers did is told in one line.
use std::{sync::Arc, time::Duration};

use daemon_core::store::{Answer, Change, Sweep};
use tokio::time::{MissedTickBehavior, interval};

use crate::shell::Shell;

const EVERY: Duration = Duration::from_secs(60);
/// Entries that go in one step, so that nobody waits long for the disk.
const STEP_MAX: u32 = 2000;

/// Keeps house for ever; ends when it is dropped.
pub(crate) async fn keep(shell: Arc<Shell>) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        sweep(&shell).await;
        if let Some(news) = shell.crowd.news() {
            tracing::info!("strangers turned away: {news}");
        }
    }
}

async fn sweep(shell: &Shell) {
    loop {
        let wall_ms = shell.clock.now().wall_ms;
        let entries_before_ms = wall_ms.saturating_sub(shell.decided().settings.retention_ms);
        let sweep = Sweep { entries_before_ms, now_ms: wall_ms, at_most: STEP_MAX };
        match shell.change_store(Change::Sweep(sweep)).await {
            Ok(Answer::Swept(removed)) if removed >= STEP_MAX => {}
            Ok(_) => return,
            Err(why) => return tracing::warn!(%why, "what is too old could not be removed"),
        }
    }
}
