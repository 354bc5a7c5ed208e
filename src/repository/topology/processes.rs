//! Collectors and the parts of Jaeger as processes: what they listen on, and where they send.

use std::collections::BTreeSet;

use crate::document::Node;
use crate::expr::Semver;
use crate::picture::{EndKind, Step};
use crate::repository::collectors::{merged, normal_id, starts, type_of};
use crate::repository::index::Index;
use crate::repository::registry;
use crate::repository::topology::configurations;
use crate::repository::topology::held::Held;
use crate::repository::topology::injections;
use crate::repository::topology::inventory::{Inventory, Placed};
use crate::repository::topology::jaeger;
use crate::repository::topology::listeners::{self, Listener};
use crate::repository::topology::pipelines::{self, Pipelines, Way};
use crate::repository::topology::references::{self, Dangling};
use crate::repository::topology::replacements;
use crate::repository::topology::routes::From;
use crate::repository::topology::senders::{self, Sender, Store, Topic};
use crate::repository::topology::values::Values;
use crate::repository::topology::works::{Owner, Work, full_name};
use crate::repository::workloads::{self, is_collector_image};
use crate::source::{SourceFile, Span};

/// A running collector, or a part of Jaeger.
#[derive(Debug)]
pub(super) struct Process<'a> {
    pub(super) name: String,
    pub(super) kind: EndKind,
    /// Index of its environment.
    pub(super) environment: usize,
    pub(super) namespace: Option<&'a str>,
    /// Where to point at it.
    pub(super) place: Span,
    pub(super) replicas: Option<i64>,
    /// Index of the workload; nothing for what the operator runs.
    pub(super) work: Option<usize>,
    /// Indices of the workloads into whose pods the operator puts it.
    pub(super) beside: Vec<usize>,
    /// Whether it is a file that nothing among the files runs: where it would run is not known.
    pub(super) is_file: bool,
    /// The container, with its variables.
    pub(super) container: Option<&'a Node>,
    /// The `OpenTelemetryCollector`.
    pub(super) resource: Option<&'a Node>,
    /// What it does with traces; nothing where its configuration is not known.
    pub(super) flow: Option<Flow>,
    /// Why its configuration is not known, or may be more.
    pub(super) doubt: Option<String>,
    /// Whether the configuration that is known may not be all of it.
    pub(super) is_open: bool,
    /// What it names and does not get.
    pub(super) dangling: Vec<Dangling>,
    /// What leads to its configuration.
    pub(super) steps: Vec<Step>,
    /// Where the configurations that it reads stand.
    pub(super) sources: Vec<Span>,
    /// What a later configuration leaves out of the lists of an earlier one.
    pub(super) replaced: Vec<Node>,
}

/// What a process does with traces.
#[derive(Debug, Default)]
pub(super) struct Flow {
    pub(super) listeners: Vec<Listener>,
    /// The topics that it reads, each with the id of the receiver.
    pub(super) topics: Vec<(String, Topic)>,
    pub(super) senders: Vec<Sender>,
    /// The store that it shows.
    pub(super) queried: Option<Store>,
    /// The pipelines; nothing for what is no collector.
    pub(super) pipelines: Option<Pipelines>,
    /// Whether it does not start: nothing comes in, and nothing goes out.
    pub(super) is_refused: bool,
}

impl Flow {
    /// The ways from a receiver to senders: the index of each, with the way through pipelines where there are such.
    pub(super) fn ways(&self, receiver: &str) -> Vec<(usize, Option<Way>)> {
        if self.is_refused {
            return Vec::new();
        }
        let Some(pipelines) = &self.pipelines else {
            return (0..self.senders.len())
                .map(|sender| (sender, None))
                .collect();
        };
        let ways = pipelines.ways(receiver).into_iter();
        let known = ways.filter_map(|way| {
            let mut senders = self.senders.iter();
            let sender = senders.position(|sender| sender.id == way.exporter.id)?;
            Some((sender, Some(way)))
        });
        known.collect()
    }

    /// Whether traces that a receiver takes go anywhere.
    pub(super) fn takes_from(&self, receiver: &str) -> bool {
        let pipelines = self.pipelines.as_ref();
        pipelines.is_none_or(|pipelines| pipelines.takes_from(receiver))
    }
}

impl<'a> Process<'a> {
    /// A collector of which only the place is known.
    fn at(place: Span) -> Self {
        Self {
            name: String::new(),
            kind: EndKind::Collector,
            environment: 0,
            namespace: None,
            place,
            replicas: None,
            work: None,
            beside: Vec::new(),
            is_file: false,
            container: None,
            resource: None,
            flow: None,
            doubt: None,
            is_open: false,
            dangling: Vec::new(),
            steps: Vec::new(),
            sources: Vec::new(),
            replaced: Vec::new(),
        }
    }

