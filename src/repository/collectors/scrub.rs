//! What a processor does to attributes: which it takes away for certain, and which it brings in.
//!
//! The main type is [`States`]: what is left at each location of a signal. Whatever works only for some items (a `where`,
//! `include`, a partial pattern) takes nothing away for certain, and counts as nothing. A processor that cannot be
//! followed makes the state opaque. Sources: the README of each processor in the contrib repository, and its code.

use std::collections::BTreeSet;

use crate::document::Node;
use crate::repository::collectors::ottl::{self, Call, Path, Statement, Value};
use crate::repository::collectors::state::{Location, State};
use crate::source::Span;

/// The states of a signal's locations.
#[derive(Debug, Clone)]
pub(super) struct States {
    signal: String,
    pub(super) all: Vec<(Location, State)>,
}

impl States {
    /// Everything is there.
    pub(super) fn new(signal: &str) -> Self {
        let all = Location::of(signal).iter().chain(Location::texts(signal));
        Self {
            signal: signal.to_owned(),
            all: all.map(|location| (*location, State::default())).collect(),
        }
    }

    fn at(&mut self, location: Location) -> Option<&mut State> {
        let mut all = self.all.iter_mut();
        all.find(|(own, _)| *own == location)
            .map(|(_, state)| state)
    }

    /// Takes in what is copied under another name.
    pub(super) fn hold(&mut self, at: Location, carrier: &str, sources: &[String], place: Span) {
        if let Some(state) = self.at(at) {
            state.hold(carrier, sources.to_vec(), place);
        }
    }

    fn main(&mut self) -> Option<&mut State> {
        let location = Location::main(&self.signal)?;
        self.at(location)
    }

    pub(super) fn hide(&mut self, what: &str) {
        self.all.iter_mut().for_each(|(_, state)| state.hide(what));
    }

    /// Lets a processor do its work.
    pub(super) fn apply(&mut self, processor: &Node) {
        let of_type = processor.str_at(&["type"]).unwrap_or("");
        let Some(config) = processor.get("config") else {
            return;
        };
        let is_known = processor.get("is_known").and_then(Node::as_bool);
        if config.is_unknown() || is_known == Some(false) {
            let id = processor.str_at(&["id"]).unwrap_or("");
            return self.hide(&format!("what `{id}` does"));
        }
        match of_type {
            "attributes" => {
                if let Some(state) = self.main() {
                    copied(config.get("actions"), state);
                }
                if let Some(state) = self.main().filter(|_| !is_selective(config)) {
                    actions(config.get("actions"), state);
                }
            }
            "span" => self.named(config),
            "resource" => {
                if let Some(state) = self.at(Location::Resource) {
                    actions(config.get("attributes"), state);
                }
            }
            "redaction" => {
                // Lists of keys say nothing of texts.
                let attributes = self.all.iter_mut().filter(|(at, _)| !at.is_text());
                attributes.for_each(|(_, state)| redact(config, state));
            }
            "transform" => self.transform(config),
            "filter" => self.filter(config),
            "groupbyattrs" => self.group(config),
            _ => {}
        }
    }

    /// `span` makes the name of a span from its attributes.
    fn named(&mut self, config: &Node) {
        let keys = config.at(&["name", "from_attributes"]);
        for key in keys.map_or(&[][..], Node::items) {
            let sources = key
                .as_str()
                .and_then(|name| Some(self.main()?.sources(name)));
            if let (Some(sources), Some(state)) = (sources, self.at(Location::Name)) {
                state.hold("", sources, key.span);
            }
        }
    }

    /// `groupbyattrs` moves attributes of spans, records and points to the resource.
    fn group(&mut self, config: &Node) {
        let keys = config.get("keys").map_or(&[][..], Node::items);
        for key in keys.iter().filter_map(Node::as_str) {
            let is_gone = self.main().is_some_and(|state| state.removed.contains(key));
            if let Some(state) = self.main() {
                state.remove(key);
            }
            if let Some(state) = self.at(Location::Resource).filter(|_| !is_gone) {
                state.add(key);
            }
        }
    }

    /// Items with an attribute are dropped: then no item that is left has it.
    fn filter(&mut self, config: &Node) {
        let of_signal = match self.signal.as_str() {
            "traces" => &[("span", "span"), ("spanevent", "spanevent")][..],
            "logs" => &[("log_record", "log")],
            _ => &[("datapoint", "datapoint")],
        };
        for (key, context) in of_signal {
            let list = config.at(&[self.signal.as_str(), key]);
            for condition in list.map_or(&[][..], Node::items) {
                self.drop_items(condition, context);
            }
        }
        let group = match self.signal.as_str() {
            "traces" => "trace_conditions",
            "logs" => "log_conditions",
            _ => "metric_conditions",
        };
        for condition in config.get(group).map_or(&[][..], Node::items) {
            let context = condition.str_at(&["context"]).unwrap_or("");
            match condition.get("conditions") {
                Some(list) => {
                    let items = list.items().iter();
                    items.for_each(|item| self.drop_items(item, context));
                }
                None => self.drop_items(condition, ""),
            }
        }
    }

