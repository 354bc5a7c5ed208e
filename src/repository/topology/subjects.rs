//! Hops and paths as rules see them.

use std::collections::BTreeMap;

use crate::document::{MapBuilder, Node, Value};
use crate::picture::{Certainty, End, Fault, Hop, Path, Picture, Step};
use crate::repository::collectors::{present_spelling, type_of};
use crate::repository::topology::entrances::{Backend, Entrance, Leads};
use crate::repository::topology::gateways::{self, Refused};
use crate::repository::topology::inventory::Inventory;
use crate::repository::topology::past::Scrubbed;
use crate::repository::topology::senders::Sender;
use crate::repository::topology::trail::{Outcome, Route};
use crate::repository::topology::{Arrival, Drawing, Link, Origin, Parts};
use crate::repository::topology::{doubled, entering};
use crate::repository::{Subject, SubjectKind, texts};
use crate::source::Span;

/// The subjects of a picture.
pub(super) fn all(parts: &Parts<'_>, drawing: &Drawing) -> Vec<Subject> {
    let picture = &drawing.picture;
    let nodes = picture.hops.iter().zip(&drawing.links);
    let nodes: Vec<Node> = nodes
        .map(|(hop, link)| hop_node(parts, picture, (hop, link)))
        .collect();
    let hops = picture.hops.iter().zip(&nodes);
    let hops = hops.map(|(hop, node)| hop_subject(picture, hop, node));
    let scrubbed = Scrubbed::of(picture);
    let paths = picture
        .paths
        .iter()
        .enumerate()
        .filter_map(|path| path_subject((parts, drawing), path, (&nodes, &scrubbed)));
    let entrances = entrances(parts);
    let refused = refused(parts.inventory);
    hops.chain(paths).chain(entrances).chain(refused).collect()
}

/// The faults that an entrance has whoever sends there.
const OF_ENTRANCES: [&str; 4] = [
    "ingress-mismatch",
    "no-service",
    "port-not-served",
    "wrong-namespace",
];

/// The ways into the clusters behind which a collector stands, each where it names its Service.
fn entrances(parts: &Parts<'_>) -> Vec<Subject> {
    let mut found: BTreeMap<Span, Subject> = BTreeMap::new();
    for entrance in &parts.entrances {
        let Leads::To(backend) = &entrance.leads else {
            continue;
        };
        // One Service may stand behind several hosts.
        if found.contains_key(&backend.place) {
            continue;
        }
        let routes = entering::from(parts, entrance);
        let is_about = |route: &&Route| match &route.outcome {
            Outcome::Process(..) => true,
            Outcome::Fault(fault) => OF_ENTRANCES.contains(&fault.kind),
            Outcome::Work(_) | Outcome::Named(..) | Outcome::External(_) | Outcome::Unknown => {
                false
            }
        };
        if let Some(route) = routes.iter().find(is_about) {
            let subject = entrance_subject(parts, (entrance, backend), route);
            found.insert(backend.place, subject);
        }
    }
    found.into_values().collect()
}

/// The routes of which a Gateway takes nothing, whatever stands behind them.
pub(super) fn refused(inventory: &Inventory<'_>) -> Vec<Subject> {
    let refused = gateways::refused(inventory).into_iter();
    refused.map(refused_subject).collect()
}

/// A route of which a Gateway takes nothing, where it names that.
fn refused_subject(refused: Refused<'_>) -> Subject {
    let Refused {
        kind,
        name,
        host,
        backends,
        refusal,
    } = refused;
    let at = refusal.place;
    let fault = Fault {
        kind: "route-refused",
        detail: refusal.detail,
        nearest: String::new(),
    };
    let mut node = entrance_node(at, (kind, &name), Some(&fault));
    node.put("host", Node::string(at, host))
        .put("to", Node::string(at, ""))
        .put(
            "backends",
            Node::list(at, backends.into_iter().cloned().collect()),
        )
        .put("steps", steps(at, refusal.steps.iter()));
    entrance_of((kind, &name), at, node.build())
}

/// What every entrance has.
fn entrance_node(at: Span, (kind, name): (&str, &str), fault: Option<&Fault>) -> MapBuilder {
    let text = |text: &str| Node::string(at, text);
    let part = |part: fn(&Fault) -> &str| text(fault.map_or("", part));
    let mut node = MapBuilder::new(at);
    node.label(at)
        .put("kind", text(kind))
        .put("name", text(name))
        .put("fault", part(|fault| fault.kind))
        .put("detail", part(|fault| &fault.detail))
        .put("nearest", part(|fault| &fault.nearest));
    node
}

fn entrance_of((kind, name): (&str, &str), at: Span, node: Node) -> Subject {
    Subject::new(
        SubjectKind::Entrance,
        (at.file, at),
        format!("{kind}/{name}"),
        vec![node],
    )
}

