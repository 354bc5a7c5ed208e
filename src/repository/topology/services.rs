//! The Services of a repository: those that are written, and those that operators make.
//!
//! Sources: the OpenTelemetry operator's naming, Strimzi's and ECK's documentation of the Services that they create.

use crate::document::Node;
use crate::repository::index::{Fit, same};
use crate::repository::object_label;
use crate::repository::topology::inventory::{Inventory, Placed};
use crate::repository::topology::known::Services;
use crate::repository::topology::processes::Process;
use crate::repository::topology::slips;
use crate::repository::topology::works::{Work, full_name};
use crate::source::Span;

/// The longest name of an object that the operator makes.
const MAX_NAME: usize = 63;

/// A Service.
#[derive(Debug)]
pub(super) struct Service<'a> {
    pub(super) name: String,
    /// The name that is written, where a kustomization makes another one of it.
    pub(super) written: Option<&'a str>,
    pub(super) namespace: Option<&'a str>,
    /// Index of its environment.
    pub(super) environment: usize,
    /// Where to point at it, or at what makes it.
    pub(super) place: Span,
    pub(super) ports: Vec<Port>,
    /// Whether every port is served: it has no address of its own.
    pub(super) is_headless: bool,
    pub(super) backend: Backend<'a>,
}

/// A port of a Service.
#[derive(Debug, Clone)]
pub(super) struct Port {
    pub(super) number: Option<u16>,
    pub(super) target: PortTarget,
    /// Whether it takes datagrams, which carry no traces.
    pub(super) is_udp: bool,
    /// Whether it wants TLS, where that is known.
    pub(super) is_tls: Option<bool>,
    pub(super) place: Span,
    pub(super) name: Option<String>,
    /// The port that it has on every node.
    pub(super) node: NodePort,
    /// Where that is written, else the port.
    pub(super) node_place: Span,
}

/// The port that a port of a Service has on every node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NodePort {
    /// None.
    None,
    Number(u16),
    /// One that the cluster chooses, or that no file tells.
    Any,
}

/// Where a port leads.
#[derive(Debug, Clone)]
pub(super) enum PortTarget {
    Number(u16),
    Name(String),
    Unknown,
}

