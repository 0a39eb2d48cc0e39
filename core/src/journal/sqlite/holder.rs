//! Who is alive. Each open journal holds a lock on a small file of its own, which the system gives up when the
//! process ends, however it ends: a dead holder's leases are worth nothing at once, and nobody waits for them.

use super::failed;
use crate::error::Error;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

pub(super) struct Holders {
    folder: PathBuf,
    own: i64,
    /// Locked as long as the journal is open.
    _lock: File,
}

/// One at a time: SQLite refuses at once, and not after a while, those who open a file whose log is just being made.
/// Given back when it is dropped, or its process ends.
pub(super) struct Door {
    _lock: File,
}

impl Door {
    /// Waits until nobody else opens the journal at `path`.
    pub(super) fn enter(path: &Path) -> Result<Self, Error> {
        let name = folder(path)?.join("door.lock");
        let cannot = |e| unusable(path, &name, &e);
        let lock = File::options().create(true).append(true).open(&name).map_err(cannot)?;
        lock.lock().map_err(cannot)?;
        Ok(Self { _lock: lock })
    }
}

impl Holders {
    /// Joins the holders of the journal at `path`, and clears away those that died.
    pub(super) fn join(path: &Path) -> Result<Self, Error> {
        let folder = folder(path)?;
        let own = random().map_err(|what| failed(path, &what))?;
        let lock = lock(&folder, own).map_err(|e| unusable(path, &folder, &e))?;
        let holders = Self { folder, own, _lock: lock };
        holders.clear();
        Ok(holders)
    }

    pub(super) fn own(&self) -> i64 {
        self.own
    }

    /// Whether that holder's process still has the journal open. In doubt it has.
    pub(super) fn is_alive(&self, holder: i64) -> bool {
        holder == self.own || is_locked(&file(&self.folder, holder))
    }

    fn clear(&self) {
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path != file(&self.folder, self.own) && path.extension().is_none() {
                is_locked(&path);
            }
        }
    }
}

impl Drop for Holders {
    fn drop(&mut self) {
        // A file that stays behind is cleared away at the next opening.
        let _ = fs::remove_file(file(&self.folder, self.own));
    }
}

/// Whether somebody holds it; a file that nobody holds is removed.
fn is_locked(path: &Path) -> bool {
    let found = match File::open(path) {
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
fn lock(folder: &Path, own: i64) -> io::Result<File> {
    let name = file(folder, own);
    let unnamed = name.with_extension("new");
    let lock = File::create_new(&unnamed)?;
    lock.lock()?;
    fs::rename(unnamed, name)?;
    Ok(lock)
}

fn file(folder: &Path, holder: i64) -> PathBuf {
    folder.join(format!("{holder:016x}"))
}

fn random() -> Result<i64, String> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|e| format!("the operating system gives no randomness: {e}"))?;
    Ok(i64::from_ne_bytes(bytes) & i64::MAX)
}

/// Beside the journal; created where it is missing.
fn folder(path: &Path) -> Result<PathBuf, Error> {
    let mut folder = path.as_os_str().to_owned();
    folder.push("-holders");
    let folder = PathBuf::from(folder);
    create_folder(&folder).map_err(|e| unusable(path, &folder, &e))?;
    Ok(folder)
}

fn unusable(path: &Path, what: &Path, error: &io::Error) -> Error {
    failed(path, &format!("needs {}, which cannot be used: {error}", what.display()))
}

fn create_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
