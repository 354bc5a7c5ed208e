//! The programs of the rollout that make traces, and where they send them.

use std::collections::BTreeMap;

use crate::document::{Node, Reason};
use crate::expr::{Semver, parse_image};
use crate::repository::effective::Effective;
use crate::repository::topology::inventory::Inventory;
use crate::repository::topology::processes::Process;
use crate::repository::topology::senders::{Otlp, Sender, Target, base_path, path_of};
use crate::repository::topology::values::Values;
use crate::repository::topology::works::Work;
use crate::repository::topology::{agents, injections};
use crate::repository::{Subject, SubjectKind};
use crate::repository::{derived, object_label};
use crate::source::Span;

/// A program that makes traces.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) name: String,
    /// Index of its workload.
    pub(super) work: usize,
    pub(super) place: Span,
    /// The name that it gives itself.
    pub(super) service_name: Option<Node>,
    /// The variables of SDKs and agents as it finally sees them.
    pub(super) variables: Node,
    /// Why its manifest may set more.
    pub(super) open: Option<Reason>,
    /// What its container sets.
    pub(super) env: Option<Node>,
    /// Nothing where tracing is switched off.
    pub(super) sender: Option<Sender>,
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

/// The clients of a repository, which are traced containers that are no collectors; and the environments to which the
/// operator adds variables, by the index of their subject.
pub(super) fn all<'a>(
    inventory: &Inventory<'a>,
    subjects: &'a [Subject],
    (works, processes): (&[Work<'a>], &[Process<'a>]),
) -> (Vec<Client>, Vec<(usize, Node)>) {
    let environments = subjects
        .iter()
        .enumerate()
        .filter(|(_, subject)| subject.kind == SubjectKind::Environment);
    let by_label = environments
        .filter_map(|(at, subject)| Some((subject.label, (at, subject.bindings.first()?))));
    let by_label: BTreeMap<Span, (usize, &Node)> = by_label.collect();
    let (mut found, mut changed) = (Vec::new(), Vec::new());
    for (at, work) in works.iter().enumerate() {
        let containers = work.containers();
        for container in containers {
            let is_process = processes.iter().any(|process| {
                process.work == Some(at)
                    && process
                        .container
                        .is_some_and(|own| std::ptr::eq(own, container))
            });
            let environment = by_label.get(&container.label()).filter(|_| !is_process);
            let Some((index, environment)) = environment else {
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
            let injected = injections::agent(inventory, (work, container));
            let operator = injected.and_then(|injected| added(subjects, injected));
            let effective = Effective::of(container, operator);
            // Of several languages, each is for other containers.
            let only = injected.filter(|_| injections::languages(work) == 1);
            let spoken = only.and_then(of_injection);
            if operator.is_some() {
                changed.push((*index, with(environment, &effective)));
            }
            let service_name = effective.variables.get("OTEL_SERVICE_NAME");
            found.push(Client {
                name,
                work: at,
                place: work.label,
                service_name: service_name.filter(|name| name.as_str().is_some()).cloned(),
                variables: effective.variables.clone(),
                open: environment.get("variables").and_then(Node::openness),
                env: container.get("env").cloned(),
                sender: sender((container, environment), &effective, (injected, spoken)),
            });
        }
    }
    (found, changed)
}

/// The variables that an Instrumentation gives programs of a language.
fn added<'a>(subjects: &'a [Subject], (root, language): (&Node, &str)) -> Option<&'a Node> {
    let label = object_label(root);
    let of_root = subjects.iter().filter(|subject| subject.label == label);
    let environments = of_root.filter(|subject| subject.kind == SubjectKind::Environment);
    let all: Vec<&Node> = environments
        .filter_map(|subject| subject.bindings.first())
        .collect();
    let own = all.iter().find(|one| language_of(one) == Some(language));
    let common = || all.iter().find(|one| language_of(one).is_none());
    own.or_else(common)?.get("variables")
}

/// The language of the programs that an environment is for, where it is for one.
fn language_of(environment: &Node) -> Option<&str> {
    environment.get("languages")?.items().first()?.as_str()
}

/// An environment with what is finally seen of it.
fn with(environment: &Node, effective: &Effective) -> Node {
    let mut node = derived(environment);
    node.share_all(environment);
    effective.put(&mut node);
    node.build()
}

/// An endpoint where it is written.
struct Endpoint<'a> {
    /// What holds it, in words.
    words: String,
    node: &'a Node,
    /// Whether it is for traces alone, and so taken as it is.
    is_own: bool,
}

