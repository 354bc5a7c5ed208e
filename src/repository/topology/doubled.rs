//! Traces that come to one store, or one topic, on two ways.

use crate::document::{MapBuilder, Node};
use crate::picture::{Hop, Path, Picture, Verdict};
use crate::repository::collectors::type_of;
use crate::repository::topology::{Drawing, Origin, Parts};

/// Connectors that give each of their pipelines a part of what they get.
const CHOOSING: [&str; 3] = ["routing", "failover", "roundrobin"];

/// The senders with which a path leaves earlier ones of the same service, where every trace comes to the same store on
/// both: each with the sender that it stands beside, and the store.
pub(super) fn senders(parts: &Parts<'_>, drawing: &Drawing, at: usize) -> Vec<Node> {
    let picture = &drawing.picture;
    let Some(path) = picture.paths.get(at).filter(|path| is_stored(path)) else {
        return Vec::new();
    };
    // The paths of a service stand together.
    let before = picture.paths.get(..at).unwrap_or_default().iter().rev();
    let same = before.take_while(|other| other.service == path.service);
    let mut same: Vec<&Path> = same.filter(|other| is_stored(other)).collect();
    same.reverse();
    let mut found: Vec<Node> = Vec::new();
    for other in same {
        let Some((own, beside)) = fork(parts, drawing, (path, other)) else {
            continue;
        };
        let at = own.place;
        if found.iter().all(|node| node.span != at) {
            let store = path.hops.last().and_then(|at| picture.hops.get(*at)?.to);
            let node = MapBuilder::new(at)
                .label(at)
                .put("sender", Node::string(at, own.sender.as_str()))
                .put("beside", Node::string(beside.place, beside.sender.as_str()))
                .put("store", Node::string(at, picture.name(store)))
                .build();
            found.push(node);
        }
    }
    found
}

fn is_stored(path: &Path) -> bool {
    path.verdict == Verdict::Stored
}

/// The hops with which two paths part, if all traces go both ways and meet again.
fn fork<'p>(
    parts: &Parts<'_>,
    drawing: &'p Drawing,
    (path, other): (&Path, &Path),
) -> Option<(&'p Hop, &'p Hop)> {
    let picture: &Picture = &drawing.picture;
    let at = path
        .hops
        .iter()
        .zip(&other.hops)
        .position(|(one, two)| one != two)?;
    let (own, second) = (*path.hops.get(at)?, *other.hops.get(at)?);
    let (Origin::Process(process, one), Origin::Process(_, two)) = (
        &drawing.links.get(own)?.origin,
        &drawing.links.get(second)?.origin,
    ) else {
        return None;
    };
    let (own, second) = (picture.hops.get(own)?, picture.hops.get(second)?);
    let end = |path: &Path| picture.hops.get(*path.hops.last()?)?.to;
    let is_thinned = |path: &Path| {
        let mut events = path.events.iter();
        events.any(|event| event.after >= at && event.kind.is_thinning())
    };
    let all_go = one != two && !chooses(parts, *process) && !is_thinned(path) && !is_thinned(other);
    let meets = own.to != second.to && end(path) == end(other);
    (all_go && meets).then_some((own, second))
}

/// Whether a process may send a trace to one of its exporters, and not to another.
fn chooses(parts: &Parts<'_>, process: usize) -> bool {
    let pipelines = parts.flow(process).and_then(|flow| flow.pipelines.as_ref());
    let connectors = pipelines.and_then(|pipelines| pipelines.root.get("connectors"));
    let mut connectors = connectors.map_or(&[][..], Node::entries).iter();
    connectors.any(|entry| CHOOSING.contains(&type_of(&entry.key)))
}
