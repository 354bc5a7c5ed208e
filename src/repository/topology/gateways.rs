//! The ways into a cluster through the Gateway API: routes, and the listeners of the Gateways that they stand on.
//!
//! Source: the Gateway API's reference, `HTTPRoute`, `GRPCRoute`, `TLSRoute` and `Gateway`.

use crate::document::Node;
use crate::repository::object_label;
use crate::repository::topology::attachments::{self, Listener, Parents, Refusal, overlap};
use crate::repository::topology::entrances::{
    self, Backend, Door, Doors, Entrance, Host, Leads, Path,
};
use crate::repository::topology::inventory::{Inventory, Placed};
use crate::repository::topology::proxies::{Passing, Rewrite, Tls};
use crate::repository::topology::works::full_name;
use crate::source::Span;

/// The kinds of routes that name hosts.
const KINDS: [&str; 3] = ["HTTPRoute", "GRPCRoute", "TLSRoute"];

/// The ways in through all routes.
pub(super) fn all<'a>(inventory: &Inventory<'a>, found: &mut Vec<Entrance<'a>>) {
    for kind in KINDS {
        for placed in inventory.everywhere(kind) {
            route(inventory, (kind, placed), found);
        }
    }
}

/// A route that a Gateway does not take.
pub(super) struct Refused<'a> {
    pub(super) kind: &'static str,
    pub(super) name: String,
    pub(super) host: &'a str,
    /// The names of the Services behind it.
    pub(super) backends: Vec<&'a Node>,
    pub(super) refusal: Refusal,
}

/// The routes that Gateways of the files do not take.
pub(super) fn refused<'a>(inventory: &Inventory<'a>) -> Vec<Refused<'a>> {
    let mut found = Vec::new();
    for kind in KINDS {
        for placed in inventory.everywhere(kind) {
            let Some(spec) = placed.root.get("spec") else {
                continue;
            };
            let parents = attachments::of_route(inventory, (kind, placed), spec);
            let rules = spec.get("rules").map_or(&[][..], Node::items).iter();
            let backends = rules.flat_map(backends).flatten();
            let backends: Vec<&Node> = backends.filter_map(|one| one.get("name")).collect();
            let host = hosts(spec, &parents).first().map_or("", |(host, _)| host);
            found.extend(parents.refusals.into_iter().map(|refusal| Refused {
                kind,
                name: full_name(placed.namespace(), placed.name().unwrap_or("?")),
                host,
                backends: backends.clone(),
                refusal,
            }));
        }
    }
    found
}

fn route<'a>(
    inventory: &Inventory<'a>,
    (kind, placed): (&'static str, &Placed<'a>),
    found: &mut Vec<Entrance<'a>>,
) {
    let Some(spec) = placed.root.get("spec") else {
        return;
    };
    let parents = attachments::of_route(inventory, (kind, placed), spec);
    if parents.is_inside {
        return;
    }
    let is_refused = parents.listeners.is_empty() && parents.other.is_none();
    let refusal = parents.refusals.first().filter(|_| is_refused);
    let refusal = refusal.map(|refusal| refusal.detail.clone());
    let rules = spec.get("rules").map_or(&[][..], Node::items);
    for (host, place) in hosts(spec, &parents) {
        let doors = doors(&parents, host);
        for rule in rules {
            for (path, start) in paths(kind, rule) {
                for backend in backends(rule) {
                    found.push(Entrance {
                        kind,
                        name: full_name(placed.namespace(), placed.name().unwrap_or("?")),
                        environment: placed.environment,
                        host: Host::ruled(host, true),
                        place,
                        doors: doors.clone(),
                        path: path.clone(),
                        leads: match &refusal {
                            Some(detail) => Leads::Refused(detail.clone()),
                            None => leads(placed, rule, backend),
                        },
                        passing: passing(kind, (rule, backend), start),
                    });
                }
            }
        }
    }
}

/// The hosts of a route: its own, else those of the listeners.
fn hosts<'a>(spec: &'a Node, parents: &Parents<'a>) -> Vec<(&'a str, Span)> {
    let own = spec.get("hostnames").map_or(&[][..], Node::items).iter();
    let own: Vec<_> = own
        .filter_map(|host| Some((host.as_str()?, host.span)))
        .collect();
    if !own.is_empty() || spec.get("hostnames").is_some_and(|hosts| !hosts.is_null()) {
        return own;
    }
    let mut of_listeners: Vec<(&str, Span)> = Vec::new();
    for listener in &parents.listeners {
        let host = listener.node.get("hostname");
        let host = host.and_then(|host| Some((host.as_str()?, host.span)));
        of_listeners
            .extend(host.filter(|(text, _)| of_listeners.iter().all(|(known, _)| known != text)));
    }
    of_listeners
}

/// The ports on which the listeners take a host.
fn doors(parents: &Parents<'_>, host: &str) -> Doors {
    let mut doors = Doors {
        all: Vec::new(),
        are_all: parents.other.is_none(),
        other: parents.other.clone(),
    };
    for Listener { node, gateway } in &parents.listeners {
        let own = node.get("hostname").filter(|own| !own.is_null());
        if own.is_some_and(|own| own.as_str().is_some_and(|own| !overlap(own, host))) {
            continue;
        }
        let port = node.get("port");
        let number = port
            .and_then(Node::as_int)
            .and_then(|port| u16::try_from(port).ok());
        let (Some(number), Some(port)) = (number, port) else {
            doors.are_all = false;
            doors.other = Some(format!(
                "the ports of Gateway `{gateway}` are not all known"
            ));
            continue;
        };
        doors.all.push(Door {
            port: number,
            is_tls: match node.str_at(&["protocol"]) {
                Some("HTTP") => Some(false),
                Some("HTTPS" | "TLS") => Some(true),
                _ => None,
            },
            stated: Some((format!("Gateway `{gateway}`"), port.span)),
            doubt: String::new(),
        });
    }
    doors
}

