//! Services with the collectors that their selectors fit, and where each of those sends traces.

use std::collections::BTreeSet;

use crate::document::{MapBuilder, Node};
use crate::repository::index::Fit;
use crate::repository::topology::routes;
use crate::repository::topology::services::{self, Backend, Service};
use crate::repository::topology::trail::Outcome;
use crate::repository::topology::{Arrival, Drawing, Origin, Parts};
use crate::repository::{Subject, SubjectKind, texts};
use crate::source::Span;

/// The Services behind which collectors take traces, each at its selector.
pub(super) fn all(parts: &Parts<'_>, drawing: &Drawing) -> Vec<Subject> {
    let services = parts.services.iter();
    let selections = services.filter_map(|service| {
        let Backend::Pods(selector) = &service.backend else {
            return None;
        };
        let collectors = selected(parts, (service, selector));
        (!collectors.is_empty())
            .then(|| subject((parts, drawing), (service, selector.span), &collectors))
    });
    selections.collect()
}

/// The processes that take traces at a port of a Service.
fn selected(parts: &Parts<'_>, (service, selector): (&Service<'_>, &Node)) -> BTreeSet<usize> {
    let processes = parts.processes.iter();
    let mut works = processes.filter_map(|process| parts.works.get(process.work?));
    if !works.any(|work| services::fits(service, selector, work) == Fit::Yes) {
        return BTreeSet::new();
    }
    let ports = service.ports.iter();
    let routes = ports.flat_map(|port| routes::of_port(parts, service, port));
    let reached = routes.filter_map(|route| match route.outcome {
        Outcome::Process(at, receiver) => Some(at).filter(|_| !receiver.is_empty()),
        Outcome::Work(_)
        | Outcome::Named(..)
        | Outcome::External(_)
        | Outcome::Fault(_)
        | Outcome::Unknown => None,
    });
    reached.collect()
}

fn subject(
    (parts, drawing): (&Parts<'_>, &Drawing),
    (service, at): (&Service<'_>, Span),
    collectors: &BTreeSet<usize>,
) -> Subject {
    let processes = collectors.iter().filter_map(|at| {
        let process = parts.processes.get(*at)?;
        let work = parts.works.get(process.work?)?;
        let place = process.place;
        let onward = onward(drawing, *at).into_iter();
        let onward = onward.filter_map(|at| Some((place, parts.processes.get(at)?.name.clone())));
        let label = format!("{} `{}`", work.kind(), process.name);
        let mut node = MapBuilder::new(place);
        node.label(place)
            .put("name", Node::string(place, process.name.as_str()))
            .put("label", Node::string(place, label))
            .put("sends_to", texts(place, onward));
        Some(node.build())
    });
    let name = service.full_name();
    let mut node = MapBuilder::new(at);
    node.label(at)
        .put("name", Node::string(at, name.as_str()))
        .put("collectors", Node::list(at, processes.collect()));
    Subject::new(
        SubjectKind::Selection,
        (at.file, at),
        format!("Service/{name}"),
        vec![node.build()],
    )
}

/// The processes to which a process passes traces, straight or through others.
fn onward(drawing: &Drawing, from: usize) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut topics = BTreeSet::new();
    let mut waiting = vec![Origin::Process(from, 0)];
    while let Some(origin) = waiting.pop() {
        let is_of = |other: &Origin| match (origin, other) {
            (Origin::Process(at, _), Origin::Process(own, _))
            | (Origin::Topic(at), Origin::Topic(own)) => at == *own,
            _ => false,
        };
        for link in drawing.links.iter().filter(|link| is_of(&link.origin)) {
            match &link.arrival {
                Some(Arrival::Process(at, _)) => {
                    if found.insert(*at) {
                        waiting.push(Origin::Process(*at, 0));
                    }
                }
                Some(Arrival::Topic(at)) => {
                    if topics.insert(*at) {
                        waiting.push(Origin::Topic(*at));
                    }
                }
                Some(Arrival::End) | None => {}
            }
        }
    }
    found
}
