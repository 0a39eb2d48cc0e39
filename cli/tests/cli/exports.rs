//! What is written is whole, or the exit code says that it is not.

use crate::journal::movements;
use crate::support::{Gateway, Ran, write};
use std::fs::OpenOptions;
use std::io::pipe;
use std::process::Stdio;

/// A disk without room.
fn full() -> Stdio {
    OpenOptions::new().write(true).open("/dev/full").unwrap().into()
}

/// Nobody reads it.
fn closed() -> Stdio {
    let (reader, writer) = pipe().unwrap();
    drop(reader);
    writer.into()
}

fn told_to(gateway: &Gateway, arguments: &[&str], out: Stdio) -> Ran {
    let child = gateway.posa(arguments).stdout(out).stderr(Stdio::piped()).spawn().unwrap();
    Ran::from(child.wait_with_output().unwrap())
}

const LISTS: [&[&str]; 4] =
    [&["transactions", "--csv"], &["transactions", "--json"], &["reconcile", "--csv"], &["reconcile", "--json"]];

#[test]
fn an_export_to_a_full_disk_or_to_nobody_is_an_error() {
    let gateway = Gateway::start(&[]);
    gateway.run(&["activate", &gateway.card(0), "25.00", "USD"]).expect_code(0);
    for list in LISTS {
        gateway.run(list).expect_code(0);
        for out in [full(), closed()] {
            let ran = told_to(&gateway, list, out).expect_code(5);
            assert!(ran.err.contains("untold") && ran.err.contains("could not be written"), "{list:?}: {ran:?}");
        }
    }
}

#[test]
fn a_list_for_a_person_may_be_left_but_not_cut_by_a_full_disk() {
    let gateway = Gateway::start(&[]);
    gateway.run(&["activate", &gateway.card(0), "25.00", "USD"]).expect_code(0);
    for list in [&["transactions"][..], &["reconcile"], &["show", &gateway.card(0)]] {
        told_to(&gateway, list, closed()).expect_code(0);
        told_to(&gateway, list, full()).expect_code(5);
    }
}

#[test]
fn a_receipt_that_cannot_be_told_is_no_success_and_the_sale_stands() {
    let gateway = Gateway::start(&[]);
    let sell = |card: usize, out| told_to(&gateway, &["activate", &gateway.card(card), "25.00", "USD", "--json"], out);
    sell(0, full()).expect_code(5);
    sell(1, closed()).expect_code(5);
    assert_eq!(movements(&gateway), ["charge", "charge"]);
    let listed = gateway.run(&["transactions", "--json"]).expect_code(0).json();
    assert_eq!(listed["transactions"].as_array().unwrap().len(), 2);
}

#[test]
fn a_file_that_cannot_be_written_is_an_error_and_a_device_stays_one() {
    use std::os::unix::fs::FileTypeExt;
    let gateway = Gateway::start(&["--throttle", "off"]);
    let text = format!("card_number,amount,currency\n{},10.00,USD\n", gateway.card(0));
    let sales = write(gateway.directory.path(), "sales.csv", &text);
    let ran = gateway.run(&["batch", &sales, "--out", "/dev/full", "--json"]).expect_code(3);
    assert!(ran.json()["message"].as_str().unwrap().contains("/dev/full cannot be written"), "{ran:?}");
    let stores = write(gateway.directory.path(), "stores.csv", "institutionName,sourceId\nCorner Shop,7\n");
    gateway.run(&["batch", &sales, "--out", "/dev/null"]).expect_code(0);
    let located = Ran::from(crate::support::posa(&["locations", &stores, "--out", "/dev/full"]).output().unwrap());
    assert_ne!(located.code, 0, "{located:?}");
    for device in ["/dev/full", "/dev/null"] {
        assert!(std::fs::metadata(device).unwrap().file_type().is_char_device(), "{device} was replaced");
    }
}

#[test]
fn a_link_stays_and_what_it_names_is_replaced_once_the_new_is_whole() {
    let gateway = Gateway::start(&["--throttle", "off"]);
    let folder = gateway.directory.path();
    let kept = write(folder, "kept.csv", "the last run's\n");
    let link = folder.join("link.csv");
    std::os::unix::fs::symlink(&kept, &link).unwrap();
    let sales = |text: &str| write(folder, "sales.csv", &format!("card_number,amount,currency\n{text}"));
    let out = ["--out", link.to_str().unwrap()];
    let unreadable = sales("");
    std::fs::write(&unreadable, "card_number\n").unwrap();
    gateway.run(&[&["batch", &unreadable][..], &out].concat()).expect_code(2);
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), "the last run's\n");
    let good = sales(&format!("{},10.00,USD\n", gateway.card(0)));
    gateway.run(&[&["batch", &good][..], &out].concat()).expect_code(0);
    assert!(link.is_symlink());
    assert!(std::fs::read_to_string(&kept).unwrap().starts_with("line,request_id"));
}
