//! Which folders are environments, and which folders are the same one.
//!
//! An environment is a folder in which no object is defined twice. Where two folders define the same object, as overlays,
//! rendered examples and tests do, each is an environment of its own; what stands above them is seen from both. A folder
//! with a few copies of what a much larger one holds takes nothing from that one: it alone is an environment of its own.
//!
//! Several folders are one environment where the settings say so, or where their names do: `cart/production` and
//! `gateway/production`, if `staging` stands beside both, and no object is in more than one of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::artifact::{Artifact, Reading};
use crate::document::Node;
use crate::repository::kustomize::Built;
use crate::repository::named::Named;
use crate::source::{SourceFile, folder};

/// Kinds that many folders define alike.
const SHARED: [&str; 2] = ["Namespace", "CustomResourceDefinition"];

/// How many times the objects of a folder another one has of which it is no environment beside, but holds copies.
const MUCH_LARGER: usize = 8;

/// Kind, namespace and name.
type Key<'a> = (&'a str, &'a str, &'a str);

/// The objects of folders.
type Keys<'a> = BTreeMap<&'a str, BTreeSet<Key<'a>>>;

/// The environments of a repository.
pub(super) struct Environments {
    /// What each is called: its folder, the top first, or the name that its folders share.
    pub(super) names: Vec<String>,
    /// The environments that are seen from each, the nearest first: itself, and those above it.
    pub(super) seen_from: Vec<Vec<usize>>,
    /// The environment of each file.
    pub(super) of_file: Vec<usize>,
    /// The folder of each file that is an environment, or a part of one.
    part_of_file: Vec<usize>,
    /// Environments whose folders are one by their names alone.
    guessed: BTreeSet<usize>,
    /// The folders that settings name in which no object is, as written.
    pub(super) strays: Vec<Node>,
}

impl Environments {
    pub(super) fn new(files: &[SourceFile], readings: &[Reading], built: &Built) -> Self {
        let named = Named::of(files, readings);
        let apart = apart(files, readings, &named);
        let folders: Vec<&str> = std::iter::once("").chain(apart.keys().copied()).collect();
        let by_folder = folders.iter().enumerate().map(|(at, folder)| (*folder, at));
        let by_folder: BTreeMap<&str, usize> = by_folder.collect();
        let alike = alike(&apart);
        let mut found = Self {
            names: Vec::new(),
            seen_from: Vec::new(),
            of_file: Vec::new(),
            part_of_file: Vec::new(),
            guessed: BTreeSet::new(),
            strays: strays(&named, &folders, (files, readings)),
        };
        // The environment of each folder, and of each name that several have in common.
        let (mut merged, mut shared): (Vec<usize>, BTreeMap<&str, usize>) = Default::default();
        for folder in &folders {
            let (own, alike) = (named.of_folder(folder), alike.get(folder).copied());
            let next = found.names.len();
            let at = match own.or(alike) {
                Some(name) => *shared.entry(name).or_insert(next),
                None => next,
            };
            if at == next {
                found.names.push(own.or(alike).unwrap_or(folder).to_owned());
                found.seen_from.push(vec![at]);
            }
            if own.is_none() && alike.is_some() {
                found.guessed.insert(at);
            }
            merged.push(at);
        }
        for (folder, at) in folders.iter().zip(&merged) {
            for above in chain(&by_folder, folder) {
                if let (Some(above), Some(seen)) = (merged.get(above), found.seen_from.get_mut(*at))
                    && !seen.contains(above)
                {
                    seen.push(*above);
                }
            }
        }
        for file in files {
            let part = chain(&by_folder, folder(&file.path)).next().unwrap_or(0);
            found.part_of_file.push(part);
            found.of_file.push(merged.get(part).copied().unwrap_or(0));
        }
        found.join_built(files, readings, built);
        found
    }

    /// Puts what is built together into one environment: that of the name of the build, or the first in which some of it is.
    fn join_built(&mut self, files: &[SourceFile], readings: &[Reading], built: &Built) {
        let named = self.names.iter().position(|name| *name == built.name);
        let named = named.filter(|_| !built.name.is_empty());
        let mut of_family: BTreeMap<usize, usize> = BTreeMap::new();
        for ((file, reading), own) in files.iter().zip(readings).zip(&self.of_file) {
            let holds = reading.artifacts.iter().any(|one| one.object().is_some());
            if let Some(family) = built.families.get(&file.id).filter(|_| holds) {
                let at = of_family.entry(*family).or_default();
                // The top is where what belongs nowhere else is.
                if *at == 0 {
                    *at = named.unwrap_or(*own);
                }
            }
        }
        for (file, own) in files.iter().zip(&mut self.of_file) {
            let family = built.families.get(&file.id);
            if let Some(at) = family.and_then(|family| of_family.get(family)) {
                *own = *at;
            }
        }
    }

