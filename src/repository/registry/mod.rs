//! What is known of the collector's components: names, signals, distributions, renamings and removals.
//!
//! The tables stand beside this file, each with its sources. [`newest`] is the only place that knows up to which release
//! they were read: what a later release has or lacks, nobody here can say.

mod blocks;
pub(super) mod ottl;
mod settings;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::source::nearest as nearest_name;

pub(super) use self::blocks::blocks;
pub(super) use self::settings::{Misfit, Ottl, judge};

/// A component type of the project's collectors.
#[derive(Debug)]
pub(super) struct Known {
    /// The type in today's spelling.
    pub(super) name: &'static str,
    /// The spelling before, where there was one.
    pub(super) old: Option<&'static str>,
    /// Whether collectors still take the old spelling.
    pub(super) takes_old: bool,
    /// The first version with today's spelling.
    pub(super) renamed_in: Option<&'static str>,
    /// Signals, or pairs of signals for a connector: `traces`, `traces_to_metrics`.
    pub(super) signals: Vec<&'static str>,
    /// The distributions that have it.
    pub(super) distributions: Vec<&'static str>,
}

/// A component type that later collectors no longer have.
#[derive(Debug)]
pub(super) struct Removed {
    name: &'static str,
    /// The last version that was seen with it.
    pub(super) last: &'static str,
    /// The first version that was seen without it.
    pub(super) absent: &'static str,
    /// What takes its place; empty for nothing.
    pub(super) replacement: &'static str,
}

/// The tables, keyed by kind and spelling.
struct Tables {
    newest: &'static str,
    known: Vec<Known>,
    /// Kind and any spelling, to the index of what is known.
    by_name: BTreeMap<(&'static str, &'static str), usize>,
    removed: Vec<(&'static str, Removed)>,
}

static TABLES: LazyLock<Tables> = LazyLock::new(read);

const COMPONENTS: &str = include_str!("components.tsv");
const REMOVED: &str = include_str!("removed.tsv");

fn read() -> Tables {
    let mut tables = Tables {
        newest: "",
        known: Vec::new(),
        by_name: BTreeMap::new(),
        removed: Vec::new(),
    };
    for row in COMPONENTS.lines() {
        if let Some(version) = row.strip_prefix("# covers ") {
            tables.newest = version;
        } else if let [kind, name, old, renamed, signals, distributions] = cells(row)[..] {
            let old = old.map(|old| {
                old.strip_prefix('!')
                    .map_or((old, true), |old| (old, false))
            });
            let index = tables.known.len();
            tables.known.push(Known {
                name: name.unwrap_or(""),
                old: old.map(|(old, _)| old),
                takes_old: old.is_none_or(|(_, takes)| takes),
                renamed_in: renamed,
                signals: words(signals),
                distributions: words(distributions),
            });
            for spelling in [name, old.map(|(old, _)| old)].into_iter().flatten() {
                let key = (kind.unwrap_or(""), spelling);
                tables.by_name.entry(key).or_insert(index);
            }
        }
    }
    for row in REMOVED.lines() {
        if let [
            Some(kind),
            Some(name),
            Some(last),
            Some(absent),
            replacement,
        ] = cells(row)[..]
        {
            let removed = Removed {
                name,
                last,
                absent,
                replacement: replacement.unwrap_or(""),
            };
            tables.removed.push((kind, removed));
        }
    }
    tables
}

/// The cells of a row; a dash is nothing. A comment has none.
fn cells(row: &'static str) -> Vec<Option<&'static str>> {
    if row.starts_with('#') {
        return Vec::new();
    }
    row.split('\t')
        .map(|cell| (cell != "-").then_some(cell))
        .collect()
}

fn words(cell: Option<&'static str>) -> Vec<&'static str> {
    cell.map(|cell| cell.split(' ').collect())
        .unwrap_or_default()
}

/// The newest release that the tables cover.
pub(super) fn newest() -> &'static str {
    TABLES.newest
}

/// What is known of a type, in today's spelling or the one before.
pub(super) fn find(kind: &str, written: &str) -> Option<&'static Known> {
    let index = TABLES.by_name.get(&(kind, written))?;
    TABLES.known.get(*index)
}

/// What is known of the end of a type.
pub(super) fn removed(kind: &str, written: &str) -> Option<&'static Removed> {
    let mut all = TABLES.removed.iter();
    let found = all.find(|(of, removed)| *of == kind && removed.name == written);
    found.map(|(_, removed)| removed)
}

/// The type that a misspelt one most likely meant.
pub(super) fn nearest(kind: &str, written: &str) -> Option<&'static str> {
    let names = TABLES.by_name.keys().filter(|(of, _)| *of == kind);
    let names: Vec<&'static str> = names.map(|(_, name)| *name).collect();
    nearest_name(&written.to_ascii_lowercase(), names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::Semver;

    #[test]
    fn the_tables_are_read_in_full() {
        assert!(Semver::parse(newest()).is_some());
        let rows = COMPONENTS.lines().filter(|row| !row.starts_with('#'));
        assert_eq!(rows.count(), TABLES.known.len());
        let rows = REMOVED.lines().filter(|row| !row.starts_with('#'));
        assert_eq!(rows.count(), TABLES.removed.len());
        let versions = TABLES.known.iter().filter_map(|known| known.renamed_in);
        let ends = TABLES
            .removed
            .iter()
            .flat_map(|(_, end)| [end.last, end.absent]);
        for version in versions.chain(ends) {
            assert!(Semver::parse(version).is_some(), "{version}");
        }
    }

    #[test]
    fn both_spellings_lead_to_the_same_type() {
        let new = find("exporter", "otlp_grpc").unwrap();
        assert_eq!(find("exporter", "otlp").unwrap().name, new.name);
        assert_eq!(new.renamed_in, Some("0.144.0"));
        assert!(new.distributions.contains(&"core"));
        assert!(!find("receiver", "awslambda").unwrap().takes_old);
        assert!(
            find("connector", "span_metrics")
                .unwrap()
                .signals
                .contains(&"traces_to_metrics")
        );
        assert_eq!(removed("exporter", "logging").unwrap().absent, "0.111.0");
        assert_eq!(nearest("exporter", "kafak"), Some("kafka"));
        assert_eq!(nearest("exporter", "OTLP"), Some("otlp"));
    }
}
