//! The ways into a cluster from outside it: Ingresses, routes of the Gateway API, Services with an address of their own.
//!
//! The main type is [`Entrance`]: a host, the ports on which it is taken, a path, and the Service behind it. What is sent
//! through one is followed in `entering`. Sources: the Kubernetes API reference (`IngressSpec`, `ServiceSpec`), the
//! documentation of annotations of ingress-nginx, of the AWS load balancer controller and of external-dns.

use std::collections::BTreeMap;

use crate::document::Node;
use crate::repository::object_label;
use crate::repository::topology::gateways;
use crate::repository::topology::inventory::{Inventory, Placed};
use crate::repository::topology::known::Services;
use crate::repository::topology::proxies::{self, Passing, Tls};
use crate::repository::topology::services::Service;
use crate::repository::topology::works::full_name;
use crate::source::Span;

/// The annotations that name the hosts and numbers of a load balancer.
const ADDRESSES: [&str; 6] = [
    "external-dns.alpha.kubernetes.io/hostname",
    "external-dns.alpha.kubernetes.io/internal-hostname",
    "metallb.universe.tf/loadBalancerIPs",
    "metallb.io/loadBalancerIPs",
    "lbipam.cilium.io/ips",
    "io.cilium/lb-ipam-ips",
];

/// What a host, a port and a path from outside lead to.
#[derive(Debug, Clone)]
pub(super) struct Entrance<'a> {
    /// The kind of the object that says so.
    pub(super) kind: &'static str,
    /// Its name with its namespace.
    pub(super) name: String,
    /// Index of its environment.
    pub(super) environment: usize,
    /// The host as it is written: one that starts with `*.` stands for all below it.
    pub(super) host: Host<'a>,
    /// Where to point at it.
    pub(super) place: Span,
    pub(super) doors: Doors,
    pub(super) path: Path,
    pub(super) leads: Leads<'a>,
    /// What becomes of a request on its way to the Service.
    pub(super) passing: Passing,
}

/// The host of an entrance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Host<'a> {
    pub(super) text: &'a str,
    /// Whether the part for which `*` stands may hold dots.
    pub(super) is_deep: bool,
    /// Whether a rule names it; else it is taken because nothing else does.
    pub(super) is_ruled: bool,
}

/// The ports on which an entrance takes what is sent.
#[derive(Debug, Clone)]
pub(super) struct Doors {
    pub(super) all: Vec<Door>,
    /// Whether there are surely no others.
    pub(super) are_all: bool,
    /// Why any other port may be open, too; nothing where none is known to be.
    pub(super) other: Option<String>,
}

/// A port on which an entrance takes what is sent.
#[derive(Debug, Clone)]
pub(super) struct Door {
    pub(super) port: u16,
    /// Whether TLS is spoken there; nothing where that is not known.
    pub(super) is_tls: Option<bool>,
    /// What states it, with its place; nothing for what every one has.
    pub(super) stated: Option<(String, Span)>,
    /// Why it is not sure; empty where it is.
    pub(super) doubt: String,
}

/// The paths that an entrance takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Path {
    /// Every one, whatever is spoken.
    All,
    /// Those below one.
    Prefix(String),
    Exact(String),
    /// No files tell which.
    Unknown,
}

/// Where an entrance leads.
#[derive(Debug, Clone)]
pub(super) enum Leads<'a> {
    /// To the Service itself, whose index it is.
    Own(usize),
    To(Backend<'a>),
    /// Nowhere: why no Gateway takes the route.
    Refused(String),
    /// Why that is not known.
    Unknown(&'static str),
}

/// A port of a Service behind an entrance.
#[derive(Debug, Clone, Copy)]
pub(super) struct Backend<'a> {
    /// The name, a text.
    pub(super) name: &'a Node,
    pub(super) namespace: Option<&'a str>,
    pub(super) port: PortName<'a>,
    /// Where the port is written, else the object.
    pub(super) place: Span,
}

/// How a port is named.
#[derive(Debug, Clone, Copy)]
pub(super) enum PortName<'a> {
    Number(u16),
    Name(&'a str),
    Unknown,
}

impl Entrance<'_> {
    /// What it is, in words.
    pub(super) fn words(&self) -> String {
        format!("{} `{}`", self.kind, self.name)
    }

    /// Whether no Gateway takes it.
    pub(super) fn is_refused(&self) -> bool {
        matches!(self.leads, Leads::Refused(_))
    }
}

impl<'a> Host<'a> {
    /// A host that a rule names.
    pub(super) fn ruled(text: &'a str, is_deep: bool) -> Self {
        Self {
            text,
            is_deep,
            is_ruled: true,
        }
    }

    /// How well a host fits: the more letters are given the better, and best without any left open.
    pub(super) fn fits(&self, host: &str) -> Option<usize> {
        let host = host.trim_end_matches('.');
        let Some(ending) = self.text.strip_prefix('*') else {
            return host.eq_ignore_ascii_case(self.text).then_some(usize::MAX);
        };
        let at = host.len().checked_sub(ending.len())?;
        let (below, end) = (host.get(..at)?, host.get(at..)?);
        let is_below = ending.starts_with('.') && end.eq_ignore_ascii_case(ending);
        let is_one = self.is_deep || !below.contains('.');
        (is_below && is_one && !below.is_empty()).then_some(ending.len())
    }

