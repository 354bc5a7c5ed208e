//! Fields of a pod that its variables refer to.
//!
//! What the manifest states of itself is known. Of an address or a name that a pod gets when it runs the kind is known,
//! so that a text with such a part can be judged by the rest of it.
//! Source: the Kubernetes documentation, "Downward API".

use smol_str::SmolStr;

use crate::document::{Node, Reason, Value};
use crate::repository::containers::Surroundings;
use crate::source::Span;

/// Addresses that a node could have: a private one and a public one.
const NODES: [&str; 2] = ["10.128.14.37", "34.118.206.71"];

/// Addresses that the pod itself could have.
const PODS: [&str; 2] = ["10.244.3.19", "100.96.131.208"];

/// Names that an object could have.
const NAMES: [&str; 2] = ["q7", "zeta-6d9f8c4b5-xk2lp"];

/// Names that a node could have.
const NODE_NAMES: [&str; 2] = ["w3", "ip-10-0-114-9.eu-central-1.compute.internal"];

/// What the uid of an object could be.
const UIDS: [&str; 2] = [
    "8f2c1d7e-4b0a-4c36-9e51-0d7a6b3f2c18",
    "e41b9a60-77d3-4f05-b2c8-5a9e1f6d4437",
];

/// Whose address a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Address {
    Node,
    Pod,
}

/// Whose address a field holds; nothing for a field that holds none.
pub(super) fn address(field: &str) -> Option<Address> {
    match field {
        "status.hostIP" | "status.hostIPs" => Some(Address::Node),
        "status.podIP" | "status.podIPs" => Some(Address::Pod),
        _ => None,
    }
}

/// The value of a field, as far as the manifest tells.
pub(super) fn value(around: &Surroundings<'_>, at: Span, field: &str) -> Node {
    match stated(around, field) {
        Some(text) => Node::string(at, text),
        None => of_pod(at, field),
    }
}

/// The value of a field of a pod of which no manifest tells.
pub(super) fn of_pod(at: Span, field: &str) -> Node {
    let reason = Reason::Elsewhere(format!("the pod's field `{field}`").into());
    let likely = match (address(field), field) {
        (Some(Address::Node), _) => NODES,
        (Some(Address::Pod), _) => PODS,
        (None, "metadata.name" | "metadata.namespace" | "spec.serviceAccountName") => NAMES,
        (None, "spec.nodeName") => NODE_NAMES,
        (None, "metadata.uid") => UIDS,
        (None, _) => return Node::unknown(at, "", reason),
    };
    Node::of_kind(
        at,
        "",
        reason,
        likely.map(|text| Value::Str(SmolStr::new_static(text))),
    )
}

/// What the manifest itself says of a field.
fn stated<'n>(around: &Surroundings<'n>, field: &str) -> Option<&'n str> {
    let found = match field {
        "metadata.namespace" => around.root.at(&["metadata", "namespace"]),
        "spec.serviceAccountName" => around.pod.get("serviceAccountName"),
        _ => {
            let label = field.strip_prefix("metadata.labels['")?;
            around.labels?.get(label.strip_suffix("']")?)
        }
    };
    found.and_then(Node::as_str)
}

/// Whether a text that is known but for its kind has the address of the pod itself in it.
pub(super) fn is_own_address(likely: &[Value; 2]) -> bool {
    let has = |(value, address): (&Value, &str)| matches!(value, Value::Str(text) if text.contains(address));
    likely.iter().zip(PODS).all(has)
}
