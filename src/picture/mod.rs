//! How traces will flow, as far as files tell: who sends, who takes, and every hop between them.
//!
//! The main type is [`Picture`]. `repository` draws it, `output` shows it. This room knows no file format and judges nothing.

mod join;

use crate::source::{Span, Views};

pub use self::join::{MAX_NAMED, join, listed};

/// Everything that sends, passes on or keeps traces in a repository.
#[derive(Debug, Default)]
pub struct Picture {
    /// The environments, the top first.
    pub environments: Vec<Environment>,
    /// Who sends, passes on or keeps.
    pub ends: Vec<End>,
    /// The ways between them.
    pub hops: Vec<Hop>,
    /// From each service as far as its traces can be followed, each way once.
    pub paths: Vec<Path>,
}

/// Where things belong together: a folder in which no object is defined twice, with what stands above it, or what builds
/// of it come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// Its folder, or the name of the builds, or both.
    pub name: String,
    /// The views in which it is seen like this.
    pub views: Views,
}

/// One that sends, passes on or keeps traces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// Index of its environment.
    pub environment: usize,
    /// What it is.
    pub kind: EndKind,
    /// Its name, such as `observability/gateway`.
    pub name: String,
    /// Where it is defined; nothing for what no file defines.
    pub place: Option<Span>,
    /// How many pods run it at least, where the files tell.
    pub replicas: Option<i64>,
}

/// What an end is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EndKind {
    /// A program that makes traces.
    Service,
    /// A collector, or a part of Jaeger that passes traces on.
    Collector,
    /// A topic of a Kafka cluster.
    Topic,
    /// What keeps traces.
    Store,
    /// What shows traces.
    Query,
    /// Something outside the files.
    External,
}

impl EndKind {
    /// The name in machine formats.
    pub fn name(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Collector => "collector",
            Self::Topic => "topic",
            Self::Store => "store",
            Self::Query => "query",
            Self::External => "external",
        }
    }
}

/// How sure a hop is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// The files say so.
    Exact,
    /// The files say so but for a default or a name that only one thing has.
    Inferred,
    /// The files do not tell.
    Unknown,
}

impl Certainty {
    /// The name in machine formats.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Inferred => "inferred",
            Self::Unknown => "unknown",
        }
    }
}

/// A way from one end to the next, or as far as it can be followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// Index of the end that sends.
    pub from: usize,
    /// Index of the end that takes; nothing where the way breaks or is not known.
    pub to: Option<usize>,
    /// What sends: a variable of a service, or an exporter of a collector.
    pub sender: String,
    /// Where it sends to, as written.
    pub address: String,
    /// `grpc`, `http`, `kafka`, `elasticsearch` and so on.
    pub protocol: String,
    /// Whether it is sent with TLS; nothing where that is not known.
    pub is_tls: Option<bool>,
    /// Where it is written.
    pub place: Span,
    /// How sure it is.
    pub certainty: Certainty,
    /// Why it is not exact; empty for exact hops.
    pub reason: String,
    /// Where and why the way breaks; nothing for one that arrives or cannot be followed.
    pub fault: Option<Fault>,
    /// What leads there, in order.
    pub steps: Vec<Step>,
    /// What of it takes traces from outside the cluster: an Ingress, a route, a load balancer, a port of the nodes.
    pub via: Vec<Step>,
}

/// Why a way breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// A stable name, such as `no-service`.
    pub kind: &'static str,
    /// What is wrong, in words.
    pub detail: String,
    /// What was most likely meant; empty for nothing.
    pub nearest: String,
}

impl Fault {
    /// What is wrong, with what was most likely meant where that is not said already.
    pub fn told(&self) -> String {
        let is_said = self.nearest.is_empty() || self.detail.contains(&self.nearest);
        if is_said || self.kind == "loopback-listener" {
            self.detail.clone()
        } else {
            format!("{} (there is `{}`)", self.detail, self.nearest)
        }
    }
}

/// A place on a way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The place.
    pub place: Span,
    /// What it adds.
    pub text: String,
}

/// A way from a service, hop by hop.
#[derive(Debug, Clone)]
pub struct Path {
    /// Index of the service.
    pub service: usize,
    /// Indices of the hops, in order.
    pub hops: Vec<usize>,
    /// Where it comes to.
    pub verdict: Verdict,
    /// What happens on the way, in order: scrubbing, sampling, filtering, buffering.
    pub events: Vec<Event>,
}

/// Where a path comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// A store.
    Stored,
    /// Something outside the files that takes traces.
    Left,
    /// A hop that breaks.
    Broken,
    /// Nowhere: what takes the traces passes them to nobody.
    Lost,
    /// A hop of which the files do not tell.
    Unknown,
    /// Whatever the way is, the service makes no traces.
    Silent,
}

impl Verdict {
    /// The name in machine formats.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Left => "left",
            Self::Broken => "broken",
            Self::Lost => "lost",
            Self::Unknown => "unknown",
            Self::Silent => "silent",
        }
    }
}

/// Something that happens to traces on a way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What it is.
    pub kind: EventKind,
    /// After how many hops of the path it happens.
    pub after: usize,
    /// What does it, in words.
    pub text: String,
    /// What a scrub takes away for certain, each with its locations in brackets: keys, `/patterns/`, or `all but` what it keeps.
    pub keys: Vec<String>,
    /// Where it is written.
    pub place: Span,
}

/// What can happen to traces on a way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventKind {
    /// Attributes are taken away.
    Scrub,
    /// Traces are dropped by choice.
    Sample,
    /// Spans that meet a condition are dropped.
    Filter,
    /// Everything is dropped.
    Drop,
    /// Traces wait in a queue.
    Buffer,
    /// Traces are not made.
    Silence,
}

impl EventKind {
    /// Whether some traces do not go on.
    pub fn is_thinning(self) -> bool {
        match self {
            Self::Sample | Self::Filter | Self::Drop => true,
            Self::Scrub | Self::Buffer | Self::Silence => false,
        }
    }

    /// The name in machine formats.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scrub => "scrub",
            Self::Sample => "sample",
            Self::Filter => "filter",
            Self::Drop => "drop",
            Self::Buffer => "buffer",
            Self::Silence => "silence",
        }
    }
}

impl Picture {
    /// Notes what keeps a service from making traces: no way of it carries any.
    pub fn silence(&mut self, service: usize, causes: &[(String, Span)]) {
        for path in self.paths.iter_mut().filter(|path| path.service == service) {
            path.verdict = Verdict::Silent;
            let events = causes.iter().map(|(text, place)| Event {
                kind: EventKind::Silence,
                after: 0,
                text: text.clone(),
                keys: Vec::new(),
                place: *place,
            });
            path.events.splice(0..0, events);
        }
    }

    /// The environment of a hop: that of the end that sends.
    pub fn environment(&self, hop: &Hop) -> usize {
        self.ends.get(hop.from).map_or(0, |end| end.environment)
    }

    /// The fewest pods that a way has to pass, with the index of the end that they run; nothing where no number is known.
    pub fn fewest_pods(&self, path: &Path) -> Option<(i64, usize)> {
        let hops = path.hops.iter().filter_map(|at| self.hops.get(*at)?.to);
        hops.filter_map(|at| Some((self.ends.get(at)?.replicas?, at)))
            .min()
    }

    /// The name of an end; a question mark where there is none.
    pub fn name(&self, end: Option<usize>) -> &str {
        let end = end.and_then(|at| self.ends.get(at));
        end.map_or("?", |end| &end.name)
    }
}
