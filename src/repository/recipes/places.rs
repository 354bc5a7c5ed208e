//! What stands where: the names of files and folders, and who is alone in a folder.

use std::collections::{BTreeMap, BTreeSet};

use crate::repository::recipes::Asked;
use crate::source::folder;

/// What an image is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Dockerfile,
    /// A list of packages.
    Packages,
    /// The configuration of an Erlang release.
    SysConfig,
}

/// What images are made of by its names and folders.
#[derive(Default)]
pub(super) struct Places<'a> {
    /// Files by the parts of their name, and by the names of their folder and the one above.
    by_name: BTreeMap<(Kind, &'a str), Vec<&'a str>>,
    /// Files by their own folder.
    inside: BTreeMap<(Kind, &'a str), Vec<&'a str>>,
    /// Files by their folder and every one above.
    below: BTreeMap<(Kind, &'a str), Vec<&'a str>>,
    /// The workloads that stand in a folder or below it, each with the number of its pod template: overlays have one again.
    workloads: BTreeMap<&'a str, BTreeSet<(&'a str, usize)>>,
}

impl<'a> Places<'a> {
    pub(super) fn add(&mut self, kind: Kind, path: &'a str) {
        let home = folder(path);
        let file = path.rsplit('/').next().unwrap_or(path);
        let folders = home.rsplit('/').take(2);
        let mut names: Vec<&str> = file.split('.').chain(folders).collect();
        names.sort_unstable();
        names.dedup();
        for name in names.into_iter().filter(|name| !name.is_empty()) {
            self.by_name.entry((kind, name)).or_default().push(path);
        }
        self.inside.entry((kind, home)).or_default().push(path);
        for above in folders_of(path) {
            self.below.entry((kind, above)).or_default().push(path);
        }
    }

    pub(super) fn add_workloads(&mut self, path: &'a str, name: Option<&'a str>, count: usize) {
        let name = name.unwrap_or(path);
        for above in folders_of(path).filter(|_| count > 0) {
            let known = self.workloads.entry(above).or_default();
            known.extend((0..count).map(|number| (name, number)));
        }
    }

    /// The files of a kind in a folder.
    pub(super) fn inside(&self, kind: Kind, home: &'a str) -> Vec<&'a str> {
        self.inside.get(&(kind, home)).cloned().unwrap_or_default()
    }

    /// The files of a kind in a folder or below it.
    pub(super) fn below(&self, kind: Kind, home: &'a str) -> &[&'a str] {
        self.below.get(&(kind, home)).map_or(&[], Vec::as_slice)
    }

    /// The files of a kind that most likely belong to an image: those with something of its name or of the workload's,
    /// else the only ones near the only workload.
    pub(super) fn likely(&self, kind: Kind, asked: Asked<'_>) -> Vec<&'a str> {
        let image = asked.image.map(|image| image.name.as_str());
        let names = [asked.workload, image].into_iter().flatten();
        let named = names.filter_map(|name| self.by_name.get(&(kind, name)));
        let mut named: Vec<&str> = named.flatten().copied().collect();
        named.sort_unstable();
        named.dedup();
        if named.is_empty() {
            self.lonely(kind, asked.manifest)
        } else {
            named
        }
    }

    /// The files of a kind in the nearest folder above a manifest that has any, where one workload is there only.
    pub(super) fn lonely(&self, kind: Kind, manifest: &str) -> Vec<&'a str> {
        let mut above = folders_of(manifest);
        let found = above.find_map(|home| Some((home, self.below.get(&(kind, home))?)));
        match found {
            Some((home, found)) if self.workloads.get(home).is_some_and(|all| all.len() == 1) => {
                found.clone()
            }
            _ => Vec::new(),
        }
    }
}

/// The folder of a path, and every one above up to that of all files.
pub(super) fn folders_of(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(folder(path)), |home| {
        (!home.is_empty()).then(|| folder(home))
    })
}
