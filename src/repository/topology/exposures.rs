//! Exposures across collectors: what an upstream collector takes away does not arrive at the next one.
//!
//! Each collector's exposures are computed by itself. Here their routes are put behind those that feed them, and those
//! from which a collector of the files goes on are marked: what arrives in the end is told where it ends.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::document::{List, MapBuilder, Node, Value};
use crate::repository::collectors::{normal_id, type_of};
use crate::repository::topology::{Arrival, Drawing, Origin, Parts};
use crate::repository::{Subject, SubjectKind, derived, untold};
use crate::source::Span;

/// Routes of one exposure that are followed.
const MAX_ROUTES: usize = 64;

/// An exposure: exporter and location.
type Key<'a> = (Span, &'a str, &'a str);

/// Everything that exposures are joined from.
struct Join<'p, 'a> {
    parts: &'p Parts<'a>,
    drawing: &'p Drawing,
    exposures: BTreeMap<Key<'a>, (usize, &'a Node)>,
    /// The process of each configuration; nothing for one that several run.
    processes: BTreeMap<Span, Option<usize>>,
}

/// The exposures that change when collectors are joined: the index of the subject, and the exposure.
pub(super) fn joined<'a>(
    parts: &Parts<'a>,
    drawing: &Drawing,
    subjects: &'a [Subject],
) -> Vec<(usize, Node)> {
    let mut join = Join {
        parts,
        drawing,
        exposures: BTreeMap::new(),
        processes: BTreeMap::new(),
    };
    let all = subjects.iter().enumerate();
    for (at, subject) in all.filter(|(_, subject)| subject.kind == SubjectKind::Exposure) {
        if let [exposure, collector] = subject.bindings.as_slice()
            && let Some(config) = collector.get("config")
            && let (Some(exporter), Some(location)) = (
                exposure.str_at(&["exporter"]),
                exposure.str_at(&["location"]),
            )
        {
            let key = (config.span, exporter, location);
            join.exposures.insert(key, (at, exposure));
        }
    }
    for (at, process) in parts.processes.iter().enumerate() {
        let pipelines = process
            .flow
            .as_ref()
            .and_then(|flow| flow.pipelines.as_ref());
        if let Some(pipelines) = pipelines.filter(|_| !process.is_file) {
            let several = join.processes.contains_key(&pipelines.root.span);
            let own = Some(at).filter(|_| !several);
            join.processes.insert(pipelines.root.span, own);
        }
    }
    let keys: Vec<Key<'_>> = join.exposures.keys().copied().collect();
    keys.into_iter()
        .filter_map(|key| join.changed(key))
        .collect()
}

