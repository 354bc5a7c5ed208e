//! Containers with the environment and resources that they end up with.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::document::{List, MapBuilder, Node, Reason, Value};
use crate::expr::parse_image;
use crate::repository::index::{Answer, Fit, Index, same};
use crate::repository::{derived, texts};
use crate::source::{SourceFile, Span};

/// Everything around a container that has a say in it.
pub(super) struct Surroundings<'a> {
    pub(super) index: &'a Index<'a>,
    pub(super) file: &'a SourceFile,
    pub(super) root: &'a Node,
    pub(super) pod: &'a Node,
}

/// The containers under a key of the pod.
pub(super) fn list(around: &Surroundings<'_>, key: &str, is_init: bool) -> Node {
    let Some(list) = around.pod.get(key) else {
        return Node::list(around.pod.label(), Vec::new());
    };
    let Some(known) = list.as_list() else {
        return if list.is_unknown() {
            list.clone()
        } else {
            Node::list(list.span, Vec::new())
        };
    };
    let items = known.items.iter().filter(|item| item.as_map().is_some());
    let items = items.map(|raw| container(around, raw, is_init)).collect();
    let open = known.open.clone();
    Node::new(list.span, Value::List(Arc::new(List { items, open })))
}

fn container(around: &Surroundings<'_>, raw: &Node, is_init: bool) -> Node {
    let label = raw.label();
    let image = raw.get("image");
    let parsed = image.and_then(Node::as_str).map(parse_image);
    let of_image = |part: fn(crate::expr::Image) -> String| match (&parsed, image) {
        (Some(parsed), Some(image)) => Some(Node::string(image.span, part(parsed.clone()))),
        (None, Some(image)) if image.is_unknown() => Some(image.clone()),
        _ => None,
    };
    let (env, entries) = environment(around, raw);
    let mut container = derived(raw);
    container.share(raw, "name").share(raw, "image");
    if let Some(open) = raw.as_map().and_then(|map| map.open.clone()) {
        container.open(open);
    }
    container
        .put_some("image_name", of_image(|image| image.name))
        .put_some("image_tag", of_image(|image| image.tag))
        .put("is_init", Node::bool(label, is_init))
        .put("env", env)
        .put("env_entries", entries)
        .put_some("command", command(raw))
        .put(
            "ports",
            raw.get("ports")
                .cloned()
                .unwrap_or(Node::list(label, Vec::new())),
        );
    resources(around, raw, &mut container);
    container.put("spec", raw.clone()).build()
}

/// `command` followed by `args`.
fn command(raw: &Node) -> Option<Node> {
    let parts: Vec<&Node> = ["command", "args"]
        .iter()
        .filter_map(|key| raw.get(key))
        .collect();
    let first = parts.first()?;
    if let Some(unknown) = parts.iter().find(|part| part.is_unknown()) {
        return Some((*unknown).clone());
    }
    let open = parts
        .iter()
        .find_map(|part| part.as_list().and_then(|list| list.open.clone()));
    let items = parts
        .iter()
        .flat_map(|part| part.items().iter().cloned())
        .collect();
    Some(Node::new(
        first.span,
        Value::List(Arc::new(List { items, open })),
    ))
}

/// The resources as written, with what a `LimitRange` of the namespace adds.
fn resources(around: &Surroundings<'_>, raw: &Node, into: &mut MapBuilder) {
    if let Some(of_pod) = around.pod.get("resources") {
        // A pod's own resources are shared by its containers.
        let at = raw.get("resources").map_or(of_pod.span, |node| node.span);
        let reason = Reason::Opaque("the pod sets resources for all its containers".into());
        into.put("resources", Node::unknown(at, "", reason));
        return;
    }
    let namespace = around.root.at(&["metadata", "namespace"]);
    let fits = |range: &Node| {
        let limits = range.at(&["spec", "limits"]).map_or(&[][..], Node::items);
        let is_for_containers = limits
            .iter()
            .any(|limit| limit.str_at(&["type"]) == Some("Container"));
        let place = range.at(&["metadata", "namespace"]);
        same(place, namespace).and(Fit::sure(is_for_containers))
    };
    let range = match limit_range(around, &fits) {
        Answer::None => {
            into.share(raw, "resources");
            return;
        }
        Answer::Unclear => {
            let at = raw.get("resources").map_or(raw.label(), |node| node.span);
            into.put(
                "resources",
                Node::unknown(at, "", Reason::Elsewhere("which LimitRange applies".into())),
            );
            return;
        }
        Answer::One(range) => range,
    };
    let limits = range.at(&["spec", "limits"]).map_or(&[][..], Node::items);
    let Some(defaults) = limits
        .iter()
        .find(|limit| limit.str_at(&["type"]) == Some("Container"))
    else {
        return;
    };
    let written = raw
        .get("resources")
        .cloned()
        .unwrap_or(Node::null(raw.label()));
    let mut resources = MapBuilder::new(written.span);
    resources.label(raw.label());
    for (key, source) in [("limits", "default"), ("requests", "defaultRequest")] {
        let mut part = MapBuilder::new(written.span);
        let most = (key == "limits").then(|| defaults.get("max")).flatten();
        for node in [most, defaults.get(source), written.get(key)]
            .into_iter()
            .flatten()
        {
            for entry in node.entries() {
                part.put_at(&entry.key, entry.key_span, entry.value.clone());
            }
        }
        resources.put(key, part.label(raw.label()).build());
    }
    into.put("resources", resources.build());
}

