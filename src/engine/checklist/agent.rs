//! Whether a service has an agent or SDK, and where it comes from.

use crate::document::{Entry, Node};
use crate::engine::checklist::service::Service;
use crate::engine::checklist::{against, doubt, node};
use crate::finding::{Answer, Evidence, Finding, Said, Severity};
use crate::repository::Subject;
use crate::repository::operator;

/// What switches tracing off.
const SWITCHES: [(&str, &str); 2] = [
    ("OTEL_SDK_DISABLED", "true"),
    ("OTEL_TRACES_EXPORTER", "none"),
];

/// The tag of rules that find programs which make no traces.
pub const SILENT: &str = "no-traces";

/// What rules found that keeps a service from making traces. What is wrong with the command of an image matters to no
/// container that loads the agent by itself.
pub(super) fn silenced(service: &Service<'_>) -> Vec<Evidence> {
    let own = in_container(service);
    let of_image = service.image.map(|image| image.file);
    let is_silencing = |found: &Finding| {
        let rule = service.basis.report.rule(&found.rule);
        let is_passed_by = own.is_some() && Some(found.span.file) == of_image;
        !is_passed_by && rule.is_some_and(|rule| rule.tags.iter().any(|tag| tag == SILENT))
    };
    service.found("", is_silencing)
}

/// Whether an agent or SDK is there, and nothing keeps it from working.
pub(super) fn present(service: &Service<'_>) -> Said {
    against(silenced(service))
        .or_else(|| Said::by(Answer::Yes, signs(service)))
        .or_else(|| unloaded(service))
        .unwrap_or_else(|| match is_traced(service) {
            Some(true) => Said::open("what reads its variables is not in these files"),
            Some(false) | None => untraced(service),
        })
}

/// What to say of packages that something else has to load.
fn unloaded(service: &Service<'_>) -> Option<Said> {
    let packages = service.packages.iter();
    let mut found = packages.filter_map(|list| package(node(list)?, |_| true));
    let mut found = found.next()?;
    found.text += ", and nothing in these files shows what loads it";
    Some(doubt(found))
}

/// Whether its manifest shows that tracing is set up; nothing where the files do not tell.
pub(super) fn is_traced(service: &Service<'_>) -> Option<bool> {
    service.environment?.get("is_traced")?.as_bool()
}

/// What to say of a service that sends nothing over OTLP, as far as the manifest tells.
pub(super) fn silent(service: &Service<'_>) -> Said {
    let off = service.variables().find(|entry| {
        let value = entry.value.as_str().unwrap_or("");
        let switches = |(name, off): &(&str, &str)| {
            entry.key == *name && value.trim().eq_ignore_ascii_case(off)
        };
        SWITCHES.iter().any(switches)
    });
    match (off, is_traced(service)) {
        (Some(entry), _) => {
            let text = format!("`{}` switches tracing off", entry.key);
            Said::no(Evidence::at(entry.key_span, text))
        }
        (None, Some(true)) => Said::open("it exports with something else than OTLP"),
        (None, Some(false) | None) => untraced(service),
    }
}

/// What to say where nothing sets up tracing: what the files do not show may.
fn untraced(service: &Service<'_>) -> Said {
    if is_traced(service).is_none() {
        return Said::open("not all of its variables are in these files");
    }
    let Some(image) = service.image.and_then(node) else {
        return Said::open(
            "nothing in its manifest sets up tracing, and its Dockerfile is not among the files",
        );
    };
    let variables = image.at(&["final_stage", "env"]);
    let sets = |entry: &Entry| entry.key.starts_with("OTEL_");
    let is_open = variables.is_none_or(|own| own.openness().is_some());
    if is_open || variables.is_some_and(|own| own.entries().iter().any(sets)) {
        return Said::open("nothing in its manifest sets up tracing; its image may");
    }
    let text = "neither its manifest nor its image sets up tracing";
    Said::no(Evidence::at(service.subject.label, text))
}

/// What shows that an agent or SDK is there.
fn signs(service: &Service<'_>) -> Vec<Evidence> {
    let packages = service.packages.iter();
    let packages = packages.filter_map(|list| package(node(list)?, runs_by_itself));
    let image = service
        .image
        .and_then(|image| in_image(image, service.container));
    let own = [injection(service), in_container(service), image];
    own.into_iter().flatten().chain(packages).collect()
}

