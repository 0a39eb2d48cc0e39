//! Compiles the counters.

fn main() {
    println!("cargo::rerun-if-changed=src/coverage.c");
    cc::Build::new().file("src/coverage.c").opt_level(2).warnings(true).extra_warnings(true).compile("posa_coverage");
}
