//! What `transform` does to attributes, statement by statement.
//!
//! Whatever works only for some items takes nothing away for certain. Source: the README of the processor and of
//! `pkg/ottl` in the contrib repository, and their code.

use std::collections::BTreeSet;

use crate::document::Node;
use crate::repository::collectors::ottl::{self, Call, Path, Statement, Value};
use crate::repository::collectors::scrub::States;
use crate::repository::collectors::state::{Location, State};
use crate::source::Span;

impl States {
    pub(super) fn transform(&mut self, config: &Node) {
        self.cache = State::empty();
        for statement in statements(config) {
            if statement.signal != self.signal {
                continue;
            }
            let Some(text) = statement.node.as_str() else {
                self.hide("a statement that is filled in later");
                continue;
            };
            match ottl::statement(text) {
                Ok(parsed) => {
                    let is_total = !statement.is_conditional(&parsed);
                    self.copy(
                        &parsed.call,
                        statement.context,
                        (statement.node.span, is_total),
                    );
                    if is_total {
                        self.edit(&parsed.call, statement.context, statement.node.span);
                    } else {
                        self.touch(&parsed.call, statement.context);
                    }
                }
                Err(_) if text.contains("attributes") => {
                    self.hide("a statement that is not followed");
                }
                Err(_) => {}
            }
        }
    }

    /// Notes what `set` copies from attributes, whether it does so always or at times.
    fn copy(&mut self, call: &Call, context: &str, (place, is_total): (Span, bool)) {
        let (Some(Value::Path(target)), Some(value)) = (call.arg(0), call.arg(1)) else {
            return;
        };
        let to_text = text(target, context);
        if call.name != "set" || to_text.is_none() && target.key().is_none() {
            return;
        }
        let mut read = Vec::new();
        attributes(value, &mut read);
        let mut sources = Vec::new();
        for path in read {
            let key = path.key().zip(self.of(path, context));
            sources.extend(key.map_or_else(Vec::new, |(key, state)| state.sources(key)));
        }
        let carrier = target.key().unwrap_or("");
        let state = match to_text {
            Some(text) => self.at(text),
            None => self.of(target, context),
        };
        if let Some(state) = state {
            if is_total {
                state.copies.retain(|copy| copy.carrier != carrier);
                if sources.iter().any(|source| source == carrier) {
                    state.add(carrier, place);
                }
            }
            state.hold(carrier, sources, place);
        }
    }

    /// The attributes, or what is put aside, that a path leads to.
    fn of(&mut self, path: &Path, context: &str) -> Option<&mut State> {
        if path.names().last() == Some(&"cache") {
            return Some(&mut self.cache);
        }
        self.at(location(path, context)?)
    }

    /// Notes that an editor takes something away of some items, or of values.
    fn touch(&mut self, call: &Call, context: &str) {
        let is_taking = call.name.starts_with("delete_")
            || call.name.starts_with("keep_")
            || call.name.starts_with("replace_")
            || call.name == "set" && call.arg(1).is_some_and(Value::is_constant);
        let Some(Value::Path(target)) = call.arg(0).filter(|_| is_taking) else {
            return;
        };
        if let Some(state) = location(target, context).and_then(|location| self.at(location)) {
            state.is_touched = true;
        }
    }

    /// `merge_maps` brings in what is left of other attributes.
    fn merge(&mut self, call: &Call, context: &str, place: Span) {
        let (Some(Value::Path(target)), Some(Value::Path(source))) = (call.arg(0), call.arg(1))
        else {
            return;
        };
        if !target.keys().is_empty() || !source.keys().is_empty() {
            return;
        }
        let Some(source) = location(source, context).and_then(|source| self.at(source)) else {
            return;
        };
        let source = source.clone();
        let Some(state) = location(target, context).and_then(|target| self.at(target)) else {
            return;
        };
        let is_there = |key: &&String| !source.sources(key).is_empty();
        let back: Vec<String> = state.removed.iter().filter(is_there).cloned().collect();
        for key in &back {
            state.add(key, place);
        }
    }

    /// One editor of OTTL.
    fn edit(&mut self, call: &Call, context: &str, place: Span) {
        if call.name == "merge_maps" {
            return self.merge(call, context, place);
        }
        let Some(Value::Path(target)) = call.arg(0) else {
            return;
        };
        let Some(state) = location(target, context).and_then(|location| self.at(location)) else {
            return;
        };
        let is_whole = target.keys().is_empty();
        let text = |index: usize| call.arg(index).and_then(Value::as_text);
        match (call.name.as_str(), target.key(), call.arg(1)) {
            ("delete_key", None, Some(Value::Text(key))) => state.remove(key),
            ("delete_matching_keys", None, Some(Value::Text(pattern))) => {
                state.remove_matching(pattern);
            }
            ("keep_keys", None, Some(Value::List(list))) => state.keep(texts(list), Vec::new()),
            ("keep_matching_keys", None, Some(Value::Text(pattern))) => {
                state.keep(BTreeSet::new(), vec![pattern.clone()]);
            }
            ("set", _, Some(Value::Nil)) => {}
            ("set", Some(key), Some(value)) if value.is_constant() => state.remove(key),
            // A hash or a part of the old value still comes from it; anything else brings in what it names.
            ("set", Some(key), Some(Value::Call(call))) if is_hash(&call.name) => state.remove(key),
            ("set", None, Some(value)) if is_whole && value.is_constant() => {
                state.keep(BTreeSet::new(), Vec::new());
            }
            ("set", None, Some(_)) if is_whole => {
                state.hide("attributes that are set as a whole");
            }
            ("replace_pattern", Some(key), Some(Value::Text(pattern)))
                if is_total(pattern) && text(2).is_some() =>
            {
                state.remove(key);
            }
            ("replace_match", Some(key), Some(Value::Text(pattern)))
                if pattern == "*" && text(2).is_some() =>
            {
                state.remove(key);
            }
            ("replace_all_matches", None, Some(Value::Text(pattern)))
                if pattern == "*" && text(2).is_some() =>
            {
                state.keep(BTreeSet::new(), Vec::new());
            }
            ("replace_all_patterns", None, Some(Value::Text(mode)))
                if mode == "value" && text(2).is_some_and(is_total) =>
            {
                state.keep(BTreeSet::new(), Vec::new());
            }
            _ => state.is_touched |= call.name.starts_with("replace_"),
        }
    }
}

