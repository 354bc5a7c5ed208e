//! Each room uses lower floors only, and each foreign crate has one room.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Rooms by floor, as ARCHITECTURE.md draws them.
const FLOORS: [(&str, u8); 13] = [
    ("cli", 7),
    ("engine", 5),
    ("policy", 4),
    ("repository", 3),
    ("config", 3),
    ("picture", 2),
    ("discover", 3),
    ("output", 3),
    ("artifact", 2),
    ("expr", 2),
    ("finding", 2),
    ("document", 1),
    ("source", 0),
];

/// Crates that one place alone may name.
const OWNERS: [(&str, &str); 8] = [
    ("cel::", "src/expr/"),
    ("granit_parser", "src/document/yaml/"),
    ("miette", "src/output/terminal.rs"),
    ("clap", "src/cli/"),
    ("parse_dockerfile", "src/artifact/dockerfile/"),
    ("roxmltree", "src/artifact/dependencies/"),
    ("toml::", "src/artifact/dependencies/"),
    ("ignore::", "src/discover/"),
];

fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    collect(&root, &mut found);
    found
}

fn collect(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let relative = path
                .strip_prefix(env!("CARGO_MANIFEST_DIR"))
                .unwrap()
                .to_owned();
            found.push((relative, text));
        }
    }
}

/// The lines that are code outside tests.
fn code(text: &str) -> impl Iterator<Item = &str> {
    let end = text.find("#[cfg(test)]").unwrap_or(text.len());
    text.get(..end)
        .unwrap_or("")
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
}

#[test]
fn rooms_use_lower_floors_only() {
    let floors: BTreeMap<&str, u8> = FLOORS.into_iter().collect();
    for (path, text) in sources() {
        if path.ends_with("tests.rs") {
            continue;
        }
        let Some(room) = path
            .components()
            .nth(1)
            .and_then(|part| part.as_os_str().to_str())
        else {
            continue;
        };
        let Some(own) = floors.get(room) else {
            continue;
        };
        for line in code(&text) {
            for used in line.split("crate::").skip(1) {
                let used: String = used
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect();
                let Some(floor) = floors.get(used.as_str()) else {
                    continue;
                };
                assert!(
                    used == room || floor < own,
                    "{}: {room} uses {used}",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn every_room_has_a_floor() {
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap() {
        let entry = entry.unwrap();
        if entry.path().is_dir() {
            let name = entry.file_name().into_string().unwrap();
            assert!(FLOORS.iter().any(|(room, _)| *room == name), "{name}");
        }
    }
}

#[test]
fn each_foreign_crate_has_one_room() {
    for (path, text) in sources() {
        let path = path.to_str().unwrap().replace('\\', "/");
        for line in code(&text) {
            for (name, owner) in OWNERS {
                let names_it =
                    line.contains(&format!("use {name}")) || line.contains(&format!(" {name}::"));
                assert!(
                    !names_it || path.starts_with(owner),
                    "{path} names {name}: {line}"
                );
            }
        }
    }
}

#[test]
fn files_stay_readable() {
    for (path, text) in sources() {
        let lines = text.lines().count();
        let is_table = path.ends_with("schema.rs") || path.ends_with("expr/compile.rs");
        assert!(
            lines <= 560 || is_table,
            "{} has {lines} lines",
            path.display()
        );
        assert!(
            text.starts_with("//!"),
            "{} does not say what it is for",
            path.display()
        );
    }
}
