//! The objects of a repository by environment, and which of them one can see from another.

use std::collections::{BTreeMap, BTreeSet};

use crate::artifact::Artifact;
use crate::document::{MapBuilder, Node, Reason};
use crate::picture::Environment;
use crate::repository::index::Seen;
use crate::repository::kustomize::generators::Made;
use crate::repository::topology::environments::Environments;
use crate::source::{FileId, SourceFile, Span, Views};

/// The label that holds the name of a namespace.
const NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// An object where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placed<'a> {
    pub(super) root: &'a Node,
    pub(super) file: FileId,
    /// Index of its environment.
    pub(super) environment: usize,
    /// Whether a kustomization makes it.
    pub(super) is_made: bool,
    /// The name that is written, where a kustomization makes another one of it.
    pub(super) written: Option<&'a str>,
}

impl<'a> Placed<'a> {
    pub(super) fn name(&self) -> Option<&'a str> {
        self.root.str_at(&["metadata", "name"])
    }

    pub(super) fn namespace(&self) -> Option<&'a str> {
        self.root.str_at(&["metadata", "namespace"])
    }
}

/// The objects of a repository by environment.
pub(in crate::repository) struct Inventory<'a> {
    environments: Environments,
    by_kind: BTreeMap<&'a str, Vec<Placed<'a>>>,
    /// Whether a kustomization makes `ConfigMaps` whose names no file shows.
    pub(super) has_generators: bool,
    /// The `ConfigMaps` that kustomizations make.
    made: &'a [Made],
    /// Environments with objects whose names are not known: they may hold anything.
    with_templates: BTreeSet<usize>,
}

impl<'a> Inventory<'a> {
    pub(in crate::repository) fn new(
        files: &'a [SourceFile],
        Seen { readings, built }: Seen<'a>,
    ) -> Self {
        let made = built.made.as_slice();
        let mut found = Self {
            environments: Environments::new(files, readings, built),
            has_generators: readings
                .iter()
                .flat_map(|reading| &reading.kustomizations)
                .any(makes_hidden),
            made,
            by_kind: BTreeMap::new(),
            with_templates: BTreeSet::new(),
        };
        for (file, reading) in files.iter().zip(readings) {
            let environment = found.environment(file.id);
            for object in reading.artifacts.iter().filter_map(Artifact::object) {
                let root = &object.root;
                if object.is_template {
                    found.with_templates.insert(environment);
                }
                let placed = Placed {
                    root,
                    file: file.id,
                    environment,
                    is_made: false,
                    written: object.written.as_deref(),
                };
                let kind = root.str_at(&["kind"]).unwrap_or("");
                found.by_kind.entry(kind).or_default().push(placed);
            }
        }
        for one in made {
            let placed = found.place(one);
            found.by_kind.entry("ConfigMap").or_default().push(placed);
        }
        found
    }

    fn place(&self, made: &'a Made) -> Placed<'a> {
        Placed {
            root: &made.root,
            file: made.file,
            environment: self.environment(made.file),
            is_made: true,
            written: None,
        }
    }

    /// The maps of a name that kustomizations build together with a file.
    pub(super) fn made_beside(&self, file: FileId, name: &str) -> Vec<Placed<'a>> {
        let made = self.made.iter();
        let beside = made.filter(|one| one.beside.contains(&file) && one.is_called(name));
        beside.map(|one| self.place(one)).collect()
    }

    /// The environment of a file.
    pub(super) fn environment(&self, file: FileId) -> usize {
        self.environments
            .of_file
            .get(file.0 as usize)
            .copied()
            .unwrap_or(0)
    }

    /// The names of the environments, by index.
    pub(super) fn names(&self) -> &[String] {
        &self.environments.names
    }

    /// The environments, by index; each is called by its folder, or what its folders share.
    pub(super) fn environments(&self) -> Vec<Environment> {
        let names = self.names().iter();
        let all = names.map(|name| Environment {
            name: name.clone(),
            views: Views::ALL,
        });
        all.collect()
    }

    /// The folders of environments that settings name, and in which no object is.
    pub(in crate::repository) fn strays(&self) -> &[Node] {
        &self.environments.strays
    }

    /// Whether two files are in one environment only because folders have one name.
    pub(super) fn is_guess(&self, one: FileId, other: FileId) -> bool {
        self.environments.is_guess(one.0 as usize, other.0 as usize)
    }

    /// The objects of a kind that are seen from an environment.
    pub(super) fn seen(&self, kind: &str, from: usize) -> impl Iterator<Item = Placed<'a>> {
        let all = self.by_kind.get(kind).map_or(&[][..], Vec::as_slice).iter();
        all.filter(move |placed| self.sees(from, placed.environment))
            .copied()
    }

    /// The objects that are seen from an environment.
    pub(super) fn all_seen(&self, from: usize) -> impl Iterator<Item = &'a Node> {
        let all = self.by_kind.values().flatten();
        let seen = all.filter(move |placed| self.sees(from, placed.environment));
        seen.map(|placed| placed.root)
    }

    /// The labels of a namespace as seen from an environment: its name, which every one carries, and what the files say.
    pub(super) fn labels_of_namespace(
        &self,
        name: Option<&str>,
        (from, at): (usize, Span),
    ) -> Node {
        let mut labels = MapBuilder::new(at);
        let Some(name) = name else {
            return labels
                .open(Reason::Elsewhere("the namespace".into()))
                .build();
        };
        let own = self
            .seen("Namespace", from)
            .find(|one| one.name() == Some(name));
        match own.map(|own| own.root.at(&["metadata", "labels"])) {
            Some(Some(stated)) => labels.share_all(stated),
            Some(None) => &mut labels,
            None => labels.open(Reason::Elsewhere("the labels of the namespace".into())),
        };
        labels.put(NAME_LABEL, Node::string(at, name)).build()
    }

    /// The objects of a kind, wherever they are.
    pub(super) fn everywhere(&self, kind: &str) -> &[Placed<'a>] {
        self.by_kind.get(kind).map_or(&[], Vec::as_slice)
    }

    /// The environments that are seen from one, the nearest first.
    pub(super) fn levels(&self, from: usize) -> &[usize] {
        self.environments
            .seen_from
            .get(from)
            .map_or(&[], Vec::as_slice)
    }

    /// Whether one environment is the other, or stands below it.
    pub(super) fn sees(&self, from: usize, other: usize) -> bool {
        self.levels(from).contains(&other)
    }

    /// Whether one of two environments sees the other.
    pub(super) fn share(&self, one: usize, other: usize) -> bool {
        self.sees(one, other) || self.sees(other, one)
    }

    /// Whether there are objects whose names are not known.
    pub(super) fn has_templates(&self) -> bool {
        !self.with_templates.is_empty()
    }

    /// Whether an environment may hold more objects than can be named: something there is a template.
    pub(super) fn is_open(&self, from: usize) -> bool {
        let mut open = self.with_templates.iter();
        open.any(|other| self.sees(from, *other))
    }
}

/// Whether a kustomization makes objects whose names it does not say.
fn makes_hidden(root: &Node) -> bool {
    let hidden = ["generators", "helmCharts", "helmChartInflationGenerator"];
    let generators = root.get("configMapGenerator");
    let mut named = generators.map_or(&[][..], Node::items).iter();
    hidden.iter().any(|key| root.get(key).is_some())
        || generators.is_some_and(|all| all.openness().is_some())
        || named.any(|one| one.str_at(&["name"]).is_none())
}
