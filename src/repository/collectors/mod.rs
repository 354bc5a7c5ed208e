//! Collector configurations, their pipelines and components as subjects.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::artifact::{Collector, Home, Reading};
use crate::document::{Entry, MapBuilder, Node, Reason, Value};
use crate::repository::index::Index;
use crate::repository::runners::{self, Runner};
use crate::repository::{Subject, SubjectKind, texts};
use crate::source::{SourceFile, Span};

/// Sections of a configuration and the kind of component in each.
const SECTIONS: [(&str, &str); 5] = [
    ("receivers", "receiver"),
    ("processors", "processor"),
    ("exporters", "exporter"),
    ("connectors", "connector"),
    ("extensions", "extension"),
];

/// Settings in which a component names an extension, and the kinds of component that have them.
const REFERENCES: [(&[&str], &[&str]); 4] = [
    (&["sending_queue", "storage"], &["exporter"]),
    (
        &["auth", "authenticator"],
        &["receiver", "exporter", "extension"],
    ),
    (&["storage"], &["receiver"]),
    (
        &["auth", "sasl", "oauthbearer_token_source"],
        &["receiver", "exporter"],
    ),
];

/// Old spellings of component types by kind.
static ALIASES: LazyLock<BTreeMap<(&str, &str), &str>> = LazyLock::new(|| {
    let rows = include_str!("component_aliases.tsv")
        .lines()
        .filter(|row| !row.starts_with('#'));
    let columns = rows.filter_map(|row| {
        let mut cells = row.split('\t');
        Some(((cells.next()?, cells.next()?), cells.next()?))
    });
    columns.collect()
});

pub(super) fn subjects(
    index: &Index<'_>,
    (file, reading): (&SourceFile, &Reading),
    found: &Collector,
    out: &mut Vec<Subject>,
) {
    let root = &found.root;
    let label = label(root);
    let runner = runners::of(index, (file, reading), found, label);
    let components = components(root);
    let pipelines = pipelines(root, &components);
    let home = match &found.home {
        Home::File => "file",
        Home::ConfigMap { .. } => "configmap",
        Home::Resource { .. } => "resource",
    };
    let object = runner.object.clone();
    let whole = is_whole(index, file, found);
    let collector = collector(root, home, whole, runner, (&components, &pipelines));
    let mut push = |kind, node: &Node, object: String, bindings| {
        out.push(Subject {
            kind,
            bindings,
            file: file.id,
            label: node.label(),
            object,
        });
    };
    push(
        SubjectKind::Collector,
        &collector,
        object.clone(),
        vec![collector.clone()],
    );
    for pipeline in &pipelines {
        let id = pipeline.str_at(&["id"]).unwrap_or("");
        let object = format!("{object}/pipelines/{id}");
        push(
            SubjectKind::Pipeline,
            pipeline,
            object,
            vec![pipeline.clone(), collector.clone()],
        );
    }
    for component in &components {
        let part = |key: &str| component.str_at(&[key]).unwrap_or("");
        let object = format!("{object}/{}s/{}", part("kind"), part("id"));
        push(
            SubjectKind::Component,
            component,
            object,
            vec![component.clone(), collector.clone()],
        );
    }
}

/// The node of a configuration.
fn collector(
    root: &Node,
    home: &str,
    whole: bool,
    runner: Runner,
    (components, pipelines): (&[Node], &[Node]),
) -> Node {
    let label = label(root);
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
        .put("is_whole", Node::bool(label, whole))
        .put("components", Node::list(label, components.to_vec()))
        .put("pipelines", Node::list(label, pipelines.to_vec()))
        .put("extensions", extensions)
        .put("config", root.clone())
        .put_some("resource", runner.resource)
        .build()
}

/// Whether a configuration stands by itself, and is not one of several that are merged.
fn is_whole(index: &Index<'_>, file: &SourceFile, found: &Collector) -> bool {
    let beside = || index.collectors_beside(file, &found.root);
    match found.home {
        Home::Resource { .. } => true,
        Home::File | Home::ConfigMap { .. } => {
            is_complete(&found.root) && beside().all(is_complete)
        }
    }
}

/// Whether a configuration has every part that a collector needs, and defines what its pipelines name.
///
/// One that is not complete is merged with others, and what it lacks may stand in them.
fn is_complete(root: &Node) -> bool {
    ["receivers", "exporters"].iter().all(|section| {
        root.get(section)
            .is_some_and(|section| !section.entries().is_empty())
    }) && root
        .at(&["service", "pipelines"])
        .is_some_and(|pipelines| !pipelines.entries().is_empty())
}

/// Where to point at a configuration: its `service` key, else its first key.
fn label(root: &Node) -> Span {
    let map = root.as_map();
    let entry = map.and_then(|map| map.entry("service").or_else(|| map.entries.first()));
    entry.map_or(root.span, |entry| entry.key_span)
}

/// The part of an id before its first slash, and after.
fn type_of(id: &str) -> &str {
    id.split('/').next().unwrap_or(id).trim()
}

