//! What kustomizations of the repository do to its objects.
//!
//! A patch is a part of an object and must not be judged as one. The object that it changes is not what will run
//! either, so whatever a patch, a replica count or an image override touches becomes unknown until it is built.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::artifact::{Artifact, DocumentState, Object, Reading, Skip};
use crate::document::yaml::{Dialect, Input, Masks, parse};
use crate::document::{Entry, List, Map, Node, Reason, Value};
use crate::expr::parse_image;
use crate::repository::index::folder;
use crate::repository::set_aside;
use crate::source::SourceFile;

/// Sets patches aside and hides what kustomizations change.
pub(super) fn apply(files: &[SourceFile], readings: &mut [Reading]) {
    let mut changes = Changes::default();
    let mut patch_files = BTreeSet::new();
    for (file, reading) in files.iter().zip(readings.iter()) {
        for kustomization in &reading.kustomizations {
            let paths = patch_paths(kustomization);
            patch_files.extend(paths.map(|path| resolve(folder(&file.path), path)));
            changes.read(file, kustomization);
        }
    }
    for (file, reading) in files.iter().zip(readings.iter_mut()) {
        if patch_files.contains(file.path.as_ref()) {
            changes.patches.extend(roots(reading).cloned());
            set_aside(reading, DocumentState::Skipped(Skip::KustomizePatch));
        }
    }
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
    /// Repositories of images that are replaced.
    images: BTreeSet<String>,
    /// Kind and name of objects that are changed by path.
    by_path: BTreeSet<(String, String)>,
}

impl Changes {
    fn is_empty(&self) -> bool {
        self.patches.is_empty()
            && self.replicas.is_empty()
            && self.images.is_empty()
            && self.by_path.is_empty()
    }

    fn read(&mut self, file: &SourceFile, kustomization: &Node) {
        let names = |key: &str| {
            let items = list(kustomization, key).iter();
            let names = items.filter_map(|item| item.str_at(&["name"]));
            names.map(str::to_owned).collect::<Vec<_>>()
        };
        self.replicas.extend(names("replicas"));
        self.images.extend(names("images"));
        for patch in list(kustomization, "patches")
            .iter()
            .chain(list(kustomization, "patchesJson6902"))
        {
            let part = |key: &str| patch.str_at(&["target", key]).unwrap_or("").to_owned();
            if patch.get("target").is_some() {
                self.by_path.insert((part("kind"), part("name")));
            }
        }
        let inline = list(kustomization, "patches")
            .iter()
            .filter_map(|patch| patch.str_at(&["patch"]));
        let merges = list(kustomization, "patchesStrategicMerge")
            .iter()
            .filter_map(Node::as_str);
        for text in inline.chain(merges).filter(|text| text.contains('\n')) {
            let stream = parse(Input {
                file: file.id,
                text,
                written: None,
                dialect: Dialect::Kubernetes,
                masks: Masks::NONE,
            });
            self.patches.extend(
                stream
                    .documents
                    .into_iter()
                    .filter_map(|document| document.root.ok()),
            );
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
        let is_meant = |(target_kind, target_name): &(String, String)| {
            (target_kind.is_empty() || *target_kind == kind)
                && (target_name.is_empty() || *target_name == name)
        };
        if self.by_path.iter().any(is_meant) {
            root = with_entry(&root, "spec", unknown);
        }
        if self.replicas.contains(&name) {
            root = with_entry(&root, "spec", |spec| with_entry(spec, "replicas", unknown));
        }
        if !self.images.is_empty()
            && root.get("spec").is_some()
            && kind != "CustomResourceDefinition"
        {
            let replace = |text: &str, span| {
                let image = parse_image(text);
                let is_replaced = self
                    .images
                    .iter()
                    .any(|name| parse_image(name).repository == image.repository);
                is_replaced.then(|| Node::unknown(span, text, overlay()))
            };
            root = root.replace_texts(&replace, &["data", "command", "args", "env", "metadata"]);
        }
        object.root = root;
    }
}

fn overlay() -> Reason {
    Reason::Elsewhere("what a kustomization makes of it".into())
}

/// The same place with nothing known of it.
fn unknown(node: &Node) -> Node {
    Node::unknown(node.span, "", overlay())
}

/// A map with one entry changed; an entry that is not there stands at the map.
fn with_entry(node: &Node, key: &str, change: impl Fn(&Node) -> Node) -> Node {
    let Some(map) = node.as_map() else {
        return node.clone();
    };
    let mut map = map.clone();
    match map.entries.iter_mut().find(|entry| entry.key == key) {
        Some(entry) => entry.value = change(&entry.value),
        None => map.entries.push(Entry {
            key: key.into(),
            key_span: node.label(),
            value: unknown(node),
        }),
    }
    Node::new(node.span, Value::Map(Arc::new(map)))
}

/// A node with everything unknown that a patch states.
fn overlaid(base: &Node, patch: &Node) -> Node {
    match (&base.value, &patch.value) {
        (Value::Map(map), Value::Map(changed)) => overlaid_map(base, map, changed),
        (Value::List(list), Value::List(changed)) => {
            let name = |node: &Node| node.str_at(&["name"]).map(str::to_owned);
            let change = |item: &Node| {
                let partner = changed.items.iter().find(|other| name(other) == name(item));
                partner.map_or_else(|| item.clone(), |partner| overlaid(item, partner))
            };
            let items = list.items.iter().map(change).collect();
            let open = Some(overlay());
            Node::new(base.span, Value::List(Arc::new(List { items, open })))
        }
        _ if base.value == patch.value => base.clone(),
        _ => unknown(base),
    }
}

fn overlaid_map(base: &Node, map: &Map, patch: &Map) -> Node {
    let mut result = map.clone();
    for entry in &patch.entries {
        match result
            .entries
            .iter_mut()
            .find(|known| known.key == entry.key)
        {
            Some(known) => known.value = overlaid(&known.value, &entry.value),
            None => result.entries.push(Entry {
                key: entry.key.clone(),
                key_span: base.label(),
                value: unknown(base),
            }),
        }
    }
    Node::new(base.span, Value::Map(Arc::new(result)))
}

fn roots(reading: &Reading) -> impl Iterator<Item = &Node> {
    reading
        .artifacts
        .iter()
        .filter_map(|artifact| match artifact {
            Artifact::Object(object) => Some(&object.root),
            Artifact::Dockerfile(_) | Artifact::Collector(_) | Artifact::Dependencies(_) => None,
        })
}

fn list<'a>(kustomization: &'a Node, key: &str) -> &'a [Node] {
    kustomization.get(key).map_or(&[], Node::items)
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

/// A path relative to a folder, with `.` and `..` applied.
fn resolve(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = match folder {
        "" => Vec::new(),
        folder => folder.split('/').collect(),
    };
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts
                .last()
                .is_some_and(|last| *last != ".." && !last.is_empty()) =>
            {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_resolved_from_the_kustomization() {
        assert_eq!(resolve("a/b", "../c/./d.yaml"), "a/c/d.yaml");
        assert_eq!(resolve("a", "../../d.yaml"), "../d.yaml");
        assert_eq!(resolve("../x/a", "../d.yaml"), "../x/d.yaml");
        assert_eq!(resolve("/x", "d.yaml"), "/x/d.yaml");
    }
}
