//! Collector configurations, their pipelines and components as subjects.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::artifact::{Artifact, Collector, Home, Reading};
use crate::document::{Entry, MapBuilder, Node, Reason, Value};
use crate::expr::parse_image;
use crate::repository::index::{Answer, Fit, Index, same};
use crate::repository::workloads::is_collector_image;
use crate::repository::{Subject, SubjectKind, object_name, texts, untold};
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

/// Who runs a configuration.
struct Runner {
    name: Node,
    role: Node,
    replicas: Node,
    resource: Option<Node>,
    object: String,
}

pub(super) fn subjects(
    index: &Index<'_>,
    (file, reading): (&SourceFile, &Reading),
    found: &Collector,
    out: &mut Vec<Subject>,
) {
    let root = &found.root;
    let label = label(root);
    let runner = runner(index, (file, reading), found, label);
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
    let root = &found.root;
    let has = |path: &[&str]| {
        root.at(path)
            .is_some_and(|section| !section.entries().is_empty())
    };
    if !(has(&["receivers"]) && has(&["exporters"]) && has(&["service", "pipelines"])) {
        return false;
    }
    let pipelines = root
        .at(&["service", "pipelines"])
        .map_or(&[][..], Node::entries);
    let lists = pipelines
        .iter()
        .flat_map(|pipeline| pipeline.value.entries());
    let named = lists
        .flat_map(|list| list.value.items())
        .filter_map(Node::as_str);
    let defines = |root: &Node, id: &str| {
        SECTIONS
            .iter()
            .any(|(section, _)| root.at(&[section, id]).is_some())
    };
    let mut missing = named.filter(|id| !defines(root, id));
    found.home != Home::File
        || !missing.any(|id| {
            index
                .collectors_beside(file)
                .any(|other| defines(other, id))
        })
}

/// Where to point at a configuration: its `service` key, else its first key.
fn label(root: &Node) -> Span {
    let map = root.as_map();
    let entry = map.and_then(|map| map.entry("service").or_else(|| map.entries.first()));
    entry.map_or(root.span, |entry| entry.key_span)
}

fn runner(
    index: &Index<'_>,
    (file, reading): (&SourceFile, &Reading),
    found: &Collector,
    label: Span,
) -> Runner {
    let object = |at: usize| match reading.artifacts.get(at) {
        Some(Artifact::Object(object)) => Some(&object.root),
        _ => None,
    };
    match &found.home {
        Home::Resource { object: at } => object(*at).map(|root| by_resource(root, label)),
        Home::ConfigMap { object: at, key } => {
            object(*at).map(|root| by_mount(index, file, (root, key), label))
        }
        Home::File => None,
    }
    .unwrap_or_else(|| Runner {
        name: Node::string(label, file.path.rsplit('/').next().unwrap_or("")),
        role: untold(label, "the workload that runs this configuration"),
        replicas: untold(label, "the workload that runs this configuration"),
        resource: None,
        object: "collector".to_owned(),
    })
}

/// What an `OpenTelemetryCollector` resource says of itself.
fn by_resource(root: &Node, label: Span) -> Runner {
    let mode = root.at(&["spec", "mode"]);
    let role = match mode.map(|mode| (mode, mode.as_str())) {
        Some((mode, Some("daemonset"))) => Node::string(mode.span, "agent"),
        Some((mode, Some("sidecar"))) => Node::string(mode.span, "sidecar"),
        Some((mode, None)) => mode.clone(),
        // Deployment is the operator's default.
        Some((mode, Some(_))) => Node::string(mode.span, "gateway"),
        None => Node::string(label, "gateway"),
    };
    let scaled = root
        .at(&["spec", "autoscaler", "minReplicas"])
        .or_else(|| root.at(&["spec", "minReplicas"]));
    let spec = root
        .as_map()
        .and_then(|map| map.entry("spec"))
        .map_or(root.span, |entry| entry.key_span);
    let default = Node::count(spec, 1);
    Runner {
        name: root
            .at(&["metadata", "name"])
            .cloned()
            .unwrap_or(Node::string(label, "")),
        role,
        replicas: scaled
            .or_else(|| root.at(&["spec", "replicas"]))
            .cloned()
            .unwrap_or(default),
        resource: Some(root.clone()),
        object: object_name(root),
    }
}

/// What the workload that mounts a ConfigMap says of the configuration in it.
fn by_mount(
    index: &Index<'_>,
    file: &SourceFile,
    (root, key): (&Node, &str),
    label: Span,
) -> Runner {
    let name = root.at(&["metadata", "name"]);
    let namespace = root.at(&["metadata", "namespace"]);
    let mounts = |workload: &Node| {
        let volumes = workload
            .at(&["spec", "template", "spec", "volumes"])
            .map_or(&[][..], Node::items);
        let named = volumes
            .iter()
            .filter_map(|volume| volume.at(&["configMap", "name"]));
        let fit = named.fold(Fit::No, |fit, volume| {
            match (fit, same(Some(volume), name)) {
                (Fit::Yes, _) | (_, Fit::Yes) => Fit::Yes,
                (Fit::Maybe, _) | (_, Fit::Maybe) => Fit::Maybe,
                _ => Fit::No,
            }
        });
        fit.and(same(workload.at(&["metadata", "namespace"]), namespace))
    };
    let mut role = untold(label, "the workload that mounts this ConfigMap");
    let mut replicas = role.clone();
    for (kind, runs_as) in [
        ("DaemonSet", "agent"),
        ("Deployment", "gateway"),
        ("StatefulSet", "gateway"),
    ] {
        if let Answer::One(workload) = index.find(kind, file, &mounts) {
            role = match is_alone(workload) {
                Some(true) => Node::string(label, runs_as),
                Some(false) => Node::string(label, "sidecar"),
                None => untold(label, "which of the containers runs this configuration"),
            };
            let spec = workload
                .as_map()
                .and_then(|map| map.entry("spec"))
                .map_or(label, |entry| entry.key_span);
            replicas = match workload.at(&["spec", "replicas"]) {
                _ if kind == "DaemonSet" => untold(spec, "the number of nodes"),
                Some(replicas) => replicas.clone(),
                None => Node::count(spec, 1),
            };
            break;
        }
    }
    Runner {
        name: name.cloned().unwrap_or(Node::string(label, "")),
        role,
        replicas,
        resource: None,
        object: format!("{}/{key}", object_name(root)),
    }
}

/// Whether a workload runs nothing but a collector; nothing where its images do not tell.
fn is_alone(workload: &Node) -> Option<bool> {
    let containers = workload
        .at(&["spec", "template", "spec", "containers"])?
        .items();
    if let [_] = containers {
        return Some(true);
    }
    let image = |container: &Node| {
        container
            .str_at(&["image"])
            .map(|image| parse_image(image).name)
    };
    let names: Option<Vec<String>> = containers.iter().map(image).collect();
    names?
        .iter()
        .any(|name| is_collector_image(name))
        .then_some(false)
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