    /// Whether two files are in one environment, or one above it, only because folders have one name.
    pub(super) fn is_guess(&self, one: usize, other: usize) -> bool {
        let part = |file: usize| self.part_of_file.get(file);
        let environment = |file: usize| self.of_file.get(file);
        let own = environment(one);
        own == environment(other)
            && part(one) != part(other)
            && own.is_some_and(|own| self.guessed.contains(own))
    }
}

/// What settings name of folders in which nothing is: neither an object, nor a kustomization.
fn strays(
    named: &Named<'_>,
    folders: &[&str],
    (files, readings): (&[SourceFile], &[Reading]),
) -> Vec<Node> {
    let pairs = files.iter().zip(readings);
    let kustomized = pairs.filter(|(_, reading)| !reading.kustomizations.is_empty());
    let kustomized = kustomized.map(|(file, _)| folder(&file.path));
    let all: Vec<&str> = folders.iter().copied().chain(kustomized).collect();
    named.strays(&all)
}

/// The folders that are environments of their own, with their objects; the rest of all folders is one, too.
fn apart<'a>(files: &'a [SourceFile], readings: &'a [Reading], named: &Named<'_>) -> Keys<'a> {
    let mut keys = Keys::new();
    for (file, reading) in files.iter().zip(readings) {
        let objects = reading.artifacts.iter().filter_map(Artifact::object);
        let own: Vec<Key<'_>> = objects.filter_map(|object| key(&object.root)).collect();
        if !own.is_empty() {
            keys.entry(folder(&file.path)).or_default().extend(own);
        }
    }
    let mut children: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for at in keys.keys() {
        for below in upwards(at) {
            if let Some(above) = parent(below) {
                children.entry(above).or_default().insert(below);
            }
        }
    }
    let mut folders: Vec<&str> = children.keys().copied().collect();
    folders.sort_by_key(|folder| (std::cmp::Reverse(depth(folder)), *folder));
    let mut apart = Keys::new();
    for folder in folders {
        let below = children.remove(folder).unwrap_or_default();
        let conflicting = conflicting(&keys, folder, &below);
        for child in below {
            let taken = keys.remove(child).unwrap_or_default();
            if conflicting.contains(child) || named.of_folder(child).is_some() {
                apart.insert(child, taken);
            } else {
                keys.entry(folder).or_default().extend(taken);
            }
        }
    }
    apart
}

/// The folders that are one environment by their names, each with the name that they share.
fn alike<'a>(apart: &Keys<'a>) -> BTreeMap<&'a str, &'a str> {
    let mut by_name: BTreeMap<&str, Vec<&'a str>> = BTreeMap::new();
    for folder in apart.keys() {
        by_name.entry(last(folder)).or_default().push(folder);
    }
    let mut names: BTreeMap<Option<&'a str>, BTreeSet<&'a str>> = BTreeMap::new();
    for folder in apart.keys() {
        names
            .entry(parent(folder))
            .or_default()
            .insert(last(folder));
    }
    let beside = |folder: &'a str| names.get(&parent(folder));
    let above = |folder: &'a str| -> Vec<&'a str> {
        let above = upwards(folder).skip(1);
        above.filter(|folder| apart.contains_key(folder)).collect()
    };
    let mut found = BTreeMap::new();
    for (name, folders) in by_name {
        let Some((first, others)) = folders.split_first() else {
            continue;
        };
        let shares = |other: &&'a str| {
            let common = beside(first).zip(beside(other));
            common.is_some_and(|(one, other)| one.intersection(other).nth(1).is_some())
                && above(first) == above(other)
        };
        let objects = folders.iter().filter_map(|folder| apart.get(folder));
        let all: usize = objects.clone().map(BTreeSet::len).sum();
        let distinct: BTreeSet<&Key<'_>> = objects.flatten().collect();
        if !others.is_empty() && others.iter().all(shares) && all == distinct.len() {
            found.extend(folders.iter().map(|folder| (*folder, name)));
        }
    }
    found
}

