//! Which builds belong together: the environments that kustomizations make of one base.
//!
//! Kustomizations that share a file are a family. Where the members of a family build different objects, each is an
//! environment of its own, with the members of other families that are named alike: `cart/overlays/live` and
//! `gateway/overlays/live`. A family that has no member of the name is only seen from there, as what all its members agree
//! on.

use std::collections::{BTreeMap, BTreeSet};

use crate::picture::listed;
use crate::repository::named::Named;
use crate::source::{FileId, MAX_VIEWS};

use super::builds::{Builds, Reach};
use super::{Origin, Version, Versions};

/// The most artifacts of all environments.
const MAX_ARTIFACTS: usize = 50_000;

/// The builds of one environment.
pub(super) struct Choice {
    /// What tells the folders of its kustomizations from others, or what settings call them; empty where there is but one
    /// environment.
    pub(super) name: String,
    /// The kustomizations that are built, by index.
    pub(super) tops: BTreeSet<usize>,
    /// Those of them that others build otherwise.
    pub(super) own: BTreeSet<usize>,
    /// The number of the family of each file that is built.
    pub(super) families: BTreeMap<FileId, usize>,
    /// Files of families that have several members, but none for this environment: they are judged with those.
    pub(super) elsewhere: BTreeSet<FileId>,
}

/// What each kustomization builds.
type Built<'a> = BTreeMap<usize, Vec<(Origin, &'a Version)>>;

/// Kustomizations that share a file or another kustomization.
struct Family {
    tops: Vec<usize>,
    /// The members by what tells them from each other in their folders.
    by_label: BTreeMap<String, usize>,
    /// For each member the first one that builds the same.
    class: BTreeMap<usize, usize>,
    /// Whether it has but one member, and that is in the folder of an environment that others have.
    is_of_one: bool,
}

impl Family {
    fn is_divided(&self) -> bool {
        let classes: BTreeSet<&usize> = self.class.values().collect();
        classes.len() > 1
    }

    /// Whether it belongs to the environments that its members are named after, and not to all.
    fn is_placed(&self) -> bool {
        self.is_of_one || self.is_divided()
    }

    /// Notes the environment of the only member, where its folder has the name of one: the longest of those.
    fn settle(&mut self, folder: &str, labels: &BTreeSet<String>) {
        let within = |label: &&String| format!("/{folder}/").contains(&format!("/{label}/"));
        let label = labels.iter().filter(within).max_by_key(|label| label.len());
        if let (Some(label), [only]) = (label, self.tops.as_slice()) {
            self.by_label = BTreeMap::from([(label.clone(), *only)]);
            self.is_of_one = true;
        }
    }

    /// The member that is built where an environment has a name: the first of those that build the same.
    fn named(&self, label: &str) -> Option<usize> {
        let named = self.by_label.get(label)?;
        self.class.get(named).copied()
    }
}

/// The environments of a repository: one where all members of each family build the same.
pub(super) fn choices(
    builds: &Builds<'_>,
    (tops, reaches): (&[usize], &[Reach]),
    versions: &Versions,
) -> Vec<Choice> {
    let mut built: Built<'_> = BTreeMap::new();
    for (origin, all) in versions {
        for version in all {
            let own = built.entry(version.by).or_default();
            own.push((*origin, version));
        }
    }
    let families = families(tops, reaches).into_iter();
    let named = Named::of(builds.files, builds.readings);
    let families = families.map(|tops| family((builds, &named), tops, &built));
    let mut families: Vec<Family> = families.collect();
    let divided = families.iter().filter(|family| family.is_divided());
    let labels: BTreeSet<String> = divided
        .flat_map(|family| family.by_label.keys().cloned())
        .collect();
    for family in &mut families {
        let only = family.tops.first().and_then(|top| builds.all.get(*top));
        if let Some(only) = only {
            family.settle(only.folder, &labels);
        }
    }
    let all = Families {
        builds,
        reaches,
        built,
        all: families,
    };
    all.choices()
}

/// All families, and what they build.
struct Families<'a> {
    builds: &'a Builds<'a>,
    reaches: &'a [Reach],
    built: Built<'a>,
    all: Vec<Family>,
}