fn entrance_subject(
    parts: &Parts<'_>,
    (entrance, backend): (&Entrance<'_>, &Backend<'_>),
    route: &Route,
) -> Subject {
    let at = backend.place;
    let (to, fault) = match &route.outcome {
        Outcome::Process(to, _) => (parts.processes.get(*to), None),
        Outcome::Fault(fault) => (None, Some(fault)),
        Outcome::Work(_) | Outcome::Named(..) | Outcome::External(_) | Outcome::Unknown => {
            (None, None)
        }
    };
    let name = (entrance.kind, entrance.name.as_str());
    let mut node = entrance_node(at, name, fault);
    node.put("host", Node::string(entrance.place, entrance.host.text))
        .put(
            "to",
            Node::string(at, to.map_or("", |process| &process.name)),
        )
        .put("backends", Node::list(at, vec![backend.name.clone()]))
        .put("steps", steps(at, route.steps.iter()));
    entrance_of(name, at, node.build())
}

fn hop_subject(picture: &Picture, hop: &Hop, node: &Node) -> Subject {
    let from = end_object(picture, Some(hop.from));
    Subject::new(
        SubjectKind::Hop,
        (hop.place.file, hop.place),
        format!("{from}/{}", hop.sender),
        vec![node.clone()],
    )
}

/// The logical name of an end.
fn end_object(picture: &Picture, end: Option<usize>) -> String {
    let end = end.and_then(|at| picture.ends.get(at));
    end.map_or_else(String::new, |end| {
        format!("{}/{}", end.kind.name(), end.name)
    })
}

fn hop_node(parts: &Parts<'_>, picture: &Picture, (hop, link): (&Hop, &Link)) -> Node {
    let at = hop.place;
    let text = |text: &str| Node::string(at, text);
    let kind = |end: Option<usize>| {
        let end = end.and_then(|at| picture.ends.get(at));
        text(end.map_or("", |end| end.kind.name()))
    };
    let name = |end: Option<usize>| {
        let end = end.and_then(|at| picture.ends.get(at));
        text(end.map_or("", |end| &end.name))
    };
    let fault = hop.fault.as_ref();
    let part = |part: fn(&Fault) -> &str| text(fault.map_or("", part));
    let mut node = MapBuilder::new(at);
    node.label(at)
        .put("from", name(Some(hop.from)))
        .put("from_kind", kind(Some(hop.from)))
        .put("to", name(hop.to))
        .put("to_kind", kind(hop.to))
        .put("sender", text(&hop.sender))
        .put("address", text(&hop.address))
        .put("protocol", text(&hop.protocol))
        .put("certainty", text(hop.certainty.name()))
        .put("reason", text(&hop.reason))
        .put("fault", part(|fault| fault.kind))
        .put("detail", part(|fault| &fault.detail))
        .put("nearest", part(|fault| &fault.nearest))
        .put("steps", steps(at, hop.steps.iter()))
        .put("via", steps(at, hop.via.iter()))
        .put(
            "is_exact",
            Node::bool(at, hop.certainty == Certainty::Exact),
        );
    let sender = sender(parts, link);
    let of_type = match link.origin {
        Origin::Process(..) => sender.map_or("", |sender| {
            present_spelling("exporter", type_of(&sender.id))
        }),
        Origin::Client(_) | Origin::Topic(_) | Origin::Store => "",
    };
    let end = hop.to.and_then(|to| picture.ends.get(to));
    let replicas = end
        .and_then(|end| end.replicas)
        .map(|count| Node::new(at, Value::Int(count)));
    node.put_some("from_pod", pod(parts, link).cloned())
        .put("sender_type", text(of_type))
        .put_some("to_replicas", replicas)
        .put("to_processors", texts(at, processors(parts, link)))
        .put("to_runs_on", text(runs_on(parts, link)));
    node.build()
}

/// What sends over a hop.
fn sender<'p>(parts: &'p Parts<'_>, link: &Link) -> Option<&'p Sender> {
    match link.origin {
        Origin::Client(at) => parts.clients.get(at)?.sender.as_ref(),
        Origin::Process(at, number) => parts.flow(at)?.senders.get(number),
        Origin::Topic(_) | Origin::Store => None,
    }
}

/// The pod that sends over a hop: its `spec`, or that of what the operator makes it of.
fn pod<'p>(parts: &'p Parts<'_>, link: &Link) -> Option<&'p Node> {
    let of_work = |at: usize| parts.works.get(at)?.node.get("pod");
    match link.origin {
        Origin::Client(at) => of_work(parts.clients.get(at)?.work),
        Origin::Process(at, _) => {
            let process = parts.processes.get(at)?;
            let of_resource = || process.resource?.get("spec");
            process.work.and_then(of_work).or_else(of_resource)
        }
        Origin::Topic(_) | Origin::Store => None,
    }
}

/// The types of the processors that spans pass after a hop, each once.
fn processors(parts: &Parts<'_>, link: &Link) -> Vec<(Span, String)> {
    let Some(Arrival::Process(at, receiver)) = &link.arrival else {
        return Vec::new();
    };
    let flow = parts.flow(*at);
    let ways = flow.map(|flow| flow.ways(receiver)).unwrap_or_default();
    let ways = ways.iter().filter_map(|(_, way)| way.as_ref());
    let mut found: Vec<(Span, String)> = Vec::new();
    for processor in ways.flat_map(|way| &way.processors) {
        let of_type = present_spelling("processor", type_of(&processor.id));
        if found.iter().all(|(_, known)| known != of_type) {
            found.push((processor.place, of_type.to_owned()));
        }
    }
    found
}