    /// The process of an index as one that sends.
    pub(super) fn from(&self, at: usize) -> From<'a> {
        From {
            environment: self.environment,
            namespace: self.namespace,
            work: self.work,
            process: Some(at),
            is_file: self.is_file,
        }
    }

    /// Whether it is a part of the pods of a workload.
    pub(super) fn is_in(&self, work: usize) -> bool {
        self.work == Some(work) || self.beside.contains(&work)
    }

    pub(super) fn values(&self) -> Values<'a> {
        Values {
            container: self.container,
        }
    }
}

/// The processes of a repository.
pub(super) fn all<'a>(
    (index, files): (&Index<'a>, &'a [SourceFile]),
    (inventory, held): (&Inventory<'a>, &Held<'a>),
    works: &[Work<'a>],
) -> Vec<Process<'a>> {
    let mut found = Vec::new();
    for (at, work) in works.iter().enumerate() {
        found.extend(
            work.running()
                .filter_map(|container| of_container((inventory, held), (at, work), container)),
        );
    }
    let beside: Vec<(&Node, usize)> = works
        .iter()
        .enumerate()
        .filter_map(|(at, work)| Some((injections::sidecar(inventory, work)?, at)))
        .collect();
    for resource in inventory.everywhere("OpenTelemetryCollector") {
        found.extend(of_resource((index, files), held, (resource, &beside)));
    }
    for process in &mut found {
        process.look_up(inventory, works);
    }
    let read = found
        .iter()
        .flat_map(|process| process.sources.iter().copied());
    let read: BTreeSet<Span> = read.collect();
    let of_files = held.files.iter();
    let of_files = of_files.filter(|root| !read.contains(&root.span));
    found.extend(of_files.filter_map(|root| of_file(files, inventory, root)));
    found
}

/// A configuration in a file of its own, which something else may run; one that is a part of others is left out.
fn of_file<'a>(
    files: &'a [SourceFile],
    inventory: &Inventory<'a>,
    root: &'a Node,
) -> Option<Process<'a>> {
    let file = files.get(root.span.file.0 as usize)?;
    let has = |path: &[&str]| {
        root.at(path)
            .is_some_and(|section| !section.entries().is_empty())
    };
    if !has(&["receivers"]) || !has(&["exporters"]) || !has(&["service", "pipelines"]) {
        return None;
    }
    let service = root.as_map().and_then(|map| map.entry("service"));
    let mut process = Process {
        name: file.path.to_string(),
        environment: inventory.environment(file.id),
        is_file: true,
        doubt: Some("nothing among the files runs it".to_owned()),
        is_open: true,
        ..Process::at(service.map_or(root.span, |entry| entry.key_span))
    };
    process.set_configuration(root.clone(), None, false);
    let pipelines = process
        .flow
        .as_ref()
        .and_then(|flow| flow.pipelines.as_ref());
    let takes = pipelines.is_some_and(Pipelines::takes_traces);
    takes.then_some(process)
}

fn of_container<'a>(
    (inventory, held): (&Inventory<'a>, &Held<'a>),
    (at, work): (usize, &Work<'a>),
    container: &'a Node,
) -> Option<Process<'a>> {
    let image = container.str_at(&["image_name"]).unwrap_or("");
    let mut process = Process {
        name: work.name(),
        environment: work.environment,
        namespace: work.namespace(),
        replicas: work.replicas(),
        work: Some(at),
        container: Some(container),
        ..Process::at(work.label)
    };
    if let Some(part) = jaeger::part(image) {
        process.kind = part.kind();
        process.flow = Some(jaeger_flow(part, container));
        return Some(process);
    }
    let is_collector = is_collector_image(image) || image == "jaeger";
    if !is_collector && !configurations::is_mounted((inventory, held), work, container) {
        return None;
    }
    let configurations::Found {
        roots,
        doubt,
        is_open,
        fault,
        steps,
    } = configurations::of_container((inventory, held), work, container);
    (process.doubt, process.is_open, process.steps) = (doubt, is_open, steps);
    process.dangling = fault.map(Dangling::configuration).into_iter().collect();
    process.sources = roots.iter().map(|root| root.span).collect();
    if !process.is_open {
        process.replaced = replacements::of_configurations(&roots);
    }
    let release = release(container);
    if let Some(root) = merged::all(&roots) {
        let is_query = root.at(&["extensions", "jaeger_query"]).is_some();
        process.set_configuration(root, release, false);
        let pipelines = process
            .flow
            .as_ref()
            .and_then(|flow| flow.pipelines.as_ref());
        let takes = pipelines.is_some_and(Pipelines::takes_traces);
        if is_query && !takes {
            process.kind = EndKind::Query;
        }
    }
    process.doubt = process.doubt.or_else(|| {
        let is_known = process.flow.is_some();
        (!is_known).then(|| "its configuration is not among the files".to_owned())
    });
    Some(process)
}

