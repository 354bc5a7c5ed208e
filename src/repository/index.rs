//! Finds objects by kind, namespace and name, and says so when there is more than one answer.
//!
//! A repository often holds several variants of one object: rendered examples, copies, tests. Objects in the folder of
//! the one that asks, and those that a kustomization builds with it, come first; beyond that an answer must be the only
//! one in the repository.

use std::collections::{BTreeMap, BTreeSet};

use crate::artifact::{Artifact, Home, Object, Reading};
use crate::document::Node;
use crate::repository::kustomize::Built;
use crate::repository::kustomize::generators::Made;
use crate::repository::owners::Ownership;
use crate::repository::recipes::Recipes;
use crate::repository::releases::Applications;
use crate::repository::topology::{Around, Inventory};
use crate::source::{FileId, SourceFile, folder};

/// The objects of a repository by kind.
pub(super) struct Index<'a> {
    by_kind: BTreeMap<&'a str, Vec<Place<'a>>>,
    /// The names of Deployments, of whatever folder and namespace.
    deployments: BTreeSet<&'a str>,
    /// Collector configurations by folder, but for those of resources: several may be merged.
    collectors: BTreeMap<&'a str, Vec<&'a Node>>,
    /// Which Dockerfiles build which images.
    pub(super) recipes: Recipes<'a>,
    /// Who answers for what.
    pub(super) ownership: Ownership<'a>,
    /// The Erlang applications.
    pub(super) applications: Applications<'a>,
    /// The maps that kustomizations make.
    pub(super) made: &'a [Made],
    /// The kustomizations that build each file.
    families: &'a BTreeMap<FileId, usize>,
    /// What stands around each file.
    pub(super) around: Around<'a>,
    files: &'a [SourceFile],
}

struct Place<'a> {
    folder: &'a str,
    /// What is built together with it.
    family: Option<usize>,
    root: &'a Node,
}

/// What the files of an environment come to.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) readings: &'a [Reading],
    pub(super) built: &'a Built,
}

/// What a search came to.
#[derive(Debug, Clone, Copy)]
pub(super) enum Answer<'a> {
    /// No object fits.
    None,
    /// Exactly one fits.
    One(&'a Node),
    /// Several fit, or an object fits that is not fully known.
    Unclear,
}

/// Whether something is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    No,
    Maybe,
    Yes,
}

impl<'a> Index<'a> {
    pub(super) fn new(files: &'a [SourceFile], seen: Seen<'a>) -> Self {
        let Seen { readings, built } = seen;
        let made = built.made.as_slice();
        let family = |file: FileId| built.families.get(&file).copied();
        let mut by_kind: BTreeMap<&str, Vec<Place<'_>>> = BTreeMap::new();
        let mut deployments = BTreeSet::new();
        let mut collectors: BTreeMap<&str, Vec<&Node>> = BTreeMap::new();
        for (file, reading) in files.iter().zip(readings) {
            for artifact in &reading.artifacts {
                if let Artifact::Object(Object { root, .. }) = artifact
                    && let Some(kind) = root.str_at(&["kind"])
                {
                    let folder = folder(&file.path);
                    if kind == "Deployment" {
                        deployments.extend(root.str_at(&["metadata", "name"]));
                    }
                    by_kind.entry(kind).or_default().push(Place {
                        folder,
                        family: family(file.id),
                        root,
                    });
                }
                if let Artifact::Collector(collector) = artifact
                    && !matches!(collector.home, Home::Resource { .. })
                    && !collector.is_part
                {
                    let folder = folder(&file.path);
                    collectors.entry(folder).or_default().push(&collector.root);
                }
            }
        }
        for one in made {
            if let Some(file) = files.get(one.file.0 as usize) {
                let folder = folder(&file.path);
                let root = &one.root;
                let maps = by_kind.entry("ConfigMap").or_default();
                maps.push(Place {
                    folder,
                    family: family(one.file),
                    root,
                });
            }
        }
        Self {
            by_kind,
            deployments,
            collectors,
            recipes: Recipes::new(files, readings),
            ownership: Ownership::new(files, readings),
            applications: Applications::new(files, readings),
            made,
            families: &built.families,
            around: Around::new(Inventory::new(files, seen)),
            files,
        }
    }

    /// The only map that a kustomization makes of a file, with the key that holds it, and the kustomization.
    pub(super) fn made_of(&self, file: FileId) -> Option<(&'a SourceFile, &'a Node, &'a str)> {
        let made = self.made.iter();
        let mut holding = made.flat_map(|made| {
            let sources = made.sources.iter().chain(&made.partly);
            sources
                .filter(|(_, source)| *source == file)
                .map(move |(key, _)| (made, key))
        });
        let (made, key) = holding.next()?;
        let file = self.files.get(made.file.0 as usize)?;
        holding
            .next()
            .is_none()
            .then_some((file, &made.root, key.as_str()))
    }

