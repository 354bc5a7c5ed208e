//! Any text as each kind of list of packages, as the other files of Erlang, as a runbook and as programs: nothing panics.

#![no_main]

use libfuzzer_sys::fuzz_target;
use spanguard::artifact;
use spanguard::source::{FileId, SourceFile};

const NAMES: [&str; 17] = [
    "cart.py",
    "cart.erl",
    "runbook.md",
    "pom.xml",
    "build.gradle",
    "libs.versions.toml",
    "requirements.txt",
    "pyproject.toml",
    "Pipfile",
    "package.json",
    "rebar.config",
    "cart.app.src",
    "sys.config",
    "mix.exs",
    "go.mod",
    "a.csproj",
    "Directory.Packages.props",
];

fuzz_target!(|text: &str| {
    for name in NAMES {
        let _reading = artifact::read(&SourceFile::new(FileId(0), name, text));
    }
});
