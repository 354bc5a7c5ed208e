//! What becomes of the traces that a receiver takes: the pipelines and the exporters that they lead to.

use crate::document::Node;
use crate::repository::collectors::graph::{self, Edge};
use crate::repository::collectors::{normal_id, type_of};
use crate::source::Span;

/// Ways through one collector that are followed.
const MAX_WAYS: usize = 64;

/// The trace pipelines of a configuration.
#[derive(Debug)]
pub(super) struct Pipelines {
    /// The configuration.
    pub(super) root: Node,
    all: Vec<Pipeline>,
    edges: Vec<Edge>,
}

/// A pipeline of traces.
#[derive(Debug)]
struct Pipeline {
    id: String,
    receivers: Vec<Mention>,
    processors: Vec<Mention>,
    exporters: Vec<Mention>,
}

/// A component where a pipeline names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mention {
    pub(super) id: String,
    pub(super) place: Span,
}

/// A way from a receiver to an exporter.
#[derive(Debug, Clone)]
pub(super) struct Way {
    /// The processors on it, in order.
    pub(super) processors: Vec<Mention>,
    pub(super) exporter: Mention,
}

/// Reads the trace pipelines of a configuration.
pub(super) fn read(root: Node) -> Pipelines {
    let pipelines = root.at(&["service", "pipelines"]);
    let entries = pipelines.map_or(&[][..], Node::entries).iter();
    let all = entries.filter(|entry| type_of(&entry.key) == "traces");
    let all = all.map(|entry| Pipeline {
        id: normal_id(&entry.key),
        receivers: mentions(entry.value.get("receivers")),
        processors: mentions(entry.value.get("processors")),
        exporters: mentions(entry.value.get("exporters")),
    });
    Pipelines {
        all: all.collect(),
        edges: graph::edges(&root),
        root,
    }
}

fn mentions(list: Option<&Node>) -> Vec<Mention> {
    let items = list.map_or(&[][..], Node::items).iter();
    let mentions = items.filter_map(|item| {
        Some(Mention {
            id: normal_id(item.as_str()?),
            place: item.span,
        })
    });
    mentions.collect()
}

impl Pipelines {
    /// The settings of a component; nothing for one that is not defined.
    pub(super) fn settings(&self, section: &str, id: &str) -> Option<&Node> {
        let entries = self.root.get(section)?.entries().iter();
        let mut found = entries.filter(|entry| normal_id(&entry.key) == id);
        found.next().map(|entry| &entry.value)
    }

    /// Where a component is defined.
    pub(super) fn place(&self, section: &str, id: &str) -> Option<Span> {
        let entries = self.root.get(section)?.entries().iter();
        let mut found = entries.filter(|entry| normal_id(&entry.key) == id);
        found.next().map(|entry| entry.key_span)
    }

    /// Whether a pipeline takes traces from outside.
    pub(super) fn takes_traces(&self) -> bool {
        let mut receivers = self.all.iter().flat_map(|pipeline| &pipeline.receivers);
        receivers.any(|receiver| type_of(&receiver.id) != "nop")
    }

    /// Whether a pipeline of traces takes from a receiver.
    pub(super) fn takes_from(&self, receiver: &str) -> bool {
        self.all
            .iter()
            .any(|pipeline| names(&pipeline.receivers, receiver))
    }

    /// The exporters of traces, each once, where a pipeline first names it.
    pub(super) fn exporters(&self) -> Vec<Mention> {
        let mut found: Vec<Mention> = Vec::new();
        for mention in self.all.iter().flat_map(|pipeline| &pipeline.exporters) {
            let is_exporter = self.place("exporters", &mention.id).is_some();
            if is_exporter && !names(&found, &mention.id) {
                found.push(mention.clone());
            }
        }
        found
    }

    /// The ways of traces from a receiver to exporters.
    pub(super) fn ways(&self, receiver: &str) -> Vec<Way> {
        let mut found = Vec::new();
        for (at, pipeline) in self.all.iter().enumerate() {
            if names(&pipeline.receivers, receiver) {
                self.follow(at, &mut Vec::new(), &mut found);
            }
        }
        found
    }

    fn follow(&self, at: usize, behind: &mut Vec<usize>, found: &mut Vec<Way>) {
        let Some(pipeline) = self.all.get(at) else {
            return;
        };
        if behind.contains(&at) || found.len() >= MAX_WAYS {
            return;
        }
        behind.push(at);
        for exporter in &pipeline.exporters {
            if self.place("exporters", &exporter.id).is_some() {
                found.push(self.way(behind, exporter));
            }
        }
        for edge in self.edges.iter().filter(|edge| edge.from == pipeline.id) {
            let next = self.all.iter().position(|pipeline| pipeline.id == edge.to);
            if let Some(next) = next {
                self.follow(next, behind, found);
            }
        }
        behind.pop();
    }

    fn way(&self, behind: &[usize], exporter: &Mention) -> Way {
        let pipelines = || behind.iter().filter_map(|at| self.all.get(*at));
        Way {
            processors: pipelines()
                .flat_map(|pipeline| pipeline.processors.clone())
                .collect(),
            exporter: exporter.clone(),
        }
    }
}

fn names(mentions: &[Mention], id: &str) -> bool {
    mentions.iter().any(|mention| mention.id == id)
}