/// The annotation that asks the operator to inject an agent.
pub(super) fn injection(service: &Service<'_>) -> Option<Evidence> {
    let annotations = service.workload.get("annotations")?.entries();
    let asks = |entry: &&Entry| {
        entry.key.starts_with(operator::INJECT_AGENT) && !operator::refuses(&entry.value)
    };
    let asked = annotations.iter().find(asks)?;
    let text = format!("`{}` asks the operator for an agent", asked.key);
    Some(Evidence::at(asked.key_span, text))
}

/// What loads an agent as the container starts.
pub(super) fn in_container(service: &Service<'_>) -> Option<Evidence> {
    let container = service.container;
    let variables = container.get("env").map_or(&[][..], Node::entries).iter();
    by_variables(variables).or_else(|| by_words(container.get("command")?))
}

/// What loads an agent as an image starts, unless the container puts something else in its place.
fn in_image(image: &Subject, container: &Node) -> Option<Evidence> {
    let last = node(image)?.get("final_stage")?;
    let states = |key: &str| container.at(&["spec", key]).is_some();
    let is_used = |key: &str| match key {
        "entrypoint" => !states("command"),
        _ => !states("command") && !states("args"),
    };
    let own = container.get("env");
    let is_left = |entry: &&Entry| own.is_none_or(|own| own.get(&entry.key).is_none());
    let variables = last.get("env").map_or(&[][..], Node::entries).iter();
    let words = ["entrypoint", "cmd"].into_iter().filter(|key| is_used(key));
    let words = words.filter_map(|key| last.at(&[key, "words"]));
    by_variables(variables.filter(is_left)).or_else(|| words.into_iter().find_map(by_words))
}

fn is_agent(node: &Node) -> bool {
    let text = node.as_str().unwrap_or("");
    text.contains("opentelemetry") || text.contains("-javaagent:") && text.contains("otel")
}

/// A variable that loads an agent as a program starts.
fn by_variables<'n>(mut variables: impl Iterator<Item = &'n Entry>) -> Option<Evidence> {
    let loads = |entry: &&Entry| {
        let is_options = entry.key.ends_with("_OPTIONS") || entry.key.ends_with("_OPTS");
        entry.key.starts_with("OTEL_DOTNET_AUTO_") || is_options && is_agent(&entry.value)
    };
    let entry = variables.find(loads)?;
    let text = format!("`{}` loads the agent", entry.key);
    Some(Evidence::at(entry.value.span, text))
}

/// A word of a command that starts an agent.
fn by_words(command: &Node) -> Option<Evidence> {
    let word = command.items().iter().find(|word| is_agent(word))?;
    Some(Evidence::at(word.span, "the command starts the agent"))
}

/// Whether a program that has a package of OpenTelemetry is traced without anything that loads it: it is an SDK, or starts
/// with the framework or the release.
fn runs_by_itself(name: &str) -> bool {
    let own = ["sdk", "starter", "quarkus", "hosting"];
    name == "opentelemetry" || own.iter().any(|part| name.contains(part))
}

/// The first package of OpenTelemetry in a list whose name, in small letters, is of a kind.
fn package(list: &Node, is_it: impl Fn(&str) -> bool) -> Option<Evidence> {
    let mut packages = list.get("packages")?.entries().iter();
    let own = packages.find(|entry| {
        let name = entry.key.to_ascii_lowercase();
        name.contains("opentelemetry") && is_it(&name)
    })?;
    let text = format!("the program has `{}`", own.key);
    Some(Evidence::at(own.key_span, text))
}

/// Whether the image is ready for tracing.
pub(super) fn image(service: &Service<'_>) -> Said {
    let Some(image) = service.image else {
        return Said::open("which Dockerfile builds its image is not in these files");
    };
    let wrong =
        |found: &Finding| found.severity >= Severity::Warning && found.span.file == image.file;
    if let Some(no) = against(service.found("agent/", wrong)) {
        return no;
    }
    if let Some(sign) = in_image(image, service.container) {
        return Said::yes(sign);
    }
    match signs(service).into_iter().next() {
        Some(mut sign) => {
            sign.text = format!("the image need not change: {}", sign.text);
            Said::yes(sign)
        }
        None => unloaded(service).unwrap_or_else(|| {
            doubt(Evidence::at(
                image.label,
                "nothing in it loads an agent; its base image may",
            ))
        }),
    }
}
