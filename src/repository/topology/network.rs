//! Whether `NetworkPolicy` objects let a workload speak to another one.
//!
//! Source: the Kubernetes API reference, `NetworkPolicySpec`. Policies see the port of the pod, not that of the Service.

use crate::document::Node;
use crate::repository::index::{Fit, selects};
use crate::repository::object_label;
use crate::repository::topology::Parts;
use crate::repository::topology::inventory::Placed;
use crate::repository::topology::works::{Work, full_name};
use crate::source::Span;

/// A policy that lets nothing of the kind through.
pub(super) struct Block {
    /// The fault that it makes.
    pub(super) kind: &'static str,
    /// What is wrong, in words.
    pub(super) detail: String,
    /// The policy.
    pub(super) name: String,
    pub(super) place: Span,
}

/// One side of a connection.
#[derive(Clone, Copy)]
struct Side {
    /// The type of policy that counts.
    of_type: &'static str,
    /// The key of its rules.
    rules: &'static str,
    /// The key of the peers of a rule.
    peers: &'static str,
}

/// The namespaces in which servers of names run.
const NAME_SERVERS: [&str; 2] = ["kube-system", "openshift-dns"];

/// The ports at which servers of names are asked.
const LOOKUP_PORTS: [i64; 2] = [53, 5353];

const EGRESS: Side = Side {
    of_type: "Egress",
    rules: "egress",
    peers: "to",
};
const INGRESS: Side = Side {
    of_type: "Ingress",
    rules: "ingress",
    peers: "from",
};

/// The policy that surely keeps one workload from a port of another one.
pub(super) fn block(
    parts: &Parts<'_>,
    (from, to): (&Work<'_>, &Work<'_>),
    port: u16,
) -> Option<Block> {
    let out = isolated(parts, (from, to), (to, port), EGRESS);
    out.or_else(|| isolated(parts, (to, from), (to, port), INGRESS))
        .or_else(|| unresolved(parts, from))
}

/// The policy that surely keeps a workload from asking what address a name has.
fn unresolved(parts: &Parts<'_>, own: &Work<'_>) -> Option<Block> {
    let policy = closing(parts, own, EGRESS, |_, rule| {
        lets_names(parts, own, rule.get("to")).and(lets_lookup(rule.get("ports")))
    })?;
    let does = "holds back what goes out, and no policy among the files lets names be looked up at UDP port 53";
    Some(Block::by(policy, "names-blocked", does))
}

/// The first policy on a workload, where no policy of its kind lets the peer through.
fn isolated(
    parts: &Parts<'_>,
    (own, peer): (&Work<'_>, &Work<'_>),
    (target, port): (&Work<'_>, u16),
    side: Side,
) -> Option<Block> {
    let policy = closing(parts, own, side, |policy, rule| {
        let peers = lets_peer(parts, (policy, peer), rule.get(side.peers));
        peers.and(lets_port(target, port, rule.get("ports")))
    })?;
    let way = if side.of_type == "Egress" {
        "out to"
    } else {
        "in from"
    };
    let does = format!("lets nothing {way} `{}` on port {port}", peer.name());
    Some(Block::by(policy, "network-policy", &does))
}

/// The first policy on a workload, where no rule of any policy of its kind lets something through.
fn closing<'a>(
    parts: &Parts<'a>,
    own: &Work<'_>,
    side: Side,
    lets: impl Fn(Placed<'_>, &Node) -> Fit,
) -> Option<Placed<'a>> {
    let policies = parts.inventory.seen("NetworkPolicy", own.environment);
    let on_own = policies
        .filter(|policy| policy.namespace() == own.namespace() && own.namespace().is_some());
    let mut first = None;
    for policy in on_own {
        match applies(policy.root, own, side) {
            Fit::No => continue,
            Fit::Maybe => return None,
            Fit::Yes => {}
        }
        let rules = policy.root.at(&["spec", side.rules]);
        if rules.is_some_and(|rules| rules.openness().is_some()) {
            return None;
        }
        let mut rules = rules.map_or(&[][..], Node::items).iter();
        if rules.any(|rule| lets(policy, rule) != Fit::No) {
            return None;
        }
        first = first.or(Some(policy));
    }
    first
}

impl Block {
    fn by(policy: Placed<'_>, kind: &'static str, does: &str) -> Self {
        let name = full_name(policy.namespace(), policy.name().unwrap_or("?"));
        Self {
            kind,
            detail: format!("NetworkPolicy `{name}` {does}"),
            name,
            place: object_label(policy.root),
        }
    }
}