/// A type in today's spelling. Connectors stand where receivers and exporters do.
fn present_spelling<'t>(kind: &str, written: &'t str) -> &'t str {
    let alias = |kind: &str| ALIASES.get(&(kind, written)).copied();
    alias(kind)
        .or_else(|| alias("connector").filter(|_| kind != "processor" && kind != "extension"))
        .unwrap_or(written)
}

fn components(root: &Node) -> Vec<Node> {
    let mut found = Vec::new();
    for (section, kind) in SECTIONS {
        for entry in root.get(section).map_or(&[][..], Node::entries) {
            found.push(component(root, kind, entry));
        }
    }
    found
}

fn component(root: &Node, kind: &str, entry: &Entry) -> Node {
    let at = entry.key_span;
    let written = type_of(&entry.key);
    let users = users(root, kind, &entry.key);
    let is_enabled = root
        .at(&["service", "extensions"])
        .is_some_and(|list| names(list, &entry.key));
    let is_used = if kind == "extension" {
        is_enabled
    } else {
        !users.is_empty()
    };
    let references = REFERENCES.iter().filter(|(_, kinds)| kinds.contains(&kind));
    let references = references.filter_map(|(path, _)| entry.value.at(path));
    let references = references
        .filter(|node| node.as_str().is_some())
        .cloned()
        .collect();
    let used = match open_service(root) {
        Some(reason) if !is_used => Node::unknown(at, "", reason),
        _ => Node::bool(at, is_used),
    };
    MapBuilder::new(at.to(entry.value.span))
        .label(at)
        .put("id", Node::string(at, entry.key.clone()))
        .put("type", Node::string(at, present_spelling(kind, written)))
        .put("written_type", Node::string(at, written))
        .put("kind", Node::string(at, kind))
        .put_at("config", at, entry.value.clone())
        .put("pipelines", texts(at, users.into_iter().map(|id| (at, id))))
        .put("is_used", used)
        .put("references", Node::list(at, references))
        .build()
}

/// Why pipelines or lists in them may hold more than the file shows.
fn open_service(root: &Node) -> Option<Reason> {
    let reason = |node: &Node| match &node.value {
        Value::Unknown(unknown) => Some(unknown.reason.clone()),
        Value::Map(map) => map.open.clone(),
        Value::List(list) => list.open.clone(),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) => None,
    };
    let service = root.get("service")?;
    let pipelines = service.get("pipelines");
    let lists = pipelines
        .map_or(&[][..], Node::entries)
        .iter()
        .flat_map(|entry| entry.value.entries())
        .map(|entry| &entry.value);
    let nodes = [Some(service), pipelines, service.get("extensions")]
        .into_iter()
        .flatten()
        .chain(lists);
    nodes.into_iter().find_map(reason)
}

fn names(list: &Node, id: &str) -> bool {
    list.items().iter().any(|item| item.as_str() == Some(id))
}

/// The pipelines that use a component.
fn users(root: &Node, kind: &str, id: &str) -> Vec<String> {
    let places: &[&str] = match kind {
        "receiver" => &["receivers"],
        "processor" => &["processors"],
        "exporter" => &["exporters"],
        "connector" => &["receivers", "exporters"],
        _ => &[],
    };
    let pipelines = root
        .at(&["service", "pipelines"])
        .map_or(&[][..], Node::entries);
    let uses = |pipeline: &Entry| {
        places.iter().any(|place| {
            pipeline
                .value
                .get(place)
                .is_some_and(|list| names(list, id))
        })
    };
    pipelines
        .iter()
        .filter(|pipeline| uses(pipeline))
        .map(|pipeline| pipeline.key.to_string())
        .collect()
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
        .put("id", Node::string(at, entry.key.clone()))
        .put("signal", Node::string(at, type_of(&entry.key)));
    for (section, kind) in SECTIONS.iter().take(3) {
        let (key_span, list) = match entry.value.as_map().and_then(|map| map.entry(section)) {
            Some(found) => (found.key_span, found.value.clone()),
            None => (at, Node::list(at, Vec::new())),
        };
        let list = if list.is_null() {
            Node::list(key_span, Vec::new())
        } else {
            list
        };
        let types = list.items().iter().filter_map(|item| {
            Some(Node::string(
                item.span,
                present_spelling(kind, type_of(item.as_str()?)),
            ))
        });
        let types = if list.is_unknown() {
            list.clone()
        } else {
            Node::list(list.span, types.collect())
        };
        pipeline.put_at(&format!("{kind}_types"), key_span, types);
        if *section == "processors" {
            let step = |item: &Node| {
                components.iter().find(|component| {
                    component.str_at(&["kind"]) == Some("processor")
                        && component.str_at(&["id"]) == item.as_str()
                })
            };
            let steps = list.items().iter().filter_map(step).cloned().collect();
            pipeline.put_at(
                "steps",
                key_span,
                if list.is_unknown() {
                    list.clone()
                } else {
                    Node::list(list.span, steps)
                },
            );
        }
        pipeline.put_at(section, key_span, list);
    }
    pipeline.build()
}
