//! Follows an address to the process that takes what is sent there: Service, pods, port, receiver.

use crate::document::Node;
use crate::repository::environments;
use crate::repository::index::Fit;
use crate::repository::topology::address::{Address, Host};
use crate::repository::topology::nodes::NODE_PORTS;
use crate::repository::topology::processes::Process;
use crate::repository::topology::senders::Otlp;
use crate::repository::topology::services::{self, Backend, Port, PortTarget, Service};
use crate::repository::topology::trail::{Outcome, Route, Trail};
use crate::repository::topology::works::{Work, full_name};
use crate::repository::topology::{Parts, without_secrets};
use crate::repository::topology::{arrival, dead_ends, network};

/// How many Services one name may lead through.
pub(super) const MAX_ALIASES: usize = 4;

/// Who sends.
#[derive(Debug, Clone, Copy)]
pub(super) struct From<'a> {
    pub(super) environment: usize,
    pub(super) namespace: Option<&'a str>,
    /// Index of the workload.
    pub(super) work: Option<usize>,
    /// Index of the process, for a collector.
    pub(super) process: Option<usize>,
    /// Whether where it runs is not known.
    pub(super) is_file: bool,
}

impl From<'_> {
    /// Somebody of whom nothing is known.
    pub(super) fn anybody(environment: usize) -> Self {
        Self {
            environment,
            namespace: None,
            work: None,
            process: None,
            is_file: false,
        }
    }
}

/// The routes of an OTLP endpoint: several where several workloads stand behind it.
pub(super) fn of_otlp(parts: &Parts<'_>, from: From<'_>, otlp: &Otlp) -> Vec<Route> {
    let text = match &otlp.address {
        Ok(text) => text,
        Err(reason) => return vec![Trail::default().unknown(reason.clone())],
    };
    if text.is_empty() {
        return vec![Trail::default().unknown("the address is empty here")];
    }
    let Some(address) = Address::parse(text) else {
        if let Some(port) = Address::impossible_port(text) {
            return vec![dead_ends::out_of_range(&port)];
        }
        return vec![Trail::default().unknown(format!(
            "`{}` is no address that can be followed",
            without_secrets(text)
        ))];
    };
    if address.host.contains("$(") {
        return vec![dead_ends::with_reference(text)];
    }
    let mut trail = Trail::default();
    if otlp.is_default && otlp.protocol.is_some() {
        trail.doubt("the protocol is a default");
    }
    let asked = Asked {
        parts,
        from,
        address: &address,
        otlp: Some(otlp),
        is_tls: None,
    };
    asked.host(trail, &address.kind(), MAX_ALIASES)
}

/// The routes of OTLP from a port of a Service, whoever sends there.
pub(super) fn of_port(parts: &Parts<'_>, service: &Service<'_>, port: &Port) -> Vec<Route> {
    let otlp = Otlp::of_anybody(&service.name);
    let address = Address::inside(&service.name, port.number);
    let asked = Asked::by_anybody(parts, service.environment, (&address, &otlp));
    asked.backend(Trail::default(), service, port)
}

/// Where the host of a broker or a store leads.
pub(super) fn of_host(
    parts: &Parts<'_>,
    from: From<'_>,
    (text, is_tls): (&str, Option<bool>),
) -> Option<Route> {
    let address = Address::parse(text)?;
    let asked = Asked {
        parts,
        from,
        address: &address,
        otlp: None,
        is_tls,
    };
    asked
        .host(Trail::default(), &address.kind(), MAX_ALIASES)
        .pop()
}

/// What is asked for.
#[derive(Clone, Copy)]
pub(super) struct Asked<'p, 'a> {
    pub(super) parts: &'p Parts<'a>,
    pub(super) from: From<'a>,
    pub(super) address: &'p Address,
    /// Nothing for what is no OTLP.
    pub(super) otlp: Option<&'p Otlp>,
    /// Whether a broker or a store is spoken to with TLS, where that is known.
    pub(super) is_tls: Option<bool>,
}

impl<'p, 'a> Asked<'p, 'a> {
    /// What is asked by somebody of whom nothing is known.
    pub(super) fn by_anybody(
        parts: &'p Parts<'a>,
        environment: usize,
        (address, otlp): (&'p Address, &'p Otlp),
    ) -> Self {
        Self {
            parts,
            from: From::anybody(environment),
            address,
            otlp: Some(otlp),
            is_tls: None,
        }
    }

