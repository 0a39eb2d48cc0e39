//! docs/errors.md holds what the code and the vectors say. `make docs` writes it anew.

#![allow(clippy::panic, clippy::unwrap_used)]

use posa_core::ErrorKind;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn the_page_on_errors_is_what_the_code_does() {
    let page = repository("docs/errors.md");
    let text = fs::read_to_string(&page).unwrap();
    let made = between(&between(&text, "kinds", &kinds()), "answers", &answers());
    if std::env::var_os("POSA_WRITE_DOCS").is_some() {
        fs::write(page, made).unwrap();
    } else {
        assert!(text == made, "docs/errors.md is not what the code says; run `make docs`, and read what it changed");
    }
}

/// Each kind with its class in each language.
fn kinds() -> String {
    let python = classes("bindings-python/python/posa/_errors.py", "class ", "kind = ");
    let node = classes("bindings-node/lib/errors.ts", "export class ", "readonly code = ");
    let swift = cases("bindings-swift/Sources/Posa/PosaError.swift");
    let mut table = "| kind | Python | Node | Swift | what it means, what to do |
|---|---|---|---|---|
"
    .to_owned();
    for kind in ErrorKind::ALL {
        let (name, meaning) = (kind.name(), meaning(kind));
        let [python, node, swift] = [&python[name], &node[name], &swift[name]];
        writeln!(table, "| `{name}` | `{python}` | `{node}` | `{swift}` | {meaning} |").unwrap();
    }
    table
}

/// The sentence at the kind's definition.
fn meaning(kind: ErrorKind) -> String {
    let source = include_str!("../../core/src/error.rs");
    let definition = format!("    {kind:?},");
    let above = source.split_once("pub enum ErrorKind {").unwrap().1.split(&definition).next().unwrap();
    let mut sentence: Vec<_> = above.lines().rev().map_while(|line| line.trim().strip_prefix("/// ")).collect();
    sentence.reverse();
    sentence.join(" ").replace("[`Error::field`]", "the field")
}

/// The classes of a language by the kind that each names after its own first line.
fn classes(file: &str, class: &str, kind: &str) -> BTreeMap<String, String> {
    let text = fs::read_to_string(repository(file)).unwrap();
    let mut current = "";
    let mut found = BTreeMap::new();
    for line in text.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix(class) {
            current = rest.split(|c: char| !c.is_alphanumeric()).next().unwrap();
        } else if let Some(name) = line.strip_prefix(kind) {
            found.insert(name.trim_matches(|c: char| !c.is_alphanumeric()).to_owned(), current.to_owned());
        }
    }
    // Node has one more, for its signals.
    found.retain(|name, _| ErrorKind::ALL.iter().any(|kind| kind.name() == name));
    assert_eq!(found.len(), ErrorKind::ALL.len(), "{file}: {found:?}");
    found
}

/// Swift's cases by the kind that each has as its name: `case .invalidInput: "INVALID_INPUT"`.
fn cases(file: &str) -> BTreeMap<String, String> {
    let text = fs::read_to_string(repository(file)).unwrap();
    let arms = text.lines().filter_map(|line| line.trim().strip_prefix("case .")?.split_once(": \""));
    let found: BTreeMap<_, _> = arms.map(|(case, name)| (name.trim_matches('"').into(), format!(".{case}"))).collect();
    assert_eq!(found.len(), ErrorKind::ALL.len(), "{file}: {found:?}");
    found
}

#[derive(Deserialize)]
struct Vectors {
    errors: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    code: Option<String>,
    error_type: Option<String>,
    kind: String,
}

/// What ends in which kind, by the vectors that every language runs.
fn answers() -> String {
    let vectors: Vectors = posa_tests::vectors("errors");
    let mut kinds: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for Row { code, error_type, kind } in vectors.errors {
        // Such as a type that is not known yet, which only shows that its class decides.
        let Some(name) = error_type.filter(|name| name != "SomethingNew") else { continue };
        let names = kinds.entry((code.unwrap_or_else(|| "none".into()), kind)).or_default();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let mut table = "| class | error types | kind |\n|---|---|---|\n".to_owned();
    for ((code, kind), names) in kinds {
        writeln!(table, "| {code} | {} | `{kind}` |", names.join(", ")).unwrap();
    }
    table
}

/// The page with `made` in the place that is marked so.
fn between(page: &str, mark: &str, made: &str) -> String {
    let begin = format!("<!-- {mark}: made by `make docs` -->\n");
    let (before, rest) = page.split_once(&begin).unwrap_or_else(|| panic!("docs/errors.md has no mark {begin:?}"));
    let (_, after) = rest.split_once("<!-- end -->").unwrap();
    format!("{before}{begin}\n{made}\n<!-- end -->{after}")
}

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}
