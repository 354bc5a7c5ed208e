//! Joins the artifacts of a repository into a picture of how traces will flow.
//!
//! The main function is [`draw`]. It reads what the other parts of the room made of each file, finds who sends where,
//! and follows every address to what takes it. What the files do not tell stays unknown, with the reason.

mod address;
mod agents;
mod around;
mod arrival;
mod attachments;
mod calls;
mod clashes;
mod clients;
mod clusters;
mod configurations;
mod dead_ends;
mod doubled;
mod entering;
mod entrances;
mod environments;
mod exposures;
mod gateways;
mod held;
mod injections;
mod inventory;
mod jaeger;
mod kafka;
mod known;
mod listeners;
mod lookup;
mod names;
mod network;
mod nodes;
mod past;
mod paths;
mod pipelines;
mod processes;
mod proxies;
mod references;
mod replacements;
mod rollout;
mod routes;
mod runbooks;
mod selections;
mod senders;
mod services;
mod slips;
mod stores;
mod subjects;
mod trail;
mod values;
mod works;

use std::collections::BTreeMap;

use crate::artifact::{Artifact, Reading};
use crate::document::Node;
use crate::picture::{Certainty, End, EndKind, Fault, Hop, Picture, Step};
use crate::repository::Subject;
use crate::repository::index::Index;
use crate::source::SourceFile;

pub(super) use self::around::Around;
pub(super) use self::clusters::subjects as kafka_clusters;
pub(super) use self::inventory::Inventory;

use self::clients::Client;
use self::entrances::Entrance;
use self::held::Held;
use self::known::{Namespaces, Services};
use self::processes::{Flow, Process};
use self::routes::From;
use self::senders::{Sender, Target};
use self::services::Service;
use self::trail::{Outcome, Route};
use self::works::Work;

/// Everything that a picture is drawn from.
pub(super) struct Parts<'a> {
    inventory: &'a Inventory<'a>,
    works: Vec<Work<'a>>,
    processes: Vec<Process<'a>>,
    services: Services<'a>,
    namespaces: Namespaces<'a>,
    /// The ways into the clusters.
    entrances: Vec<Entrance<'a>>,
    clients: Vec<Client>,
    /// The paths of the files.
    paths: Vec<&'a str>,
}

/// What a repository's artifacts come to when they are joined.
#[derive(Default)]
pub(super) struct Drawn {
    pub(super) picture: Picture,
    /// Hops and paths.
    pub(super) subjects: Vec<Subject>,
    /// Exposures that go on elsewhere, environments to which the operator adds: index of the subject, what it is now.
    pub(super) changed: Vec<(usize, Node)>,
}

/// Joins the artifacts of a repository.
pub(super) fn draw<'a>(
    index: &'a Index<'a>,
    (files, readings): (&'a [SourceFile], &'a [Reading]),
    subjects: &'a [Subject],
) -> Drawn {
    let inventory = &index.around.inventory;
    let works = works::all(inventory, subjects);
    let held = Held::new(readings, index.made);
    let processes = processes::all((index, files), (inventory, &held), &works);
    let (clients, mut changed) = clients::all(inventory, subjects, (&works, &processes));
    let is_listed = |reading: &Reading| {
        let mut artifacts = reading.artifacts.iter();
        artifacts.any(|artifact| artifact.inventory().is_some())
    };
    if processes.is_empty() && clients.is_empty() && !readings.iter().any(is_listed) {
        return Drawn {
            subjects: subjects::refused(inventory),
            ..Drawn::default()
        };
    }
    let services = Services::new(services::all(inventory, &processes));
    let parts = Parts {
        entrances: entrances::all(inventory, &services),
        namespaces: Namespaces::new(&works, &services),
        inventory,
        works,
        processes,
        services,
        clients,
        paths: files.iter().map(|file| &*file.path).collect(),
    };
    let drawing = Drawing::of(&parts);
    let mut of_picture = subjects::all(&parts, &drawing);
    of_picture.extend(selections::all(&parts, &drawing));
    of_picture.extend(clashes::all(&parts, &drawing));
    of_picture.extend(calls::subjects(&parts));
    let artifacts = readings.iter().flat_map(|reading| &reading.artifacts);
    let runbooks = artifacts
        .filter_map(Artifact::runbook)
        .flat_map(Node::items);
    of_picture.extend(runbooks::subjects(&parts, runbooks));
    of_picture.extend(replacements::subjects(&parts));
    let services = rollout::subjects(&parts, &drawing.picture, (index, readings));
    of_picture.extend(services);
    changed.extend(exposures::joined(&parts, &drawing, subjects));
    Drawn {
        subjects: of_picture,
        changed,
        picture: drawing.picture,
    }
}

