//! What the operator of OpenTelemetry reads and injects, by name.
//!
//! Source: its README, "Sidecar Injection" and "OpenTelemetry auto-instrumentation injection", and
//! `internal/instrumentation`.

use crate::document::Node;

/// The annotation that asks for an agent, without the language at its end.
pub(crate) const INJECT_AGENT: &str = "instrumentation.opentelemetry.io/inject-";

/// What the annotations of agents begin with.
const ANNOTATIONS: &str = "instrumentation.opentelemetry.io/";

/// The annotation that asks for a collector beside the containers.
pub(crate) const INJECT_SIDECAR: &str = "sidecar.opentelemetry.io/inject";

/// The addresses that it puts before all variables, and the fields of the pod that they are.
pub(crate) const ADDRESSES: [(&str, &str); 2] = [
    ("OTEL_NODE_IP", "status.hostIP"),
    ("OTEL_POD_IP", "status.podIP"),
];

/// Whether the value of an annotation asks for nothing.
pub(crate) fn refuses(annotation: &Node) -> bool {
    let text = annotation.as_str().unwrap_or("");
    text.eq_ignore_ascii_case("false") || annotation.as_bool() == Some(false)
}

/// Whether the agent of a language is put into a container of a workload: one that an annotation names, else the first.
pub(crate) fn is_chosen(workload: &Node, container: &Node, language: &str) -> bool {
    let annotations = workload.get("annotations");
    let named = [format!("{language}-"), String::new()];
    let mut named = named.iter().filter_map(|own| {
        let key = format!("{ANNOTATIONS}{own}container-names");
        annotations?.get(&key)
    });
    let name = container.str_at(&["name"]);
    match named.next().map(Node::as_str) {
        Some(Some(names)) => names.split(',').any(|one| Some(one.trim()) == name),
        Some(None) => true,
        None => {
            let all = workload.get("containers").map_or(&[][..], Node::items);
            let first = all.first().and_then(|first| first.str_at(&["name"]));
            first == name || annotations.is_some_and(|all| all.openness().is_some())
        }
    }
}