impl<'a> Join<'_, 'a> {
    /// An exposure that other collectors have a say in.
    fn changed(&self, key: Key<'a>) -> Option<(usize, Node)> {
        let (config, exporter, _) = key;
        let (at, exposure) = *self.exposures.get(&key)?;
        let process = (*self.processes.get(&config)?)?;
        let routes = self.routes(process, key, &mut Vec::new());
        let is_passed_on =
            self.is_passed_on(process, exporter) || self.is_cut_off(process, exporter);
        let own = exposure.get("routes").map_or(&[][..], Node::items);
        if routes == own && !is_passed_on {
            return None;
        }
        let open = exposure.get("routes").and_then(Node::openness);
        let list = List::new(routes, open);
        let routes = Node::new(exposure.span, Value::List(Arc::new(list)));
        let is_passed_on = Node::bool(exposure.span, is_passed_on);
        let changed = with(exposure, |node| {
            node.put("routes", routes.clone())
                .put("is_passed_on", is_passed_on.clone())
        });
        Some((at, changed))
    }

    /// The routes to an exporter, those of the collectors before among them.
    fn routes(&self, process: usize, key: Key<'a>, behind: &mut Vec<usize>) -> Vec<Node> {
        let Some((_, exposure)) = self.exposures.get(&key) else {
            return Vec::new();
        };
        let own = exposure.get("routes").map_or(&[][..], Node::items);
        if behind.contains(&process) {
            return own.to_vec();
        }
        behind.push(process);
        let mut found: Vec<Node> = Vec::new();
        for route in own {
            let route = &self.marked(process, route);
            let before = self.before(process, route, key, behind);
            let whole: Vec<Node> = match before.as_slice() {
                [] if behind.len() > 1 && self.is_read_only(process, route) => {
                    vec![of_topic(route)]
                }
                [] => vec![route.clone()],
                before => before
                    .iter()
                    .map(|(from, before)| {
                        behind_of((self.name(process), route), (self.name(*from), before))
                    })
                    .collect(),
            };
            let room = MAX_ROUTES.saturating_sub(found.len());
            found.extend(whole.into_iter().take(room));
        }
        behind.pop();
        found
    }

    /// A route that says whether it passes a `redaction` of its collector by, or one that redacts nothing.
    fn marked(&self, process: usize, route: &Node) -> Node {
        let is_untouched = route.get("is_untouched").and_then(Node::as_bool) == Some(true);
        let flow = self.parts.flow(process).filter(|_| is_untouched);
        let root = flow.and_then(|flow| Some(&flow.pipelines.as_ref()?.root));
        let way = route.str_at(&["way"]).unwrap_or("");
        if root.is_some_and(|root| has_idle_redaction(root, way)) {
            with(route, |node| {
                node.put("is_beside_scrubber", Node::bool(route.span, true))
            })
        } else {
            route.clone()
        }
    }

    /// The name of a process.
    fn name(&self, process: usize) -> &str {
        let process = self.parts.processes.get(process);
        process.map_or("?", |process| &process.name)
    }

    /// The routes of other collectors that feed a route; none where somebody else feeds it, too.
    fn before(
        &self,
        process: usize,
        route: &Node,
        (_, _, location): Key<'a>,
        behind: &mut Vec<usize>,
    ) -> Vec<(usize, Node)> {
        let start = route.str_at(&["start"]).unwrap_or("");
        if type_of(start) != "traces" {
            return Vec::new();
        }
        let mut found = Vec::new();
        for (from, sender) in self.feeders(process, start).unwrap_or_default() {
            let flow = self.parts.flow(from);
            let Some(flow) = flow.filter(|flow| !flow.is_refused) else {
                return Vec::new();
            };
            let (Some(pipelines), Some(sender)) = (&flow.pipelines, flow.senders.get(sender))
            else {
                return Vec::new();
            };
            let upstream = (pipelines.root.span, sender.id.as_str(), location);
            let known = self.exposures.get_key_value(&upstream).map(|(key, _)| *key);
            let routes = known
                .map(|key| self.routes(from, key, behind))
                .unwrap_or_default();
            if routes.is_empty() {
                return Vec::new();
            }
            found.extend(routes.into_iter().map(|route| (from, route)));
        }
        found
    }

    /// Whether a route begins with what is read from Kafka alone, where somebody else may have worked on it.
    fn is_read_only(&self, process: usize, route: &Node) -> bool {
        let start = route.str_at(&["start"]).unwrap_or("");
        let receivers = self.receivers(process, start).unwrap_or_default();
        !receivers.is_empty() && receivers.iter().all(|id| type_of(id) == "kafka")
    }

    /// The receivers of a pipeline.
    fn receivers(&self, process: usize, pipeline: &str) -> Option<Vec<String>> {
        let flow = self.parts.flow(process)?;
        let root = &flow.pipelines.as_ref()?.root;
        let pipelines = root.at(&["service", "pipelines"])?.entries().iter();
        let mut own = pipelines.filter(|entry| normal_id(&entry.key) == pipeline);
        let receivers = own.next()?.value.get("receivers")?.items().iter();
        let names = receivers.filter_map(|item| item.as_str().map(normal_id));
        Some(names.collect())
    }

    /// The senders that feed a pipeline; nothing where a service does, too, or nobody is known.
    fn feeders(&self, process: usize, pipeline: &str) -> Option<Vec<(usize, usize)>> {
        let receivers = self.receivers(process, pipeline)?;
        let mut found = Vec::new();
        for link in &self.drawing.links {
            let feeds = matches!(&link.arrival, Some(Arrival::Process(at, receiver)) if *at == process && receivers.contains(receiver));
            match link.origin {
                _ if !feeds => {}
                Origin::Client(_) => return None,
                Origin::Process(from, sender) => found.push((from, sender)),
                Origin::Topic(topic) => found.extend(self.writers(topic)),
                Origin::Store => {}
            }
        }
        Some(found)
    }

    /// Who writes a topic.
    fn writers(&self, topic: usize) -> impl Iterator<Item = (usize, usize)> {
        let links = self.drawing.links.iter();
        let writing = links.filter(move |link| link.arrival == Some(Arrival::Topic(topic)));
        writing.filter_map(|link| match link.origin {
            Origin::Process(from, sender) => Some((from, sender)),
            Origin::Client(_) | Origin::Topic(_) | Origin::Store => None,
        })
    }

    /// The number of the sender that an exporter of a process is.
    fn sender(&self, process: usize, exporter: &str) -> Option<usize> {
        let mut senders = self.parts.flow(process)?.senders.iter();
        senders.position(|sender| sender.id == exporter)
    }

    /// Whether everything that an exporter sends goes to collectors of the files, whose configurations are known.
    fn is_passed_on(&self, process: usize, exporter: &str) -> bool {
        let Some(sender) = self.sender(process, exporter) else {
            return false;
        };
        let mut own = self
            .drawing
            .links
            .iter()
            .filter(|link| link.origin == Origin::Process(process, sender))
            .peekable();
        own.peek().is_some() && own.all(|link| self.goes_on(link.arrival.as_ref()))
    }

    /// Whether the way breaks right before or after a collector: what arrives in the end cannot be said before it is
    /// mended, and the break is told by itself.
    fn is_cut_off(&self, process: usize, exporter: &str) -> bool {
        let own = self.parts.processes.get(process);
        let sender = self.sender(process, exporter);
        let links = self.drawing.links.iter().zip(&self.drawing.picture.hops);
        let mut is_fed = false;
        let mut is_broken_elsewhere = false;
        for (link, hop) in links {
            is_fed |= matches!(link.arrival, Some(Arrival::Process(at, _)) if at == process);
            let is_own = matches!(link.origin, Origin::Process(at, number) if at == process && Some(number) == sender);
            if hop.fault.is_some() && is_own {
                return true;
            }
            let shares = own.is_some_and(|own| {
                self.parts
                    .inventory
                    .share(own.environment, self.drawing.picture.environment(hop))
            });
            is_broken_elsewhere |= hop.fault.is_some() && shares;
        }
        !is_fed && is_broken_elsewhere
    }

    fn goes_on(&self, arrival: Option<&Arrival>) -> bool {
        match arrival {
            Some(Arrival::Process(at, _)) => {
                let flow = self.parts.flow(*at);
                flow.is_some_and(|flow| flow.pipelines.is_some())
            }
            Some(Arrival::Topic(topic)) => {
                let links = self.drawing.links.iter();
                let mut readers = links
                    .filter(|link| link.origin == Origin::Topic(*topic))
                    .peekable();
                readers.peek().is_some()
                    && readers.all(|link| {
                        matches!(link.arrival, Some(Arrival::Process(..)))
                            && self.goes_on(link.arrival.as_ref())
                    })
            }
            Some(Arrival::End) | None => false,
        }
    }
}

