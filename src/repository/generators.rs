//! The `ConfigMaps` that kustomizations make out of files and literals.
//!
//! The main type is [`Made`]. What an overlay puts into such a map afterwards is unknown until it is built, and so is
//! what stands in a file of variables.
//! Source: the reference of kustomize, `configMapGenerator`.

use std::collections::{BTreeMap, BTreeSet};

use crate::artifact::Reading;
use crate::document::{MapBuilder, Node, Reason};
use crate::repository::builds::{Builds, Kustomization, Reach, list};
use crate::repository::overlay::overlay;
use crate::source::{FileId, SourceFile, resolve};

/// How long the hash is that kustomize adds to a name, and the signs that it is made of.
const HASH_LENGTH: usize = 10;
const HASH_SIGNS: &str = "2456789bcdfghkmt";

/// A ConfigMap that a kustomization makes.
#[derive(Debug)]
pub(super) struct Made {
    /// The object, as far as it is known; it stands where the generator does.
    pub(super) root: Node,
    /// The kustomization.
    pub(super) file: FileId,
    /// The keys that hold a file each.
    pub(super) sources: Vec<(String, FileId)>,
    /// The files whose objects are built together with it.
    pub(super) beside: BTreeSet<FileId>,
}

impl Made {
    /// Whether a name is that of the map, with or without the hash that kustomize adds.
    pub(super) fn is_called(&self, name: &str) -> bool {
        let own = self.root.str_at(&["metadata", "name"]);
        own.is_some_and(|own| {
            let hash = name
                .strip_prefix(own)
                .and_then(|rest| rest.strip_prefix('-'));
            let is_hash = |hash: &str| {
                hash.len() == HASH_LENGTH && hash.chars().all(|sign| HASH_SIGNS.contains(sign))
            };
            own == name || hash.is_some_and(is_hash)
        })
    }
}

/// The maps that the kustomizations of a repository make.
pub(super) fn all(files: &[SourceFile], readings: &[Reading]) -> Vec<Made> {
    let Some(builds) = Builds::new(files, readings) else {
        return Vec::new();
    };
    let Builds { all, by_path, .. } = &builds;
    let has_maps = |one: &Kustomization<'_>| one.root.get("configMapGenerator").is_some();
    if !all.iter().any(has_maps) {
        return Vec::new();
    }
    let reaches = builds.reaches();
    let mut found = Vec::new();
    for (at, one) in all.iter().enumerate().filter(|(_, one)| has_maps(one)) {
        let above = reaches
            .iter()
            .filter(|reach| reach.kustomizations.contains(&at));
        let above: Vec<&Reach> = above.collect();
        for generator in list(one.root, "configMapGenerator") {
            if generator
                .get("behavior")
                .is_none_or(|how| how.as_str() == Some("create"))
            {
                let changes = changes(all, &above, generator);
                found.extend(made((one, by_path), generator, &changes, &above));
            }
        }
    }
    found
}

/// The keys that other generators put into the map of one afterwards; nothing stands for every key.
fn changes(
    all: &[Kustomization<'_>],
    above: &[&Reach],
    generator: &Node,
) -> Vec<Option<BTreeSet<String>>> {
    let mut reached = BTreeSet::new();
    for reach in above {
        reached.extend(reach.kustomizations.iter().copied());
    }
    let others = reached.into_iter().filter_map(|at| all.get(at));
    let others = others.flat_map(|one| list(one.root, "configMapGenerator"));
    let name = generator.str_at(&["name"]);
    let others = others.filter(|other| other.str_at(&["name"]) == name);
    let changing = others.filter_map(|other| match other.get("behavior").map(Node::as_str) {
        None | Some(Some("create")) => None,
        Some(Some("merge")) => Some(Some(keys(other))),
        Some(_) => Some(None),
    });
    changing.collect()
}

/// The keys that a generator names.
fn keys(generator: &Node) -> BTreeSet<String> {
    let files = list(generator, "files").iter().filter_map(Node::as_str);
    let files = files.map(|text| key_and_path(text).0);
    let literals = list(generator, "literals").iter().filter_map(Node::as_str);
    let literals = literals.filter_map(|text| Some(text.split_once('=')?.0));
    files.chain(literals).map(str::to_owned).collect()
}

/// The key of an entry of `files`, and the path.
fn key_and_path(text: &str) -> (&str, &str) {
    text.split_once('=')
        .unwrap_or_else(|| (text.rsplit('/').next().unwrap_or(text), text))
}

/// The map of a generator; nothing for one whose name is not known.
fn made(
    (one, by_path): (&Kustomization<'_>, &BTreeMap<&str, FileId>),
    generator: &Node,
    changes: &[Option<BTreeSet<String>>],
    above: &[&Reach],
) -> Option<Made> {
    let name = generator
        .get("name")
        .filter(|name| name.as_str().is_some())?;
    let is_changed = |key: &str| {
        let mut changes = changes.iter();
        changes.any(|keys| keys.as_ref().is_none_or(|keys| keys.contains(key)))
    };
    let mut data = MapBuilder::new(generator.span);
    let mut sources = Vec::new();
    for entry in list(generator, "files") {
        let Some(text) = entry.as_str() else {
            data.open(Reason::Template);
            continue;
        };
        let (key, path) = key_and_path(text);
        let reason = Reason::Elsewhere(format!("what `{path}` holds").into());
        data.put_at(key, entry.span, Node::unknown(entry.span, "", reason));
        let file = by_path.get(resolve(one.folder, path).as_str());
        sources.extend(
            file.filter(|_| !is_changed(key))
                .map(|file| (key.to_owned(), *file)),
        );
    }
    for entry in list(generator, "literals") {
        match entry.as_str().and_then(|text| text.split_once('=')) {
            Some((key, _)) if is_changed(key) => {
                data.put_at(key, entry.span, Node::unknown(entry.span, "", overlay()));
            }
            Some((key, value)) => {
                data.put_at(key, entry.span, Node::string(entry.span, unquoted(value)));
            }
            None => {
                data.open(Reason::Template);
            }
        }
    }
    if generator.get("envs").is_some() || generator.get("env").is_some() {
        data.open(Reason::Elsewhere("a file of variables".into()));
    }
    if !changes.is_empty() {
        data.open(overlay());
    }
    let mut metadata = MapBuilder::new(generator.span);
    metadata
        .share(generator, "name")
        .share(generator, "namespace");
    let mut root = MapBuilder::new(generator.span);
    root.put("kind", Node::string(generator.span, "ConfigMap"))
        .put("metadata", metadata.build())
        .put("data", data.build());
    Some(Made {
        root: root.label(name.span).build(),
        file: one.file,
        sources,
        beside: above
            .iter()
            .flat_map(|reach| &reach.files)
            .copied()
            .collect(),
    })
}

/// A value without the quotes around it.
fn unquoted(value: &str) -> &str {
    ['"', '\'']
        .iter()
        .find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote))
        .unwrap_or(value)
}
