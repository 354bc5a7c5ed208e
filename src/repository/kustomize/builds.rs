//! What the kustomizations of a repository build: files and other kustomizations.
//!
//! Source: the reference of kustomize, `resources`, `bases` and `components`.

use std::collections::{BTreeMap, BTreeSet};

use crate::artifact::{Artifact, Reading};
use crate::document::Node;
use crate::source::{FileId, SourceFile, folder, resolve};

/// The names of files that are kustomizations.
const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// The most kustomizations that one is followed into.
const MAX_REACH: usize = 1000;

/// A kustomization of the repository.
pub(super) struct Kustomization<'a> {
    pub(super) file: FileId,
    pub(super) folder: &'a str,
    pub(super) root: &'a Node,
}

/// What a kustomization builds: files with objects, and other kustomizations by index, itself among them.
#[derive(Default)]
pub(super) struct Reach {
    pub(super) files: BTreeSet<FileId>,
    pub(super) kustomizations: BTreeSet<usize>,
}

/// The kustomizations of a repository, and the files by path.
pub(super) struct Builds<'a> {
    pub(super) all: Vec<Kustomization<'a>>,
    pub(super) by_path: BTreeMap<&'a str, FileId>,
    by_file: BTreeMap<FileId, Vec<usize>>,
    pub(super) files: &'a [SourceFile],
    pub(super) readings: &'a [Reading],
}

impl<'a> Builds<'a> {
    /// Nothing where the repository has no kustomization.
    pub(super) fn new(files: &'a [SourceFile], readings: &'a [Reading]) -> Option<Self> {
        let pairs = files.iter().zip(readings);
        let all = pairs.flat_map(|(file, reading)| {
            let roots = reading.kustomizations.iter();
            roots.map(|root| Kustomization {
                file: file.id,
                folder: folder(&file.path),
                root,
            })
        });
        let all: Vec<Kustomization<'_>> = all.collect();
        if all.is_empty() {
            return None;
        }
        let mut by_file: BTreeMap<FileId, Vec<usize>> = BTreeMap::new();
        for (at, one) in all.iter().enumerate() {
            by_file.entry(one.file).or_default().push(at);
        }
        let by_path = files.iter().map(|file| (&*file.path, file.id));
        Some(Self {
            all,
            by_path: by_path.collect(),
            by_file,
            files,
            readings,
        })
    }

    /// What each kustomization builds, with what it names, and so on.
    pub(super) fn reaches(&self) -> Vec<Reach> {
        (0..self.all.len()).map(|at| self.reach(at)).collect()
    }

    fn reach(&self, from: usize) -> Reach {
        let mut reach = Reach::default();
        let mut waiting = vec![from];
        while let Some(at) = waiting.pop() {
            let Some(one) = self.all.get(at) else {
                continue;
            };
            if reach.kustomizations.len() >= MAX_REACH || !reach.kustomizations.insert(at) {
                continue;
            }
            let keys = ["resources", "bases", "components"];
            let named = keys.iter().flat_map(|key| list(one.root, key));
            for path in named.filter_map(Node::as_str) {
                match self.named(one, path) {
                    Ok(file) => {
                        reach.files.insert(file);
                    }
                    Err(inner) => waiting.extend(inner),
                }
            }
        }
        reach
    }

    /// The kustomizations of a folder.
    fn in_folder(&self, folder: &str) -> impl Iterator<Item = usize> {
        let files = NAMES.iter().filter_map(move |name| {
            let path = if folder.is_empty() {
                (*name).to_owned()
            } else {
                format!("{folder}/{name}")
            };
            self.by_path.get(path.as_str())
        });
        let inner = files.filter_map(|file| self.by_file.get(file));
        inner.flatten().copied()
    }

    /// The file that a kustomization names, or the kustomizations of the folder.
    pub(super) fn named(&self, one: &Kustomization<'_>, path: &str) -> Result<FileId, Vec<usize>> {
        let path = resolve(one.folder, path);
        match self.by_path.get(path.as_str()) {
            Some(file) => Ok(*file),
            None => Err(self.in_folder(&path).collect()),
        }
    }

    /// The kustomizations that no other one names: what is built.
    pub(super) fn tops(&self, reaches: &[Reach]) -> impl Iterator<Item = usize> {
        let is_named = move |at: usize| {
            let mut reaches = reaches.iter().enumerate();
            reaches.any(|(other, reach)| other != at && reach.kustomizations.contains(&at))
        };
        let all = self.all.iter().enumerate();
        let built = all.filter(|(_, one)| one.root.str_at(&["kind"]) != Some("Component"));
        built.map(|(at, _)| at).filter(move |at| !is_named(*at))
    }

    /// A file of the repository.
    pub(super) fn file(&self, id: FileId) -> Option<&'a SourceFile> {
        self.files.get(id.0 as usize)
    }

    /// How many artifacts there are.
    pub(super) fn count(&self) -> usize {
        let readings = self.readings.iter();
        readings.map(|reading| reading.artifacts.len()).sum()
    }

    /// What a file holds.
    pub(super) fn artifacts(&self, file: FileId) -> &'a [Artifact] {
        let reading = self.readings.get(file.0 as usize);
        reading.map_or(&[], |reading| &reading.artifacts)
    }
}

/// The items of a list of a kustomization.
pub(super) fn list<'a>(kustomization: &'a Node, key: &str) -> &'a [Node] {
    kustomization.get(key).map_or(&[], Node::items)
}