/// The paths that a rule takes, each with what it starts with.
fn paths<'a>(kind: &str, rule: &'a Node) -> Vec<(Path, &'a str)> {
    let matches = rule.get("matches").filter(|matches| !matches.is_null());
    let Some(matches) = matches.filter(|_| kind != "TLSRoute") else {
        return vec![(Path::All, "/")];
    };
    if matches.openness().is_some() {
        return vec![(Path::Unknown, "/")];
    }
    let of_match = |one: &'a Node| {
        let is_narrow = |key: &str| one.get(key).is_some_and(|list| !list.items().is_empty());
        if kind == "GRPCRoute" {
            return (method_path(one.get("method")), "/");
        }
        let path = one.get("path");
        let value = path.map_or(Some("/"), |path| match path.get("value") {
            None => Some("/"),
            Some(value) => value.as_str(),
        });
        let Some(value) = value.filter(|_| !is_narrow("headers") && !is_narrow("queryParams"))
        else {
            return (Path::Unknown, "/");
        };
        let of_type = path.and_then(|path| path.get("type"));
        let path = match of_type.map(Node::as_str) {
            None | Some(Some("PathPrefix")) => Path::Prefix(value.to_owned()),
            Some(Some("Exact")) => Path::Exact(value.to_owned()),
            Some(_) => Path::Unknown,
        };
        (path, value)
    };
    // Traces are posted.
    let is_other = |one: &&Node| {
        let method = one.get("method").and_then(Node::as_str);
        kind == "HTTPRoute" && method.is_some_and(|method| method != "POST")
    };
    let posted = matches.items().iter().filter(|one| !is_other(one));
    posted.map(of_match).collect()
}

/// The path that calls of a method have.
fn method_path(method: Option<&Node>) -> Path {
    let Some(method) = method.filter(|method| !method.is_null()) else {
        return Path::All;
    };
    if method
        .get("type")
        .is_some_and(|of_type| of_type.as_str() != Some("Exact"))
    {
        return Path::Unknown;
    }
    match (method.str_at(&["service"]), method.str_at(&["method"])) {
        (Some(service), Some(name)) => Path::Exact(format!("/{service}/{name}")),
        (Some(service), None) => Path::Prefix(format!("/{service}")),
        (None, _) => Path::Unknown,
    }
}

/// The backends of a rule that get anything; nothing for a rule without any.
fn backends(rule: &Node) -> Vec<Option<&Node>> {
    let all = rule.get("backendRefs").map_or(&[][..], Node::items).iter();
    let taking = all.filter(|backend| backend.get("weight").and_then(Node::as_int) != Some(0));
    let taking: Vec<Option<&Node>> = taking.map(Some).collect();
    if taking.is_empty() {
        vec![None]
    } else {
        taking
    }
}

fn leads<'a>(placed: &Placed<'a>, rule: &Node, backend: Option<&'a Node>) -> Leads<'a> {
    let filters = rule.get("filters").map_or(&[][..], Node::items).iter();
    let mut types = filters.map(|filter| filter.str_at(&["type"]).unwrap_or(""));
    if types.any(|of_type| of_type == "RequestRedirect") {
        return Leads::Unknown("the route answers by itself");
    }
    let Some(backend) = backend else {
        return Leads::Unknown("the route names no Service");
    };
    let is_service = backend
        .get("kind")
        .is_none_or(|kind| kind.as_str() == Some("Service"));
    let name = backend.get("name").filter(|name| name.as_str().is_some());
    let Some(name) = name.filter(|_| is_service) else {
        return Leads::Unknown("what stands behind the route is no Service of the files");
    };
    Leads::To(Backend {
        name,
        namespace: backend.str_at(&["namespace"]).or(placed.namespace()),
        port: entrances::port_name(backend.get("port")),
        place: backend
            .get("port")
            .map_or(object_label(placed.root), |port| port.span),
    })
}

/// What becomes of a request to a path that starts with a text.
fn passing(kind: &str, (rule, backend): (&Node, Option<&Node>), start: &str) -> Passing {
    if kind == "TLSRoute" {
        return Passing::unchanged();
    }
    let of_rule = rule.get("filters").map_or(&[][..], Node::items).iter();
    let of_backend = backend.and_then(|backend| backend.get("filters"));
    let filters = of_rule.chain(of_backend.map_or(&[][..], Node::items));
    let path = filters.fold(Rewrite::Kept, |known, filter| {
        let to = filter.at(&["urlRewrite", "path"]);
        match (filter.str_at(&["type"]), to) {
            (Some("URLRewrite"), Some(to)) => {
                let text = |key: &str| to.str_at(&[key]).map(str::to_owned);
                let whole = text("replaceFullPath").map(Rewrite::Whole);
                let prefix = text("replacePrefixMatch");
                let prefix = prefix.map(|to| Rewrite::Start(start.to_owned(), to));
                whole.or(prefix).unwrap_or(Rewrite::Unknown)
            }
            (None | Some("ExtensionRef"), _) => Rewrite::Unknown,
            (Some(_), _) => known,
        }
    });
    Passing {
        protocol: (kind == "GRPCRoute").then_some("grpc"),
        tls: Tls::Ended(None),
        path,
    }
}