/// A route with the one that leads to its start.
fn behind_of((own_name, route): (&str, &Node), (name, before): (&str, &Node)) -> Node {
    let way = |node: &Node| node.str_at(&["way"]).unwrap_or("").to_owned();
    let ahead = match before.get("before") {
        Some(_) => way(before),
        None => format!("{name} ({})", way(before)),
    };
    let untouched = |node: &Node| {
        node.get("is_untouched")
            .cloned()
            .unwrap_or(Node::null(node.span))
    };
    let own = untouched(route);
    let is_untouched = match (own.as_bool(), untouched(before).as_bool()) {
        (Some(true), _) => untouched(before),
        (None, Some(false)) => Node::bool(route.span, false),
        _ => own,
    };
    let is_beside = [route, before]
        .iter()
        .any(|node| node.get("is_beside_scrubber").and_then(Node::as_bool) == Some(true));
    let all = format!("{ahead} > {own_name} ({})", way(route));
    let steps = |node: &Node| node.get("steps").map_or(&[][..], Node::items).to_vec();
    let steps = [steps(before), steps(route)].concat();
    with(route, |whole| {
        whole
            .put("way", Node::string(route.span, all.as_str()))
            .put("is_untouched", is_untouched.clone())
            .put("steps", Node::list(route.span, steps.clone()))
            .put("is_beside_scrubber", Node::bool(route.span, is_beside))
            .put("before", before.clone())
    })
}

/// A route of which it is not told who writes what it begins with.
fn of_topic(route: &Node) -> Node {
    let is_untouched = route.get("is_untouched").and_then(Node::as_bool);
    if is_untouched == Some(false) {
        return route.clone();
    }
    let what = untold(route.span, "who writes the topic that it begins with");
    with(route, |node| node.put("is_untouched", what.clone()))
}

/// A map with some of its keys changed.
fn with(node: &Node, change: impl Fn(&mut MapBuilder) -> &mut MapBuilder) -> Node {
    change(derived(node).share_all(node)).build()
}

/// Whether a configuration has a `redaction` that no pipeline of a way names, or that blocks nothing.
fn has_idle_redaction(root: &Node, way: &str) -> bool {
    let processors = root.get("processors").map_or(&[][..], Node::entries).iter();
    let mut own = processors.filter(|entry| type_of(&entry.key) == "redaction");
    let pipelines = root
        .at(&["service", "pipelines"])
        .map_or(&[][..], Node::entries);
    let names = |id: &str| {
        let mut on_way = pipelines.iter().filter(|entry| {
            way.split(" > ")
                .any(|pipeline| pipeline == normal_id(&entry.key))
        });
        on_way.any(|entry| {
            let processors = entry.value.get("processors").map_or(&[][..], Node::items);
            processors
                .iter()
                .filter_map(Node::as_str)
                .any(|item| normal_id(item) == id)
        })
    };
    own.any(|entry| {
        let mut blocked = ["blocked_values", "blocked_key_patterns"].iter();
        let blocks = blocked.any(|key| entry.value.get(key).is_some());
        !blocks || !names(&normal_id(&entry.key))
    })
}