/// Whether a policy is about a workload and a direction.
fn applies(policy: &Node, work: &Work<'_>, side: Side) -> Fit {
    let spec = policy.get("spec");
    let types = spec
        .and_then(|spec| spec.get("policyTypes"))
        .map_or(&[][..], Node::items);
    let has_type = types.iter().any(|item| item.as_str() == Some(side.of_type));
    // Without types, a policy is about ingress, and about egress where it has rules for that.
    let is_implied = types.is_empty()
        && (side.of_type == "Ingress" || spec.is_some_and(|spec| spec.get("egress").is_some()));
    let selector = spec.and_then(|spec| spec.get("podSelector"));
    Fit::sure(has_type || is_implied).and(selects(selector, work.node.get("labels")))
}

/// Whether one of the peers of a rule is a workload; a rule without any is about everybody.
fn lets_peer(
    parts: &Parts<'_>,
    (policy, peer): (Placed<'_>, &Work<'_>),
    peers: Option<&Node>,
) -> Fit {
    let peers = peers.map_or(&[][..], Node::items);
    if peers.is_empty() {
        return Fit::Yes;
    }
    let is_it = |entry: &Node| {
        if entry.get("ipBlock").is_some() {
            return Fit::Maybe;
        }
        let in_namespace = match entry.get("namespaceSelector") {
            Some(selector) => namespace_fits(parts, (peer, peer.namespace()), selector),
            None => Fit::sure(policy.namespace() == peer.namespace()),
        };
        let pods = entry.get("podSelector");
        let is_pod = pods.map_or(Fit::Yes, |pods| {
            selects(Some(pods), peer.node.get("labels"))
        });
        in_namespace.and(is_pod)
    };
    peers.iter().map(is_it).fold(Fit::No, Fit::or)
}

/// Whether a namespace is selected, as seen from a workload.
fn namespace_fits(
    parts: &Parts<'_>,
    (work, namespace): (&Work<'_>, Option<&str>),
    selector: &Node,
) -> Fit {
    let place = (work.environment, work.label);
    let labels = parts.inventory.labels_of_namespace(namespace, place);
    selects(Some(selector), Some(&labels))
}

/// Whether one of the peers of a rule may be a server of names of the cluster.
fn lets_names(parts: &Parts<'_>, own: &Work<'_>, peers: Option<&Node>) -> Fit {
    let peers = peers.map_or(&[][..], Node::items);
    if peers.is_empty() {
        return Fit::Yes;
    }
    let is_it = |entry: &Node| match entry.get("namespaceSelector") {
        _ if entry.get("ipBlock").is_some() => Fit::Maybe,
        None => Fit::sure(
            own.namespace()
                .is_some_and(|own| NAME_SERVERS.contains(&own)),
        ),
        Some(selector) => {
            let fits = NAME_SERVERS.map(|name| namespace_fits(parts, (own, Some(name)), selector));
            fits.into_iter().fold(Fit::No, Fit::or)
        }
    };
    peers.iter().map(is_it).fold(Fit::No, Fit::or)
}

/// Whether a rule is about the ports that names are asked for at.
fn lets_lookup(ports: Option<&Node>) -> Fit {
    let ports = ports.map_or(&[][..], Node::items);
    let is_it = |entry: &Node| {
        let port = entry.get("port");
        let is_port = port.is_none_or(|port| {
            port.as_int()
                .is_none_or(|port| LOOKUP_PORTS.contains(&port))
        });
        let is_range = entry.get("endPort").is_some();
        Fit::sure(is_port || is_range)
    };
    if ports.is_empty() {
        Fit::Yes
    } else {
        ports.iter().map(is_it).fold(Fit::No, Fit::or)
    }
}

/// Whether a rule is about a port; one without ports is about all.
fn lets_port(target: &Work<'_>, port: u16, ports: Option<&Node>) -> Fit {
    let ports = ports.map_or(&[][..], Node::items);
    if ports.is_empty() {
        return Fit::Yes;
    }
    let number = i64::from(port);
    let is_it = |entry: &Node| match entry.get("port") {
        None => Fit::Yes,
        Some(stated) => match (stated.as_int(), stated.as_str()) {
            (Some(first), _) => {
                let last = entry.get("endPort").and_then(Node::as_int).unwrap_or(first);
                Fit::sure((first..=last).contains(&number))
            }
            (None, Some(name)) => Fit::sure(target.has_port(name, number)),
            (None, None) => Fit::Maybe,
        },
    };
    ports.iter().map(is_it).fold(Fit::No, Fit::or)
}
