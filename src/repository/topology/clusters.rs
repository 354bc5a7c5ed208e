//! The Kafka clusters that Strimzi runs: their brokers and controllers counted over all pools, and their topics.
//!
//! Sources: Strimzi's API reference, `Kafka`, `KafkaNodePool` and `KafkaTopic`.

use std::collections::BTreeMap;

use crate::document::{MapBuilder, Node, Value};
use crate::repository::topology::inventory::{Inventory, Placed};
use crate::repository::{Subject, SubjectKind, object_label, untold};

/// What an object says of the cluster that it belongs to.
pub(super) const CLUSTER: [&str; 3] = ["metadata", "labels", "strimzi.io/cluster"];

/// By environment, namespace and name: the object of a cluster, and its pools.
type Clusters<'a> = BTreeMap<(usize, &'a str, &'a str), (Option<Placed<'a>>, Vec<Placed<'a>>)>;

/// The clusters, those of each environment by themselves.
pub(in crate::repository) fn subjects(inventory: &Inventory<'_>) -> Vec<Subject> {
    let mut clusters = Clusters::new();
    for placed in inventory.everywhere("KafkaNodePool") {
        let own = placed.root.str_at(&CLUSTER).or(placed.name());
        if let Some(name) = own {
            let key = (placed.environment, placed.namespace().unwrap_or(""), name);
            clusters.entry(key).or_default().1.push(*placed);
        }
    }
    for placed in inventory.everywhere("Kafka") {
        let api = placed.root.str_at(&["apiVersion"]).unwrap_or("");
        if let Some(name) = placed
            .name()
            .filter(|_| api.starts_with("kafka.strimzi.io/"))
        {
            let key = (placed.environment, placed.namespace().unwrap_or(""), name);
            clusters.entry(key).or_default().0 = Some(*placed);
        }
    }
    let all = clusters.iter();
    all.filter_map(|(key, (kafka, pools))| cluster(inventory, *key, (kafka.as_ref(), pools)))
        .collect()
}

fn cluster(
    inventory: &Inventory<'_>,
    (environment, namespace, name): (usize, &str, &str),
    (kafka, pools): (Option<&Placed<'_>>, &[Placed<'_>]),
) -> Option<Subject> {
    let mut pools: Vec<&Node> = pools.iter().map(|placed| placed.root).collect();
    pools.sort_by_key(|root| root.str_at(&["metadata", "name"]));
    let root = kafka.map(|placed| placed.root).or(pools.first().copied())?;
    let label = object_label(root);
    let of_role = |role: &str| -> Vec<&Node> {
        let mut own = pools.clone();
        own.retain(|pool| has_role(pool, role));
        own
    };
    let (brokers, controllers) = (of_role("broker"), of_role("controller"));
    let alone = controllers.iter().filter(|pool| !has_role(pool, "broker"));
    let alone: Vec<Node> = alone.map(|pool| (*pool).clone()).collect();
    let annotation = ["metadata", "annotations", "strimzi.io/node-pools"];
    let own = kafka.map(|placed| placed.root).filter(|root| {
        let uses_pools = root.at(&annotation);
        uses_pools.is_none_or(|node| node.as_str().is_some_and(|text| text != "enabled"))
    });
    let own = own.and_then(|root| root.at(&["spec", "kafka", "replicas"]));
    let topics = inventory.everywhere("KafkaTopic").iter().filter(|topic| {
        inventory.share(topic.environment, environment)
            && topic.namespace().unwrap_or("") == namespace
            && topic.root.str_at(&CLUSTER) == Some(name)
    });
    let topics = topics.map(|topic| topic.root.clone()).collect();
    let node = MapBuilder::new(root.span)
        .label(label)
        .put("name", Node::string(label, name))
        .put("namespace", Node::string(label, namespace))
        .put_some("brokers", sum(&brokers).or_else(|| own.cloned()))
        .put_some("controllers", sum(&controllers))
        .put(
            "pools",
            Node::list(label, pools.into_iter().cloned().collect()),
        )
        .put("controller_pools", Node::list(label, alone))
        .put("topics", Node::list(label, topics))
        .build();
    Some(Subject::new(
        SubjectKind::KafkaCluster,
        (label.file, label),
        format!("Kafka/{namespace}/{name}"),
        vec![node],
    ))
}

fn has_role(pool: &Node, role: &str) -> bool {
    let roles = pool.at(&["spec", "roles"]).map_or(&[][..], Node::items);
    roles.iter().any(|item| item.as_str() == Some(role))
}

/// The nodes of pools, added up; it stands at the number of the first. Nothing without pools.
fn sum(pools: &[&Node]) -> Option<Node> {
    let counts = pools.iter().map(|pool| pool.at(&["spec", "replicas"]));
    let counts: Vec<Option<&Node>> = counts.collect();
    let place = counts.iter().flatten().next().map(|node| node.span);
    let place = place.unwrap_or(object_label(pools.first()?));
    let mut all = 0_i64;
    for count in counts {
        match count.map(|node| &node.value) {
            Some(Value::Int(count)) => all = all.saturating_add(*count),
            Some(_) | None => return Some(untold(place, "the number of nodes of a pool")),
        }
    }
    Some(Node::new(place, Value::Int(all)))
}
