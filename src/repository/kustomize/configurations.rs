//! Collector configurations inside objects that builds change: they are read again.

use std::collections::{BTreeMap, BTreeSet};

use crate::artifact::{Artifact, Collector, Holder, Home, Reading, collectors_inside, held};
use crate::document::Node;
use crate::source::FileId;

use super::builds::Builds;

/// What builds make of a file's objects beside their roots.
#[derive(Default)]
pub(super) struct Configurations {
    /// The configurations of objects in which they change, by the index of the object.
    pub(super) changed: BTreeMap<usize, Vec<Collector>>,
    /// Objects that every build deletes.
    pub(super) deleted: BTreeSet<usize>,
}

/// The configurations of an object as its builds have them; nothing where they are what is written.
///
/// Texts that differ are configurations of their own. Of a configuration that is a part of its object there is one,
/// unknown where builds differ.
pub(super) fn of(
    builds: &Builds<'_>,
    (file, at): (FileId, usize),
    roots: &[Node],
    agreed: &Node,
) -> Option<Vec<Collector>> {
    let written = builds.artifacts(file).get(at)?.object()?;
    let own = held(&written.root);
    if roots.iter().all(|root| held(root) == own) {
        return None;
    }
    if let Some((Holder::Resource, config)) = held(agreed)
        && config.as_map().is_some()
    {
        return Some(collectors_inside(builds.files, agreed, at));
    }
    let mut found: Vec<Collector> = Vec::new();
    for root in roots {
        for collector in collectors_inside(builds.files, root, at) {
            let is_known = |known: &Collector| {
                (&known.root, &known.home) == (&collector.root, &collector.home)
            };
            if !found.iter().any(is_known) {
                found.push(collector);
            }
        }
    }
    Some(found)
}

/// Puts the configurations of objects in the place of those that were read, and takes deleted objects out.
pub(super) fn exchange(reading: &mut Reading, objects: Configurations) {
    let Configurations {
        mut changed,
        deleted,
    } = objects;
    let known: BTreeSet<usize> = changed.keys().copied().collect();
    let mut moved = BTreeMap::new();
    let mut artifacts = Vec::new();
    for (at, mut artifact) in std::mem::take(&mut reading.artifacts)
        .into_iter()
        .enumerate()
    {
        if let Artifact::Collector(collector) = &mut artifact
            && let Some(object) = holder(&mut collector.home)
        {
            if known.contains(object) || deleted.contains(object) {
                continue;
            }
            *object = moved.get(object).copied().unwrap_or(*object);
        }
        if deleted.contains(&at) {
            continue;
        }
        let place = artifacts.len();
        moved.insert(at, place);
        artifacts.push(artifact);
        for mut collector in changed.remove(&at).unwrap_or_default() {
            if let Some(object) = holder(&mut collector.home) {
                *object = place;
            }
            artifacts.push(Artifact::Collector(collector));
        }
    }
    reading.artifacts = artifacts;
}

/// The index of the object that holds a configuration.
fn holder(home: &mut Home) -> Option<&mut usize> {
    match home {
        Home::ConfigMap { object, .. } | Home::Resource { object } => Some(object),
        Home::File => None,
    }
}