    /// Whether the host is written in full.
    pub(super) fn is_literal(&self) -> bool {
        self.is_ruled && !self.text.starts_with('*')
    }
}

impl Path {
    /// How well a path fits: the longer the better, and best where it is the same.
    pub(super) fn fits(&self, path: &str) -> Option<usize> {
        match self {
            Self::All => Some(0),
            Self::Exact(own) => (own == path).then_some(usize::MAX),
            Self::Prefix(own) => {
                let own = own.trim_end_matches('/');
                let rest = path.strip_prefix(own)?;
                (rest.is_empty() || rest.starts_with('/')).then_some(own.len() + 1)
            }
            Self::Unknown => None,
        }
    }
}

/// The ways into the clusters of a repository.
pub(super) fn all<'a>(inventory: &Inventory<'a>, services: &Services<'a>) -> Vec<Entrance<'a>> {
    let mut found = Vec::new();
    for placed in inventory.everywhere("Ingress") {
        ingress(inventory, placed, &mut found);
    }
    gateways::all(inventory, &mut found);
    let places = services.iter().enumerate();
    let by_place: BTreeMap<Span, usize> = places.map(|(at, service)| (service.place, at)).collect();
    for placed in inventory.everywhere("Service") {
        let at = by_place.get(&object_label(placed.root));
        if let Some((at, service)) = at.and_then(|at| Some((*at, services.get(*at)?))) {
            balancers(placed.root, (at, service), &mut found);
        }
    }
    found
}

/// A Service with addresses outside the cluster.
fn balancers<'a>(
    root: &'a Node,
    (at, service): (usize, &Service<'a>),
    found: &mut Vec<Entrance<'a>>,
) {
    let annotations = root.at(&["metadata", "annotations"]);
    let entries = annotations.map_or(&[][..], Node::entries).iter();
    let of_annotations = entries.filter(|entry| ADDRESSES.contains(&entry.key.as_str()));
    let of_annotations = of_annotations.flat_map(|entry| {
        let words = entry.value.as_str().unwrap_or("").split(',');
        words.map(|word| (word.trim(), entry.value.span))
    });
    let own = root.at(&["spec", "loadBalancerIP"]).into_iter();
    let own = own.filter_map(|address| Some((address.as_str()?, address.span)));
    let listed = root
        .at(&["spec", "externalIPs"])
        .map_or(&[][..], Node::items);
    let listed = listed
        .iter()
        .filter_map(|address| Some((address.as_str()?, address.span)));
    let is_balancer = root.str_at(&["spec", "type"]) == Some("LoadBalancer");
    let balanced = of_annotations.chain(own).filter(|_| is_balancer);
    let ports = service.ports.iter().filter_map(|port| {
        Some(Door {
            port: port.number?,
            is_tls: None,
            stated: None,
            doubt: String::new(),
        })
    });
    let ports: Vec<Door> = ports.collect();
    // A balancer with a certificate ends TLS, on the ports that other annotations choose.
    let mut keys = annotations.map_or(&[][..], Node::entries).iter();
    let ends_tls = keys.any(|entry| entry.key.contains("ssl-cert"));
    for (text, place) in balanced.chain(listed) {
        found.push(Entrance {
            kind: "Service",
            name: service.full_name(),
            environment: service.environment,
            host: Host::ruled(text, false),
            place,
            doors: Doors {
                all: ports.clone(),
                are_all: service.knows_ports(),
                other: None,
            },
            path: Path::All,
            leads: Leads::Own(at),
            passing: Passing {
                tls: if ends_tls {
                    Tls::Ended(None)
                } else {
                    Tls::Kept
                },
                ..Passing::unchanged()
            },
        });
    }
}

/// A part of what an Ingress takes.
struct Taken<'a> {
    host: &'a str,
    place: Span,
    /// Whether a rule is about it.
    is_ruled: bool,
    path: Option<&'a Node>,
    backend: Option<&'a Node>,
}

fn ingress<'a>(inventory: &Inventory<'a>, placed: &Placed<'a>, found: &mut Vec<Entrance<'a>>) {
    let proxy = proxies::of_ingress(inventory, placed);
    let spec = placed.root.get("spec").filter(|_| !proxy.is_canary);
    let Some(spec) = spec else { return };
    let name = full_name(placed.namespace(), placed.name().unwrap_or("?"));
    found.extend(taken(spec).into_iter().map(|taken| {
        let service = taken.backend.and_then(|backend| service_of(backend).0);
        Entrance {
            kind: "Ingress",
            name: name.clone(),
            environment: placed.environment,
            host: Host {
                text: taken.host,
                is_deep: false,
                is_ruled: taken.is_ruled,
            },
            place: taken.place,
            doors: proxy.doors(spec, taken.host),
            path: proxy.path(taken.path),
            leads: match (taken.backend, proxy.is_answering) {
                (_, true) => Leads::Unknown("the Ingress answers by itself"),
                (Some(backend), false) => leads(placed, backend),
                (None, false) => Leads::Unknown("the Ingress names no Service"),
            },
            passing: proxy.passing(service.and_then(Node::as_str).unwrap_or(""), taken.path),
        }
    }));
}