impl Families<'_> {
    fn divided(&self) -> impl Iterator<Item = &Family> {
        self.all.iter().filter(|family| family.is_divided())
    }

    fn choices(&self) -> Vec<Choice> {
        let labels = self.divided().flat_map(|family| family.by_label.keys());
        let labels: BTreeSet<&str> = labels.map(String::as_str).collect();
        let is_much =
            labels.len() > MAX_VIEWS || labels.len() * self.builds.count() > MAX_ARTIFACTS;
        if labels.is_empty() || is_much {
            return vec![self.choice(&[])];
        }
        let mut alike: BTreeMap<Vec<Option<usize>>, Vec<&str>> = BTreeMap::new();
        for label in labels {
            let placed = self.all.iter().filter(|family| family.is_placed());
            let named = placed.map(|family| family.named(label));
            alike.entry(named.collect()).or_default().push(label);
        }
        let mut all: Vec<Choice> = alike.values().map(|labels| self.choice(labels)).collect();
        all.sort_by(|one, other| one.name.cmp(&other.name));
        all
    }

    /// What is built where an environment has some names; where it has none, all is.
    fn choice(&self, labels: &[&str]) -> Choice {
        let mut choice = Choice {
            name: String::new(),
            tops: BTreeSet::new(),
            own: BTreeSet::new(),
            families: BTreeMap::new(),
            elsewhere: BTreeSet::new(),
        };
        for (number, family) in self.all.iter().enumerate() {
            let named = labels.first().and_then(|label| family.named(label));
            let named = named.filter(|_| family.is_placed());
            let tops: BTreeSet<usize> = match named {
                Some(named) => BTreeSet::from([named]),
                None => family.tops.iter().copied().collect(),
            };
            let files = self.files(&tops);
            if named.is_none() && family.is_placed() && !labels.is_empty() {
                choice.elsewhere.extend(&files);
                choice.elsewhere.extend(self.sources(&tops));
            }
            choice
                .families
                .extend(files.into_iter().map(|file| (file, number)));
            choice.own.extend(named);
            choice.tops.extend(tops);
        }
        for file in self.sources(&choice.own).chain(self.files(&choice.own)) {
            choice.elsewhere.remove(&file);
        }
        choice.name = listed(labels);
        choice
    }

    /// The files that kustomizations build, themselves among them.
    fn files(&self, tops: &BTreeSet<usize>) -> BTreeSet<FileId> {
        let reaches = tops.iter().filter_map(|top| self.reaches.get(*top));
        let mut found = BTreeSet::new();
        for reach in reaches {
            let by = reach.kustomizations.iter();
            found.extend(by.filter_map(|at| Some(self.builds.all.get(*at)?.file)));
            found.extend(&reach.files);
        }
        found
    }

    /// The files that kustomizations put into maps.
    fn sources(&self, tops: &BTreeSet<usize>) -> impl Iterator<Item = FileId> {
        let all = tops.iter().filter_map(|top| self.built.get(top)).flatten();
        let sources = all.flat_map(|(_, version)| &version.object.sources);
        sources.map(|(_, file)| *file)
    }
}

/// The tops by what they share.
fn families(tops: &[usize], reaches: &[Reach]) -> Vec<Vec<usize>> {
    let mut of_file: BTreeMap<FileId, usize> = BTreeMap::new();
    let mut of_kustomization: BTreeMap<usize, usize> = BTreeMap::new();
    let mut found: Vec<Vec<usize>> = Vec::new();
    for top in tops {
        let Some(reach) = reaches.get(*top) else {
            continue;
        };
        let by_file = reach.files.iter().filter_map(|file| of_file.get(file));
        let others = reach.kustomizations.iter();
        let known: BTreeSet<usize> = by_file
            .chain(others.filter_map(|at| of_kustomization.get(at)))
            .copied()
            .collect();
        let mut known = known.into_iter();
        let own = known.next().unwrap_or(found.len());
        if own == found.len() {
            found.push(Vec::new());
        }
        // What was apart until now is one family with it.
        for other in known {
            let moved = found.get_mut(other).map(std::mem::take).unwrap_or_default();
            let places = of_file.values_mut().chain(of_kustomization.values_mut());
            places
                .filter(|family| **family == other)
                .for_each(|family| *family = own);
            if let Some(family) = found.get_mut(own) {
                family.extend(moved);
            }
        }
        if let Some(family) = found.get_mut(own) {
            family.push(*top);
        }
        of_file.extend(reach.files.iter().map(|file| (*file, own)));
        of_kustomization.extend(reach.kustomizations.iter().map(|at| (*at, own)));
    }
    found.retain(|family| !family.is_empty());
    for family in &mut found {
        family.sort_unstable();
    }
    found
}

