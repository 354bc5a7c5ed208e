//! The objects of a repository by environment, and which of them one can see from another.
//!
//! An environment is a folder in which no object is defined twice. Where two folders define the same object, as overlays,
//! rendered examples and tests do, each is an environment of its own; what stands above them is seen from both. A folder
//! with a few copies of what a much larger one holds takes nothing from that one: it alone is an environment of its own.

use std::collections::{BTreeMap, BTreeSet};

use crate::artifact::{Artifact, Object, Reading};
use crate::document::Node;
use crate::repository::generators::Made;
use crate::source::{FileId, SourceFile, folder};

/// Kinds that many folders define alike.
const SHARED: [&str; 2] = ["Namespace", "CustomResourceDefinition"];

/// An object where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placed<'a> {
    pub(super) root: &'a Node,
    pub(super) file: FileId,
    /// Index of its environment.
    pub(super) environment: usize,
    /// Whether a kustomization makes it.
    pub(super) is_made: bool,
}

impl<'a> Placed<'a> {
    pub(super) fn name(&self) -> Option<&'a str> {
        self.root.str_at(&["metadata", "name"])
    }

    pub(super) fn namespace(&self) -> Option<&'a str> {
        self.root.str_at(&["metadata", "namespace"])
    }
}

/// The objects of a repository by environment.
pub(in crate::repository) struct Inventory<'a> {
    /// The folders of the environments; each parent stands before its children.
    folders: Vec<&'a str>,
    by_kind: BTreeMap<&'a str, Vec<Placed<'a>>>,
    /// The environment of each file.
    of_file: Vec<usize>,
    /// The environments that are seen from each, itself among them.
    seen_from: Vec<Vec<usize>>,
    /// Whether a kustomization makes `ConfigMaps` whose names no file shows.
    pub(super) has_generators: bool,
    /// The `ConfigMaps` that kustomizations make.
    made: &'a [Made],
    /// Environments with objects whose names are not known: they may hold anything.
    with_templates: BTreeSet<usize>,
}

/// Kind, namespace and name.
type Key<'a> = (&'a str, &'a str, &'a str);

impl<'a> Inventory<'a> {
    pub(in crate::repository) fn new(
        (files, readings): (&'a [SourceFile], &'a [Reading]),
        made: &'a [Made],
    ) -> Self {
        let folders = environments(files, readings);
        let by_folder = folders.iter().enumerate().map(|(at, folder)| (*folder, at));
        let by_folder: BTreeMap<&str, usize> = by_folder.collect();
        let of = |path: &str| environments_of(&by_folder, path);
        let of_file = files.iter().map(|file| of(folder(&file.path)));
        let of_file = of_file.map(|all| all.first().copied().unwrap_or(0));
        let mut found = Self {
            of_file: of_file.collect(),
            seen_from: folders.iter().map(|folder| of(folder)).collect(),
            has_generators: readings
                .iter()
                .flat_map(|reading| &reading.kustomizations)
                .any(makes_hidden),
            made,
            folders,
            by_kind: BTreeMap::new(),
            with_templates: BTreeSet::new(),
        };
        for (file, reading) in files.iter().zip(readings) {
            let environment = found.environment(file.id);
            for Object { root, is_template } in
                reading.artifacts.iter().filter_map(Artifact::object)
            {
                if *is_template {
                    found.with_templates.insert(environment);
                }
                let placed = Placed {
                    root,
                    file: file.id,
                    environment,
                    is_made: false,
                };
                let kind = root.str_at(&["kind"]).unwrap_or("");
                found.by_kind.entry(kind).or_default().push(placed);
            }
        }
        for one in made {
            let placed = found.place(one);
            found.by_kind.entry("ConfigMap").or_default().push(placed);
        }
        found
    }

    fn place(&self, made: &'a Made) -> Placed<'a> {
        Placed {
            root: &made.root,
            file: made.file,
            environment: self.environment(made.file),
            is_made: true,
        }
    }

    /// The maps of a name that kustomizations build together with a file.
    pub(super) fn made_beside(&self, file: FileId, name: &str) -> Vec<Placed<'a>> {
        let made = self.made.iter();
        let beside = made.filter(|one| one.beside.contains(&file) && one.is_called(name));
        beside.map(|one| self.place(one)).collect()
    }

    /// The environment of a file.
    pub(super) fn environment(&self, file: FileId) -> usize {
        self.of_file.get(file.0 as usize).copied().unwrap_or(0)
    }

    /// The folders of the environments, by index.
    pub(super) fn names(&self) -> &[&'a str] {
        &self.folders
    }

    /// The objects of a kind that are seen from an environment.
    pub(super) fn seen(&self, kind: &str, from: usize) -> impl Iterator<Item = Placed<'a>> {
        let all = self.by_kind.get(kind).map_or(&[][..], Vec::as_slice).iter();
        all.filter(move |placed| self.sees(from, placed.environment))
            .copied()
    }

    /// The objects that are seen from an environment.
    pub(super) fn all_seen(&self, from: usize) -> impl Iterator<Item = &'a Node> {
        let all = self.by_kind.values().flatten();
        let seen = all.filter(move |placed| self.sees(from, placed.environment));
        seen.map(|placed| placed.root)
    }

    /// The objects of a kind, wherever they are.
    pub(super) fn everywhere(&self, kind: &str) -> &[Placed<'a>] {
        self.by_kind.get(kind).map_or(&[], Vec::as_slice)
    }

    /// The environments that are seen from one, the nearest first.
    pub(super) fn levels(&self, from: usize) -> &[usize] {
        self.seen_from.get(from).map_or(&[], Vec::as_slice)
    }

    /// Whether one environment is the other, or stands below it.
    pub(super) fn sees(&self, from: usize, other: usize) -> bool {
        self.levels(from).contains(&other)
    }

    /// Whether one of two environments sees the other.
    pub(super) fn share(&self, one: usize, other: usize) -> bool {
        self.sees(one, other) || self.sees(other, one)
    }

    /// Whether an environment may hold more objects than can be named: something there is a template.
    pub(super) fn is_open(&self, from: usize) -> bool {
        let mut open = self.with_templates.iter();
        open.any(|other| self.sees(from, *other))
    }
}

