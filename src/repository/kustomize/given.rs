//! The namespace, the labels and the annotations that a kustomization gives to every object that it builds.
//!
//! Source: the reference of kustomize, `namespace`, `labels`, `commonLabels` and `commonAnnotations`.

use std::collections::{BTreeMap, BTreeSet};

use crate::document::Node;

use super::build::Object;
use super::builds::list;
use super::tree::{with_items, with_value};

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

/// Where selectors of pods stand.
const SELECTORS: [&[&str]; 3] = [
    &["spec", "podSelector", "matchLabels"],
    &["spec", "selector"],
    &["spec", "selector", "matchLabels"],
];

/// What a kustomization gives to every object that it builds.
pub(super) struct Given {
    namespace: Option<Node>,
    labels: BTreeMap<String, Label>,
    annotations: Option<Node>,
}

/// A label, and whether pods get it too.
struct Label {
    value: Node,
    is_of_pods: bool,
    is_of_selectors: bool,
}

/// A binding whose accounts have moved with the namespace; nothing for everything else.
fn with_bound(root: &Node, (given, accounts): (&Given, &BTreeSet<String>)) -> Option<Node> {
    let namespace = given.namespace.as_ref()?;
    let is_binding = root.str_at(&["kind"])?.ends_with("RoleBinding");
    let list = root.get("subjects").filter(|_| is_binding)?;
    let bound = |subject: &Node| {
        let is_account = subject.str_at(&["kind"]) == Some("ServiceAccount");
        let name = subject.str_at(&["name"]).unwrap_or("");
        if is_account && accounts.contains(name) {
            with_value(subject, &["namespace"], namespace)
        } else {
            Some(subject.clone())
        }
    };
    let subjects: Option<Vec<Node>> = list.items().iter().map(bound).collect();
    with_value(root, &["subjects"], &with_items(list, subjects?))
}

/// An object with what its build gives.
///
/// A label that is new goes into no selector: that it is added to one and to its pods alike changes no match. A value
/// that is exchanged can.
fn with_given(root: &Node, given: &Given) -> Node {
    let kind = root.str_at(&["kind"]).unwrap_or("");
    let is_clustered = kind.starts_with("Cluster") || CLUSTERED.contains(&kind);
    let namespace = given.namespace.as_ref().filter(|_| !is_clustered);
    let labelled = |metadata: &Node, is_of_pods: bool| {
        let mut labels = given.labels.iter();
        labels.try_fold(metadata.clone(), |metadata, (key, label)| {
            if label.is_of_pods || !is_of_pods {
                with_value(&metadata, &["labels", key], &label.value)
            } else {
                Some(metadata)
            }
        })
    };
    let selecting = |root: Node| {
        let labels = given
            .labels
            .iter()
            .filter(|(_, label)| label.is_of_selectors);
        let places = SELECTORS
            .iter()
            .flat_map(|path| labels.clone().map(move |one| (path, one)));
        places.fold(root, |root, (path, (key, label))| {
            let path: Vec<&str> = path.iter().copied().chain([key.as_str()]).collect();
            let known = root
                .at(&path)
                .and_then(|_| with_value(&root, &path, &label.value));
            known.unwrap_or(root)
        })
    };
    let annotated = |metadata: Node| {
        let all = given.annotations.as_ref().map_or(&[][..], Node::entries);
        all.iter().try_fold(metadata, |metadata, entry| {
            with_value(&metadata, &["annotations", &entry.key], &entry.value)
        })
    };
    let change = |root: &Node| {
        let mut metadata = annotated(labelled(root.get("metadata")?, false)?)?;
        if let Some(namespace) = namespace {
            metadata = with_value(&metadata, &["namespace"], namespace)?;
        }
        let root = selecting(with_value(root, &["metadata"], &metadata)?);
        let Some(template) = root.at(&["spec", "template", "metadata"]) else {
            return Some(root);
        };
        let template = annotated(labelled(template, true)?)?;
        with_value(&root, &["spec", "template", "metadata"], &template)
    };
    change(root).unwrap_or_else(|| root.clone())
}

impl Given {
    pub(super) fn of(kustomization: &Node) -> Self {
        let mut labels = BTreeMap::new();
        let mut add = |pairs: Option<&Node>, (is_of_pods, is_of_selectors)| {
            for pair in pairs.map_or(&[][..], Node::entries) {
                let value = pair.value.clone();
                let label = Label {
                    value,
                    is_of_pods,
                    is_of_selectors,
                };
                labels.insert(pair.key.to_string(), label);
            }
        };
        for entry in list(kustomization, "labels") {
            let is_set = |key| entry.get(key).and_then(Node::as_bool) == Some(true);
            let is_of_selectors = is_set("includeSelectors");
            let is_of_pods = is_of_selectors || is_set("includeTemplates");
            add(entry.get("pairs"), (is_of_pods, is_of_selectors));
        }
        add(kustomization.get("commonLabels"), (true, true));
        Self {
            namespace: kustomization.get("namespace").cloned(),
            labels,
            annotations: kustomization.get("commonAnnotations").cloned(),
        }
    }

    /// Puts the namespace and the labels into all objects.
    pub(super) fn give(&self, objects: &mut [Object]) {
        if self.namespace.is_none() && self.labels.is_empty() && self.annotations.is_none() {
            return;
        }
        let is_account = |object: &&Object| object.root.str_at(&["kind"]) == Some("ServiceAccount");
        let accounts = objects.iter().filter(is_account);
        let names = accounts.filter_map(|account| account.root.str_at(&["metadata", "name"]));
        let mut accounts: BTreeSet<String> = names.map(str::to_owned).collect();
        accounts.insert("default".to_owned());
        for object in objects {
            let root = with_given(&object.root, self);
            object.root = with_bound(&root, (self, &accounts)).unwrap_or(root);
        }
    }
}
