//! Where a collector sends traces: its exporters, read as addresses, topics and stores.

use crate::document::Node;
use crate::repository::collectors::{present_spelling, type_of};
use crate::repository::topology::pipelines::Pipelines;
use crate::repository::topology::values::Values;
use crate::source::Span;

/// Exporters that keep traces where nobody looks for them.
const SINKS: [&str; 3] = ["debug", "nop", "file"];

/// Something that sends traces.
#[derive(Debug, Clone)]
pub(super) struct Sender {
    /// The id of the exporter, or the name of a variable.
    pub(super) id: String,
    /// What it is, in words.
    pub(super) words: String,
    /// Where it is written.
    pub(super) place: Span,
    pub(super) target: Target,
}

/// Where traces are sent to.
#[derive(Debug, Clone)]
pub(super) enum Target {
    /// An OTLP endpoint.
    Otlp(Otlp),
    /// A topic.
    Kafka(Topic),
    /// A store.
    Store(Store),
    /// Nowhere that counts: the type of the exporter.
    Sink(String),
    /// Something that is not followed: the type of the exporter.
    Other(String),
}

impl Target {
    /// Whether it is spoken to with TLS; nothing where that is not known.
    pub(super) fn is_tls(&self) -> Option<bool> {
        match self {
            Self::Otlp(otlp) => otlp.is_plain.map(|is_plain| !is_plain),
            Self::Kafka(topic) => topic.is_tls,
            Self::Store(store) => store.is_tls(),
            Self::Sink(_) | Self::Other(_) => None,
        }
    }
}

/// An OTLP endpoint.
#[derive(Debug, Clone)]
pub(super) struct Otlp {
    /// The address, or why it is not known.
    pub(super) address: Result<String, String>,
    /// `grpc` or `http`; nothing where it is not known.
    pub(super) protocol: Option<&'static str>,
    /// Whether the protocol is a default.
    pub(super) is_default: bool,
    /// Whether it sends in the clear; nothing where it is not known.
    pub(super) is_plain: Option<bool>,
    /// The path of traces for HTTP; nothing where it is not known.
    pub(super) path: Option<String>,
    /// Who passes it on behind the Ingress or route that it came through; nothing for what comes straight.
    pub(super) passed: Option<Passed>,
    /// Whether it picks the receiving pod among the addresses that DNS gives.
    pub(super) picks_pods: bool,
    /// What it shows of itself; nothing where that is not known.
    pub(super) shown: Option<Shown>,
}

/// What a client shows of itself to the receiver.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown {
    /// Whether it has a certificate of its own.
    pub(super) has_certificate: bool,
    /// Whether it sends something that may say who it is.
    pub(super) has_name: bool,
}

impl Otlp {
    /// What is sent to a host by somebody of whom nothing is known.
    pub(super) fn of_anybody(host: &str) -> Self {
        Self {
            address: Ok(host.to_owned()),
            protocol: None,
            is_default: false,
            is_plain: None,
            path: None,
            passed: None,
            picks_pods: false,
            shown: None,
        }
    }
}

/// What passes requests on.
#[derive(Debug, Clone)]
pub(super) struct Passed {
    /// Its kind and name.
    pub(super) by: String,
    /// What it speaks: `grpc`, or `http` for HTTP/1.1; nothing where that is not known.
    pub(super) protocol: Option<&'static str>,
    /// The path to which it sends everything.
    pub(super) path: Option<String>,
    /// What the path of everything that it sends starts with; nothing where that may be anything.
    pub(super) below: Option<String>,
}

/// A topic of a Kafka cluster, of one that writes or reads it.
#[derive(Debug, Clone)]
pub(super) struct Topic {
    /// The addresses of the brokers, or why they are not known.
    pub(super) brokers: Result<Vec<String>, String>,
    /// Whether the topic is the one that is taken when none is named.
    pub(super) is_default: bool,
    /// The topic, or why it is not known.
    pub(super) name: Result<String, String>,
    /// Whether brokers are spoken to with TLS; nothing where it is not known.
    pub(super) is_tls: Option<bool>,
    /// How messages are written, in the collector's words.
    pub(super) encoding: Result<String, String>,
    /// Where the topic is written, else the component.
    pub(super) place: Span,
    /// Where the encoding is written, else the component.
    pub(super) encoding_place: Span,
}

/// A store.
#[derive(Debug, Clone)]
pub(super) struct Store {
    /// `elasticsearch`, `opensearch`, `memory` and so on.
    pub(super) kind: String,
    /// The addresses, or why they are not known.
    pub(super) addresses: Result<Vec<String>, String>,
    /// What the names of its indices start with.
    pub(super) prefix: String,
    /// Whether its indices are written and read by aliases, and not by the day in their names.
    pub(super) is_aliased: bool,
    pub(super) place: Span,
}

