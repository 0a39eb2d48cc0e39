use std::io::Write;
use std::path::Path;
use std::process::Command;

const FOLDER: &str = "POSA_TEST_MOUNT";

/// Runs `body` on a file system of 4 MB that nobody else sees: the test runs itself again, alone, in a mount
/// namespace of its own. Where that cannot be had, CI fails; elsewhere one line says that it was not tested.
pub(crate) fn on_a_small_disk(test: &str, body: impl FnOnce(&Path)) {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return body(Path::new(&folder));
    }
    let folder = tempfile::tempdir().unwrap();
    let inside = |command: &str| {
        let script = format!("mount -t tmpfs -o size=4m posa \"${FOLDER}\" && exec {command}");
        let mut unshare = Command::new("unshare");
        unshare.args(["--map-root-user", "--mount", "sh", "-c", &script]).env(FOLDER, folder.path());
        unshare
    };
    match inside("true").output() {
        Ok(probe) if probe.status.success() => {}
        probe => {
            let why = probe.map_or_else(|e| e.to_string(), |p| String::from_utf8_lossy(&p.stderr).trim().to_owned());
            assert!(std::env::var_os("CI").is_none(), "{test}: no disk of its own can be had: {why}");
            // Past the harness, which would keep it to itself.
            let _ = writeln!(std::io::stderr(), "NOT TESTED: {test}: no disk of its own can be had: {why}");
            return;
        }
    }
    let program = std::env::current_exe().unwrap();
    let ran = inside("\"$0\" \"$@\"").arg(program).args([test, "--exact"]).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success() && said.contains("1 passed"), "on its small disk: {said}");
}
