//! From the paths of a run to those of the repository that it is about.

use std::path::{Path, PathBuf};

use crate::cli::check::is_stdin;
use crate::cli::environment;
use crate::discover::shown;
use crate::finding::Frame;

/// How paths of this run lead to those of the repository: the one that holds the only path, or the working folder.
///
/// Without a repository, a single folder outside the working folder is taken for one.
pub(super) fn frame(paths: &[PathBuf]) -> Frame {
    let base = environment::working_folder();
    let root = match paths {
        [root] if !is_stdin(root) => root.as_path(),
        _ => base.as_path(),
    };
    let absolute = std::fs::canonicalize(root).unwrap_or_else(|_| base.clone());
    let holds = |folder: &&Path| folder.join(".git").exists();
    // A submodule that the run did not start in is a part of the repository around it.
    let is_module = |folder: &Path| folder.join(".git").is_file() && !base.starts_with(folder);
    let repository = absolute
        .ancestors()
        .filter(|folder| !is_module(folder))
        .find(holds)
        .or_else(|| absolute.ancestors().find(holds));
    if let Some(inside) = repository.and_then(|top| base.strip_prefix(top).ok()) {
        let inside = shown(inside, Path::new(""));
        return Frame {
            inside: if inside.is_empty() {
                inside
            } else {
                inside + "/"
            },
            cut: String::new(),
        };
    }
    let name = shown(root, &base);
    let is_outside = name.starts_with("..") || Path::new(&name).is_absolute();
    let below = repository.and_then(|top| absolute.strip_prefix(top).ok());
    let below = below.map_or(String::new(), |below| shown(below, Path::new("")));
    let name = name.trim_end_matches('/');
    match name.strip_suffix(below.as_str()) {
        Some(top) if repository.is_some() || is_outside && root.is_dir() => Frame {
            inside: String::new(),
            cut: format!("{}/", top.trim_end_matches('/')),
        },
        _ => Frame::default(),
    }
}
