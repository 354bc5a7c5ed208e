//! What only the whole graph of pipelines shows: names that nobody defines, and cycles through connectors.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::document::{List, MapBuilder, Node, Reason, Value};
use crate::repository::collectors::{normal_id, type_of};
use crate::repository::{registry, texts};
use crate::source::{Span, nearest};

/// The lists of a pipeline, the kind of component in each, and the sections in which those are defined.
const LISTS: [(&str, &str, &[&str]); 3] = [
    ("receivers", "receiver", &["receivers", "connectors"]),
    ("processors", "processor", &["processors"]),
    ("exporters", "exporter", &["exporters", "connectors"]),
];

/// A name in a list of a pipeline.
struct Mention {
    pipeline: String,
    list: usize,
    id: String,
    place: Span,
}

fn mentions(root: &Node) -> Vec<Mention> {
    let pipelines = root.at(&["service", "pipelines"]);
    let mut found = Vec::new();
    for entry in pipelines.map_or(&[][..], Node::entries) {
        for (list, (name, ..)) in LISTS.iter().enumerate() {
            let items = entry.value.get(name).map_or(&[][..], Node::items);
            for item in items {
                if let Some(id) = item.as_str() {
                    found.push(Mention {
                        pipeline: normal_id(&entry.key),
                        list,
                        id: normal_id(id),
                        place: item.span,
                    });
                }
            }
        }
    }
    found
}

/// By list and id, where pipelines name what no section defines: the place of the name, and the pipeline.
type Missing = BTreeMap<(usize, String), Vec<(Span, String)>>;

/// The names in pipelines that no section defines, each once with every pipeline that uses it.
pub(super) fn undefined(root: &Node, label: Span) -> Node {
    let (missing, open) = missing(root);
    let items = missing.into_iter().filter_map(|((list, id), places)| {
        let (_, kind, sections) = LISTS.get(list)?;
        let (first, _) = *places.first()?;
        let defined = defined(root, sections);
        let near = nearest(&id, defined.iter().map(String::as_str));
        let near = Node::string(first, near.unwrap_or(""));
        let item = MapBuilder::new(first)
            .label(first)
            .put("id", Node::string(first, id))
            .put("kind", Node::string(first, *kind))
            .put("nearest", near)
            .put("pipelines", texts(first, places))
            .build();
        Some(item)
    });
    let list = List::new(items.collect(), open);
    Node::new(label, Value::List(Arc::new(list)))
}

/// Whether a pipeline names what no section defines for certain.
pub(super) fn names_undefined(root: &Node) -> bool {
    !missing(root).0.is_empty()
}

/// The names that no section defines, and why there may be fewer.
fn missing(root: &Node) -> (Missing, Option<Reason>) {
    let mut missing = Missing::new();
    let mut open: Option<Reason> = None;
    for mention in mentions(root) {
        let Some((_, _, sections)) = LISTS.get(mention.list) else {
            continue;
        };
        let defined = defined(root, sections);
        if defined.contains(&mention.id) {
            continue;
        }
        if let Some(reason) = sections
            .iter()
            .find_map(|section| root.get(section)?.openness())
        {
            open = Some(reason);
            continue;
        }
        let places = missing.entry((mention.list, mention.id)).or_default();
        places.push((mention.place, mention.pipeline));
    }
    (missing, open)
}

fn defined(root: &Node, sections: &[&str]) -> Vec<String> {
    let sections = sections.iter().filter_map(|section| root.get(section));
    let entries = sections.flat_map(Node::entries);
    entries.map(|entry| normal_id(&entry.key)).collect()
}

/// One way from a pipeline into another.
#[derive(Debug, Clone)]
pub(in crate::repository) struct Edge {
    /// The pipeline that ends in the connector.
    pub(in crate::repository) from: String,
    /// The pipeline that starts from it.
    pub(in crate::repository) to: String,
    /// The connector.
    pub(in crate::repository) connector: String,
    /// Where the first pipeline names it.
    pub(in crate::repository) place: Span,
}

/// Every way from a pipeline into another. A connector passes on what its type supports.
pub(in crate::repository) fn edges(root: &Node) -> Vec<Edge> {
    let connectors = defined(root, &["connectors"]);
    let mentions = mentions(root);
    let of = |list: usize| {
        let of_list = mentions.iter().filter(move |mention| mention.list == list);
        of_list.filter(|mention| connectors.contains(&mention.id))
    };
    let mut found = Vec::new();
    for end in of(2) {
        for start in of(0).filter(|start| start.id == end.id) {
            if passes(
                type_of(&end.id),
                type_of(&end.pipeline),
                type_of(&start.pipeline),
            ) {
                found.push(Edge {
                    from: end.pipeline.clone(),
                    to: start.pipeline.clone(),
                    connector: end.id.clone(),
                    place: end.place,
                });
            }
        }
    }
    found
}

/// Whether a connector of a type makes one signal of another.
fn passes(connector: &str, from: &str, to: &str) -> bool {
    match registry::find("connector", connector) {
        Some(known) => known.signals.contains(&format!("{from}_to_{to}").as_str()),
        None => from == to,
    }
}

/// The cycles of pipelines, each once: the way round, and every place where a connector closes it.
pub(super) fn cycles(root: &Node, label: Span) -> Node {
    let edges = edges(root);
    let mut found: Vec<Vec<&Edge>> = Vec::new();
    for edge in &edges {
        let is_told = |cycle: &Vec<&Edge>| cycle.iter().any(|other| other.from == edge.from);
        if found.iter().any(is_told) {
            continue;
        }
        if let Some(way) = way(&edges, edge) {
            found.push(way);
        }
    }
    let cycle = |way: Vec<&Edge>| {
        let first = way.first().map_or(label, |edge| edge.place);
        let names = way
            .iter()
            .map(|edge| format!("{} > {}", edge.from, edge.connector));
        let names: Vec<String> = names.collect();
        let start = way.first().map_or("", |edge| edge.from.as_str());
        let round = format!("{} > {start}", names.join(" > "));
        let places = way.iter().map(|edge| (edge.place, edge.connector.clone()));
        MapBuilder::new(first)
            .label(first)
            .put("way", Node::string(first, round))
            .put("places", texts(first, places))
            .build()
    };
    Node::list(label, found.into_iter().map(cycle).collect())
}

/// The shortest way from the end of an edge back to its start, the edge first.
fn way<'e>(edges: &'e [Edge], first: &'e Edge) -> Option<Vec<&'e Edge>> {
    let mut ways: Vec<Vec<&Edge>> = vec![vec![first]];
    let mut seen = vec![first.to.as_str()];
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in ways {
            let end = way.last().map_or("", |edge| edge.to.as_str());
            if end == first.from {
                return Some(way);
            }
            for next in edges.iter().filter(|edge| edge.from == end) {
                if next.to == first.from || !seen.contains(&next.to.as_str()) {
                    seen.push(&next.to);
                    longer.push(way.iter().copied().chain([next]).collect());
                }
            }
        }
        ways = longer;
    }
    None
}
