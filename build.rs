//! Embeds every policy of `policies/` into the program: the folder is the registry.

#![expect(
    clippy::disallowed_methods,
    reason = "Cargo tells a build script its folders by environment variables"
)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=policies");
    let root =
        PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("policies");
    let mut paths = Vec::new();
    collect(&root, &mut paths)?;
    paths.sort();
    let mut table = String::from("&[\n");
    for path in paths {
        let id = path.strip_prefix(&root).unwrap_or(&path).with_extension("");
        let id = id.to_string_lossy().replace('\\', "/");
        let path = path.to_string_lossy().replace('\\', "/");
        writeln!(table, "    (\"{id}\", include_str!(\"{path}\")),").map_err(io::Error::other)?;
    }
    table.push_str("]\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("policies.rs");
    fs::write(out, table)
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, paths)?;
        } else if path
            .extension()
            .is_some_and(|extension| extension == "yaml")
        {
            paths.push(path);
        }
    }
    Ok(())
}
