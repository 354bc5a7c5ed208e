//! What the kustomizations of a repository build: files and other kustomizations.
//!
//! Source: the reference of kustomize, `resources`, `bases` and `components`.

use std::collections::{BTreeMap, BTreeSet};

use crate::artifact::Reading;
use crate::document::Node;
use crate::repository::given::Given;
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
    /// What all kustomizations on the way give to each file.
    given: BTreeMap<FileId, Given>,
}

/// The kustomizations of a repository, and the files by path.
pub(super) struct Builds<'a> {
    pub(super) all: Vec<Kustomization<'a>>,
    pub(super) by_path: BTreeMap<&'a str, FileId>,
    by_file: BTreeMap<FileId, Vec<usize>>,
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
        })
    }

    /// What each kustomization builds, with what it names, and so on.
    pub(super) fn reaches(&self) -> Vec<Reach> {
        (0..self.all.len()).map(|at| self.reach(at)).collect()
    }

    fn reach(&self, from: usize) -> Reach {
        let mut reach = Reach::default();
        let mut waiting = vec![(from, Given::default())];
        while let Some((at, above)) = waiting.pop() {
            let Some(one) = self.all.get(at) else {
                continue;
            };
            if reach.kustomizations.len() >= MAX_REACH || !reach.kustomizations.insert(at) {
                continue;
            }
            let given = Given::of(one.root).under(&above);
            let keys = ["resources", "bases", "components"];
            let named = keys.iter().flat_map(|key| list(one.root, key));
            for path in named.filter_map(Node::as_str) {
                let path = resolve(one.folder, path);
                if let Some(file) = self.by_path.get(path.as_str()) {
                    reach.files.insert(*file);
                    reach.given.insert(*file, given.clone());
                    continue;
                }
                let inner = self.in_folder(&path);
                waiting.extend(inner.map(|inner| (inner, given.clone())));
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

    /// What every build of a file gives to its objects: builds that differ leave it open.
    pub(super) fn given(&self) -> BTreeMap<FileId, Given> {
        let reaches = self.reaches();
        let is_top = |at: &usize| {
            let mut reaches = reaches.iter().enumerate();
            !reaches.any(|(other, reach)| other != *at && reach.kustomizations.contains(at))
        };
        let tops = reaches.iter().enumerate().filter(|(at, _)| is_top(at));
        let mut found: BTreeMap<FileId, Given> = BTreeMap::new();
        for (file, given) in tops.flat_map(|(_, reach)| &reach.given) {
            match found.get_mut(file) {
                Some(known) => known.keep_shared(given),
                None => {
                    found.insert(*file, given.clone());
                }
            }
        }
        found.retain(|_, given| given.namespace.is_some() || !given.labels.is_empty());
        found
    }
}

/// The items of a list of a kustomization.
pub(super) fn list<'a>(kustomization: &'a Node, key: &str) -> &'a [Node] {
    kustomization.get(key).map_or(&[], Node::items)
}