/// The children that define an object which the folder or another child defines, too; of two children the one that is
/// but a copy of a few objects of the other.
fn conflicting<'a>(keys: &Keys<'a>, folder: &str, below: &BTreeSet<&'a str>) -> BTreeSet<&'a str> {
    let mut owners: BTreeMap<Key<'_>, Vec<Option<&str>>> = BTreeMap::new();
    for key in keys.get(folder).into_iter().flatten() {
        owners.entry(*key).or_default().push(None);
    }
    for child in below {
        for key in keys.get(child).into_iter().flatten() {
            owners.entry(*key).or_default().push(Some(child));
        }
    }
    let size = |child: &str| keys.get(child).map_or(0, BTreeSet::len);
    let is_apart = |child: &str, owners: &[Option<&str>]| {
        let others = owners.iter().filter(|other| **other != Some(child));
        let mut sizes = others.map(|other| other.map_or(usize::MAX, size));
        sizes.any(|other| size(child) < other.saturating_mul(MUCH_LARGER))
    };
    let mut found = BTreeSet::new();
    for owners in owners.into_values() {
        let own = owners.iter().flatten().copied();
        found.extend(own.filter(|child| is_apart(child, &owners)));
    }
    found
}

/// What makes an object the same as another one; nothing for one whose name is not known.
fn key(root: &Node) -> Option<Key<'_>> {
    let kind = root.str_at(&["kind"])?;
    let name = root.str_at(&["metadata", "name"])?;
    let namespace = root.str_at(&["metadata", "namespace"]).unwrap_or("");
    (!SHARED.contains(&kind)).then_some((kind, namespace, name))
}

/// The folders of a path that are environments or parts of them, the deepest first.
fn chain<'a>(
    by_folder: &'a BTreeMap<&str, usize>,
    path: &'a str,
) -> impl Iterator<Item = usize> + 'a {
    upwards(path).filter_map(|folder| by_folder.get(folder).copied())
}

fn depth(folder: &str) -> usize {
    if folder.is_empty() {
        0
    } else {
        folder.split('/').count()
    }
}

/// A folder, and those above it up to the top.
fn upwards(folder: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(folder), |folder| parent(folder))
}

/// The folder above one; nothing above the top.
fn parent(path: &str) -> Option<&str> {
    (!path.is_empty()).then(|| folder(path))
}

/// The last name of a path.
pub(super) fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

    fn objects(count: usize) -> BTreeSet<Key<'static>> {
        NAMES
            .iter()
            .take(count)
            .map(|name| ("Service", "", *name))
            .collect()
    }

    #[test]
    fn a_few_copies_beside_a_large_folder_are_an_environment_alone() {
        let apart = |sizes: &[(&'static str, usize)]| {
            let sizes = sizes.iter();
            let keys: Keys<'_> = sizes
                .map(|(folder, count)| (*folder, objects(*count)))
                .collect();
            let below = keys.keys().copied().collect();
            let found = conflicting(&keys, "", &below);
            found.into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(apart(&[("copy", 1), ("large", 8), ("other", 0)]), ["copy"]);
        assert_eq!(
            apart(&[("production", 8), ("staging", 7)]),
            ["production", "staging"]
        );
    }

    #[test]
    fn folders_of_one_name_are_one_environment_where_a_second_name_stands_beside_each() {
        let own = |name: &'static str| BTreeSet::from([("Service", "", name)]);
        let folders = |names: &[(&'static str, &'static str)]| -> Vec<String> {
            let keys: Keys<'_> = names
                .iter()
                .map(|(path, name)| (*path, own(name)))
                .collect();
            let alike = alike(&keys);
            alike
                .into_iter()
                .map(|(path, name)| format!("{path}={name}"))
                .collect()
        };
        let four = [
            ("cart/live", "a"),
            ("cart/test", "a"),
            ("gate/live", "b"),
            ("gate/test", "b"),
        ];
        let same = [
            "cart/live=live",
            "cart/test=test",
            "gate/live=live",
            "gate/test=test",
        ];
        assert_eq!(folders(&four), same);
        assert_eq!(
            folders(&[("cart/live", "a"), ("gate/live", "b"), ("gate/test", "b")]),
            [""; 0]
        );
        let both = [
            ("cart/live", "a"),
            ("cart/test", "a"),
            ("gate/live", "a"),
            ("gate/test", "b"),
        ];
        assert_eq!(folders(&both), ["cart/test=test", "gate/test=test"]);
    }
}
