//! The ports on which a collector takes traces.

use crate::document::{Node, Value};
use crate::expr::Semver;
use crate::repository::collectors::{normal_id, present_spelling, type_of};
use crate::repository::registry;
use crate::repository::topology::address::{Address, Host};
use crate::repository::topology::values::{POD_IP, Values};
use crate::source::Span;

/// The first release in which receivers listen on loopback unless told otherwise.
/// Source: the collector's changelog, 0.104.0.
const LOOPBACK_SINCE: &str = "0.104.0";

/// One port on which spans are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listener {
    /// The id of the receiver.
    pub(super) receiver: String,
    /// Nothing where it is not known.
    pub(super) port: Option<u16>,
    /// What is spoken there: `grpc` and `http` for OTLP, else the type of the receiver and its protocol.
    pub(super) protocol: String,
    pub(super) bound: Bound,
    /// Whether it wants TLS.
    pub(super) is_tls: bool,
    /// Whether it wants a certificate of each client.
    pub(super) wants_certificate: bool,
    /// The authenticator that it asks who a client is.
    pub(super) authenticator: Option<String>,
    /// Where HTTP clients send traces to.
    pub(super) path: String,
    /// Where it is written.
    pub(super) place: Span,
}

/// The addresses that a port is taken on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bound {
    /// All of them, or one that is not known.
    All,
    /// Loopback only, where other pods do not come.
    Loopback,
    /// That of the pod only, where loopback does not lead.
    Pod,
}

/// Receivers that listen on no port.
const QUIET: [&str; 14] = [
    "nop",
    "kafka",
    "host_metrics",
    "prometheus",
    "kubelet_stats",
    "k8s_cluster",
    "k8s_events",
    "k8s_objects",
    "file_log",
    "docker_stats",
    "http_check",
    "kafka_metrics",
    "postgresql",
    "redis",
];

/// The listeners of a configuration, of a collector of a release or of one that the operator runs.
pub(super) fn all(
    root: &Node,
    values: Values<'_>,
    (release, is_resource): (Option<Semver>, bool),
) -> Vec<Listener> {
    // Before that release they listened everywhere, and so they do where the operator fills in addresses.
    let is_guarded = !is_resource
        && release.is_some_and(|release| Some(release) >= Semver::parse(LOOPBACK_SINCE));
    let bound = if is_guarded {
        Bound::Loopback
    } else {
        Bound::All
    };
    let mut found = Vec::new();
    for entry in root.get("receivers").map_or(&[][..], Node::entries) {
        let of_type = present_spelling("receiver", type_of(&entry.key));
        if !QUIET.contains(&of_type) && registry::blocks(of_type).next().is_none() {
            found.push(Listener {
                receiver: normal_id(&entry.key),
                port: None,
                protocol: of_type.to_owned(),
                bound: Bound::All,
                is_tls: false,
                wants_certificate: false,
                authenticator: None,
                path: String::new(),
                place: entry.key_span,
            });
        }
        for known in registry::blocks(of_type) {
            let block =
                known
                    .path
                    .iter()
                    .try_fold((entry.key_span, &entry.value), |(_, node), key| {
                        let entry = node.as_map()?.entry(key)?;
                        Some((entry.key_span, &entry.value))
                    });
            let Some((key, block)) = block else { continue };
            let listener = Listener {
                receiver: normal_id(&entry.key),
                port: Some(known.port),
                protocol: known.protocol.to_owned(),
                bound,
                is_tls: block.get("tls").is_some_and(is_on),
                wants_certificate: block.at(&["tls", "client_ca_file"]).is_some_and(is_on),
                authenticator: block.str_at(&["auth", "authenticator"]).map(normal_id),
                path: text_or(block.get("traces_url_path"), "/v1/traces"),
                place: key,
            };
            found.push(stated(listener, block, values));
        }
    }
    found
}

/// Whether an optional block is there and not switched off.
fn is_on(block: &Node) -> bool {
    !block.is_null() && block.get("enabled").and_then(Node::as_bool) != Some(false)
}

fn text_or(node: Option<&Node>, default: &str) -> String {
    node.and_then(Node::as_str).unwrap_or(default).to_owned()
}

/// A listener with the address that its block states.
fn stated(mut listener: Listener, block: &Node, values: Values<'_>) -> Listener {
    let Some(endpoint) = block.get("endpoint").filter(|node| !node.is_null()) else {
        return listener;
    };
    listener.place = endpoint.span;
    let Ok(text) = values.text(endpoint) else {
        // A variable for the address alone leaves the port readable.
        listener.bound = Bound::All;
        listener.port = written_port(endpoint);
        return listener;
    };
    if let Some(port) = text.strip_prefix(':') {
        listener.port = port.parse().ok();
        listener.bound = Bound::All;
    } else if let Some(address) = Address::parse(&text) {
        listener.port = address.port;
        let is_all = address.host == "0.0.0.0" || address.host == "::";
        listener.bound = if address.host == POD_IP {
            Bound::Pod
        } else if !is_all && address.kind() == Host::Loopback {
            Bound::Loopback
        } else {
            Bound::All
        };
    } else {
        listener.port = None;
    }
    listener
}

/// The port at the end of an address of which only the host is a variable.
fn written_port(endpoint: &Node) -> Option<u16> {
    let Value::Unknown(unknown) = &endpoint.value else {
        return None;
    };
    let (_, port) = unknown.text.rsplit_once("}:")?;
    port.parse().ok()
}