/// The `LimitRange` of a namespace: without the name of one, only that of the same folder.
fn limit_range<'a>(around: &Surroundings<'a>, fits: &dyn Fn(&Node) -> Fit) -> Answer<'a> {
    let is_named = around.root.at(&["metadata", "namespace"]).is_some();
    let (here, unclear) = around.index.beside("LimitRange", around.file, fits);
    match here.as_slice() {
        [range] if !unclear => Answer::One(range),
        [] if !unclear || !is_named => Answer::None,
        _ => Answer::Unclear,
    }
}

/// The variables of a container while they are gathered, in Kubernetes' order: `envFrom`, then `env`.
#[derive(Default)]
struct Gathered {
    values: BTreeMap<String, (Span, Node)>,
    open: Option<Reason>,
    entries: Vec<Node>,
}

/// The variables of anything that has `env` and `envFrom`, and the entries of `env` in order.
pub(super) fn environment(around: &Surroundings<'_>, raw: &Node) -> (Node, Node) {
    let label = raw.label();
    let mut gathered = Gathered::default();
    for source in raw.get("envFrom").map_or(&[][..], Node::items) {
        env_from(around, source, &mut gathered);
    }
    for key in ["env", "envFrom"] {
        let Some(list) = raw.get(key) else { continue };
        let reason = match &list.value {
            Value::Unknown(unknown) => Some(unknown.reason.clone()),
            Value::List(list) => list.open.clone(),
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::Str(_)
            | Value::Map(_) => None,
        };
        gathered.open = gathered.open.take().or(reason);
    }
    gathered.open = gathered
        .open
        .take()
        .or(raw.as_map().and_then(|map| map.open.clone()));
    let list = raw.get("env").map_or(&[][..], Node::items);
    for entry in list {
        env_entry(around, entry, &mut gathered);
    }
    let at = raw
        .as_map()
        .and_then(|map| map.entry("env"))
        .map_or(label, |entry| entry.key_span);
    let mut map = MapBuilder::new(at);
    map.label(at);
    if let Some(reason) = gathered.open {
        map.open(reason);
    }
    for (name, (key, value)) in gathered.values {
        map.put_at(&name, key, value);
    }
    (map.build(), Node::list(at, gathered.entries))
}

/// What `envFrom` brings in: the data of a ConfigMap of the repository, and of anything else that there is more.
fn env_from(around: &Surroundings<'_>, source: &Node, gathered: &mut Gathered) {
    let prefix = source.str_at(&["prefix"]).unwrap_or("");
    let name = source.at(&["configMapRef", "name"]);
    if let Some(map) = config_map(around, name) {
        for entry in map.get("data").map_or(&[][..], Node::entries) {
            let value = (entry.key_span, entry.value.clone());
            gathered
                .values
                .insert(format!("{prefix}{}", entry.key), value);
        }
    } else {
        let what = match (name, source.str_at(&["secretRef", "name"])) {
            (Some(name), _) => format!("ConfigMap `{}`", name.as_str().unwrap_or("?")),
            (None, Some(secret)) => format!("what Secret `{secret}` holds"),
            (None, None) => "the source of `envFrom`".to_owned(),
        };
        gathered.open.get_or_insert(Reason::Elsewhere(what.into()));
    }
}

/// The one ConfigMap of a name that the repository holds.
fn config_map<'a>(around: &Surroundings<'a>, name: Option<&Node>) -> Option<&'a Node> {
    let name = name?;
    let namespace = around.root.at(&["metadata", "namespace"]);
    let fits = |map: &Node| {
        let names = same(map.at(&["metadata", "name"]), Some(name));
        names.and(same(map.at(&["metadata", "namespace"]), namespace))
    };
    match around.index.find("ConfigMap", around.file, &fits) {
        Answer::One(map) => Some(map),
        Answer::None | Answer::Unclear => None,
    }
}

