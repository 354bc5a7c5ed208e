//! Collector configurations, their pipelines, components and exposures as subjects.

mod actions;
mod components;
mod copies;
mod declared;
pub(super) mod expansions;
mod exposures;
pub(super) mod graph;
pub(super) mod merged;
mod ottl;
mod ports;
mod scrub;
pub(super) mod starts;
mod state;
mod statements;
mod taken;

use std::sync::Arc;

pub(super) use self::ports::probes;
pub(super) use self::taken::taken;

use crate::artifact::{Collector, Home, Reading};
use crate::document::{Entry, List, MapBuilder, Node, Reason, Value};
use crate::repository::collectors::exposures::Graph;
use crate::repository::index::Index;
use crate::repository::runners::{self, Runner};
use crate::repository::{Subject, SubjectKind, registry};
use crate::source::{SourceFile, Span};

/// Sections of a configuration and the kind of component in each.
const SECTIONS: [(&str, &str); 5] = [
    ("receivers", "receiver"),
    ("processors", "processor"),
    ("exporters", "exporter"),
    ("connectors", "connector"),
    ("extensions", "extension"),
];

pub(super) fn subjects(
    index: &Index<'_>,
    (file, reading): (&SourceFile, &Reading),
    found: &Collector,
    out: &mut Vec<Subject>,
) {
    let runner = runners::of(index, (file, reading), found, label(&found.root));
    let stacked = merged::stacked(reading, found, &runner.stack);
    let is_judged_elsewhere = match stacked.first() {
        Some(first) => !std::ptr::eq(*first, &raw const found.root),
        None => found.is_part,
    };
    if is_judged_elsewhere {
        return;
    }
    let whole = merged::all(&stacked);
    let is_open = runner.is_merged && whole.is_none();
    let root = expansions::foreseen(whole.as_ref().unwrap_or(&found.root), &runner.environment);
    let root = &if is_open {
        merged::opened(&root, &Reason::Opaque(ON_COMMAND_LINE.into()))
    } else {
        root
    };
    let components = components::all(root);
    let pipelines = pipelines(root, &components);
    let object = runner.object.clone();
    let at = label(root);
    let whole = if runner.is_sole || whole.is_some() {
        Node::bool(at, true)
    } else if runner.is_merged {
        Node::unknown(at, "", Reason::Opaque(ON_COMMAND_LINE.into()))
    } else {
        is_whole(index, file, found, at)
    };
    let release = runner.release.as_str().unwrap_or(registry::newest());
    let graph = Graph::new(root, &components, release);
    let exposures = exposures::all(&graph);
    let copies = copies::all(&graph, label(root));
    let around = index.around.of(file.id, label(root));
    let is_made = index.made_of(file.id).is_some();
    let collector = collector(
        root,
        (home(found, is_made), whole, copies, around),
        runner,
        (&components, &pipelines),
    );
    let subject = |kind, label: Span, object: String, bindings| {
        Subject::new(kind, (file.id, label), object, bindings)
    };
    out.push(subject(
        SubjectKind::Collector,
        collector.label(),
        object.clone(),
        vec![collector.clone()],
    ));
    let parts = [
        (SubjectKind::Pipeline, pipelines),
        (SubjectKind::Component, components),
        (SubjectKind::Exposure, exposures),
    ];
    for (kind, nodes) in parts {
        out.extend(nodes.into_iter().map(|node| {
            let object = format!("{object}/{}", part_name(kind, &node));
            subject(kind, node.label(), object, vec![node, collector.clone()])
        }));
    }
}

/// The name for where a configuration stands.
/// A file that a generator takes stands in the map that it makes.
fn home(found: &Collector, is_made: bool) -> &'static str {
    match &found.home {
        Home::File if is_made => "configmap",
        Home::File => "file",
        Home::ConfigMap { .. } => "configmap",
        Home::Resource { .. } => "resource",
    }
}

/// The logical name of a part of a configuration.
fn part_name(kind: SubjectKind, node: &Node) -> String {
    let text = |key: &str| node.str_at(&[key]).unwrap_or("");
    if kind == SubjectKind::Pipeline {
        format!("pipelines/{}", text("id"))
    } else if kind == SubjectKind::Component {
        format!("{}s/{}", text("kind"), text("id"))
    } else {
        format!("exposures/{}/{}", text("exporter"), text("location"))
    }
}

