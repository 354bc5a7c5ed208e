//! What `transform` does to attributes, statement by statement.
//!
//! Whatever works only for some items takes nothing away for certain. Source: the README of the processor and of
//! `pkg/ottl` in the contrib repository, and their code.

use std::collections::BTreeSet;

use regex::Regex;

use crate::document::Node;
use crate::repository::collectors::ottl::{self, Call, Path, Statement, Value};
use crate::repository::collectors::scrub::States;
use crate::repository::collectors::state::{LINES, LISTS, Location, State};
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
                    if parsed.call.name == "merge_maps" {
                        self.merge(&parsed.call, statement.context, statement.node.span);
                    } else if is_total {
                        self.edit(&parsed.call, statement.context);
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

    /// Notes what `set` and `append` copy from attributes, whether they do so always or at times.
    fn copy(&mut self, call: &Call, context: &str, (place, is_total): (Span, bool)) {
        let (Some(Value::Path(target)), Some(value)) = (call.arg(0), call.arg(1)) else {
            return;
        };
        let to_text = text(target, context);
        let carrier = target.keys().first().and_then(Value::as_text);
        if !["append", "set"].contains(&&*call.name) || to_text.is_none() && carrier.is_none() {
            return;
        }
        let mut read = Vec::new();
        attributes(value, &mut read);
        let mut sources = Vec::new();
        for path in &read {
            let key = path.keys().first().and_then(Value::as_text);
            let key = key.zip(self.of(path, context));
            sources.extend(key.map_or_else(Vec::new, |(key, state)| state.sources(key)));
        }
        let carrier = carrier.unwrap_or("");
        let is_replaced = is_total && call.name == "set" && target.keys().len() < 2;
        // What may be absent sets nothing, and the value before it stays.
        let is_replaced = is_replaced && read.is_empty() && *value != Value::Nil;
        let is_of_body = read.iter().any(|path| path.names().contains(&"body"));
        let state = match to_text {
            Some(text) => self.at(text),
            None => self.of(target, context),
        };
        if let Some(state) = state {
            if is_replaced {
                state.copies.retain(|copy| copy.carrier != carrier);
            }
            let is_back =
                sources.iter().any(|source| source == carrier) || is_of_body && to_text.is_none();
            if is_back && !state.has(carrier) {
                state.add(carrier, place);
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

    /// `merge_maps` brings in what is left of other attributes, for some items or for all.
    fn merge(&mut self, call: &Call, context: &str, place: Span) {
        let Some(Value::Path(target)) = call.arg(0).filter(|_| !is_update(call)) else {
            return;
        };
        let source = match call.arg(1) {
            Some(Value::Path(source)) if source.keys().is_empty() => {
                self.of(source, context).cloned()
            }
            Some(value) if value.is_constant() => return,
            _ => None,
        };
        let Some(state) = self
            .of(target, context)
            .filter(|_| target.keys().is_empty())
        else {
            return;
        };
        match source {
            Some(source) => state.merge(&source, place),
            None => state.refill("attributes that are made of something else"),
        }
    }

    /// One editor of OTTL.
    fn edit(&mut self, call: &Call, context: &str) {
        let Some(Value::Path(target)) = call.arg(0) else {
            return;
        };
        let Some(state) = location(target, context).and_then(|location| self.at(location)) else {
            return;
        };
        let is_whole = target.keys().is_empty();
        let to = |index: usize| call.arg(index).and_then(Value::as_text);
        match (call.name.as_str(), target.key(), call.arg(1)) {
            ("delete_key", None, Some(Value::Text(key))) => state.remove(key),
            ("delete_matching_keys", None, Some(Value::Text(pattern))) => {
                state.remove_matching(pattern);
            }
            ("keep_keys", None, Some(Value::List(list))) => match texts(list) {
                Some(keys) => state.keep(keys, Vec::new()),
                None => state.hide("keys that are computed"),
            },
            ("keep_matching_keys", None, Some(Value::Text(pattern))) => {
                state.keep(BTreeSet::new(), vec![pattern.clone()]);
            }
            ("set", _, Some(Value::Nil)) => {}
            ("set", Some(key), Some(value)) if overwrites(value, (target, key), context) => {
                state.remove(key);
            }
            ("set", None, Some(value)) if is_whole && value.is_constant() => {
                state.keep(BTreeSet::new(), Vec::new());
            }
            ("set", None, Some(_)) if is_whole => {
                state.hide("attributes that are set as a whole");
            }
            ("replace_pattern" | "replace_match", Some(key), Some(Value::Text(pattern))) => {
                match left(&call.name, pattern, to(2)) {
                    Some(left) if !left.iter().any(|left| left.is_match(key)) => state.remove(key),
                    _ => state.is_touched = true,
                }
            }
            ("replace_all_matches", None, Some(Value::Text(pattern))) => {
                replace_all(state, left("replace_match", pattern, to(2)));
            }
            ("replace_all_patterns", None, Some(Value::Text(mode))) if mode == "value" => {
                let left = to(2).and_then(|pattern| left("replace_pattern", pattern, to(3)));
                replace_all(state, left);
            }
            _ => state.is_touched |= call.name.starts_with("replace_"),
        }
    }
}

/// Replaces the values of all attributes but those that some patterns match, where that much is known.
fn replace_all(state: &mut State, left: Option<Vec<&'static Regex>>) {
    match left {
        Some(left) => {
            let left = left
                .into_iter()
                .map(|left| left.as_str().to_owned())
                .collect();
            state.keep(BTreeSet::new(), left);
        }
        None => state.is_touched = true,
    }
}

/// Patterns for the attributes of whose values something is left when one is replaced; nothing where that may be any.
fn left(editor: &str, pattern: &str, replacement: Option<&str>) -> Option<Vec<&'static Regex>> {
    // A reference to a group puts the old value back.
    let replacement = replacement.filter(|text| !text.contains('$'));
    match (editor, replacement) {
        ("replace_match", Some(_)) if pattern == "*" => Some(vec![&*LISTS]),
        ("replace_pattern", Some(_)) if is_total(pattern) => {
            let bare = pattern.trim_start_matches("(?s)");
            let is_anchored = bare.starts_with('^') || bare.ends_with('$');
            let by_line = is_anchored && bare == pattern;
            Some(
                [Some(&*LISTS), by_line.then(|| &*LINES)]
                    .into_iter()
                    .flatten()
                    .collect(),
            )
        }
        _ => None,
    }
}

/// Whether `merge_maps` brings in no keys that are not there.
fn is_update(call: &Call) -> bool {
    call.arg(2).and_then(Value::as_text) == Some("update")
}

/// Whether a value takes the place of an attribute's own wherever that is there: it is read from nothing that may be absent,
/// and shows nothing of it. A hash is made of a text only.
fn overwrites(value: &Value, (target, key): (&Path, &str), context: &str) -> bool {
    let (mut shown, mut all) = (Vec::new(), Vec::new());
    attributes(value, &mut shown);
    paths(value, |_| true, &mut all);
    let place = |path: &Path| (location(path, context), path.key().map(str::to_owned));
    let is_own = |path: &&Path| place(path) == place(target);
    // Every span has a kind.
    let is_sure = |path: &&Path| path.names().contains(&"kind");
    if shown.is_empty() {
        all.is_empty() || all.iter().all(is_own) && !LISTS.is_match(key)
    } else {
        all.iter().all(is_sure)
    }
}

/// The paths in a value, but for those inside of calls that are left out.
fn paths<'v>(value: &'v Value, is_in: fn(&Call) -> bool, found: &mut Vec<&'v Path>) {
    match value {
        Value::Path(path) => found.push(path),
        Value::List(all) | Value::Map(all) | Value::Math(all) => {
            for inner in all {
                paths(inner, is_in, found);
            }
        }
        Value::Call(call) if is_in(call) => {
            for (_, inner) in &call.args {
                paths(inner, is_in, found);
            }
        }
        Value::Call(_)
        | Value::Text(_)
        | Value::Nil
        | Value::Name(_)
        | Value::Constant(_)
        | Value::Lambda(_) => {}
    }
}

/// The paths whose text a value shows; a hash of one shows nothing, and neither does what only asks about it.
fn attributes<'v>(value: &'v Value, found: &mut Vec<&'v Path>) {
    let shows = |call: &Call| !is_hash(&call.name) && !is_question(&call.name);
    paths(value, shows, found);
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

/// The texts of a list; nothing where one of its items is something else.
fn texts(list: &[Value]) -> Option<BTreeSet<String>> {
    let texts = list.iter().map(Value::as_text);
    texts.map(|text| text.map(str::to_owned)).collect()
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
        let items = config.get(group).map_or(&[][..], Node::items);
        // Statements outside of groups are a group, too.
        let alone = items.iter().filter(|item| item.as_map().is_none());
        let of_alone = inferred(alone);
        for item in items {
            if item.as_map().is_none() {
                found.push(Placed {
                    node: item,
                    signal,
                    context: of_alone,
                    conditions: &[],
                });
            }
            let conditions = item.get("conditions").map_or(&[][..], Node::items);
            let statements = item.get("statements").map_or(&[][..], Node::items);
            let stated = item.str_at(&["context"]);
            let context = stated.unwrap_or_else(|| inferred(statements.iter()));
            for node in statements {
                found.push(Placed {
                    node,
                    signal,
                    context,
                    conditions,
                });
            }
        }
    }
    found
}

/// What statements of one group work on that state no context: events where one of them names those, and then on nothing of
/// a span that has none. Source: the context inferrer of `pkg/ottl`.
fn inferred<'n>(mut statements: impl Iterator<Item = &'n Node>) -> &'static str {
    let names_events = |node: &Node| {
        node.as_str()
            .is_some_and(|text| text.contains("spanevent."))
    };
    if statements.any(names_events) {
        "spanevent"
    } else {
        ""
    }
}
