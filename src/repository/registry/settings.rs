//! Which settings a component takes, and of which type.
//!
//! The table beside this file has a row for each key of a group; a component is a group, `kind/type`. It holds every key
//! that any release took, so that what it lacks no release knows: a component without rows is not judged.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::document::{Node, Value};
use crate::source::{Span, nearest};

/// A setting that a component does not take.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::repository) struct Misfit {
    /// The keys that lead there, with dots between them.
    pub(in crate::repository) path: String,
    /// What would fit: a type, or nothing where the key itself is not known.
    pub(in crate::repository) expected: Option<&'static str>,
    /// What stands there: a type, or the key that is not known.
    pub(in crate::repository) found: String,
    /// The key that was most likely meant, or the way to where it belongs.
    pub(in crate::repository) nearest: String,
    pub(in crate::repository) place: Span,
}

/// The keys of every group with what they take.
static GROUPS: LazyLock<BTreeMap<&'static str, Vec<(&'static str, &'static str)>>> =
    LazyLock::new(read);

const SETTINGS: &str = include_str!("settings.tsv");

fn read() -> BTreeMap<&'static str, Vec<(&'static str, &'static str)>> {
    let mut groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for row in SETTINGS.lines().filter(|row| !row.starts_with('#')) {
        let mut cells = row.split('\t');
        if let (Some(group), Some(key), Some(takes)) = (cells.next(), cells.next(), cells.next()) {
            groups.entry(group).or_default().push((key, takes));
        }
    }
    groups
}

/// The settings of a component, or of a group, that it does not take.
pub(in crate::repository) fn misfits(group: &str, settings: &Node) -> Vec<Misfit> {
    let mut found = Vec::new();
    if let Some((group, _)) = GROUPS
        .get_key_value(group)
        .filter(|_| settings.as_map().is_some())
    {
        in_group(group, settings, "", &mut found);
    }
    found
}

/// The keys of a group: its own, then those of the groups that it includes.
fn keys(group: &str) -> Vec<(&'static str, &'static str)> {
    let rows = GROUPS.get(group).map_or(&[][..], Vec::as_slice);
    let own = rows.iter().filter(|(key, _)| *key != "+").copied();
    let included = rows.iter().filter(|(key, _)| *key == "+");
    own.chain(included.flat_map(|(_, other)| keys(other)))
        .collect()
}

fn in_group(group: &'static str, settings: &Node, path: &str, found: &mut Vec<Misfit>) {
    if settings.as_map().is_none() {
        return misfit_unless(settings.is_null(), "map", settings, path, found);
    }
    let keys = keys(group);
    for entry in settings.entries() {
        let path = longer(path, &entry.key);
        let known = keys.iter().find(|(key, _)| *key == entry.key);
        match known.or_else(|| keys.iter().find(|(key, _)| *key == "*")) {
            Some((_, takes)) => value(takes, &entry.value, &path, found),
            // Two colons part a path.
            None if entry.key.contains("::") => {}
            None => found.push(Misfit {
                path,
                expected: None,
                found: entry.key.to_string(),
                nearest: meant(&entry.key, &keys),
                place: entry.key_span,
            }),
        }
    }
}

/// The key among some that was most likely meant: the same one of a group below, or one that is spelt much like it.
fn meant(key: &str, among: &[(&'static str, &'static str)]) -> String {
    let below = among.iter().find_map(|(above, group)| {
        let has_it = keys(group).iter().any(|(other, _)| *other == key);
        has_it.then(|| longer(above, key))
    });
    let names = among.iter().map(|(key, _)| *key).filter(|key| *key != "-");
    below
        .or_else(|| nearest(key, names).map(str::to_owned))
        .unwrap_or_default()
}

fn value(takes: &'static str, node: &Node, path: &str, found: &mut Vec<Misfit>) {
    if let Some(each) = takes.strip_prefix("list of ") {
        if node.as_list().is_none() {
            return misfit_unless(node.is_null(), "list", node, path, found);
        }
        return node
            .items()
            .iter()
            .for_each(|item| value(each, item, path, found));
    }
    if let Some(each) = takes.strip_prefix("map of ") {
        if node.as_map().is_none() {
            return misfit_unless(node.is_null(), "map", node, path, found);
        }
        let entries = node.entries().iter();
        return entries
            .for_each(|entry| value(each, &entry.value, &longer(path, &entry.key), found));
    }
    let fits = match (takes, &node.value) {
        ("any", _) | (_, Value::Null) => true,
        ("string", found) => !matches!(found, Value::List(_) | Value::Map(_)),
        ("bool", found) => matches!(found, Value::Bool(_)),
        ("int" | "float", found) => matches!(found, Value::Int(_) | Value::Float(_)),
        // What a text says of time is for others to read; a number counts nanoseconds.
        ("duration", found) => matches!(found, Value::Int(_) | Value::Float(_) | Value::Str(_)),
        // A text is parted at its commas.
        ("list", found) => matches!(found, Value::List(_) | Value::Str(_)),
        (group, _) => return in_group(group, node, path, found),
    };
    misfit_unless(fits, takes, node, path, found);
}

/// Notes a value of a wrong type; one that is not known may be right.
fn misfit_unless(
    fits: bool,
    expected: &'static str,
    node: &Node,
    path: &str,
    found: &mut Vec<Misfit>,
) {
    if !fits && !node.is_unknown() {
        found.push(Misfit {
            path: path.to_owned(),
            expected: Some(expected),
            found: node.type_name().to_owned(),
            nearest: String::new(),
            place: node.span,
        });
    }
}

fn longer(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every group that a row names has rows of its own.
    #[test]
    fn every_group_is_defined() {
        const SCALARS: [&str; 8] = [
            "any", "string", "bool", "int", "float", "duration", "list", "-",
        ];
        for (group, rows) in GROUPS.iter() {
            for (key, takes) in rows {
                let inner = takes
                    .trim_start_matches("list of ")
                    .trim_start_matches("map of ");
                let is_known = SCALARS.contains(&inner) || GROUPS.contains_key(inner);
                assert!(is_known, "{group} {key}: {takes}");
            }
        }
        let rows = SETTINGS.lines().filter(|row| !row.starts_with('#'));
        assert_eq!(rows.count(), GROUPS.values().map(Vec::len).sum::<usize>());
    }
}
