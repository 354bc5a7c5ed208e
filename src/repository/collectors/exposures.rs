//! Which attributes can still be there when data leaves a collector.
//!
//! An exposure is one exporter and one location, whatever pipelines lead there. Its routes are the ways through pipelines and
//! connectors that lead there, each with what its processors take away for certain. Which keys must not arrive is for
//! rules to say.

use std::collections::BTreeMap;

use regex::Regex;

use crate::document::{List, MapBuilder, Node, Reason, Value};
use crate::expr::Semver;
use crate::repository::collectors::graph::{Edge, edges};
use crate::repository::collectors::scrub::States;
use crate::repository::collectors::state::{Copy, Location, State};
use crate::repository::collectors::{normal_id, type_of};
use crate::repository::texts;
use crate::source::Span;

/// Ways to one exporter that are followed; more leave the list open.
const MAX_ROUTES: usize = 64;

/// Exporters that show nobody what they are given.
const SILENT: [&str; 1] = ["nop"];

/// The release since which `debug` shows attributes where `verbosity` is `normal`.
/// Source: the collector's change log.
const NORMAL_SHOWS: &str = "0.103.0";

/// One way to a pipeline: the pipelines in order, and what is left at its end.
struct Route {
    pipelines: Vec<String>,
    /// Each pipeline where it stands, with what feeds it.
    steps: Vec<(Span, String)>,
    states: States,
}

/// A pipeline as written.
pub(super) struct Pipeline<'a> {
    id: String,
    key: Span,
    node: &'a Node,
}

/// What one exporter gets at one location, from whatever pipelines.
struct Sink<'a> {
    exporter: &'a Node,
    location: Location,
    /// Where the first pipeline names the exporter.
    at: Span,
    /// The pipelines, each with the place that names the exporter.
    pipelines: Vec<(Span, String)>,
    routes: List,
}

/// Everything that routes are made of.
pub(super) struct Graph<'a> {
    pipelines: Vec<Pipeline<'a>>,
    components: &'a [Node],
    /// The release of the collector, the newest where it is not known.
    release: &'a str,
    edges: Vec<Edge>,
    /// For each pipeline the ways to its exporters, and why there may be more.
    routes: Vec<(Vec<Route>, Option<Reason>)>,
}

/// The exposures of a configuration.
pub(super) fn all(graph: &Graph<'_>) -> Vec<Node> {
    let mut sinks: BTreeMap<(&str, Location), Sink<'_>> = BTreeMap::new();
    for (pipeline, (routes, open)) in graph.pipelines.iter().zip(&graph.routes) {
        for (at, exporter) in graph.exporters(pipeline) {
            let id = exporter.str_at(&["id"]).unwrap_or("");
            for location in Location::of(type_of(&pipeline.id)) {
                let sink = sinks.entry((id, *location)).or_insert_with(|| Sink {
                    exporter,
                    location: *location,
                    at,
                    pipelines: Vec::new(),
                    routes: List::default(),
                });
                sink.pipelines.push((at, pipeline.id.clone()));
                let routes = routes.iter();
                let routes = routes.filter_map(|route| route_node(route, *location, (at, id)));
                sink.routes.items.extend(routes);
                sink.routes.open = sink.routes.open.take().or_else(|| open.clone());
            }
        }
    }
    sinks.into_values().map(exposure).collect()
}

/// Whether nobody sees what an exporter gets: `debug` shows attributes only when it is told to, since 0.103.0 in two ways.
fn is_silent(exporter: &Node, release: &str) -> bool {
    let of_type = exporter.str_at(&["type"]).unwrap_or("");
    let shows = match exporter.str_at(&["config", "verbosity"]) {
        Some("detailed") => true,
        Some("normal") => Semver::parse(release) >= Semver::parse(NORMAL_SHOWS),
        _ => false,
    };
    SILENT.contains(&of_type) || of_type == "debug" && !shows
}

