//! Configurations that are merged into one: where all are known as the collector reads them, else with what is not
//! known left open.

use std::sync::Arc;

use crate::artifact::{Artifact, Collector, Home, Reading};
use crate::document::{Entry, List, Node, Reason, Value};
use crate::repository::derived;

/// The configurations of a `ConfigMap` that a command line names, in its order; nothing where one of them is not there.
pub(super) fn stacked<'a>(
    reading: &'a Reading,
    found: &Collector,
    keys: &[String],
) -> Vec<&'a Node> {
    let Home::ConfigMap { object: map, .. } = found.home else {
        return Vec::new();
    };
    let parts = || reading.artifacts.iter().filter_map(Artifact::collector);
    let root = |wanted: &String| {
        let is_it = |home: &Home| matches!(home, Home::ConfigMap { object, key } if *object == map && key == wanted);
        parts()
            .find(|part| is_it(&part.home))
            .map(|part| &part.root)
    };
    let roots: Option<Vec<&Node>> = keys.iter().map(root).collect();
    roots.unwrap_or_default()
}

/// Several configurations as the collector merges them: maps key by key, later scalars and lists win.
/// Source: the `confmap` package of the collector.
pub(in crate::repository) fn all(roots: &[&Node]) -> Option<Node> {
    let (first, rest) = roots.split_first()?;
    let all = rest
        .iter()
        .fold((*first).clone(), |base, over| merge(&base, over));
    Some(all)
}

fn merge(base: &Node, over: &Node) -> Node {
    let (Some(_), Some(above)) = (base.as_map(), over.as_map()) else {
        return replaced(base, over);
    };
    let mut map = derived(base);
    map.share_all(base);
    for entry in &above.entries {
        let value = match base.get(&entry.key) {
            Some(under) => merge(under, &entry.value),
            None => entry.value.clone(),
        };
        map.put_at(&entry.key, entry.key_span, value);
    }
    if let Some(open) = base.openness().or_else(|| above.open.clone()) {
        map.open(open);
    }
    map.build()
}

/// A value in the place of another: a list that leaves out items of the earlier one is left open, because what follows
/// from that is told where it is left out.
fn replaced(base: &Node, over: &Node) -> Node {
    let loses = |item: &&Node| over.items().iter().all(|kept| kept.value != item.value);
    if over.as_list().is_some() && base.items().iter().any(|item| loses(&item)) {
        let reason =
            Reason::Opaque("a later configuration leaves out what an earlier one has here".into());
        return open_list(over, &reason);
    }
    over.clone()
}

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
