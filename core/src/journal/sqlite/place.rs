//! Where the file lies: on a disk of this machine, readable by its owner alone, and there after a loss of power.

use super::failed;
use super::filesystem;
use crate::error::Error;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// What lies beside the file, by the ending of its name.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// The file's full path, without links; it is created where it is missing. Also whether it was.
///
/// # Errors
/// Kind `Journal`: the path names no file, its folder is missing or cannot be written, or it lies where locks or a log
/// beside it do not hold.
pub(super) fn prepare(path: &Path) -> Result<(PathBuf, bool), Error> {
    let folder = check(path)?;
    let created = match create(path) {
        Ok(()) => {
            sync_folder(folder).map_err(|e| failed(path, &format!("the folder cannot be synced: {e}")))?;
            true
        }
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => false,
        Err(e) => return Err(failed(path, &format!("cannot be created: {e}"))),
    };
    let full = path.canonicalize().map_err(|e| failed(path, &e.to_string()))?;
    Ok((full, created))
}

/// The file's folder, if a journal may be there.
///
/// # Errors
/// As for [`prepare`]; a file that is missing is none.
pub(super) fn check(path: &Path) -> Result<&Path, Error> {
    if path.is_dir() {
        return Err(failed(path, "is a folder; name a file in it"));
    }
    let folder = folder(path);
    if !folder.is_dir() {
        return Err(failed(path, &format!("the folder {} does not exist; create it", folder.display())));
    }
    let exists = path.exists();
    let places = [Some(folder), exists.then_some(path)];
    for place in places.into_iter().flatten() {
        if let Some(what) = filesystem::unfit(place).map_err(|e| failed(path, &e.to_string()))? {
            return Err(failed(path, what));
        }
    }
    if exists && has_another_name(path) {
        let what = "has a second name (a hard link), under which it would have another log: remove that name, or copy \
                    the file in its place";
        return Err(failed(path, what));
    }
    if exists && filesystem::is_mounted_singly(path) {
        let what = "is mounted by itself, and the log beside it would stay where the mount is made: mount its folder";
        return Err(failed(path, what));
    }
    Ok(folder)
}

#[cfg(unix)]
fn has_another_name(path: &Path) -> bool {
    path.metadata().is_ok_and(|file| std::os::unix::fs::MetadataExt::nlink(&file) > 1)
}

#[cfg(not(unix))]
fn has_another_name(_: &Path) -> bool {
    false
}

/// The folder that a path names its file in.
pub(super) fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

pub(super) fn create(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.sync_all()
}

/// Makes a new file's name durable too.
#[cfg(unix)]
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
pub(super) fn sync_folder(_: &Path) -> io::Result<()> {
    let _ = File::open;
    Ok(())
}
