//! What the operating system says about a process. Nothing here asks the process itself.
use std::{fs, path::PathBuf, time::Duration};

use anyhow::{Context as _, Result};

/// What a process has used up to now, and what it holds now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// User and system time of all its threads, ended ones included; counted in ticks of 10 ms.
    pub cpu: Duration,
    /// Resident memory.
    pub rss_kib: u64,
    /// The most that it ever had resident.
    pub peak_rss_kib: u64,
    /// Resident memory, shared pages divided among those who share them.
    pub pss_kib: u64,
    /// Bytes that it caused to be written to the disk.
    pub written_bytes: u64,
    /// Open files and sockets.
    pub files: u64,
    /// Threads.
    pub threads: u64,
}

impl Usage {
    /// Reads the accounts of a process.
    ///
    /// # Errors
    /// When there is no such process, or it is not ours to look at.
    pub fn of(pid: u32) -> Result<Self> {
        let folder = PathBuf::from(format!("/proc/{pid}"));
        let read = |name: &str| {
            fs::read_to_string(folder.join(name)).with_context(|| format!("While reading /proc/{pid}/{name}"))
        };
        let status = read("status")?;
        Ok(Self {
            cpu: cpu(&read("stat")?).with_context(|| format!("/proc/{pid}/stat makes no sense"))?,
            rss_kib: field(&status, "VmRSS:"),
            peak_rss_kib: field(&status, "VmHWM:"),
            pss_kib: field(&read("smaps_rollup")?, "Pss:"),
            written_bytes: field(&read("io")?, "write_bytes:"),
            files: fs::read_dir(folder.join("fd")).map_or(0, |entries| entries.count() as u64),
            threads: field(&status, "Threads:"),
        })
    }

    /// CPU since an earlier look, in seconds.
    #[must_use]
    pub fn cpu_s_since(&self, earlier: &Self) -> f64 {
        self.cpu.saturating_sub(earlier.cpu).as_secs_f64()
    }
}

/// Fields 14 and 15 of `/proc/PID/stat`; the command's name before them may hold anything.
fn cpu(stat: &str) -> Option<Duration> {
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks: Vec<u64> =
        fields.split_whitespace().skip(11).take(2).filter_map(|word| word.parse().ok()).collect();
    let [user, system] = ticks[..] else { return None };
    let a_second = rustix::param::clock_ticks_per_second();
    Some(Duration::from_micros((user + system) * 1_000_000 / a_second))
}

/// The number behind a name at the beginning of a line.
fn field(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_can_be_accounted_for() {
        let before = Usage::of(std::process::id()).unwrap();
        let mut sum = 0_u64;
        let began = std::time::Instant::now();
        while began.elapsed() < Duration::from_millis(100) {
            sum = sum.wrapping_mul(31).wrapping_add(1);
        }
        let after = Usage::of(std::process::id()).unwrap();
        assert!(after.cpu_s_since(&before) > 0.0, "{sum}");
        assert!(after.rss_kib > 500 && after.files >= 3 && after.threads >= 1, "{after:?}");
    }

    #[test]
    fn a_name_with_brackets_does_not_confuse_the_fields() {
        let stat = "7 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0";
        assert_eq!(
            cpu(stat),
            Some(Duration::from_micros(200 * 1_000_000 / rustix::param::clock_ticks_per_second()))
        );
    }
}