fn exposure(sink: Sink<'_>) -> Node {
    let at = sink.at;
    let of_exporter = |key: &str| sink.exporter.get(key).cloned().unwrap_or(Node::null(at));
    let routes = Node::new(at, Value::List(std::sync::Arc::new(sink.routes)));
    let id = sink.exporter.str_at(&["id"]).unwrap_or("");
    MapBuilder::new(at)
        .label(at)
        .put("exporter", Node::string(at, id))
        .put("type", of_exporter("type"))
        .put("pipelines", texts(at, sink.pipelines))
        .put("location", Node::string(at, sink.location.name()))
        .put("routes", routes)
        .put("is_passed_on", Node::bool(at, false))
        .build()
}

/// A route to an exporter that stands somewhere in its last pipeline.
fn route_node(route: &Route, location: Location, (end, exporter): (Span, &str)) -> Option<Node> {
    let (at, _) = *route.steps.first()?;
    let (end_at, end_id) = (route.steps.last()?.0, route.pipelines.last()?.as_str());
    let last = (end, format!("exporter `{exporter}`"));
    let steps: Vec<(Span, String)> = route.steps.iter().cloned().chain([last]).collect();
    let (_, state) = route.states.all.iter().find(|(own, _)| *own == location)?;
    let list =
        |keys: &mut dyn Iterator<Item = &String>| texts(at, keys.map(|key| (at, key.clone())));
    let State {
        removed,
        patterns,
        kept,
        added,
        is_touched,
        opaque,
        copies: _,
    } = state;
    let any = |patterns: &mut dyn Iterator<Item = &str>| {
        let each: Vec<String> = patterns.map(|pattern| format!("(?:{pattern})")).collect();
        Node::string(at, each.join("|"))
    };
    let pattern = match opaque {
        Some(reason) => Node::unknown(at, "", reason.clone()),
        None => any(&mut patterns.iter().map(Regex::as_str)),
    };
    let is_untouched = removed.is_empty() && patterns.is_empty() && kept.is_none();
    let untouched = match opaque {
        Some(reason) if is_untouched => Node::unknown(at, "", reason.clone()),
        _ => Node::bool(at, is_untouched),
    };
    let mut node = MapBuilder::new(at);
    node.label(at)
        .put("start", Node::string(at, route.pipelines.first()?.as_str()))
        .put("end", Node::string(end_at, end_id))
        .put("signal", Node::string(end_at, type_of(end_id)))
        .put("way", Node::string(at, route.pipelines.join(" > ")))
        .put("steps", texts(at, steps))
        .put("removed", list(&mut removed.iter()))
        .put("is_untouched", untouched)
        .put("is_masked", Node::bool(at, *is_touched))
        .put("is_beside_scrubber", Node::bool(at, false))
        .put("pattern", pattern)
        .put(
            "added",
            texts(at, added.iter().map(|(key, place)| (*place, key.clone()))),
        );
    if let Some((keys, patterns)) = kept {
        node.put("kept", list(&mut keys.iter())).put(
            "kept_pattern",
            any(&mut patterns.iter().map(String::as_str)),
        );
    }
    Some(node.build())
}

impl<'a> Graph<'a> {
    pub(super) fn new(root: &'a Node, components: &'a [Node], release: &'a str) -> Self {
        let entries = root.at(&["service", "pipelines"]);
        let entries = entries.map_or(&[][..], Node::entries).iter();
        let pipelines = entries.map(|entry| Pipeline {
            id: normal_id(&entry.key),
            key: entry.key_span,
            node: &entry.value,
        });
        let mut graph = Self {
            pipelines: pipelines.collect(),
            components,
            release,
            edges: edges(root),
            routes: Vec::new(),
        };
        let pipelines = graph.pipelines.iter();
        graph.routes = pipelines.map(|pipeline| graph.ways(pipeline)).collect();
        graph
    }

