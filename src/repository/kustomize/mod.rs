//! What kustomizations of the repository make of its objects.
//!
//! The main function is [`apply`]. A patch is a part of an object and must not be judged as one, and the object that it
//! changes is not what will run either. So every kustomization that no other one names is built here, and an object is
//! what all builds of it agree on; what they differ in, or what we cannot build, is unknown. Every value keeps the place
//! where it is written: in the object, in the patch, or in the kustomization.

mod agreed;
mod build;
mod builds;
mod configurations;
pub(super) mod generators;
mod given;
mod images;
mod names;
mod operations;
mod patches;
mod selector;
mod strategic;
mod tree;

use std::collections::{BTreeMap, BTreeSet};

use crate::artifact::{Artifact, DocumentState, Reading, Skip};
use crate::document::Node;
use crate::repository::set_aside;
use crate::source::{FileId, SourceFile, folder, resolve};

use self::build::Object;
use self::builds::{Builds, Reach};
use self::configurations::Configurations;
use self::generators::Made;
use self::names::Names;
use self::patches::Patches;

/// The most objects of all builds together.
const MAX_BUILT: usize = 200_000;

/// Sets patches aside, and makes of each object what its builds agree on; returns what kustomizations make anew.
pub(super) fn apply(files: &[SourceFile], readings: &mut [Reading]) -> Vec<Made> {
    let mut patches = BTreeSet::new();
    for (file, reading) in files.iter().zip(readings.iter()) {
        for kustomization in &reading.kustomizations {
            let paths = patches::paths(kustomization);
            patches.extend(paths.map(|path| resolve(folder(&file.path), path)));
        }
    }
    for (file, reading) in files.iter().zip(readings.iter_mut()) {
        if patches.contains(file.path.as_ref()) {
            set_aside(reading, DocumentState::Skipped(Skip::KustomizePatch));
        }
    }
    let built = Builds::new(files, readings).map(|builds| builds.built());
    let built = built.unwrap_or_default();
    for file in built.differing {
        if let Some(reading) = readings.get_mut(file.0 as usize) {
            reading.differs = true;
        }
    }
    for ((file, at), root) in built.objects {
        let reading = readings.get_mut(file.0 as usize);
        if let Some(Artifact::Object(object)) =
            reading.and_then(|reading| reading.artifacts.get_mut(at))
        {
            debug_assert_eq!(object.root.span, root.span, "an object stays in its place");
            let path = ["metadata", "name"];
            if let (Some(written), Some(built)) = (object.root.str_at(&path), root.str_at(&path)) {
                object.written = (written != built).then(|| written.into());
            }
            object.is_template |= root.at(&path).is_some_and(Node::is_unknown);
            object.root = root;
        }
    }
    for (file, objects) in built.configurations {
        if let Some(reading) = readings.get_mut(file.0 as usize) {
            configurations::exchange(reading, objects);
        }
    }
    set_replaced_aside(&built.made, readings);
    built.made
}

/// Sets files aside that generators take and then put others in the place of.
fn set_replaced_aside(made: &[Made], readings: &mut [Reading]) {
    let held = made
        .iter()
        .flat_map(|one| one.sources.iter().chain(&one.partly));
    let held: BTreeSet<FileId> = held.map(|(_, file)| *file).collect();
    let replaced = made.iter().flat_map(|one| &one.replaced);
    for file in replaced.filter(|file| !held.contains(file)) {
        if let Some(reading) = readings.get_mut(file.0 as usize) {
            set_aside(reading, DocumentState::Skipped(Skip::KustomizePatch));
        }
    }
}

/// What an object comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Origin {
    /// A file, and an index among the artifacts of the file.
    Written(FileId, usize),
    /// A kustomization, and an index among its generators.
    Made(FileId, usize),
}

/// What all builds came to.
#[derive(Default)]
struct Built {
    objects: BTreeMap<(FileId, usize), Node>,
    made: Vec<Made>,
    /// Of each file the objects that no build has, and the collector configurations that builds change.
    configurations: BTreeMap<FileId, Configurations>,
    /// Kustomizations that build objects which others build otherwise.
    differing: BTreeSet<FileId>,
}

/// What one build makes of an object.
struct Version {
    /// The kustomization that is built.
    by: usize,
    object: Object,
}

/// What builds make of each object.
type Versions = BTreeMap<Origin, Vec<Version>>;

