//! The environment of processes as subjects: of containers, of images, and as the operator injects it.

use crate::document::{MapBuilder, Node, Reason, Value};
use crate::repository::containers::{self, Surroundings};
use crate::repository::effective::Effective;
use crate::repository::index::Index;
use crate::repository::options::with_properties;
use crate::repository::variables;
use crate::repository::{
    Subject, SubjectKind, derived, fields, language, object_name, operator, texts, untold,
};
use crate::source::SourceFile;

/// The languages for which an Instrumentation resource may have variables of its own.
/// Source: the operator's API reference, `InstrumentationSpec`.
const INJECTED: [&str; 7] = [
    "java",
    "nodejs",
    "python",
    "dotnet",
    "go",
    "apacheHttpd",
    "nginx",
];

/// The environment of the image that a Dockerfile builds.
pub(super) fn of_image(file: &SourceFile, stage: &Node, language: &Node) -> Subject {
    let label = stage.label();
    let variables = stage.get("env").cloned().unwrap_or(Node::null(label));
    let traced = traced(&variables, stage.at(&["entrypoint", "words"]));
    let words = ["entrypoint", "cmd"].map(|part| stage.at(&[part, "words"]));
    let words = words.into_iter().flatten().flat_map(Node::items);
    let words = Node::list(label, words.cloned().collect());
    let variables = with_properties(&variables, Some(&words));
    let node = derived(stage)
        .put("owner", Node::string(label, "the image"))
        .put("source", Node::string(label, "image"))
        .put("languages", language::listed(language))
        .put("is_traced", traced)
        .put("variables", variables)
        .put("entries", Node::list(label, Vec::new()))
        .put("own_addresses", Node::list(label, Vec::new()))
        .put(
            "has_collector_beside",
            untold(label, "the pod that runs the image"),
        )
        .build();
    subject(file, node, "image/environment".to_owned())
}

/// The environment of a container.
pub(super) fn of_container(
    file: &SourceFile,
    container: &Node,
    workload: &Node,
    object: &str,
) -> Subject {
    let label = container.label();
    let name = written(container.get("name"));
    let owner = format!(
        "container `{name}` of {} `{}`",
        workload.str_at(&["kind"]).unwrap_or("workload"),
        written(workload.get("name")),
    );
    let variables = container.get("env").cloned().unwrap_or(Node::null(label));
    let own = own_addresses(&variables);
    let injected = language::injected(workload.get("annotations")).into_iter();
    let mut injected = injected.filter(|one| operator::is_chosen(workload, container, one));
    let traced = match injected.next() {
        None => traced_in(container, &variables),
        Some(_) => Node::bool(label, true),
    };
    let mut node = derived(container);
    Effective::of(container, None).put(&mut node);
    let node = node
        .put("owner", Node::string(label, owner))
        .put("source", Node::string(label, "container"))
        .put(
            "languages",
            language::listed(&language::of_container(container, workload)),
        )
        .put("is_traced", traced)
        .put(
            "variables",
            with_properties(&variables, container.get("command_line")),
        )
        .put(
            "entries",
            container
                .get("env_entries")
                .cloned()
                .unwrap_or(Node::list(label, Vec::new())),
        )
        .put("own_addresses", own)
        .put("has_collector_beside", collector_beside(workload, label))
        .build();
    subject(file, node, format!("{object}/environment"))
}

/// Whether a container or its image shows that tracing is set up.
fn traced_in(container: &Node, variables: &Node) -> Node {
    let own = traced(variables, container.get("command"));
    let by_image = || {
        let release = container.get("release").map(|set| set.span);
        let stage = container.get("built")?;
        // What the container runs takes the place of what the image would.
        let is_replaced = container.at(&["spec", "command"]).is_some();
        let words = ["entrypoint", "cmd"].map(|part| stage.at(&[part, "words"]));
        let mut words = words.into_iter().flatten().filter(|_| !is_replaced);
        let none = Node::null(container.label());
        let env = stage.get("env").unwrap_or(&none);
        let is_traced = |words: Option<&Node>| traced(env, words).as_bool() == Some(true);
        let is_set = is_traced(None) || words.any(|words| is_traced(Some(words)));
        is_set.then_some(env.span).or(release)
    };
    match own.as_bool() {
        Some(true) => own,
        Some(false) | None => by_image().map_or(own, |at| Node::bool(at, true)),
    }
}

/// The variables that name the address of the pod itself.
fn own_addresses(env: &Node) -> Node {
    let own = env.entries().iter().filter(|entry| {
        let Value::Unknown(unknown) = &entry.value.value else {
            return false;
        };
        unknown.likely.as_ref().is_some_and(fields::is_own_address)
    });
    texts(
        env.span,
        own.map(|entry| (entry.key_span, entry.key.to_string())),
    )
}

