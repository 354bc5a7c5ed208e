//! Builds one kustomization: what it lists, and what it makes of that, in the order of kustomize.
//!
//! The main function is [`objects`]. Source: the reference of kustomize, and the order of its built-in transformers.

use crate::artifact::Artifact;
use crate::document::Node;
use crate::source::FileId;

use super::builds::{Builds, Kustomization, list};
use super::given::Given;
use super::names::Names;
use super::patches::Patches;
use super::{Origin, generators, images, names, patches};

/// The most objects of one build, how deep kustomizations may name each other, and how often one is entered in a build.
const MAX_OBJECTS: usize = 20_000;
const MAX_DEPTH: usize = 50;
const MAX_ENTERED: usize = 2000;

/// An object in the making.
#[derive(Debug, Clone)]
pub(super) struct Object {
    pub(super) origin: Origin,
    pub(super) root: Node,
    /// The names that it had before, by which patches may still mean it.
    pub(super) former: Vec<String>,
    /// Whether a patch has deleted it.
    pub(super) is_deleted: bool,
    /// Keys of a generated map that hold a file each.
    pub(super) sources: Vec<(String, FileId)>,
    /// Files that it held until another generator put something else there.
    pub(super) replaced: Vec<FileId>,
}

impl Object {
    /// The names by which it may be meant.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let own = self.root.str_at(&["metadata", "name"]);
        own.into_iter()
            .chain(self.former.iter().map(String::as_str))
    }

    /// Whether two builds make the same of an object.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.root == other.root
            && self.is_deleted == other.is_deleted
            && self.sources == other.sources
            && self.replaced == other.replaced
    }

    pub(super) fn is_called(&self, name: &str) -> bool {
        self.names().any(|own| own == name)
    }
}

/// The objects that a kustomization builds.
pub(super) fn objects(
    (builds, patches): (&Builds<'_>, &[Patches]),
    at: usize,
    names: Names,
) -> Vec<Object> {
    let mut objects = Vec::new();
    let mut build = Build {
        builds,
        patches,
        names,
        above: Vec::new(),
        entered: 0,
    };
    build.add(at, &mut objects);
    objects
}

/// A build under way.
struct Build<'a> {
    builds: &'a Builds<'a>,
    /// Those of each kustomization, by the same index.
    patches: &'a [Patches],
    names: Names,
    /// The kustomizations that are being built: none is built inside of itself.
    above: Vec<usize>,
    entered: usize,
}

impl Build<'_> {
    /// Adds what a kustomization builds to the objects; a component changes those that are there already.
    fn add(&mut self, at: usize, objects: &mut Vec<Object>) {
        let Some(one) = self.builds.all.get(at) else {
            return;
        };
        let is_deep = self.above.contains(&at) || self.above.len() >= MAX_DEPTH;
        if is_deep || self.entered >= MAX_ENTERED || objects.len() >= MAX_OBJECTS {
            return;
        }
        self.entered += 1;
        self.above.push(at);
        let is_component = one.root.str_at(&["kind"]) == Some("Component");
        let mut own = Vec::new();
        if is_component {
            own.append(objects);
        }
        for key in ["resources", "bases"] {
            for path in list(one.root, key).iter().filter_map(Node::as_str) {
                self.list(one, path, &mut own);
            }
        }
        for path in list(one.root, "components").iter().filter_map(Node::as_str) {
            for inner in self.builds.named(one, path).err().into_iter().flatten() {
                self.add(inner, &mut own);
            }
        }
        own.truncate(MAX_OBJECTS);
        generators::generate(self.builds, one, &mut own);
        self.change((at, one), &mut own);
        objects.append(&mut own);
        self.above.pop();
    }

    /// Adds what one entry of `resources` stands for.
    fn list(&mut self, one: &Kustomization<'_>, path: &str, objects: &mut Vec<Object>) {
        match self.builds.named(one, path) {
            Ok(file) => objects.extend(written(self.builds, file)),
            Err(inner) => {
                for inner in inner {
                    let mut built = Vec::new();
                    self.add(inner, &mut built);
                    objects.append(&mut built);
                }
            }
        }
    }

    /// Changes objects in the order of kustomize.
    fn change(&self, (at, one): (usize, &Kustomization<'_>), objects: &mut [Object]) {
        let Some(patches) = self.patches.get(at) else {
            return;
        };
        patches::apply(&patches.parts, objects);
        patches::apply(&patches.then, objects);
        Given::of(one.root).give(objects);
        names::rename(one, self.names, objects);
        patches::apply(&patches.operations, objects);
        images::scale(one, objects);
        images::exchange(one, objects);
        patches::replace(self.builds, one, objects);
        patches::fill(one, objects);
    }
}

/// The objects of a file as they are written.
pub(super) fn written(builds: &Builds<'_>, file: FileId) -> Vec<Object> {
    let artifacts = builds.artifacts(file).iter().enumerate();
    let objects = artifacts.filter_map(|(at, artifact)| match artifact {
        Artifact::Object(object) => Some(Object {
            origin: Origin::Written(file, at),
            root: object.root.clone(),
            former: Vec::new(),
            is_deleted: false,
            sources: Vec::new(),
            replaced: Vec::new(),
        }),
        Artifact::Dockerfile(_)
        | Artifact::Collector(_)
        | Artifact::Dependencies(_)
        | Artifact::Inventory(_)
        | Artifact::SysConfig(_)
        | Artifact::Runbook(_)
        | Artifact::Code(_) => None,
    });
    objects.collect()
}
