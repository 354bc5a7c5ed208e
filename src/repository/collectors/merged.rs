//! A configuration into which others are merged: what it does not say may stand in them.

use std::sync::Arc;

use crate::document::{Entry, List, Node, Reason, Value};
use crate::repository::derived;

/// The configuration with every map open, with every list of a pipeline open, and with nothing for sure where it says
/// nothing: others come after it on the command line, or before it.
pub(super) fn opened(root: &Node, reason: &Reason) -> Node {
    with_entries(root, reason, |entry| match entry.key.as_str() {
        "service" => with_entries(&entry.value, reason, |entry| match entry.key.as_str() {
            "pipelines" => pipelines(&entry.value, reason),
            "extensions" => open_list(&entry.value, reason),
            _ => settings(&entry.value, reason),
        }),
        _ => settings(&entry.value, reason),
    })
}

fn pipelines(node: &Node, reason: &Reason) -> Node {
    with_entries(node, reason, |entry| {
        with_entries(&entry.value, reason, |entry| {
            open_list(&entry.value, reason)
        })
    })
}

/// Settings, of which others may be changed or added at any depth.
fn settings(node: &Node, reason: &Reason) -> Node {
    match &node.value {
        Value::Map(_) => with_entries(node, reason, |entry| settings(&entry.value, reason)),
        Value::Null => Node::unknown(node.span, "", reason.clone()),
        Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::Str(_)
        | Value::List(_)
        | Value::Unknown(_) => node.clone(),
    }
}

fn open_list(node: &Node, reason: &Reason) -> Node {
    let Some(list) = node.as_list() else {
        return settings(node, reason);
    };
    let open = list.open.clone().or_else(|| Some(reason.clone()));
    let list = List::new(list.items.clone(), open);
    Node::new(node.span, Value::List(Arc::new(list)))
}

fn with_entries(node: &Node, reason: &Reason, value: impl Fn(&Entry) -> Node) -> Node {
    if node.as_map().is_none() {
        return settings(node, reason);
    }
    let mut map = derived(node);
    for entry in node.entries() {
        map.put_at(&entry.key, entry.key_span, value(entry));
    }
    map.open(node.openness().unwrap_or_else(|| reason.clone()));
    map.build()
}
