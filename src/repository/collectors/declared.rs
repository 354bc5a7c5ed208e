//! What processors are told to take away, action by action: also where it works for some items only, or not at all.
//!
//! [`super::scrub`] follows what becomes of data; this lists intentions, so that rules can compare the two.

use std::collections::BTreeMap;

use crate::document::{MapBuilder, Node};
use crate::repository::collectors::actions::Reach;
use crate::repository::collectors::ottl::{self, Path, Value};
use crate::repository::collectors::state::Location;
use crate::repository::collectors::statements::{location, statements};
use crate::repository::collectors::type_of;
use crate::repository::texts;
use crate::source::Span;

/// One key or pattern that a processor is told to take away.
struct Declared {
    location: Location,
    /// The signals of which it is taken away.
    signals: Vec<String>,
    key: String,
    is_pattern: bool,
    is_conditional: bool,
    /// `removes`, `hashes`, `masks`, `keeps` for a list of all that stays, or `nothing` for what looks like it and does nothing.
    how: &'static str,
    place: Span,
}

/// Everything that the processors of a configuration are told to take away.
pub(super) fn all(components: &[Node], label: Span) -> Node {
    let is_processor = |component: &&Node| component.str_at(&["kind"]) == Some("processor");
    let of_each = components
        .iter()
        .filter(is_processor)
        .flat_map(|processor| {
            let declared = of(processor).into_iter();
            declared.map(|declared| node(processor, &declared))
        });
    Node::list(label, of_each.collect())
}

fn node(processor: &Node, declared: &Declared) -> Node {
    let at = declared.place;
    let part = |key: &str| processor.get(key).cloned().unwrap_or(Node::null(at));
    MapBuilder::new(at)
        .label(at)
        .put(
            "component",
            Node::string(at, processor.str_at(&["id"]).unwrap_or("")),
        )
        .put("type", part("type"))
        .put("is_used", part("is_used"))
        .put("location", Node::string(at, declared.location.name()))
        .put(
            "signals",
            texts(
                at,
                declared.signals.iter().map(|signal| (at, signal.clone())),
            ),
        )
        .put("key", Node::string(at, declared.key.as_str()))
        .put("is_pattern", Node::bool(at, declared.is_pattern))
        .put("is_conditional", Node::bool(at, declared.is_conditional))
        .put("how", Node::string(at, declared.how))
        .build()
}

fn of(processor: &Node) -> Vec<Declared> {
    let Some(config) = processor.get("config") else {
        return Vec::new();
    };
    let settled = config.settled();
    let config = settled.as_ref().unwrap_or(config);
    let pipelines = processor
        .get("pipelines")
        .map_or(&[][..], Node::items)
        .iter();
    let mut signals: Vec<&str> = pipelines.filter_map(Node::as_str).map(type_of).collect();
    signals.sort_unstable();
    signals.dedup();
    match processor.str_at(&["type"]).unwrap_or("") {
        "attributes" => {
            let locations = places(&signals, |signal| Location::main(signal).into_iter());
            actions(config.get("actions"), &locations, &Reach::of(config))
        }
        "resource" => {
            let locations = places(&signals, |_| std::iter::once(Location::Resource));
            actions(config.get("attributes"), &locations, &Reach::All)
        }
        "redaction" => {
            let locations = places(&signals, |signal| Location::of(signal).iter().copied());
            let mut found = blocked(config, &locations);
            if let (Some(false), Some(list)) = (
                config
                    .get("allow_all_keys")
                    .map_or(Some(false), Node::as_bool),
                config.get("allowed_keys"),
            ) {
                let each = locations.iter();
                found.extend(each.map(|place| keeping(place.clone(), list.span)));
            }
            found
        }
        "transform" => edits(config),
        _ => Vec::new(),
    }
}

/// A location, with the signals of which a processor works there.
type Place = (Location, Vec<String>);

/// The locations that a processor works on, by the signals of its pipelines.
fn places<I: Iterator<Item = Location>>(signals: &[&str], of: impl Fn(&str) -> I) -> Vec<Place> {
    let mut found: BTreeMap<Location, Vec<String>> = BTreeMap::new();
    for signal in signals {
        for location in of(signal) {
            found
                .entry(location)
                .or_default()
                .push((*signal).to_owned());
        }
    }
    found.into_iter().collect()
}