fn family(
    (builds, named): (&Builds<'_>, &Named<'_>),
    tops: Vec<usize>,
    built: &Built<'_>,
) -> Family {
    let folders = tops.iter().filter_map(|at| builds.all.get(*at));
    let folders: Vec<Vec<&str>> = folders
        .map(|one| {
            one.folder
                .split('/')
                .filter(|name| !name.is_empty())
                .collect()
        })
        .collect();
    let labels = labels(&folders)
        .into_iter()
        .zip(named_by(&tops, (builds, named)));
    let labels = labels.map(|(own, named)| named.map_or(own, str::to_owned));
    let of = |top: &usize| built.get(top).map_or(&[][..], Vec::as_slice);
    let is_same = |one: &usize, other: &usize| {
        let mut pairs = of(one).iter().zip(of(other));
        of(one).len() == of(other).len()
            && pairs.all(|((origin, one), (of, other))| {
                origin == of && one.object.is_same(&other.object)
            })
    };
    let mut class: BTreeMap<usize, usize> = BTreeMap::new();
    for top in &tops {
        let mut firsts = class.iter().filter(|(member, first)| member == first);
        let first = firsts.find(|(first, _)| is_same(top, first));
        let first = first.map_or(*top, |(first, _)| *first);
        class.insert(*top, first);
    }
    Family {
        is_of_one: false,
        by_label: labels.zip(tops.iter().copied()).collect(),
        class,
        tops,
    }
}

/// The names that settings give to the folders of kustomizations, each of which only one of them has.
fn named_by<'a>(
    tops: &[usize],
    (builds, named): (&Builds<'_>, &Named<'a>),
) -> Vec<Option<&'a str>> {
    let folders = tops.iter().map(|at| builds.all.get(*at));
    let names = folders.map(|one| named.of_folder(one?.folder));
    let names: Vec<Option<&str>> = names.collect();
    let is_only = |name: &&str| names.iter().filter(|other| **other == Some(name)).count() == 1;
    names.iter().map(|name| name.filter(is_only)).collect()
}

/// What tells folders from each other: what is left of each without the names that all begin or end with, or its last
/// name.
fn labels(folders: &[Vec<&str>]) -> Vec<String> {
    let Some((first, rest)) = folders.split_first() else {
        return Vec::new();
    };
    let shared = |other: &Vec<&str>| {
        let pairs = first.iter().zip(other);
        pairs.take_while(|(one, other)| one == other).count()
    };
    let before = rest.iter().map(shared).min().unwrap_or(0);
    let left = |folder: &Vec<&str>| folder.len() - before;
    let ends = |other: &Vec<&str>| {
        let pairs = first.iter().rev().zip(other.iter().rev());
        let same = pairs.take_while(|(one, other)| one == other).count();
        same.min(left(first)).min(left(other))
    };
    let after = rest.iter().map(ends).min().unwrap_or(0);
    let label = |folder: &Vec<&str>| {
        let own = folder.iter().skip(before).take(left(folder) - after);
        let own: Vec<&str> = own.copied().collect();
        if own.is_empty() {
            folder.last().copied().unwrap_or(".").to_owned()
        } else {
            own.join("/")
        }
    };
    folders.iter().map(label).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(folders: &[&str]) -> Vec<String> {
        let folders = folders.iter().map(|folder| folder.split('/').collect());
        labels(&folders.collect::<Vec<_>>())
    }

    #[test]
    fn a_label_is_what_tells_folders_from_each_other() {
        assert_eq!(
            told(&["cart/overlays/live", "cart/overlays/test"]),
            ["live", "test"]
        );
        assert_eq!(
            told(&["clusters/live/cart", "clusters/test/cart"]),
            ["live", "test"]
        );
        assert_eq!(
            told(&["eu/live", "us/live", "eu/test"]),
            ["eu/live", "us/live", "eu/test"]
        );
        assert_eq!(told(&["a", "a/live"]), ["a", "live"]);
    }

    #[test]
    fn kustomizations_that_share_a_file_are_a_family_however_that_shows() {
        let reach = |files: &[u32]| Reach {
            files: files.iter().map(|at| FileId(*at)).collect(),
            kustomizations: BTreeSet::new(),
        };
        let reaches = [reach(&[0]), reach(&[1]), reach(&[2]), reach(&[0, 1])];
        let found = families(&[0, 1, 2, 3], &reaches);
        assert_eq!(found, [vec![0, 1, 3], vec![2]]);
    }
}
