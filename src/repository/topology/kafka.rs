//! Topics: who writes them, who reads them, and what keeps one from the other.

use regex::Regex;

use crate::document::Node;
use crate::picture::{Certainty, End, EndKind, Fault, Hop, Step};
use crate::repository::topology::address::{Address, Host};
use crate::repository::topology::clusters::CLUSTER;
use crate::repository::topology::routes::{self, From};
use crate::repository::topology::senders::Topic;
use crate::repository::topology::slips;
use crate::repository::topology::trail::{Outcome, Route};
use crate::repository::topology::{Arrival, Drawing, Link, Origin, Parts, Written, of_process};
use crate::source::Span;

/// The encodings of traces that need no extension.
/// Source: the pages of the Kafka receiver and exporter.
const ENCODINGS: [&str; 8] = [
    "otlp_proto",
    "otlp_json",
    "jaeger_proto",
    "jaeger_json",
    "zipkin_proto",
    "zipkin_json",
    "zipkin_thrift",
    "raw",
];

/// The topics that something writes.
#[derive(Debug, Default)]
pub(super) struct Topics {
    written: Vec<WrittenTopic>,
}

/// A topic that something writes.
#[derive(Debug)]
struct WrittenTopic {
    cluster: Cluster,
    name: String,
    is_default: bool,
    /// Whether where it is written is not known.
    is_file: bool,
    encoding: Result<String, String>,
    environment: usize,
    place: Span,
    encoding_place: Span,
    /// Index of the end.
    end: usize,
    /// Index of the hop that leads there.
    hop: usize,
    is_read: bool,
}

/// A Kafka cluster, by what its addresses lead to.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cluster {
    name: String,
    /// Whether the files hold it; otherwise the name is its addresses.
    is_known: bool,
}

