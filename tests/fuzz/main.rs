//! Fuzz targets: one for each reader of what others wrote, and for each pair that has to agree. A target takes any bytes
//! and panics where a promise does not hold.
//!
//! `make fuzz` looks for such bytes, guided by the places of the code that they reach; `cargo test` tries a thousand
//! without guidance, the same each time, after all that is kept in `corpus`, one folder for each target.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod agree;
mod driver;
mod input;
mod leaks;
mod mutate;
mod targets;

macro_rules! targets {
    ($($name:ident),*) => {
        $(#[test]
        fn $name() {
            driver::fuzz(stringify!($name), targets::$name::run);
        })*

        #[test]
        fn each_folder_of_the_corpus_has_its_target() {
            let names = [$(stringify!($name)),*];
            assert_eq!(driver::corpora(), names);
        }
    };
}

targets!(
    amounts,
    answers,
    answers_written,
    cards,
    ids,
    inventory,
    names,
    questions,
    register,
    requests,
    requests_written,
    sales,
    signatures,
    signed,
    stores
);
