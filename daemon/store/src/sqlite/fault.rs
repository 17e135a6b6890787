//! What SQLite's errors mean for us.
use daemon_core::store::Fault;
use rusqlite::{Error, ErrorCode, ffi};

/// Names the trouble behind an error of a statement.
#[expect(clippy::needless_pass_by_value, reason = "it stands in `map_err`")]
pub(super) fn fault(error: Error) -> Fault {
    let text = error.to_string();
    match error.sqlite_error() {
        Some(found) => of_code(found.code, found.extended_code, text),
        None => Fault::Bug(text),
    }
}

/// The same for an error while a transaction was being made durable: after a failed write or sync nobody knows what is
/// on the disk, and asking again would only hide it.
pub(super) fn commit_fault(error: Error) -> Fault {
    let code = error.sqlite_error().map(|found| found.code);
    match code {
        Some(ErrorCode::SystemIoFailure) => Fault::Unconfirmed(error.to_string()),
        Some(_) | None => fault(error),
    }
}

fn of_code(code: ErrorCode, extended: i32, text: String) -> Fault {
    match code {
        ErrorCode::DiskFull => Fault::Full(text),
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Fault::Damaged(text),
        ErrorCode::SystemIoFailure if is_sync(extended) => Fault::Unconfirmed(text),
        ErrorCode::SystemIoFailure
        | ErrorCode::DatabaseBusy
        | ErrorCode::DatabaseLocked
        | ErrorCode::CannotOpen
        | ErrorCode::PermissionDenied
        | ErrorCode::ReadOnly
        | ErrorCode::FileLockingProtocolFailed
        | ErrorCode::OutOfMemory
        | ErrorCode::OperationInterrupted => Fault::Unavailable(text),
        _ => Fault::Bug(text),
    }
}

const fn is_sync(extended: i32) -> bool {
    matches!(extended, ffi::SQLITE_IOERR_FSYNC | ffi::SQLITE_IOERR_DIR_FSYNC | ffi::SQLITE_IOERR_WRITE)
}
