//! The programs of the rollout that make traces, and where they send them.

use std::collections::BTreeMap;

use crate::document::Node;
use crate::repository::topology::inventory::Inventory;
use crate::repository::topology::processes::Process;
use crate::repository::topology::senders::{Otlp, Sender, Target, path_of};
use crate::repository::topology::values::Values;
use crate::repository::topology::works::Work;
use crate::repository::{Subject, SubjectKind};
use crate::source::Span;

/// A program that makes traces.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) name: String,
    /// Index of its workload.
    pub(super) work: usize,
    pub(super) place: Span,
    pub(super) sender: Sender,
}

/// What shows that an agent sets up the exporter, by language, and the protocol that it speaks when none is set.
///
/// Without an agent it is the program that chooses.
/// Source: the documentation of each agent.
const DEFAULTS: [(&str, &str, &str); 5] = [
    ("java", "-javaagent", "http"),
    ("nodejs", "auto-instrumentations-node", "http"),
    ("dotnet", "opentelemetry-dotnet", "http"),
    ("python", "opentelemetry-instrument", "grpc"),
    ("erlang", "", "http"),
];

/// The clients of a repository: traced containers that are no collectors.
pub(super) fn all<'a>(
    inventory: &Inventory<'a>,
    subjects: &'a [Subject],
    (works, processes): (&[Work<'a>], &[Process<'a>]),
) -> Vec<Client> {
    let environments = subjects
        .iter()
        .filter(|subject| subject.kind == SubjectKind::Environment);
    let by_label =
        environments.filter_map(|subject| Some((subject.label, subject.bindings.first()?)));
    let by_label: BTreeMap<Span, &Node> = by_label.collect();
    let mut found = Vec::new();
    for (at, work) in works.iter().enumerate() {
        let containers = work.containers();
        for container in containers {
            let is_process = processes.iter().any(|process| {
                process.work == Some(at)
                    && process
                        .container
                        .is_some_and(|own| std::ptr::eq(own, container))
            });
            let Some(environment) = by_label.get(&container.label()).filter(|_| !is_process) else {
                continue;
            };
            if environment.get("is_traced").and_then(Node::as_bool) != Some(true) {
                continue;
            }
            let name = match containers {
                [_] => work.name(),
                _ => format!(
                    "{}/{}",
                    work.name(),
                    container.str_at(&["name"]).unwrap_or("?")
                ),
            };
            if let Some(sender) = sender(inventory, work, (container, environment)) {
                found.push(Client {
                    name,
                    work: at,
                    place: work.label,
                    sender,
                });
            }
        }
    }
    found
}

/// Where a container sends spans to; nothing where tracing is switched off.
fn sender(
    inventory: &Inventory<'_>,
    work: &Work<'_>,
    (container, environment): (&Node, &Node),
) -> Option<Sender> {
    let variables = environment.get("variables")?;
    let is_off = ["true", "TRUE", "True"]
        .map(Some)
        .contains(&variables.str_at(&["OTEL_SDK_DISABLED"]));
    let exporter = variables.str_at(&["OTEL_TRACES_EXPORTER"]);
    if is_off || exporter.is_some_and(|names| !names.split(',').any(|name| name.trim() == "otlp")) {
        return None;
    }
    let injected = injected(inventory, work);
    let of = |name: &str| {
        let own = variables.as_map().and_then(|map| map.entry(name));
        own.map(|entry| (name.to_owned(), entry.key_span, &entry.value))
    };
    let own =
        of("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT").or_else(|| of("OTEL_EXPORTER_OTLP_ENDPOINT"));
    let by_injection = || {
        let endpoint = injected?.at(&["spec", "exporter", "endpoint"])?;
        Some(("the Instrumentation".to_owned(), endpoint.span, endpoint))
    };
    let values = Values {
        container: Some(container),
    };
    let open = variables.openness();
    let (id, place, address) = if let Some((id, place, node)) = own.or_else(by_injection) {
        (id, place, values.text(node))
    } else {
        let reason = match open {
            Some(reason) => reason.to_string(),
            None => "it names no endpoint".to_owned(),
        };
        ("no endpoint".to_owned(), container.label(), Err(reason))
    };
    let (protocol, is_default) =
        protocol((container, environment), variables, address.as_deref().ok());
    let is_own_path = id == "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    let path = match &address {
        Ok(text) if is_own_path => path_of(text),
        _ => "/v1/traces".to_owned(),
    };
    let is_plain = address
        .as_deref()
        .ok()
        .and_then(|text| match text.split_once("://") {
            Some(("http", _)) => Some(true),
            Some(("https", _)) => Some(false),
            _ => None,
        });
    Some(Sender {
        words: format!("`{id}`"),
        id,
        place,
        target: Target::Otlp(Otlp {
            address,
            protocol,
            is_default,
            is_plain,
            path,
            picks_pods: false,
        }),
    })
}

/// What a client speaks, and whether that is a default.
fn protocol(
    (container, environment): (&Node, &Node),
    variables: &Node,
    address: Option<&str>,
) -> (Option<&'static str>, bool) {
    let set = [
        "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
        "OTEL_EXPORTER_OTLP_PROTOCOL",
    ];
    let set = set.iter().find_map(|name| variables.get(name));
    match set.map(Node::as_str) {
        Some(Some("grpc")) => return (Some("grpc"), false),
        Some(Some("http/protobuf" | "http/json")) => return (Some("http"), false),
        Some(_) => return (None, false),
        None if variables.openness().is_some() => return (None, true),
        None => {}
    }
    if address.is_some_and(|text| text.contains("/v1/traces")) {
        return (Some("http"), true);
    }
    let languages = environment.get("languages").map_or(&[][..], Node::items);
    let command = container.get("command").map_or(&[][..], Node::items);
    let values = variables.entries().iter().map(|entry| &entry.value);
    let texts = || {
        command
            .iter()
            .chain(values.clone())
            .filter_map(Node::as_str)
    };
    let shows = |sign: &str| texts().any(|text| text.contains(sign));
    let default = languages.iter().find_map(|language| {
        let of_language = DEFAULTS
            .iter()
            .find(|(name, ..)| language.as_str() == Some(name));
        of_language.filter(|(_, sign, _)| shows(sign))
    });
    (default.map(|(_, _, protocol)| *protocol), true)
}

/// The Instrumentation that the operator injects into the pods of a workload, where the files tell one.
fn injected<'a>(inventory: &Inventory<'a>, work: &Work<'_>) -> Option<&'a Node> {
    let annotations = work.node.get("annotations")?.entries();
    let annotation = annotations.iter().find(|entry| {
        entry
            .key
            .starts_with("instrumentation.opentelemetry.io/inject-")
    })?;
    let wanted = match annotation.value.as_bool() {
        Some(true) => "true",
        Some(false) => return None,
        None => annotation.value.as_str()?,
    };
    let (namespace, name) = match wanted.split_once('/') {
        Some((namespace, name)) => (Some(namespace), Some(name)),
        None => (
            work.namespace(),
            Some(wanted).filter(|name| *name != "true"),
        ),
    };
    let seen = inventory.seen("Instrumentation", work.environment);
    let fits = seen.filter(|placed| {
        placed.namespace() == namespace && (name.is_none() || placed.name() == name)
    });
    let all: Vec<&Node> = fits.map(|placed| placed.root).collect();
    match all[..] {
        [one] => Some(one),
        _ => None,
    }
}