    /// The other collector configurations in the folder of a file, resources apart.
    pub(super) fn collectors_beside(
        &self,
        file: &SourceFile,
        own: &Node,
    ) -> impl Iterator<Item = &'a Node> {
        let all = self.collectors.get(folder(&file.path));
        let all = all.map_or(&[][..], Vec::as_slice).iter().copied();
        let place = own.span;
        all.filter(move |root| root.span != place)
    }

    /// The objects of a kind that fit, as seen from a file: those in its folder and those that are built together with it,
    /// else those of the repository.
    ///
    /// What stands in another folder may belong to another environment, so it only may fit, and what only may fit
    /// there does not count.
    fn fitting(
        &self,
        kind: &str,
        from: &SourceFile,
        fits: &dyn Fn(&Node) -> Fit,
    ) -> Vec<(&'a Node, Fit)> {
        let here = folder(&from.path);
        let family = self.families.get(&from.id);
        let is_near = |place: &Place<'_>| {
            place.folder == here || family.is_some() && place.family.as_ref() == family
        };
        let places = self.by_kind.get(kind).map_or(&[][..], Vec::as_slice);
        let select = |near: bool| -> Vec<(&'a Node, Fit)> {
            let places = places.iter().filter(|place| is_near(place) == near);
            let judged = places.map(|place| (place.root, fits(place.root)));
            judged.filter(|(_, fit)| *fit != Fit::No).collect()
        };
        let near = select(true);
        if !near.is_empty() {
            return near;
        }
        let far = select(false).into_iter();
        far.filter(|(_, fit)| *fit == Fit::Yes)
            .map(|(root, _)| (root, Fit::Maybe))
            .collect()
    }

    /// The one object of a kind that fits.
    pub(super) fn find(
        &self,
        kind: &str,
        from: &SourceFile,
        fits: &dyn Fn(&Node) -> Fit,
    ) -> Answer<'a> {
        match self.fitting(kind, from, fits).as_slice() {
            [] => Answer::None,
            [(root, Fit::Yes)] => Answer::One(root),
            _ => Answer::Unclear,
        }
    }

    /// Whether a Deployment somewhere has a name.
    pub(super) fn has_deployment(&self, name: &str) -> bool {
        self.deployments.contains(name)
    }

    /// Every object of a kind in the folder of a file that fits, and whether others may.
    pub(super) fn beside(
        &self,
        kind: &str,
        from: &SourceFile,
        fits: &dyn Fn(&Node) -> Fit,
    ) -> (Vec<&'a Node>, bool) {
        let all = self.fitting(kind, from, fits);
        let unclear = all.iter().any(|(_, fit)| *fit == Fit::Maybe);
        (
            all.into_iter()
                .filter(|(_, fit)| *fit == Fit::Yes)
                .map(|(root, _)| root)
                .collect(),
            unclear,
        )
    }
}

/// Whether two names that may be absent or unknown are the same.
pub(super) fn same(a: Option<&Node>, b: Option<&Node>) -> Fit {
    match (a, b) {
        (None, None) => Fit::Yes,
        (Some(a), Some(b)) => match (a.as_str(), b.as_str()) {
            (Some(a), Some(b)) => {
                if a == b {
                    Fit::Yes
                } else {
                    Fit::No
                }
            }
            _ => Fit::Maybe,
        },
        // An object without a namespace goes where the deployment tool puts it.
        (Some(_), None) | (None, Some(_)) => Fit::Maybe,
    }
}

impl Fit {
    /// Both.
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            _ => Self::Maybe,
        }
    }

    /// Either.
    pub(super) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Yes, _) | (_, Self::Yes) => Self::Yes,
            (Self::No, Self::No) => Self::No,
            _ => Self::Maybe,
        }
    }

    /// The opposite.
    fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Maybe => Self::Maybe,
        }
    }

    /// A sure answer.
    pub(super) fn sure(is: bool) -> Self {
        if is { Self::Yes } else { Self::No }
    }
}

/// Whether a label selector selects pods with these labels. An empty selector selects everything.
pub(super) fn selects(selector: Option<&Node>, labels: Option<&Node>) -> Fit {
    let Some(selector) = selector else {
        return Fit::No;
    };
    // A key without a value selects nothing, unlike an empty map.
    if selector.is_null() {
        return Fit::No;
    }
    if selector.is_unknown() {
        return Fit::Maybe;
    }
    let wanted = selector.get("matchLabels");
    if wanted.is_some_and(|wanted| {
        wanted.is_unknown() || wanted.as_map().is_some_and(|map| map.open.is_some())
    }) {
        return Fit::Maybe;
    }
    let open = labels.is_some_and(|labels| {
        labels.is_unknown() || labels.as_map().is_some_and(|map| map.open.is_some())
    });
    let expressions = selector.get("matchExpressions");
    let expressions = expressions.map_or(&[][..], Node::items).iter();
    let by_expressions = expressions
        .map(|expression| meets(expression, labels, open))
        .fold(Fit::Yes, Fit::and);
    wanted
        .map_or(&[][..], Node::entries)
        .iter()
        .fold(by_expressions, |fit, entry| {
            let label = labels.and_then(|labels| labels.get(&entry.key));
            fit.and(match label {
                Some(label) => same(Some(&entry.value), Some(label)),
                None if open => Fit::Maybe,
                None => Fit::No,
            })
        })
}

/// Whether labels meet one of `matchExpressions`.
/// Source: the Kubernetes API reference, `LabelSelectorRequirement`.
fn meets(expression: &Node, labels: Option<&Node>, open: bool) -> Fit {
    let part = |key: &str| expression.get(key).and_then(Node::as_str);
    let (Some(key), Some(operator)) = (part("key"), part("operator")) else {
        return Fit::Maybe;
    };
    let values = expression.get("values").map_or(&[][..], Node::items);
    let label = labels.and_then(|labels| labels.get(key));
    let is_listed = |label: &Node| {
        values
            .iter()
            .map(|value| same(Some(value), Some(label)))
            .fold(Fit::No, Fit::or)
    };
    match (operator, label) {
        (_, None) if open => Fit::Maybe,
        ("In", Some(label)) => is_listed(label),
        ("NotIn", Some(label)) => is_listed(label).not(),
        ("Exists", label) => Fit::sure(label.is_some()),
        ("DoesNotExist", label) => Fit::sure(label.is_none()),
        ("In", None) => Fit::No,
        ("NotIn", None) => Fit::Yes,
        _ => Fit::Maybe,
    }
}
