//! What each processor of a way takes away of traces for certain, in words.

use std::collections::{BTreeMap, BTreeSet};

use crate::document::{MapBuilder, Node};
use crate::repository::collectors::scrub::States;

/// Kept keys that are named; of more the number is told.
const MAX_KEPT: usize = 4;

/// Everything that each of some processors, by type and settings and in their order, takes away of traces for certain, and
/// that none brings back: keys, `/patterns/`, or `all but` those that it keeps, each with the locations in brackets. Empty
/// where nothing is certain.
pub(in crate::repository) fn taken(processors: &[(&str, &Node)]) -> Vec<Vec<String>> {
    let processors = processors.iter().map(|(of_type, config)| {
        MapBuilder::new(config.span)
            .put("type", Node::string(config.span, *of_type))
            .put("config", (*config).clone())
            .put("is_known", Node::bool(config.span, true))
            .build()
    });
    let processors: Vec<Node> = processors.collect();
    let mut whole = States::new("traces");
    for processor in &processors {
        whole.apply(processor);
    }
    let all = processors.iter();
    all.map(|processor| by_one(processor, &whole)).collect()
}

fn by_one(processor: &Node, whole: &States) -> Vec<String> {
    let mut states = States::new("traces");
    states.apply(processor);
    let mut found: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for ((location, state), (_, end)) in states.all.iter().zip(&whole.all) {
        let patterns = state.patterns.iter();
        let patterns = patterns.map(|pattern| format!("/{pattern}/"));
        let kept = state.kept.as_ref().map(all_but);
        let removed = state
            .removed
            .iter()
            .filter(|key| !end.added.contains_key(*key));
        for what in removed.cloned().chain(patterns).chain(kept) {
            found.entry(what).or_default().push(location.name());
        }
    }
    let all = found.into_iter();
    all.map(|(what, locations)| format!("{what} ({})", locations.join(", ")))
        .collect()
}

/// Everything but the keys and patterns that a list keeps.
fn all_but((keys, patterns): &(BTreeSet<String>, Vec<String>)) -> String {
    let patterns = patterns.iter().map(|pattern| format!("/{pattern}/"));
    let kept: Vec<String> = keys.iter().cloned().chain(patterns).collect();
    match kept.len() {
        0 => "everything".to_owned(),
        1..=MAX_KEPT => format!("all but {}", kept.join(" and ")),
        count => format!("all but {count} keys"),
    }
}
