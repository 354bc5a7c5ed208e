//! Which listeners of Gateways take a route, and why the others do not.
//!
//! Source: the Gateway API's reference, `ParentReference`, `Listener` and `AllowedRoutes`.

use crate::document::Node;
use crate::picture::Step;
use crate::repository::index::{Fit, selects};
use crate::repository::topology::entrances::Host;
use crate::repository::topology::inventory::{Inventory, Placed};
use crate::repository::topology::works::full_name;
use crate::source::Span;

/// A listener of a Gateway that a route stands on.
pub(super) struct Listener<'a> {
    pub(super) node: &'a Node,
    pub(super) gateway: String,
}

/// A Gateway of which no listener takes a route.
pub(super) struct Refusal {
    /// Where the route names the Gateway.
    pub(super) place: Span,
    pub(super) detail: String,
    pub(super) steps: Vec<Step>,
}

/// The listeners that a route stands on.
#[derive(Default)]
pub(super) struct Parents<'a> {
    pub(super) listeners: Vec<Listener<'a>>,
    /// Why there may be others; nothing where these are all.
    pub(super) other: Option<String>,
    /// Whether the route is about traffic inside the mesh only.
    pub(super) is_inside: bool,
    pub(super) refusals: Vec<Refusal>,
}

/// A route that asks for listeners.
#[derive(Clone, Copy)]
struct Route<'r> {
    kind: &'static str,
    namespace: Option<&'r str>,
    spec: &'r Node,
    /// The labels of its namespace, as far as the files hold them.
    labels: &'r Node,
}

/// The listeners that take a route, and the Gateways that have none for it.
pub(super) fn of_route<'a>(
    inventory: &Inventory<'a>,
    (kind, placed): (&'static str, &Placed<'a>),
    spec: &'a Node,
) -> Parents<'a> {
    let mut parents = Parents::default();
    let namespace = placed.namespace();
    let labels = inventory.labels_of_namespace(namespace, (placed.environment, placed.root.span));
    let route = Route {
        kind,
        namespace,
        spec,
        labels: &labels,
    };
    let references = spec.get("parentRefs").map_or(&[][..], Node::items);
    for reference in references {
        match reference.str_at(&["kind"]) {
            None | Some("Gateway") => gateway(inventory, (route, placed), reference, &mut parents),
            Some("Service") => parents.is_inside = references.len() == 1,
            Some(_) => {
                parents.other = Some("the route stands on more than a Gateway".to_owned());
            }
        }
    }
    if parents.listeners.is_empty() && parents.refusals.is_empty() && parents.other.is_none() {
        parents.other = Some("the listeners of the Gateway are not known".to_owned());
    }
    parents
}

/// Adds what a reference to a Gateway comes to.
fn gateway<'a>(
    inventory: &Inventory<'a>,
    (route, placed): (Route<'_>, &Placed<'a>),
    reference: &Node,
    parents: &mut Parents<'a>,
) {
    let name = reference.str_at(&["name"]);
    let namespace = reference.str_at(&["namespace"]).or(route.namespace);
    let words = full_name(namespace, name.unwrap_or("?"));
    let all = inventory.everywhere("Gateway").iter();
    let named = all.filter(|gateway| {
        let is_near = inventory.share(gateway.environment, placed.environment);
        is_near && name.is_some() && gateway.name() == name
    });
    let named: Vec<&Placed<'a>> = named.collect();
    let is_there = |gateway: &&&Placed<'_>| {
        gateway.namespace().is_none() || namespace.is_none() || gateway.namespace() == namespace
    };
    let there: Vec<&&Placed<'a>> = named.iter().filter(is_there).collect();
    let is_open = inventory.is_open(placed.environment);
    match (&there[..], &named[..]) {
        ([gateway], _) => listeners(gateway, (route, reference), &words, parents),
        // A reference without a namespace is about the route's own, which is easily forgotten.
        ([], [other]) if reference.get("namespace").is_none() && !is_open => {
            let shown = full_name(other.namespace(), name.unwrap_or("?"));
            parents.refusals.push(Refusal {
                place: reference.label(),
                detail: format!("there is no Gateway `{words}`; there is `{shown}`"),
                steps: vec![Step {
                    place: other.root.label(),
                    text: format!("Gateway `{shown}`"),
                }],
            });
        }
        _ => parents.other = Some(format!("Gateway `{words}` is not among the files")),
    }
}

