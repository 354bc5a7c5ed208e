//! The ways of traces from each service as far as they can be followed, with what happens to them there.

use crate::picture::{Certainty, EndKind, Event, EventKind, Path, Verdict};
use crate::repository::collectors::{present_spelling, taken, type_of};
use crate::repository::topology::pipelines::{Pipelines, Way};
use crate::repository::topology::senders::{Sender, Target};
use crate::repository::topology::{Arrival, Drawing, Origin, Parts};

/// Ways of one service that are followed.
const MAX_PATHS: usize = 64;
/// Hops of one way that are followed.
const MAX_HOPS: usize = 24;

/// Processors that drop traces by choice.
const SAMPLERS: [&str; 3] = ["probabilistic_sampler", "tail_sampling", "filter"];

/// Exporters that have a queue although nothing is said about one.
const QUEUING: [&str; 3] = ["otlp_grpc", "otlp_http", "kafka"];

/// Finds the paths of every client.
pub(super) fn find(parts: &Parts<'_>, drawing: &mut Drawing) {
    let mut found = Vec::new();
    for (hop, link) in drawing.links.iter().enumerate() {
        if let Origin::Client(_) = link.origin {
            let mut walk = Walk {
                parts,
                drawing,
                hops: Vec::new(),
                events: Vec::new(),
                found: Vec::new(),
            };
            walk.hop(hop);
            let service = drawing.picture.hops.get(hop).map_or(0, |hop| hop.from);
            found.extend(walk.found.into_iter().map(|(hops, verdict, events)| Path {
                service,
                hops,
                verdict,
                events,
            }));
        }
    }
    drawing.picture.paths = found;
}

/// A way while it is followed.
struct Walk<'p, 'a> {
    parts: &'p Parts<'a>,
    drawing: &'p Drawing,
    hops: Vec<usize>,
    events: Vec<Event>,
    found: Vec<(Vec<usize>, Verdict, Vec<Event>)>,
}

impl Walk<'_, '_> {
    fn end(&mut self, verdict: Verdict) {
        if self.found.len() < MAX_PATHS {
            self.found
                .push((self.hops.clone(), verdict, self.events.clone()));
        }
    }

    fn hop(&mut self, at: usize) {
        let (Some(hop), Some(link)) = (
            self.drawing.picture.hops.get(at),
            self.drawing.links.get(at),
        ) else {
            return;
        };
        // A way that comes back goes round for ever, and stores nothing on the way round.
        if self.hops.contains(&at) || self.hops.len() >= MAX_HOPS {
            return self.end(Verdict::Lost);
        }
        self.hops.push(at);
        match &link.arrival {
            None if hop.fault.is_some() => self.end(Verdict::Broken),
            None if hop.certainty == Certainty::Unknown => self.end(Verdict::Unknown),
            None => self.end(Verdict::Lost),
            Some(Arrival::End) => {
                let kind = hop
                    .to
                    .and_then(|to| self.drawing.picture.ends.get(to))
                    .map(|end| end.kind);
                self.end(if kind == Some(EndKind::Store) {
                    Verdict::Stored
                } else {
                    Verdict::Left
                });
            }
            Some(Arrival::Topic(topic)) => self.topic(*topic, hop.place),
            Some(Arrival::Process(process, receiver)) => self.process(*process, receiver),
        }
        self.hops.pop();
    }

    fn topic(&mut self, topic: usize, place: crate::source::Span) {
        let known = self.events.len();
        self.events.push(Event {
            kind: EventKind::Buffer,
            after: self.hops.len(),
            text: "they wait in Kafka".to_owned(),
            keys: Vec::new(),
            place,
        });
        self.onward(|origin| *origin == Origin::Topic(topic));
        self.events.truncate(known);
    }

    fn process(&mut self, at: usize, receiver: &str) {
        let Some(process) = self.parts.processes.get(at) else {
            return;
        };
        let Some(flow) = &process.flow else {
            return self.end(Verdict::Unknown);
        };
        let mut ways = flow.ways(receiver);
        let is_sink = |sender: usize| {
            matches!(
                flow.senders.get(sender),
                Some(Sender {
                    target: Target::Sink(_),
                    ..
                })
            )
        };
        if ways.iter().any(|(sender, _)| !is_sink(*sender)) {
            ways.retain(|(sender, _)| !is_sink(*sender));
        }
        if ways.is_empty() {
            let is_sure = process.doubt.is_none() && (flow.is_refused || !receiver.is_empty());
            return self.end(if is_sure {
                Verdict::Lost
            } else {
                Verdict::Unknown
            });
        }
        for (sender, way) in ways {
            let known = self.events.len();
            if let (Some(way), Some(pipelines)) = (&way, &flow.pipelines) {
                let after = self.hops.len();
                self.events
                    .extend(events(way, pipelines).map(|event| Event { after, ..event }));
            }
            self.onward(|origin| *origin == Origin::Process(at, sender));
            self.events.truncate(known);
        }
    }

    /// Follows the hops of an origin; where there are none, the files do not tell.
    fn onward(&mut self, is_it: impl Fn(&Origin) -> bool) {
        let links = self.drawing.links.iter().enumerate();
        let next: Vec<usize> = links
            .filter(|(_, link)| is_it(&link.origin))
            .map(|(at, _)| at)
            .collect();
        if next.is_empty() {
            return self.end(Verdict::Unknown);
        }
        for at in next {
            self.hop(at);
        }
    }
}

/// What happens to traces on a way through a collector.
fn events<'w>(way: &'w Way, pipelines: &'w Pipelines) -> impl Iterator<Item = Event> + 'w {
    let processors = way.processors.iter().filter_map(|processor| {
        let of_type = present_spelling("processor", type_of(&processor.id));
        let settings = pipelines.settings("processors", &processor.id);
        let keys = settings.map_or_else(Vec::new, |settings| taken(of_type, settings));
        let kind = if !keys.is_empty() {
            EventKind::Scrub
        } else if SAMPLERS.contains(&of_type) {
            EventKind::Sample
        } else {
            return None;
        };
        Some(Event {
            kind,
            after: 0,
            text: format!("processor `{}`", processor.id),
            keys,
            place: processor.place,
        })
    });
    processors.chain(queue(way, pipelines))
}

/// The queue of the exporter at the end of a way through a collector.
fn queue(way: &Way, pipelines: &Pipelines) -> Option<Event> {
    let id = &way.exporter.id;
    let settings = pipelines.settings("exporters", id)?;
    let queue = settings
        .get("sending_queue")
        .filter(|queue| !queue.is_null());
    let part = |key: &str| {
        queue
            .and_then(|queue| queue.get(key))
            .filter(|node| !node.is_null())
    };
    if part("enabled").is_some_and(|node| node.as_bool() != Some(true)) {
        return None;
    }
    let queues = QUEUING.contains(&present_spelling("exporter", type_of(id)));
    let (text, place) = match (part("storage"), queue) {
        (Some(storage), _) => (
            format!("exporter `{id}` keeps its queue on disk"),
            storage.span,
        ),
        (None, Some(queue)) => (
            format!("exporter `{id}` keeps its queue in memory"),
            queue.span,
        ),
        (None, None) if queues => (
            format!("exporter `{id}` keeps its queue in memory"),
            way.exporter.place,
        ),
        (None, None) => return None,
    };
    Some(Event {
        kind: EventKind::Buffer,
        after: 0,
        text,
        keys: Vec::new(),
        place,
    })
}