    fn host(&self, trail: Trail, host: &Host, aliases: usize) -> Vec<Route> {
        // What is sent to another name keeps the first one, which is what an Ingress knows.
        let is_first = aliases == MAX_ALIASES;
        if is_first
            && self.is_outside(host)
            && let Some(routes) = self.entering(&trail)
        {
            return routes;
        }
        if is_first
            && !self.from.is_file
            && !matches!(host, Host::Loopback | Host::Node)
            && let Some(routes) = self.by_words(&trail)
        {
            return routes;
        }
        match host {
            Host::External => self.outside(trail),
            _ if self.from.is_file => {
                vec![trail.unknown("nothing among the files runs this configuration")]
            }
            Host::Loopback => vec![self.beside(trail)],
            Host::Node => self.on_node(trail),
            Host::Service(name, namespace) => {
                self.service(trail, (name, namespace.as_deref()), aliases)
            }
            Host::Either(name, namespace) => {
                let environment = self.from.environment;
                if self.parts.knows_namespace(environment, namespace) {
                    return self.service(trail, (name, Some(namespace)), aliases);
                }
                let meant = self
                    .parts
                    .misspelt_namespace(environment, (name, namespace));
                if let Some(service) = meant {
                    let wanted = (name.as_str(), Some(namespace.as_str()));
                    return vec![dead_ends::missing(trail, wanted, service)];
                }
                let mut trail = trail;
                trail.doubt(
                    "the name may be one of the internet, or a Service that is not among the files",
                );
                self.outside(trail)
            }
        }
    }

    /// Whether a host may belong to no cluster.
    fn is_outside(&self, host: &Host) -> bool {
        match host {
            Host::External => true,
            Host::Either(_, namespace) => {
                !self.parts.knows_namespace(self.from.environment, namespace)
            }
            Host::Loopback | Host::Node | Host::Service(..) => false,
        }
    }

    /// Something outside the files, unless the port is one that a Service opens on every node.
    fn outside(&self, mut trail: Trail) -> Vec<Route> {
        let port = self.address.port.filter(|port| NODE_PORTS.contains(port));
        if let Some(port) = port
            && let [service] = self.on_port_of_nodes(port)[..]
        {
            trail.doubt("the host may be any, and the port is one of the nodes");
            return self.at_port_of_nodes(trail, service);
        }
        vec![trail.end(Outcome::External(self.address.host.clone()))]
    }

    /// A process in the same pod, or on the same node where the pod uses its network.
    fn beside(&self, trail: Trail) -> Route {
        let processes = self.parts.processes.iter().enumerate();
        let mut beside = processes.filter(|(at, process)| {
            self.from.work.is_some_and(|work| process.is_in(work)) && Some(*at) != self.from.process
        });
        let port = self.address.port;
        let found = beside.next().or_else(|| self.on_own_node(port?));
        match (found, port) {
            (Some((at, process)), Some(port)) => {
                arrival::at(trail, (at, process), (port, true), self.otlp)
            }
            _ if self.is_alone() => {
                let detail = "it stays inside the pod, and no collector runs there".to_owned();
                trail.fault("nobody-beside", detail, String::new())
            }
            _ => trail.unknown("it stays inside the pod, and no collector of the files is there"),
        }
    }

    /// Whether a program asks in whose pod nobody else could take what it sends.
    fn is_alone(&self) -> bool {
        let work = self.from.work.filter(|_| self.from.process.is_none());
        let work = work.and_then(|work| self.parts.works.get(work));
        let beside = work.map(|work| environments::collector_beside(work.node, work.label));
        beside.and_then(|beside| beside.as_bool()) == Some(false)
    }

    pub(super) fn port(
        &self,
        mut trail: Trail,
        service: &Service<'a>,
        aliases: usize,
    ) -> Vec<Route> {
        if let Backend::Alias(name) = &service.backend {
            let is_end = aliases == 0;
            let text = name.as_str().unwrap_or("");
            let Some(address) = Address::parse(text).filter(|_| !is_end) else {
                return vec![trail.unknown("it leads through too many names")];
            };
            trail.step(name.span, format!("it leads to `{text}`"));
            return self.host(trail, &address.kind(), aliases - 1);
        }
        let Some(number) = self.address.port else {
            return match &service.backend {
                Backend::Store(name) => {
                    vec![trail.end(Outcome::Named(name.clone(), service.place))]
                }
                Backend::Pods(_)
                | Backend::Process(_)
                | Backend::Kafka(_)
                | Backend::Alias(_)
                | Backend::Elsewhere(_) => vec![trail.unknown("the address names no port")],
            };
        };
        // Behind a name without an address of its own are those of the pods, where no Service changes the port.
        let target = PortTarget::Number(number);
        let port = match service.port(number) {
            Some(port) if service.is_headless => &Port {
                target,
                ..port.clone()
            },
            Some(port) => port,
            None if service.is_headless => {
                &services::made_port(Some(number), target, service.place)
            }
            None => return vec![dead_ends::unserved(trail, service, number)],
        };
        trail.step(port.place, format!("port {number}"));
        if port.is_udp {
            return vec![dead_ends::by_datagram(trail, service, number)];
        }
        if self.otlp.is_some_and(|otlp| otlp.picks_pods) && !service.is_headless {
            let detail = format!(
                "Service `{}` has one address, and the exporter needs those of the pods",
                service.full_name()
            );
            return vec![trail.fault("not-headless", detail, "clusterIP: None".to_owned())];
        }
        self.backend(trail, service, port)
    }

