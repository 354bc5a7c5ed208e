//! Sets aside what tests of operators expect of a cluster: partial objects that nobody deploys.
//!
//! kuttl and Chainsaw name such files `01-assert.yaml` or `assert.yaml`. A name alone proves nothing: beside them stand
//! the numbered steps of the test, or the test itself.

use std::collections::BTreeSet;

use crate::artifact::{DocumentState, Reading, Skip, is_assertion};
use crate::repository::set_aside;
use crate::source::{SourceFile, folder};

/// The file that describes a Chainsaw test.
const TESTS: [&str; 2] = ["chainsaw-test.yaml", "chainsaw-test.yml"];

pub(super) fn apply(files: &[SourceFile], readings: &mut [Reading]) {
    let name = |file: &SourceFile| file.path.rsplit('/').next().unwrap_or("").to_owned();
    let is_of_test = |file: &SourceFile| {
        let name = name(file);
        TESTS.contains(&name.as_str()) || is_step(&name) && !is_assertion(&name)
    };
    let folders: BTreeSet<&str> = files
        .iter()
        .filter(|file| is_of_test(file))
        .map(|file| folder(&file.path))
        .collect();
    for (file, reading) in files.iter().zip(readings) {
        if is_assertion(&name(file)) && folders.contains(folder(&file.path)) {
            set_aside(reading, DocumentState::Skipped(Skip::Assertion));
        }
    }
}

/// Whether a file's name starts with a number and a hyphen, as steps of a kuttl test do.
pub(super) fn is_step(name: &str) -> bool {
    let rest = name.trim_start_matches(|c: char| c.is_ascii_digit());
    rest.len() < name.len() && rest.starts_with('-')
}
