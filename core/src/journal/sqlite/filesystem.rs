//! What the file system can be trusted with: locks that hold between processes, and memory that they share.

use std::io;
use std::path::Path;

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple", windows))]
const NETWORK: &str =
    "lies on a network file system, where locks do not hold; use a local disk, or PostgreSQL for many machines";
#[cfg(any(target_os = "linux", target_os = "android"))]
const SHARED: &str = "lies on a file system of another program (FUSE), such as a folder that a container shares with its \
     host, where locks and shared memory may not hold; use a volume of the container, or a local disk";

/// Why no journal may lie there, if so.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn unfit(place: &Path) -> io::Result<Option<&'static str>> {
    // Each fits 32 bits, whatever the width of the field on this machine.
    Ok(of_type(rustix::fs::statfs(place)?.f_type as u32))
}

/// NFS, SMB in its three numbers, 9P, AFS, Ceph, Lustre, GFS2 and OCFS2, as statfs(2) lists them; FUSE and the shared
/// folders of virtual machines.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn of_type(number: u32) -> Option<&'static str> {
    match number {
        0x6969 | 0x517B | 0xFF53_4D42 | 0xFE53_4D42 | 0x0102_1997 | 0x5346_414F | 0x00C3_6400 | 0x0BD0_0BD0
        | 0x0116_1970 | 0x7461_636F => Some(NETWORK),
        0x6573_5546 | 0x786F_4256 => Some(SHARED),
        _ => None,
    }
}

#[cfg(target_vendor = "apple")]
pub(super) fn unfit(place: &Path) -> io::Result<Option<&'static str>> {
    const MNT_LOCAL: u32 = 0x1000;
    Ok((rustix::fs::statfs(place)?.f_flags & MNT_LOCAL == 0).then_some(NETWORK))
}

/// A share by its name; a drive letter that stands for a share is not recognised.
#[cfg(windows)]
pub(super) fn unfit(place: &Path) -> io::Result<Option<&'static str>> {
    use std::path::{Component, Prefix};
    let full = place.canonicalize()?;
    let shared = matches!(full.components().next(), Some(Component::Prefix(prefix))
        if matches!(prefix.kind(), Prefix::UNC(..) | Prefix::VerbatimUNC(..)));
    Ok(shared.then_some(NETWORK))
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple", windows)))]
pub(super) fn unfit(_: &Path) -> io::Result<Option<&'static str>> {
    Ok(None)
}

/// Whether the file itself, and not its folder, is a mount: a container that is given the file alone.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn is_mounted_singly(path: &Path) -> bool {
    let Ok(mounts) = std::fs::read_to_string("/proc/self/mountinfo") else { return false };
    let Ok(full) = path.canonicalize() else { return false };
    full.to_str().is_some_and(|full| mount_points(&mounts).any(|point| point == full))
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) fn is_mounted_singly(_: &Path) -> bool {
    false
}

/// The fifth column; a space and the like in it are written as octal numbers.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn mount_points(mounts: &str) -> impl Iterator<Item = String> {
    mounts.lines().filter_map(|line| line.split(' ').nth(4)).map(|point| {
        let octal = [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")];
        octal.iter().fold(point.to_owned(), |point, (code, character)| point.replace(code, character))
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::{NETWORK, SHARED, mount_points, of_type};

    #[test]
    fn a_journal_may_lie_on_local_file_systems_alone() {
        let (nfs, cifs, smb2, nine_p) = (0x6969, 0xFF53_4D42, 0xFE53_4D42, 0x0102_1997);
        assert!([nfs, cifs, smb2, nine_p].into_iter().all(|number| of_type(number) == Some(NETWORK)));
        let (fuse, vbox) = (0x6573_5546, 0x786F_4256);
        assert!([fuse, vbox].into_iter().all(|number| of_type(number) == Some(SHARED)));
        let (ext4, xfs, btrfs, tmpfs, overlay) = (0xEF53, 0x5846_5342, 0x9123_683E, 0x0102_1994, 0x794C_7630);
        assert!([ext4, xfs, btrfs, tmpfs, overlay].into_iter().all(|number| of_type(number).is_none()));
    }

    #[test]
    fn a_file_that_is_mounted_by_itself_is_found_among_the_mounts() {
        let mounts = "22 1 0:21 / / rw - ext4 /dev/a rw\n\
                      99 22 8:1 /srv/posa.db /data/till\\0403/posa.db rw,relatime - ext4 /dev/b rw\n";
        assert_eq!(mount_points(mounts).collect::<Vec<_>>(), ["/", "/data/till 3/posa.db"]);
    }
}
