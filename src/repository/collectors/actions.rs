//! What `attributes`, `resource` and `redaction` do to attributes.
//!
//! Sources: the README of each processor in the contrib repository, and its code.

use crate::document::{Entry, Node};
use crate::repository::collectors::state::State;

/// The items that a processor works on.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reach {
    All,
    /// Those that have an attribute.
    With(String),
    Some,
}

impl Reach {
    /// What `include` and `exclude` leave.
    pub(super) fn of(config: &Node) -> Self {
        if config.get("exclude").is_some() {
            return Self::Some;
        }
        let Some(include) = config.get("include") else {
            return Self::All;
        };
        let is_regex = include.str_at(&["match_type"]) == Some("regexp");
        let asks = |entry: &&Entry| !["match_type", "regexp"].contains(&entry.key.as_str());
        let asked: Vec<&Entry> = include.entries().iter().filter(asks).collect();
        let is_met = |entry: &&&Entry| {
            let mut items = entry.value.items().iter();
            is_regex
                && items.any(|item| matches!(item.as_str(), Some(".*" | "^.*$" | ".+" | "^.+$")))
        };
        let rest: Vec<&&Entry> = asked.iter().filter(|entry| !is_met(entry)).collect();
        match (asked.is_empty(), &rest[..]) {
            (false, []) => Self::All,
            (_, [entry]) if entry.key == "attributes" => match entry.value.items() {
                [only] if only.get("value").is_none() => {
                    let key = only.str_at(&["key"]);
                    key.map_or(Self::Some, |key| Self::With(key.to_owned()))
                }
                _ => Self::Some,
            },
            _ => Self::Some,
        }
    }

    /// Whether everything that has a key is worked on.
    pub(super) fn covers(&self, key: Option<&str>) -> bool {
        match self {
            Self::All => true,
            Self::With(own) => key == Some(own),
            Self::Some => false,
        }
    }
}

/// Actions of `attributes` and `resource`, one after the other.
pub(super) fn actions(list: Option<&Node>, reach: &Reach, state: &mut State) {
    for action in list.map_or(&[][..], Node::items) {
        let is_filled_in = ["action", "key", "pattern"]
            .iter()
            .any(|key| action.get(key).is_some_and(Node::is_unknown));
        if !is_filled_in && action.get("action").is_some() {
            run(action, reach, state);
        } else if *reach != Reach::Some {
            state.hide("an action that is filled in later");
        }
    }
}

fn run(action: &Node, reach: &Reach, state: &mut State) {
    let text = |key: &str| action.str_at(&[key]);
    let (key, pattern) = (text("key"), text("pattern"));
    let is_total = reach.covers(key) && (pattern.is_none() || reach.covers(None));
    match (text("action").unwrap_or(""), key) {
        ("extract", Some(key)) => {
            for name in groups(pattern.unwrap_or("")) {
                let sources = state.sources(key);
                state.hold(name, sources, action.span);
            }
        }
        ("update" | "upsert" | "insert", Some(key)) if text("from_attribute").is_some() => {
            let sources = state.sources(text("from_attribute").unwrap_or(""));
            if !state.has(key) && sources.iter().any(|source| source == key) {
                state.add(key, action.span);
            }
            state.hold(key, sources, action.span);
        }
        ("update" | "upsert" | "insert", Some(key)) if action.get("from_context").is_some() => {
            state.add(key, action.span);
        }
        ("update" | "upsert", Some(key)) if is_total && action.get("value").is_some() => {
            state.remove(key);
        }
        ("delete" | "hash", _) if is_total => {
            if let Some(key) = key {
                state.remove(key);
            }
            if let Some(pattern) = pattern {
                state.remove_matching(pattern);
            }
        }
        ("delete" | "hash", _) => state.is_touched = true,
        _ => {}
    }
}

/// The names of the groups of a regular expression.
fn groups(pattern: &str) -> impl Iterator<Item = &str> {
    let parts = pattern.split("(?").skip(1);
    parts.filter_map(|part| {
        let name = part.strip_prefix('P').unwrap_or(part).strip_prefix('<')?;
        name.split_once('>').map(|(name, _)| name)
    })
}

/// `redaction`, which sees every location alike.
pub(super) fn redact(config: &Node, state: &mut State) {
    let list = |key: &str| -> Vec<String> {
        let items = config.get(key).map_or(&[][..], Node::items);
        items
            .iter()
            .filter_map(Node::as_str)
            .map(str::to_owned)
            .collect()
    };
    state.is_touched |= !list("blocked_values").is_empty();
    let (ignored, ignored_patterns) = (list("ignored_keys"), list("ignored_key_patterns"));
    let was_there: Vec<&String> = ignored.iter().filter(|key| state.has(key)).collect();
    let allows_all = match config.get("allow_all_keys") {
        None => false,
        Some(node) => match node.as_bool() {
            Some(allows) => allows,
            None => return state.hide("whether `redaction` allows all keys"),
        },
    };
    if !allows_all {
        let allowed = list("allowed_keys")
            .into_iter()
            .chain(ignored.iter().cloned());
        state.keep(allowed.collect(), ignored_patterns.clone());
    }
    let blocked = list("blocked_key_patterns");
    if config.get("allowed_values").is_none() && ignored_patterns.is_empty() {
        for pattern in &blocked {
            state.remove_matching(pattern);
        }
        for key in was_there {
            state.add(key, config.span);
        }
    } else if !blocked.is_empty() {
        state.hide("keys that `redaction` lets pass by their value or by a pattern");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_groups_of_an_expression_are_found() {
        let all: Vec<&str> = groups("^(?P<user>[^@]+)@(?<host>.*)(?:x)(?i)$").collect();
        assert_eq!(all, ["user", "host"]);
    }
}
