//! Objects that are defined twice in one environment, where the picture depends on which of them is meant.
//!
//! Two files of one folder that define the same are most often two environments, which only folders of their own would
//! tell apart.

use std::collections::{BTreeMap, BTreeSet};

use crate::document::{MapBuilder, Node, Value};
use crate::repository::assertions::is_step;
use crate::repository::topology::inventory::Placed;
use crate::repository::topology::works::full_name;
use crate::repository::topology::{Drawing, Parts};
use crate::repository::{Subject, SubjectKind, object_label, texts};
use crate::source::{FileId, Span};

/// The kinds of objects that traces pass, or that say how.
const KINDS: [&str; 6] = [
    "ConfigMap",
    "DaemonSet",
    "Deployment",
    "OpenTelemetryCollector",
    "Service",
    "StatefulSet",
];

/// Two definitions of one object.
#[derive(Clone, Copy)]
struct Pair<'a> {
    kind: &'a str,
    first: Placed<'a>,
    second: Placed<'a>,
}

/// The pairs of files that define the same, each with the objects that matter.
pub(super) fn all(parts: &Parts<'_>, drawing: &Drawing) -> Vec<Subject> {
    let mut by_files: BTreeMap<(FileId, FileId), Vec<Pair<'_>>> = BTreeMap::new();
    for pair in pairs(parts) {
        let files = (pair.first.file, pair.second.file);
        by_files.entry(files).or_default().push(pair);
    }
    let ways = ways(drawing);
    let none = BTreeSet::new();
    let clashes = by_files.into_values().filter_map(|pairs| {
        let matters = |pair: &&Pair<'_>| {
            let (first, second) = pair.places();
            let own = ways.get(&first).unwrap_or(&none);
            !own.is_disjoint(ways.get(&second).unwrap_or(&none))
        };
        let decisive: Vec<Pair<'_>> = pairs.iter().filter(matters).copied().collect();
        subject(&decisive, pairs.len())
    });
    clashes.collect()
}

/// The objects that stand twice in one environment, and differ.
fn pairs<'a>(parts: &Parts<'a>) -> Vec<Pair<'a>> {
    let mut found = Vec::new();
    for kind in KINDS {
        let mut known: BTreeMap<(usize, Option<&str>, &str), Placed<'a>> = BTreeMap::new();
        for placed in parts.inventory.everywhere(kind) {
            let Some(name) = placed.name() else { continue };
            // Templates choose which of their objects there is, and each overlay makes maps of its own.
            if placed.is_made || parts.inventory.is_open(placed.environment) {
                continue;
            }
            let key = (placed.environment, placed.namespace(), name);
            let Some(first) = known.get(&key) else {
                known.insert(key, *placed);
                continue;
            };
            let are_steps = first.file != placed.file
                && [first.file, placed.file].into_iter().all(|file| {
                    let path = parts.paths.get(file.0 as usize).copied().unwrap_or("");
                    is_step(path.rsplit('/').next().unwrap_or(""))
                });
            if !are_steps && !are_alike(first.root, placed.root) {
                found.push(Pair {
                    kind,
                    first: *first,
                    second: *placed,
                });
            }
        }
    }
    found
}

/// Whether two values are the same, wherever they stand.
fn are_alike(one: &Node, two: &Node) -> bool {
    match (&one.value, &two.value) {
        (Value::Map(_), Value::Map(_)) => {
            let (own, other) = (one.entries(), two.entries());
            let is_in =
                |key: &str, value: &Node| two.get(key).is_some_and(|other| are_alike(value, other));
            own.len() == other.len() && own.iter().all(|entry| is_in(&entry.key, &entry.value))
        }
        (Value::List(_), Value::List(_)) => {
            let (own, other) = (one.items(), two.items());
            let mut pairs = own.iter().zip(other);
            own.len() == other.len() && pairs.all(|(one, two)| are_alike(one, two))
        }
        (one, two) => one == two,
    }
}

/// The senders whose ways come to each place: those that one way passes, and those where several part.
fn ways(drawing: &Drawing) -> BTreeMap<Span, BTreeSet<(usize, Span)>> {
    let mut by_place: BTreeMap<Span, BTreeSet<(usize, Span)>> = BTreeMap::new();
    for hop in &drawing.picture.hops {
        for step in &hop.steps {
            let senders = by_place.entry(step.place).or_default();
            senders.insert((hop.from, hop.place));
        }
    }
    by_place
}

impl Pair<'_> {
    fn places(&self) -> (Span, Span) {
        (
            object_label(self.first.root),
            object_label(self.second.root),
        )
    }

    fn words(&self) -> String {
        let name = self.first.name().unwrap_or("?");
        format!(
            "{} `{}`",
            self.kind,
            full_name(self.first.namespace(), name)
        )
    }
}

fn subject(decisive: &[Pair<'_>], shared: usize) -> Option<Subject> {
    let first = decisive.first()?;
    let (_, at) = first.places();
    let side = |choose: fn((Span, Span)) -> Span| {
        texts(
            at,
            decisive
                .iter()
                .map(|pair| (choose(pair.places()), pair.words())),
        )
    };
    let count = i64::try_from(shared).unwrap_or(i64::MAX);
    let mut node = MapBuilder::new(at);
    node.label(at)
        .put("objects", side(|(_, second)| second))
        .put("others", side(|(first, _)| first))
        .put("shared", Node::new(at, Value::Int(count)));
    Some(Subject::new(
        SubjectKind::Clash,
        (at.file, at),
        first.words(),
        vec![node.build()],
    ))
}
