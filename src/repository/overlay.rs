//! What a kustomize patch leaves unknown of an object: whatever it touches, and nothing else.

use std::sync::Arc;

use crate::document::{Entry, List, Map, Node, Reason, Value};

/// An object with everything unknown that the patch of a target may change.
///
/// A list is operations as in RFC 6902, a map is a part of the object.
pub(super) fn patched(root: &Node, patch: &Node) -> Node {
    let Some(map) = patch.as_map() else {
        let paths = patch
            .items()
            .iter()
            .filter_map(|item| item.str_at(&["path"]));
        return paths.fold(root.clone(), |root, path| {
            let steps: Vec<_> = path.split('/').skip(1).map(unescaped).collect();
            touched(&root, &steps)
        });
    };
    // The name and the kind in such a patch say nothing; the target does.
    match map.entry("spec") {
        Some(spec) => with_entry(root, "spec", |known| overlaid(known, &spec.value)),
        None => root.clone(),
    }
}

/// A step of a JSON pointer (RFC 6901).
fn unescaped(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

/// A node with the place unknown to which the steps lead.
fn touched(node: &Node, steps: &[String]) -> Node {
    let Some((step, rest)) = steps.split_first() else {
        return unknown(node);
    };
    let Some(list) = node.as_list() else {
        return with_entry(node, step, |value| touched(value, rest));
    };
    let mut list = list.clone();
    // An operation on an item itself can add or remove it, and then the items behind it move.
    if rest.is_empty() {
        list.open = Some(overlay());
    }
    let index = step.parse::<usize>().ok();
    if let Some(item) = index.and_then(|index| list.items.get_mut(index)) {
        *item = touched(item, rest);
    }
    Node::new(node.span, Value::List(Arc::new(list)))
}

/// Why it is not known.
pub(super) fn overlay() -> Reason {
    Reason::Elsewhere("what a kustomization makes of it".into())
}

/// The same place with nothing known of it.
pub(super) fn unknown(node: &Node) -> Node {
    Node::unknown(node.span, "", overlay())
}

/// A map with one entry changed; an entry that is not there stands at the map.
pub(super) fn with_entry(node: &Node, key: &str, change: impl Fn(&Node) -> Node) -> Node {
    let Some(map) = node.as_map() else {
        return node.clone();
    };
    let mut map = map.clone();
    match map.entries.iter_mut().find(|entry| entry.key == key) {
        Some(entry) => entry.value = change(&entry.value),
        None => map.entries.push(Entry {
            key: key.into(),
            key_span: node.label(),
            value: unknown(node),
        }),
    }
    Node::new(node.span, Value::Map(Arc::new(map)))
}

/// A node with everything unknown that a patch states.
pub(super) fn overlaid(base: &Node, patch: &Node) -> Node {
    match (&base.value, &patch.value) {
        (Value::Map(map), Value::Map(changed)) => overlaid_map(base, map, changed),
        (Value::List(list), Value::List(changed)) => {
            let name = |node: &Node| node.str_at(&["name"]).map(str::to_owned);
            let change = |item: &Node| {
                let partner = changed.items.iter().find(|other| name(other) == name(item));
                partner.map_or_else(|| item.clone(), |partner| overlaid(item, partner))
            };
            let items = list.items.iter().map(change).collect();
            let open = Some(overlay());
            Node::new(base.span, Value::List(Arc::new(List::new(items, open))))
        }
        _ if base.value == patch.value => base.clone(),
        _ => unknown(base),
    }
}

fn overlaid_map(base: &Node, map: &Map, patch: &Map) -> Node {
    let mut result = map.clone();
    for entry in &patch.entries {
        match result
            .entries
            .iter_mut()
            .find(|known| known.key == entry.key)
        {
            Some(known) => known.value = overlaid(&known.value, &entry.value),
            None => result.entries.push(Entry {
                key: entry.key.clone(),
                key_span: base.label(),
                value: unknown(base),
            }),
        }
    }
    Node::new(base.span, Value::Map(Arc::new(result)))
}