impl Builds<'_> {
    /// What all builds of each object agree on.
    ///
    /// Where builds give different names, what refers to an object by its written name still means it; by an address
    /// nobody can tell, so what is reached by one has a name that is not known.
    fn built(&self) -> Built {
        let reaches = self.reaches();
        let tops: Vec<usize> = self.tops(&reaches).collect();
        let mut versions = self.versions((&tops, &reaches), Names::Given, MAX_BUILT);
        let mut named = BTreeSet::new();
        if versions.values().any(|all| differ_in(all, "name")) {
            for (origin, mut kept) in self.versions((&tops, &reaches), Names::Kept, MAX_BUILT) {
                let given = versions.get_mut(&origin);
                for given in given.into_iter().filter(|given| differ_in(given, "name")) {
                    named.extend(given.iter().map(|version| version.by));
                    for version in &mut kept {
                        version.object.root = unaddressed(&version.object.root);
                    }
                    *given = std::mem::take(&mut kept);
                }
            }
        }
        let mut built = Built::default();
        built.differing.extend(
            named
                .into_iter()
                .filter_map(|by| Some(self.all.get(by)?.file)),
        );
        for (origin, versions) in versions {
            self.settle((origin, versions), &reaches, &mut built);
        }
        built
    }

    /// Adds what all versions of an object agree on.
    fn settle(
        &self,
        (origin, mut versions): (Origin, Vec<Version>),
        reaches: &[Reach],
        built: &mut Built,
    ) {
        let all = versions.len();
        versions.retain(|version| !version.object.is_deleted);
        match (origin, versions.len()) {
            (Origin::Written(file, at), 0) => {
                let objects = built.configurations.entry(file).or_default();
                objects.deleted.insert(at);
            }
            // Somewhere it is not: no address surely leads to it.
            (_, left) if left < all => {
                for version in &mut versions {
                    version.object.root = unaddressed(&version.object.root);
                }
            }
            _ => {}
        }
        if differ_in(&versions, "namespace") {
            let written = self.written_namespace(origin);
            for version in &mut versions {
                version.object.root = in_namespace(&version.object.root, written);
            }
        }
        let roots = versions.iter().map(|version| version.object.root.clone());
        let roots: Vec<Node> = roots.collect();
        let Some(agreed) = agreed::of(&roots) else {
            return;
        };
        if roots.iter().any(|root| *root != agreed) {
            let all = versions.iter().filter_map(|one| self.all.get(one.by));
            built.differing.extend(all.map(|one| one.file));
        }
        match origin {
            Origin::Written(file, at) => {
                if let Some(found) = configurations::of(self, (file, at), &roots, &agreed) {
                    let objects = built.configurations.entry(file).or_default();
                    objects.changed.insert(at, found);
                }
                built.objects.insert((file, at), agreed);
            }
            Origin::Made(file, _) => {
                let reached = versions.iter().filter_map(|one| reaches.get(one.by));
                let sources = shared_sources(&versions);
                let partly = other_sources(&versions, &sources);
                let replaced = versions.iter().flat_map(|one| &one.object.replaced);
                built.made.push(Made {
                    root: agreed,
                    file,
                    replaced: replaced.copied().collect(),
                    sources,
                    partly,
                    beside: reached.flat_map(|reach| &reach.files).copied().collect(),
                });
            }
        }
    }

    /// The namespace that an object states before any build.
    fn written_namespace(&self, origin: Origin) -> Option<&Node> {
        let Origin::Written(file, at) = origin else {
            return None;
        };
        let object = self.artifacts(file).get(at)?.object()?;
        object.root.at(&["metadata", "namespace"])
    }

    /// What each build makes of each object.
    ///
    /// Of what stands behind the limit nothing is known.
    fn versions(
        &self,
        (tops, reaches): (&[usize], &[Reach]),
        names: Names,
        limit: usize,
    ) -> Versions {
        let patches = self.all.iter().map(|one| Patches::of(self, one));
        let patches: Vec<Patches> = patches.collect();
        let mut versions = Versions::new();
        let mut count = 0;
        let mut left = BTreeMap::new();
        for by in tops.iter().copied() {
            if count >= limit {
                let files = reaches.get(by).into_iter().flat_map(|reach| &reach.files);
                left.extend(files.map(|file| (*file, by)));
                continue;
            }
            for object in build::objects((self, &patches), by, names) {
                count += 1;
                let all = versions.entry(object.origin).or_default();
                all.push(Version { by, object });
            }
        }
        for (file, by) in left {
            for mut object in build::written(self, file) {
                for key in ["spec", "data"] {
                    object.root = tree::with_entry(&object.root, key, tree::unknown);
                }
                let all = versions.entry(object.origin).or_default();
                all.push(Version { by, object });
            }
        }
        versions
    }
}

/// Whether builds give an object different texts in the same place of its metadata.
fn differ_in(versions: &[Version], key: &str) -> bool {
    let roots = versions.iter().map(|version| &version.object.root);
    let texts: BTreeSet<_> = roots.map(|root| root.str_at(&["metadata", key])).collect();
    texts.len() > 1
}

/// The keys that hold a file in some builds only.
fn other_sources(versions: &[Version], shared: &[(String, FileId)]) -> Vec<(String, FileId)> {
    let all = versions.iter().flat_map(|version| &version.object.sources);
    let others: BTreeSet<&(String, FileId)> = all.filter(|one| !shared.contains(one)).collect();
    others.into_iter().cloned().collect()
}

/// The keys that hold the same file in every build.
fn shared_sources(versions: &[Version]) -> Vec<(String, FileId)> {
    let Some((first, rest)) = versions.split_first() else {
        return Vec::new();
    };
    let is_shared = |source: &&(String, FileId)| {
        // What a patch has put there is no file any more.
        let value = first.object.root.at(&["data", &source.0]);
        if !value.is_some_and(Node::is_unknown) {
            return false;
        }
        let mut rest = rest.iter();
        rest.all(|other| other.object.sources.contains(source))
    };
    let shared = first.object.sources.iter().filter(is_shared);
    shared.cloned().collect()
}

/// An object in a namespace, or in none that is stated: what builds put into different ones they keep together.
fn in_namespace(root: &Node, namespace: Option<&Node>) -> Node {
    tree::with_entry(root, "metadata", |metadata| {
        let without = tree::without(metadata, &["namespace"]);
        let within = |namespace| tree::with_value(metadata, &["namespace"], namespace);
        namespace.and_then(within).unwrap_or(without)
    })
}

/// An object whose name is not known if others reach it by an address that is made of the name.
fn unaddressed(root: &Node) -> Node {
    let is_reached = root.str_at(&["kind"]) == Some("Service") || !strategic::is_builtin(root);
    if !is_reached {
        return root.clone();
    }
    tree::with_entry(root, "metadata", |metadata| {
        tree::with_entry(metadata, "name", tree::unknown)
    })
}

#[cfg(test)]
mod tests;
