//! The ways of traces from each service as far as they can be followed, with what happens to them there.

use crate::document::{Node, Value};
use crate::picture::{Certainty, EndKind, Event, EventKind, Path, Verdict};
use crate::repository::collectors::{present_spelling, taken, type_of};
use crate::repository::topology::pipelines::{Mention, Pipelines, Way};
use crate::repository::topology::senders::{Sender, Target};
use crate::repository::topology::{Arrival, Drawing, Origin, Parts};

/// Ways of one service that are followed.
const MAX_PATHS: usize = 64;
/// Hops of one way that are followed.
const MAX_HOPS: usize = 24;

/// What is kept by something that drops everything.
const NOTHING: &str = "nothing";

/// Exporters that have a queue although nothing is said about one.
const QUEUING: [&str; 3] = ["otlp_grpc", "otlp_http", "kafka"];

/// Finds the paths of every client.
pub(super) fn find(parts: &Parts<'_>, drawing: &mut Drawing) {
    let mut found = Vec::new();
    for (hop, link) in drawing.links.iter().enumerate() {
        if let Origin::Client(client) = link.origin {
            let mut walk = Walk {
                parts,
                drawing,
                hops: Vec::new(),
                events: Vec::new(),
                found: Vec::new(),
            };
            let client = parts.clients.get(client);
            walk.events
                .extend(client.and_then(|client| at_start(&client.variables)));
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
            _ if self.drops() => self.end(Verdict::Lost),
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
            if self.drops() {
                self.end(Verdict::Lost);
            } else {
                self.onward(|origin| *origin == Origin::Process(at, sender));
            }
            self.events.truncate(known);
        }
    }

    /// Whether something on the way so far drops everything.
    fn drops(&self) -> bool {
        let mut events = self.events.iter();
        events.any(|event| event.kind == EventKind::Drop)
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

/// What the sampler of a program keeps; nothing for one that keeps everything, and where none is stated.
/// Source: the specification of OpenTelemetry, "General SDK Configuration", `OTEL_TRACES_SAMPLER`.
fn at_start(variables: &Node) -> Option<Event> {
    let sampler = variables.get("OTEL_TRACES_SAMPLER")?;
    let name = sampler.as_str()?;
    let ratio = variables.str_at(&["OTEL_TRACES_SAMPLER_ARG"]);
    let is_zero = ratio.and_then(|ratio| ratio.trim().parse::<f64>().ok()) == Some(0.0);
    let kind = match name {
        "always_on" | "parentbased_always_on" => return None,
        "always_off" => EventKind::Drop,
        "traceidratio" if is_zero => EventKind::Drop,
        _ => EventKind::Sample,
    };
    let is_ratio = name.ends_with("traceidratio");
    let ratio = ratio
        .filter(|_| is_ratio)
        .map_or(String::new(), |ratio| format!(" {ratio}"));
    Some(Event {
        kind,
        after: 0,
        text: format!("sampler `{name}`{ratio}"),
        keys: Vec::new(),
        place: sampler.span,
    })
}

fn number(node: &Node) -> Option<String> {
    if let Value::Float(number) = node.value {
        return Some(number.to_string());
    }
    node.as_int().map(|number| number.to_string())
}

/// How much of the traces a processor keeps, where its settings say so.
fn share(of_type: &str, settings: &Node) -> Option<String> {
    match of_type {
        "probabilistic_sampler" => {
            // Nothing is kept where no share is set.
            let percent = match settings.get("sampling_percentage") {
                Some(percent) => number(percent)?,
                None if settings.openness().is_some() => return None,
                None => "0".to_owned(),
            };
            Some(match percent.as_str() {
                "0" => NOTHING.to_owned(),
                percent => format!("{percent} %"),
            })
        }
        "filter" => {
            let of_spans = settings
                .at(&["traces", "span"])
                .map_or(&[][..], Node::items)
                .iter();
            let mut all = of_spans.chain(
                settings
                    .get("trace_conditions")
                    .map_or(&[][..], Node::items),
            );
            let is_always = |condition: &Node| {
                let text = condition
                    .as_str()
                    .map(|text| text.trim_matches(['(', ')', ' ']));
                text == Some("true") || condition.as_bool() == Some(true)
            };
            all.any(is_always).then(|| NOTHING.to_owned())
        }
        _ => None,
    }
}

/// What happens to traces on a way through a collector.
fn events<'w>(way: &'w Way, pipelines: &'w Pipelines) -> impl Iterator<Item = Event> + 'w {
    let known = way.processors.iter().filter_map(|processor| {
        let of_type = present_spelling("processor", type_of(&processor.id));
        let settings = pipelines.settings("processors", &processor.id)?;
        Some((processor, (of_type, settings)))
    });
    let (mentions, known): (Vec<&Mention>, Vec<(&str, &Node)>) = known.unzip();
    let taken = taken(&known);
    let all = mentions.into_iter().zip(known).zip(taken);
    let processors = all.filter_map(|((processor, (of_type, settings)), keys)| {
        let kept = share(of_type, settings);
        let kind = match of_type {
            _ if !keys.is_empty() => EventKind::Scrub,
            _ if kept.as_deref() == Some(NOTHING) => EventKind::Drop,
            "filter" => EventKind::Filter,
            "probabilistic_sampler" | "tail_sampling" => EventKind::Sample,
            _ => return None,
        };
        let kept = kept.map_or(String::new(), |kept| format!(" keeps {kept}"));
        Some(Event {
            kind,
            after: 0,
            text: format!("processor `{}`{kept}", processor.id),
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
