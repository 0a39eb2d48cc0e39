//! Compiles the C of this crate beside the SQLite that is bundled.

fn main() {
    println!("cargo::rerun-if-changed=src/guard.c");
    let target = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    if !matches!(target.as_str(), "linux" | "android") {
        return;
    }
    let mut build = cc::Build::new();
    if let Some(include) = std::env::var_os("DEP_SQLITE3_INCLUDE") {
        build.include(include);
    }
    build.file("src/guard.c").warnings(true).extra_warnings(true).compile("posa_sqlite_guard");
}
