//! What a process is written in, by all that names it: injection, variables, program and image.

use std::sync::Arc;

use crate::document::{List, Node, Reason, Value};
use crate::expr::parse_image;
use crate::repository::operator::INJECT_AGENT;
use crate::repository::untold;
use crate::source::Span;

/// Images that tell what a program is written in: a part of the image's name, and the language.
const IMAGES: [(&str, &str); 19] = [
    ("temurin", "java"),
    ("openjdk", "java"),
    ("corretto", "java"),
    ("zulu", "java"),
    ("sapmachine", "java"),
    ("liberica", "java"),
    ("tomcat", "java"),
    ("jetty", "java"),
    ("jre", "java"),
    ("jdk", "java"),
    ("python", "python"),
    ("node", "nodejs"),
    ("erlang", "erlang"),
    ("elixir", "elixir"),
    ("golang", "go"),
    ("aspnet", "dotnet"),
    ("ruby", "ruby"),
    ("php", "php"),
    ("java", "java"),
];

/// Programs that run a language.
const PROGRAMS: [(&str, &str); 9] = [
    ("java", "java"),
    ("python", "python"),
    ("python3", "python"),
    ("gunicorn", "python"),
    ("uvicorn", "python"),
    ("opentelemetry-instrument", "python"),
    ("node", "nodejs"),
    ("npm", "nodejs"),
    ("dotnet", "dotnet"),
];

/// The starts of variables that only one language reads.
const VARIABLES: [(&str, &str); 22] = [
    ("CATALINA_OPTS", "java"),
    ("JAVA_OPTS", "java"),
    ("JAVA_TOOL_OPTIONS", "java"),
    ("JDK_JAVA_OPTIONS", "java"),
    ("OTEL_JAVAAGENT_", "java"),
    ("NODE_OPTIONS", "nodejs"),
    ("OTEL_NODE_", "nodejs"),
    ("OTEL_PYTHON_", "python"),
    ("PYTHONPATH", "python"),
    ("PYTHONUNBUFFERED", "python"),
    ("ASPNETCORE_", "dotnet"),
    ("CORECLR_", "dotnet"),
    ("OTEL_DOTNET_", "dotnet"),
    ("OTEL_GO_", "go"),
    ("OTEL_PHP_", "php"),
    ("ELIXIR_ERL_OPTIONS", "elixir"),
    ("PHX_", "elixir"),
    ("ERL_", "erlang"),
    ("RELEASE_COOKIE", "erlang"),
    ("RELEASE_DISTRIBUTION", "erlang"),
    ("RELEASE_NODE", "erlang"),
    ("RELX_", "erlang"),
];

/// The languages that annotations ask the operator to inject.
pub(super) fn injected(annotations: Option<&Node>) -> Vec<&str> {
    let asked = annotations.map_or(&[][..], Node::entries).iter();
    let asked = asked.filter(|entry| {
        let value = entry.value.as_str();
        !value.is_some_and(|value| value.eq_ignore_ascii_case("false"))
    });
    asked
        .filter_map(|entry| entry.key.strip_prefix(INJECT_AGENT))
        .collect()
}

/// What the image of a Dockerfile runs.
pub(super) fn of_stage(stage: &Node) -> Node {
    let words = stage
        .at(&["entrypoint", "words"])
        .or_else(|| stage.at(&["cmd", "words"]));
    let image = stage.get("image");
    let found = by_program(words)
        .or_else(|| by_image(image?.as_str()?))
        .or_else(|| by_variable(stage.get("env")));
    match (found, image) {
        (None, Some(unknown)) if unknown.is_unknown() => unknown.clone(),
        _ => told(found, image.map_or(stage.label(), |image| image.span)),
    }
}

/// What a container of a workload runs. The name of its image tells nothing: `node-exporter` is no Node.js program.
/// The Dockerfile that builds it does.
pub(super) fn of_container(container: &Node, workload: &Node) -> Node {
    let is_alone = workload
        .get("containers")
        .is_some_and(|all| all.items().len() == 1);
    let injected = match injected(workload.get("annotations"))[..] {
        [language] if is_alone && !matches!(language, "sdk" | "apache-httpd" | "nginx") => {
            Some(language)
        }
        _ => None,
    };
    let found = injected
        .or_else(|| by_variable(container.get("env")))
        .or_else(|| by_program(container.get("command")));
    match (found, container.get("built")) {
        (None, Some(stage)) => of_stage(stage),
        (found, _) => told(found, container.label()),
    }
}

/// A language as a list, which is empty and open where it is unknown.
pub(super) fn listed(language: &Node) -> Node {
    let open = language.openness();
    let items = match open {
        Some(_) => Vec::new(),
        None => vec![language.clone()],
    };
    let list = List::new(items, open);
    Node::new(language.span, Value::List(Arc::new(list)))
}

/// What the programs are written in that a part of an Instrumentation resource is for.
pub(super) fn of_injection(part: &str, at: Span) -> Node {
    match part {
        "" => untold(at, "the programs that it is injected into"),
        part => Node::string(at, part),
    }
}

fn told(language: Option<&str>, at: Span) -> Node {
    match language {
        Some(language) => Node::string(at, language),
        None => Node::unknown(
            at,
            "",
            Reason::Opaque("nothing tells what the program is written in".into()),
        ),
    }
}

fn by_variable(variables: Option<&Node>) -> Option<&'static str> {
    let set = variables?.entries();
    let reads = |start: &str| set.iter().any(|entry| entry.key.starts_with(start));
    let (_, language) = VARIABLES.iter().find(|(start, _)| reads(start))?;
    Some(language)
}

fn by_program(words: Option<&Node>) -> Option<&'static str> {
    let first = words?.items().first()?.as_str()?;
    let program = first.rsplit('/').next()?;
    let (_, language) = PROGRAMS.iter().find(|(name, _)| *name == program)?;
    Some(language)
}

fn by_image(image: &str) -> Option<&'static str> {
    let image = parse_image(image);
    let (_, language) = IMAGES.iter().find(|(part, _)| {
        image.name.contains(part) || image.name.contains("distroless") && image.tag.contains(part)
    })?;
    Some(language)
}
