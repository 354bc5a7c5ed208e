//! Names that a kustomization makes longer, and what refers to them.
//!
//! Only what Kubernetes itself refers by is renamed together with its object: an address in a variable stays as it is
//! written, and so does a name inside a resource of somebody else.
//! Source: the reference of kustomize, `namePrefix`, `nameSuffix` and its table of name references.

use std::collections::BTreeMap;

use crate::document::{Node, Value};

use super::build::Object;
use super::builds::Kustomization;
use super::strategic::is_builtin;
use super::tree::{with_entry, with_items, with_value};

/// Kinds that keep their names.
const KEPT: [&str; 3] = ["APIService", "CustomResourceDefinition", "Namespace"];

/// References by the key under which they stand: the key of the name, and the kind that is meant.
const REFERENCES: [(&str, &str, &str); 11] = [
    ("configMap", "name", "ConfigMap"),
    ("configMapKeyRef", "name", "ConfigMap"),
    ("configMapRef", "name", "ConfigMap"),
    ("imagePullSecrets", "name", "Secret"),
    (
        "persistentVolumeClaim",
        "claimName",
        "PersistentVolumeClaim",
    ),
    ("secret", "name", "Secret"),
    ("secret", "secretName", "Secret"),
    ("secretKeyRef", "name", "Secret"),
    ("secretRef", "name", "Secret"),
    ("service", "name", "Service"),
    ("tls", "secretName", "Secret"),
];

/// Names that stand alone: their key, and the kind that is meant.
const ALONE: [(&str, &str); 3] = [
    ("serviceAccountName", "ServiceAccount"),
    ("serviceAccount", "ServiceAccount"),
    ("serviceName", "Service"),
];

/// References that say themselves which kind they mean.
const WITH_KIND: [&str; 3] = ["roleRef", "scaleTargetRef", "subjects"];

/// Whether objects get the names that kustomizations give them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    Given,
    Kept,
}

/// The names that have changed, by kind.
type Renamed = BTreeMap<(String, String), String>;

/// Puts prefix and suffix around the names of objects, and of what refers to them.
pub(super) fn rename(one: &Kustomization<'_>, names: Names, objects: &mut [Object]) {
    let part = |key: &str| one.root.str_at(&[key]).unwrap_or("");
    let (prefix, suffix) = (part("namePrefix"), part("nameSuffix"));
    if prefix.is_empty() && suffix.is_empty() {
        return;
    }
    let mut renamed = Renamed::new();
    for object in objects.iter_mut() {
        let part = |path: &[&str]| object.root.str_at(path).unwrap_or("").to_owned();
        let (kind, name) = (part(&["kind"]), part(&["metadata", "name"]));
        if name.is_empty() || KEPT.contains(&kind.as_str()) {
            continue;
        }
        let new = format!("{prefix}{name}{suffix}");
        if names == Names::Kept {
            object.former.push(new);
            continue;
        }
        if let Some(root) = object.root.at(&["metadata", "name"]).and_then(|old| {
            let new = Node::string(old.span, new.as_str());
            with_value(&object.root, &["metadata", "name"], &new)
        }) {
            object.former.push(name.clone());
            object.root = root;
            renamed.insert((kind, name), new);
        }
    }
    for object in objects.iter_mut().filter(|object| is_builtin(&object.root)) {
        object.root = referring(&object.root, &renamed);
    }
}

/// A tree whose references mean the new names.
fn referring(node: &Node, renamed: &Renamed) -> Node {
    if node.as_list().is_some() {
        let items = node.items().iter();
        return with_items(node, items.map(|item| referring(item, renamed)).collect());
    }
    let entries = node.entries().iter();
    entries.fold(node.clone(), |node, entry| {
        let key = entry.key.as_str();
        let alone = ALONE.iter().find(|(name, _)| *name == key);
        if let Some((_, kind)) = alone {
            return with_entry(&node, key, |name| called(name, kind, renamed));
        }
        match entry.value.value {
            Value::Map(_) | Value::List(_) => with_entry(&node, key, |value| {
                let value = referring(value, renamed);
                one_or_more(&value, &|value| referred(key, value, renamed))
            }),
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::Str(_)
            | Value::Unknown(_) => node,
        }
    })
}

fn one_or_more(node: &Node, change: &dyn Fn(&Node) -> Node) -> Node {
    if node.as_list().is_some() {
        with_items(node, node.items().iter().map(change).collect())
    } else {
        change(node)
    }
}

/// What stands under a key, with the new name of what it refers to.
fn referred(key: &str, value: &Node, renamed: &Renamed) -> Node {
    let own = value.str_at(&["kind"]).filter(|_| WITH_KIND.contains(&key));
    let own = own.map(|kind| ("name", kind));
    let known = REFERENCES.iter().filter(|(at, ..)| *at == key);
    let all = known.map(|(_, name, kind)| (*name, *kind)).chain(own);
    all.fold(value.clone(), |value, (name, kind)| {
        if value.get(name).is_some() {
            with_entry(&value, name, |name| called(name, kind, renamed))
        } else {
            value
        }
    })
}

fn called(name: &Node, kind: &str, renamed: &Renamed) -> Node {
    let new = name
        .as_str()
        .and_then(|text| renamed.get(&(kind.to_owned(), text.to_owned())));
    new.map_or_else(|| name.clone(), |new| Node::string(name.span, new.as_str()))
}
