//! Whether the files that are open are still the ones that others will find under their names.

use super::failed;
use super::place::beside;
use crate::error::Error;
use std::io;
use std::path::{Path, PathBuf};

/// The file, its log and the log's index, as they were when all three were open.
///
/// SQLite keeps to what it opened. When somebody removes or replaces one of them, or another program believes itself
/// the last and clears the log away, what is written from then on is nowhere to be found.
pub(super) struct SameFiles {
    path: PathBuf,
    #[cfg(unix)]
    opened: [(PathBuf, (u64, u64)); 3],
    #[cfg(unix)]
    name: Option<posa_sqlite_guard::Name>,
}

impl SameFiles {
    /// Call it once SQLite has read the file: it opens the log no earlier. Only a `guarded` file can be looked at quickly.
    pub(super) fn new(path: &Path, guarded: bool) -> io::Result<Self> {
        #[cfg(not(unix))]
        let _ = guarded;
        Ok(Self {
            path: path.to_owned(),
            #[cfg(unix)]
            opened: {
                let open = |ending| {
                    let name = beside(path, ending);
                    identity(&name).map(|identity| (name, identity))
                };
                [open("")?, open("-wal")?, open("-shm")?]
            },
            #[cfg(unix)]
            name: if guarded { posa_sqlite_guard::Name::new(path) } else { None },
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// # Errors
    /// One was removed or replaced: what is written would be lost with it.
    pub(super) fn check(&self) -> Result<(), Error> {
        #[cfg(unix)]
        for (name, opened) in &self.opened {
            self.same(name, *opened)?;
        }
        Ok(())
    }

    /// As [`check`](Self::check), for all but a log that was moved while the file was not.
    ///
    /// # Errors
    /// As for [`check`](Self::check).
    pub(super) fn check_quickly(&self) -> Result<(), Error> {
        #[cfg(unix)]
        if let Some(name) = &self.name {
            let (path, opened) = &self.opened[0];
            self.same(path, *opened)?;
            return if name.is_linked() { Ok(()) } else { self.check().and(Err(failed(&self.path, &moved(path)))) };
        }
        self.check()
    }

    #[cfg(unix)]
    fn same(&self, name: &Path, opened: (u64, u64)) -> Result<(), Error> {
        if identity(name).ok() == Some(opened) { Ok(()) } else { Err(failed(&self.path, &moved(name))) }
    }
}

#[cfg(unix)]
fn moved(name: &Path) -> String {
    format!(
        "was open while {} was removed or replaced; put the files back as they were, or restore a backup (posa journal \
         restore), and open it again",
        name.display()
    )
}

#[cfg(unix)]
fn identity(path: &Path) -> io::Result<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    let metadata = path.metadata()?;
    Ok((metadata.dev(), metadata.ino()))
}
