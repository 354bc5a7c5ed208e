//! What several builds of one object agree on.
//!
//! Where there are two builds, a value in which they differ carries both, the first build's first: a verdict that comes
//! out the same with all the first and with all the second ones is that of both builds. What is there in some builds
//! only is left out of a map that is open.

use std::sync::Arc;

use crate::document::{Entry, List, Map, Node, Reason, Value};
use crate::source::Span;

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
            Node::new(one.span, Value::Map(Arc::new(maps((left, right), is_pair))))
        }
        (Value::List(left), Value::List(right)) => Node::new(
            one.span,
            Value::List(Arc::new(lists((left, right), is_pair))),
        ),
        (left, right) if is_pair && left.told().is_some() && right.told().is_some() => {
            Node::of_kind(one.span, "", overlay(), [left.clone(), right.clone()])
        }
        _ => unknown(one),
    }
}

fn maps((one, other): (&Map, &Map), is_pair: bool) -> Map {
    let shared = one.entries.iter().map(|entry| match other.get(&entry.key) {
        Some(value) => Some(Entry {
            value: both(&entry.value, value, is_pair),
            ..entry.clone()
        }),
        None => perhaps(entry),
    });
    let added = other.entries.iter();
    let added = added
        .filter(|entry| one.get(&entry.key).is_none())
        .map(perhaps);
    let all: Vec<Option<Entry>> = shared.chain(added).collect();
    let open = one.open.clone().or_else(|| other.open.clone());
    with_gaps(all, open, one.label)
}

/// What only some builds have: of a map, that no other maps are in it; of a scalar, nothing.
fn perhaps(entry: &Entry) -> Option<Entry> {
    let value = match &entry.value.value {
        Value::Map(map) => {
            let all = map.entries.iter().map(perhaps).collect();
            Value::Map(Arc::new(with_gaps(all, map.open.clone(), map.label)))
        }
        Value::List(_) => Value::List(Arc::new(List::new(Vec::new(), Some(overlay())))),
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::Str(_)
        | Value::Unknown(_) => return None,
    };
    Some(Entry {
        value: Node::new(entry.value.span, value),
        ..entry.clone()
    })
}

/// A map of the entries that are there, open where one may or may not be.
fn with_gaps(all: Vec<Option<Entry>>, open: Option<Reason>, label: Option<Span>) -> Map {
    let has_gap = all.iter().any(Option::is_none);
    Map {
        entries: all.into_iter().flatten().collect(),
        open: open.or_else(|| has_gap.then(overlay)),
        label,
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
