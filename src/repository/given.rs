//! The namespace and the labels that kustomizations give to every object that they build.
//!
//! Source: the reference of kustomize, `namespace`, `labels` and `commonLabels`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::artifact::{Artifact, Reading};
use crate::document::{Entry, MapBuilder, Node, Value};
use crate::repository::builds::{Builds, list};
use crate::repository::kustomize;
use crate::source::{FileId, SourceFile};

/// Kinds of objects that are in no namespace, beside those that `Cluster` begins.
const CLUSTERED: [&str; 13] = [
    "APIService",
    "CSIDriver",
    "CustomResourceDefinition",
    "GatewayClass",
    "IngressClass",
    "MutatingWebhookConfiguration",
    "Namespace",
    "Node",
    "PersistentVolume",
    "PriorityClass",
    "RuntimeClass",
    "StorageClass",
    "ValidatingWebhookConfiguration",
];

/// What kustomizations give to every object that they build.
#[derive(Clone, Default)]
pub(super) struct Given {
    pub(super) namespace: Option<Node>,
    pub(super) labels: BTreeMap<String, Label>,
}

/// A label, and whether pods get it too.
#[derive(Clone, PartialEq)]
pub(super) struct Label {
    pub(super) value: Node,
    pub(super) is_of_pods: bool,
}

/// Puts into objects what every build of them gives: the namespace, and labels that they do not state themselves.
pub(super) fn give(files: &[SourceFile], readings: &mut [Reading]) {
    let given = Builds::new(files, readings).map(|builds| builds.given());
    let given = given.unwrap_or_default();
    let accounts = accounts(readings, &given);
    for (file, given) in given {
        let reading = readings.get_mut(file.0 as usize);
        let artifacts = reading.map(|reading| &mut reading.artifacts);
        for artifact in artifacts.into_iter().flatten() {
            if let Artifact::Object(object) = artifact {
                let root = with_given(&object.root, &given);
                object.root = with_bound(&root, (&given, &accounts)).unwrap_or(root);
            }
        }
    }
}

/// Service accounts with the namespaces that their builds give them.
fn accounts(readings: &[Reading], given: &BTreeMap<FileId, Given>) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for (file, given) in given {
        let Some(namespace) = given.namespace.as_ref().and_then(Node::as_str) else {
            continue;
        };
        found.insert((namespace.to_owned(), "default".to_owned()));
        let roots = readings
            .get(file.0 as usize)
            .into_iter()
            .flat_map(kustomize::roots);
        let accounts = roots.filter(|root| root.str_at(&["kind"]) == Some("ServiceAccount"));
        let names = accounts.filter_map(|root| root.str_at(&["metadata", "name"]));
        found.extend(names.map(|name| (namespace.to_owned(), name.to_owned())));
    }
    found
}

/// A binding whose accounts have moved with the namespace; nothing for everything else.
fn with_bound(
    root: &Node,
    (given, accounts): (&Given, &BTreeSet<(String, String)>),
) -> Option<Node> {
    let namespace = given.namespace.as_ref()?;
    let text = namespace.as_str()?;
    let is_binding = root.str_at(&["kind"])?.ends_with("RoleBinding");
    let mut list = root
        .get("subjects")
        .filter(|_| is_binding)?
        .as_list()?
        .clone();
    for subject in &mut list.items {
        let name = subject.str_at(&["name"]).unwrap_or("").to_owned();
        if subject.str_at(&["kind"]) == Some("ServiceAccount")
            && accounts.contains(&(text.to_owned(), name))
        {
            *subject = with_value(subject, &["namespace"], namespace)?;
        }
    }
    let subjects = root.get("subjects")?;
    with_value(
        root,
        &["subjects"],
        &Node::new(subjects.span, Value::List(Arc::new(list))),
    )
}

/// An object with what its builds give.
///
/// Selectors stay as they are: that labels are added to a selector and to its pods alike changes no match.
fn with_given(root: &Node, given: &Given) -> Node {
    let kind = root.str_at(&["kind"]).unwrap_or("");
    let is_clustered = kind.starts_with("Cluster") || CLUSTERED.contains(&kind);
    let namespace = given.namespace.as_ref().filter(|_| !is_clustered);
    let labelled = |metadata: &Node, is_of_pods: bool| {
        let mut labels = given.labels.iter();
        labels.try_fold(metadata.clone(), |metadata, (key, label)| {
            let is_added = label.is_of_pods || !is_of_pods;
            match metadata.at(&["labels", key]) {
                None if is_added => with_value(&metadata, &["labels", key], &label.value),
                Some(_) | None => Some(metadata),
            }
        })
    };
    let change = |root: &Node| {
        let mut metadata = labelled(root.get("metadata")?, kind == "Pod")?;
        if let Some(namespace) = namespace {
            metadata = with_value(&metadata, &["namespace"], namespace)?;
        }
        let root = with_value(root, &["metadata"], &metadata)?;
        let Some(template) = root.at(&["spec", "template", "metadata"]) else {
            return Some(root);
        };
        let template = labelled(template, true)?;
        with_value(&root, &["spec", "template", "metadata"], &template)
    };
    change(root).unwrap_or_else(|| root.clone())
}

/// The same map with a value at a path; nothing where something else stands on the way.
fn with_value(node: &Node, path: &[&str], value: &Node) -> Option<Node> {
    let Some((key, rest)) = path.split_first() else {
        return Some(value.clone());
    };
    let mut map = node.as_map()?.clone();
    if let Some(entry) = map.entries.iter_mut().find(|entry| entry.key == *key) {
        entry.value = with_value(&entry.value, rest, value)?;
    } else {
        let within = MapBuilder::new(value.span).build();
        map.entries.push(Entry {
            key: (*key).into(),
            key_span: value.label(),
            value: with_value(&within, rest, value)?,
        });
    }
    Some(Node::new(node.span, Value::Map(Arc::new(map))))
}

impl Given {
    pub(super) fn of(kustomization: &Node) -> Self {
        let mut labels = BTreeMap::new();
        let mut add = |pairs: Option<&Node>, is_of_pods| {
            for pair in pairs.map_or(&[][..], Node::entries) {
                let value = pair.value.clone();
                labels.insert(pair.key.to_string(), Label { value, is_of_pods });
            }
        };
        for entry in list(kustomization, "labels") {
            let is_set = |key| entry.get(key).and_then(Node::as_bool) == Some(true);
            let is_of_pods = is_set("includeSelectors") || is_set("includeTemplates");
            add(entry.get("pairs"), is_of_pods);
        }
        add(kustomization.get("commonLabels"), true);
        Self {
            namespace: kustomization.get("namespace").cloned(),
            labels,
        }
    }

    /// The same where a kustomization above has the last word.
    pub(super) fn under(mut self, above: &Self) -> Self {
        if above.namespace.is_some() {
            self.namespace.clone_from(&above.namespace);
        }
        self.labels.extend(above.labels.clone());
        self
    }

    pub(super) fn keep_shared(&mut self, other: &Self) {
        let text = |given: &Self| given.namespace.as_ref()?.as_str().map(str::to_owned);
        if text(self) != text(other) {
            self.namespace = None;
        }
        self.labels.retain(|key, label| {
            let same = other.labels.get(key);
            same.is_some_and(|same| same.value.value == label.value.value)
        });
    }
}
