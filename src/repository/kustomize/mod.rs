//! What kustomizations of the repository make of its objects.
//!
//! The main function is [`views`]. A patch is a part of an object and must not be judged as one, and the object that it
//! changes is not what will run either. So every kustomization that no other one names is built here, and builds of one
//! base that differ are environments, each seen for itself. What we cannot build is unknown, and so is what the builds
//! of one environment differ in. Every value keeps the place where it is written: in the object, in the patch, or in the
//! kustomization.

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
mod views;

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
use self::views::Choice;

/// The most objects of all builds together.
const MAX_BUILT: usize = 200_000;

/// A repository as some kustomizations build it.
pub(super) struct View {
    /// The kustomizations that others build otherwise.
    pub(super) by: Vec<FileId>,
    /// What each file comes to.
    pub(super) readings: Vec<Reading>,
    pub(super) built: Built,
}

/// What kustomizations add to the files.
#[derive(Default)]
pub(super) struct Built {
    /// What tells the environment from others; empty where there is but one.
    pub(super) name: String,
    /// The objects that they make anew.
    pub(super) made: Vec<Made>,
    /// Which files are built together, kustomizations among them: those of one number.
    pub(super) families: BTreeMap<FileId, usize>,
    /// Files that are judged with other views, and here only seen from others.
    pub(super) elsewhere: BTreeSet<FileId>,
}

/// Sets patches aside, and builds what is left in each of its environments; none where nothing is built.
pub(super) fn views(files: &[SourceFile], readings: &mut [Reading]) -> Vec<View> {
    set_patches_aside(files, readings);
    let (views, differing) = match Builds::new(files, readings) {
        Some(builds) => all_views(&builds, readings),
        None => Default::default(),
    };
    for (at, reading) in (0..).zip(readings.iter_mut()) {
        reading.differs = differing.contains(&FileId(at));
        let state = |view: &View| Some(view.readings.get(at as usize)?.state());
        let aside = DocumentState::Skipped(Skip::KustomizePatch);
        if !views.is_empty() && views.iter().all(|view| state(view) == Some(aside)) {
            set_aside(reading, aside);
        }
    }
    views
}

fn set_patches_aside(files: &[SourceFile], readings: &mut [Reading]) {
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
}

/// The views, and the kustomizations of which we see only what others agree on.
fn all_views(builds: &Builds<'_>, readings: &[Reading]) -> (Vec<View>, BTreeSet<FileId>) {
    let reaches = builds.reaches();
    let tops: Vec<usize> = builds.tops(&reaches).collect();
    let versions = builds.versions((&tops, &reaches), Names::Given, MAX_BUILT);
    let choices = views::choices(builds, (&tops, &reaches), &versions);
    let mut differing = BTreeSet::new();
    let view = |choice: Choice| {
        let built = builds.built((&versions, &reaches), &choice.tops);
        let elsewhere = &choice.elsewhere;
        differing.extend(built.differing.difference(elsewhere));
        let own = choice.own.iter().filter_map(|at| builds.all.get(*at));
        let (readings, made) = built.applied(readings);
        View {
            by: own.map(|one| one.file).collect(),
            readings,
            built: Built {
                name: choice.name,
                made,
                families: choice.families,
                elsewhere: choice.elsewhere,
            },
        }
    };
    let views = choices.into_iter().map(view).collect();
    (views, differing)
}

/// What an object comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Origin {
    /// A file, and an index among the artifacts of the file.
    Written(FileId, usize),
    /// A kustomization, and an index among its generators.
    Made(FileId, usize),
}

/// What some builds came to.
#[derive(Default)]
struct Outcome {
    objects: BTreeMap<(FileId, usize), Node>,
    made: Vec<Made>,
    /// Of each file the objects that no build has, and the collector configurations that builds change.
    configurations: BTreeMap<FileId, Configurations>,
    /// Kustomizations that build objects which others among them build otherwise.
    differing: BTreeSet<FileId>,
    /// Files that no map holds, but one of other builds does.
    elsewhere: BTreeSet<FileId>,
}

