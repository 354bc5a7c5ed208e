//! Hosts of several words that name something inside the cluster without `svc` in its place: pods, and slips.
//!
//! A resolver in a pod adds the search domains of the pod, the first of which are those of its namespace and of `svc`.
//! Source: the specification of DNS-based service discovery of Kubernetes.

use crate::document::Node;
use crate::repository::index::Fit;
use crate::repository::topology::dead_ends;
use crate::repository::topology::inventory::Placed;
use crate::repository::topology::routes::{Asked, MAX_ALIASES};
use crate::repository::topology::services::{self, Backend, Lookup, Service};
use crate::repository::topology::slips;
use crate::repository::topology::trail::{Route, Trail};
use crate::repository::topology::works::Work;

/// The domain of a cluster, unless it was set up otherwise.
const DOMAIN: [&str; 2] = ["cluster", "local"];

impl<'p, 'a> Asked<'p, 'a> {
    /// The ways of a host that only a cluster can resolve, by what the files hold; nothing for any other.
    pub(super) fn by_words(&self, trail: &Trail) -> Option<Vec<Route>> {
        let host = self.address.host.trim_end_matches('.');
        let words: Vec<&str> = host.split('.').collect();
        match words[..] {
            [name, "svc"] => self.without_namespace(trail, name),
            [pod, service, namespace] | [pod, service, namespace, "svc", ..] => {
                self.pod_of(trail, pod, (service, namespace))
            }
            // Two words are a Service with its namespace, unless the first is a pod of the sender's own.
            [pod, service]
                if is_numbered(pod) && self.is_headless((service, self.from.namespace?)) =>
            {
                self.pod_of(trail, pod, (service, self.from.namespace?))
            }
            [name, namespace, "svc", ref domain @ ..]
                if domain == &DOMAIN[..1]
                    || slips::meant(&domain.join("."), [DOMAIN.join(".").as_str()]).is_some() =>
            {
                let service = self.stated((name, namespace))?;
                let domain = domain.join(".");
                Some(vec![dead_ends::misspelt_domain(
                    trail.clone(),
                    &domain,
                    service,
                )])
            }
            [name, namespace, one, two] | [name, "svc", namespace, one, two]
                if [one, two] == DOMAIN =>
            {
                let service = self.stated((name, namespace))?;
                Some(vec![dead_ends::misplaced(trail.clone(), host, service)])
            }
            _ => None,
        }
    }

    /// A name with `svc` where the namespace should stand.
    fn without_namespace(&self, trail: &Trail, name: &str) -> Option<Vec<Route>> {
        let parts = self.parts;
        let environment = self.from.environment;
        let is_seen =
            |service: &&Service<'_>| parts.inventory.sees(environment, service.environment);
        let mut named = parts.services.named(name).filter(is_seen);
        let service = named.next().filter(|service| service.namespace.is_some())?;
        if named.next().is_some() || parts.knows_namespace(environment, "svc") {
            return None;
        }
        let host = format!("{name}.svc");
        Some(vec![dead_ends::misplaced(trail.clone(), &host, service)])
    }

    /// A pod by the name that a headless Service gives it, if it gives any.
    fn pod_of(
        &self,
        trail: &Trail,
        pod: &str,
        (name, namespace): (&str, &str),
    ) -> Option<Vec<Route>> {
        let service = self.stated((name, namespace))?;
        let is_open = self.parts.inventory.is_open(self.from.environment);
        let gives_names = self.gives_names(service);
        match gives_names {
            None if !service.is_headless => None,
            Some(false) if !is_open => {
                Some(vec![dead_ends::unnamed_pod(trail.clone(), pod, service)])
            }
            None | Some(_) if is_numbered(pod) => {
                if let Some(count) = self.too_few(pod, service) {
                    let route = dead_ends::without_pod(trail.clone(), (pod, count), service);
                    return Some(vec![route]);
                }
                Some(self.service(trail.clone(), (name, Some(namespace)), MAX_ALIASES))
            }
            None | Some(_) => Some(vec![trail.clone().unknown(format!(
                "`{pod}` may be the host name of a pod behind Service `{}`",
                service.full_name()
            ))]),
        }
    }

    /// Whether pods that a Service selects get names by it; nothing where it selects none of the files.
    fn gives_names(&self, service: &Service<'_>) -> Option<bool> {
        let Backend::Pods(selector) = &service.backend else {
            return None;
        };
        let works = self.parts.works.iter();
        let behind = works.filter(|work| services::fits(service, selector, work) != Fit::No);
        let has_names = |work: &Work<'_>| {
            work.kind() == "StatefulSet" || work.node.at(&["pod", "hostname"]).is_some()
        };
        let behind: Vec<&Work<'_>> = behind.collect();
        let is_any = behind.iter().any(|work| has_names(work));
        (!service.is_headless || !behind.is_empty()).then_some(service.is_headless && is_any)
    }

    /// How many pods a StatefulSet has that has none of this number; nothing where something else may scale it.
    fn too_few(&self, pod: &str, service: &Service<'_>) -> Option<i64> {
        let (name, number) = pod.rsplit_once('-')?;
        let number: i64 = number.parse().ok()?;
        let (inventory, environment) = (&self.parts.inventory, self.from.environment);
        let sets = inventory.seen("StatefulSet", environment);
        let mut sets =
            sets.filter(|set| set.name() == Some(name) && set.namespace() == service.namespace);
        let spec = sets
            .next()
            .filter(|_| sets.next().is_none())?
            .root
            .get("spec")?;
        let scales = |placed: Placed<'_>| {
            placed.root.str_at(&["spec", "scaleTargetRef", "name"]) == Some(name)
        };
        let scalers = ["HorizontalPodAutoscaler", "ScaledObject"];
        let mut scalers = scalers
            .into_iter()
            .flat_map(|kind| inventory.seen(kind, environment));
        if spec.openness().is_some() || spec.get("ordinals").is_some() || scalers.any(scales) {
            return None;
        }
        let count = spec.get("replicas").map_or(Some(1), Node::as_int)?;
        (number >= count).then_some(count)
    }

    fn is_headless(&self, wanted: (&str, &str)) -> bool {
        let service = self.stated(wanted);
        service.is_some_and(|service| service.is_headless)
    }

    /// The only Service of a name that states its namespace.
    fn stated(&self, wanted: (&str, &str)) -> Option<&'p Service<'a>> {
        let parts = self.parts;
        let wanted = (wanted.0, Some(wanted.1));
        let (inventory, environment) = (&parts.inventory, self.from.environment);
        match services::find(inventory, &parts.services, wanted, environment) {
            Lookup::Found(service, true) => Some(service),
            Lookup::Found(_, false)
            | Lookup::Several(_)
            | Lookup::InOther(_)
            | Lookup::Near(_)
            | Lookup::Missing => None,
        }
    }
}

/// Whether a name ends as those of the pods of a StatefulSet do.
fn is_numbered(pod: &str) -> bool {
    let number = pod.rsplit_once('-').map_or("", |(_, number)| number);
    !number.is_empty() && number.chars().all(|c| c.is_ascii_digit())
}