/// What stands behind a Service.
#[derive(Debug)]
pub(super) enum Backend<'a> {
    /// The pods with these labels.
    Pods(&'a Node),
    /// What an `OpenTelemetryCollector` runs: the index of the process.
    Process(usize),
    /// A Kafka cluster: its name.
    Kafka(&'a Node),
    /// A store: its name.
    Store(String),
    /// Another name.
    Alias(&'a Node),
    /// Something that no file tells.
    Elsewhere(&'static str),
}

/// What looking for a Service came to.
pub(super) enum Lookup<'s, 'a> {
    /// It is there; whether its namespace is stated.
    Found(&'s Service<'a>, bool),
    /// Several are.
    Several(Vec<&'s Service<'a>>),
    /// There is one in another namespace.
    InOther(&'s Service<'a>),
    /// There is one with almost the same name.
    Near(&'s Service<'a>),
    /// There is none.
    Missing,
}

impl Service<'_> {
    pub(super) fn full_name(&self) -> String {
        full_name(self.namespace, &self.name)
    }

    /// The port of a number; of several, the one that takes connections.
    pub(super) fn port(&self, number: u16) -> Option<&Port> {
        let own = self.ports.iter().filter(|port| port.number == Some(number));
        own.min_by_key(|port| port.is_udp)
    }

    /// The number of the port of a name.
    pub(super) fn named_port(&self, name: &str) -> Option<u16> {
        let mut ports = self.ports.iter();
        ports
            .find(|port| port.name.as_deref() == Some(name))?
            .number
    }

    /// Whether all port numbers are known.
    pub(super) fn knows_ports(&self) -> bool {
        !self.ports.is_empty() && self.ports.iter().all(|port| port.number.is_some())
    }
}

/// The Services of a repository.
pub(super) fn all<'a>(inventory: &Inventory<'a>, processes: &[Process<'a>]) -> Vec<Service<'a>> {
    let written = inventory.everywhere("Service").iter().filter_map(written);
    let mut found: Vec<Service<'a>> = written.collect();
    for (at, process) in processes.iter().enumerate() {
        if let Some(resource) = process.resource {
            found.extend(of_collector((at, process), resource));
        }
    }
    for cluster in inventory.everywhere("Kafka") {
        found.extend(of_strimzi(cluster));
    }
    for store in inventory.everywhere("Elasticsearch") {
        found.extend(of_eck(store));
    }
    found
}

fn written<'a>(placed: &Placed<'a>) -> Option<Service<'a>> {
    let root = placed.root;
    let spec = root.get("spec")?;
    let selector = spec.get("selector").filter(|node| !node.is_null());
    let other_name = spec
        .get("externalName")
        .filter(|name| name.as_str().is_some());
    let backend = match (other_name, selector) {
        (Some(name), _) => Backend::Alias(name),
        (None, Some(selector)) if !selector.entries().is_empty() => Backend::Pods(selector),
        _ => Backend::Elsewhere("it selects no pods"),
    };
    let ports = spec.get("ports").map_or(&[][..], Node::items).iter();
    Some(Service {
        name: placed.name()?.to_owned(),
        written: placed.written,
        namespace: placed.namespace(),
        environment: placed.environment,
        place: object_label(root),
        ports: ports
            .map(|port| written_port(port, has_node_ports(spec)))
            .collect(),
        is_headless: spec.str_at(&["clusterIP"]) == Some("None"),
        backend,
    })
}

/// Whether each port of a Service is open on the nodes, too.
fn has_node_ports(spec: &Node) -> bool {
    let of_type = spec.get("type").filter(|of_type| !of_type.is_null());
    let is_given = spec
        .get("allocateLoadBalancerNodePorts")
        .and_then(Node::as_bool);
    match of_type.map(Node::as_str) {
        None => false,
        Some(Some("LoadBalancer")) => is_given != Some(false),
        Some(of_type) => of_type.is_none_or(|of_type| of_type == "NodePort"),
    }
}

fn written_port(port: &Node, is_on_nodes: bool) -> Port {
    let number = port.get("port").and_then(number);
    let target = match port.get("targetPort").filter(|node| !node.is_null()) {
        None => number.map_or(PortTarget::Unknown, PortTarget::Number),
        // A text names a port, whatever it is made of.
        Some(target) => match (self::number(target), target.as_str()) {
            (Some(number), _) => PortTarget::Number(number),
            (None, Some(name)) => PortTarget::Name(name.to_owned()),
            (None, None) => PortTarget::Unknown,
        },
    };
    Port {
        number,
        target,
        is_udp: port.str_at(&["protocol"]) == Some("UDP"),
        is_tls: None,
        place: port.get("port").map_or(port.label(), |node| node.span),
        name: port.str_at(&["name"]).map(str::to_owned),
        node: match port.get("nodePort").filter(|node| !node.is_null()) {
            _ if !is_on_nodes => NodePort::None,
            Some(node) => self::number(node).map_or(NodePort::Any, NodePort::Number),
            None => NodePort::Any,
        },
        node_place: port.get("nodePort").map_or(port.label(), |node| node.span),
    }
}

/// A port of a Service that something else makes.
pub(super) fn made_port(number: Option<u16>, target: PortTarget, place: Span) -> Port {
    Port {
        number,
        target,
        is_udp: false,
        is_tls: None,
        place,
        name: None,
        node: NodePort::None,
        node_place: place,
    }
}

fn number(node: &Node) -> Option<u16> {
    node.as_int().and_then(|number| u16::try_from(number).ok())
}

/// The Services that the operator makes for a collector.
fn of_collector<'a>((at, process): (usize, &Process<'a>), resource: &'a Node) -> Vec<Service<'a>> {
    let Some(name) = resource.str_at(&["metadata", "name"]) else {
        return Vec::new();
    };
    let listeners = process.flow.iter().flat_map(|flow| &flow.listeners);
    let inferred = listeners.map(|listener| {
        let target = listener
            .port
            .map_or(PortTarget::Unknown, PortTarget::Number);
        Port {
            name: Some(format!("{}-{}", listener.receiver, listener.protocol)),
            ..made_port(listener.port, target, listener.place)
        }
    });
    let own = resource
        .at(&["spec", "ports"])
        .map_or(&[][..], Node::items)
        .iter();
    let ports: Vec<Port> = own
        .map(|port| written_port(port, false))
        .chain(inferred)
        .collect();
    let service = |suffix: &str, is_headless: bool| Service {
        written: None,
        name: format!("{name}-collector{suffix}")
            .chars()
            .take(MAX_NAME)
            .collect(),
        namespace: process.namespace,
        environment: process.environment,
        place: process.place,
        ports: ports.clone(),
        is_headless,
        backend: Backend::Process(at),
    };
    vec![service("", false), service("-headless", true)]
}

