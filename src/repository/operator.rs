//! What the operator of OpenTelemetry reads and injects, by name.
//!
//! Source: its README, "Sidecar Injection" and "OpenTelemetry auto-instrumentation injection", and
//! `internal/instrumentation`.

use crate::document::Node;

/// The annotation that asks for an agent, without the language at its end.
pub(crate) const INJECT_AGENT: &str = "instrumentation.opentelemetry.io/inject-";

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
