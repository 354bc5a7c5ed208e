//! Patches that are lists of operations.
//!
//! Source: RFC 6902 (JSON Patch) and RFC 6901 (JSON Pointer).

use std::sync::Arc;

use crate::document::{Entry, Node, Value};

use super::tree::{touched, with_items};

/// An object after all operations; where one cannot be followed, its place is unknown.
pub(super) fn applied(root: &Node, operations: &[Node]) -> Node {
    operations.iter().fold(root.clone(), |root, operation| {
        let Some(path) = operation.str_at(&["path"]) else {
            return root;
        };
        let steps: Vec<String> = path.split('/').skip(1).map(unescaped).collect();
        let what = operation.str_at(&["op"]).unwrap_or("");
        if what == "test" {
            return root;
        }
        let done = match what {
            "remove" => changed(&root, &steps, None),
            "add" | "replace" => operation
                .get("value")
                .and_then(|value| changed(&root, &steps, Some((value, what == "add")))),
            _ => None,
        };
        done.unwrap_or_else(|| touched(&root, &steps))
    })
}

/// A step of a JSON pointer (RFC 6901).
fn unescaped(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

/// A node with another value at the place, or with none; nothing where the way does not exist.
fn changed(node: &Node, steps: &[String], value: Option<(&Node, bool)>) -> Option<Node> {
    let (step, rest) = steps.split_first()?;
    if node.as_list().is_some() {
        return in_list(node, step, rest, value);
    }
    let mut map = node.as_map()?.clone();
    let at = map.entries.iter().position(|entry| entry.key == *step);
    match (at, value) {
        (Some(at), _) if !rest.is_empty() => {
            let entry = map.entries.get_mut(at)?;
            entry.value = changed(&entry.value, rest, value)?;
        }
        (Some(at), Some((value, _))) => map.entries.get_mut(at)?.value = value.clone(),
        (Some(at), None) => {
            map.entries.remove(at);
        }
        (None, Some((value, true))) if rest.is_empty() => map.entries.push(Entry {
            key: step.as_str().into(),
            key_span: value.label(),
            value: value.clone(),
        }),
        (None, _) => return None,
    }
    Some(Node::new(node.span, Value::Map(Arc::new(map))))
}

fn in_list(node: &Node, step: &str, rest: &[String], value: Option<(&Node, bool)>) -> Option<Node> {
    // Where more items may be than the file shows, no number tells which one is meant.
    if node.as_list()?.open.is_some() {
        return None;
    }
    let mut items = node.items().to_vec();
    let at = match (step, step.parse::<usize>()) {
        ("-", _) => items.len(),
        (_, Ok(at)) => at,
        (_, Err(_)) => return None,
    };
    match value {
        _ if !rest.is_empty() => {
            let item = items.get_mut(at)?;
            *item = changed(item, rest, value)?;
        }
        Some((value, true)) if at <= items.len() => items.insert(at, value.clone()),
        Some((value, false)) => *items.get_mut(at)? = value.clone(),
        None if at < items.len() => {
            items.remove(at);
        }
        Some(_) | None => return None,
    }
    Some(with_items(node, items))
}
