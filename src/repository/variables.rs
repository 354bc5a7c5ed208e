//! The variables of containers: what `envFrom` and `env` set, with what references in them come to.

use std::cell::Cell;
use std::collections::BTreeMap;

use smol_str::SmolStr;

use crate::document::{MapBuilder, Node, Reason, Unknown, Value};
use crate::repository::containers::Surroundings;
use crate::repository::index::{Answer, same};
use crate::repository::operator::ADDRESSES;
use crate::repository::{derived, fields, secrets, texts};
use crate::source::Span;

/// The variables of a container while they are gathered, in Kubernetes' order: `envFrom`, then `env`.
#[derive(Default)]
struct Gathered {
    values: BTreeMap<String, (Span, Node)>,
    open: Option<Reason>,
    entries: Vec<Node>,
    /// How many bytes the references to variables have become so far.
    expanded: Cell<usize>,
}

/// The most bytes that the references of one container may become.
const MAX_EXPANDED: usize = 4 << 20;

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

/// The field of the pod that the operator injects under a name.
pub(super) fn injected_field(variable: &str) -> Option<&'static str> {
    let found = ADDRESSES.iter().find(|(name, _)| *name == variable);
    found.map(|(_, field)| *field)
}

/// Variables that the operator injects, with what references in them come to: those of the container may have more.
pub(super) fn injected(variables: &Node) -> Node {
    let at = variables.label();
    let addresses = ADDRESSES
        .iter()
        .map(|(name, field)| ((*name).to_owned(), (at, fields::of_pod(at, field))));
    let own = variables.entries().iter();
    let own = own.map(|entry| (entry.key.to_string(), (entry.key_span, entry.value.clone())));
    let gathered = Gathered {
        values: addresses.chain(own).collect(),
        open: Some(Reason::Opaque(
            "the container that it is injected into may define more variables".into(),
        )),
        ..Gathered::default()
    };
    let mut resolved = MapBuilder::new(variables.span);
    resolved.label(at);
    for entry in variables.entries() {
        let (value, _) = resolve(&entry.value, &gathered);
        resolved.put_at(&entry.key, entry.key_span, value);
    }
    resolved.build()
}

/// What `envFrom` brings in: the data of a ConfigMap of the repository, and of anything else that there is more.
fn env_from(around: &Surroundings<'_>, source: &Node, gathered: &mut Gathered) {
    let prefix = source.str_at(&["prefix"]).unwrap_or("");
    let name = source.at(&["configMapRef", "name"]);
    if let Some(map) = config_map(around, name) {
        if let Some(reason) = map.get("data").and_then(Node::openness) {
            gathered.open.get_or_insert(reason);
        }
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
    let mut missing = None;
    let (from, value) = match (entry.get("value"), entry.get("valueFrom")) {
        (Some(value), _) => ("value", value.clone()),
        (None, Some(reference)) => referenced(around, reference, &mut missing),
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
    record.put_some("missing_key", missing);
    if from == "value" {
        record.put_some("value", entry.get("value").cloned());
    }
    gathered.entries.push(record.build());
    gathered.values.insert(key.to_owned(), (name.span, value));
}

/// The key that a reference asks a ConfigMap of the files for, where it surely has none of that name.
fn missing_key<'a>(map: Option<&Node>, reference: &'a Node) -> Option<&'a Node> {
    let (map, node) = (map?, reference.get("key")?);
    let key = node.as_str()?;
    let data = map.get("data");
    let is_open = [Some(map), data]
        .into_iter()
        .flatten()
        .any(|node| node.openness().is_some());
    let has_it = ["data", "binaryData"]
        .iter()
        .any(|part| map.at(&[part, key]).is_some());
    (!is_open && !has_it).then_some(node)
}

/// The value behind a `valueFrom`; `missing` gets the key that keeps the container from starting.
fn referenced(
    around: &Surroundings<'_>,
    reference: &Node,
    missing: &mut Option<Node>,
) -> (&'static str, Node) {
    let unknown = |what: String| Node::unknown(reference.span, "", Reason::Elsewhere(what.into()));
    if let Some(key) = reference.get("configMapKeyRef") {
        let found = config_map(around, key.get("name"));
        let value = found
            .and_then(|map| map.at(&["data", key.str_at(&["key"])?]))
            .cloned();
        let name = key.str_at(&["name"]).unwrap_or("?");
        let absent = missing_key(found, key);
        let value = value.unwrap_or_else(|| match absent.and_then(Node::as_str) {
            Some(key) => unknown(format!("a key `{key}` of ConfigMap `{name}`")),
            None => unknown(format!("ConfigMap `{name}`")),
        });
        *missing = absent.filter(|_| is_needed(key)).cloned();
        return ("configMap", value);
    }
    if let Some(key) = reference.get("secretKeyRef") {
        let absent = secrets::missing_key(around, key);
        *missing = absent.filter(|_| is_needed(key)).cloned();
        let name = key.str_at(&["name"]).unwrap_or("?");
        return ("secret", unknown(format!("what Secret `{name}` holds")));
    }
    if let Some(field) = reference.str_at(&["fieldRef", "fieldPath"]) {
        return ("field", fields::value(around, reference.span, field));
    }
    ("resource", unknown("a value of the running pod".to_owned()))
}