    /// Drops the items that have an attribute, where a condition asks for no more than that.
    fn drop_items(&mut self, condition: &Node, context: &str) {
        let Some(Ok(condition)) = condition.as_str().map(ottl::condition) else {
            return;
        };
        if let Some(path) = condition.presence()
            && let Some(key) = path.key()
            && let Some(state) = location(path, context).and_then(|place| self.at(place))
        {
            state.remove(key);
        }
    }

    fn transform(&mut self, config: &Node) {
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
                        self.edit(&parsed.call, statement.context);
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
        let to = to_text.or_else(|| location(target, context));
        if call.name != "set" || to_text.is_none() && target.key().is_none() {
            return;
        }
        let mut read = Vec::new();
        attributes(value, &mut read);
        let mut sources = Vec::new();
        for path in read {
            let state = location(path, context).and_then(|location| self.at(location));
            let key = path.key().zip(state);
            sources.extend(key.map_or_else(Vec::new, |(key, state)| state.sources(key)));
        }
        let carrier = target.key().unwrap_or("");
        if let Some(state) = to.and_then(|to| self.at(to)) {
            if is_total {
                state.copies.retain(|copy| copy.carrier != carrier);
            }
            state.hold(carrier, sources, place);
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
            ("set", Some(key), Some(_)) => state.add(key),
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
            ("replace_all_patterns", None, Some(Value::Text(mode)))
                if mode == "value" && text(2).is_some_and(is_total) =>
            {
                state.keep(BTreeSet::new(), Vec::new());
            }
            _ => {}
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
        parsed.is_conditional(self.context)
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

/// Whether a processor works on some items only.
pub(super) fn is_selective(config: &Node) -> bool {
    config.get("include").is_some() || config.get("exclude").is_some()
}

/// Notes what actions of `attributes` copy under another name.
fn copied(list: Option<&Node>, state: &mut State) {
    for action in list.map_or(&[][..], Node::items) {
        let text = |key: &str| action.str_at(&[key]);
        let is_set = matches!(text("action"), Some("insert" | "update" | "upsert"));
        if let (true, Some(key), Some(from)) = (is_set, text("key"), text("from_attribute")) {
            let sources = state.sources(from);
            state.hold(key, sources, action.span);
        }
    }
}

/// Actions of `attributes` and `resource`.
fn actions(list: Option<&Node>, state: &mut State) {
    for action in list.map_or(&[][..], Node::items) {
        let text = |key: &str| action.str_at(&[key]);
        let key = text("key");
        let brings = action.get("from_attribute").is_some() || action.get("from_context").is_some();
        match (text("action"), key) {
            (Some("delete" | "hash"), _) => {
                if let Some(key) = key {
                    state.remove(key);
                }
                if let Some(pattern) = text("pattern") {
                    state.remove_matching(pattern);
                }
            }
            (Some("update" | "upsert" | "insert"), Some(key)) if brings => state.add(key),
            (Some("update" | "upsert"), Some(key)) if action.get("value").is_some() => {
                state.remove(key);
            }
            (Some(_), _) => {}
            (None, _) => state.hide("an action that is filled in later"),
        }
    }
}

/// `redaction`, which sees every location alike.
fn redact(config: &Node, state: &mut State) {
    let list = |key: &str| -> Vec<String> {
        let items = config.get(key).map_or(&[][..], Node::items);
        items
            .iter()
            .filter_map(Node::as_str)
            .map(str::to_owned)
            .collect()
    };
    let (ignored, ignored_patterns) = (list("ignored_keys"), list("ignored_key_patterns"));
    let was_there: Vec<&String> = ignored
        .iter()
        .filter(|key| !state.removed.contains(*key))
        .collect();
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
        let before = state.kept.take();
        let keys: BTreeSet<String> = match before {
            Some((kept, patterns)) if patterns.is_empty() => {
                allowed.filter(|key| kept.contains(key)).collect()
            }
            _ => allowed.collect(),
        };
        state.keep(keys, ignored_patterns.clone());
    }
    let blocked = list("blocked_key_patterns");
    if config.get("allowed_values").is_none() && ignored_patterns.is_empty() {
        for pattern in &blocked {
            state.remove_matching(pattern);
        }
        for key in was_there {
            state.add(key);
        }
    } else if !blocked.is_empty() {
        state.hide("keys that `redaction` lets pass by their value or by a pattern");
    }
}
