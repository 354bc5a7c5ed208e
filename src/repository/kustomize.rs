//! Sets aside what kustomize uses as patches: parts of objects that must not be judged as objects.

use std::collections::BTreeSet;

use crate::artifact::{DocumentState, Reading, Skip};
use crate::document::Node;
use crate::repository::index::folder;
use crate::repository::set_aside;
use crate::source::SourceFile;

/// Marks every file that a kustomization of the repository names as a patch.
pub(super) fn set_patches_aside(files: &[SourceFile], readings: &mut [Reading]) {
    let mut patches = BTreeSet::new();
    for (file, reading) in files.iter().zip(readings.iter()) {
        for kustomization in &reading.kustomizations {
            patches
                .extend(patch_paths(kustomization).map(|path| resolve(folder(&file.path), path)));
        }
    }
    for (file, reading) in files.iter().zip(readings) {
        if patches.contains(file.path.as_ref()) {
            set_aside(reading, DocumentState::Skipped(Skip::KustomizePatch));
        }
    }
}

/// The paths of patch files; patches written into the kustomization itself have none.
fn patch_paths(kustomization: &Node) -> impl Iterator<Item = &str> {
    let list = |name: &str| kustomization.get(name).map_or(&[][..], Node::items);
    let with_path = list("patches").iter().chain(list("patchesJson6902"));
    let paths = with_path.filter_map(|patch| patch.str_at(&["path"]));
    let merges = list("patchesStrategicMerge")
        .iter()
        .filter_map(Node::as_str);
    paths.chain(merges.filter(|text| !text.contains('\n')))
}

/// A path relative to a folder, with `.` and `..` applied.
fn resolve(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let rooted = if folder.starts_with('/') { "/" } else { "" };
    format!("{rooted}{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_resolved_from_the_kustomization() {
        assert_eq!(resolve("a/b", "../c/./d.yaml"), "a/c/d.yaml");
        assert_eq!(resolve("", "d.yaml"), "d.yaml");
        assert_eq!(resolve("/x", "d.yaml"), "/x/d.yaml");
    }
}
