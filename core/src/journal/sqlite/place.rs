//! Where the file lies: on a disk of this machine, readable by its owner alone, and there after a loss of power.

use super::failed;
use crate::error::Error;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// Creates the file where it is missing; its full path, without links.
///
/// # Errors
/// Kind `Journal`: the path names no file, its folder is missing or cannot be written, or it lies on a network.
pub(super) fn prepare(path: &Path) -> Result<PathBuf, Error> {
    let folder = check(path)?;
    match create(path) {
        Ok(()) => sync_folder(folder).map_err(|e| failed(path, &format!("the folder cannot be synced: {e}")))?,
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
        Err(e) => return Err(failed(path, &format!("cannot be created: {e}"))),
    }
    path.canonicalize().map_err(|e| failed(path, &e.to_string()))
}

/// The file's folder, if a journal may be there.
///
/// # Errors
/// Kind `Journal`: the path names no file, its folder is missing, or it lies on a network.
pub(super) fn check(path: &Path) -> Result<&Path, Error> {
    if path.is_dir() {
        return Err(failed(path, "is a folder; name a file in it"));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        return Err(failed(path, &format!("the folder {} does not exist; create it", folder.display())));
    }
    if lies_on_a_network(folder).map_err(|e| failed(path, &e.to_string()))? {
        return Err(failed(
            path,
            "lies on a network file system, where locks do not hold; use a local disk, or PostgreSQL for many machines",
        ));
    }
    Ok(folder)
}

fn create(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.sync_all()
}

/// Makes the new file's name durable too.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn lies_on_a_network(folder: &Path) -> io::Result<bool> {
    // Each fits 32 bits, whatever the width of the field on this machine.
    Ok(is_network_type(rustix::fs::statfs(folder)?.f_type as u32))
}

/// NFS, SMB in its three numbers, 9P, AFS, Ceph, Lustre, GFS2 and OCFS2, as statfs(2) lists them.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn is_network_type(number: u32) -> bool {
    const NETWORK: [u32; 10] = [
        0x6969,
        0x517B,
        0xFF53_4D42,
        0xFE53_4D42,
        0x0102_1997,
        0x5346_414F,
        0x00C3_6400,
        0x0BD0_0BD0,
        0x0116_1970,
        0x7461_636F,
    ];
    NETWORK.contains(&number)
}

#[cfg(target_vendor = "apple")]
fn lies_on_a_network(folder: &Path) -> io::Result<bool> {
    const MNT_LOCAL: u32 = 0x1000;
    Ok(rustix::fs::statfs(folder)?.f_flags & MNT_LOCAL == 0)
}

/// A share by its name; a drive letter that stands for a share is not recognised.
#[cfg(windows)]
fn lies_on_a_network(folder: &Path) -> io::Result<bool> {
    use std::path::{Component, Prefix};
    let full = folder.canonicalize()?;
    Ok(matches!(full.components().next(), Some(Component::Prefix(prefix))
        if matches!(prefix.kind(), Prefix::UNC(..) | Prefix::VerbatimUNC(..))))
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple", windows)))]
fn lies_on_a_network(_: &Path) -> io::Result<bool> {
    Ok(false)
}

/// The file that was opened, to notice when another takes its name.
pub(super) struct SameFile {
    path: PathBuf,
    #[cfg(unix)]
    opened: (u64, u64),
}

impl SameFile {
    pub(super) fn new(path: &Path) -> io::Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            #[cfg(unix)]
            opened: identity(path)?,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// # Errors
    /// The file was removed or replaced: what is written would be lost with it.
    pub(super) fn check(&self) -> Result<(), Error> {
        #[cfg(unix)]
        if identity(&self.path).ok() != Some(self.opened) {
            return Err(failed(&self.path, "was removed or replaced while in use; put it back, then open it again"));
        }
        Ok(())
    }
}

#[cfg(unix)]
fn identity(path: &Path) -> io::Result<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    let metadata = path.metadata()?;
    Ok((metadata.dev(), metadata.ino()))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::is_network_type;

    #[test]
    fn network_file_systems_are_told_from_local_ones() {
        let (nfs, cifs, smb2) = (0x6969, 0xFF53_4D42, 0xFE53_4D42);
        assert!([nfs, cifs, smb2].into_iter().all(is_network_type));
        let (ext4, xfs, btrfs, tmpfs, overlay) = (0xEF53, 0x5846_5342, 0x9123_683E, 0x0102_1994, 0x794C_7630);
        assert!(![ext4, xfs, btrfs, tmpfs, overlay].into_iter().any(is_network_type));
    }
}