impl Store {
    /// Whether all of its addresses say that they are spoken to with TLS, or all that they are not.
    pub(super) fn is_tls(&self) -> Option<bool> {
        let addresses = self.addresses.as_deref().unwrap_or_default();
        let all =
            |scheme| !addresses.is_empty() && addresses.iter().all(|text| text.starts_with(scheme));
        all("https://")
            .then_some(true)
            .or_else(|| all("http://").then_some(false))
    }
}

/// The senders of traces of a configuration.
pub(super) fn all(pipelines: &Pipelines, values: Values<'_>) -> Vec<Sender> {
    let exporters = pipelines.exporters().into_iter();
    let senders = exporters.filter_map(|mention| {
        let settings = pipelines.settings("exporters", &mention.id)?;
        let place = pipelines.place("exporters", &mention.id)?;
        Some(Sender {
            words: format!("exporter `{}`", mention.id),
            place: settings.get("endpoint").map_or(place, |node| node.span),
            target: target((&mention.id, settings, place), pipelines, values),
            id: mention.id,
        })
    });
    senders.collect()
}

fn target(
    (id, settings, place): (&str, &Node, Span),
    pipelines: &Pipelines,
    values: Values<'_>,
) -> Target {
    let of_type = present_spelling("exporter", type_of(id));
    match of_type {
        "otlp_grpc" => Target::Otlp(otlp(settings, values, "grpc")),
        "otlp_http" => Target::Otlp(otlp(settings, values, "http")),
        "load_balancing" => Target::Otlp(load_balancing(settings, values)),
        "kafka" => Target::Kafka(written_topic(settings, place, values)),
        "elasticsearch" | "opensearch" => Target::Store(store(of_type, settings, place, values)),
        "jaeger_storage_exporter" => {
            let backend = settings.str_at(&["trace_storage"]).unwrap_or("");
            Target::Store(backend_store(pipelines, backend, place, values))
        }
        _ if SINKS.contains(&of_type) => Target::Sink(of_type.to_owned()),
        _ => Target::Other(of_type.to_owned()),
    }
}

fn otlp(settings: &Node, values: Values<'_>, protocol: &'static str) -> Otlp {
    let own = settings
        .get("traces_endpoint")
        .filter(|_| protocol == "http");
    let endpoint = own.or_else(|| settings.get("endpoint"));
    let address = match endpoint {
        Some(node) => values.text(node),
        None if settings.openness().is_some() => Err("its settings are not all known".to_owned()),
        None => Err("it has no endpoint".to_owned()),
    };
    let insecure = settings.at(&["tls", "insecure"]);
    let is_plain = match (&address, insecure.map(Node::as_bool)) {
        (Ok(text), _) if text.starts_with("https://") => Some(false),
        (Ok(text), _) if text.starts_with("http://") => Some(true),
        (_, Some(known)) => known,
        (_, None) => Some(false),
    };
    let path = match (&address, own) {
        (Ok(text), Some(_)) => path_of(text),
        (Ok(text), None) => base_path(text),
        (Err(_), _) => "/v1/traces".to_owned(),
    };
    Otlp {
        address,
        protocol: Some(protocol),
        is_default: false,
        is_plain,
        path: Some(path),
        passed: None,
        picks_pods: false,
        shown: shown(settings),
    }
}

/// What an exporter shows of itself, where all of its settings are known.
fn shown(settings: &Node) -> Option<Shown> {
    let empty = Node::null(settings.span);
    let tls = settings.get("tls").unwrap_or(&empty);
    let is_known = [settings, tls].iter().all(|node| node.openness().is_none());
    let is_set = |node: &Node, keys: [&str; 2]| {
        keys.iter()
            .any(|key| node.get(key).is_some_and(|node| !node.is_null()))
    };
    is_known.then(|| Shown {
        has_certificate: is_set(tls, ["cert_file", "cert_pem"]),
        has_name: is_set(settings, ["auth", "headers"]),
    })
}

/// The path of an address.
pub(super) fn path_of(address: &str) -> String {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    rest.find('/')
        .and_then(|at| rest.get(at..))
        .unwrap_or("/")
        .to_owned()
}

/// The path of traces below a base address.
/// Source: the specification of OTLP exporters, "Endpoint URLs for OTLP/HTTP".
pub(super) fn base_path(address: &str) -> String {
    let base = path_of(address);
    format!("{}/v1/traces", base.trim_end_matches('/'))
}