/// Draws the hop from a writer to its topic.
pub(super) fn write(
    (parts, drawing): (&Parts<'_>, &mut Drawing),
    (from, topic): (From<'_>, &Topic),
    (written, origin): (&Written<'_>, Origin),
    topics: &mut Topics,
) {
    let (cluster, route) = match cluster(parts, from, topic) {
        Ok(found) => found,
        Err(reason) => return drawing.hop(unknown(written, reason), origin, None),
    };
    if let Some(Route {
        outcome: Outcome::Fault(fault),
        certainty,
        reason,
        steps,
        via,
    }) = route
    {
        let hop = Hop {
            via,
            ..written.hop(None, steps, (certainty, reason), Some(fault))
        };
        return drawing.hop(hop, origin, None);
    }
    let name = match &topic.name {
        Ok(name) => name.clone(),
        Err(reason) => return drawing.hop(unknown(written, reason.clone()), origin, None),
    };
    let (steps, via) = route
        .map(|route| (route.steps, route.via))
        .unwrap_or_default();
    let end = drawing.end(End {
        environment: from.environment,
        kind: EndKind::Topic,
        name: format!("{}/{name}", cluster.name),
        place: declared(parts, from.environment, &cluster, &name)
            .map(crate::repository::object_label),
        replicas: None,
    });
    topics.written.push(WrittenTopic {
        encoding: topic.encoding.clone(),
        is_default: topic.is_default,
        is_file: from.is_file,
        environment: from.environment,
        place: topic.place,
        encoding_place: topic.encoding_place,
        end,
        hop: drawing.picture.hops.len(),
        is_read: false,
        cluster,
        name,
    });
    let certainty = (Certainty::Exact, String::new());
    let hop = Hop {
        via,
        ..written.hop(Some(end), steps, certainty, None)
    };
    drawing.hop(hop, origin, Some(Arrival::Topic(end)));
}

fn unknown(written: &Written<'_>, reason: String) -> Hop {
    written.hop(None, Vec::new(), (Certainty::Unknown, reason), None)
}

/// The cluster of a topic, and the route to it where it is inside Kubernetes.
fn cluster(
    parts: &Parts<'_>,
    from: From<'_>,
    topic: &Topic,
) -> Result<(Cluster, Option<Route>), String> {
    let brokers = topic.brokers.as_ref().map_err(Clone::clone)?;
    let mut names: Vec<String> = brokers
        .iter()
        .map(|broker| in_short(broker, from))
        .collect();
    names.sort();
    let by_address = Cluster {
        name: names.join(","),
        is_known: false,
    };
    let all = brokers
        .iter()
        .filter_map(|broker| routes::of_host(parts, from, (broker, topic.is_tls)));
    // One broker that answers is enough to find the others.
    let (broken, mut whole): (Vec<Route>, Vec<Route>) =
        all.partition(|route| matches!(route.outcome, Outcome::Fault(_)));
    let route = if whole.is_empty() {
        broken.into_iter().next()
    } else {
        Some(whole.swap_remove(0))
    };
    let known = route.as_ref().and_then(|route| match &route.outcome {
        Outcome::Named(name, _) => Some(Cluster {
            name: name.clone(),
            is_known: true,
        }),
        Outcome::Work(at) => parts.works.get(*at).map(|work| Cluster {
            name: work.name(),
            is_known: true,
        }),
        Outcome::Process(..) | Outcome::External(_) | Outcome::Fault(_) | Outcome::Unknown => None,
    });
    Ok((known.unwrap_or(by_address), route))
}

/// The address of a broker, in one way of all those in which the name of a Service can be written.
fn in_short(broker: &str, from: From<'_>) -> String {
    let Some(address) = Address::parse(broker) else {
        return broker.to_owned();
    };
    let Host::Service(name, namespace) = address.kind() else {
        return broker.to_owned();
    };
    let port = address
        .port
        .map_or(String::new(), |port| format!(":{port}"));
    match namespace.as_deref().or(from.namespace) {
        Some(namespace) => format!("{name}.{namespace}{port}"),
        None => format!("{name}{port}"),
    }
}

/// The `KafkaTopic` that declares a topic of a cluster.
fn declared<'a>(
    parts: &Parts<'a>,
    environment: usize,
    cluster: &Cluster,
    name: &str,
) -> Option<&'a Node> {
    let mut all = parts.inventory.seen("KafkaTopic", environment);
    let found = all.find(|topic| {
        let of_cluster = topic.root.str_at(&CLUSTER);
        let own = topic.root.str_at(&["spec", "topicName"]).or(topic.name());
        own == Some(name)
            && of_cluster.is_some_and(|own| cluster.name.rsplit('/').next() == Some(own))
    });
    found.map(|topic| topic.root)
}

/// Draws the hops from topics to those who read them, and what is wrong between them.
pub(super) fn readers(parts: &Parts<'_>, topics: &mut Topics, drawing: &mut Drawing) {
    let mut all = Vec::new();
    for (at, process) in parts.processes.iter().enumerate() {
        let from = process.from(at);
        let read = process.flow.iter().flat_map(|flow| &flow.topics);
        for (receiver, topic) in read {
            let (Ok((cluster, _)), Ok(name)) = (cluster(parts, from, topic), &topic.name) else {
                continue;
            };
            all.push(Reader {
                process: at,
                receiver,
                topic,
                cluster,
                name,
                is_fed: false,
            });
        }
    }
    for reader in &mut all {
        read(parts, reader, topics, drawing);
    }
    unread(parts, &all, topics, drawing);
}

/// One that reads a topic.
struct Reader<'p> {
    process: usize,
    receiver: &'p str,
    topic: &'p Topic,
    cluster: Cluster,
    name: &'p str,
    /// Whether something writes the topic.
    is_fed: bool,
}

/// Draws the hops to a reader from the topics that it reads.
fn read(parts: &Parts<'_>, reader: &mut Reader<'_>, topics: &mut Topics, drawing: &mut Drawing) {
    let Some(process) = parts.processes.get(reader.process) else {
        return;
    };
    for written in &mut topics.written {
        if !parts
            .inventory
            .share(process.environment, written.environment)
            || written.cluster != reader.cluster
            || !matches(reader.name, &written.name)
        {
            continue;
        }
        written.is_read = true;
        reader.is_fed = true;
        let to = drawing.end(of_process(process));
        let fault = mismatch(written, reader).filter(|_| !written.is_file && !process.is_file);
        let arrival = Arrival::Process(reader.process, reader.receiver.to_owned());
        let is_drawn = |link: &Link| {
            link.origin == Origin::Topic(written.end) && link.arrival.as_ref() == Some(&arrival)
        };
        if fault.is_none() && drawing.links.iter().any(is_drawn) {
            continue;
        }
        let step = Step {
            place: if fault.is_some() {
                written.encoding_place
            } else {
                written.place
            },
            text: format!("topic `{}` is written here", written.name),
        };
        let hop = Hop {
            from: written.end,
            to: Some(to).filter(|_| fault.is_none()),
            sender: format!("receiver `{}`", reader.receiver),
            address: reader.name.to_owned(),
            protocol: "kafka".to_owned(),
            is_tls: reader.topic.is_tls,
            place: if fault.is_some() {
                reader.topic.encoding_place
            } else {
                reader.topic.place
            },
            certainty: Certainty::Exact,
            reason: String::new(),
            fault,
            steps: vec![step],
            via: Vec::new(),
        };
        let arrival = Some(arrival).filter(|_| hop.fault.is_none());
        drawing.hop(hop, Origin::Topic(written.end), arrival);
    }
}

