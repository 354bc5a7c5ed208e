//! What a processor does to attributes: which it takes away for certain, and which it brings in.
//!
//! The main type is [`States`]: what is left at each location of a signal. Whatever works only for some items (a `where`,
//! `include`, a partial pattern) takes nothing away for certain. A processor that cannot be followed makes the state
//! opaque. Sources: the README of each processor in the contrib repository, and its code.

use crate::document::Node;
use crate::repository::collectors::actions::{Reach, actions, redact};
use crate::repository::collectors::normal_id;
use crate::repository::collectors::ottl;
use crate::repository::collectors::state::{Location, State};
use crate::repository::collectors::statements::location;
use crate::source::Span;

/// The states of a signal's locations.
#[derive(Debug, Clone)]
pub(super) struct States {
    pub(super) signal: String,
    pub(super) all: Vec<(Location, State)>,
    /// What the statements of one processor put aside.
    pub(super) cache: State,
}

impl States {
    /// Everything is there.
    pub(super) fn new(signal: &str) -> Self {
        let all = Location::of(signal).iter().chain(Location::texts(signal));
        Self {
            signal: signal.to_owned(),
            all: all.map(|location| (*location, State::default())).collect(),
            cache: State::empty(),
        }
    }

    pub(super) fn at(&mut self, location: Location) -> Option<&mut State> {
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
        if config.is_unknown() || is_known == Some(false) || config.openness().is_some() {
            let id = processor.str_at(&["id"]).unwrap_or("");
            return self.hide(&format!("what `{id}` does"));
        }
        let settled = config.settled();
        let config = settled.as_ref().unwrap_or(config);
        match of_type {
            "attributes" => {
                if let Some(state) = self.main() {
                    actions(config.get("actions"), &Reach::of(config), state);
                }
            }
            "span" => self.named(config),
            "resource" => {
                if let Some(state) = self.at(Location::Resource) {
                    actions(config.get("attributes"), &Reach::All, state);
                }
            }
            "resource_detection" => self.detected(config),
            "k8s_attributes" => self.extracted(config),
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
        for (key, place) in keys
            .iter()
            .filter_map(|key| Some((key.as_str()?, key.span)))
        {
            let Some(state) = self.main() else {
                continue;
            };
            let (is_there, mut sources) = (state.has(key), state.sources(key));
            sources.retain(|source| source != key);
            state.remove(key);
            if let Some(state) = self.at(Location::Resource) {
                if is_there {
                    state.add(key, place);
                }
                state.hold(key, sources, place);
            }
        }
    }

    /// `resourcedetection` brings in what its detectors are asked for by name.
    fn detected(&mut self, config: &Node) {
        let detectors = config.entries().iter();
        let asked = detectors.filter_map(|entry| entry.value.get("resource_attributes"));
        for entry in asked.flat_map(Node::entries) {
            let is_on = entry.value.get("enabled").and_then(Node::as_bool) == Some(true);
            if let Some(state) = self.at(Location::Resource).filter(|_| is_on) {
                state.add(&entry.key, entry.key_span);
            }
        }
    }

    /// `k8sattributes` brings in labels and annotations under names of their own.
    fn extracted(&mut self, config: &Node) {
        let lists = ["annotations", "labels"].map(|list| config.at(&["extract", list]));
        let items = lists.iter().flatten().flat_map(|list| list.items());
        for name in items.filter_map(|item| item.get("tag_name")) {
            if let (Some(text), Some(state)) = (name.as_str(), self.at(Location::Resource)) {
                state.add(text, name.span);
            }
        }
    }

    fn own(&self, wanted: Location) -> State {
        let mut all = self.all.iter().filter(|(at, _)| *at == wanted);
        let own = all.next().map(|(_, state)| state.clone());
        own.unwrap_or_default()
    }

    /// The metrics that `span_metrics` makes of spans: with all attributes of the resource; which labels their points get is
    /// told apart. Source: the connector's code.
    pub(super) fn as_span_metrics(&self) -> Self {
        let mut made = Self::new("metrics");
        for (location, own) in [
            (Location::Resource, self.own(Location::Resource)),
            (Location::Datapoint, State::empty()),
        ] {
            if let Some(state) = made.at(location) {
                *state = own;
            }
        }
        made
    }

    /// The records that `exceptions` makes of the events of spans: with the attributes of the span, and with what the
    /// event says of the exception. Source: the connector's README and code.
    pub(super) fn as_exceptions(&self, place: Span) -> Self {
        let (mut record, event) = (self.own(Location::Span), self.own(Location::Event));
        for key in ["exception.message", "exception.stacktrace"] {
            if event.sources(key).is_empty() {
                record.remove(key);
            } else {
                record.add(key, place);
            }
        }
        let mut made = Self::new("logs");
        for (location, own) in [
            (Location::Resource, self.own(Location::Resource)),
            (Location::Log, record),
        ] {
            if let Some(state) = made.at(location) {
                *state = own;
            }
        }
        made
    }

    /// Takes the way of `routing` to a pipeline: what has an attribute that every other way asks for is not among what
    /// is left for the default.
    pub(super) fn route(&mut self, config: &Node, pipeline: &str) {
        let names = |list: Option<&Node>| {
            let mut items = list.map_or(&[][..], Node::items).iter();
            items.any(|item| item.as_str().is_some_and(|id| normal_id(id) == pipeline))
        };
        let table = config.get("table").map_or(&[][..], Node::items);
        let is_asked = table.iter().any(|row| names(row.get("pipelines")));
        if is_asked || !names(config.get("default_pipelines")) {
            return;
        }
        let is_moved = |row: &&Node| row.str_at(&["action"]) != Some("copy");
        for row in table.iter().filter(is_moved) {
            let context = row.str_at(&["context"]).unwrap_or("resource");
            if let Some(condition) = row.get("condition") {
                self.drop_items(condition, context);
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
        let Some(path) = condition.presence() else {
            return;
        };
        let place = location(path, context);
        // An event is dropped alone, whatever its span has.
        let is_other = context == "spanevent" && place != Some(Location::Event);
        let state = place.filter(|_| !is_other).and_then(|place| self.at(place));
        if let (Some(key), Some(state)) = (path.key(), state) {
            state.remove(key);
        }
    }
}

#[cfg(test)]
mod tests;