impl Outcome {
    /// What files come to, with the objects as they are built, and what is made anew.
    fn applied(self, readings: &[Reading]) -> (Vec<Reading>, Vec<Made>) {
        let mut readings = readings.to_vec();
        for ((file, at), root) in self.objects {
            let reading = readings.get_mut(file.0 as usize);
            if let Some(Artifact::Object(object)) =
                reading.and_then(|reading| reading.artifacts.get_mut(at))
            {
                debug_assert_eq!(object.root.span, root.span, "an object stays in its place");
                let path = ["metadata", "name"];
                if let (Some(written), Some(built)) =
                    (object.root.str_at(&path), root.str_at(&path))
                {
                    object.written = (written != built).then(|| written.into());
                }
                object.is_template |= root.at(&path).is_some_and(Node::is_unknown);
                object.root = root;
            }
        }
        for (file, objects) in self.configurations {
            if let Some(reading) = readings.get_mut(file.0 as usize) {
                configurations::exchange(reading, objects);
            }
        }
        let held = self.made.iter().flat_map(Made::files);
        let held: BTreeSet<FileId> = held.collect();
        let replaced = self.made.iter().flat_map(|one| &one.replaced);
        let left = replaced.chain(&self.elsewhere);
        for file in left.filter(|file| !held.contains(file)) {
            if let Some(reading) = readings.get_mut(file.0 as usize) {
                set_aside(reading, DocumentState::Skipped(Skip::KustomizePatch));
            }
        }
        (readings, self.made)
    }
}

/// What a build makes of an object.
#[derive(Clone)]
struct Version {
    /// The kustomization that is built.
    by: usize,
    object: Object,
}

/// What builds make of each object.
type Versions = BTreeMap<Origin, Vec<Version>>;

impl Builds<'_> {
    /// What all builds of some kustomizations agree on.
    ///
    /// Where builds give different names, what refers to an object by its written name still means it; by an address
    /// nobody can tell, so what is reached by one has a name that is not known.
    fn built(&self, (versions, reaches): (&Versions, &[Reach]), tops: &BTreeSet<usize>) -> Outcome {
        let mut built = Outcome::default();
        let mut chosen = Versions::new();
        for (origin, all) in versions {
            let (own, others): (Vec<_>, Vec<_>) =
                all.iter().partition(|version| tops.contains(&version.by));
            let sources = others.iter().flat_map(|other| &other.object.sources);
            built.elsewhere.extend(sources.map(|(_, file)| *file));
            chosen.insert(*origin, own.into_iter().cloned().collect());
        }
        if chosen.values().any(|all| differ_in(all, "name")) {
            self.keep_names((&mut chosen, reaches), tops, &mut built);
        }
        for (origin, versions) in chosen {
            self.settle((origin, versions), reaches, &mut built);
        }
        built
    }

    /// Gives objects their written names that have several.
    fn keep_names(
        &self,
        (versions, reaches): (&mut Versions, &[Reach]),
        tops: &BTreeSet<usize>,
        built: &mut Outcome,
    ) {
        let tops: Vec<usize> = tops.iter().copied().collect();
        for (origin, mut kept) in self.versions((&tops, reaches), Names::Kept, MAX_BUILT) {
            let given = versions.get_mut(&origin);
            for given in given.into_iter().filter(|given| differ_in(given, "name")) {
                let by = given.iter().filter_map(|version| self.all.get(version.by));
                built.differing.extend(by.map(|one| one.file));
                for version in &mut kept {
                    version.object.root = unaddressed(&version.object.root);
                }
                *given = std::mem::take(&mut kept);
            }
        }
    }

    /// Adds what all versions of an object agree on.
    fn settle(
        &self,
        (origin, mut versions): (Origin, Vec<Version>),
        reaches: &[Reach],
        built: &mut Outcome,
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
