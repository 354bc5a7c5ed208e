//! Changes of a tree: a value at a path, or a place of which nothing is known any more.

use std::sync::Arc;

use crate::document::{Entry, List, MapBuilder, Node, Reason, Value};

/// Why a value is not known.
pub(super) fn overlay() -> Reason {
    Reason::Opaque("what kustomizations make of it differs, or is not known".into())
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

/// The same map without some entries.
pub(super) fn without(node: &Node, keys: &[&str]) -> Node {
    let Some(mut map) = node.as_map().cloned() else {
        return node.clone();
    };
    map.entries
        .retain(|entry| !keys.contains(&entry.key.as_str()));
    Node::new(node.span, Value::Map(Arc::new(map)))
}

/// The same map with a value at a path; nothing where something else stands on the way.
pub(super) fn with_value(node: &Node, path: &[&str], value: &Node) -> Option<Node> {
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

/// A list with other items, as open as before.
pub(super) fn with_items(node: &Node, items: Vec<Node>) -> Node {
    let open = node.as_list().and_then(|list| list.open.clone());
    Node::new(node.span, Value::List(Arc::new(List::new(items, open))))
}

/// A node with the place unknown to which the steps lead.
pub(super) fn touched(node: &Node, steps: &[String]) -> Node {
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
    if let Some(item) = position(&list.items, step).and_then(|at| list.items.get_mut(at)) {
        *item = touched(item, rest);
    }
    Node::new(node.span, Value::List(Arc::new(list)))
}

/// The index that a step means: a number, or `[key=value]` for the first item that has it.
fn position(items: &[Node], step: &str) -> Option<usize> {
    let Some(test) = step
        .strip_prefix('[')
        .and_then(|step| step.strip_suffix(']'))
    else {
        return step.parse().ok();
    };
    let (key, value) = test.split_once('=')?;
    items
        .iter()
        .position(|item| item.str_at(&[key]) == Some(value))
}
