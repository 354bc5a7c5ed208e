//! From a name to the Service that has it, or to the reason why none has.

use std::collections::BTreeSet;

use crate::repository::index::Fit;
use crate::repository::topology::dead_ends;
use crate::repository::topology::nodes::shares_node;
use crate::repository::topology::routes::Asked;
use crate::repository::topology::services::{self, Backend, Lookup, Service};
use crate::repository::topology::slips;
use crate::repository::topology::trail::{Outcome, Route, Trail};
use crate::repository::topology::works::full_name;

/// How many environments a reason names.
const MAX_NAMED: usize = 3;

impl<'a> Asked<'_, 'a> {
    /// The ways to a Service of a name.
    pub(super) fn service(
        &self,
        trail: Trail,
        (name, namespace): (&str, Option<&str>),
        aliases: usize,
    ) -> Vec<Route> {
        let wanted = namespace.or(self.from.namespace);
        let parts = self.parts;
        let found = services::find(
            parts.inventory,
            &parts.services,
            (name, wanted),
            self.from.environment,
        );
        let is_open = parts.inventory.is_open(self.from.environment);
        match found {
            Lookup::Found(service, is_sure) => {
                let mut trail = trail;
                if !is_sure {
                    trail.doubt("a namespace is not stated");
                }
                trail.step(service.place, format!("Service `{}`", service.full_name()));
                if self.asks_the_node() {
                    let detail = "the name server of the node is asked, and knows no Service";
                    return vec![trail.fault("asks-the-node", detail.to_owned(), String::new())];
                }
                self.port(trail, service, aliases)
            }
            Lookup::Several(all) => {
                let mut trail = trail;
                for service in &all {
                    trail.step(service.place, format!("Service `{}`", service.full_name()));
                }
                trail.doubt(format!("several Services are called `{name}`"));
                vec![self.whichever(trail, &all, aliases)]
            }
            Lookup::InOther(_) | Lookup::Near(_) if is_open => {
                vec![trail.unknown("templates may make the Service")]
            }
            Lookup::InOther(service) if namespace.is_none() && wanted.is_some() => {
                vec![dead_ends::in_other_namespace(
                    trail,
                    (name, wanted),
                    service,
                )]
            }
            Lookup::InOther(service) if !self.is_meant_elsewhere(service, wanted) => {
                let (here, there) = (wanted.unwrap_or(""), service.full_name());
                vec![trail.unknown(format!(
                    "nothing of namespace `{here}` is among the files; there is Service `{there}`"
                ))]
            }
            Lookup::InOther(service) | Lookup::Near(service) => {
                vec![dead_ends::missing(trail, (name, wanted), service)]
            }
            Lookup::Missing => vec![self.renamed(trail, (name, wanted))],
        }
    }

    /// Whether the pod that asks uses the network of its node, and the node's name server with it.
    /// Source: the Kubernetes documentation, "Pod's DNS Policy".
    fn asks_the_node(&self) -> bool {
        let work = self.from.work.and_then(|work| self.parts.works.get(work));
        let pod = work.and_then(|work| work.node.get("pod"));
        pod.is_some_and(|pod| {
            let policy = pod.get("dnsPolicy").filter(|policy| !policy.is_null());
            shares_node(pod)
                && policy.is_none_or(|policy| {
                    matches!(policy.as_str(), Some("ClusterFirst" | "Default"))
                })
        })
    }

    /// The way through any of several Services, where all of them come to the same.
    fn whichever(&self, trail: Trail, all: &[&Service<'a>], aliases: usize) -> Route {
        let routes = all
            .iter()
            .flat_map(|service| self.port(trail.clone(), service, aliases));
        let mut arriving = routes.filter_map(|route| match route.outcome {
            Outcome::Process(at, _) => Some((at, route)),
            Outcome::Work(_)
            | Outcome::Named(..)
            | Outcome::External(_)
            | Outcome::Fault(_)
            | Outcome::Unknown => None,
        });
        match arriving.next() {
            Some((at, route)) if arriving.all(|(other, _)| other == at) => route,
            _ => trail.unknown("several Services of the name lead to different ends, or nowhere"),
        }
    }

    /// Whether a Service in another namespace is surely the one that was meant: the files hold the namespace that was
    /// asked for, so it would be there, or the namespace is misspelt.
    fn is_meant_elsewhere(&self, service: &Service<'_>, wanted: Option<&str>) -> bool {
        let Some(wanted) = wanted else { return true };
        self.parts.knows_namespace(self.from.environment, wanted)
            || slips::meant(wanted, service.namespace).is_some()
    }

    /// Why a Service is not found: it is in no environment, or in some that are not seen from here.
    fn unseen(&self, (name, namespace): (&str, Option<&str>)) -> String {
        let parts = self.parts;
        let named = parts.services.named(name);
        let same = named.filter(|service| service.namespace == namespace);
        let environments = same.map(|service| service.environment);
        let environments: BTreeSet<usize> = environments.collect();
        let names = environments
            .iter()
            .filter_map(|at| parts.inventory.names().get(*at));
        let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
        match names.len() {
            0 => format!("Service `{name}` is not among the files"),
            1..=MAX_NAMED => format!(
                "Service `{name}` is in another environment: {}",
                names.join(", ")
            ),
            count => format!("Service `{name}` is in {count} other environments"),
        }
    }

    /// The Service that the operator makes for a collector of a name: it has more behind that name.
    fn of_resource(&self, (name, namespace): (&str, Option<&str>)) -> Option<&Service<'a>> {
        let parts = self.parts;
        let sees = |environment| parts.inventory.sees(self.from.environment, environment);
        let is_it = |at: usize| {
            let process = parts.processes.get(at);
            process.is_some_and(|process| {
                process.resource.is_some() && process.name == full_name(namespace, name)
            })
        };
        let mut services = parts
            .services
            .iter()
            .filter(|service| sees(service.environment));
        services.find(|service| {
            !service.is_headless && matches!(service.backend, Backend::Process(at) if is_it(at))
        })
    }

    /// A Service that does not exist: it has another name where a workload of the name that was asked for has one.
    fn renamed(&self, mut trail: Trail, (name, namespace): (&str, Option<&str>)) -> Route {
        let parts = self.parts;
        let sees = |environment| parts.inventory.sees(self.from.environment, environment);
        let mut built = parts.services.iter();
        if let Some(service) = built.find(|service| {
            service.written == Some(name)
                && service.namespace == namespace
                && sees(service.environment)
        }) {
            return dead_ends::built(trail, name, service);
        }
        let named = parts.processes.iter().find(|process| {
            process.namespace == namespace
                && sees(process.environment)
                && process.name == full_name(namespace, name)
        });
        let is_open = parts.inventory.is_open(self.from.environment);
        if let Some(service) = self.of_resource((name, namespace)).filter(|_| !is_open) {
            return dead_ends::missing(trail, (name, namespace), service);
        }
        let work = named.and_then(|process| parts.works.get(process.work?));
        let Some(work) = work.filter(|_| !is_open) else {
            return trail.unknown(self.unseen((name, namespace)));
        };
        let selecting = parts
            .services
            .iter()
            .find(|service| match &service.backend {
                Backend::Pods(selector) => {
                    sees(service.environment) && services::fits(service, selector, work) == Fit::Yes
                }
                Backend::Process(_)
                | Backend::Kafka(_)
                | Backend::Store(_)
                | Backend::Alias(_)
                | Backend::Elsewhere(_) => false,
            });
        let place = namespace.map_or(String::new(), |namespace| {
            format!(" in namespace `{namespace}`")
        });
        trail.step(work.label, format!("{} `{}`", work.kind(), work.name()));
        if let Some(service) = selecting {
            trail.step(service.place, format!("Service `{}`", service.full_name()));
        }
        let nearest = selecting.map_or(String::new(), Service::full_name);
        trail.fault(
            "no-service",
            format!("there is no Service `{name}`{place}"),
            nearest,
        )
    }
}
