//! The collector configurations of a repository, by what holds them.

use std::collections::{BTreeMap, BTreeSet};

use crate::artifact::{Artifact, Home, Reading};
use crate::document::Node;
use crate::repository::kustomize::generators::Made;
use crate::source::{FileId, Span};

/// The collector configurations of a repository, by what holds them.
pub(super) struct Held<'a> {
    /// By the place of the ConfigMap and the key.
    by_key: BTreeMap<(Span, &'a str), &'a Node>,
    /// What only a command line makes a part of a configuration, in the same way.
    parts: BTreeMap<(Span, &'a str), &'a Node>,
    /// By the place of the resource.
    by_resource: BTreeMap<Span, &'a Node>,
    /// Those in files of their own.
    pub(super) files: Vec<&'a Node>,
}

impl<'a> Held<'a> {
    pub(super) fn new(readings: &'a [Reading], made: &'a [Made]) -> Self {
        let mut held = Self {
            by_key: BTreeMap::new(),
            parts: BTreeMap::new(),
            by_resource: BTreeMap::new(),
            files: Vec::new(),
        };
        let partly = made.iter().flat_map(|one| &one.partly);
        let partly: BTreeSet<FileId> = partly.map(|(_, file)| *file).collect();
        let mut several = BTreeSet::new();
        for reading in readings {
            let place = |object: usize| match reading.artifacts.get(object) {
                Some(Artifact::Object(object)) => Some(object.root.span),
                _ => None,
            };
            for artifact in &reading.artifacts {
                let Artifact::Collector(collector) = artifact else {
                    continue;
                };
                match &collector.home {
                    Home::ConfigMap { object, key } => {
                        if let Some(place) = place(*object) {
                            let held = if collector.is_part {
                                &mut held.parts
                            } else {
                                &mut held.by_key
                            };
                            let place = (place, key.as_str());
                            // Builds that differ have a configuration each.
                            if held.insert(place, &collector.root).is_some() {
                                several.insert(place);
                            }
                        }
                    }
                    Home::Resource { object } => {
                        if let Some(place) = place(*object) {
                            held.by_resource.insert(place, &collector.root);
                        }
                    }
                    Home::File if partly.contains(&collector.root.span.file) => {}
                    Home::File => held.files.push(&collector.root),
                }
            }
        }
        for place in several {
            held.by_key.remove(&place);
            held.parts.remove(&place);
        }
        for (one, (key, file)) in made
            .iter()
            .flat_map(|one| one.sources.iter().map(move |source| (one, source)))
        {
            let reading = readings.get(file.0 as usize);
            let artifacts = reading.map_or(&[][..], |reading| &reading.artifacts);
            if let [Artifact::Collector(collector)] = artifacts
                && collector.home == Home::File
            {
                let place = (one.root.span, key.as_str());
                held.by_key.insert(place, &collector.root);
            }
        }
        held
    }

    /// The configuration of an `OpenTelemetryCollector`.
    pub(super) fn of_resource(&self, resource: &Node) -> Option<&'a Node> {
        self.by_resource.get(&resource.span).copied()
    }

    /// What a ConfigMap has under a key that a command line names.
    pub(super) fn of_key(&self, map: &Node, key: &str) -> Option<&'a Node> {
        let place = (map.span, key);
        self.by_key
            .get(&place)
            .or_else(|| self.parts.get(&place))
            .copied()
    }

    /// The configurations in a ConfigMap.
    pub(super) fn of_map(&self, map: &Node) -> Vec<&'a Node> {
        let all = self.by_key.iter();
        let own = all.filter(|((place, _), _)| *place == map.span);
        own.map(|(_, root)| *root).collect()
    }
}
