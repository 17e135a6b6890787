//! A file that is there only to be deleted: on a full disk even deleting needs room first.
use std::{
    fs::File,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use super::open::{beside, for_owner};

/// Bytes that are set aside.
#[derive(Debug)]
pub(super) struct Ballast {
    path: PathBuf,
    bytes: u64,
}

impl Ballast {
    /// Beside the store's file.
    pub(super) fn new(store: &Path, bytes: u64) -> Self {
        Self { path: beside(store, ".ballast"), bytes }
    }

    /// Gives the room back. Says whether there was any.
    pub(super) fn release(&self) -> bool {
        std::fs::remove_file(&self.path).is_ok()
    }

    /// Sets the room aside again, all of it or none. Says whether it is there.
    pub(super) fn restore(&self) -> bool {
        if std::fs::metadata(&self.path).is_ok_and(|found| found.len() == self.bytes) || self.bytes == 0 {
            return true;
        }
        let written = self.write();
        if written.is_err() {
            self.release();
        }
        written.is_ok()
    }

    /// Real bytes, not a promise of them: a sparse file would hold no room.
    fn write(&self) -> io::Result<()> {
        let mut file: File = for_owner().truncate(true).open(&self.path)?;
        let block = [0x5A_u8; 64 * 1024];
        let mut left = self.bytes;
        while left > 0 {
            let now = usize::try_from(left).unwrap_or(usize::MAX).min(block.len());
            file.write_all(&block[..now])?;
            left -= now as u64;
        }
        file.sync_all()
    }
}
