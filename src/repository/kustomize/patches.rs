//! The patches that a kustomization states, and the objects that each is for.
//!
//! Source: the reference of kustomize, `patches`, `patchesStrategicMerge`, `patchesJson6902` and `replacements`.

use regex::Regex;

use crate::document::Node;
use crate::document::embedded::Embedded;
use crate::document::yaml::{Dialect, Input, parse};
use crate::source::{SourceFile, resolve};

use super::build::Object;
use super::builds::{Builds, Kustomization, list};
use super::selector::Selector;
use super::tree::{overlay, touched, unknown, with_entry, without};
use super::{operations, strategic};

/// A patch and the objects that it is for.
pub(super) struct Patch {
    /// Nothing where the patch says itself whose part it is.
    target: Option<Target>,
    /// Nothing where the patch cannot be read: then it may change everything.
    content: Option<Node>,
}

impl Patch {
    /// Whether a patch changes this object.
    fn admits(&self, object: &Object) -> bool {
        match (&self.target, &self.content) {
            (Some(target), _) => target.admits(object),
            (None, Some(part)) => {
                let name = part.str_at(&["metadata", "name"]);
                part.str_at(&["kind"]) == object.root.str_at(&["kind"])
                    && name.is_some_and(|name| object.is_called(name))
            }
            (None, None) => false,
        }
    }

    /// The object after the patch; nothing where it is deleted.
    fn applied(&self, root: &Node) -> Option<Node> {
        match &self.content {
            Some(content) if content.as_list().is_some() => {
                Some(operations::applied(root, content.items()))
            }
            Some(content) => {
                let part = without_identity(content, self.target.is_some());
                strategic::merged(root, &part)
            }
            None => Some(with_entry(root, "spec", unknown)),
        }
    }
}

/// Applies patches to all objects that they are for.
pub(super) fn apply(patches: &[Patch], objects: &mut [Object]) {
    for patch in patches {
        let meant = objects.iter_mut().filter(|object| !object.is_deleted);
        for object in meant.filter(|object| patch.admits(object)) {
            match patch.applied(&object.root) {
                Some(root) => object.root = root,
                None => object.is_deleted = true,
            }
        }
    }
}

/// A part of an object without what only says whose part it is.
fn without_identity(part: &Node, is_targeted: bool) -> Node {
    let part = without(part, &["apiVersion", "kind"]);
    match part.get("metadata") {
        Some(metadata) => {
            let keys: &[&str] = if is_targeted {
                &["name", "namespace"]
            } else {
                &["name"]
            };
            let metadata = without(metadata, keys);
            with_entry(&part, "metadata", |_| metadata.clone())
        }
        None => part,
    }
}

/// What a patch or a replacement selects objects by.
struct Target {
    kind: Pattern,
    name: Pattern,
    namespace: Pattern,
    labels: Option<Selector>,
    annotations: Option<Selector>,
}

impl Target {
    fn new(target: &Node) -> Self {
        let part = |key: &str| Pattern::new(target.str_at(&[key]));
        Self {
            kind: part("kind"),
            name: part("name"),
            namespace: part("namespace"),
            labels: target.str_at(&["labelSelector"]).map(Selector::new),
            annotations: target.str_at(&["annotationSelector"]).map(Selector::new),
        }
    }

