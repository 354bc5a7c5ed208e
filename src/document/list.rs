//! The items of a list, and which of them have a name or are of a kind.
//!
//! The main type is [`List`]. Objects say under `kind` what they are and under `metadata` how they are called, and rules
//! ask for both again and again; so a long list remembers where each is, from the first question on.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use smol_str::SmolStr;

use crate::document::{Node, Reason};

/// Lists that are no longer than this are searched through.
const SHORT: usize = 16;

/// The items of a list.
///
/// Items are not changed once the list was asked for some of them: who changes them starts from a clone.
#[derive(Debug, Default)]
pub struct List {
    /// Items in file order.
    pub items: Vec<Node>,
    /// Set when more items may exist than the file shows.
    pub open: Option<Reason>,
    kinds: OnceLock<Box<Places>>,
    names: OnceLock<Box<Places>>,
}

/// What items are asked for by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// The text under `kind`.
    Kind,
    /// The text under `name` in `metadata`.
    Name,
}

/// Indices of items.
#[derive(Debug, Default)]
struct Places {
    by_text: BTreeMap<SmolStr, Vec<usize>>,
    /// Of those without such a text, which can be any.
    others: Vec<usize>,
}

impl List {
    /// A list of items; with a reason where there may be more.
    pub fn new(items: Vec<Node>, open: Option<Reason>) -> Self {
        Self {
            items,
            open,
            ..Self::default()
        }
    }

    /// The items, in their order, whose mark can be one of some texts; nothing for a list that is searched as fast.
    pub fn marked(&self, mark: Mark, texts: &[&str]) -> Option<Vec<&Node>> {
        if self.items.len() <= SHORT {
            return None;
        }
        let places = match mark {
            Mark::Kind => &self.kinds,
            Mark::Name => &self.names,
        };
        let places = places.get_or_init(|| Box::new(Places::of(&self.items, mark.path())));
        let by_text = texts.iter().filter_map(|text| places.by_text.get(*text));
        let mut found: Vec<usize> = by_text.chain([&places.others]).flatten().copied().collect();
        found.sort_unstable();
        found.dedup();
        let items = found.into_iter().filter_map(|at| self.items.get(at));
        Some(items.collect())
    }
}

impl Mark {
    /// The keys that lead to it.
    pub fn path(self) -> &'static [&'static str] {
        match self {
            Self::Kind => &["kind"],
            Self::Name => &["metadata", "name"],
        }
    }
}

impl Places {
    fn of(items: &[Node], path: &[&str]) -> Self {
        let mut places = Self::default();
        for (at, item) in items.iter().enumerate() {
            match item.str_at(path) {
                Some(text) => places.by_text.entry(text.into()).or_default().push(at),
                None => places.others.push(at),
            }
        }
        places
    }
}

impl Clone for List {
    fn clone(&self) -> Self {
        Self::new(self.items.clone(), self.open.clone())
    }
}

impl PartialEq for List {
    fn eq(&self, other: &Self) -> bool {
        self.items == other.items && self.open == other.open
    }
}
