//! Joins the entries of a map with those that merge keys bring, and finds keys that are given twice.
//!
//! go-yaml 3, which the collector uses, lets explicit keys win and refuses a second merge key. The second major
//! version, which kubectl uses, goes from top to bottom: each merge and each key overwrites what was before.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::{Dialect, Duplicate, ParseError};
use crate::document::{Entry, Map, Node, Reason, Value};
use crate::source::Span;

/// A merge key with its value.
pub(super) struct Merge {
    /// How many entries stand before it.
    pub(super) before: usize,
    pub(super) key_span: Span,
    pub(super) from: Node,
}

/// Where a key is among the entries.
struct Seen {
    at: usize,
    is_merged: bool,
}

/// A map that is being put together.
pub(super) struct Joining {
    pub(super) map: Map,
    pub(super) duplicates: Vec<Duplicate>,
    pub(super) error: Option<ParseError>,
    seen: BTreeMap<SmolStr, Seen>,
    in_order: bool,
    is_template: bool,
}

impl Joining {
    pub(super) fn new(dialect: Dialect, is_template: bool) -> Self {
        Self {
            map: Map::default(),
            duplicates: Vec::new(),
            error: None,
            seen: BTreeMap::new(),
            in_order: dialect == Dialect::Kubernetes,
            is_template,
        }
    }

    pub(super) fn join(&mut self, entries: Vec<Entry>, merges: Vec<Merge>) {
        if let [first, again, ..] = &merges[..]
            && !self.in_order
            && !self.is_template
        {
            self.duplicates.push(Duplicate {
                key: "<<".to_owned(),
                first: first.key_span,
                again: again.key_span,
            });
        }
        let mut merges = merges.into_iter().peekable();
        for (index, entry) in entries.into_iter().enumerate() {
            let in_order = self.in_order;
            let is_due = |merge: &Merge| in_order && merge.before <= index;
            while let Some(merge) = merges.next_if(is_due) {
                self.merge(&merge.from);
            }
            self.add(entry);
        }
        for merge in merges {
            self.merge(&merge.from);
        }
    }

    /// Adds a key that is written in the map.
    fn add(&mut self, entry: Entry) {
        let Some(seen) = self.seen.get_mut(&entry.key) else {
            let at = self.map.entries.len();
            let is_merged = false;
            self.seen.insert(entry.key.clone(), Seen { at, is_merged });
            self.map.entries.push(entry);
            return;
        };
        let Some(first) = self.map.entries.get_mut(seen.at) else {
            return;
        };
        if self.is_template && !seen.is_merged {
            first.value = Node::unknown(first.value.span, entry.key.clone(), Reason::Ambiguous);
            return;
        }
        if !std::mem::take(&mut seen.is_merged) {
            self.duplicates.push(Duplicate {
                key: entry.key.to_string(),
                first: first.key_span,
                again: entry.key_span,
            });
        }
        let value_span = entry.value.span;
        *first = entry;
        if !self.in_order {
            first.value = Node::unknown(value_span, first.key.clone(), Reason::Ambiguous);
        }
    }

    fn merge(&mut self, from: &Node) {
        match &from.value {
            Value::Map(source) => {
                for entry in &source.entries {
                    self.add_merged(entry);
                }
                if self.map.open.is_none() {
                    self.map.open.clone_from(&source.open);
                }
            }
            // The first of a list wins, whoever overwrites whom.
            Value::List(list) if list.items.iter().all(|item| item.as_map().is_some()) => {
                let items = list.items.iter();
                if self.in_order {
                    items.rev().for_each(|item| self.merge(item));
                } else {
                    items.for_each(|item| self.merge(item));
                }
            }
            Value::Unknown(unknown) => self.map.open = Some(unknown.reason.clone()),
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::Str(_)
            | Value::List(_) => {
                self.error.get_or_insert(ParseError {
                    span: from.span,
                    message: "a merge needs a map or a list of maps".to_owned(),
                });
            }
        }
    }

    fn add_merged(&mut self, entry: &Entry) {
        match self.seen.get_mut(&entry.key) {
            None => {
                let at = self.map.entries.len();
                let is_merged = true;
                self.seen.insert(entry.key.clone(), Seen { at, is_merged });
                self.map.entries.push(entry.clone());
            }
            Some(seen) if self.in_order => {
                seen.is_merged = true;
                if let Some(known) = self.map.entries.get_mut(seen.at) {
                    known.clone_from(entry);
                }
            }
            Some(_) => {}
        }
    }
}
