//! `docs/recovery.md` says what the code does, and nothing else.
#![allow(clippy::panic, clippy::unwrap_used)]

use posa_core::engine::Class;

#[test]
fn recovery_table_is_what_the_code_does() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/recovery.md");
    let text = std::fs::read_to_string(path).unwrap();
    let written: Vec<Vec<&str>> = text
        .lines()
        .skip_while(|line| !line.starts_with("| class |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    assert_eq!(written.len(), Class::ALL.len());
    for (row, class) in written.iter().zip(Class::ALL) {
        let yes = |flag| if flag { "yes" } else { "no" };
        let (kind, delivery) = class.ends_in();
        let code = [
            format!("{class:?}"),
            row[1].to_owned(),
            yes(class.retries()).to_owned(),
            yes(class.leaves_unknown()).to_owned(),
            yes(class.settles_earlier()).to_owned(),
            kind.name().to_owned(),
            format!("{delivery:?}"),
        ];
        assert_eq!(*row, code, "the row of {class:?}");
    }
}