/// Where a container sends spans to; nothing where tracing is switched off.
fn sender(
    (container, environment): (&Node, &Node),
    effective: &Effective,
    (injected, spoken): (Option<(&Node, &str)>, Option<&'static str>),
) -> Option<Sender> {
    if is_off(&effective.variables) {
        return None;
    }
    let values = Values {
        container: Some(container),
    };
    let endpoint = endpoint(effective, injected);
    let variables = environment.get("variables")?;
    let address = match (&endpoint, variables.openness()) {
        (Some(endpoint), _) => values.text(endpoint.node),
        (None, Some(reason)) => Err(reason.to_string()),
        (None, None) => Err("it names no endpoint".to_owned()),
    };
    let text = address.as_deref().ok();
    let (protocol, is_default) = match protocol((container, environment), effective, text) {
        (None, true) => (spoken, true),
        told => told,
    };
    let is_own = endpoint.as_ref().is_some_and(|endpoint| endpoint.is_own);
    let path = match text {
        Some(text) if is_own => path_of(text),
        Some(text) => base_path(text),
        None => String::new(),
    };
    let is_plain = match text.and_then(|text| text.split_once("://")) {
        Some(("http", _)) => Some(true),
        Some(("https", _)) => Some(false),
        _ => None,
    };
    let words = endpoint.as_ref().map(|endpoint| endpoint.words.clone());
    let words = words.unwrap_or_else(|| "the container".to_owned());
    Some(Sender {
        id: words.clone(),
        words,
        place: endpoint.map_or(container.label(), |endpoint| endpoint.node.span),
        target: Target::Otlp(Otlp {
            address,
            protocol,
            is_default,
            is_plain,
            path: Some(path),
            passed: None,
            picks_pods: false,
            shown: None,
        }),
    })
}

/// Whether variables switch tracing off, or send it elsewhere.
fn is_off(variables: &Node) -> bool {
    let disabled = variables.str_at(&["OTEL_SDK_DISABLED"]);
    let exporters = variables.str_at(&["OTEL_TRACES_EXPORTER"]);
    disabled.is_some_and(|text| text.eq_ignore_ascii_case("true"))
        || exporters.is_some_and(|names| names.split(',').all(|name| name.trim() != "otlp"))
}

/// The variables that hold an endpoint, the one for traces first.
const ENDPOINTS: [(&str, bool); 2] = [
    ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", true),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", false),
];

/// The endpoint among the variables of a process, in words that say where it is written.
fn endpoint<'a>(effective: &'a Effective, injected: Option<(&Node, &str)>) -> Option<Endpoint<'a>> {
    ENDPOINTS.iter().find_map(|(name, is_own)| {
        let node = effective.variables.get(name)?;
        let field = injected.and_then(|(root, _)| root.at(&["spec", "exporter", "endpoint"]));
        let words = match field {
            Some(field) if field.span == node.span => "the Instrumentation".to_owned(),
            _ if effective.set_by.str_at(&[name]) == Some("flag") => {
                format!("`--{}`", name.trim_start_matches("OTEL_").to_lowercase())
            }
            _ if effective.set_by.str_at(&[name]) == Some("property") => {
                let property = name.to_ascii_lowercase().replace('_', ".");
                format!("`-D{property}`")
            }
            // The names of the settings are those of the variables without their prefix.
            _ if effective.set_by.str_at(&[name]) == Some("release") => {
                format!(
                    "`{}`",
                    name.trim_start_matches("OTEL_EXPORTER_").to_lowercase()
                )
            }
            _ if effective.is_of_operator(name) => format!("`{name}` of the Instrumentation"),
            _ => format!("`{name}`"),
        };
        Some(Endpoint {
            words,
            node,
            is_own: *is_own,
        })
    })
}

/// What an agent that the operator injects speaks, where nothing says it.
/// Source: the operator's documentation, "Auto-instrumentation", and the release notes 2.0.0 of the agent for Java.
fn of_injection((instrumentation, language): (&Node, &str)) -> Option<&'static str> {
    match language {
        "python" | "dotnet" | "go" => Some("http"),
        "java" => {
            let image = parse_image(instrumentation.str_at(&["spec", "java", "image"])?);
            let release = Semver::parse(&image.tag)?;
            Some(if release.major >= 2 { "http" } else { "grpc" })
        }
        _ => None,
    }
}

/// What a client speaks, and whether that is a default.
fn protocol(
    (container, environment): (&Node, &Node),
    effective: &Effective,
    address: Option<&str>,
) -> (Option<&'static str>, bool) {
    let set = [
        "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
        "OTEL_EXPORTER_OTLP_PROTOCOL",
    ];
    let set = set.iter().find_map(|name| effective.variables.get(name));
    let variables = environment.get("variables");
    match set.map(Node::as_str) {
        Some(Some("grpc")) => return (Some("grpc"), false),
        Some(Some("http/protobuf" | "http/json")) => return (Some("http"), false),
        Some(_) => return (None, false),
        None if variables.and_then(Node::openness).is_some() => return (None, true),
        None => {}
    }
    if address.is_some_and(|text| text.contains("/v1/traces")) {
        return (Some("http"), true);
    }
    let languages = environment.get("languages").map_or(&[][..], Node::items);
    let command = container.get("command").map_or(&[][..], Node::items);
    let values = effective.variables.entries();
    let values = values.iter().map(|entry| &entry.value);
    let program = container.at(&["built", "entrypoint", "words"]);
    let program = program
        .or_else(|| container.at(&["built", "cmd", "words"]))
        .map_or(&[][..], Node::items);
    let texts = || {
        command
            .iter()
            .chain(program)
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
    let spoken = default.and_then(|(language, _, protocol)| match *language {
        // Source: the release notes 2.0.0 of the agent.
        "java" => Some(if agents::java_major(container)? < 2 {
            "grpc"
        } else {
            *protocol
        }),
        // Without an exporter for the default nothing is sent, which is told where the packages are.
        "python" if agents::sends_http_only(container) => None,
        _ => Some(*protocol),
    });
    (spoken, true)
}
