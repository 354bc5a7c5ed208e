//! What runs on each node of a cluster, and which ports are open there.

use std::ops::RangeInclusive;

use crate::document::Node;
use crate::repository::topology::Parts;
use crate::repository::topology::arrival;
use crate::repository::topology::processes::Process;
use crate::repository::topology::routes::{Asked, From};
use crate::repository::topology::services::{NodePort, Port, Service};
use crate::repository::topology::trail::{Route, Trail, numbers};

/// The ports that Services are given on the nodes, unless the cluster was set up otherwise.
/// Source: the documentation of Services, "type: `NodePort`".
pub(super) const NODE_PORTS: RangeInclusive<u16> = 30000..=32767;

impl Parts<'_> {
    /// Whether a process runs once on each node.
    pub(super) fn runs_on_nodes(&self, process: &Process<'_>) -> bool {
        let by_resource = process
            .resource
            .and_then(|root| root.str_at(&["spec", "mode"]));
        let work = process.work.and_then(|at| self.works.get(at));
        by_resource == Some("daemonset") || work.is_some_and(|work| work.kind() == "DaemonSet")
    }

    /// Whether a process has the network of its node for its own.
    fn shares_node(&self, process: &Process<'_>) -> bool {
        let work = process.work.and_then(|at| self.works.get(at));
        let pod = work.and_then(|work| work.node.get("pod"));
        let spec = process.resource.and_then(|root| root.get("spec"));
        [pod, spec].into_iter().flatten().any(shares_node)
    }

    /// The ports that a process opens on its node, as they are on the node and in the pod.
    fn opened(&self, process: &Process<'_>) -> Vec<(u16, u16)> {
        let spec = process.resource.and_then(|root| root.get("spec"));
        if self.shares_node(process) {
            let listeners = process.flow.iter().flat_map(|flow| &flow.listeners);
            return listeners
                .filter_map(|listener| Some((listener.port?, listener.port?)))
                .collect();
        }
        let number = |port: &Node, key: &str| {
            port.get(key)
                .and_then(Node::as_int)
                .and_then(|n| u16::try_from(n).ok())
        };
        let ports = process
            .container
            .and_then(|container| container.get("ports"));
        let ports = ports
            .or_else(|| spec.and_then(|spec| spec.get("ports")))
            .map_or(&[][..], Node::items);
        let is_reached = |port: &&Node| {
            let host = port.str_at(&["hostIP"]);
            let is_own = host.is_some_and(|host| host.starts_with("127.") || host == "::1");
            port.str_at(&["protocol"]) != Some("UDP") && !is_own
        };
        let opened = ports.iter().filter(is_reached).filter_map(|port| {
            let inside = number(port, "containerPort").or_else(|| number(port, "port"))?;
            Some((number(port, "hostPort")?, inside))
        });
        opened.collect()
    }

    /// The port of the pod behind a port that a process opens on its node.
    fn node_port(&self, process: &Process<'_>, port: u16) -> Option<u16> {
        let mut opened = self.opened(process).into_iter();
        opened
            .find(|(outside, _)| *outside == port)
            .map(|(_, inside)| inside)
    }

    /// The ports that a process opens on its node.
    fn node_ports(&self, process: &Process<'_>) -> Vec<u16> {
        self.opened(process)
            .into_iter()
            .map(|(outside, _)| outside)
            .collect()
    }
}

/// Whether a pod, or what the operator makes one of, asks for the network of its node.
pub(super) fn shares_node(pod: &Node) -> bool {
    pod.get("hostNetwork").and_then(Node::as_bool) == Some(true)
}

impl<'p, 'a> Asked<'p, 'a> {
    /// The only process that loopback leads to from a pod on the network of its node: one that runs there, too.
    pub(super) fn on_own_node(&self, port: u16) -> Option<(usize, &'p Process<'a>)> {
        let parts = self.parts;
        let pod = parts.works.get(self.from.work?)?.node.get("pod")?;
        let processes = parts.processes.iter().enumerate();
        let mut opened = processes.filter(|(at, process)| {
            Some(*at) != self.from.process
                && parts
                    .inventory
                    .sees(self.from.environment, process.environment)
                && parts.runs_on_nodes(process)
                && parts.shares_node(process)
                && parts.node_port(process, port).is_some()
        });
        let only = opened.next().filter(|_| opened.next().is_none());
        only.filter(|_| shares_node(pod))
    }