    /// What stands behind a port of a Service.
    pub(super) fn backend(&self, trail: Trail, service: &Service<'a>, port: &Port) -> Vec<Route> {
        vec![match &service.backend {
            Backend::Pods(selector) => return self.pods(trail, service, (selector, port)),
            Backend::Process(at) => match (self.parts.processes.get(*at), &port.target) {
                (Some(process), PortTarget::Number(number)) => {
                    arrival::at(trail, (*at, process), (*number, false), self.otlp)
                }
                _ => trail.unknown("the port inside the pod is not known"),
            },
            Backend::Kafka(_) | Backend::Store(_) if self.is_tls_mixed_up(port) => {
                dead_ends::other_security(trail, service, port.is_tls == Some(true))
            }
            Backend::Kafka(cluster) => {
                let name = cluster.str_at(&["metadata", "name"]).unwrap_or("?");
                let name = full_name(service.namespace, name);
                trail.end(Outcome::Named(name, service.place))
            }
            Backend::Store(name) => trail.end(Outcome::Named(name.clone(), service.place)),
            Backend::Elsewhere(reason) => trail.unknown(*reason),
            Backend::Alias(_) => trail.unknown("it is another name"),
        }]
    }

    /// Whether a port is spoken to with TLS and takes plain text, or the other way round.
    fn is_tls_mixed_up(&self, port: &Port) -> bool {
        matches!((self.is_tls, port.is_tls), (Some(own), Some(wanted)) if own != wanted)
    }

    fn pods(
        &self,
        trail: Trail,
        service: &Service<'a>,
        (selector, port): (&Node, &Port),
    ) -> Vec<Route> {
        let Parts {
            works,
            services,
            namespaces,
            inventory,
            ..
        } = self.parts;
        let is_near = |work: &&Work<'_>| inventory.share(work.environment, service.environment);
        let mut selected = Vec::new();
        let mut differing = None;
        let mut is_unclear = false;
        for at in namespaces.works(service.namespace) {
            let Some(work) = works.get(at).filter(is_near) else {
                continue;
            };
            match services::fits(service, selector, work) {
                Fit::Yes => selected.push((at, work)),
                Fit::Maybe => is_unclear = true,
                Fit::No if work.namespace() == service.namespace => {
                    let differs = services::differing(service, selector, work);
                    differing = differing.or(differs.map(|differs| (work, differs)));
                }
                Fit::No => {}
            }
        }
        if selected.is_empty() {
            let mut near = works.iter().filter(is_near);
            let astray = near.find(|work| services::is_astray(service, selector, work, services));
            let meant = differing.filter(|_| !is_unclear);
            let astray = astray.filter(|_| !is_unclear);
            if let Some(own) = self
                .namesake(service)
                .filter(|_| !is_unclear && meant.is_none())
            {
                return vec![dead_ends::without_own_pods(trail, service, own)];
            }
            return vec![no_pods(trail, service, meant, astray)];
        }
        selected
            .iter()
            .map(|(at, work)| self.pod(trail.clone(), (*at, work), port))
            .collect()
    }

    /// The collector of a Service's own name, in its namespace.
    fn namesake(&self, service: &Service<'_>) -> Option<&'p Work<'a>> {
        let parts = self.parts;
        let works = parts
            .processes
            .iter()
            .filter_map(|process| parts.works.get(process.work?));
        let mut own = works.filter(|work| work.name() == service.full_name());
        own.find(|work| parts.inventory.share(work.environment, service.environment))
    }

