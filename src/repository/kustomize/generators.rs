//! The `ConfigMaps` that kustomizations make out of files, literals and files of variables.
//!
//! The main type is [`Made`].
//! Source: the reference of kustomize, `configMapGenerator`.

use std::collections::BTreeSet;

use crate::document::{Map, MapBuilder, Node, Reason, Value};
use crate::source::{FileId, SourceFile, Span, resolve};

use super::Origin;
use super::build::Object;
use super::builds::{Builds, Kustomization, list};
use super::tree::with_entry;

/// How long the hash is that kustomize adds to a name, and the signs that it is made of.
const HASH_LENGTH: usize = 10;
const HASH_SIGNS: &str = "2456789bcdfghkmt";

/// A ConfigMap that a kustomization makes.
#[derive(Debug)]
pub(in crate::repository) struct Made {
    /// The object, as far as it is known; it stands where the generator does.
    pub(in crate::repository) root: Node,
    /// The kustomization.
    pub(in crate::repository) file: FileId,
    /// The keys that hold a file each, in every build.
    pub(in crate::repository) sources: Vec<(String, FileId)>,
    /// The keys that hold a file each in some builds, and another one in others.
    pub(in crate::repository) partly: Vec<(String, FileId)>,
    /// Files that stand in it in no build.
    pub(in crate::repository) replaced: BTreeSet<FileId>,
    /// The files whose objects are built together with it.
    pub(in crate::repository) beside: BTreeSet<FileId>,
}

impl Made {
    /// The files that it holds in some build.
    pub(in crate::repository) fn files(&self) -> impl Iterator<Item = FileId> {
        let all = self.sources.iter().chain(&self.partly);
        all.map(|(_, file)| *file)
    }

    /// Whether a name is that of the map, with or without the hash that kustomize adds.
    pub(in crate::repository) fn is_called(&self, name: &str) -> bool {
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

/// Adds to the objects of a build what the generators of a kustomization make, or changes what others have made.
pub(super) fn generate(builds: &Builds<'_>, one: &Kustomization<'_>, objects: &mut Vec<Object>) {
    for (at, generator) in list(one.root, "configMapGenerator").iter().enumerate() {
        let Some(name) = generator.get("name") else {
            continue;
        };
        let Some(text) = name.as_str() else {
            continue;
        };
        let content = Content::of(builds, one, generator);
        let behavior = generator.str_at(&["behavior"]).unwrap_or("create");
        let is_map = |object: &&mut Object| object.root.str_at(&["kind"]) == Some("ConfigMap");
        let mut known = objects.iter_mut().filter(is_map);
        match known.find(|object| object.is_called(text)) {
            Some(object) if behavior != "create" => content.change(object, behavior == "replace"),
            Some(_) | None => objects.push(Object {
                origin: Origin::Made(one.file, at),
                root: map(generator, name, content.data),
                former: Vec::new(),
                is_deleted: false,
                sources: content.sources,
                replaced: Vec::new(),
            }),
        }
    }
}

/// What a generator puts into a map.
struct Content {
    data: Node,
    sources: Vec<(String, FileId)>,
}

impl Content {
    fn of(builds: &Builds<'_>, one: &Kustomization<'_>, generator: &Node) -> Self {
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
            let file = builds.by_path.get(resolve(one.folder, path).as_str());
            sources.extend(file.map(|file| (key.to_owned(), *file)));
        }
        for entry in list(generator, "literals") {
            match entry.as_str().and_then(|text| text.split_once('=')) {
                Some((key, value)) => {
                    data.put_at(key, entry.span, Node::string(entry.span, unquoted(value)));
                }
                None => {
                    data.open(Reason::Template);
                }
            }
        }
        let single = generator.get("env").into_iter();
        for entry in list(generator, "envs").iter().chain(single) {
            let path = entry.as_str().map(|path| resolve(one.folder, path));
            let file = path.and_then(|path| builds.by_path.get(path.as_str()).copied());
            match file.and_then(|file| builds.file(file)) {
                Some(file) => variables(file, &mut data),
                None => {
                    data.open(Reason::Elsewhere("a file of variables".into()));
                }
            }
        }
        Self {
            data: data.build(),
            sources,
        }
    }

    /// Puts the content into a map that is there already.
    fn change(self, object: &mut Object, is_whole: bool) {
        let is_stated = |key: &str| self.data.get(key).is_some();
        let (kept, replaced): (Vec<_>, Vec<_>) = std::mem::take(&mut object.sources)
            .into_iter()
            .partition(|(key, _)| !is_whole && !is_stated(key));
        object.sources = kept;
        object
            .replaced
            .extend(replaced.into_iter().map(|(_, file)| file));
        object.sources.extend(self.sources);
        object.root = with_entry(&object.root, "data", |known| match known.as_map() {
            Some(map) if !is_whole => merged(known, map, &self.data),
            Some(_) | None => self.data.clone(),
        });
    }
}

fn merged(known: &Node, map: &Map, more: &Node) -> Node {
    let mut map = map.clone();
    map.entries.retain(|entry| more.get(&entry.key).is_none());
    map.entries.extend(more.entries().iter().cloned());
    map.open = map.open.or_else(|| more.openness());
    Node::new(known.span, Value::Map(std::sync::Arc::new(map)))
}

/// The variables of a file: one on each line, as `NAME=value`.
fn variables(file: &SourceFile, data: &mut MapBuilder) {
    let mut start = 0;
    for line in file.text.split_inclusive('\n') {
        let text = line.trim_end_matches(['\r', '\n']).trim_start();
        let from = start + (line.len() - line.trim_start().len());
        start += line.len();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let key = text.split('=').next().unwrap_or(text);
        let name = Span::new(file.id, from, from + key.len());
        let place = Span::new(
            file.id,
            (from + key.len() + 1).min(from + text.len()),
            from + text.len(),
        );
        let value = match text.split_once('=') {
            Some((_, value)) => Node::string(place, value),
            // A name alone takes its value from where kustomize runs.
            None => Node::unknown(name, "", Reason::Variable(key.into())),
        };
        data.put_at(key, name, value);
    }
}

/// The key of an entry of `files`, and the path.
fn key_and_path(text: &str) -> (&str, &str) {
    text.split_once('=')
        .unwrap_or_else(|| (text.rsplit('/').next().unwrap_or(text), text))
}

/// The object that a generator makes.
fn map(generator: &Node, name: &Node, data: Node) -> Node {
    let mut metadata = MapBuilder::new(generator.span);
    metadata
        .share(generator, "name")
        .share(generator, "namespace");
    let mut root = MapBuilder::new(generator.span);
    root.put("apiVersion", Node::string(generator.span, "v1"))
        .put("kind", Node::string(generator.span, "ConfigMap"))
        .put("metadata", metadata.build())
        .put("data", data);
    root.label(name.span).build()
}

/// A value without the quotes around it.
fn unquoted(value: &str) -> &str {
    ['"', '\'']
        .iter()
        .find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote))
        .unwrap_or(value)
}
