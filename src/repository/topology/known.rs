//! Services and workloads by what they are looked up by: thousands ask for a few of thousands.

use std::collections::{BTreeMap, BTreeSet};

use crate::repository::topology::services::Service;
use crate::repository::topology::works::Work;

/// The Services of a repository.
pub(super) struct Services<'a> {
    all: Vec<Service<'a>>,
    by_name: BTreeMap<String, Vec<usize>>,
}

impl<'a> Services<'a> {
    pub(super) fn new(all: Vec<Service<'a>>) -> Self {
        let mut by_name: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, service) in all.iter().enumerate() {
            by_name.entry(service.name.clone()).or_default().push(at);
        }
        Self { all, by_name }
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, Service<'a>> {
        self.all.iter()
    }

    pub(super) fn get(&self, at: usize) -> Option<&Service<'a>> {
        self.all.get(at)
    }

    /// Those of a name, in any namespace and environment.
    pub(super) fn named(&self, name: &str) -> impl Iterator<Item = &Service<'a>> {
        let found = self.by_name.get(name).into_iter().flatten();
        found.filter_map(|at| self.all.get(*at))
    }
}

/// Where objects are: the workloads of each namespace, and the environments that know it.
pub(super) struct Namespaces<'a> {
    works: BTreeMap<Option<&'a str>, Vec<usize>>,
    environments: BTreeMap<&'a str, BTreeSet<usize>>,
}

impl<'a> Namespaces<'a> {
    pub(super) fn new(works: &[Work<'a>], services: &Services<'a>) -> Self {
        let mut found = Self {
            works: BTreeMap::new(),
            environments: BTreeMap::new(),
        };
        for (at, work) in works.iter().enumerate() {
            found.works.entry(work.namespace()).or_default().push(at);
        }
        let of_works = works
            .iter()
            .map(|work| (work.namespace(), work.environment));
        let of_services = services
            .iter()
            .map(|service| (service.namespace, service.environment));
        for (namespace, environment) in of_works.chain(of_services) {
            if let Some(namespace) = namespace {
                let environments = found.environments.entry(namespace).or_default();
                environments.insert(environment);
            }
        }
        found
    }

    /// The workloads that may be in a namespace, in their order: where it is not stated, all.
    pub(super) fn works(&self, namespace: Option<&str>) -> Vec<usize> {
        let fits = |own: Option<&str>| own.is_none() || namespace.is_none() || own == namespace;
        let lists = self.works.iter().filter(|(own, _)| fits(**own));
        let mut found: Vec<usize> = lists.flat_map(|(_, works)| works).copied().collect();
        found.sort_unstable();
        found
    }

    /// The environments with an object in a namespace.
    pub(super) fn environments(&self, namespace: &str) -> impl Iterator<Item = usize> {
        let found = self.environments.get(namespace);
        found.into_iter().flatten().copied()
    }
}