    fn pod(&self, mut trail: Trail, (at, work): (usize, &Work<'a>), port: &Port) -> Route {
        trail.step(work.label, format!("{} `{}`", work.kind(), work.name()));
        let number = match &port.target {
            PortTarget::Number(number) => *number,
            PortTarget::Name(name) => match named_port(work, name) {
                Ok(number) => number,
                Err(None) => return trail.unknown("the ports of the pod are not all known"),
                Err(Some(known)) => {
                    let detail = format!(
                        "no container of {} `{}` has a port `{name}`",
                        work.kind(),
                        work.name()
                    );
                    return trail.fault("no-named-port", detail, known);
                }
            },
            PortTarget::Unknown => return trail.unknown("the port inside the pod is not known"),
        };
        let client = self.from.work.and_then(|at| self.parts.works.get(at));
        let block = client.and_then(|client| network::block(self.parts, (client, work), number));
        if let Some(block) = block {
            trail.step(block.place, format!("NetworkPolicy `{}`", block.name));
            return trail.fault(block.kind, block.detail, String::new());
        }
        let processes = self.parts.processes.iter().enumerate();
        let own: Vec<_> = processes
            .filter(|(_, process)| process.work == Some(at))
            .collect();
        let listens = |process: &Process<'_>| {
            let flow = process.flow.as_ref();
            flow.is_none_or(|flow| {
                flow.listeners
                    .iter()
                    .any(|listener| listener.port == Some(number))
            })
        };
        let is_others = |process: &Process<'_>| {
            let mut others = work.running().filter(|other| {
                !process
                    .container
                    .is_some_and(|own| std::ptr::eq(own, *other))
            });
            others.any(|other| declares(other, number))
                && !process.container.is_some_and(|own| declares(own, number))
        };
        if own
            .iter()
            .all(|(_, process)| !listens(process) && is_others(process))
            && !own.is_empty()
        {
            return trail.unknown("another container of the pod has this port");
        }
        let best = own
            .iter()
            .find(|(_, process)| listens(process))
            .or(own.first());
        match best {
            Some((at, process)) => arrival::at(trail, (*at, process), (number, false), self.otlp),
            None => trail.end(Outcome::Work(at)),
        }
    }
}

/// The end of a way at a Service that selects nothing: with the workload whose labels differ a little, or with the one
/// that is in another namespace.
fn no_pods(
    mut trail: Trail,
    service: &Service<'_>,
    differing: Option<(&Work<'_>, (String, String))>,
    astray: Option<&Work<'_>>,
) -> Route {
    let name = service.full_name();
    if let Some((work, (wanted, own))) = differing {
        trail.step(work.label, format!("{} `{}`", work.kind(), work.name()));
        let carried = if own.is_empty() {
            "do not carry it".to_owned()
        } else {
            format!("carry `{own}`")
        };
        let detail = format!(
            "Service `{name}` selects `{wanted}`, and the pods of {} `{}` {carried}",
            work.kind(),
            work.name()
        );
        return trail.fault("no-pods", detail, own);
    }
    let Some(work) = astray else {
        return trail.unknown(format!(
            "no workload among the files is selected by Service `{name}`"
        ));
    };
    trail.step(work.label, format!("{} `{}`", work.kind(), work.name()));
    let detail = format!(
        "Service `{name}` selects pods of its own namespace only, and those of {} `{}` are in another",
        work.kind(),
        work.name(),
    );
    trail.fault("no-pods", detail, work.name())
}

/// Whether a container declares a port.
fn declares(container: &Node, number: u16) -> bool {
    let ports = container.get("ports").map_or(&[][..], Node::items);
    let number = i64::from(number);
    ports
        .iter()
        .any(|port| port.get("containerPort").and_then(Node::as_int) == Some(number))
}

/// The number of a named port; else the names that there are, if all are known.
fn named_port(work: &Work<'_>, name: &str) -> Result<u16, Option<String>> {
    let ports = || {
        work.running()
            .flat_map(|container| container.get("ports").map_or(&[][..], Node::items))
    };
    if let Some(port) = ports().find(|port| port.str_at(&["name"]) == Some(name)) {
        let number = port.get("containerPort").and_then(Node::as_int);
        return number
            .and_then(|number| u16::try_from(number).ok())
            .ok_or(None);
    }
    let is_open = |node: Option<&Node>| node.and_then(Node::openness).is_some();
    let mut lists = work.running().map(|container| container.get("ports"));
    let has_dark = ports().any(|port| port.is_unknown() || is_open(port.get("name")));
    if has_dark || is_open(work.node.get("containers")) || lists.any(is_open) {
        return Err(None);
    }
    let names: Vec<&str> = ports().filter_map(|port| port.str_at(&["name"])).collect();
    Err(Some(names.join(", ")))
}
