//! The checklist of a service: the strategy's template (10.1) and its tests (5.2), line by line.

use crate::document::{Entry, Node};
use crate::engine::checklist::service::Service;
use crate::engine::checklist::{
    PEOPLE, RUNS, agent, arrival, node, open, privacy, rollback, setup,
};
use crate::finding::{Checklist, Evidence, Head, Line, Section};
use crate::repository::{Subject, SubjectKind};

/// Why lines about persons stay open.
const NOBODY: &str = "no file names a person";
/// Why lines about the program stay open.
const CODE: &str = "the program is not read";
/// Why lines about tests stay open.
const TESTS: &str = "results of tests are not in these files";

/// The checklist of a service.
pub(super) fn checklist(service: &Service<'_>) -> Checklist {
    let section = |title, lines| Section { title, lines };
    Checklist {
        title: "Service",
        subject: subject(service),
        heads: heads(service),
        sections: vec![
            section("Pre-Instrumentation", pre_instrumentation()),
            section("Instrumentation", instrumentation(service)),
            section("Testing", testing()),
            section("Deployment", deployment(service)),
            section("Validation", validation(service)),
            section("Rollback Plan", rollback_plan(service)),
            section("Test Checklist", tests(service)),
        ],
    }
}

/// The name of the service, with the folder of its environment where there are several.
fn subject(service: &Service<'_>) -> String {
    let picture = &service.basis.repository.picture;
    let end = service.end.and_then(|at| picture.ends.get(at));
    let environment = end.and_then(|end| picture.environments.get(end.environment));
    match environment.map(|environment| environment.name.as_str()) {
        None | Some("") => service.name.clone(),
        Some(folder) => format!("{} in {folder}", service.name),
    }
}

fn heads(service: &Service<'_>) -> Vec<Head> {
    let listed = listed(service);
    let stated = |key: &str| listed.and_then(|listed| listed.get(key));
    let owners = stated("owners").or_else(|| service.workload.get("owners"));
    let component = service.workload.get("component");
    let labels = component.and_then(|root| root.at(&["metadata", "labels"]));
    let labels = labels.map_or(&[][..], Node::entries);
    let is_priority = |entry: &&Entry| entry.key.rsplit('/').next() == Some("priority");
    let label = labels.iter().find(is_priority).map(|entry| &entry.value);
    let told = |node: Option<&Node>| {
        let node = node?;
        Some(Evidence::at(node.span, node.as_str()?))
    };
    let kind = service.workload.str_at(&["kind"]);
    let manifest = kind.map(|kind| Evidence::at(service.workload.label(), kind));
    let head = |name, value| Head { name, value };
    vec![
        head("Manifest", manifest),
        head("Owner", owners.and_then(owner)),
        head("Language", service.language()),
        head("Priority", told(stated("priority").or(label))),
        head("Phase", told(stated("phase"))),
    ]
}

/// What the settings say of the service.
fn listed<'a>(service: &Service<'a>) -> Option<&'a Node> {
    let namespace = service.workload.str_at(&["namespace"]);
    let name = service.workload_name();
    let full = namespace.map_or(name.to_owned(), |namespace| format!("{namespace}/{name}"));
    let runs_it = |listed: &&Node| {
        let workloads = listed.get("workloads").map_or(&[][..], Node::items);
        let mut workloads = workloads.iter().filter_map(Node::as_str);
        workloads.any(|workload| workload.contains(&format!("`{full}`")))
    };
    let services = service.basis.subjects(SubjectKind::Service);
    services
        .filter_map(|listed: &'a Subject| node(listed))
        .find(runs_it)
}

/// Who answers for the service.
fn owner(owners: &Node) -> Option<Evidence> {
    let names: Vec<&str> = owners.items().iter().filter_map(Node::as_str).collect();
    (!names.is_empty()).then(|| Evidence::at(owners.span, names.join(", ")))
}

fn pre_instrumentation() -> Vec<Line> {
    vec![
        open("Review service architecture", PEOPLE),
        open("Identify critical paths", PEOPLE),
        open("Review dependencies", PEOPLE),
        open("Check test coverage", TESTS),
        open("Backup configuration", PEOPLE),
    ]
}

fn instrumentation(service: &Service<'_>) -> Vec<Line> {
    vec![
        Line::new("Add OTel SDK/agent", agent::present(service)),
        Line::new("Configure endpoints", setup::endpoints(service)),
        open("Add custom spans (if needed)", CODE),
        Line::new("Update Dockerfile", agent::image(service)),
        Line::new("Update K8s manifests", setup::manifest(service)),
    ]
}

fn testing() -> Vec<Line> {
    vec![
        open("Unit tests pass", TESTS),
        open("Integration tests pass", TESTS),
        open("Performance tests pass", TESTS),
        open("Trace validation in staging", RUNS),
        open("Security scan passed", TESTS),
    ]
}

fn deployment(service: &Service<'_>) -> Vec<Line> {
    vec![
        Line::new("Requests and limits set", setup::resources(service)),
        Line::new("Canary prepared", rollback::canary(service)),
        open("Deploy to staging", RUNS),
        open("Smoke test", RUNS),
        open("Deploy to production (canary)", RUNS),
        open("Monitor for 2 hours", PEOPLE),
        open("Full rollout", RUNS),
    ]
}

fn validation(service: &Service<'_>) -> Vec<Line> {
    vec![
        Line::new("Service in Jaeger list", arrival::listed(service)),
        Line::new("Traces complete", arrival::complete(service)),
        open("Performance OK", RUNS),
        open("No errors", RUNS),
        open("Team notified", PEOPLE),
    ]
}

fn rollback_plan(service: &Service<'_>) -> Vec<Line> {
    vec![
        Line::new("Rollback command", rollback::command(service)),
        open("Responsible", NOBODY),
        open("Escalation", NOBODY),
    ]
}

fn tests(service: &Service<'_>) -> Vec<Line> {
    vec![
        Line::new(
            "Service appears in Jaeger service list",
            arrival::listed(service),
        ),
        Line::new(
            "Trace context propagated to downstream services",
            setup::propagation(service),
        ),
        open("Database queries captured in spans", RUNS),
        open("HTTP calls to external services traced", RUNS),
        open("Message queue operations traced", RUNS),
        open("Errors recorded with stack traces", RUNS),
        open("Custom business spans present", CODE),
        open("Performance impact <1%", RUNS),
        Line::new("No PII in span attributes", privacy::of_service(service)),
        Line::new(
            "Logs correlated with traces (trace ID present)",
            setup::logs(service),
        ),
    ]
}
