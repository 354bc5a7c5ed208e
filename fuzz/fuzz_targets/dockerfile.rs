//! Any text as `Dockerfile`, read and joined: nothing panics.

#![no_main]

use libfuzzer_sys::fuzz_target;
use spanguard::repository::Repository;
use spanguard::source::{FileId, SourceFile};

fuzz_target!(|text: &str| {
    let file = SourceFile::new(FileId(0), "Dockerfile", text);
    let _repository = Repository::build(vec![file]);
});