impl<'a> Parts<'a> {
    /// What a process does with traces, where its configuration is known.
    fn flow(&self, process: usize) -> Option<&Flow> {
        self.processes.get(process)?.flow.as_ref()
    }

    /// Whether an object of an environment is in a namespace.
    fn knows_namespace(&self, environment: usize, namespace: &str) -> bool {
        let mut environments = self.namespaces.environments(namespace);
        environments.any(|other| self.inventory.sees(environment, other))
    }

    /// The Service of a name in a namespace that is almost the one that was asked for.
    fn misspelt_namespace(
        &self,
        environment: usize,
        (name, namespace): (&str, &str),
    ) -> Option<&Service<'a>> {
        let sees = |service: &&Service<'_>| self.inventory.sees(environment, service.environment);
        let named = self.services.named(name).filter(sees);
        let mut meant =
            named.filter(|service| slips::meant(namespace, service.namespace).is_some());
        meant.next()
    }
}

/// Where a hop comes to, for those who go on from there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Arrival {
    /// At a receiver of a process.
    Process(usize, String),
    /// At a topic: the index of its end.
    Topic(usize),
    /// At an end that sends nothing on.
    End,
}

/// A hop with what the picture does not show.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) origin: Origin,
    /// Nothing where the way breaks or is not known.
    pub(super) arrival: Option<Arrival>,
}

/// Who sends over a hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// A client.
    Client(usize),
    /// A sender of a process.
    Process(usize, usize),
    /// A topic: the index of its end.
    Topic(usize),
    /// A store, to what shows it.
    Store,
}

/// A picture while it is drawn.
pub(super) struct Drawing {
    pub(super) picture: Picture,
    /// What belongs to each hop, by its index.
    pub(super) links: Vec<Link>,
    /// The ends that were drawn, by environment, kind and name.
    ends: BTreeMap<(usize, EndKind, String), usize>,
}

impl Drawing {
    fn of(parts: &Parts<'_>) -> Self {
        let mut drawing = Self {
            picture: Picture {
                environments: parts.inventory.environments(),
                ..Picture::default()
            },
            links: Vec::new(),
            ends: BTreeMap::new(),
        };
        for (at, client) in parts.clients.iter().enumerate() {
            drawing.client(parts, (at, client));
        }
        let mut topics = kafka::Topics::default();
        for (at, process) in parts.processes.iter().enumerate() {
            let own = drawing.end(of_process(process));
            drawing.configuration(process, own);
            if process.kind == EndKind::Query {
                continue;
            }
            let senders = process.flow.iter().flat_map(|flow| &flow.senders);
            for (number, sender) in senders.enumerate() {
                drawing.sender(parts, (at, process), (number, sender), &mut topics);
            }
        }
        kafka::readers(parts, &mut topics, &mut drawing);
        stores::queries(parts, &mut drawing);
        drawing.doubt_files(parts);
        paths::find(parts, &mut drawing);
        drawing
    }

    /// Makes hops of configurations that nothing runs, and between folders whose names alone join them, less than exact.
    fn doubt_files(&mut self, parts: &Parts<'_>) {
        let is_file = |at: usize| {
            parts
                .processes
                .get(at)
                .is_some_and(|process| process.is_file)
        };
        for (hop, link) in self.picture.hops.iter_mut().zip(&self.links) {
            let is_from = matches!(link.origin, Origin::Process(at, _) if is_file(at));
            let is_to = matches!(link.arrival, Some(Arrival::Process(at, _)) if is_file(at));
            let place = |end: usize| self.picture.ends.get(end).and_then(|end| end.place);
            let to = hop
                .to
                .and_then(place)
                .or_else(|| Some(hop.steps.last()?.place));
            let is_guess = place(hop.from)
                .zip(to)
                .is_some_and(|(from, to)| parts.inventory.is_guess(from.file, to.file));
            let doubt = match hop.certainty {
                Certainty::Exact if is_from || is_to => {
                    "nothing among the files runs the configuration"
                }
                Certainty::Exact if is_guess => "folders of one name are taken for one environment",
                Certainty::Exact | Certainty::Inferred | Certainty::Unknown => continue,
            };
            hop.certainty = Certainty::Inferred;
            doubt.clone_into(&mut hop.reason);
        }
    }