/// What an Ingress takes: each path of each rule, and what is left for its default backend.
fn taken(spec: &Node) -> Vec<Taken<'_>> {
    let rules = spec.get("rules").map_or(&[][..], Node::items).iter();
    let default = default_backend(spec);
    let mut found = Vec::new();
    let mut named = Vec::new();
    for rule in rules.clone() {
        if let Some(host) = rule.get("host")
            && let Some(text) = host.as_str()
        {
            named.push(text);
            found.extend(paths((text, host.span), true, rule));
            found.extend(default.map(|backend| left((text, host.span), backend)));
        }
    }
    // Rules without a host, and the default, take what is sent to the other hosts of the certificates.
    let tls = spec.get("tls").map_or(&[][..], Node::items).iter();
    let hosts = tls.flat_map(|tls| tls.get("hosts").map_or(&[][..], Node::items));
    let hosts = hosts.filter_map(|host| Some((host.as_str()?, host.span)));
    for host in hosts.filter(|(text, _)| !named.contains(text)) {
        let hostless = rules.clone().filter(|rule| rule.get("host").is_none());
        found.extend(hostless.flat_map(|rule| paths(host, false, rule)));
        found.extend(default.map(|backend| left(host, backend)));
    }
    found
}

/// What is left for the default backend of the requests to a host.
fn left<'a>((host, place): (&'a str, Span), backend: &'a Node) -> Taken<'a> {
    Taken {
        host,
        place,
        is_ruled: false,
        path: None,
        backend: Some(backend),
    }
}

fn paths<'a>(
    (host, place): (&'a str, Span),
    is_ruled: bool,
    rule: &'a Node,
) -> impl Iterator<Item = Taken<'a>> {
    let paths = rule.at(&["http", "paths"]).map_or(&[][..], Node::items);
    paths.iter().map(move |path| Taken {
        host,
        place,
        is_ruled,
        path: Some(path),
        backend: path.get("backend"),
    })
}

/// The default backend, in the spelling of today or of `networking.k8s.io/v1beta1`.
fn default_backend(spec: &Node) -> Option<&Node> {
    spec.get("defaultBackend").or_else(|| spec.get("backend"))
}

/// The name and the port of the Service of a backend.
fn service_of(backend: &Node) -> (Option<&Node>, Option<&Node>) {
    match backend.get("service") {
        Some(service) => {
            let port = service.at(&["port", "number"]);
            let port = port.or_else(|| service.at(&["port", "name"]));
            (service.get("name"), port)
        }
        None => (backend.get("serviceName"), backend.get("servicePort")),
    }
}

fn leads<'a>(placed: &Placed<'a>, backend: &'a Node) -> Leads<'a> {
    let (name, port) = service_of(backend);
    let Some(name) = name.filter(|name| name.as_str().is_some()) else {
        return Leads::Unknown("the Service behind the Ingress is not known");
    };
    Leads::To(Backend {
        name,
        namespace: placed.namespace(),
        port: port_name(port),
        place: port.map_or(object_label(placed.root), |port| port.span),
    })
}

/// A port as a number or a name.
pub(super) fn port_name(port: Option<&Node>) -> PortName<'_> {
    let Some(port) = port else {
        return PortName::Unknown;
    };
    match (port.as_int(), port.as_str()) {
        (Some(number), _) => u16::try_from(number).map_or(PortName::Unknown, PortName::Number),
        (None, Some(name)) => PortName::Name(name),
        (None, None) => PortName::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_stands_for_one_word_or_for_several() {
        let fits = |own: &str, asked: &str| Host::ruled(own, false).fits(asked).is_some();
        assert!(fits("otel.example.com", "OTEL.example.com."));
        assert!(fits("*.example.com", "otel.example.com"));
        for asked in [
            "example.com",
            ".example.com",
            "a.otel.example.com",
            "otelexample.com",
        ] {
            assert!(!fits("*.example.com", asked), "{asked}");
        }
        assert!(
            Host::ruled("*.example.com", true)
                .fits("a.otel.example.com")
                .is_some()
        );
        assert!(
            Host::ruled("otel.example.com", true).fits("otel.example.com")
                > Host::ruled("*.example.com", true).fits("otel.example.com")
        );
    }

    #[test]
    fn a_prefix_ends_with_a_word() {
        let prefix = |own: &str| Path::Prefix(own.to_owned());
        assert!(prefix("/").fits("/v1/traces").is_some());
        assert!(prefix("/v1").fits("/v1/traces") > prefix("/").fits("/v1/traces"));
        assert!(prefix("/v1/").fits("/v1").is_some());
        assert_eq!(prefix("/v").fits("/v1/traces"), None);
        assert_eq!(Path::Exact("/v1".to_owned()).fits("/v1/traces"), None);
        assert_eq!(Path::Unknown.fits("/"), None);
    }
}
