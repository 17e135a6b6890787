//! Opening the file: alone, for its owner's eyes only, checked, and brought to the present version.
use std::{
    fs::{File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
    time::Duration,
};

use daemon_core::store::Fault;
use rusqlite::{Connection, OpenFlags, config::DbConfig};

use super::{SqlTables, fault::fault, schema};

/// How long a reader or a backup may hold the file before we call it unavailable.
const BUSY: Duration = Duration::from_secs(5);
/// Statements that stay prepared: all of ours.
const STATEMENTS: usize = 192;

/// What the file is opened with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SqliteOptions {
    /// Bytes that are put aside for a full disk, so that acknowledging and deleting still work then; 0: none.
    pub ballast_bytes: u64,
    /// Whether the whole file is checked first. A quick check reads every page once.
    pub check: bool,
    /// Pages that the file may have; `None`: as many as fit. For trying out what happens when it is full.
    pub pages_max: Option<u32>,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self { ballast_bytes: 8 * 1024 * 1024, check: true, pages_max: None }
    }
}

/// The file, and the lock that keeps a second daemon out.
pub(super) struct Opened {
    pub(super) tables: SqlTables,
    pub(super) lock: File,
}

pub(super) fn open(path: &Path, options: &SqliteOptions) -> Result<Opened, Fault> {
    let lock = alone(path)?;
    private(path)?;
    let mut conn = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    schema::recognise(&conn)?;
    let journal: String = conn.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).map_err(fault)?;
    if journal != "wal" {
        return Err(Fault::Unavailable(format!("the file system allows journal mode {journal} only")));
    }
    if options.check {
        quick_check(&conn)?;
    }
    for (name, value) in [
        ("synchronous", "FULL"),
        ("secure_delete", "ON"),
        ("foreign_keys", "ON"),
        ("journal_size_limit", "4194304"),
        ("wal_autocheckpoint", "1000"),
    ] {
        conn.pragma_update(None, name, value).map_err(fault)?;
    }
    schema::migrate(&mut conn)?;
    if let Some(pages) = options.pages_max {
        conn.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(())).map_err(fault)?;
    }
    Ok(Opened { tables: SqlTables { conn, path: path.to_owned() }, lock })
}

/// One more connection, which cannot write.
pub(super) fn open_reader(path: &Path) -> Result<SqlTables, Fault> {
    let conn = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    conn.pragma_update(None, "query_only", "ON").map_err(fault)?;
    Ok(SqlTables { conn, path: path.to_owned() })
}

fn connect(path: &Path, access: OpenFlags) -> Result<Connection, Fault> {
    let conn = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(fault)?;
    conn.busy_timeout(BUSY).map_err(fault)?;
    // A plan that looks at what is bound is made anew with every new value: ours do not depend on it.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(fault)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(conn)
}

/// A name beside the file's own.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Holds the lock as long as the store is open: two daemons on one file would each trust their own memory.
fn alone(path: &Path) -> Result<File, Fault> {
    let path = beside(path, ".lock");
    let unavailable = |error: std::io::Error| Fault::Unavailable(format!("{}: {error}", path.display()));
    let lock = for_owner().truncate(false).open(&path).map_err(unavailable)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => {
            Err(Fault::Unavailable(format!("{} is held by another process", path.display())))
        }
        Err(TryLockError::Error(error)) => Err(unavailable(error)),
    }
}

/// Makes the file before SQLite does, so that nobody else can read it for a moment either. SQLite gives what it puts
/// beside the file the same rights.
fn private(path: &Path) -> Result<(), Fault> {
    use std::os::unix::fs::PermissionsExt as _;
    let unavailable = |error: std::io::Error| Fault::Unavailable(format!("{}: {error}", path.display()));
    let file = for_owner().truncate(false).open(path).map_err(unavailable)?;
    let found = file.metadata().map_err(unavailable)?.permissions();
    if found.mode() & 0o777 != 0o600 {
        file.set_permissions(std::fs::Permissions::from_mode(0o600)).map_err(unavailable)?;
    }
    Ok(())
}

pub(super) fn for_owner() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).mode(0o600);
    options
}

fn quick_check(conn: &Connection) -> Result<(), Fault> {
    let found: String = conn.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(fault)?;
    if found == "ok" { Ok(()) } else { Err(Fault::Damaged(found)) }
}