/// Adds the listeners of a Gateway that take a route, or why none does.
fn listeners<'a>(
    gateway: &Placed<'a>,
    (route, reference): (Route<'_>, &Node),
    words: &str,
    parents: &mut Parents<'a>,
) {
    let listeners = gateway.root.at(&["spec", "listeners"]);
    let is_open = listeners.is_none_or(|all| all.openness().is_some());
    if is_open {
        parents.other = Some(format!(
            "the listeners of Gateway `{words}` are not all known"
        ));
    }
    let all = listeners.map_or(&[][..], Node::items).iter();
    let asked: Vec<&Node> = all.filter(|node| is_asked(reference, node)).collect();
    let mut reasons: Vec<(&Node, String)> = Vec::new();
    for node in &asked {
        match refused(gateway, route, node) {
            Some(reason) => reasons.push((node, reason)),
            None => parents.listeners.push(Listener {
                node,
                gateway: words.to_owned(),
            }),
        }
    }
    if is_open || reasons.len() < asked.len() {
        return;
    }
    let mut details: Vec<&str> = reasons.iter().map(|(_, reason)| reason.as_str()).collect();
    details.dedup();
    let detail = match details[..] {
        [] => format!("Gateway `{words}` has no listener {}", asked_for(reference)),
        [reason] if asked.len() == 1 => format!(
            "{} of Gateway `{words}` {reason}",
            named(asked.first().copied().unwrap_or(reference))
        ),
        [reason] => format!("every listener of Gateway `{words}` {reason}"),
        _ => {
            let each = reasons.iter();
            let each = each.map(|(node, reason)| format!("{} {reason}", named(node)));
            let each: Vec<String> = each.collect();
            format!("of Gateway `{words}`, {}", each.join(", and "))
        }
    };
    let steps = match &reasons[..] {
        [] => listeners.map(|all| (all.label(), format!("the listeners of Gateway `{words}`"))),
        [(node, _), ..] => Some((node.label(), format!("a listener of Gateway `{words}`"))),
    };
    let steps = steps.into_iter().map(|(place, text)| Step { place, text });
    parents.refusals.push(Refusal {
        place: reference.label(),
        detail,
        steps: steps.collect(),
    });
}

/// A listener in words.
fn named(listener: &Node) -> String {
    format!("listener `{}`", listener.str_at(&["name"]).unwrap_or("?"))
}

/// Whether a reference is about a listener.
fn is_asked(reference: &Node, listener: &Node) -> bool {
    let is_it = |key: &str, own: &str| {
        let wanted = reference.get(key).filter(|wanted| !wanted.is_null());
        wanted.is_none_or(|wanted| match (wanted.as_str(), wanted.as_int()) {
            (None, None) => true,
            (text, number) => listener.get(own).is_none_or(|own| {
                own.is_unknown() || (own.as_str(), own.as_int()) == (text, number)
            }),
        })
    };
    is_it("sectionName", "name") && is_it("port", "port")
}

/// The listener that a reference asks for, in words.
fn asked_for(reference: &Node) -> String {
    let name = reference.str_at(&["sectionName"]);
    let port = reference.get("port").and_then(Node::as_int);
    let words = [
        name.map(|name| format!("`{name}`")),
        port.map(|port| format!("on port {port}")),
    ];
    let words: Vec<String> = words.into_iter().flatten().collect();
    words.join(" ")
}

/// Why a listener does not take a route, in words that follow its name; nothing where it may.
fn refused(gateway: &Placed<'_>, route: Route<'_>, listener: &Node) -> Option<String> {
    of_namespace(gateway, route, listener)
        .or_else(|| of_kind(route, listener))
        .or_else(|| of_host(route, listener))
}

fn of_namespace(gateway: &Placed<'_>, route: Route<'_>, listener: &Node) -> Option<String> {
    let own = gateway.namespace()?;
    let namespace = route.namespace?;
    let allowed = listener.at(&["allowedRoutes", "namespaces"]);
    let from = allowed.and_then(|allowed| allowed.get("from"));
    match from.map_or(Some("Same"), Node::as_str) {
        Some("Same") if own != namespace => {
            Some(format!("takes routes of its own namespace `{own}` only"))
        }
        Some("Selector") => {
            let selector = allowed.and_then(|allowed| allowed.get("selector"));
            (selects(selector, Some(route.labels)) == Fit::No).then(|| {
                format!("takes routes of namespaces with labels that `{namespace}` does not have")
            })
        }
        _ => None,
    }
}

fn of_kind(route: Route<'_>, listener: &Node) -> Option<String> {
    let allowed = listener.at(&["allowedRoutes", "kinds"]);
    if let Some(allowed) = allowed.filter(|allowed| !allowed.items().is_empty()) {
        let kinds = allowed.items().iter().map(|kind| kind.str_at(&["kind"]));
        let kinds: Option<Vec<&str>> = kinds.collect();
        let kinds = kinds.filter(|kinds| !kinds.contains(&route.kind))?;
        return Some(format!("takes {} only", kinds.join(", ")));
    }
    let protocol = listener.str_at(&["protocol"])?;
    let is_fit = match protocol {
        "HTTP" | "HTTPS" => route.kind != "TLSRoute",
        "TLS" => route.kind == "TLSRoute",
        "TCP" | "UDP" => false,
        _ => true,
    };
    (!is_fit).then(|| format!("speaks {protocol}, and takes no {}", route.kind))
}

fn of_host(route: Route<'_>, listener: &Node) -> Option<String> {
    let own = listener.get("hostname")?.as_str()?;
    let hosts = route.spec.get("hostnames")?;
    let texts = hosts.items().iter().map(Node::as_str);
    let texts: Vec<&str> = texts.collect::<Option<_>>()?;
    let is_refused = hosts.openness().is_none()
        && !texts.is_empty()
        && !texts.iter().any(|host| overlap(own, host));
    is_refused.then(|| format!("is for `{own}`, and the route is not"))
}

/// Whether two hosts, each of which may start with `*`, stand for one that is the same.
pub(super) fn overlap(one: &str, two: &str) -> bool {
    let fits = |own, other| Host::ruled(own, true).fits(other).is_some();
    one == two || fits(one, two) || fits(two, one)
}
