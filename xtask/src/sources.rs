//! What the deciding crates must not call, looked for in their sources. Modules cannot be banned in a `clippy.toml`, so
//! this stands beside the ones in `protocol/` and `daemon/core/`.
use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

/// Where code decides.
const DECIDING: &[&str] = &["protocol/src", "daemon/core/src"];

/// What is banned there, and why.
const BANNED: &[(&str, &str)] = &[
    ("Instant::now", "time comes in as an argument"),
    ("SystemTime", "time comes in as an argument"),
    ("std::env", "configuration comes in as an argument"),
    ("std::fs", "only the shell and the store touch the disk"),
    ("std::process", "only the shell ends or starts anything"),
    ("std::thread", "only the shell makes tasks"),
    ("std::os", "nothing here knows the system"),
    ("TcpListener", "only the shell touches the network"),
    ("TcpStream", "only the shell touches the network"),
    ("UdpSocket", "only the shell touches the network"),
    ("OsRng", "chance comes in as an argument"),
    ("thread_rng", "chance comes in as an argument"),
];

/// Every banned word, with its place and the reason.
pub(crate) fn check() -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for folder in DECIDING {
        for file in rust_files(&crate::root().join(folder))? {
            let text =
                fs::read_to_string(&file).with_context(|| format!("While reading {}", file.display()))?;
            // Unit tests stand at the end of a file, and may do what they like.
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            let lines = code.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
            for (number, line) in lines {
                let found = BANNED.iter().filter(|(word, _)| line.contains(word));
                faults.extend(
                    found.map(|(word, why)| format!("{}:{}: {word}: {why}", file.display(), number + 1)),
                );
            }
        }
    }
    Ok(faults)
}

fn rust_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let entries = fs::read_dir(folder).with_context(|| format!("While listing {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
