use crate::Guard;
use std::fs::File;
use std::path::Path;

pub(crate) fn file(_: &Path) -> Guard {
    Guard::Unavailable
}

pub(crate) fn keep(_: &File) {}

pub(crate) fn forget(_: &File) {}
