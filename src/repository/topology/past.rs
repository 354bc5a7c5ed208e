//! Services whose traces leave by the same way out as those of others, and pass nothing of what scrubs those.

use std::collections::BTreeMap;

use crate::document::{MapBuilder, Node};
use crate::picture::{Event, EventKind, Path, Picture, Verdict};
use crate::repository::texts;

/// What takes something away on the way to a last hop, by the hop and the service.
pub(super) struct Scrubbed<'p>(BTreeMap<usize, BTreeMap<usize, &'p Event>>);

impl<'p> Scrubbed<'p> {
    pub(super) fn of(picture: &'p Picture) -> Self {
        let mut found: BTreeMap<usize, BTreeMap<usize, &Event>> = BTreeMap::new();
        for path in &picture.paths {
            if let (Some(last), Some(event)) = (path.hops.last(), scrub(path)) {
                let of_last = found.entry(*last).or_default();
                of_last.entry(path.service).or_insert(event);
            }
        }
        Self(found)
    }

    /// What scrubs the traces of another service on the way out that a path takes, where nothing scrubs those of its own; a
    /// service with a scrubbed way beside it is a matter of pipelines.
    pub(super) fn beside(&self, picture: &Picture, path: &Path) -> Option<Node> {
        let arrives = matches!(path.verdict, Verdict::Stored | Verdict::Left);
        let scrubbed = self.0.get(path.hops.last()?)?;
        if !arrives || scrubbed.contains_key(&path.service) {
            return None;
        }
        let (other, event) = scrubbed.first_key_value()?;
        let at = event.place;
        let service = picture.name(Some(*other));
        let keys = event.keys.iter().map(|key| (at, key.clone()));
        let node = MapBuilder::new(at)
            .label(at)
            .put("service", Node::string(at, service))
            .put("by", Node::string(at, event.text.as_str()))
            .put("keys", texts(at, keys))
            .build();
        Some(node)
    }
}

fn scrub(path: &Path) -> Option<&Event> {
    let mut events = path.events.iter();
    events.find(|event| event.kind == EventKind::Scrub)
}
