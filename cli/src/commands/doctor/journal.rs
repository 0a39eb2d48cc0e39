use super::finding::Finding;
use crate::settings::{Settings, is_file};
use posa_core::ErrorKind;
use posa_core::journal::{Inspection, inspect};
use std::io::Write;
use std::path::Path;

const CHECK: &str = "journal";

/// Where sales are recorded, whether they can be, and whose record it is.
pub(super) async fn check(settings: &Settings) -> Vec<Finding> {
    let name = match settings.journal_name() {
        Ok(name) => name,
        Err(error) => return vec![Finding::failed(CHECK, error.message())],
    };
    if matches!(name.as_str(), "none" | "memory") {
        let what = format!("{name}: no sale is recorded beyond the process that makes it");
        return vec![Finding::warning(
            CHECK,
            what,
            "name a file or a database, unless you keep every request id yourself",
        )];
    }
    let mut findings = Vec::new();
    if is_file(&name) {
        findings.extend(place(Path::new(&name), settings.names_journal()));
        if findings.iter().any(|finding| finding.check == FOLDER) {
            return findings;
        }
    }
    match inspect(&name).await {
        Ok(found) => findings.extend(contents(settings, &name, &found)),
        Err(error) if error.kind() == ErrorKind::Journal && !is_file(&name) => {
            let remedy = "start PostgreSQL, correct the journal's URL, or let this user connect";
            findings.push(Finding::problem(CHECK, error.message(), remedy));
        }
        Err(error) => findings.push(Finding::failed(CHECK, error.message())),
    }
    findings
}

const FOLDER: &str = "folder";
const FILE: &str = "file";

/// What a sale and the files beside the journal take, and more: room that is less than this is none.
const ROOM: usize = 256 * 1024;

/// Whether the file, and what SQLite puts beside it, can be written by its owner and by nobody else. The folder of a
/// file that is `named` has to exist; the default one is made.
fn place(path: &Path, named: bool) -> Vec<Finding> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut existing = folder;
    while !existing.exists()
        && let Some(above) = existing.parent()
    {
        existing = if above.as_os_str().is_empty() { Path::new(".") } else { above };
    }
    // An unnamed file, gone as soon as it is closed: the only sure way to know.
    let unwritten = |error: std::io::Error, remedy| {
        vec![Finding::problem(FOLDER, format!("{} cannot be written: {error}", existing.display()), remedy)]
    };
    let mut unnamed = match tempfile::tempfile_in(existing) {
        Ok(file) => file,
        Err(error) => return unwritten(error, "let this user write it, or name another file with --journal"),
    };
    if let Err(error) = unnamed.write_all(&[0; ROOM]).and_then(|()| unnamed.sync_all()) {
        return unwritten(error, "make room on its disk, or name another file with --journal");
    }
    drop(unnamed);
    if existing != folder && named {
        let what = format!("{} does not exist", folder.display());
        return vec![Finding::problem(FOLDER, what, "create it, or name another file with --journal")];
    }
    if existing != folder {
        return vec![Finding::ok(
            FOLDER,
            format!("{} does not exist yet; the first sale creates it", folder.display()),
        )];
    }
    if !path.exists() {
        return Vec::new();
    }
    let mut findings = Vec::new();
    if let Err(error) = std::fs::OpenOptions::new().append(true).open(path) {
        let what = format!("{} cannot be written: {error}", path.display());
        findings.push(Finding::problem(FILE, what, "let this user write it"));
    }
    findings.extend(readers(path));
    findings
}

#[cfg(unix)]
fn readers(path: &Path) -> Option<Finding> {
    use std::os::unix::fs::PermissionsExt;
    let mode = path.metadata().ok()?.permissions().mode() & 0o777;
    let path = path.display();
    let what = format!("{path} has mode {mode:04o}, and holds full card numbers");
    (mode & 0o077 != 0).then(|| Finding::problem(FILE, what, format!("run: chmod 600 {path}")))
}

#[cfg(not(unix))]
fn readers(_: &Path) -> Option<Finding> {
    None
}

fn contents(settings: &Settings, name: &str, found: &Inspection) -> Vec<Finding> {
    let shown = if is_file(name) { name } else { "the PostgreSQL database" };
    if !found.exists {
        return vec![Finding::ok(CHECK, format!("{shown}: empty; the first sale creates it"))];
    }
    let owner = match (settings.partner_id(), settings.endpoint()) {
        (Ok(partner), Ok(endpoint)) => match found.check(&partner, &endpoint) {
            Ok(()) if found.bound.is_none() => {
                let remedy = "if sales were made, restore a backup, or name the file that has them: --journal FILE";
                Finding::warning(CHECK, format!("{shown}: empty; no sale was ever recorded in it"), remedy)
            }
            Ok(()) => Finding::ok(CHECK, format!("{shown}: of this partner and gateway")),
            Err(error) => Finding::failed(CHECK, error.message()),
        },
        _ => Finding::not_checked(CHECK, format!("{shown}: whether it is of this partner and gateway")),
    };
    if let Some(first) = found.damage.first() {
        let what = format!("{} entries are not as they were written: {first}", found.damage.len());
        let remedy = "list them with: posa journal check; keep the file, and restore a backup: posa journal restore";
        return vec![owner, Finding::problem("entries", what, remedy)];
    }
    if found.bound.is_some() && found.sales == 0 {
        let remedy = "if sales were made, restore a backup: posa journal restore";
        return vec![owner, Finding::warning("entries", "there is no sale in it", remedy)];
    }
    let entries = Finding::ok("entries", format!("{} sales, each as it was written", found.sales));
    let open = match found.open {
        0 => Finding::ok("open sales", "every sale has its outcome"),
        count => {
            let what = format!("{count} without an outcome");
            Finding::warning("open sales", what, "settle them: posa recover (posa transactions --open lists them)")
        }
    };
    vec![owner, entries, open]
}