    /// The index of an end, drawn now unless it is there.
    pub(super) fn end(&mut self, end: End) -> usize {
        let key = (end.environment, end.kind, end.name.clone());
        let ends = &mut self.picture.ends;
        *self.ends.entry(key).or_insert_with(|| {
            ends.push(end);
            ends.len() - 1
        })
    }

    /// Draws a hop.
    pub(super) fn hop(&mut self, hop: Hop, origin: Origin, arrival: Option<Arrival>) {
        self.links.push(Link { origin, arrival });
        self.picture.hops.push(hop);
    }

    /// Draws that a process does not get what it asks for.
    fn configuration(&mut self, process: &Process<'_>, from: usize) {
        for dangling in &process.dangling {
            let hop = Hop {
                from,
                to: None,
                sender: dangling.words.to_owned(),
                address: String::new(),
                protocol: String::new(),
                is_tls: None,
                place: dangling.place,
                certainty: Certainty::Exact,
                reason: String::new(),
                fault: Some(dangling.fault.clone()),
                steps: process.steps.clone(),
                via: Vec::new(),
            };
            self.hop(hop, Origin::Store, None);
        }
    }

    fn client(&mut self, parts: &Parts<'_>, (at, client): (usize, &Client)) {
        let (Some(work), Some(sender)) = (parts.works.get(client.work), &client.sender) else {
            return;
        };
        let from = work.from(client.work);
        let own = self.end(End {
            environment: work.environment,
            kind: EndKind::Service,
            name: client.name.clone(),
            place: Some(client.place),
            replicas: work.replicas(),
        });
        for (fault, place, steps) in injections::faults(parts, work) {
            self.hop(
                Hop {
                    from: own,
                    to: None,
                    sender: "the annotation".to_owned(),
                    address: String::new(),
                    protocol: String::new(),
                    is_tls: None,
                    place,
                    certainty: Certainty::Exact,
                    reason: String::new(),
                    fault: Some(fault),
                    steps,
                    via: Vec::new(),
                },
                Origin::Client(at),
                None,
            );
        }
        if let Target::Otlp(otlp) = &sender.target {
            let written = Written {
                from: own,
                sender,
                address: shown(&otlp.address),
                protocol: otlp.protocol.unwrap_or(""),
            };
            for route in routes::of_otlp(parts, from, otlp) {
                self.route(parts, from, &written, (Origin::Client(at), route));
            }
        }
    }