/// The node of a configuration.
fn collector(
    root: &Node,
    (home, whole, copies, around): (&str, Node, Node, Node),
    runner: Runner,
    (components, pipelines): (&[Node], &[Node]),
) -> Node {
    let label = label(root);
    let (container, pod) = runner.container.unzip();
    let extensions = root
        .at(&["service", "extensions"])
        .cloned()
        .unwrap_or(Node::list(label, Vec::new()));
    MapBuilder::new(root.span)
        .label(label)
        .put("name", runner.name)
        .put("home", Node::string(label, home))
        .put("role", runner.role)
        .put("replicas", runner.replicas)
        .put("version", runner.version)
        .put("release", runner.release)
        .put("is_release_known", runner.is_release_known)
        .put("is_release_covered", runner.is_release_covered)
        .put("distribution", runner.distribution)
        .put("is_whole", whole)
        .put(
            "components",
            list(label, components, components::open_sections(root)),
        )
        .put(
            "pipelines",
            list(
                label,
                pipelines,
                root.at(&["service", "pipelines"]).and_then(Node::openness),
            ),
        )
        .put("extensions", extensions)
        .put("undefined", graph::undefined(root, label))
        .put("cycles", graph::cycles(root, label))
        .put("scrubs", declared::all(components, label))
        .put("copies", copies)
        .put("expansions", expansions::all(root, label))
        .put("misfits", components::misfits(root, components, label))
        .put("ports", ports::all(root, components, label))
        .put("probes", runner.probes)
        .put("config", root.clone())
        .put("environment", runner.environment)
        .put("arguments", runner.arguments)
        .put_some("container", container)
        .put_some("pod", pod)
        .put_some("resources", runner.resources)
        .put_some("resource", runner.resource)
        .put("around", around)
        .build()
}

/// A list of nodes that may hold more than the file shows.
fn list(at: Span, items: &[Node], open: Option<Reason>) -> Node {
    let items = items.to_vec();
    Node::new(at, Value::List(Arc::new(List::new(items, open))))
}

/// Whether a configuration stands by itself, and is not one of several that are merged.
fn is_whole(index: &Index<'_>, file: &SourceFile, found: &Collector, at: Span) -> Node {
    if matches!(found.home, Home::Resource { .. }) {
        return Node::bool(at, true);
    }
    match is_complete(&found.root) {
        Ok(true) => {}
        Ok(false) => return Node::bool(at, false),
        Err(reason) => return Node::unknown(at, "", reason),
    }
    let parts = index.collectors_beside(file, &found.root);
    let mut parts = parts.filter(|part| is_complete(part) != Ok(true));
    if parts.any(|part| may_change(part, &found.root)) {
        return Node::unknown(at, "", Reason::Opaque(MERGED.into()));
    }
    Node::bool(at, true)
}

const ON_COMMAND_LINE: &str =
    "the command line names other configurations or settings, which are merged with it";

const MERGED: &str = "an incomplete configuration beside it may be merged into it";

/// Whether a configuration has something to say of what another one has or names, or leaves a part open.
fn may_change(part: &Node, whole: &Node) -> bool {
    let nodes = [
        Some(part),
        part.get("service"),
        part.at(&["service", "pipelines"]),
    ];
    let sections = SECTIONS.iter().map(|(section, _)| part.get(section));
    let is_open = |node: &Node| node.openness().is_some();
    nodes.into_iter().chain(sections).flatten().any(is_open)
        || SECTIONS.iter().any(|(section, kind)| {
            let mut ids = part.get(section).map_or(&[][..], Node::entries).iter();
            ids.any(|entry| {
                let known = whole
                    .get(section)
                    .and_then(|of_kind| of_kind.get(&entry.key));
                known.is_some()
                    || *kind == "extension"
                    || !mentions(whole, kind, &entry.key).is_empty()
            })
        })
        || ["extensions", "telemetry"]
            .iter()
            .any(|key| part.at(&["service", key]).is_some())
        || {
            let pipelines = part
                .at(&["service", "pipelines"])
                .map_or(&[][..], Node::entries);
            let theirs = whole.at(&["service", "pipelines"]);
            let is_shared = |entry: &Entry| theirs.is_some_and(|map| map.get(&entry.key).is_some());
            pipelines.iter().any(is_shared)
        }
}

/// Whether a configuration has every part that a collector needs; or why that cannot be said.
///
/// One that is not complete is merged with others, and what it lacks may stand in them.
fn is_complete(root: &Node) -> Result<bool, Reason> {
    let sections = [
        &["receivers"][..],
        &["exporters"],
        &["service", "pipelines"],
    ];
    let mut unknown = None;
    for path in sections {
        let section = root.at(path);
        if section.is_some_and(|section| !section.entries().is_empty()) {
            continue;
        }
        let above = root.get("service").filter(|_| path.len() > 1);
        let open = [section, above, Some(root)].into_iter().flatten();
        match open.into_iter().find_map(Node::openness) {
            Some(reason) => unknown = Some(reason),
            None => return Ok(false),
        }
    }
    unknown.map_or(Ok(true), Err)
}

/// Where to point at a configuration: its `service` key, else its first key.
fn label(root: &Node) -> Span {
    let map = root.as_map();
    let entry = map.and_then(|map| map.entry("service").or_else(|| map.entries.first()));
    entry.map_or(root.span, |entry| entry.key_span)
}