fn env_entry(around: &Surroundings<'_>, entry: &Node, gathered: &mut Gathered) {
    let Some(name) = entry.get("name") else {
        return;
    };
    let Some(key) = name.as_str() else {
        gathered.open.get_or_insert(Reason::Template);
        return;
    };
    let is_open = entry.as_map().and_then(|map| map.open.clone());
    let (from, value) = match (entry.get("value"), entry.get("valueFrom")) {
        (Some(value), _) => ("value", value.clone()),
        (None, Some(reference)) => referenced(around, reference),
        (None, None) => match is_open {
            Some(reason) => ("", Node::unknown(entry.span, "", reason)),
            None => ("value", Node::string(name.span, "")),
        },
    };
    let (value, undefined) = resolve(&value, gathered);
    let mut record = derived(entry);
    record
        .put("name", name.clone())
        .put("from", Node::string(entry.label(), from))
        .put(
            "undefined",
            texts(
                value.span,
                undefined.into_iter().map(|name| (value.span, name)),
            ),
        );
    if from == "value" {
        record.put_some("value", entry.get("value").cloned());
    }
    gathered.entries.push(record.build());
    gathered.values.insert(key.to_owned(), (name.span, value));
}

/// The value behind a `valueFrom`.
fn referenced(around: &Surroundings<'_>, reference: &Node) -> (&'static str, Node) {
    let unknown = |what: String| Node::unknown(reference.span, "", Reason::Elsewhere(what.into()));
    if let Some(key) = reference.get("configMapKeyRef") {
        let found = config_map(around, key.get("name"));
        let value = found
            .and_then(|map| map.at(&["data", key.str_at(&["key"])?]))
            .cloned();
        let name = key.str_at(&["name"]).unwrap_or("?");
        return (
            "configMap",
            value.unwrap_or_else(|| unknown(format!("ConfigMap `{name}`"))),
        );
    }
    if let Some(key) = reference.get("secretKeyRef") {
        let name = key.str_at(&["name"]).unwrap_or("?");
        return ("secret", unknown(format!("what Secret `{name}` holds")));
    }
    if let Some(field) = reference.str_at(&["fieldRef", "fieldPath"]) {
        return ("field", unknown(format!("the pod's field `{field}`")));
    }
    ("resource", unknown("a value of the running pod".to_owned()))
}

/// Whether Kubernetes may set a variable for a Service of the namespace.
/// Source: the Kubernetes documentation, "Accessing the Service", environment variables.
fn is_service_variable(name: &str) -> bool {
    name.ends_with("_SERVICE_HOST") || name.contains("_SERVICE_PORT") || name.contains("_PORT_")
}

/// Replaces `$(NAME)` by what stands before it in the list; also says which names nothing defines.
/// Source: the Kubernetes API reference, `EnvVar.value`.
fn resolve(value: &Node, gathered: &Gathered) -> (Node, Vec<String>) {
    let Some(text) = value.as_str().filter(|text| text.contains('$')) else {
        return (value.clone(), Vec::new());
    };
    let mut out = String::new();
    let mut undefined = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(rest.get(..at).unwrap_or(""));
        let tail = rest.get(at + 1..).unwrap_or("");
        if let Some(after) = tail.strip_prefix('$') {
            out.push('$');
            rest = after;
            continue;
        }
        let name = tail
            .strip_prefix('(')
            .and_then(|inner| inner.split_once(')'));
        let Some((name, after)) = name else {
            out.push('$');
            rest = tail;
            continue;
        };
        rest = after;
        match (
            gathered.values.get(name).map(|(_, node)| node),
            &gathered.open,
        ) {
            (Some(node), _) => match (node.as_str(), &node.value) {
                (Some(known), _) => out.push_str(known),
                (None, Value::Unknown(unknown)) => {
                    let unknown = Node::unknown(value.span, text, unknown.reason.clone());
                    return (unknown, undefined);
                }
                (None, _) => out.push_str(name),
            },
            (None, Some(reason)) => {
                return (Node::unknown(value.span, text, reason.clone()), undefined);
            }
            (None, None) if is_service_variable(name) => {
                let reason = Reason::Elsewhere("the Service behind a variable".into());
                return (Node::unknown(value.span, text, reason), undefined);
            }
            (None, None) => {
                undefined.push(name.to_owned());
                out.extend(["$(", name, ")"]);
            }
        }
    }
    out.push_str(rest);
    (Node::string(value.span, out), undefined)
}