    /// The pipelines, each with what is left at the end of every way to it.
    pub(super) fn ends(&self) -> impl Iterator<Item = (&Pipeline<'a>, Vec<&States>)> {
        let all = self.pipelines.iter().zip(&self.routes);
        all.map(|(pipeline, (routes, _))| {
            (pipeline, routes.iter().map(|route| &route.states).collect())
        })
    }

    /// The exporters of a pipeline that show what they get, each with the place that names it.
    pub(super) fn exporters(&self, pipeline: &Pipeline<'_>) -> Vec<(Span, &'a Node)> {
        let mut exporters = self.listed(pipeline, "exporter");
        exporters.retain(|(_, exporter)| !is_silent(exporter, self.release));
        exporters
    }

    /// The components of a kind that the list `exporters` of a pipeline names.
    pub(super) fn listed(&self, pipeline: &Pipeline<'_>, kind: &str) -> Vec<(Span, &'a Node)> {
        let list = pipeline.node.get("exporters");
        let items = list.map_or(&[][..], Node::items).iter();
        let named = items.filter_map(|item| {
            let id = normal_id(item.as_str()?);
            Some((item.span, self.component(kind, &id)?))
        });
        named.collect()
    }

    /// The pipelines that a connector feeds with metrics of its own, and which of its labels are left at their ends.
    pub(super) fn labelled(
        &self,
        connector: &str,
        labels: &[(&str, Vec<String>, Span)],
    ) -> Vec<(&Pipeline<'a>, Vec<Copy>)> {
        let fed = |pipeline: &&Pipeline<'_>| {
            type_of(&pipeline.id) == "metrics"
                && self
                    .edges
                    .iter()
                    .any(|edge| edge.connector == connector && edge.to == pipeline.id)
        };
        let ends = self.pipelines.iter().filter(fed).map(|pipeline| {
            let mut states = States::new("metrics");
            for (label, sources, place) in labels {
                states.hold(Location::Datapoint, label, sources, *place);
            }
            self.process(pipeline, &mut states);
            let all = states.all.into_iter();
            let left = all.filter(|(location, _)| *location == Location::Datapoint);
            (pipeline, left.flat_map(|(_, state)| state.copies).collect())
        });
        ends.collect()
    }

    fn component(&self, kind: &str, id: &str) -> Option<&'a Node> {
        let mut all = self.components.iter();
        all.find(|component| {
            component.str_at(&["kind"]) == Some(kind) && component.str_at(&["id"]) == Some(id)
        })
    }

    /// The ways to the exporters of a pipeline, and why there may be more.
    fn ways(&self, pipeline: &Pipeline<'_>) -> (Vec<Route>, Option<Reason>) {
        let mut chains = Vec::new();
        self.chains(&pipeline.id, &mut Vec::new(), &mut chains);
        let open = (chains.len() >= MAX_ROUTES)
            .then(|| Reason::Opaque("there are more ways than are followed".into()));
        let routes = chains.iter().filter_map(|chain| self.route(chain));
        (routes.collect(), open)
    }

    /// The chains of pipelines of one signal that end in one, from the end.
    fn chains(&self, last: &str, behind: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
        if behind.iter().any(|id| id == last) || found.len() >= MAX_ROUTES {
            return;
        }
        behind.push(last.to_owned());
        let is_fed = |edge: &&Edge| edge.to == last && self.hands_on(edge);
        let feeding: Vec<&Edge> = self.edges.iter().filter(is_fed).collect();
        for edge in &feeding {
            self.chains(&edge.from, behind, found);
        }
        let connectors: Vec<&str> = feeding.iter().map(|edge| edge.connector.as_str()).collect();
        if self.receives(last, &connectors) {
            found.push(behind.iter().rev().cloned().collect());
        }
        behind.pop();
    }

    /// Whether a pipeline gets data from outside, and not from these connectors alone.
    fn receives(&self, id: &str, connectors: &[&str]) -> bool {
        let pipeline = self.pipelines.iter().find(|pipeline| pipeline.id == id);
        let receivers = pipeline.and_then(|pipeline| pipeline.node.get("receivers"));
        let mut receivers = receivers.map_or(&[][..], Node::items).iter();
        receivers.any(|item| {
            let id = normal_id(item.as_str().unwrap_or(""));
            !connectors.contains(&id.as_str()) && self.component("receiver", &id).is_some()
        })
    }

    fn route(&self, chain: &[String]) -> Option<Route> {
        let of_id = |id: &String| self.pipelines.iter().find(|pipeline| pipeline.id == *id);
        let mut states = States::new(type_of(chain.first()?));
        let mut steps = Vec::new();
        for (number, pipeline) in chain.iter().filter_map(of_id).enumerate() {
            let feeding = number.checked_sub(1).and_then(|before| chain.get(before));
            let edges = self.edges.iter().filter(|edge| {
                Some(&edge.from) == feeding && edge.to == pipeline.id && self.hands_on(edge)
            });
            // Of several ways from one to the other, the one counts that lets everything pass.
            let edge = edges.min_by_key(|edge| self.is_of(edge, "routing"));
            if let Some(edge) = edge {
                self.pass(edge, &mut states);
            }
            self.process(pipeline, &mut states);
            steps.push((pipeline.key, step(pipeline, edge)));
        }
        Some(Route {
            pipelines: chain.to_vec(),
            steps,
            states,
        })
    }

    /// Whether what comes out of a connector has the attributes of what goes into it.
    fn hands_on(&self, edge: &Edge) -> bool {
        let (from, to) = (type_of(&edge.from), type_of(&edge.to));
        from == to
            || (from, to) == ("traces", "logs") && self.is_of(edge, "exceptions")
            || (from, to) == ("traces", "metrics") && self.is_of(edge, "span_metrics")
    }

    fn is_of(&self, edge: &Edge, wanted: &str) -> bool {
        let connector = self.component("connector", &edge.connector);
        connector.and_then(|connector| connector.str_at(&["type"])) == Some(wanted)
    }

    /// What a connector makes of data on its way to a pipeline.
    fn pass(&self, edge: &Edge, states: &mut States) {
        match (type_of(&edge.from), type_of(&edge.to)) {
            ("traces", "logs") => *states = states.as_exceptions(edge.place),
            ("traces", "metrics") => *states = states.as_span_metrics(),
            _ => {}
        }
        let connector = self.component("connector", &edge.connector);
        let config = connector.and_then(|connector| connector.get("config"));
        if let Some(config) = config.filter(|_| self.is_of(edge, "routing")) {
            states.route(config, &edge.to);
        }
    }

    /// Lets the processors of a pipeline do their work.
    fn process(&self, pipeline: &Pipeline<'_>, states: &mut States) {
        let Some(list) = pipeline.node.get("processors") else {
            return;
        };
        if list.is_unknown() || list.as_list().is_some_and(|list| list.open.is_some()) {
            states.hide("the list of processors");
        }
        for item in list.items() {
            let id = item.as_str().map(normal_id);
            match id.and_then(|id| self.component("processor", &id)) {
                Some(processor) => states.apply(processor),
                None => states.hide("a processor that is not defined here"),
            }
        }
    }
}

/// A pipeline of a way, with what feeds it: the connector behind another pipeline, or its receivers.
fn step(pipeline: &Pipeline<'_>, feeding: Option<&Edge>) -> String {
    let from = if let Some(edge) = feeding {
        format!("connector `{}`", edge.connector)
    } else {
        let receivers = pipeline.node.get("receivers");
        let items = receivers.map_or(&[][..], Node::items).iter();
        let names: Vec<&str> = items.filter_map(Node::as_str).collect();
        format!("`{}`", names.join("`, `"))
    };
    format!("pipeline `{}` takes from {from}", pipeline.id)
}
