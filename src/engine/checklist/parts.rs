//! The parts of the tracing system that the strategy asks for (phase 1): how each is told, and how much of it there is.

use crate::document::Node;
use crate::picture::{EndKind, Picture};
use crate::repository::SubjectKind;

/// A part of the tracing system.
pub(super) struct Part {
    pub(super) text: &'static str,
    /// What kind of subject it is.
    pub(super) kind: SubjectKind,
    pub(super) is_it: fn(&Node) -> bool,
    /// The role of workloads that are the part in Jaeger v1; empty for none.
    pub(super) role: &'static str,
    /// Rules that say that there is too little of it.
    pub(super) rules: &'static [&'static str],
    /// How much of it there has to be; 0 where that is not counted.
    pub(super) minimum: i64,
    /// How much of it there is; nothing where the files do not tell.
    pub(super) count: fn(&Node) -> Option<i64>,
    /// Whether every trace of the strategy goes through it.
    pub(super) is_on_way: bool,
    /// Whether traces go through one that no file defines.
    pub(super) is_elsewhere: fn(&Picture) -> bool,
}

const GATEWAY_RULES: &[&str] = &["availability/single-gateway"];

const JAEGER_RULES: &[&str] = &[
    "availability/single-gateway",
    "availability/too-few-jaeger-v2-replicas",
    "availability/too-few-jaeger-replicas",
];

/// What a collector or workload has unless it says otherwise.
const COLLECTOR: Part = Part {
    text: "",
    kind: SubjectKind::Collector,
    is_it: |_| false,
    role: "",
    rules: &[],
    minimum: 0,
    count: replicas,
    is_on_way: true,
    is_elsewhere: |_| false,
};

/// The parts, in the order of the strategy.
pub(super) const PARTS: [Part; 7] = [
    Part {
        text: "Collector agent on each node (DaemonSet)",
        is_it: |collector| has_role(collector, "agent"),
        ..COLLECTOR
    },
    Part {
        text: "Collector gateway with at least 3 replicas",
        is_it: |collector| has_role(collector, "gateway") && !is_jaeger(collector),
        rules: GATEWAY_RULES,
        minimum: 3,
        ..COLLECTOR
    },
    Part {
        text: "Kafka cluster with at least 3 brokers",
        kind: SubjectKind::KafkaCluster,
        is_it: |_| true,
        rules: &[
            "availability/too-few-kafka-brokers",
            "availability/too-few-kafka-controllers",
            "availability/kafka-replication-too-low",
        ],
        minimum: 3,
        count: |cluster| cluster.get("brokers")?.as_int(),
        is_elsewhere: |picture| picture.ends.iter().any(|end| end.kind == EndKind::Topic),
        ..COLLECTOR
    },
    Part {
        text: "Jaeger collector with at least 3 replicas",
        is_it: |collector| is_jaeger(collector) && takes(collector, &["otlp", "jaeger", "zipkin"]),
        role: "jaeger-collector",
        rules: JAEGER_RULES,
        minimum: 3,
        is_on_way: false,
        ..COLLECTOR
    },
    Part {
        text: "Jaeger ingester with at least 3 replicas",
        is_it: |collector| is_jaeger(collector) && takes(collector, &["kafka"]),
        role: "jaeger-ingester",
        rules: JAEGER_RULES,
        minimum: 3,
        ..COLLECTOR
    },
    Part {
        text: "Jaeger query with at least 2 replicas",
        is_it: |collector| has_extension(collector, "jaeger_query"),
        role: "jaeger-query",
        rules: JAEGER_RULES,
        minimum: 2,
        is_on_way: false,
        ..COLLECTOR
    },
    Part {
        text: "Elasticsearch cluster with at least 3 nodes",
        kind: SubjectKind::Object,
        is_it: is_elastic,
        rules: &["availability/too-few-elasticsearch-nodes"],
        minimum: 3,
        count: nodes,
        is_elsewhere: |picture| {
            picture
                .hops
                .iter()
                .any(|hop| hop.protocol == "elasticsearch")
        },
        ..COLLECTOR
    },
];

/// How many pods run a collector or workload at least.
fn replicas(own: &Node) -> Option<i64> {
    own.get("replicas")?.as_int()
}

/// How many nodes an Elasticsearch cluster has.
fn nodes(cluster: &Node) -> Option<i64> {
    let sets = cluster.at(&["spec", "nodeSets"])?.items();
    sets.iter().map(|set| set.get("count")?.as_int()).sum()
}

fn has_role(collector: &Node, role: &str) -> bool {
    let takes_traces = takes(collector, &["otlp", "jaeger", "zipkin", "kafka"]);
    collector.str_at(&["role"]) == Some(role) && takes_traces
}

/// Whether a collector is Jaeger: by its image, or by the extensions that only Jaeger has.
fn is_jaeger(collector: &Node) -> bool {
    collector.str_at(&["distribution"]) == Some("jaeger")
        || has_extension(collector, "jaeger_storage")
        || has_extension(collector, "jaeger_query")
}

fn has_extension(collector: &Node, wanted: &str) -> bool {
    let all = collector.get("extensions").map_or(&[][..], Node::items);
    let mut types = all.iter().filter_map(|id| id.as_str()?.split('/').next());
    types.any(|of_type| of_type == wanted)
}

/// Whether a trace pipeline of a collector has a receiver of one of some types.
fn takes(collector: &Node, types: &[&str]) -> bool {
    let pipelines = collector.get("pipelines").map_or(&[][..], Node::items);
    let traces = pipelines.iter();
    let traces = traces.filter(|own| own.str_at(&["signal"]) == Some("traces"));
    let receivers = traces.filter_map(|own| own.get("receiver_types"));
    let mut receivers = receivers.flat_map(Node::items).filter_map(Node::as_str);
    receivers.any(|receiver| types.contains(&receiver))
}

fn is_elastic(object: &Node) -> bool {
    let api = object.str_at(&["apiVersion"]);
    object.str_at(&["kind"]) == Some("Elasticsearch")
        && api.is_some_and(|api| api.starts_with("elasticsearch.k8s.elastic.co/"))
}
