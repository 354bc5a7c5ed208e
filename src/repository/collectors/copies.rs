//! Where the values of attributes go on under another name: into other attributes, texts and the labels of metrics.
//!
//! A copy outlives what takes the attribute away afterwards. The main function is [`all`]; which attributes must not be
//! copied is for rules to say.

use std::collections::{BTreeMap, BTreeSet};

use crate::document::{MapBuilder, Node};
use crate::repository::collectors::exposures::Graph;
use crate::repository::collectors::state::{Copy, Location};
use crate::repository::texts;
use crate::source::Span;

/// Settings of connectors that make labels of metrics out of attributes, and the key in each item that names one; empty
/// where the item is the name. Source: the pages of the connectors.
const LABELS: [(&str, &[&str], &str); 7] = [
    ("span_metrics", &["dimensions"], "name"),
    ("span_metrics", &["calls_dimensions"], "name"),
    ("span_metrics", &["histogram", "dimensions"], "name"),
    ("span_metrics", &["events", "dimensions"], "name"),
    ("exceptions", &["dimensions"], "name"),
    ("service_graph", &["dimensions"], ""),
    ("signal_to_metrics", &["spans", "attributes"], "key"),
];

/// Copies by what is copied from where to where, with the exporters that they reach.
#[derive(Default)]
struct Found(BTreeMap<(Span, String, String, &'static str), BTreeSet<String>>);

/// The copies that leave a configuration.
pub(super) fn all(graph: &Graph<'_>, label: Span) -> Node {
    let mut found = Found::default();
    for (pipeline, states) in graph.ends() {
        for (location, state) in &states.all {
            for exporter in graph.exporters(pipeline) {
                found.note(&state.copies, *location, &exporter);
            }
        }
        for connector in graph.connectors(pipeline) {
            let mut labels = Vec::new();
            let of_spans = states.all.iter().find(|(at, _)| *at == Location::Span);
            for (name, place) in labels_of(connector) {
                let sources = of_spans.map(|(_, state)| state.sources(name));
                labels.push((name, sources.unwrap_or_default(), place));
            }
            let id = connector.str_at(&["id"]).unwrap_or("");
            for (fed, left) in graph.labelled(id, &labels) {
                for exporter in graph.exporters(fed) {
                    found.note(&left, Location::Datapoint, &exporter);
                }
            }
        }
    }
    found.node(label)
}

/// The attributes that a connector makes labels of, each with its place.
fn labels_of(connector: &Node) -> Vec<(&str, Span)> {
    let of_type = connector.str_at(&["type"]).unwrap_or("");
    let mut found = Vec::new();
    for (_, path, key) in LABELS.iter().filter(|(of, ..)| *of == of_type) {
        let list = connector.get("config").and_then(|config| config.at(path));
        for item in list.map_or(&[][..], Node::items) {
            let name = if key.is_empty() {
                Some(item)
            } else {
                item.get(key)
            };
            found.extend(name.and_then(|name| Some((name.as_str()?, name.span))));
        }
    }
    found
}

impl Found {
    fn note(&mut self, copies: &[Copy], location: Location, exporter: &str) {
        for copy in copies {
            // A label of a metric may have the name that the attribute had.
            if copy.carrier == copy.source && location != Location::Datapoint {
                continue;
            }
            let key = (
                copy.place,
                copy.source.clone(),
                copy.carrier.clone(),
                location.name(),
            );
            self.0.entry(key).or_default().insert(exporter.to_owned());
        }
    }

    fn node(self, label: Span) -> Node {
        let nodes = self
            .0
            .into_iter()
            .map(|((at, key, into, location), exporters)| {
                MapBuilder::new(at)
                    .label(at)
                    .put("key", Node::string(at, key))
                    .put("into", Node::string(at, into))
                    .put("location", Node::string(at, location))
                    .put(
                        "exporters",
                        texts(at, exporters.into_iter().map(|id| (at, id))),
                    )
                    .build()
            });
        Node::list(label, nodes.collect())
    }
}