/// A list of the only keys that are kept.
fn keeping((location, signals): Place, place: Span) -> Declared {
    Declared {
        location,
        signals,
        key: String::new(),
        is_pattern: false,
        is_conditional: false,
        how: "keeps",
        place,
    }
}

fn actions(list: Option<&Node>, places: &[Place], reach: &Reach) -> Vec<Declared> {
    let mut found = Vec::new();
    for action in list.map_or(&[][..], Node::items) {
        let how = match action.str_at(&["action"]) {
            Some("delete") => "removes",
            Some("hash") => "hashes",
            Some("update" | "upsert") if action.get("value").is_some() => "masks",
            _ => continue,
        };
        for (field, is_pattern) in [("key", false), ("pattern", true)] {
            let Some(node) = action.get(field) else {
                continue;
            };
            let key = node.as_str().unwrap_or("");
            let is_conditional = !reach.covers(Some(key).filter(|_| !is_pattern));
            found.extend(places.iter().map(|(location, signals)| Declared {
                location: *location,
                signals: signals.clone(),
                key: key.to_owned(),
                is_pattern,
                is_conditional,
                how,
                place: node.span,
            }));
        }
    }
    found
}

fn blocked(config: &Node, places: &[Place]) -> Vec<Declared> {
    let patterns = config
        .get("blocked_key_patterns")
        .map_or(&[][..], Node::items);
    let is_conditional = config.get("allowed_values").is_some();
    let of_pattern = patterns.iter().flat_map(|node| {
        places.iter().map(move |(location, signals)| Declared {
            location: *location,
            signals: signals.clone(),
            key: node.as_str().unwrap_or("").to_owned(),
            is_pattern: true,
            is_conditional,
            how: "masks",
            place: node.span,
        })
    });
    of_pattern.collect()
}

fn edits(config: &Node) -> Vec<Declared> {
    let mut found = Vec::new();
    for statement in statements(config) {
        let Some(Ok(parsed)) = statement.node.as_str().map(ottl::statement) else {
            continue;
        };
        let Some(Value::Path(target)) = parsed.call.arg(0) else {
            continue;
        };
        let Some(location) = location(target, statement.context) else {
            continue;
        };
        if matches!(
            parsed.call.name.as_str(),
            "keep_keys" | "keep_matching_keys"
        ) {
            found.push(Declared {
                is_conditional: statement.is_conditional(&parsed),
                ..keeping(
                    (location, vec![statement.signal.to_owned()]),
                    statement.node.span,
                )
            });
            continue;
        }
        let own = target.key().map(str::to_owned);
        let argument = parsed.call.arg(1);
        let (key, is_pattern, how) = match (parsed.call.name.as_str(), own, argument) {
            ("delete_key", None, Some(Value::Text(key))) => (key.clone(), false, "removes"),
            ("delete_matching_keys", None, Some(Value::Text(key))) => {
                (key.clone(), true, "removes")
            }
            ("set", Some(key), Some(Value::Nil)) => (key, false, "nothing"),
            ("set", Some(key), Some(value)) if value.is_constant() => (key, false, "masks"),
            ("set", Some(key), Some(value @ Value::Call(call)))
                if call.name.starts_with("SHA") && is_of(value, target) =>
            {
                (key, false, "hashes")
            }
            _ => continue,
        };
        found.push(Declared {
            location,
            signals: vec![statement.signal.to_owned()],
            key,
            is_pattern,
            is_conditional: statement.is_conditional(&parsed),
            how,
            place: statement.node.span,
        });
    }
    found
}

/// Whether a value is made of what a path leads to, and not of another attribute.
fn is_of(value: &Value, target: &Path) -> bool {
    match value {
        Value::Path(path) => path.keys() == target.keys(),
        Value::Call(call) => call.args.iter().any(|(_, inner)| is_of(inner, target)),
        Value::List(all) | Value::Map(all) | Value::Math(all) => {
            all.iter().any(|inner| is_of(inner, target))
        }
        Value::Text(_) | Value::Nil | Value::Name(_) | Value::Constant(_) | Value::Lambda(_) => {
            false
        }
    }
}
