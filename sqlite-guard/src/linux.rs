use crate::Guard;
// Links the SQLite whose calls are replaced.
use libsqlite3_sys as _;
use std::ffi::{CString, c_char, c_int};
use std::fs::File;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

unsafe extern "C" {
    fn posa_guard_file(path: *const c_char) -> c_int;
    fn posa_guard_keep(fd: c_int) -> c_int;
    fn posa_guard_forget(fd: c_int);
}

pub(crate) fn file(path: &Path) -> Guard {
    let Ok(path) = CString::new(path.as_os_str().as_bytes()) else { return Guard::Unavailable };
    // SAFETY: the path ends in NUL and outlives the call, which keeps a copy.
    match unsafe { posa_guard_file(path.as_ptr()) } {
        0 => Guard::InForce,
        2 => Guard::ForkedUnseen,
        _ => Guard::Unavailable,
    }
}

pub(crate) fn keep(file: &File) {
    // SAFETY: a number is passed. Without memory for one more it is inherited, as any file is.
    unsafe { posa_guard_keep(file.as_raw_fd()) };
}

pub(crate) fn forget(file: &File) {
    // SAFETY: a number is passed; one that is not known changes nothing.
    unsafe { posa_guard_forget(file.as_raw_fd()) };
}
