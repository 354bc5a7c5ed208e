//! The ports on which a configuration listens, as far as somebody could ask for them.
//!
//! [`of_component`] counts every port that a component states, and those that its type has by default, so that a port
//! that is not among them is surely not served. [`probes`] are those who ask.

use std::sync::Arc;

use crate::document::{List, MapBuilder, Node, Reason, Value};
use crate::repository::{registry, untold};
use crate::source::Span;

/// Ports that types have by default, besides those on which receivers take spans. Source: the pages of the components.
const DEFAULTS: [(&str, &[u16]); 9] = [
    ("jaeger", &[5778]),
    ("health_check", &[13133]),
    ("healthcheckv2", &[13132, 13133]),
    ("zpages", &[55679]),
    ("pprof", &[1777]),
    ("jaeger_query", &[16685, 16686]),
    ("jaeger_mcp", &[16687]),
    ("remote_sampling", &[5778, 5779]),
    ("expvar", &[27777]),
];

/// The port of the collector's own metrics, unless told otherwise.
const METRICS: u16 = 8888;

/// Fields of a container in which the kubelet is told what to ask.
const PROBES: [&str; 3] = ["startupProbe", "livenessProbe", "readinessProbe"];

/// The ports of a component, of the type in today's spelling; open where one is filled in later.
pub(super) fn of_component(kind: &str, name: &str, is_known: bool, config: &Node) -> Node {
    let mut ports = Ports::new(config.span);
    if kind == "receiver" || kind == "extension" || kind == "exporter" && name == "prometheus" {
        ports.stated("", config);
        let others = DEFAULTS.iter().filter(|(of, _)| *of == name);
        let others = others.flat_map(|(_, all)| all.iter().copied());
        let defaults: Vec<u16> = registry::blocks(name)
            .map(|block| block.port)
            .chain(others)
            .collect();
        // A type with one port has another one where that is stated.
        if defaults.len() > 1 || ports.items.is_empty() {
            for port in defaults {
                ports.add(config.span, port);
            }
        }
        if !is_known {
            ports.open("the ports of a component that is not known");
        }
    }
    ports.build()
}

/// The ports of all components that are used, and of the collector's own metrics.
pub(super) fn all(root: &Node, components: &[Node], label: Span) -> Node {
    let mut ports = Ports::new(label);
    ports.add(label, METRICS);
    if let Some(telemetry) = root.at(&["service", "telemetry"]) {
        ports.stated("", telemetry);
    }
    for component in components {
        let is_used = component.get("is_used").and_then(Node::as_bool);
        if is_used == Some(false) {
            continue;
        }
        if let Some(own) = component.get("ports") {
            ports.items.extend(own.items().iter().cloned());
            ports.open = ports.open.or_else(|| own.openness());
        }
    }
    ports.build()
}

/// The probes of a container: what is asked at which port.
pub(in crate::repository) fn probes(container: &Node) -> Node {
    let label = container.label();
    let found = PROBES.iter().filter_map(|kind| {
        let probe = container.get(kind)?;
        let asked = |how: &str| Some((how.to_owned(), probe.get(how)?));
        let (how, asked) = asked("httpGet")
            .or_else(|| asked("tcpSocket"))
            .or_else(|| asked("grpc"))?;
        let port = asked.as_map()?.entry("port")?;
        let path = asked.get("path").cloned();
        let path = path.unwrap_or_else(|| Node::string(port.key_span, "/"));
        let node = MapBuilder::new(probe.span)
            .label(port.value.span)
            .put("kind", Node::string(port.key_span, *kind))
            .put("how", Node::string(port.key_span, how))
            .put("port", number(container, &port.value))
            .put("path", path)
            .build();
        Some(node)
    });
    Node::list(label, found.collect())
}

/// The number of a port that may be given by its name.
fn number(container: &Node, port: &Node) -> Node {
    let Some(name) = port.as_str() else {
        return port.clone();
    };
    let ports = container.get("ports").map_or(&[][..], Node::items);
    let named = ports
        .iter()
        .find(|port| port.str_at(&["name"]) == Some(name));
    let number = named.and_then(|port| port.get("containerPort"));
    number.map_or_else(
        || untold(port.span, "the port of this name"),
        |number| Node::new(port.span, number.value.clone()),
    )
}

struct Ports {
    span: Span,
    items: Vec<Node>,
    open: Option<Reason>,
}

impl Ports {
    fn new(span: Span) -> Self {
        Self {
            span,
            items: Vec::new(),
            open: None,
        }
    }

    fn add(&mut self, at: Span, port: u16) {
        self.items.push(Node::new(at, Value::Int(i64::from(port))));
    }

    fn open(&mut self, what: &str) {
        self.open.get_or_insert(Reason::Elsewhere(what.into()));
    }

    /// Every port that is written somewhere in a value: a number of that name, or the end of an address.
    fn stated(&mut self, key: &str, node: &Node) {
        match &node.value {
            Value::Map(_) => {
                let entries = node.entries().iter();
                entries.for_each(|entry| self.stated(&entry.key, &entry.value));
            }
            Value::List(_) => node.items().iter().for_each(|item| self.stated(key, item)),
            Value::Int(number) if key.ends_with("port") => {
                if let Ok(port) = u16::try_from(*number) {
                    self.add(node.span, port);
                }
            }
            Value::Str(text) => {
                if let Some(port) = last_number(text) {
                    self.add(node.span, port);
                }
            }
            Value::Unknown(unknown) => match last_number(&unknown.text) {
                Some(port) => self.add(node.span, port),
                None if may_listen(key) => self.open("a port that is filled in later"),
                None => {}
            },
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => {}
        }
        if let Some(reason) = node.openness().filter(|_| !node.is_unknown()) {
            self.open.get_or_insert(reason);
        }
    }

    fn build(self) -> Node {
        let list = List::new(self.items, self.open);
        Node::new(self.span, Value::List(Arc::new(list)))
    }
}

/// The number behind the last colon of an address.
fn last_number(text: &str) -> Option<u16> {
    let (_, port) = text.rsplit_once(':')?;
    port.parse().ok()
}

/// Whether a setting of this name may hold an address on which something listens.
fn may_listen(key: &str) -> bool {
    ["", "endpoint", "addr", "listen", "port"]
        .iter()
        .any(|part| key == *part || !part.is_empty() && key.contains(part))
}
