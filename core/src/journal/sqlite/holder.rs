//! Who is alive. Each open journal holds a lock on a small file of its own, which the system gives up when the
//! process ends, however it ends: a dead holder's leases are worth nothing at once, and nobody waits for them.

use super::failed;
use super::place::beside;
use crate::error::Error;
use posa_sqlite_guard::Kept;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

/// How long somebody else may take to open or close the journal.
const DOOR: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(5);

pub(super) struct Holders {
    folder: PathBuf,
    own: i64,
    /// Locked as long as the journal is open.
    _lock: Kept,
}

/// One at a time: SQLite refuses at once, and not after a while, those who open a file whose log is just being made, and
/// who opens first or closes last has more to do. Given back when it is dropped, or its process ends.
pub(super) struct Door {
    _lock: Kept,
}

impl Door {
    /// Waits until nobody else opens or closes the journal at `path`, for 5 s at the most.
    pub(super) fn enter(path: &Path) -> Result<Self, Error> {
        let folder = folder(path)?;
        let name = folder.join("door.lock");
        let lock = Kept::open(|| File::options().create(true).append(true).open(&name));
        let lock = lock.map_err(|e| unusable(path, &name, &e))?;
        as_the_journals(path, &name);
        let until = Instant::now() + DOOR;
        loop {
            match lock.try_lock() {
                Ok(()) => return Ok(Self { _lock: lock }),
                Err(TryLockError::Error(e)) => return Err(unusable(path, &name, &e)),
                Err(TryLockError::WouldBlock) if Instant::now() >= until => {
                    return Err(failed(path, "is just being opened or closed by another process; try again"));
                }
                Err(TryLockError::WouldBlock) => thread::sleep(POLL),
            }
        }
    }
}

impl Holders {
    /// Joins the holders of the journal at `path`.
    pub(super) fn join(path: &Path) -> Result<Self, Error> {
        let folder = folder(path)?;
        let own = random().map_err(|what| failed(path, &what))?;
        let lock = lock(&folder, own).map_err(|e| unusable(path, &folder, &e))?;
        as_the_journals(path, &file(&folder, own));
        Ok(Self { folder, own, _lock: lock })
    }

    pub(super) fn own(&self) -> i64 {
        self.own
    }

    /// Whether that holder's process still has the journal open. In doubt it has.
    pub(super) fn is_alive(&self, holder: i64) -> bool {
        holder == self.own || is_locked(&file(&self.folder, holder))
    }

    /// Whether nobody else has the journal open. Clears away those that died.
    pub(super) fn is_alone(&self) -> bool {
        others(&self.folder, Some(&file(&self.folder, self.own)))
    }

    /// Whether nobody at all has the journal at `path` open.
    pub(super) fn are_none(path: &Path) -> bool {
        others(&beside(path, FOLDER), None)
    }
}

impl Drop for Holders {
    fn drop(&mut self) {
        // A file that stays behind is cleared away at the next opening.
        let _ = fs::remove_file(file(&self.folder, self.own));
    }
}

/// Beside the journal.
pub(super) const FOLDER: &str = "-holders";

fn others(folder: &Path, own: Option<&Path>) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let holders = entries.filter(|path| path.extension().is_none() && Some(path.as_path()) != own);
    // Each is looked at: whoever died is cleared away.
    holders.filter(|path| is_locked(path)).count() == 0
}

/// Whether somebody holds it; a file that nobody holds is removed.
fn is_locked(path: &Path) -> bool {
    let found = match Kept::open(|| File::open(path)) {
        Ok(found) => found,
        Err(e) => return e.kind() != io::ErrorKind::NotFound,
    };
    match found.try_lock() {
        Ok(()) => {
            let _ = fs::remove_file(path);
            false
        }
        Err(TryLockError::WouldBlock | TryLockError::Error(_)) => true,
    }
}

/// Locked before it has its name, so that nobody ever finds it unlocked while its process lives.
fn lock(folder: &Path, own: i64) -> io::Result<Kept> {
    let name = file(folder, own);
    let unnamed = name.with_extension("new");
    let lock = Kept::open(|| File::create_new(&unnamed))?;
    lock.lock()?;
    fs::rename(unnamed, name)?;
    Ok(lock)
}

fn file(folder: &Path, holder: i64) -> PathBuf {
    folder.join(format!("{holder:016x}"))
}

pub(super) fn random() -> Result<i64, String> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|e| format!("the operating system gives no randomness: {e}"))?;
    Ok(i64::from_ne_bytes(bytes) & i64::MAX)
}

/// Created where it is missing.
fn folder(path: &Path) -> Result<PathBuf, Error> {
    let folder = beside(path, FOLDER);
    create_folder(&folder).map_err(|e| unusable(path, &folder, &e))?;
    as_the_journals(path, &folder);
    Ok(folder)
}

fn unusable(path: &Path, what: &Path, error: &io::Error) -> Error {
    failed(path, &format!("needs {}, which cannot be used: {error}; let this user write it", what.display()))
}

fn create_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// What root makes beside a journal of another user's belongs to that user, who would else be locked out.
#[cfg(unix)]
pub(super) fn as_the_journals(path: &Path, made: &Path) {
    use std::os::unix::fs::{MetadataExt, chown};
    if let (Ok(journal), Ok(made_by)) = (path.metadata(), made.metadata())
        && journal.uid() != made_by.uid()
    {
        // Only root has the right to.
        let _ = chown(made, Some(journal.uid()), Some(journal.gid()));
    }
}

#[cfg(not(unix))]
pub(super) fn as_the_journals(_: &Path, _: &Path) {}