    /// A process that opens the port on the node.
    pub(super) fn on_node(&self, trail: Trail) -> Vec<Route> {
        let Some(port) = self.address.port else {
            return vec![trail.unknown("the address names no port")];
        };
        let processes = self.parts.processes.iter().enumerate();
        let on_nodes = processes.filter(|(_, process)| {
            self.parts
                .inventory
                .sees(self.from.environment, process.environment)
                && self.parts.runs_on_nodes(process)
        });
        let on_nodes: Vec<(usize, &Process<'_>)> = on_nodes.collect();
        let opened = on_nodes.iter().filter_map(|(at, process)| {
            Some((*at, *process, self.parts.node_port(process, port)?))
        });
        let opened: Vec<_> = opened.collect();
        let (at, process, inside) = match opened[..] {
            [one] => one,
            [] => {
                return self
                    .by_node_port(&trail, port)
                    .unwrap_or_else(|| vec![self.closed_node(trail, &on_nodes, port)]);
            }
            _ => return vec![trail.unknown("several DaemonSets open this port on the node")],
        };
        let mut trail = trail;
        trail.step(
            process.place,
            format!("`{}` opens port {port} on each node", process.name),
        );
        vec![arrival::at(
            trail,
            (at, process),
            (inside, false),
            self.otlp,
        )]
    }

    /// What a Service opens on every node; nothing where none may have the port.
    fn by_node_port(&self, trail: &Trail, port: u16) -> Option<Vec<Route>> {
        match self.on_port_of_nodes(port)[..] {
            [] => {
                let mut ports = self.seen_services().flat_map(|service| &service.ports);
                let may_be =
                    NODE_PORTS.contains(&port) && ports.any(|port| port.node == NodePort::Any);
                let reason = "a Service may have been given this port of the nodes";
                may_be.then(|| vec![trail.clone().unknown(reason)])
            }
            [found] => Some(self.at_port_of_nodes(trail.clone(), found)),
            _ => {
                let reason = "several Services open this port on the nodes";
                Some(vec![trail.clone().unknown(reason)])
            }
        }
    }

    fn seen_services(&self) -> impl Iterator<Item = &'p Service<'a>> {
        let (parts, from) = (self.parts, self.from.environment);
        let all = parts.services.iter();
        all.filter(move |service| parts.inventory.sees(from, service.environment))
    }

    /// The Services that open a port on every node.
    pub(super) fn on_port_of_nodes(&self, port: u16) -> Vec<(&'p Service<'a>, &'p Port)> {
        let opened = self.seen_services().filter_map(|service| {
            let mut ports = service.ports.iter();
            Some((
                service,
                ports.find(|own| own.node == NodePort::Number(port))?,
            ))
        });
        opened.collect()
    }

    /// Goes on to a Service by the port that it has on every node.
    pub(super) fn at_port_of_nodes(
        &self,
        mut trail: Trail,
        (service, port): (&'p Service<'a>, &'p Port),
    ) -> Vec<Route> {
        trail.pass(
            port.node_place,
            format!("Service `{}` on every node", service.full_name()),
        );
        let from = From {
            work: None,
            ..self.from
        };
        Asked { from, ..*self }.backend(trail, service, port)
    }

    fn closed_node(
        &self,
        mut trail: Trail,
        on_nodes: &[(usize, &Process<'_>)],
        port: u16,
    ) -> Route {
        let [(_, process)] = on_nodes else {
            return trail.unknown("no DaemonSet among the files opens this port on the node");
        };
        let open = self.parts.node_ports(process);
        trail.step(
            process.place,
            format!("`{}` runs on the nodes", process.name),
        );
        trail.fault(
            "node-port-closed",
            format!("`{}` does not open port {port} on the node", process.name),
            numbers(open),
        )
    }
}
