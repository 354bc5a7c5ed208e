//! Any text as each kind of file that builds images: nothing panics.

#![no_main]

use libfuzzer_sys::fuzz_target;
use spanguard::artifact;
use spanguard::source::{FileId, SourceFile};

const NAMES: [&str; 6] = [
    "compose.yaml",
    "skaffold.yaml",
    "docker-bake.hcl",
    "docker-bake.json",
    ".github/workflows/build.yml",
    ".gitlab-ci.yml",
];

fuzz_target!(|text: &str| {
    for name in NAMES {
        let _reading = artifact::read(&SourceFile::new(FileId(0), name, text));
    }
    // A script of a pipeline.
    let script: String = text.lines().map(|line| format!("    {line}\n")).collect();
    let job = format!("build:\n  script: |\n{script}");
    let _reading = artifact::read(&SourceFile::new(FileId(0), ".gitlab-ci.yml", job));
});
