//! Locks of the bundled SQLite that other copies of SQLite in the process cannot cancel, and that no forked child has.
//!
//! `guard.c` says how; this is its door for Rust. It has effect on Linux and Android. Elsewhere a file is not guarded:
//! Apple's systems have one SQLite for all, and Windows' locks belong to a handle anyway.

#[cfg(any(target_os = "linux", target_os = "android"))]
mod linux;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod other;

#[cfg(any(target_os = "linux", target_os = "android"))]
use linux as system;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
use other as system;

use std::fs::File;
use std::ops::Deref;
use std::path::Path;

/// Whether a file is guarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// Its locks hold against other copies of SQLite in this process, and no forked child has them.
    InForce,
    /// This system has no such locks: they are SQLite's ordinary ones.
    Unavailable,
    /// This process was made by other means than `fork`, so that nothing was put in order in it: SQLite cannot be used.
    ForkedUnseen,
}

/// Guards the file of that full path, without links, and what SQLite puts beside it, from its next opening on. The file
/// has to exist.
pub fn file(path: &Path) -> Guard {
    system::file(path)
}

/// A guarded file's name, for a quick look whether what is open under it still has a name at all.
#[derive(Debug)]
pub struct Name(system::Name);

impl Name {
    /// Of the file of that full path; `None` where no file is guarded.
    pub fn new(path: &Path) -> Option<Self> {
        system::Name::new(path).map(Self)
    }

    /// Whether none of the files that SQLite has open for it was removed or replaced.
    pub fn is_linked(&self) -> bool {
        self.0.is_linked()
    }
}

/// A number in a file, which costs no call of the system to write. The system writes it back in its own time, and at once
/// for others who read the file.
#[derive(Debug)]
pub struct Number(system::Number);

impl Number {
    /// The number at this place, a multiple of 8, of a file that is longer. It has the machine's byte order.
    ///
    /// # Errors
    /// The file cannot be mapped, or written.
    pub fn at(file: &File, place: u64) -> std::io::Result<Self> {
        system::Number::at(file, place).map(Self)
    }

    /// Writes it.
    pub fn set(&self, number: i64) {
        self.0.set(number);
    }
}

/// A file whose descriptor, and so whose lock, no forked child has.
#[derive(Debug)]
pub struct Kept(File);

impl Kept {
    /// Opens a file and keeps it to this process: nobody forks in between. What opens it does nothing else.
    ///
    /// # Errors
    /// As opening it.
    pub fn open(open: impl FnOnce() -> std::io::Result<File>) -> std::io::Result<Self> {
        system::keep(open).map(Self)
    }
}

impl Deref for Kept {
    type Target = File;

    fn deref(&self) -> &File {
        &self.0
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        // A child that is forked before the file is closed has it, and would have the lock.
        let _ = self.0.unlock();
        system::forget(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::Number;
    use std::fs::{File, read, remove_file, write};

    #[test]
    fn a_number_is_in_the_file_at_once() {
        let path = std::env::temp_dir().join(format!("posa-number-{}", std::process::id()));
        write(&path, [0; 24]).expect("a file");
        let file = File::options().read(true).write(true).open(&path).expect("the file");
        let number = Number::at(&file, 16).expect("a number");
        number.set(-7);
        assert_eq!(read(&path).expect("the file")[16..], (-7_i64).to_ne_bytes());
        assert!(Number::at(&file, 24).is_err(), "past the end");
        drop(number);
        remove_file(&path).expect("the file");
    }
}