/// The part of an id before its first slash, and after.
pub(super) fn type_of(id: &str) -> &str {
    id.split('/').next().unwrap_or(id).trim()
}

/// An id as the collector knows it: the parts around the first slash without blanks.
pub(super) fn normal_id(id: &str) -> String {
    match id.split_once('/') {
        Some((of_type, name)) => format!("{}/{}", of_type.trim(), name.trim()),
        None => id.trim().to_owned(),
    }
}

/// A list of ids as the collector reads it; nothing is an empty one.
fn ids(at: Span, written: Node) -> Node {
    if written.is_null() {
        return Node::list(at, Vec::new());
    }
    let Value::List(found) = &written.value else {
        return written;
    };
    let ids: Vec<Node> = found.items.iter().map(with_normal_id).collect();
    list(written.span, &ids, found.open.clone())
}

/// A text as the id that the collector reads there.
pub(super) fn with_normal_id(item: &Node) -> Node {
    match item.as_str() {
        Some(text) if normal_id(text) != text => Node::string(item.span, normal_id(text)),
        _ => item.clone(),
    }
}

/// A type in today's spelling. Connectors stand where receivers and exporters do.
pub(super) fn present_spelling<'t>(kind: &str, written: &'t str) -> &'t str {
    let known = registry::find(kind, written);
    let connector = || {
        let can_be = kind != "processor" && kind != "extension";
        can_be.then(|| registry::find("connector", written))?
    };
    known.or_else(connector).map_or(written, |known| known.name)
}

/// A place where a pipeline names a component.
struct Mention {
    pipeline: String,
    /// The list of the pipeline.
    list: &'static str,
    place: Span,
}

/// The places where pipelines name a component, each pipeline once for each list.
fn mentions(root: &Node, kind: &str, id: &str) -> Vec<Mention> {
    let lists: &[&'static str] = match kind {
        "receiver" => &["receivers"],
        "processor" => &["processors"],
        "exporter" => &["exporters"],
        "connector" => &["receivers", "exporters"],
        _ => &[],
    };
    let id = normal_id(id);
    let is_it = |item: &&Node| item.as_str().is_some_and(|text| normal_id(text) == id);
    let pipelines = root
        .at(&["service", "pipelines"])
        .map_or(&[][..], Node::entries);
    let mut found = Vec::new();
    for pipeline in pipelines {
        for &list in lists {
            let items = pipeline.value.get(list).map_or(&[][..], Node::items);
            found.extend(items.iter().find(is_it).map(|item| Mention {
                pipeline: normal_id(&pipeline.key),
                list,
                place: item.span,
            }));
        }
    }
    found
}

fn pipelines(root: &Node, components: &[Node]) -> Vec<Node> {
    let pipelines = root
        .at(&["service", "pipelines"])
        .map_or(&[][..], Node::entries);
    pipelines
        .iter()
        .map(|entry| pipeline(entry, components))
        .collect()
}

fn pipeline(entry: &Entry, components: &[Node]) -> Node {
    let at = entry.key_span;
    let mut pipeline = MapBuilder::new(at.to(entry.value.span));
    pipeline
        .label(at)
        .put("id", Node::string(at, normal_id(&entry.key)))
        .put("signal", Node::string(at, type_of(&entry.key)));
    for (section, kind) in SECTIONS.iter().take(3) {
        let map = entry.value.as_map();
        let (key_span, list) = match (map.and_then(|map| map.entry(section)), &entry.value.value) {
            (Some(found), _) => (found.key_span, found.value.clone()),
            (None, Value::Unknown(unknown)) => (at, Node::unknown(at, "", unknown.reason.clone())),
            (None, _) => match map.and_then(|map| map.open.clone()) {
                Some(reason) => (at, Node::unknown(at, "", reason)),
                None => (at, Node::list(at, Vec::new())),
            },
        };
        let list = ids(key_span, list);
        let types = list.items().iter().filter_map(|item| {
            Some(Node::string(
                item.span,
                present_spelling(kind, type_of(item.as_str()?)),
            ))
        });
        let types: Vec<Node> = types.collect();
        let types = if list.is_unknown() {
            list.clone()
        } else {
            self::list(list.span, &types, list.openness())
        };
        pipeline.put_at(&format!("{kind}_types"), key_span, types);
        if *section == "processors" {
            let step = |item: &Node| {
                components.iter().find(|component| {
                    component.str_at(&["kind"]) == Some("processor")
                        && component.str_at(&["id"]) == item.as_str()
                })
            };
            let steps: Vec<Node> = list.items().iter().filter_map(step).cloned().collect();
            pipeline.put_at(
                "steps",
                key_span,
                if list.is_unknown() {
                    list.clone()
                } else {
                    self::list(list.span, &steps, list.openness())
                },
            );
        }
        pipeline.put_at(section, key_span, list);
    }
    pipeline.build()
}
