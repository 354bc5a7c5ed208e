//! What one processor by itself takes away of traces for certain, in words.

use std::collections::{BTreeMap, BTreeSet};

use crate::document::{MapBuilder, Node};
use crate::repository::collectors::scrub::States;

/// Kept keys that are named; of more the number is told.
const MAX_KEPT: usize = 4;

/// Everything that a processor takes away of traces for certain: keys, `/patterns/`, or `all but` those that it keeps, each
/// with the locations in brackets. Empty where nothing is certain.
pub(in crate::repository) fn taken(of_type: &str, config: &Node) -> Vec<String> {
    let processor = MapBuilder::new(config.span)
        .put("type", Node::string(config.span, of_type))
        .put("config", config.clone())
        .put("is_known", Node::bool(config.span, true))
        .build();
    let mut states = States::new("traces");
    states.apply(&processor);
    let mut found: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (location, state) in &states.all {
        let patterns = state.patterns.iter();
        let patterns = patterns.map(|pattern| format!("/{pattern}/"));
        let kept = state.kept.as_ref().map(all_but);
        for what in state.removed.iter().cloned().chain(patterns).chain(kept) {
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
