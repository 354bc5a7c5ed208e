//! What several builds of one object agree on.
//!
//! Where there are two builds, a value in which they differ carries both, the first build's first: a verdict that comes
//! out the same with all the first and with all the second ones is that of both builds.

use std::sync::Arc;

use crate::document::{Entry, List, Map, Node, Value};

use super::tree::{overlay, unknown};

/// The object that all builds agree on; nothing where there is no build.
pub(super) fn of(versions: &[Node]) -> Option<Node> {
    let (first, rest) = versions.split_first()?;
    let is_pair = versions.len() == 2;
    let agreed = rest
        .iter()
        .fold(first.clone(), |agreed, other| both(&agreed, other, is_pair));
    Some(agreed)
}

fn both(one: &Node, other: &Node, is_pair: bool) -> Node {
    match (&one.value, &other.value) {
        (left, right) if left == right => one.clone(),
        (Value::Map(left), Value::Map(right)) => {
            if Arc::ptr_eq(left, right) {
                return one.clone();
            }
            Node::new(
                one.span,
                Value::Map(Arc::new(maps(one, (left, right), is_pair))),
            )
        }
        (Value::List(left), Value::List(right)) => Node::new(
            one.span,
            Value::List(Arc::new(lists((left, right), is_pair))),
        ),
        (left, right) if is_pair && is_scalar(left) && is_scalar(right) => {
            Node::of_kind(one.span, "", overlay(), [left.clone(), right.clone()])
        }
        _ => unknown(one),
    }
}

fn is_scalar(value: &Value) -> bool {
    match value {
        Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) => true,
        Value::Null | Value::List(_) | Value::Map(_) | Value::Unknown(_) => false,
    }
}

fn maps(at: &Node, (one, other): (&Map, &Map), is_pair: bool) -> Map {
    let alone = |entry: &Entry| Entry {
        key: entry.key.clone(),
        key_span: entry.key_span,
        value: unknown(at),
    };
    let shared = one.entries.iter().map(|entry| match other.get(&entry.key) {
        Some(value) => Entry {
            value: both(&entry.value, value, is_pair),
            ..entry.clone()
        },
        None => alone(entry),
    });
    let mut entries: Vec<Entry> = shared.collect();
    let added = other.entries.iter();
    entries.extend(
        added
            .filter(|entry| one.get(&entry.key).is_none())
            .map(alone),
    );
    Map {
        entries,
        open: one.open.clone().or_else(|| other.open.clone()),
        label: one.label,
    }
}

/// Items that only some builds have are left out of an open list.
fn lists((one, other): (&List, &List), is_pair: bool) -> List {
    let open = one.open.clone().or_else(|| other.open.clone());
    let name = |node: &Node| node.str_at(&["name"]).map(str::to_owned);
    let is_named = |list: &List| list.items.iter().all(|item| name(item).is_some());
    if is_named(one) && is_named(other) {
        let partner = |item: &Node| {
            let partner = other.items.iter().find(|other| name(other) == name(item));
            partner.map(|partner| both(item, partner, is_pair))
        };
        let items: Vec<Node> = one.items.iter().filter_map(partner).collect();
        let is_whole = items.len() == one.items.len() && items.len() == other.items.len();
        let open = open.or_else(|| (!is_whole).then(overlay));
        return List::new(items, open);
    }
    let pairs = one.items.iter().zip(&other.items);
    let items = pairs
        .map(|(one, other)| both(one, other, is_pair))
        .collect();
    let is_whole = one.items.len() == other.items.len();
    List::new(items, open.or_else(|| (!is_whole).then(overlay)))
}