    fn sender(
        &mut self,
        parts: &Parts<'_>,
        (at, process): (usize, &Process<'_>),
        (number, sender): (usize, &Sender),
        topics: &mut kafka::Topics,
    ) {
        let from = process.from(at);
        let own = self.end(of_process(process));
        let origin = Origin::Process(at, number);
        let written = |address: String, protocol| Written {
            from: own,
            sender,
            address,
            protocol,
        };
        match &sender.target {
            Target::Otlp(otlp) => {
                let written = written(shown(&otlp.address), otlp.protocol.unwrap_or(""));
                for route in routes::of_otlp(parts, from, otlp) {
                    self.route(parts, from, &written, (origin, route));
                }
            }
            Target::Kafka(topic) => {
                let written = written(shown(&topic.name), "kafka");
                kafka::write((parts, self), (from, topic), (&written, origin), topics);
            }
            Target::Store(store) => {
                let address = store
                    .addresses
                    .as_ref()
                    .ok()
                    .and_then(|all| all.first().cloned());
                let written = written(
                    address.map_or_else(|| store.kind.clone(), |text| without_secrets(&text)),
                    &store.kind,
                );
                stores::write((parts, self), (from, store), &written, origin);
            }
            Target::Sink(of_type) => {
                let written = written(of_type.clone(), of_type);
                let reason = format!("`{of_type}` keeps no traces");
                let hop = written.hop(None, Vec::new(), (Certainty::Exact, reason), None);
                self.hop(hop, origin, None);
            }
            Target::Other(of_type) => {
                let written = written(of_type.clone(), of_type);
                let to = self.external(from.environment, of_type.clone());
                let hop = written.hop(
                    Some(to),
                    Vec::new(),
                    (Certainty::Inferred, "it leaves the files".to_owned()),
                    None,
                );
                self.hop(hop, origin, Some(Arrival::End));
            }
        }
    }

    pub(super) fn external(&mut self, environment: usize, name: String) -> usize {
        self.end(End {
            environment,
            kind: EndKind::External,
            name,
            place: None,
            replicas: None,
        })
    }

    /// Draws where a route leads.
    fn route(
        &mut self,
        parts: &Parts<'_>,
        from: From<'_>,
        written: &Written<'_>,
        (origin, route): (Origin, Route),
    ) {
        let environment = from.environment;
        let (to, arrival, fault) = match route.outcome {
            Outcome::Process(at, receiver) => {
                let process = parts.processes.get(at);
                let end = process.map(|process| self.end(of_process(process)));
                (end, Some(Arrival::Process(at, receiver)), None)
            }
            Outcome::Work(at) => {
                let work = parts.works.get(at);
                let name = work.map_or(String::new(), Work::name);
                let end = match work.filter(|work| stores::is_one(work)) {
                    Some(work) => self.end(End {
                        environment,
                        kind: EndKind::Store,
                        name,
                        place: Some(work.label),
                        replicas: work.replicas(),
                    }),
                    None => self.external(environment, name),
                };
                (Some(end), Some(Arrival::End), None)
            }
            Outcome::Named(name, place) => {
                let end = End {
                    environment,
                    kind: EndKind::Store,
                    name,
                    place: Some(place),
                    replicas: None,
                };
                (Some(self.end(end)), Some(Arrival::End), None)
            }
            Outcome::External(host) => (
                Some(self.external(environment, host)),
                Some(Arrival::End),
                None,
            ),
            Outcome::Fault(fault) => (None, None, Some(fault)),
            Outcome::Unknown => (None, None, None),
        };
        let sure = (route.certainty, route.reason);
        let hop = Hop {
            via: route.via,
            ..written.hop(to, route.steps, sure, fault)
        };
        self.hop(hop, origin, arrival);
    }
}

/// What is written of a hop.
pub(super) struct Written<'s> {
    from: usize,
    sender: &'s Sender,
    address: String,
    protocol: &'s str,
}

impl Written<'_> {
    pub(super) fn hop(
        &self,
        to: Option<usize>,
        steps: Vec<Step>,
        (certainty, reason): (Certainty, String),
        fault: Option<Fault>,
    ) -> Hop {
        Hop {
            from: self.from,
            to,
            sender: self.sender.words.clone(),
            address: self.address.clone(),
            protocol: self.protocol.to_owned(),
            is_tls: self.sender.target.is_tls(),
            place: self.sender.place,
            certainty,
            reason,
            fault,
            steps,
            via: Vec::new(),
        }
    }
}

/// An address with what stands for it while it is not known, and without what only its owner should see.
fn shown(address: &Result<String, String>) -> String {
    let text = address.as_deref().unwrap_or("?");
    let text = text
        .replace(values::HOST_IP, "<node>")
        .replace(values::POD_IP, "<pod>");
    without_secrets(&text)
}

/// An address without user, password and query.
fn without_secrets(address: &str) -> String {
    let (address, _) = address.split_once('?').unwrap_or((address, ""));
    match address.split_once("://") {
        Some((scheme, rest)) => match rest.split_once('@') {
            Some((user, host)) if !user.contains('/') => format!("{scheme}://{host}"),
            _ => address.to_owned(),
        },
        None => address.to_owned(),
    }
}

/// The end that a process is.
fn of_process(process: &Process<'_>) -> End {
    End {
        environment: process.environment,
        kind: process.kind,
        name: process.name.clone(),
        place: Some(process.place),
        replicas: process.replicas,
    }
}

#[cfg(test)]
mod tests;