    fn admits(&self, object: &Object) -> bool {
        let part = |path: &[&str]| object.root.str_at(path).unwrap_or("");
        self.kind.admits(part(&["kind"]))
            && object.names().any(|name| self.name.admits(name))
            && self.namespace.admits(part(&["metadata", "namespace"]))
            && [("labels", &self.labels), ("annotations", &self.annotations)]
                .into_iter()
                .all(|(key, selector)| {
                    let pairs = object.root.at(&["metadata", key]);
                    selector
                        .as_ref()
                        .is_none_or(|selector| selector.admits(pairs))
                })
    }
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

/// The patches of a kustomization by when they are applied, read once for all kustomizations that build it.
pub(super) struct Patches {
    /// The parts of objects that are merged first.
    pub(super) parts: Vec<Patch>,
    pub(super) then: Vec<Patch>,
    /// What is applied after names and labels.
    pub(super) operations: Vec<Patch>,
}

impl Patches {
    pub(super) fn of(builds: &Builds<'_>, one: &Kustomization<'_>) -> Self {
        Self {
            parts: parts(builds, one),
            then: with_targets(builds, one, "patches"),
            operations: with_targets(builds, one, "patchesJson6902"),
        }
    }
}

/// The parts of objects that are merged first.
fn parts(builds: &Builds<'_>, one: &Kustomization<'_>) -> Vec<Patch> {
    let entries = list(one.root, "patchesStrategicMerge").iter();
    entries
        .flat_map(|entry| match entry.as_str() {
            Some(text) if text.contains('\n') => inline(builds, one, entry),
            Some(path) => in_file(builds, one, path),
            None => Vec::new(),
        })
        .map(|part| Patch {
            target: None,
            content: Some(part),
        })
        .collect()
}

/// The patches under a key whose entries may have a target.
fn with_targets(builds: &Builds<'_>, one: &Kustomization<'_>, key: &str) -> Vec<Patch> {
    let mut found = Vec::new();
    for entry in list(one.root, key) {
        let contents = match (entry.get("patch"), entry.str_at(&["path"])) {
            (Some(text), _) => inline(builds, one, text),
            (None, Some(path)) => in_file(builds, one, path),
            (None, None) => Vec::new(),
        };
        let target = || entry.get("target").map(Target::new);
        if contents.is_empty() {
            found.push(Patch {
                target: target(),
                content: None,
            });
        }
        found.extend(contents.into_iter().map(|content| Patch {
            target: target(),
            content: Some(content),
        }));
    }
    found
}

/// Hides what `replacements` fill in.
pub(super) fn replace(builds: &Builds<'_>, one: &Kustomization<'_>, objects: &mut [Object]) {
    for entry in list(one.root, "replacements") {
        let in_files = entry
            .str_at(&["path"])
            .map(|path| in_file(builds, one, path));
        let in_files = in_files.unwrap_or_default();
        for replacement in std::iter::once(entry).chain(in_files.iter().flat_map(one_or_more)) {
            for target in list(replacement, "targets") {
                replaced(target, objects);
            }
        }
    }
}

/// Hides texts that `vars` fill in.
pub(super) fn fill(one: &Kustomization<'_>, objects: &mut [Object]) {
    let names = list(one.root, "vars").iter();
    let names = names.filter_map(|entry| entry.str_at(&["name"]));
    let references: Vec<String> = names.map(|name| format!("$({name})")).collect();
    if references.is_empty() {
        return;
    }
    let hide = |text: &str, span| {
        let is_filled = references.iter().any(|reference| text.contains(reference));
        is_filled.then(|| Node::unknown(span, text, overlay()))
    };
    for object in objects {
        object.root = object.root.replace_texts(&hide, &["data"]);
    }
}

fn one_or_more(node: &Node) -> impl Iterator<Item = &Node> {
    let alone = node.as_list().is_none().then_some(node);
    alone.into_iter().chain(node.items())
}

fn replaced(target: &Node, objects: &mut [Object]) {
    let Some(select) = target.get("select") else {
        return;
    };
    let select = Target::new(select);
    let paths: Vec<Vec<String>> = list(target, "fieldPaths")
        .iter()
        .filter_map(Node::as_str)
        .map(steps)
        .collect();
    for object in objects.iter_mut().filter(|object| select.admits(object)) {
        for path in &paths {
            object.root = touched(&object.root, path);
        }
    }
}

/// The steps of a path of fields, where `\.` is no separator and a test in brackets is a step of its own.
fn steps(path: &str) -> Vec<String> {
    let mut steps = vec![String::new()];
    let mut depth = 0_usize;
    let mut signs = path.chars();
    while let Some(sign) = signs.next() {
        match sign {
            '.' if depth == 0 => steps.push(String::new()),
            '\\' => steps
                .last_mut()
                .into_iter()
                .for_each(|step| step.extend(signs.next())),
            _ => {
                depth = match sign {
                    '[' => depth + 1,
                    ']' => depth.saturating_sub(1),
                    _ => depth,
                };
                steps
                    .last_mut()
                    .into_iter()
                    .for_each(|step| step.push(sign));
            }
        }
    }
    steps
}

/// The documents of a text inside a kustomization, each value where it stands there.
fn inline(builds: &Builds<'_>, one: &Kustomization<'_>, scalar: &Node) -> Vec<Node> {
    let (Some(text), Some(file)) = (scalar.as_str(), builds.file(one.file)) else {
        return Vec::new();
    };
    let places = Embedded::new(&file.text, scalar.span, text);
    let documents = documents(file, text);
    documents
        .map(|document| places.relocate(&document))
        .collect()
}

fn in_file(builds: &Builds<'_>, one: &Kustomization<'_>, path: &str) -> Vec<Node> {
    let path = resolve(one.folder, path);
    let file = builds.by_path.get(path.as_str());
    let file = file.and_then(|file| builds.file(*file));
    let documents = file
        .into_iter()
        .flat_map(|file| documents(file, &file.text));
    documents.collect()
}

fn documents(file: &SourceFile, text: &str) -> impl Iterator<Item = Node> {
    let stream = parse(Input::plain(file.id, text, Dialect::Kubernetes));
    let documents = stream.documents.into_iter();
    documents
        .filter_map(|document| document.root.ok())
        .filter(|root| !root.is_null())
}

/// The paths of patch files; patches written into the kustomization itself have none.
pub(super) fn paths(kustomization: &Node) -> impl Iterator<Item = &str> {
    let with_path = list(kustomization, "patches")
        .iter()
        .chain(list(kustomization, "patchesJson6902"));
    let paths = with_path.filter_map(|patch| patch.str_at(&["path"]));
    let merges = list(kustomization, "patchesStrategicMerge")
        .iter()
        .filter_map(Node::as_str);
    paths.chain(merges.filter(|text| !text.contains('\n')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_fields_keeps_tests_and_dots_that_are_escaped() {
        assert_eq!(
            steps("spec.containers.[name=a.b].image"),
            ["spec", "containers", "[name=a.b]", "image"]
        );
        assert_eq!(
            steps(r"metadata.labels.app\.k8s"),
            ["metadata", "labels", "app.k8s"]
        );
    }
}
