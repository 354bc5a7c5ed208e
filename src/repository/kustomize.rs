//! What kustomizations of the repository do to its objects.
//!
//! A patch is a part of an object and must not be judged as one. The object that it changes is not what will run
//! either, so whatever a patch, a replica count or an image override touches becomes unknown until it is built.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

use crate::artifact::{Artifact, DocumentState, Object, Reading, Skip};
use crate::document::yaml::{Dialect, Input, parse};
use crate::document::{Node, Value};
use crate::expr::parse_image;
use crate::repository::builds::list;
use crate::repository::overlay::{overlaid, overlay, patched, unknown, with_entry};
use crate::repository::{given, set_aside};
use crate::source::{SourceFile, Span, folder, resolve};

/// Sets patches aside, puts into objects what their builds give, and hides what kustomizations change.
pub(super) fn apply(files: &[SourceFile], readings: &mut [Reading]) {
    let mut changes = Changes::default();
    let mut patch_files = BTreeSet::new();
    for (file, reading) in files.iter().zip(readings.iter()) {
        for kustomization in &reading.kustomizations {
            let paths = patch_paths(kustomization);
            patch_files.extend(paths.map(|path| resolve(folder(&file.path), path)));
            changes.read(files, file, kustomization);
        }
    }
    for (file, reading) in files.iter().zip(readings.iter_mut()) {
        if patch_files.contains(file.path.as_ref()) {
            changes.patches.extend(roots(reading).cloned());
            set_aside(reading, DocumentState::Skipped(Skip::KustomizePatch));
        }
    }
    given::give(files, readings);
    if changes.is_empty() {
        return;
    }
    for reading in readings {
        for artifact in &mut reading.artifacts {
            if let Artifact::Object(object) = artifact {
                changes.hide(object);
            }
        }
    }
}

/// What kustomizations change, wherever they stand.
#[derive(Default)]
struct Changes {
    /// Parts of objects, each with kind and name.
    patches: Vec<Node>,
    /// Names of workloads whose replicas are set.
    replicas: BTreeSet<String>,
    /// Repositories of images that are replaced, and whether by images of another name.
    images: BTreeMap<String, bool>,
    /// Patches that say themselves what they are for.
    targeted: Vec<Targeted>,
}

/// A patch with the objects that it is for.
struct Targeted {
    kind: Pattern,
    name: Pattern,
    /// Nothing where the patch cannot be read: then it may change everything.
    patch: Option<Node>,
}

/// A kind or name in a target: a regular expression for the whole of it, or nothing for any.
struct Pattern(Option<Regex>);

impl Pattern {
    fn new(text: Option<&str>) -> Self {
        let pattern = text.filter(|text| !text.is_empty());
        Self(pattern.and_then(|pattern| Regex::new(&format!("^(?:{pattern})$")).ok()))
    }

    fn admits(&self, text: &str) -> bool {
        self.0.as_ref().is_none_or(|pattern| pattern.is_match(text))
    }
}

impl Changes {
    fn is_empty(&self) -> bool {
        self.patches.is_empty()
            && self.replicas.is_empty()
            && self.images.is_empty()
            && self.targeted.is_empty()
    }

    fn read(&mut self, files: &[SourceFile], file: &SourceFile, kustomization: &Node) {
        let names = |key: &str| {
            let items = list(kustomization, key).iter();
            let names = items.filter_map(|item| item.str_at(&["name"]));
            names.map(str::to_owned).collect::<Vec<_>>()
        };
        self.replicas.extend(names("replicas"));
        for image in list(kustomization, "images") {
            if let Some(name) = image.str_at(&["name"]) {
                let repository = parse_image(name).repository;
                *self.images.entry(repository).or_default() |= image.get("newName").is_some();
            }
        }
        for patch in list(kustomization, "patches")
            .iter()
            .chain(list(kustomization, "patchesJson6902"))
        {
            let part = |key: &str| Pattern::new(patch.str_at(&["target", key]));
            if patch.get("target").is_some() {
                self.targeted.push(Targeted {
                    kind: part("kind"),
                    name: part("name"),
                    patch: patch_of(files, file, patch),
                });
            }
        }
        let inline = list(kustomization, "patches")
            .iter()
            .filter_map(|patch| patch.str_at(&["patch"]));
        let merges = list(kustomization, "patchesStrategicMerge")
            .iter()
            .filter_map(Node::as_str);
        for text in inline.chain(merges).filter(|text| text.contains('\n')) {
            self.patches.extend(documents(file, text));
        }
    }