/// Whether a container waits for what a reference asks for.
fn is_needed(reference: &Node) -> bool {
    let optional = reference.get("optional");
    optional.is_none_or(|own| own.as_bool() == Some(false))
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
    let mut out = Resolved::default();
    let mut undefined = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push(rest.get(..at).unwrap_or(""));
        let tail = rest.get(at + 1..).unwrap_or("");
        if let Some(after) = tail.strip_prefix('$') {
            out.push("$");
            rest = after;
            continue;
        }
        let name = tail
            .strip_prefix('(')
            .and_then(|inner| inner.split_once(')'));
        let Some((name, after)) = name else {
            out.push("$");
            rest = tail;
            continue;
        };
        rest = after;
        match gathered.lookup(name) {
            Ok(Some(known)) => out.push(&known),
            Ok(None) => {
                undefined.push(name.to_owned());
                out.push(&format!("$({name})"));
            }
            Err(unknown) => out.push_unknown(unknown),
        }
    }
    out.push(rest);
    (out.node(value.span, text), undefined)
}

/// A text while references in it are resolved, as the two texts that it could be.
#[derive(Default)]
struct Resolved {
    texts: [String; 2],
    /// Why it is not known as a whole.
    reason: Option<Reason>,
    /// Whether nothing is known of a part of it.
    is_dark: bool,
}

impl Resolved {
    fn push(&mut self, text: &str) {
        for out in &mut self.texts {
            out.push_str(text);
        }
    }

    fn push_unknown(&mut self, unknown: Unknown) {
        self.reason = self.reason.take().or(Some(unknown.reason));
        match unknown.likely {
            Some([Value::Str(one), Value::Str(other)]) => {
                for (out, text) in self.texts.iter_mut().zip([one, other]) {
                    out.push_str(&text);
                }
            }
            Some(_) | None => self.is_dark = true,
        }
    }

    fn node(self, span: Span, written: &str) -> Node {
        let [one, other] = self.texts;
        match self.reason {
            None => Node::string(span, one),
            Some(reason) if self.is_dark => Node::unknown(span, written, reason),
            Some(reason) => Node::of_kind(
                span,
                written,
                reason,
                [one, other].map(|text| Value::Str(text.into())),
            ),
        }
    }
}

impl Gathered {
    /// Whether a value is more than the rest of what may be filled in.
    fn is_spent(&self, node: &Node) -> bool {
        let likely = match &node.value {
            Value::Unknown(unknown) => unknown.likely.as_ref(),
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::Str(_)
            | Value::List(_)
            | Value::Map(_) => None,
        };
        let texts = likely.into_iter().flatten().chain([&node.value]);
        let length: usize = texts.filter_map(Value::as_str).map(str::len).sum();
        let all = self.expanded.get().saturating_add(length);
        self.expanded.set(all);
        all > MAX_EXPANDED
    }

    /// The value of a variable that stands before; nothing for one that nothing defines, or why it is not known.
    fn lookup(&self, name: &str) -> Result<Option<String>, Unknown> {
        let dark = |reason: &Reason| Unknown {
            text: SmolStr::default(),
            reason: reason.clone(),
            likely: None,
        };
        let found = self.values.get(name);
        if found.is_some_and(|(_, node)| self.is_spent(node)) {
            let what = format!("its variables become more than {MAX_EXPANDED} bytes");
            return Err(dark(&Reason::Opaque(what.into())));
        }
        match (found, &self.open) {
            (Some((_, node)), _) => match &node.value {
                Value::Str(known) => Ok(Some(known.to_string())),
                Value::Unknown(unknown) => Err(unknown.as_ref().clone()),
                Value::Null
                | Value::Bool(_)
                | Value::Int(_)
                | Value::Float(_)
                | Value::List(_)
                | Value::Map(_) => Ok(Some(name.to_owned())),
            },
            (None, Some(reason)) => Err(dark(reason)),
            (None, None) if is_service_variable(name) => {
                let reason = Reason::Elsewhere("the Service behind a variable".into());
                Err(dark(&reason))
            }
            (None, None) => Ok(None),
        }
    }
}
