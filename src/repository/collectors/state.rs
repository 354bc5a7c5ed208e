//! What is left of attributes on the way through a pipeline, and where copies of them went.
//!
//! The main type is [`State`], one for each [`Location`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use crate::document::Reason;
use crate::source::Span;

/// Where an attribute can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Location {
    Resource,
    Span,
    Event,
    Log,
    Datapoint,
    /// The name of a span, a text.
    Name,
    /// The message of a span's status, a text.
    Status,
    /// The body of a log record.
    Body,
}

impl Location {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Resource => "resource",
            Self::Span => "span",
            Self::Event => "event",
            Self::Log => "log",
            Self::Datapoint => "datapoint",
            Self::Name => "span name",
            Self::Status => "status message",
            Self::Body => "log body",
        }
    }

    /// Whether it is a text, and holds no attributes.
    pub(super) fn is_text(self) -> bool {
        matches!(self, Self::Name | Self::Status | Self::Body)
    }

    /// Texts of a signal into which attributes can be copied.
    pub(super) fn texts(signal: &str) -> &'static [Self] {
        match signal {
            "traces" => &[Self::Name, Self::Status],
            "logs" => &[Self::Body],
            _ => &[],
        }
    }

    /// The locations of attributes that a signal has.
    pub(super) fn of(signal: &str) -> &'static [Self] {
        match signal {
            "traces" => &[Self::Resource, Self::Span, Self::Event],
            "logs" => &[Self::Resource, Self::Log],
            "metrics" => &[Self::Resource, Self::Datapoint],
            _ => &[],
        }
    }

    /// What processors call plain "attributes" of a signal.
    pub(super) fn main(signal: &str) -> Option<Self> {
        match signal {
            "traces" => Some(Self::Span),
            "logs" => Some(Self::Log),
            "metrics" => Some(Self::Datapoint),
            _ => None,
        }
    }
}

/// What is left of the attributes at one location.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    /// Keys that are gone.
    pub(super) removed: BTreeSet<String>,
    /// Regular expressions, unanchored, for keys that are gone.
    pub(super) patterns: Vec<Regex>,
    /// The only keys that are left, where a list says so, and a pattern for more of them.
    pub(super) kept: Option<(BTreeSet<String>, Vec<String>)>,
    /// Keys that came in after they, or others, were taken away, each with the place that brings it.
    pub(super) added: BTreeMap<String, Span>,
    /// Whether something was taken away of values, or of some items.
    pub(super) is_touched: bool,
    /// What came here from attributes of the denylist's kind, or any other.
    pub(super) copies: Vec<Copy>,
    /// Why nobody can say what is left.
    pub(super) opaque: Option<Reason>,
}

/// The value of an attribute in another place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Copy {
    /// The attribute that holds it; empty in a text.
    pub(super) carrier: String,
    /// The attribute that it was taken from.
    pub(super) source: String,
    /// Where that is written.
    pub(super) place: Span,
}

impl State {
    /// Nothing is there.
    pub(super) fn empty() -> Self {
        Self {
            kept: Some((BTreeSet::new(), Vec::new())),
            ..Self::default()
        }
    }

    pub(super) fn remove(&mut self, key: &str) {
        self.copies.retain(|copy| copy.carrier != key);
        self.added.remove(key);
        self.removed.insert(key.to_owned());
    }

    pub(super) fn remove_matching(&mut self, pattern: &str) {
        match Regex::new(pattern) {
            Ok(regex) => {
                self.added.retain(|key, _| !regex.is_match(key));
                self.copies.retain(|copy| !regex.is_match(&copy.carrier));
                self.patterns.push(regex);
            }
            Err(_) => self.hide("a pattern that cannot be read"),
        }
    }

    /// Leaves some keys, and those that one of some patterns matches, as far as they are there.
    pub(super) fn keep(&mut self, keys: BTreeSet<String>, patterns: Vec<String>) {
        let is_left = |key: &str| keys.contains(key) || matches(&patterns, key);
        self.added.retain(|key, _| is_left(key));
        self.copies.retain(|copy| is_left(&copy.carrier));
        self.kept = Some(match self.kept.take() {
            Some((before, more)) if more.is_empty() => {
                let both = before.into_iter().filter(|key| is_left(key));
                (both.collect(), Vec::new())
            }
            Some((before, more)) if patterns.is_empty() => {
                let was_there = |key: &String| before.contains(key) || matches(&more, key);
                (keys.into_iter().filter(was_there).collect(), Vec::new())
            }
            Some(_) | None => (keys, patterns),
        });
    }

