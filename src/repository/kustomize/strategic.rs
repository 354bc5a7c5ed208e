//! Patches that are parts of objects: a strategic merge.
//!
//! Source: the Kubernetes API conventions on strategic merge patches, and the patch merge keys of its API types; objects
//! of other groups have none, and their lists are replaced.

use std::sync::Arc;

use crate::document::{Entry, Map, Node, Value};

use super::tree::{unknown, with_items};

/// What says how a part is to be merged.
const DIRECTIVE: &str = "$patch";

/// Lists whose items are told apart, each with the keys that do it.
const MERGED: [(&str, &[&str]); 13] = [
    ("containers", &["name"]),
    ("conditions", &["type"]),
    ("env", &["name"]),
    ("ephemeralContainers", &["name"]),
    ("hostAliases", &["ip"]),
    ("imagePullSecrets", &["name"]),
    ("initContainers", &["name"]),
    ("ports", &["containerPort", "port"]),
    ("secrets", &["name"]),
    ("topologySpreadConstraints", &["topologyKey"]),
    ("volumeDevices", &["devicePath"]),
    ("volumeMounts", &["mountPath"]),
    ("volumes", &["name"]),
];

/// An object with a patch merged into it; nothing where the patch deletes it.
pub(super) fn merged(root: &Node, patch: &Node) -> Option<Node> {
    let has_keys = is_builtin(root);
    Strategy { has_keys }.merge(root, patch)
}

/// Whether the type of an object is one of Kubernetes itself.
pub(super) fn is_builtin(root: &Node) -> bool {
    let version = root.str_at(&["apiVersion"]).unwrap_or("");
    let group = version.split_once('/').map_or("", |(group, _)| group);
    !group.contains('.') || (group.ends_with(".k8s.io") && group != "gateway.networking.k8s.io")
}

#[derive(Clone, Copy)]
struct Strategy {
    has_keys: bool,
}

impl Strategy {
    fn merge(self, base: &Node, patch: &Node) -> Option<Node> {
        match (&base.value, &patch.value) {
            (Value::Map(map), Value::Map(changes)) => match directive(patch) {
                None | Some("merge") => Some(self.maps(base, map, changes)),
                Some("replace") => Some(bare(patch)),
                Some("delete") => None,
                Some(_) => Some(unknown(base)),
            },
            _ if directive(patch) == Some("delete") => None,
            _ => Some(bare(patch)),
        }
    }

    fn maps(self, base: &Node, map: &Map, changes: &Map) -> Node {
        let mut result = map.clone();
        for change in &changes.entries {
            if change.key == DIRECTIVE {
                continue;
            }
            if change.key.starts_with('$') {
                // What only orders changes nothing that we look at; what deletes from a list is not followed.
                let listed = change.key.strip_prefix("$deleteFromPrimitiveList/");
                let entries = result.entries.iter_mut();
                for entry in entries.filter(|entry| Some(entry.key.as_str()) == listed) {
                    entry.value = unknown(&entry.value);
                }
                continue;
            }
            let at = result
                .entries
                .iter()
                .position(|entry| entry.key == change.key);
            let value = match at.and_then(|at| result.entries.get(at)) {
                _ if change.value.is_null() => None,
                None => added(&change.value),
                Some(known) if change.value.as_list().is_some() => {
                    Some(self.lists(&change.key, &known.value, &change.value))
                }
                Some(known) => self.merge(&known.value, &change.value),
            };
            match (at, value) {
                (Some(at), Some(value)) => {
                    if let Some(entry) = result.entries.get_mut(at) {
                        entry.value = value;
                    }
                }
                (None, Some(value)) => result.entries.push(Entry {
                    value,
                    ..change.clone()
                }),
                (Some(at), None) => {
                    result.entries.remove(at);
                }
                (None, None) => {}
            }
        }
        Node::new(base.span, Value::Map(Arc::new(result)))
    }

    fn lists(self, key: &str, base: &Node, patch: &Node) -> Node {
        let is_whole =
            |item: &Node| directive(item) == Some("replace") && item.entries().len() == 1;
        let keys = MERGED.iter().find(|(name, _)| *name == key);
        let keys = keys
            .filter(|_| self.has_keys)
            .map_or(&[][..], |(_, keys)| keys);
        let identity = |item: &Node| {
            let key = keys.iter().find(|key| item.get(key).is_some())?;
            let protocol = item.str_at(&["protocol"]).unwrap_or("TCP").to_owned();
            Some((item.get(key)?.value.clone(), protocol))
        };
        let changes = patch.items();
        if base.as_list().is_none() || keys.is_empty() || changes.iter().any(is_whole) {
            let items = changes.iter().filter(|item| !is_whole(item));
            return with_items(patch, items.map(bare).collect());
        }
        // What a patch names comes first, in its order.
        let partner = |item: &Node, among: &[Node]| {
            let own = identity(item)?;
            let mut among = among.iter();
            among
                .find(|other| identity(other).as_ref() == Some(&own))
                .cloned()
        };
        let stated = changes
            .iter()
            .filter_map(|item| match partner(item, base.items()) {
                Some(own) => self.merge(&own, item),
                None => added(item),
            });
        let rest = base.items().iter();
        let rest = rest.filter(|own| partner(own, changes).is_none()).cloned();
        let items = stated.chain(rest).collect();
        with_items(base, items)
    }
}

/// A value that was not there before; nothing for one that only deletes.
fn added(patch: &Node) -> Option<Node> {
    (directive(patch) != Some("delete")).then(|| bare(patch))
}

fn directive(node: &Node) -> Option<&str> {
    node.str_at(&[DIRECTIVE])
}

/// A part of a patch without what only steers the merge.
fn bare(patch: &Node) -> Node {
    match &patch.value {
        Value::Map(map) => {
            let kept = |entry: &&Entry| !entry.key.starts_with('$') && !entry.value.is_null();
            let entries = map.entries.iter().filter(kept).map(|entry| Entry {
                value: bare(&entry.value),
                ..entry.clone()
            });
            let map = Map {
                entries: entries.collect(),
                ..(**map).clone()
            };
            Node::new(patch.span, Value::Map(Arc::new(map)))
        }
        Value::List(list) => with_items(patch, list.items.iter().map(bare).collect()),
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::Str(_)
        | Value::Unknown(_) => patch.clone(),
    }
}