/// Whether a kustomization makes objects whose names it does not say.
fn makes_hidden(root: &Node) -> bool {
    let hidden = ["generators", "helmCharts", "helmChartInflationGenerator"];
    let generators = root.get("configMapGenerator");
    let mut named = generators.map_or(&[][..], Node::items).iter();
    hidden.iter().any(|key| root.get(key).is_some())
        || generators.is_some_and(|all| all.openness().is_some())
        || named.any(|one| one.str_at(&["name"]).is_none())
}

/// The environments of a path, the deepest first.
fn environments_of(by_folder: &BTreeMap<&str, usize>, path: &str) -> Vec<usize> {
    let mut found = Vec::new();
    let mut at = Some(path);
    while let Some(folder) = at {
        found.extend(by_folder.get(folder));
        at = parent(folder);
    }
    found
}

/// The folders that are environments of their own; the first one holds everything else.
fn environments<'a>(files: &'a [SourceFile], readings: &'a [Reading]) -> Vec<&'a str> {
    let mut keys: BTreeMap<&str, BTreeSet<Key<'_>>> = BTreeMap::new();
    for (file, reading) in files.iter().zip(readings) {
        let objects = reading.artifacts.iter().filter_map(Artifact::object);
        let own: Vec<Key<'_>> = objects.filter_map(|object| key(&object.root)).collect();
        if !own.is_empty() {
            keys.entry(folder(&file.path)).or_default().extend(own);
        }
    }
    let mut children: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for at in keys.keys() {
        let mut below = *at;
        while let Some(above) = parent(below) {
            children.entry(above).or_default().insert(below);
            below = above;
        }
    }
    let mut folders: Vec<&str> = children.keys().copied().collect();
    folders.sort_by_key(|folder| (std::cmp::Reverse(depth(folder)), *folder));
    let mut apart = BTreeSet::new();
    for folder in folders {
        let below = children.remove(folder).unwrap_or_default();
        let conflicting = conflicting(&keys, folder, &below);
        for child in below {
            let taken = keys.remove(child).unwrap_or_default();
            if conflicting.contains(child) {
                apart.insert(child);
            } else {
                keys.entry(folder).or_default().extend(taken);
            }
        }
    }
    std::iter::once("").chain(apart).collect()
}

/// The children that define an object which the folder or another child defines, too; of two children the one that is
/// but a copy of a few objects of the other.
fn conflicting<'a>(
    keys: &BTreeMap<&'a str, BTreeSet<Key<'a>>>,
    folder: &str,
    below: &BTreeSet<&'a str>,
) -> BTreeSet<&'a str> {
    let mut owners: BTreeMap<Key<'_>, Vec<Option<&str>>> = BTreeMap::new();
    for key in keys.get(folder).into_iter().flatten() {
        owners.entry(*key).or_default().push(None);
    }
    for child in below {
        for key in keys.get(child).into_iter().flatten() {
            owners.entry(*key).or_default().push(Some(child));
        }
    }
    let size = |child: &str| keys.get(child).map_or(0, BTreeSet::len);
    let is_apart = |child: &str, owners: &[Option<&str>]| {
        let others = owners.iter().filter(|other| **other != Some(child));
        let mut sizes = others.map(|other| other.map_or(usize::MAX, size));
        sizes.any(|other| size(child) < other.saturating_mul(MUCH_LARGER))
    };
    let mut found = BTreeSet::new();
    for owners in owners.into_values() {
        let own = owners.iter().flatten().copied();
        found.extend(own.filter(|child| is_apart(child, &owners)));
    }
    found
}

/// How many times the objects of a folder another one has of which it is no environment beside, but holds copies.
const MUCH_LARGER: usize = 8;

fn depth(folder: &str) -> usize {
    if folder.is_empty() {
        0
    } else {
        folder.split('/').count()
    }
}

/// The folder above one; nothing above the top.
fn parent(path: &str) -> Option<&str> {
    (!path.is_empty()).then(|| folder(path))
}

/// What makes an object the same as another one; nothing for one whose name is not known.
fn key(root: &Node) -> Option<Key<'_>> {
    let kind = root.str_at(&["kind"])?;
    let name = root.str_at(&["metadata", "name"])?;
    let namespace = root.str_at(&["metadata", "namespace"]).unwrap_or("");
    (!SHARED.contains(&kind)).then_some((kind, namespace, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_copies_beside_a_large_folder_are_an_environment_alone() {
        const NAMES: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];
        let objects = |count: usize| NAMES.iter().take(count).map(|name| ("Service", "", *name));
        let sizes = [("copy", 1), ("large", 8), ("other", 0)];
        let folders = |sizes: &[(&'static str, usize)]| {
            let all = sizes
                .iter()
                .map(|(folder, count)| (*folder, objects(*count).collect()));
            all.collect::<BTreeMap<&str, BTreeSet<Key<'_>>>>()
        };
        let apart = |sizes: &[(&'static str, usize)]| {
            let keys = folders(sizes);
            let below = keys.keys().copied().collect();
            let found = conflicting(&keys, "", &below);
            found.into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(apart(&sizes), ["copy"]);
        assert_eq!(
            apart(&[("production", 8), ("staging", 7)]),
            ["production", "staging"]
        );
    }
}