/// Where the collector runs that a hop leads to.
fn runs_on(parts: &Parts<'_>, link: &Link) -> &'static str {
    let Some(Arrival::Process(at, _)) = &link.arrival else {
        return "";
    };
    let Some(process) = parts.processes.get(*at) else {
        return "";
    };
    let own = match link.origin {
        Origin::Client(client) => parts.clients.get(client).map(|client| client.work),
        Origin::Process(from, _) => parts.processes.get(from).and_then(|from| from.work),
        Origin::Topic(_) | Origin::Store => None,
    };
    if own.is_some_and(|own| process.is_in(own)) {
        "pod"
    } else if parts.runs_on_nodes(process) {
        "node"
    } else {
        "cluster"
    }
}

fn steps<'s>(at: Span, steps: impl Iterator<Item = &'s Step>) -> Node {
    texts(at, steps.map(|step| (step.place, step.text.clone())))
}

/// The name that the service of a path gives itself, and the other workloads that take the same.
fn names<'p>(parts: &'p Parts<'_>, link: &Link) -> Option<(&'p Node, Vec<(Span, String)>)> {
    let Origin::Client(at) = link.origin else {
        return None;
    };
    let client = parts.clients.get(at)?;
    let own = client.service_name.as_ref()?;
    let environment = parts.works.get(client.work)?.environment;
    let others = parts.clients.iter().filter_map(|other| {
        let is_near = parts
            .works
            .get(other.work)
            .is_some_and(|work| work.environment == environment);
        let name = other.service_name.as_ref()?;
        let is_same = name.as_str() == own.as_str() && other.work != client.work && is_near;
        is_same.then(|| (name.span, other.name.clone()))
    });
    Some((own, others.collect()))
}

/// What a path has to do with others: of the same service, of its namesakes, and of the collectors on the nodes.
fn put_neighbours(
    node: &mut MapBuilder,
    (parts, drawing): (&Parts<'_>, &Drawing),
    (path, service): (&Path, &End),
    at: Span,
) {
    let link = path.hops.first().and_then(|at| drawing.links.get(*at));
    let (name, namesakes) = link.and_then(|link| names(parts, link)).unzip();
    let mut processes = parts.processes.iter();
    let has_node_agent = processes
        .any(|process| process.environment == service.environment && parts.runs_on_nodes(process));
    node.put("has_node_agent", Node::bool(at, has_node_agent))
        .put_some("service_name", name.cloned())
        .put("namesakes", texts(at, namesakes.unwrap_or_default()));
}

fn path_subject(
    (parts, drawing): (&Parts<'_>, &Drawing),
    (number, path): (usize, &Path),
    (nodes, scrubbed): (&[Node], &Scrubbed<'_>),
) -> Option<Subject> {
    let picture = &drawing.picture;
    let hops: Vec<&Hop> = path
        .hops
        .iter()
        .filter_map(|at| picture.hops.get(*at))
        .collect();
    let first = hops.first()?;
    let of_path = || path.hops.iter().filter_map(|at| nodes.get(*at)).cloned();
    let service = picture.ends.get(path.service)?;
    let at = first.place;
    let text = |text: &str| Node::string(at, text);
    let names = std::iter::once(service.name.clone());
    let onward = hops.iter().map(|hop| picture.name(hop.to).to_owned());
    let replicas = picture.fewest_pods(path);
    let all_steps = hops.iter().map(|hop| Step {
        place: hop.place,
        text: format!("{} sends to {}", hop.sender, hop.address),
    });
    let all_steps: Vec<Step> = all_steps.collect();
    let events = path.events.iter().map(|event| {
        MapBuilder::new(event.place)
            .label(event.place)
            .put("kind", Node::string(event.place, event.kind.name()))
            .put("text", Node::string(event.place, event.text.as_str()))
            .build()
    });
    let mut node = MapBuilder::new(at);
    node.label(at)
        .put("service", text(&service.name))
        .put("verdict", text(path.verdict.name()))
        .put(
            "ends",
            texts(at, names.chain(onward).map(|name| (at, name))),
        )
        .put_some("last", of_path().next_back())
        .put("hops", Node::list(at, of_path().collect()))
        .put("events", Node::list(at, events.collect()))
        .put("steps", steps(at, all_steps.iter()))
        .put(
            "doubled",
            Node::list(at, doubled::senders(parts, drawing, number)),
        )
        .put_some("past", scrubbed.beside(picture, path))
        .put_some(
            "replicas",
            replicas.map(|(count, _)| Node::new(at, Value::Int(count))),
        );
    put_neighbours(&mut node, (parts, drawing), (path, service), at);
    Some(Subject::new(
        SubjectKind::TracePath,
        (at.file, at),
        format!("service/{}", service.name),
        vec![node.build()],
    ))
}