/// A name as it is written: that of a template is better than none.
fn written(name: Option<&Node>) -> &str {
    match name.map(|name| &name.value) {
        Some(Value::Str(text)) => text,
        Some(Value::Unknown(unknown)) => &unknown.text,
        _ => "?",
    }
}

/// What an Instrumentation resource gives to the containers that it is injected into.
pub(super) fn of_instrumentation(file: &SourceFile, root: &Node, found: &mut Vec<Subject>) {
    let is_instrumentation = root.str_at(&["kind"]) == Some("Instrumentation")
        && root
            .str_at(&["apiVersion"])
            .is_some_and(|api| api.starts_with("opentelemetry.io/"));
    if !is_instrumentation {
        return;
    }
    let label = super::object_label(root);
    let mut variables = MapBuilder::new(root.span);
    variables.label(label);
    if let Some(endpoint) = root.at(&["spec", "exporter", "endpoint"]) {
        variables.put("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.clone());
    }
    if let Some(kind) = root.at(&["spec", "sampler", "type"]) {
        variables.put("OTEL_TRACES_SAMPLER", kind.clone());
    }
    if let Some(argument) = root.at(&["spec", "sampler", "argument"]) {
        variables.put("OTEL_TRACES_SAMPLER_ARG", argument.clone());
    }
    if let Some(list) = root.at(&["spec", "propagators"]) {
        let names: Vec<&str> = list.items().iter().filter_map(Node::as_str).collect();
        variables.put("OTEL_PROPAGATORS", Node::string(list.span, names.join(",")));
    }
    if let Some(attributes) = root.at(&["spec", "resource", "resourceAttributes"]) {
        let pairs = attributes.entries().iter().map(|entry| {
            let value = entry.value.as_str().unwrap_or("");
            format!("{}={value}", entry.key)
        });
        let pairs: Vec<String> = pairs.collect();
        let text = Node::string(attributes.label(), pairs.join(","));
        variables.put("OTEL_RESOURCE_ATTRIBUTES", text);
    }
    add_entries(root.at(&["spec", "env"]), &mut variables);
    let common = variables::injected(&variables.build());
    found.push(injected(file, root, "", common.clone()));
    for language in INJECTED {
        let own = root.at(&["spec", language, "env"]);
        if own.is_some() {
            let mut variables = MapBuilder::new(root.span);
            variables.label(label);
            variables.share_all(&common);
            add_entries(own, &mut variables);
            let variables = variables::injected(&variables.build());
            found.push(injected(file, root, language, variables));
        }
    }
}

/// Adds the entries of an `env` list; those that refer to something state no value.
fn add_entries(list: Option<&Node>, variables: &mut MapBuilder) {
    for entry in list.map_or(&[][..], Node::items) {
        let Some(name) = entry.str_at(&["name"]) else {
            continue;
        };
        let value = match (entry.get("value"), entry.get("valueFrom")) {
            (Some(value), _) => value.clone(),
            (None, Some(from)) => match from.str_at(&["fieldRef", "fieldPath"]) {
                Some(field) => fields::of_pod(from.label(), field),
                None => untold(from.label(), "the value that this refers to"),
            },
            (None, None) => continue,
        };
        variables.put(name, value);
    }
}

/// What an Instrumentation resource injects, into programs of one language or of any.
fn injected(file: &SourceFile, root: &Node, language: &str, variables: Node) -> Subject {
    let label = super::object_label(root);
    let owner = format!(
        "Instrumentation `{}`",
        root.str_at(&["metadata", "name"]).unwrap_or("?")
    );
    let node = MapBuilder::new(root.span)
        .label(label)
        .put("owner", Node::string(label, owner))
        .put("source", Node::string(label, "instrumentation"))
        .put(
            "languages",
            language::listed(&language::of_injection(language, label)),
        )
        .put("is_traced", Node::bool(label, true))
        .put("variables", variables)
        .put("entries", Node::list(label, Vec::new()))
        .put("own_addresses", Node::list(label, Vec::new()))
        .put(
            "has_collector_beside",
            untold(label, "the pods that it is injected into"),
        )
        .build();
    let object = object_name(root);
    let object = match language {
        "" => format!("{object}/environment"),
        language => format!("{object}/environment/{language}"),
    };
    subject(file, node, object)
}

/// The environment of the collector that the operator makes of an `OpenTelemetryCollector`.
pub(super) fn of_collector_resource(
    index: &Index<'_>,
    file: &SourceFile,
    root: &Node,
    found: &mut Vec<Subject>,
) {
    let is_collector = root.str_at(&["kind"]) == Some("OpenTelemetryCollector");
    let Some(spec) = root.get("spec").filter(|_| is_collector) else {
        return;
    };
    let around = Surroundings {
        index,
        file,
        root,
        pod: spec,
        labels: None,
    };
    let (variables, entries) = variables::environment(&around, spec);
    let label = super::object_label(root);
    let owner = format!(
        "OpenTelemetryCollector `{}`",
        written(root.at(&["metadata", "name"]))
    );
    let node = MapBuilder::new(root.span)
        .label(label)
        .put("owner", Node::string(label, owner))
        .put("source", Node::string(label, "collector"))
        .put("languages", language::listed(&Node::string(label, "go")))
        .put("is_traced", Node::bool(label, false))
        .put("variables", variables)
        .put("entries", entries)
        .put("own_addresses", Node::list(label, Vec::new()))
        .put("has_collector_beside", Node::bool(label, true))
        .build();
    found.push(subject(
        file,
        node,
        format!("{}/environment", object_name(root)),
    ));
}

/// What the configuration of an Erlang release sets of tracing, as if variables did.
pub(super) fn of_sys_config(file: &SourceFile, variables: &Node) -> Subject {
    let label = variables.label();
    let node = derived(variables)
        .put("owner", Node::string(label, format!("`{}`", file.path)))
        .put("source", Node::string(label, "sys.config"))
        .put(
            "languages",
            language::listed(&Node::string(label, "erlang")),
        )
        .put("is_traced", Node::bool(label, true))
        .put("variables", variables.clone())
        .put("entries", Node::list(label, Vec::new()))
        .put("own_addresses", Node::list(label, Vec::new()))
        .put(
            "has_collector_beside",
            untold(label, "the pod that runs the release"),
        )
        .build();
    subject(file, node, "sys.config/environment".to_owned())
}

fn subject(file: &SourceFile, node: Node, object: String) -> Subject {
    Subject::new(
        SubjectKind::Environment,
        (file.id, node.label()),
        object,
        vec![node],
    )
}

/// Whether variables or a command show that tracing is set up.
fn traced(variables: &Node, command: Option<&Node>) -> Node {
    let names_it = |node: &Node| {
        node.as_str().is_some_and(|text| {
            text.contains("opentelemetry") || text.contains("-javaagent:") && text.contains("otel")
        })
    };
    let by_variable = variables.entries().iter().any(|entry| {
        let name = entry.key.as_str();
        name.starts_with("OTEL_")
            || (name.ends_with("_OPTIONS") || name.ends_with("_OPTS")) && names_it(&entry.value)
    });
    let by_command = command.is_some_and(|words| words.items().iter().any(names_it));
    let open = variables.as_map().and_then(|map| map.open.clone());
    match open {
        _ if by_variable || by_command => Node::bool(variables.span, true),
        Some(reason) => Node::unknown(variables.span, "", reason),
        None => Node::bool(variables.span, false),
    }
}

/// Whether loopback leads to a collector: in the same pod, injected into it, or on the node whose network it shares.
pub(super) fn collector_beside(workload: &Node, at: crate::source::Span) -> Node {
    let annotations = workload.get("annotations");
    let annotation = annotations.and_then(|all| all.get(operator::INJECT_SIDECAR));
    let may_inject = annotation.is_none() && annotations.and_then(Node::openness).is_some();
    let host_network = workload.at(&["pod", "hostNetwork"]);
    let containers = workload.get("containers");
    let is_collector = |container: &Node| {
        let name = container.str_at(&["image_name"]).unwrap_or("");
        super::workloads::is_collector_image(name)
            || name.contains("jaeger-agent")
            || name.contains("all-in-one")
    };
    let all = containers.map_or(&[][..], Node::items);
    let inits = workload.get("init_containers").map_or(&[][..], Node::items);
    let sidecars = inits.iter().filter(|init| containers::is_sidecar(init));
    let mut beside = all.iter().chain(sidecars.clone());
    let open = containers
        .and_then(Node::as_list)
        .is_some_and(|list| list.open.is_some());
    if annotation.is_some_and(|annotation| !operator::refuses(annotation))
        || beside.any(is_collector)
        || host_network.and_then(Node::as_bool) == Some(true)
    {
        return Node::bool(at, true);
    }
    if open || may_inject || host_network.is_some_and(Node::is_unknown) {
        return Node::unknown(at, "", Reason::Template);
    }
    if all.len() + sidecars.count() > 1 {
        let reason = Reason::Opaque("another container of the pod may take the spans".into());
        return Node::unknown(at, "", reason);
    }
    Node::bool(at, false)
}
