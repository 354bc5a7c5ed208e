//! The `ConfigMaps` that the pod of a collector names beside its configuration: in variables and in volumes.
//!
//! That one is not among the files means nothing. It is a mistake where another one has almost that name and nobody else
//! names that, or where it is there without the key.

use crate::document::Node;
use crate::picture::Fault;
use crate::repository::topology::configurations::{named, without_key};
use crate::repository::topology::inventory::{Inventory, Placed};
use crate::repository::topology::slips;
use crate::repository::topology::works::{Owner, Work};
use crate::source::Span;

/// Something that names a ConfigMap.
struct Reference<'a> {
    name: &'a Node,
    /// The key that must be there.
    key: Option<&'a Node>,
    /// What does not come without it.
    words: &'static str,
}

/// What is wrong with a reference.
#[derive(Debug)]
pub(super) struct Dangling {
    pub(super) fault: Fault,
    pub(super) place: Span,
    /// What does not come without it.
    pub(super) words: &'static str,
}

impl Dangling {
    /// A configuration that is not there.
    pub(super) fn configuration((fault, place): (Fault, Span)) -> Self {
        Self {
            fault,
            place,
            words: "its configuration",
        }
    }
}

/// What is wrong with the references of a pod: its volumes, and the variables of one container.
pub(super) fn dangling<'a>(
    (inventory, works): (&Inventory<'a>, &[Work<'a>]),
    owner: Owner<'a>,
    (pod, container): (&'a Node, &'a Node),
) -> Vec<Dangling> {
    if inventory.has_generators || inventory.is_open(owner.environment) {
        return Vec::new();
    }
    let mut all = Vec::new();
    of_volumes(pod, &mut all);
    of_variables(container, &mut all);
    let mut found: Vec<Dangling> = Vec::new();
    for reference in &all {
        let fault = match named(inventory, owner, reference.name)[..] {
            [] => misnamed((inventory, works), owner, reference.name)
                .map(|fault| (fault, reference.name.span)),
            [map] => keyless(map, owner, reference.key),
            _ => None,
        };
        if let Some((fault, place)) = fault
            && found.iter().all(|known| known.fault != fault)
        {
            found.push(Dangling {
                fault,
                place,
                words: reference.words,
            });
        }
    }
    found
}

fn is_optional(node: &Node) -> bool {
    // What may be so is not known to be wrong.
    node.get("optional")
        .is_some_and(|optional| optional.as_bool() != Some(false))
}

fn of_volumes<'a>(pod: &'a Node, all: &mut Vec<Reference<'a>>) {
    for volume in pod.get("volumes").map_or(&[][..], Node::items) {
        let projected = volume.at(&["projected", "sources"]);
        let projected = projected.map_or(&[][..], Node::items).iter();
        let projected = projected.filter_map(|source| source.get("configMap"));
        let sources = volume.get("configMap").into_iter().chain(projected);
        for source in sources.filter(|source| !is_optional(source)) {
            let Some(name) = source.get("name") else {
                continue;
            };
            let items = source.get("items").map_or(&[][..], Node::items);
            let keys = items.iter().filter_map(|item| item.get("key")).map(Some);
            let keys: Vec<Option<&Node>> = keys.collect();
            let keys = if keys.is_empty() { vec![None] } else { keys };
            all.extend(keys.into_iter().map(|key| Reference {
                name,
                key,
                words: "its files",
            }));
        }
    }
}

fn of_variables<'a>(container: &'a Node, all: &mut Vec<Reference<'a>>) {
    let sources = container.get("envFrom").map_or(&[][..], Node::items);
    let sources = sources
        .iter()
        .filter_map(|source| source.get("configMapRef"));
    let variables = container.get("env").map_or(&[][..], Node::items).iter();
    let keys = variables.filter_map(|entry| entry.at(&["valueFrom", "configMapKeyRef"]));
    for source in sources.chain(keys).filter(|source| !is_optional(source)) {
        if let Some(name) = source.get("name") {
            all.push(Reference {
                name,
                key: source.get("key"),
                words: "its variables",
            });
        }
    }
}

/// What is wrong with a key that a ConfigMap does not have.
fn keyless(map: Placed<'_>, owner: Owner<'_>, key: Option<&Node>) -> Option<(Fault, Span)> {
    let key = key?;
    let is_filled = |part: &str| {
        let entries = map.root.at(&["metadata", part]);
        let mut entries = entries.map_or(&[][..], Node::entries).iter();
        // Certificates are put into such a map when it is there.
        entries.any(|entry| entry.key.contains("inject"))
    };
    let is_empty = map.root.get("data")?.entries().is_empty();
    if is_empty
        || is_filled("labels")
        || is_filled("annotations")
        || !(map.is_made || map.namespace() == owner.namespace)
    {
        return None;
    }
    Some((without_key(map.root, key.as_str()?)?, key.span))
}

/// What is wrong with the name of a ConfigMap that does not exist, where one with almost that name is named by nobody.
fn misnamed(
    (inventory, works): (&Inventory<'_>, &[Work<'_>]),
    owner: Owner<'_>,
    name: &Node,
) -> Option<Fault> {
    let wanted = name.as_str()?;
    let here = inventory.seen("ConfigMap", owner.environment);
    let here = here.filter(|map| map.namespace() == owner.namespace);
    let near = slips::meant(wanted, here.filter_map(|map| map.name()))?;
    let mut others = works
        .iter()
        .filter(|work| inventory.share(work.environment, owner.environment));
    let is_taken = others.any(|work| {
        let pod = work.node.get("pod");
        pod.is_some_and(|pod| names(pod, near))
    });
    (!is_taken).then(|| Fault {
        kind: "config-map-missing",
        detail: format!("there is no ConfigMap `{wanted}`"),
        nearest: near.to_owned(),
    })
}

/// Whether a pod names a ConfigMap.
fn names(pod: &Node, wanted: &str) -> bool {
    let mut all = Vec::new();
    of_volumes(pod, &mut all);
    let lists = ["containers", "initContainers"];
    let containers = lists.iter().filter_map(|list| pod.get(list));
    for container in containers.flat_map(Node::items) {
        of_variables(container, &mut all);
    }
    all.iter()
        .any(|reference| reference.name.as_str() == Some(wanted))
}