fn jaeger_flow(part: jaeger::Part, container: &Node) -> Flow {
    let topics = jaeger::topics(part, container).into_iter();
    Flow {
        listeners: jaeger::listeners(part, container),
        topics: topics.map(|topic| ("storage".to_owned(), topic)).collect(),
        senders: jaeger::senders(part, container),
        queried: jaeger::queried(part, container),
        pipelines: None,
        is_refused: false,
    }
}

impl<'a> Process<'a> {
    /// Finds out what it names beside its configuration, and does not get.
    fn look_up(&mut self, inventory: &Inventory<'a>, works: &[Work<'a>]) {
        let work = self.work.and_then(|at| works.get(at));
        let of_resource = self.resource.and_then(|root| root.get("spec"));
        let pod = work.and_then(|work| work.node.get("pod")).or(of_resource);
        let container = self.container.and_then(|container| container.get("spec"));
        let (Some(pod), Some(container)) = (pod, container.or(of_resource)) else {
            return;
        };
        let owner = Owner {
            environment: self.environment,
            namespace: self.namespace,
            file: self.place.file,
        };
        let all = references::dangling((inventory, works), owner, (pod, container));
        for one in all {
            if self.dangling.iter().all(|known| known.place != one.place) {
                self.dangling.push(one);
            }
        }
    }

    fn set_configuration(&mut self, root: Node, release: Option<Semver>, is_resource: bool) {
        let values = self.values();
        let listeners = listeners::all(&root, values, (release, is_resource));
        let is_refused = !self.is_open && starts::is_refused(&root);
        let pipelines = pipelines::read(root);
        self.flow = Some(Flow {
            listeners,
            topics: read_topics(&pipelines, values),
            senders: senders::all(&pipelines, values),
            queried: queried(&pipelines, values),
            pipelines: Some(pipelines),
            is_refused,
        });
    }
}

/// The topics that the receivers of trace pipelines read.
fn read_topics(pipelines: &Pipelines, values: Values<'_>) -> Vec<(String, Topic)> {
    let receivers = pipelines
        .root
        .get("receivers")
        .map_or(&[][..], Node::entries);
    let mut found = Vec::new();
    for entry in receivers {
        let id = normal_id(&entry.key);
        if type_of(&id) == "kafka" && pipelines.takes_from(&id) {
            let topics = senders::read_topics(&entry.value, entry.key_span, values);
            found.extend(topics.into_iter().map(|topic| (id.clone(), topic)));
        }
    }
    found
}

/// The store that the query part of Jaeger shows.
fn queried(pipelines: &Pipelines, values: Values<'_>) -> Option<Store> {
    let storage = pipelines
        .root
        .at(&["extensions", "jaeger_query", "storage"])?;
    let backend = storage.get("traces")?;
    Some(senders::backend_store(
        pipelines,
        backend.as_str()?,
        backend.span,
        values,
    ))
}

/// What the operator makes of an `OpenTelemetryCollector`; a sidecar is a part of the pods that ask for it.
fn of_resource<'a>(
    (index, files): (&Index<'a>, &'a [SourceFile]),
    held: &Held<'a>,
    (resource, beside): (&Placed<'a>, &[(&Node, usize)]),
) -> Option<Process<'a>> {
    let root = resource.root;
    let mode = root.str_at(&["spec", "mode"]).unwrap_or("deployment");
    let is_open = root.at(&["spec", "mode"]).is_some_and(Node::is_unknown);
    let config = held.of_resource(root)?;
    let beside = beside
        .iter()
        .filter(|(asked, _)| std::ptr::eq(*asked, root));
    let beside: Vec<usize> = beside.map(|(_, work)| *work).collect();
    if mode == "sidecar" && beside.is_empty() || is_open {
        return None;
    }
    let file = files.get(resource.file.0 as usize)?;
    let scaled = root.at(&["spec", "autoscaler", "minReplicas"]);
    let replicas = match (mode, scaled.and_then(Node::as_int)) {
        ("daemonset" | "sidecar", _) => None,
        (_, Some(count)) => Some(count),
        _ => workloads::replicas(index, file, root).as_int(),
    };
    let mut process = Process {
        name: full_name(resource.namespace(), resource.name()?),
        environment: resource.environment,
        namespace: resource.namespace(),
        replicas,
        beside,
        resource: Some(root),
        ..Process::at(crate::repository::object_label(root))
    };
    process.set_configuration(config.clone(), None, true);
    Some(process)
}

/// The release that the tag of a container's image names.
fn release(container: &Node) -> Option<Semver> {
    let tag = container.str_at(&["image_tag"])?;
    match tag {
        "" | "latest" => Semver::parse(registry::newest()),
        tag => Semver::parse(tag),
    }
}
