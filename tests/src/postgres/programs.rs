use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of the server's own programs, and the user to run them as.
#[derive(Debug, Clone)]
pub(super) struct Programs {
    folder: PathBuf,
    user: Option<User>,
}

/// Whom root becomes: the server refuses root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct User {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

/// On the PATH, or where Debian puts them; the newest version first.
pub(super) fn find() -> Option<Programs> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut debian: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .map(|versions| versions.flatten().map(|version| version.path().join("bin")).collect())
        .unwrap_or_default();
    debian.sort_by_key(|folder| std::cmp::Reverse(version(folder)));
    // A link on the PATH leads to the folder where the others lie.
    let home = |folder: PathBuf| Some(folder.join("initdb").canonicalize().ok()?.parent()?.to_owned());
    let mut folders = std::env::split_paths(&path).chain(debian).filter_map(home);
    let folder = folders.find(|folder| ["pg_ctl", "psql"].iter().all(|name| folder.join(name).is_file()))?;
    Some(Programs { folder, user: unprivileged() })
}

/// PgBouncer's program, on the PATH or where Debian puts it.
pub(super) fn pgbouncer() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    folders.map(|folder| folder.join("pgbouncer")).find(|program| program.is_file())
}

impl Programs {
    pub(super) fn command(&self, name: &str) -> Command {
        self.run(Command::new(self.folder.join(name)))
    }

    /// Any program, as the server's user and in a folder that it may enter.
    pub(super) fn run(&self, mut command: Command) -> Command {
        if let Some(user) = self.user {
            command.uid(user.uid).gid(user.gid);
        }
        command.current_dir("/").env("LC_ALL", "C").env_remove("PGOPTIONS");
        command
    }

    /// Hands a file or folder to the server's user.
    pub(super) fn give(&self, path: &Path) {
        if let Some(user) = self.user {
            std::os::unix::fs::chown(path, Some(user.uid), Some(user.gid)).expect("root can give a file away");
        }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

fn version(bin: &Path) -> Option<u32> {
    bin.parent()?.file_name()?.to_str()?.parse().ok()
}

/// `None` if this process is not root.
fn unprivileged() -> Option<User> {
    let own = tempfile::tempdir().expect("a temporary folder can be made");
    if own.path().metadata().expect("it has just been made").uid() != 0 {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").expect("users are listed");
    let user = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut numbers = line.split(':').skip(2).map_while(|number| number.parse().ok());
        Some(User { uid: numbers.next()?, gid: numbers.next()? })
    };
    Some(user("postgres").or_else(|| user("nobody")).expect("a user named postgres or nobody"))
}