/// The receivers of a load balancer, as its resolver finds them.
fn load_balancing(settings: &Node, values: Values<'_>) -> Otlp {
    let inner = settings.at(&["protocol", "otlp"]);
    let resolver = settings.get("resolver");
    let part = |path: &[&str]| resolver.and_then(|resolver| resolver.at(path));
    let with_port = |host: String, port: Option<&Node>| {
        let port = port.map_or(Ok("4317".to_owned()), |port| values.text(port));
        port.map(|port| format!("{host}:{port}"))
    };
    let address = if let Some(host) = part(&["dns", "hostname"]) {
        values
            .text(host)
            .and_then(|host| with_port(host, part(&["dns", "port"])))
    } else if let Some(service) = part(&["k8s", "service"]) {
        let port = part(&["k8s", "ports"]).and_then(|ports| ports.items().first());
        values.text(service).and_then(|service| {
            let host = if service.contains('.') {
                format!("{service}.svc")
            } else {
                service
            };
            with_port(host, port)
        })
    } else if let Some(first) = part(&["static", "hostnames"]).and_then(|all| all.items().first()) {
        values.text(first)
    } else {
        Err("its resolver is not followed".to_owned())
    };
    let empty = Node::null(settings.span);
    let as_otlp = otlp(inner.unwrap_or(&empty), values, "grpc");
    Otlp {
        address,
        picks_pods: part(&["dns"]).is_some(),
        ..as_otlp
    }
}

fn written_topic(settings: &Node, place: Span, values: Values<'_>) -> Topic {
    let topic = settings
        .at(&["traces", "topic"])
        .or_else(|| settings.get("topic"));
    let encoding = settings
        .at(&["traces", "encoding"])
        .or_else(|| settings.get("encoding"));
    let of = |node: Option<&Node>, default: &str| {
        node.map_or_else(|| Ok(default.to_owned()), |node| values.text(node))
    };
    let by_attribute = settings.get("topic_from_attribute").is_some();
    Topic {
        is_tls: Some(
            settings
                .get("tls")
                .or_else(|| settings.at(&["auth", "tls"]))
                .is_some(),
        ),
        brokers: texts(settings.get("brokers"), values, "localhost:9092"),
        is_default: topic.is_none() && !by_attribute,
        name: if by_attribute {
            Err("it is taken from an attribute".to_owned())
        } else {
            of(topic, "otlp_spans")
        },
        encoding: of(encoding, "otlp_proto"),
        place: topic.map_or(place, |node| node.span),
        encoding_place: encoding.map_or(place, |node| node.span),
    }
}

/// The topics that a receiver of a configuration reads.
pub(super) fn read_topics(settings: &Node, place: Span, values: Values<'_>) -> Vec<Topic> {
    let written = written_topic(settings, place, values);
    let list = settings
        .at(&["traces", "topics"])
        .map_or(&[][..], Node::items);
    if list.is_empty() {
        return vec![written];
    }
    let topics = list.iter().map(|node| Topic {
        is_default: false,
        name: values.text(node),
        place: node.span,
        ..written.clone()
    });
    topics.collect()
}

/// The texts of a list, or of one text with commas.
fn texts(node: Option<&Node>, values: Values<'_>, default: &str) -> Result<Vec<String>, String> {
    let Some(node) = node.filter(|node| !node.is_null()) else {
        return Ok(vec![default.to_owned()]);
    };
    if node.as_list().is_some() {
        return node.items().iter().map(|item| values.text(item)).collect();
    }
    let text = values.text(node)?;
    Ok(text.split(',').map(|part| part.trim().to_owned()).collect())
}

fn store(kind: &str, settings: &Node, place: Span, values: Values<'_>) -> Store {
    let keys: [&[&str]; 4] = [
        &["endpoints"],
        &["endpoint"],
        &["http", "endpoint"],
        &["server_urls"],
    ];
    let node = keys.iter().find_map(|path| settings.at(path));
    let prefix = settings
        .get("index_prefix")
        .or_else(|| settings.at(&["indices", "index_prefix"]));
    let is_aliased = settings.get("use_aliases").map_or(Ok(false), |node| {
        values.text(node).map(|text| text == "true")
    });
    Store {
        kind: kind.to_owned(),
        addresses: match (node, &is_aliased) {
            (Some(_), Ok(_)) => texts(node, values, ""),
            (Some(_), Err(reason)) => Err(reason.clone()),
            (None, _) => Err("it names no address".to_owned()),
        },
        is_aliased: is_aliased.unwrap_or(false),
        // Jaeger puts a dash behind it unless it has one.
        prefix: prefix
            .and_then(|node| values.text(node).ok())
            .map(|text| text.strip_suffix('-').unwrap_or(&text).to_owned())
            .unwrap_or_default(),
        place: node.map_or(place, |node| node.span),
    }
}

/// The store behind the name of a backend of Jaeger.
pub(super) fn backend_store(
    pipelines: &Pipelines,
    backend: &str,
    place: Span,
    values: Values<'_>,
) -> Store {
    let storage = pipelines
        .root
        .at(&["extensions", "jaeger_storage", "backends"]);
    let entry = storage
        .and_then(Node::as_map)
        .and_then(|map| map.entry(backend));
    let kind = entry.and_then(|entry| entry.value.entries().first());
    match kind {
        Some(kind) => store(&kind.key, &kind.value, kind.key_span, values),
        None => Store {
            kind: "unknown".to_owned(),
            addresses: Err(format!("the backend `{backend}` is not defined here")),
            prefix: String::new(),
            is_aliased: false,
            place,
        },
    }
}