fn of_strimzi<'a>(placed: &Placed<'a>) -> Vec<Service<'a>> {
    let root = placed.root;
    let is_strimzi = root
        .str_at(&["apiVersion"])
        .is_some_and(|api| api.starts_with("kafka.strimzi.io/"));
    let (Some(name), true) = (placed.name(), is_strimzi) else {
        return Vec::new();
    };
    let listeners = root
        .at(&["spec", "kafka", "listeners"])
        .map_or(&[][..], Node::items);
    let ports = listeners.iter().map(|listener| {
        let port = listener.get("port");
        let place = port.map_or(listener.label(), |node| node.span);
        Port {
            is_tls: listener.get("tls").map_or(Some(false), Node::as_bool),
            ..made_port(port.and_then(number), PortTarget::Unknown, place)
        }
    });
    let ports: Vec<Port> = ports.collect();
    let service = |suffix: &str, is_headless: bool| Service {
        written: None,
        name: format!("{name}-kafka-{suffix}"),
        namespace: placed.namespace(),
        environment: placed.environment,
        place: object_label(root),
        ports: ports.clone(),
        is_headless,
        backend: Backend::Kafka(root),
    };
    vec![service("bootstrap", false), service("brokers", true)]
}

fn of_eck<'a>(placed: &Placed<'a>) -> Vec<Service<'a>> {
    let root = placed.root;
    let is_eck = root
        .str_at(&["apiVersion"])
        .is_some_and(|api| api.starts_with("elasticsearch.k8s.elastic.co/"));
    let (Some(name), true) = (placed.name(), is_eck) else {
        return Vec::new();
    };
    let disabled = ["spec", "http", "tls", "selfSignedCertificate", "disabled"];
    let is_tls = match root.at(&disabled) {
        _ if root.at(&["spec", "http", "tls", "certificate"]).is_some() => Some(true),
        None => Some(true),
        Some(disabled) => disabled.as_bool().map(|is_off| !is_off),
    };
    let port = Port {
        is_tls,
        ..made_port(Some(9200), PortTarget::Number(9200), object_label(root))
    };
    let service = |suffix: &str| Service {
        written: None,
        name: format!("{name}-es-{suffix}"),
        namespace: placed.namespace(),
        environment: placed.environment,
        place: object_label(root),
        ports: vec![port.clone()],
        is_headless: false,
        backend: Backend::Store(full_name(placed.namespace(), name)),
    };
    vec![service("http"), service("internal-http")]
}

/// Finds a Service as one sees it from an environment and a namespace.
pub(super) fn find<'s, 'a>(
    inventory: &Inventory<'_>,
    services: &'s Services<'a>,
    (name, namespace): (&str, Option<&str>),
    environment: usize,
) -> Lookup<'s, 'a> {
    // The nearest environment wins over those above it, and a stated namespace over one that is not.
    for level in inventory.levels(environment) {
        let named = || {
            let all = services.named(name);
            all.filter(|service| service.environment == *level)
        };
        let exact: Vec<&Service<'_>> = named()
            .filter(|service| service.namespace == namespace)
            .collect();
        let loose = named().filter(|service| service.namespace.is_none() || namespace.is_none());
        let found = if exact.is_empty() {
            loose.collect()
        } else {
            exact
        };
        match found[..] {
            [] => {}
            [one] => return Lookup::Found(one, one.namespace == namespace),
            _ => return Lookup::Several(found),
        }
    }
    let is_seen = |service: &&Service<'_>| inventory.sees(environment, service.environment);
    let in_other = services.named(name).find(is_seen);
    near(
        || services.iter().filter(is_seen),
        in_other,
        (name, namespace),
    )
}

