//! Hops and paths as rules see them.

use crate::document::{MapBuilder, Node};
use crate::picture::{Certainty, Hop, Path, Picture, Step};
use crate::repository::{Subject, SubjectKind, texts};

/// The subjects of a picture.
pub(super) fn all(picture: &Picture) -> Vec<Subject> {
    let hops = picture.hops.iter().map(|hop| hop_subject(picture, hop));
    let paths = picture
        .paths
        .iter()
        .filter_map(|path| path_subject(picture, path));
    hops.chain(paths).collect()
}

fn hop_subject(picture: &Picture, hop: &Hop) -> Subject {
    let node = hop_node(picture, hop);
    let from = end_object(picture, Some(hop.from));
    Subject {
        kind: SubjectKind::Hop,
        label: hop.place,
        file: hop.place.file,
        object: format!("{from}/{}", hop.sender),
        bindings: vec![node],
    }
}

/// The logical name of an end.
fn end_object(picture: &Picture, end: Option<usize>) -> String {
    let end = end.and_then(|at| picture.ends.get(at));
    end.map_or_else(String::new, |end| {
        format!("{}/{}", end.kind.name(), end.name)
    })
}

fn hop_node(picture: &Picture, hop: &Hop) -> Node {
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
    let part = |part: fn(&crate::picture::Fault) -> &str| text(fault.map_or("", part));
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
        .put(
            "is_exact",
            Node::bool(at, hop.certainty == Certainty::Exact),
        );
    node.build()
}

fn steps<'s>(at: crate::source::Span, steps: impl Iterator<Item = &'s Step>) -> Node {
    texts(at, steps.map(|step| (step.place, step.text.clone())))
}

fn path_subject(picture: &Picture, path: &Path) -> Option<Subject> {
    let hops: Vec<&Hop> = path
        .hops
        .iter()
        .filter_map(|at| picture.hops.get(*at))
        .collect();
    let first = hops.first()?;
    let last = hops.last()?;
    let service = picture.ends.get(path.service)?;
    let at = first.place;
    let text = |text: &str| Node::string(at, text);
    let names = std::iter::once(service.name.clone());
    let onward = hops.iter().map(|hop| picture.name(hop.to).to_owned());
    let replicas = hops
        .iter()
        .filter_map(|hop| picture.ends.get(hop.to?)?.replicas)
        .min();
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
        .put("last", hop_node(picture, last))
        .put(
            "hops",
            Node::list(at, hops.iter().map(|hop| hop_node(picture, hop)).collect()),
        )
        .put("events", Node::list(at, events.collect()))
        .put("steps", steps(at, all_steps.iter()))
        .put_some(
            "replicas",
            replicas.map(|count| Node::new(at, crate::document::Value::Int(count))),
        );
    Some(Subject {
        kind: SubjectKind::TracePath,
        label: at,
        file: at.file,
        object: format!("service/{}", service.name),
        bindings: vec![node.build()],
    })
}
