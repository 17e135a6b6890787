//! One sync of the disk, at a pace: a disk that is asked rarely answers otherwise than one that is asked always.
use std::{
    fs::File,
    io::Write as _,
    path::Path,
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::Result;
use rusqlite::Connection;

use super::sqlite::{self, row};
use crate::spread::Spread;

/// Appends 4 KiB and syncs, so many times a second.
pub(crate) fn syncs(under: &Path, how_long: Duration, per_second: u32) -> Result<Spread> {
    let home = tempfile::tempdir_in(under)?;
    let mut file = File::create(home.path().join("sync"))?;
    paced(how_long, per_second, || {
        file.write_all(&[0x5A; 4096])?;
        Ok(file.sync_data()?)
    })
}

/// Commits one row to SQLite (WAL, synchronous=FULL), so many times a second.
pub(crate) fn commits(under: &Path, how_long: Duration, per_second: u32) -> Result<Spread> {
    let home = tempfile::tempdir_in(under)?;
    let database: Connection = sqlite::open(home.path())?;
    let mut insert = database.prepare(sqlite::INSERT)?;
    let mut number = 0;
    paced(how_long, per_second, || {
        number += 1;
        insert.execute(row(number, &[0x5A; 256]))?;
        Ok(())
    })
}

fn paced(how_long: Duration, per_second: u32, mut act: impl FnMut() -> Result<()>) -> Result<Spread> {
    let pause = Duration::from_secs(1) / per_second.max(1);
    let (began, mut spread) = (Instant::now(), Spread::default());
    while began.elapsed() < how_long {
        let from = Instant::now();
        act()?;
        spread.add_ns(u64::try_from(from.elapsed().as_nanos())?);
        sleep(pause.saturating_sub(from.elapsed()));
    }
    Ok(spread)
}