    pub(super) fn add(&mut self, key: &str, place: Span) {
        self.added.insert(key.to_owned(), place);
    }

    /// Takes in copies under another name.
    pub(super) fn hold(&mut self, carrier: &str, sources: Vec<String>, place: Span) {
        self.copies.extend(sources.into_iter().map(|source| Copy {
            carrier: carrier.to_owned(),
            source,
            place,
        }));
    }

    /// The attributes whose value a key may hold: its own, unless it is gone, and those that were copied into it.
    pub(super) fn sources(&self, key: &str) -> Vec<String> {
        let own = self.has(key).then(|| key.to_owned());
        let held = self.copies.iter().filter(|copy| copy.carrier == key);
        own.into_iter()
            .chain(held.map(|copy| copy.source.clone()))
            .collect()
    }

    /// Whether a key may be there under its own name.
    pub(super) fn has(&self, key: &str) -> bool {
        let is_left_out = |(kept, patterns): &(BTreeSet<String>, Vec<String>)| {
            !kept.contains(key) && !matches(patterns, key)
        };
        let is_gone = self.removed.contains(key)
            || self.kept.as_ref().is_some_and(is_left_out)
            || self.patterns.iter().any(|pattern| pattern.is_match(key));
        !is_gone || self.added.contains_key(key)
    }

    /// Brings in what is left at another location.
    pub(super) fn merge(&mut self, other: &Self, place: Span) {
        let removed = std::mem::take(&mut self.removed);
        let (back, mut gone): (BTreeSet<String>, BTreeSet<String>) =
            removed.into_iter().partition(|key| other.has(key));
        for key in back {
            self.add(&key, place);
            gone.insert(key);
        }
        let is_gone = |key: &&String| !self.has(key) && !other.has(key);
        gone.extend(other.removed.iter().filter(is_gone).cloned());
        self.patterns.retain(|pattern| {
            let mut theirs = other.patterns.iter().map(Regex::as_str);
            let is_empty = other.kept.as_ref().is_some_and(|(keys, more)| {
                let mut keys = keys.iter().chain(other.added.keys());
                more.is_empty() && !keys.any(|key| pattern.is_match(key))
            });
            is_empty || theirs.any(|own| own == pattern.as_str())
        });
        self.kept = match (self.kept.take(), &other.kept) {
            (Some((keys, patterns)), Some((more_keys, more_patterns))) => Some((
                keys.union(more_keys).cloned().collect(),
                patterns
                    .into_iter()
                    .chain(more_patterns.iter().cloned())
                    .collect(),
            )),
            _ => None,
        };
        self.removed = gone;
        let copies = other.copies.iter();
        let new = copies.filter(|copy| !self.copies.contains(copy)).cloned();
        self.copies.extend(new.collect::<Vec<_>>());
        if let Some(Reason::Opaque(what)) = &other.opaque {
            self.hide(what);
        }
    }

    /// Brings in what nobody can name: what was taken away may be there again.
    pub(super) fn refill(&mut self, what: &str) {
        let is_whole = self.removed.is_empty() && self.patterns.is_empty() && self.kept.is_none();
        if !is_whole {
            self.removed.clear();
            self.patterns.clear();
            self.kept = None;
            self.hide(what);
        }
    }

    pub(super) fn hide(&mut self, what: &str) {
        self.opaque.get_or_insert(Reason::Opaque(what.into()));
    }
}

/// Whether one of some patterns matches a key; one that cannot be read matches whatever it may.
fn matches(patterns: &[String], key: &str) -> bool {
    let mut patterns = patterns.iter().map(|pattern| Regex::new(pattern));
    patterns.any(|pattern| pattern.map_or(true, |one| one.is_match(key)))
}

/// Matches the attributes that are lists of texts, by the semantic conventions: what only works on texts leaves them.
#[expect(clippy::expect_used, reason = "constant patterns, compiled by a test")]
pub(super) static LISTS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(http\.(request|response)\.header|rpc(\.(grpc|connect_rpc))?\.(request|response)\.metadata)\.|^(process|container)\.command_args$|^host\.(ip|mac)$").expect("a constant pattern is valid")
});

/// Matches the attributes whose texts have several lines, for which `.` and `$` end at the first.
#[expect(clippy::expect_used, reason = "constant patterns, compiled by a test")]
pub(super) static LINES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^exception\.(message|stacktrace)$|^db\.(query\.text|statement)$")
        .expect("a constant pattern is valid")
});
