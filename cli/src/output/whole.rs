use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tempfile::{NamedTempFile, TempPath};

/// A file that takes its name once it is whole and on the disk; one that was there stays as it was until then.
pub(crate) struct Whole {
    file: File,
    place: Place,
}

enum Place {
    Beside(TempPath, PathBuf),
    /// A device or a pipe, which keeps its name.
    There,
}

impl Whole {
    /// # Errors
    /// The folder is missing or cannot be written, or `path` is a folder.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        // Through a link, which stays one.
        let path = &path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if path.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        if path.metadata().is_ok_and(|there| !there.is_file()) {
            return Ok(Self { file: OpenOptions::new().write(true).open(path)?, place: Place::There });
        }
        let (file, beside) = NamedTempFile::new_in(folder(path))?.into_parts();
        Ok(Self { file, place: Place::Beside(beside, path.clone()) })
    }

    /// Gives it its name.
    ///
    /// # Errors
    /// It is not surely on the disk; what was there before stays.
    pub(crate) fn finish(self) -> io::Result<()> {
        match self.place {
            Place::There => Ok(()),
            Place::Beside(beside, path) => {
                self.file.sync_all()?;
                beside.persist(&path)?;
                sync_folder(folder(&path))
            }
        }
    }
}

impl Write for Whole {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// So that the name lasts as the content does.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
