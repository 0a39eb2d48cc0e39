use crate::Guard;
// Links the SQLite whose calls are replaced.
use libsqlite3_sys as _;
use std::ffi::{CString, c_char, c_int, c_void};
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};

unsafe extern "C" {
    fn posa_guard_file(path: *const c_char) -> c_int;
    fn posa_guard_linked(path: *const c_char) -> c_int;
    fn posa_guard_hold();
    fn posa_guard_release();
    fn posa_guard_keep(fd: c_int) -> c_int;
    fn posa_guard_forget(fd: c_int);
    fn posa_guard_map(fd: c_int, length: usize) -> *mut c_void;
    fn posa_guard_unmap(mapped: *mut c_void, length: usize);
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

/// The path in the form that C takes.
#[derive(Debug)]
pub(crate) struct Name(CString);

impl Name {
    pub(crate) fn new(path: &Path) -> Option<Self> {
        CString::new(path.as_os_str().as_bytes()).ok().map(Self)
    }

    pub(crate) fn is_linked(&self) -> bool {
        // SAFETY: the path ends in NUL and outlives the call.
        unsafe { posa_guard_linked(self.0.as_ptr()) == 1 }
    }
}

/// As long as this lives, no thread of this process forks.
struct Held;

impl Held {
    fn new() -> Self {
        // SAFETY: it takes a mutex, which the drop gives back in this very thread.
        unsafe { posa_guard_hold() };
        Self
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // SAFETY: this thread has the mutex.
        unsafe { posa_guard_release() };
    }
}

/// Opens a file that is kept before anybody can fork.
pub(crate) fn keep(open: impl FnOnce() -> io::Result<File>) -> io::Result<File> {
    let _held = Held::new();
    let file = open()?;
    // SAFETY: a number is passed, and forks are held. Without memory for one more it is inherited, as any file is.
    unsafe { posa_guard_keep(file.as_raw_fd()) };
    Ok(file)
}

pub(crate) fn forget(file: &File) {
    // SAFETY: a number is passed; one that is not known changes nothing.
    unsafe { posa_guard_forget(file.as_raw_fd()) };
}

/// The mapping, and the place in it.
#[derive(Debug)]
pub(crate) struct Number {
    mapped: *mut c_void,
    length: usize,
}

// SAFETY: the memory is written as an atomic number only, and lives as long as this does.
unsafe impl Send for Number {}
// SAFETY: as above.
unsafe impl Sync for Number {}

impl Number {
    pub(crate) fn at(file: &File, place: u64) -> std::io::Result<Self> {
        let length = usize::try_from(place).ok().and_then(|place| place.checked_add(8));
        let too_short = || std::io::Error::other("the file has no such place");
        let length = length.filter(|length| length % 8 == 0).ok_or_else(too_short)?;
        if file.metadata()?.len() < length as u64 {
            return Err(too_short());
        }
        // SAFETY: a descriptor that is open, and a length that the file has.
        let mapped = unsafe { posa_guard_map(file.as_raw_fd(), length) };
        if mapped.is_null() { Err(std::io::Error::last_os_error()) } else { Ok(Self { mapped, length }) }
    }

    pub(crate) fn set(&self, number: i64) {
        // SAFETY: the last eight bytes of the mapping, which begins at a page, so that they are aligned.
        let place = unsafe { &*self.mapped.cast::<u8>().add(self.length - 8).cast::<AtomicI64>() };
        place.store(number, Ordering::Relaxed);
    }
}

impl Drop for Number {
    fn drop(&mut self) {
        // SAFETY: mapped with this length, and not used any more.
        unsafe { posa_guard_unmap(self.mapped, self.length) };
    }
}