fn near<'s, 'a: 's, I: Iterator<Item = &'s Service<'a>>>(
    seen: impl Fn() -> I,
    in_other: Option<&'s Service<'a>>,
    (name, namespace): (&str, Option<&str>),
) -> Lookup<'s, 'a> {
    if let Some(service) = in_other {
        return Lookup::InOther(service);
    }
    let here = || seen().filter(|service| service.namespace == namespace);
    let meant = slips::meant(name, here().map(|service| service.name.as_str()));
    let similar = meant.and_then(|meant| here().find(|service| service.name == meant));
    let similar = similar.or_else(|| made_alike(name, here()));
    similar.map_or(Lookup::Missing, Lookup::Near)
}

/// The only Service of a namespace that an operator makes with the same ending.
fn made_alike<'s, 'a: 's>(
    name: &str,
    mut here: impl Iterator<Item = &'s Service<'a>>,
) -> Option<&'s Service<'a>> {
    let ending = ["-es-http", "-kafka-bootstrap"]
        .into_iter()
        .find(|ending| name.ends_with(ending))?;
    let is_made = |service: &&Service<'_>| {
        matches!(service.backend, Backend::Store(_) | Backend::Kafka(_))
            && service.name.ends_with(ending)
    };
    let first = here.find(is_made)?;
    here.find(is_made).is_none().then_some(first)
}

/// How a workload fits the selector of a Service.
pub(super) fn fits(service: &Service<'_>, selector: &Node, work: &Work<'_>) -> Fit {
    let namespaces = match (service.namespace, work.namespace()) {
        (Some(a), Some(b)) => Fit::sure(a == b),
        _ => Fit::Yes,
    };
    if namespaces == Fit::No {
        return Fit::No;
    }
    namespaces.and(carries(work, selector))
}

/// Whether the pods of a workload carry every label of a selector.
fn carries(work: &Work<'_>, selector: &Node) -> Fit {
    let labels = work.node.get("labels");
    let open = labels.and_then(Node::openness).is_some();
    selector.entries().iter().fold(Fit::Yes, |fit, entry| {
        let label = labels.and_then(|labels| labels.get(&entry.key));
        fit.and(match label {
            Some(_) => same(Some(&entry.value), label),
            None if open => Fit::Maybe,
            None => Fit::No,
        })
    })
}

/// Whether a Service was meant for a workload of another namespace, which it cannot select: the workload has the name of
/// the Service and all its labels, and no Service of its own.
pub(super) fn is_astray(
    service: &Service<'_>,
    selector: &Node,
    work: &Work<'_>,
    all: &Services<'_>,
) -> bool {
    let is_other = matches!((service.namespace, work.namespace()), (Some(a), Some(b)) if a != b);
    let has_own = || {
        all.iter().any(|other| {
            matches!(&other.backend, Backend::Pods(selector) if fits(other, selector, work) != Fit::No)
        })
    };
    is_other
        && work.node.str_at(&["name"]) == Some(service.name.as_str())
        && !selector.entries().is_empty()
        && carries(work, selector) == Fit::Yes
        && !has_own()
}

/// The label that keeps a workload from a selector that it was meant to fit: as written, and as it is.
///
/// That is sure where the value stands under another key, where a letter or two differ, where all but a version agree, or
/// where a workload of the same name carries all but one.
pub(super) fn differing(
    service: &Service<'_>,
    selector: &Node,
    work: &Work<'_>,
) -> Option<(String, String)> {
    let labels = work.node.get("labels")?;
    let entries = selector.entries().iter();
    let mut differing =
        entries.filter(|entry| same(Some(&entry.value), labels.get(&entry.key)) != Fit::Yes);
    let (entry, None) = (differing.next()?, differing.next()) else {
        return None;
    };
    let wanted = entry.value.as_str()?;
    let shown = |key: &str, value: &str| format!("{key}: {value}");
    let own = labels.get(&entry.key).and_then(Node::as_str);
    let under_other = || {
        let mut others = labels.entries().iter();
        others.find(|other| other.value.as_str() == Some(wanted))
    };
    let carried = match own {
        Some(own) if slips::meant(wanted, [own]).is_some() => shown(&entry.key, own),
        Some(own) if selector.entries().len() > 1 && entry.key.contains("version") => {
            shown(&entry.key, own)
        }
        Some(_) => return None,
        None => match under_other() {
            Some(other) => shown(&other.key, wanted),
            None if selector.entries().len() > 1 && work.name() == service.full_name() => {
                String::new()
            }
            None => return None,
        },
    };
    Some((shown(&entry.key, wanted), carried))
}