    fn hide(&self, object: &mut Object) {
        let part = |path: &[&str]| object.root.str_at(path).unwrap_or("").to_owned();
        let (kind, name) = (part(&["kind"]), part(&["metadata", "name"]));
        let mut root = object.root.clone();
        for patch in &self.patches {
            if patch.str_at(&["kind"]) == Some(&kind)
                && patch.str_at(&["metadata", "name"]) == Some(&name)
            {
                root = overlaid(&root, patch);
            }
        }
        let is_meant = |target: &&Targeted| target.kind.admits(&kind) && target.name.admits(&name);
        for target in self.targeted.iter().filter(is_meant) {
            root = match &target.patch {
                Some(patch) => patched(&root, patch),
                None => with_entry(&root, "spec", unknown),
            };
        }
        if self.replicas.contains(&name) {
            root = with_entry(&root, "spec", |spec| with_entry(spec, "replicas", unknown));
        }
        if !self.images.is_empty()
            && root.get("spec").is_some()
            && kind != "CustomResourceDefinition"
        {
            let replace = |text: &str, span| {
                let is_renamed = self.images.get(&parse_image(text).repository)?;
                Some(if *is_renamed {
                    Node::unknown(span, text, overlay())
                } else {
                    with_other_tag(text, span)
                })
            };
            root = root.replace_texts(&replace, &["data", "command", "args", "env", "metadata"]);
        }
        object.root = root;
    }
}

/// An image of which the name is known, and the tag is not.
fn with_other_tag(text: &str, span: Span) -> Node {
    let image = parse_image(text);
    let tags = ["0.0.0", "latest"].map(|tag| {
        let text = format!("{}/{}:{tag}", image.registry, image.repository);
        Value::Str(text.into())
    });
    Node::of_kind(span, text, overlay(), tags)
}

/// The patch that an entry of `patches` states or names, if it can be read.
fn patch_of(files: &[SourceFile], file: &SourceFile, entry: &Node) -> Option<Node> {
    if let Some(text) = entry.str_at(&["patch"]) {
        return documents(file, text).next();
    }
    let path = resolve(folder(&file.path), entry.str_at(&["path"])?);
    let other = files.iter().find(|file| *file.path == *path)?;
    documents(other, &other.text).next()
}

fn documents(file: &SourceFile, text: &str) -> impl Iterator<Item = Node> {
    let stream = parse(Input::plain(file.id, text, Dialect::Kubernetes));
    let documents = stream.documents.into_iter();
    documents.filter_map(|document| document.root.ok())
}

pub(super) fn roots(reading: &Reading) -> impl Iterator<Item = &Node> {
    let objects = reading.artifacts.iter().filter_map(Artifact::object);
    objects.map(|object| &object.root)
}

/// The paths of patch files; patches written into the kustomization itself have none.
fn patch_paths(kustomization: &Node) -> impl Iterator<Item = &str> {
    let with_path = list(kustomization, "patches")
        .iter()
        .chain(list(kustomization, "patchesJson6902"));
    let paths = with_path.filter_map(|patch| patch.str_at(&["path"]));
    let merges = list(kustomization, "patchesStrategicMerge")
        .iter()
        .filter_map(Node::as_str);
    paths.chain(merges.filter(|text| !text.contains('\n')))
}
