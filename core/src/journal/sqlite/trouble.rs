use crate::error::{Cause, Delivery, Error, ErrorKind};
use rusqlite::ErrorCode;
use std::path::Path;

/// An error of the journal at `path`; nothing was recorded.
pub(super) fn failed(path: &Path, what: &str) -> Error {
    Error::new(ErrorKind::Journal, Delivery::NotSent, format!("the journal {} {what}", path.display()))
}

/// What SQLite says, with what to do about it.
pub(super) fn trouble(path: &Path, error: &rusqlite::Error) -> Error {
    let remedy = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => "cannot be written: the disk is full; make room",
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            "cannot be written: the file or its folder is read-only; let this user write both"
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "is locked: another process has been writing for 5 s; let it finish"
        }
        Some(ErrorCode::NotADatabase) => "is not a journal; name another file",
        Some(ErrorCode::DatabaseCorrupt) => {
            let what = "is damaged; keep the file, restore a backup (posa journal restore) and compare with the gateway \
                        (posa reconcile)";
            return failed(path, what).because(Cause::DamagedJournal);
        }
        _ => return failed(path, &format!("failed: {error}")),
    };
    failed(path, remedy)
}

/// Why a group of steps was not taken.
pub(super) enum Trouble {
    /// SQLite failed before the commit: nothing of it stands, or ever will.
    Before(rusqlite::Error),
    /// SQLite failed at the commit, and what is in the log may count when it is next read.
    AtCommit(rusqlite::Error),
    /// The file is no longer what others find under its name. Nothing was written.
    Elsewhere(Error),
    /// As before, and found after a commit.
    CommittedElsewhere(Error),
}

impl Trouble {
    pub(super) fn before(error: rusqlite::Error) -> Self {
        Self::Before(error)
    }

    /// Without room, the end of the commit was not written, and the log's checksums tell so.
    pub(super) fn at_commit(error: rusqlite::Error) -> Self {
        if error.sqlite_error_code() == Some(ErrorCode::DiskFull) { Self::Before(error) } else { Self::AtCommit(error) }
    }

    /// Whether one of several steps may be the cause. A file that is locked, or is another, is so for all.
    pub(super) fn is_one_steps(&self) -> bool {
        match self {
            Self::Before(error) | Self::AtCommit(error) => {
                !matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
            }
            Self::Elsewhere(_) | Self::CommittedElsewhere(_) => false,
        }
    }

    /// This trouble of a step that was tried before, with others, and met `first`.
    pub(super) fn after(self, first: &Self) -> Self {
        match (first, self) {
            (Self::AtCommit(_), Self::Before(error)) => Self::AtCommit(error),
            (Self::AtCommit(_), Self::Elsewhere(error)) => Self::CommittedElsewhere(error),
            (_, own) => own,
        }
    }

    pub(super) fn into_error(self, path: &Path) -> Error {
        match self {
            Self::Before(error) => trouble(path, &error),
            Self::AtCommit(error) => may_stand(&failed(path, &format!("failed while it was written: {error}"))),
            Self::Elsewhere(error) => error,
            Self::CommittedElsewhere(error) => may_stand(&error),
        }
    }
}

/// Whether it is recorded is not known.
fn may_stand(error: &Error) -> Error {
    let message =
        format!("{}; what was to be recorded may stand in it: repeat with the same request id", error.message());
    Error::new(ErrorKind::OutcomeUnknown, Delivery::Unknown, message)
}

#[cfg(test)]
mod tests {
    use super::{Trouble, failed};
    use crate::error::{Delivery, ErrorKind};
    use rusqlite::ffi;
    use std::path::Path;

    fn sqlite(code: i32) -> rusqlite::Error {
        rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)
    }

    fn told(trouble: Trouble) -> (ErrorKind, Delivery) {
        let error = trouble.into_error(Path::new("posa.db"));
        (error.kind(), error.delivery())
    }

    #[test]
    fn i32_only_what_cannot_stand_is_told_as_not_recorded() {
        let (refused, unknown) =
            ((ErrorKind::Journal, Delivery::NotSent), (ErrorKind::OutcomeUnknown, Delivery::Unknown));
        assert_eq!(told(Trouble::before(sqlite(ffi::SQLITE_IOERR))), refused);
        assert_eq!(told(Trouble::at_commit(sqlite(ffi::SQLITE_FULL))), refused);
        assert_eq!(told(Trouble::at_commit(sqlite(ffi::SQLITE_IOERR_FSYNC))), unknown);
        let elsewhere = || failed(Path::new("posa.db"), "was replaced");
        assert_eq!(told(Trouble::Elsewhere(elsewhere())), refused);
        assert_eq!(told(Trouble::CommittedElsewhere(elsewhere())), unknown);
        let first = Trouble::at_commit(sqlite(ffi::SQLITE_IOERR_FSYNC));
        assert_eq!(told(Trouble::before(sqlite(ffi::SQLITE_FULL)).after(&first)), unknown, "the first may stand");
        assert_eq!(told(Trouble::Elsewhere(elsewhere()).after(&first)), unknown);
    }

    #[test]
    fn a_locked_file_is_waited_for_once_for_all() {
        assert!(!Trouble::before(sqlite(ffi::SQLITE_BUSY)).is_one_steps());
        assert!(Trouble::before(sqlite(ffi::SQLITE_CONSTRAINT)).is_one_steps());
    }
}
