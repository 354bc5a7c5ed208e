//! Where the values of attributes go on under another name: into other attributes, texts and the labels of metrics.
//!
//! A copy outlives what takes the attribute away afterwards. The main function is [`all`]; which attributes must not be
//! copied is for rules to say.

use std::collections::{BTreeMap, BTreeSet};

use crate::document::{MapBuilder, Node};
use crate::repository::collectors::exposures::Graph;
use crate::repository::collectors::scrub::States;
use crate::repository::collectors::state::{Copy, Location};
use crate::repository::texts;
use crate::source::Span;

/// Settings of connectors that make labels of metrics out of attributes (`*` for every item or key), and the key in each
/// item that names one; empty where the item is the name. Source: the pages of the connectors.
const LABELS: [(&str, Location, &[&str], &str); 15] = [
    ("span_metrics", Location::Span, &["dimensions"], "name"),
    (
        "span_metrics",
        Location::Span,
        &["calls_dimensions"],
        "name",
    ),
    (
        "span_metrics",
        Location::Span,
        &["histogram", "dimensions"],
        "name",
    ),
    (
        "span_metrics",
        Location::Span,
        &["events", "dimensions"],
        "name",
    ),
    (
        "span_metrics",
        Location::Event,
        &["events", "dimensions"],
        "name",
    ),
    ("exceptions", Location::Span, &["dimensions"], "name"),
    ("service_graph", Location::Span, &["dimensions"], ""),
    (
        "signal_to_metrics",
        Location::Span,
        &["spans", "*", "attributes"],
        "key",
    ),
    (
        "signal_to_metrics",
        Location::Log,
        &["logs", "*", "attributes"],
        "key",
    ),
    (
        "count",
        Location::Span,
        &["spans", "*", "attributes"],
        "key",
    ),
    (
        "count",
        Location::Event,
        &["spanevents", "*", "attributes"],
        "key",
    ),
    ("count", Location::Log, &["logs", "*", "attributes"], "key"),
    ("sum", Location::Span, &["spans", "*", "attributes"], "key"),
    (
        "sum",
        Location::Event,
        &["spanevents", "*", "attributes"],
        "key",
    ),
    ("sum", Location::Log, &["logs", "*", "attributes"], "key"),
];

/// Copies by what is copied from where to where, with the exporters that they reach.
#[derive(Default)]
struct Found(BTreeMap<(Span, String, String, &'static str), BTreeSet<String>>);

/// The copies that leave a configuration.
pub(super) fn all(graph: &Graph<'_>, label: Span) -> Node {
    let mut found = Found::default();
    for (pipeline, ways) in graph.ends() {
        let exporters = graph.exporters(pipeline);
        let connectors = graph.listed(pipeline, "connector");
        for states in ways {
            for (location, state) in &states.all {
                found.note(&state.copies, *location, &exporters);
            }
            for (_, connector) in &connectors {
                let labels = labels_of(connector, states);
                let id = connector.str_at(&["id"]).unwrap_or("");
                for (fed, left) in graph.labelled(id, &labels) {
                    found.note(&left, Location::Datapoint, &graph.exporters(fed));
                }
            }
        }
    }
    found.node(label)
}

/// The labels of metrics that a connector makes of attributes, each with those whose value it shows and with its place.
fn labels_of<'n>(connector: &'n Node, states: &States) -> Vec<(&'n str, Vec<String>, Span)> {
    let of_type = connector.str_at(&["type"]).unwrap_or("");
    let mut found = Vec::new();
    for (_, from, path, key) in LABELS.iter().filter(|(of, ..)| *of == of_type) {
        let Some((_, state)) = states.all.iter().find(|(at, _)| at == from) else {
            continue;
        };
        let lists = connector.get("config").map(|config| below(config, path));
        for item in lists.iter().flatten().flat_map(|list| list.items()) {
            let name = if key.is_empty() {
                Some(item)
            } else {
                item.get(key)
            };
            let label = name.and_then(|name| Some((name.as_str()?, name.span)));
            found.extend(label.map(|(name, place)| (name, state.sources(name), place)));
        }
    }
    found
}

/// The nodes at a path, in which `*` stands for every item or key.
fn below<'n>(node: &'n Node, path: &[&str]) -> Vec<&'n Node> {
    match path {
        [] => vec![node],
        ["*", rest @ ..] => {
            let values = node.entries().iter().map(|entry| &entry.value);
            let all = node.items().iter().chain(values);
            all.flat_map(|inner| below(inner, rest)).collect()
        }
        [key, rest @ ..] => node
            .get(key)
            .map_or_else(Vec::new, |inner| below(inner, rest)),
    }
}

impl Found {
    fn note(&mut self, copies: &[Copy], location: Location, exporters: &[(Span, &Node)]) {
        if exporters.is_empty() {
            return;
        }
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
            let ids = exporters
                .iter()
                .filter_map(|(_, exporter)| exporter.str_at(&["id"]));
            let ids = ids.map(str::to_owned);
            self.0.entry(key).or_default().extend(ids);
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