/// The attributes whose text a value shows; a hash of one shows nothing, and neither does what only asks about it.
fn attributes<'v>(value: &'v Value, found: &mut Vec<&'v Path>) {
    match value {
        Value::Path(path) => found.push(path),
        Value::List(all) | Value::Map(all) | Value::Math(all) => {
            for inner in all {
                attributes(inner, found);
            }
        }
        Value::Call(call) if !is_hash(&call.name) && !is_question(&call.name) => {
            call.args
                .iter()
                .for_each(|(_, inner)| attributes(inner, found));
        }
        Value::Call(_)
        | Value::Text(_)
        | Value::Nil
        | Value::Name(_)
        | Value::Constant(_)
        | Value::Lambda(_) => {}
    }
}

/// Whether a converter tells about its arguments, and nothing of what they say.
fn is_question(converter: &str) -> bool {
    converter.starts_with("Is")
        || converter.starts_with("Has")
        || ["Len", "ContainsValue"].contains(&converter)
}

/// The text that a path leads to, which is no attribute.
fn text(path: &Path, context: &str) -> Option<Location> {
    let names = path.names();
    let (context, field) = match names[..] {
        [context, ref field @ ..] if ["span", "log"].contains(&context) => (context, field),
        ref field => (context, field),
    };
    match (context, field) {
        ("span", ["name"]) => Some(Location::Name),
        ("span", ["status", "message"]) => Some(Location::Status),
        ("log", ["body"] | ["body", "string"]) => Some(Location::Body),
        _ => None,
    }
}

fn is_hash(converter: &str) -> bool {
    [
        "SHA1",
        "SHA256",
        "SHA512",
        "MD5",
        "FNV",
        "Murmur3Hash",
        "Murmur3Hash128",
        "XXH3",
        "XXH128",
    ]
    .contains(&converter)
}

/// Whether a pattern always takes the whole value.
fn is_total(pattern: &str) -> bool {
    let inner = pattern
        .trim_start_matches("(?s)")
        .trim_start_matches('^')
        .trim_end_matches('$');
    [".*", ".+", "(.*)", "(.+)"].contains(&inner)
}

fn texts(list: &[Value]) -> BTreeSet<String> {
    let texts = list.iter().filter_map(Value::as_text);
    texts.map(str::to_owned).collect()
}

/// The location of a path to attributes, or to one of them.
pub(super) fn location(path: &Path, context: &str) -> Option<Location> {
    let of = |context: &str| match context {
        "resource" => Some(Location::Resource),
        "span" => Some(Location::Span),
        "spanevent" => Some(Location::Event),
        "log" => Some(Location::Log),
        "datapoint" => Some(Location::Datapoint),
        _ => None,
    };
    match path.names()[..] {
        ["attributes"] => of(context),
        [context, "attributes"] => of(context),
        _ => None,
    }
}

/// A statement of a `transform` processor.
pub(super) struct Placed<'a> {
    pub(super) node: &'a Node,
    /// `traces`, `metrics`, `logs` or `profiles`.
    pub(super) signal: &'static str,
    /// What paths without a context mean; empty where each path says it.
    pub(super) context: &'a str,
    /// The conditions of its group, of which one must be met; without any, all items are worked on.
    conditions: &'a [Node],
}

impl Placed<'_> {
    /// Whether items are left as they are, that have what the statement is about.
    pub(super) fn is_conditional(&self, parsed: &Statement) -> bool {
        let is_foreseen = |condition: &Node| {
            let condition = condition.as_str().map(ottl::condition);
            condition.is_some_and(|condition| {
                condition.is_ok_and(|condition| parsed.is_foreseen(&condition, self.context))
            })
        };
        // A span without events is not looked at.
        let is_outside = |path: &Path| {
            self.context == "spanevent" && location(path, self.context) != Some(Location::Event)
        };
        parsed.is_conditional(self.context)
            || matches!(parsed.call.arg(0), Some(Value::Path(path)) if is_outside(path))
            || !self.conditions.is_empty() && !self.conditions.iter().any(is_foreseen)
    }
}

/// The groups of statements and their signals.
const GROUPS: [(&str, &str); 4] = [
    ("trace_statements", "traces"),
    ("metric_statements", "metrics"),
    ("log_statements", "logs"),
    ("profile_statements", "profiles"),
];

/// The statements of a `transform` processor, in groups or one by one.
pub(super) fn statements(config: &Node) -> Vec<Placed<'_>> {
    let mut found = Vec::new();
    for (group, signal) in GROUPS {
        for item in config.get(group).map_or(&[][..], Node::items) {
            if item.as_map().is_none() {
                found.push(Placed {
                    node: item,
                    signal,
                    context: "",
                    conditions: &[],
                });
            }
            let conditions = item.get("conditions").map_or(&[][..], Node::items);
            for node in item.get("statements").map_or(&[][..], Node::items) {
                found.push(Placed {
                    node,
                    signal,
                    context: item.str_at(&["context"]).unwrap_or(""),
                    conditions,
                });
            }
        }
    }
    found
}
