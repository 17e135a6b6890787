//! Which file system a directory is on: figures about a disk mean nothing without it.
use std::{fs, path::Path};

/// Type and device of the file system that holds this path, as the kernel mounted it.
#[must_use]
pub fn file_system(path: &Path) -> String {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let holding = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ');
        let (device, place, kind) = (words.next()?, words.next()?, words.next()?);
        whole.starts_with(place).then(|| (place.len(), format!("{kind} on {device}")))
    });
    // A later mount at the same place hides an earlier one.
    holding.max_by_key(|(length, _)| *length).map_or_else(|| "unknown".to_owned(), |(_, found)| found)
}
