//! `docs/sandbox.md` names the faults that there are, and nothing else.
#![allow(clippy::unwrap_used)]

use posa_sandbox::{FAULTS, Fault};

fn guide() -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/sandbox.md");
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn the_guide_names_every_fault_as_the_page_does() {
    let text = guide();
    let lines = text.lines().skip_while(|line| !line.starts_with("| fault |")).skip(2);
    let rows: Vec<Vec<&str>> = lines
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    assert_eq!(rows.len(), FAULTS.len());
    for (row, fault) in rows.iter().zip(FAULTS) {
        let takes = fault.takes.map(|member| format!("`{member}`")).unwrap_or_default();
        assert_eq!(row[..4], [&format!("`{}`", fault.name), fault.title, fault.meaning, &takes]);
        let example: Fault = row[4].trim_matches('`').parse().unwrap();
        assert_eq!(example.kind.name(), fault.name);
        assert!(fault.takes.is_none_or(|member| row[4].contains(member)), "{}", row[4]);
    }
}

#[test]
fn the_ways_to_switch_a_fault_on_work_as_they_are_written() {
    let text = guide();
    let after = |before: &str| text.split_once(before).unwrap().1.split('\'').next().unwrap().to_owned();
    for json in [after("_sandbox/faults -d '"), after("--fault drop_after_commit --fault '")] {
        json.parse::<Fault>().unwrap();
    }
}
