//! Hosts of several words that name something inside the cluster without `svc` in its place: pods, and slips.
//!
//! A resolver in a pod adds the search domains of the pod, the first of which are those of its namespace and of `svc`.
//! Source: the specification of DNS-based service discovery of Kubernetes.

use crate::repository::topology::dead_ends;
use crate::repository::topology::routes::{Asked, MAX_ALIASES};
use crate::repository::topology::services::{self, Lookup, Service};
use crate::repository::topology::slips;
use crate::repository::topology::trail::{Route, Trail};

/// The domain of a cluster, unless it was set up otherwise.
const DOMAIN: [&str; 2] = ["cluster", "local"];

impl<'p, 'a> Asked<'p, 'a> {
    /// The ways of a host that only a cluster can resolve, by what the files hold; nothing for any other.
    pub(super) fn by_words(&self, trail: &Trail) -> Option<Vec<Route>> {
        let host = self.address.host.trim_end_matches('.');
        let words: Vec<&str> = host.split('.').collect();
        match words[..] {
            [pod, service] => self.numbered(trail, pod, (service, self.from.namespace?)),
            [pod, service, namespace] => self.numbered(trail, pod, (service, namespace)),
            [name, namespace, "svc", ref domain @ ..]
                if slips::meant(&domain.join("."), [DOMAIN.join(".").as_str()]).is_some() =>
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

    /// A pod by the name that a headless Service gives it.
    fn numbered(
        &self,
        trail: &Trail,
        pod: &str,
        (name, namespace): (&str, &str),
    ) -> Option<Vec<Route>> {
        let (_, number) = pod.rsplit_once('-')?;
        let is_numbered = !number.is_empty() && number.chars().all(|c| c.is_ascii_digit());
        let service = self.stated((name, namespace))?;
        if !is_numbered || !service.is_headless {
            return None;
        }
        Some(self.service(trail.clone(), (name, Some(namespace)), MAX_ALIASES))
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
