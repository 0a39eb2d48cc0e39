//! The commands on the pages run as they stand, beside a sandbox whose ready file is `ready.json`.

use crate::support::{Gateway, posa};
use std::fs;
use std::path::{Path, PathBuf};

/// What the tests of the packages run, and CI itself.
const ELSEWHERE: [&str; 6] = ["make", "pip", "npm", "npx", "swift", "cd"];

#[test]
fn every_command_of_the_pages_works() {
    let mut ran = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        let scripts: Vec<_> = blocks(&text).filter_map(script).collect();
        if !scripts.is_empty() {
            run(&page, &scripts.concat());
            ran += scripts.len();
        }
    }
    assert!(ran >= 4, "{ran} blocks of commands");
}

fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut pages: Vec<_> = fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    pages.push(root.join("README.md"));
    pages
}

fn blocks(text: &str) -> impl Iterator<Item = &str> {
    text.split("```console\n").skip(1).map(|rest| rest.split("```").next().unwrap())
}

/// A block as a shell takes it; `None` if it is run elsewhere, or starts the sandbox, which is there.
fn script(block: &str) -> Option<String> {
    let script = block.replace("cargo run -p posa-cli -- ", "posa ");
    let mut commands =
        script.lines().filter_map(|line| line.strip_prefix("$ ")).filter_map(|line| line.split(' ').next());
    if commands.any(|command| ELSEWHERE.contains(&command)) {
        return None;
    }
    let lines = script.lines().filter(|line| !line.starts_with("$ posa sandbox "));
    Some(lines.map(|line| format!("{}\n", line.strip_prefix("$ ").unwrap_or(line))).collect())
}

fn run(page: &Path, script: &str) {
    let gateway = Gateway::start(&[]);
    let folder = gateway.directory.path();
    let program = Path::new(env!("CARGO_BIN_EXE_posa")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let mut shell = std::process::Command::new("sh");
    for (name, value) in posa(&[]).get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    let script = script.replace("http://127.0.0.1:8989", gateway.ready["url"].as_str().unwrap());
    shell.args(["-euc", &script]).current_dir(folder).env("PATH", path).env("XDG_DATA_HOME", folder);
    let output = shell.output().unwrap();
    let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(output.status.success(), "{}: {}\n{out}\n{err}", page.display(), output.status);
    // curl calls a refusal a success.
    assert!(!script.contains("curl ") || out.contains(r#""status":"SUCCESS""#), "{}: {out}", page.display());
}