/// Whether a reader asks for a topic: by its name, or by an expression.
fn matches(asked: &str, name: &str) -> bool {
    if is_expression(asked) {
        Regex::new(asked).is_ok_and(|asked| asked.is_match(name))
    } else {
        asked == name
    }
}

/// Whether a receiver takes the name of a topic for a regular expression.
/// Source: the page of the Kafka receiver, `topics`.
fn is_expression(topic: &str) -> bool {
    topic.starts_with('^')
}

fn mismatch(written: &WrittenTopic, reader: &Reader<'_>) -> Option<Fault> {
    let (Ok(sent), Ok(read)) = (&written.encoding, &reader.topic.encoding) else {
        return None;
    };
    let is_known = |encoding: &String| ENCODINGS.contains(&encoding.as_str());
    (sent != read && is_known(sent) && is_known(read)).then(|| Fault {
        kind: "encoding-mismatch",
        detail: format!(
            "topic `{}` is written as `{sent}` and read as `{read}`",
            written.name
        ),
        nearest: sent.clone(),
    })
}

/// Says of the topics that nobody reads what is wrong with them, where the files tell.
fn unread(parts: &Parts<'_>, readers: &[Reader<'_>], topics: &Topics, drawing: &mut Drawing) {
    for written in topics.written.iter().filter(|written| !written.is_read) {
        let sees = |reader: &&Reader<'_>| {
            let process = parts.processes.get(reader.process);
            process.is_some_and(|process| {
                let is_near = parts
                    .inventory
                    .share(process.environment, written.environment);
                is_near && !process.is_file && !written.is_file
            })
        };
        let idle = readers.iter().filter(|reader| !reader.is_fed);
        let idle: Vec<&Reader<'_>> = idle.filter(sees).collect();
        let Some(hop) = drawing.picture.hops.get_mut(written.hop) else {
            continue;
        };
        let Some((fault, reader)) = elsewhere(parts, written, &idle) else {
            hop.certainty = Certainty::Inferred;
            "nobody among the files reads it".clone_into(&mut hop.reason);
            continue;
        };
        hop.to = None;
        hop.place = written.place;
        hop.fault = Some(fault);
        hop.steps.push(Step {
            place: reader.topic.place,
            text: format!("topic `{}` is read here", reader.name),
        });
        if let Some(link) = drawing.links.get_mut(written.hop) {
            link.arrival = None;
        }
    }
}

/// What keeps a topic from one of the readers that get nothing, and that reader; nothing where somebody else may read it.
fn elsewhere<'r, 'p>(
    parts: &Parts<'_>,
    written: &WrittenTopic,
    idle: &[&'r Reader<'p>],
) -> Option<(Fault, &'r Reader<'p>)> {
    let is_same = |reader: &&&Reader<'_>| {
        reader.name == written.name && reader.cluster.is_known && written.cluster.is_known
    };
    let mirrors = ["KafkaMirrorMaker2", "KafkaMirrorMaker"]
        .map(|kind| parts.inventory.seen(kind, written.environment).count());
    if let Some(reader) = idle.iter().find(is_same)
        && mirrors == [0, 0]
    {
        let fault = Fault {
            kind: "other-cluster",
            detail: format!(
                "topic `{}` is written in cluster `{}` and read in cluster `{}`",
                written.name, written.cluster.name, reader.cluster.name
            ),
            nearest: reader.cluster.name.clone(),
        };
        return Some((fault, reader));
    }
    let on_cluster = || {
        idle.iter()
            .filter(|reader| reader.cluster == written.cluster && !is_expression(reader.name))
    };
    let near = slips::meant(&written.name, on_cluster().map(|reader| reader.name));
    let is_declared =
        |name: &str| declared(parts, written.environment, &written.cluster, name).is_some();
    let mut candidates = on_cluster().filter(|reader| {
        // Who names no topic meant no other one, and of two names, the one that no KafkaTopic declares is wrong.
        Some(reader.name) == near
            || reader.topic.is_default != written.is_default
            || is_declared(reader.name) != is_declared(&written.name)
    });
    let reader = candidates.next()?;
    // Of several that may have been meant, none is told.
    if near.is_none() && candidates.any(|other| other.name != reader.name) {
        return None;
    }
    let fault = Fault {
        kind: "topic-without-reader",
        detail: format!("topic `{}` is written and nobody reads it", written.name),
        nearest: reader.name.to_owned(),
    };
    Some((fault, reader))
}
