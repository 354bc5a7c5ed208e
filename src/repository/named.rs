//! The environments that settings name, each with the folders that belong to it.

use crate::artifact::{Artifact, Reading};
use crate::document::Node;
use crate::source::{SourceFile, folder, resolve};

/// The environments that settings name: each name with the folders that belong to it.
pub(super) struct Named<'a> {
    /// The name, a folder in which `*` stands for one name of a folder, and where that is written.
    folders: Vec<(&'a str, String, &'a Node)>,
}

/// Whether a folder is one that settings mean.
fn is_meant(pattern: &str, folder: &str) -> bool {
    let depth = |path: &str| path.split('/').count();
    let is_as_deep = depth(pattern) == depth(folder);
    let mut names = pattern.split('/').zip(folder.split('/'));
    is_as_deep && names.all(|(wanted, name)| wanted == "*" || wanted == name)
}

impl<'a> Named<'a> {
    pub(super) fn of(files: &[SourceFile], readings: &'a [Reading]) -> Self {
        let mut folders = Vec::new();
        for (file, reading) in files.iter().zip(readings) {
            for root in reading.artifacts.iter().filter_map(Artifact::inventory) {
                for entry in root.get("environments").map_or(&[][..], Node::entries) {
                    let own = entry.value.items().iter().filter_map(|item| {
                        let path = item.as_str()?.trim_end_matches('/');
                        Some((&*entry.key, resolve(folder(&file.path), path), item))
                    });
                    folders.extend(own);
                }
            }
        }
        Self { folders }
    }

    /// The environment that a folder is by the settings.
    pub(super) fn of_folder(&self, folder: &str) -> Option<&'a str> {
        let mut all = self.folders.iter();
        all.find(|(_, pattern, _)| is_meant(pattern, folder))
            .map(|(name, ..)| *name)
    }

    /// What is written of folders that are none of those with objects.
    pub(super) fn strays(&self, folders: &[&str]) -> Vec<Node> {
        let is_stray = |pattern: &str| !folders.iter().any(|folder| is_meant(pattern, folder));
        let strays = self
            .folders
            .iter()
            .filter(|(_, pattern, _)| is_stray(pattern));
        strays.map(|(.., node)| (*node).clone()).collect()
    }
}
