//! A value tree in which each node knows its bytes.
//!
//! [`Node`] is the only value type of the program: Kubernetes objects, collector configurations, Dockerfile
//! instructions, policies and settings are all read into it, and the subjects that rules see are built from it.
//! Subtrees are shared, so a subject that shows part of an object costs no copy.
//!
//! A scalar can be *unknown* (its text is there, its value is not) and a map or list can be *open* (more may be
//! there than the file shows). This room knows YAML, and nothing of what the values mean.

pub mod decode;
pub mod embedded;
mod list;
pub mod yaml;

use std::sync::Arc;

use smol_str::SmolStr;

use crate::source::Span;

pub use self::list::{List, Mark};

/// A value and the bytes that it was written as.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where the value stands; for a derived value, where the fact behind it stands.
    pub span: Span,
    /// The value.
    pub value: Value,
}

/// What a node holds.
#[derive(Debug, Clone)]
pub enum Value {
    /// An explicit or implied null.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer that fits 64 bits with a sign.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// Text.
    Str(SmolStr),
    /// Several values.
    List(Arc<List>),
    /// Named values, in the order of the file.
    Map(Arc<Map>),
    /// Something that the files do not tell.
    Unknown(Arc<Unknown>),
}

/// Values that are shared need not be looked into.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(one), Self::Bool(other)) => one == other,
            (Self::Int(one), Self::Int(other)) => one == other,
            (Self::Float(one), Self::Float(other)) => one == other,
            (Self::Str(one), Self::Str(other)) => one == other,
            (Self::List(one), Self::List(other)) => Arc::ptr_eq(one, other) || one == other,
            (Self::Map(one), Self::Map(other)) => Arc::ptr_eq(one, other) || one == other,
            (Self::Unknown(one), Self::Unknown(other)) => Arc::ptr_eq(one, other) || one == other,
            (
                Self::Null
                | Self::Bool(_)
                | Self::Int(_)
                | Self::Float(_)
                | Self::Str(_)
                | Self::List(_)
                | Self::Map(_)
                | Self::Unknown(_),
                _,
            ) => false,
        }
    }
}

/// The entries of a map.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Map {
    /// Entries in file order; keys are unique.
    pub entries: Vec<Entry>,
    /// Set when more keys may exist than the file shows.
    pub open: Option<Reason>,
    /// Where to point when something is absent from this map; by default its first telling key.
    pub label: Option<Span>,
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key as text: boolean and numeric keys become their text.
    pub key: SmolStr,
    /// Where the key stands.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

/// A scalar whose value the files do not tell.
#[derive(Debug, Clone, PartialEq)]
pub struct Unknown {
    /// The text as written.
    pub text: SmolStr,
    /// Why it is unknown.
    pub reason: Reason,
    /// Two very different scalars of the kind that it will be, where that much is known: what holds with both of them
    /// holds.
    pub likely: Option<[Value; 2]>,
}

/// Why a value is not known, or a collection not complete.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// A template action that was not rendered.
    Template,
    /// A variable that is set where the configuration runs: its name.
    Variable(SmolStr),
    /// A key of an object that is not among the files, or not meant to be: a description of it.
    Elsewhere(SmolStr),
    /// A key that is defined more than once where only one of them will be used.
    Ambiguous,
    /// A value of another type than the field takes: the type that was found.
    Type(SmolStr),
    /// Something that rules cannot see into.
    Opaque(SmolStr),
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Template => write!(f, "a template action that was not rendered"),
            Self::Variable(name) => write!(f, "the variable `{name}` is set where it runs"),
            Self::Elsewhere(what) => write!(f, "{what} is not among the files"),
            Self::Ambiguous => write!(f, "several values are given for the same key"),
            Self::Type(found) => write!(f, "a {found} stands where another type is expected"),
            Self::Opaque(what) => write!(f, "{what}"),
        }
    }
}

impl Value {
    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        if let Self::Str(text) = self {
            Some(text)
        } else {
            None
        }
    }

    /// A scalar as the text that programs make of it; nothing for null, for collections, and for what is not known.
    pub fn told(&self) -> Option<String> {
        match self {
            Self::Str(text) => Some(text.to_string()),
            Self::Int(number) => Some(number.to_string()),
            Self::Float(number) => Some(number.to_string()),
            Self::Bool(word) => Some(word.to_string()),
            Self::Null | Self::List(_) | Self::Map(_) | Self::Unknown(_) => None,
        }
    }
}

impl Node {
    /// A node for a value.
    pub fn new(span: Span, value: Value) -> Self {
        Self { span, value }
    }

    /// A text node.
    pub fn string(span: Span, text: impl Into<SmolStr>) -> Self {
        Self::new(span, Value::Str(text.into()))
    }

    /// A null node.
    pub fn null(span: Span) -> Self {
        Self::new(span, Value::Null)
    }

    /// A boolean node.
    pub fn bool(span: Span, value: bool) -> Self {
        Self::new(span, Value::Bool(value))
    }

    /// An integer node; counts beyond 63 bits are clipped.
    pub fn count(span: Span, value: usize) -> Self {
        Self::new(span, Value::Int(i64::try_from(value).unwrap_or(i64::MAX)))
    }

    /// A closed list.
    pub fn list(span: Span, items: Vec<Self>) -> Self {
        Self::new(span, Value::List(Arc::new(List::new(items, None))))
    }

    /// An unknown scalar.
    pub fn unknown(span: Span, text: impl Into<SmolStr>, reason: Reason) -> Self {
        let unknown = Unknown {
            text: text.into(),
            reason,
            likely: None,
        };
        Self::new(span, Value::Unknown(Arc::new(unknown)))
    }

    /// An unknown scalar of which the kind is known: two very different ones that it could be.
    pub fn of_kind(
        span: Span,
        text: impl Into<SmolStr>,
        reason: Reason,
        likely: [Value; 2],
    ) -> Self {
        let unknown = Unknown {
            text: text.into(),
            reason,
            likely: Some(likely),
        };
        Self::new(span, Value::Unknown(Arc::new(unknown)))
    }

    /// The map, if it is one.
    pub fn as_map(&self) -> Option<&Map> {
        if let Value::Map(map) = &self.value {
            Some(map)
        } else {
            None
        }
    }

    /// The list, if it is one.
    pub fn as_list(&self) -> Option<&List> {
        if let Value::List(list) = &self.value {
            Some(list)
        } else {
            None
        }
    }

    /// The text, if it is a known text.
    pub fn as_str(&self) -> Option<&str> {
        self.value.as_str()
    }

    /// The integer, if it is one.
    pub fn as_int(&self) -> Option<i64> {
        if let Value::Int(number) = self.value {
            Some(number)
        } else {
            None
        }
    }

    /// The boolean, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        if let Value::Bool(value) = self.value {
            Some(value)
        } else {
            None
        }
    }

    /// Whether the value is unknown.
    pub fn is_unknown(&self) -> bool {
        matches!(self.value, Value::Unknown(_))
    }

    /// Why there may be more in the value than the file shows.
    pub fn openness(&self) -> Option<Reason> {
        match &self.value {
            Value::Unknown(unknown) => Some(unknown.reason.clone()),
            Value::Map(map) => map.open.clone(),
            Value::List(list) => {
                let mut items = list.items.iter().filter(|item| item.is_unknown());
                list.open.clone().or_else(|| items.find_map(Self::openness))
            }
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) => None,
        }
    }

    /// Whether the value is null.
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// The value under a key of a map.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_map()?.get(key)
    }

    /// The value at a path of keys.
    pub fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The known text at a path of keys.
    pub fn str_at(&self, path: &[&str]) -> Option<&str> {
        self.at(path)?.as_str()
    }

    /// The items of a list; none for anything else.
    pub fn items(&self) -> &[Self] {
        self.as_list().map_or(&[], |list| &list.items)
    }

    /// The entries of a map; none for anything else.
    pub fn entries(&self) -> &[Entry] {
        self.as_map().map_or(&[], |map| &map.entries)
    }

    /// The name of the value's type, as people call it.
    pub fn type_name(&self) -> &'static str {
        match &self.value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Int(_) => "integer",
            Value::Float(_) => "number",
            Value::Str(_) => "string",
            Value::List(_) => "list",
            Value::Map(_) => "map",
            Value::Unknown(_) => "value that is not known",
        }
    }

    /// The same tree with some texts replaced; the values of the keys in `except` are left alone.
    ///
    /// Parts in which nothing is replaced stay shared.
    #[must_use]
    pub fn replace_texts(
        &self,
        replace: &dyn Fn(&str, Span) -> Option<Self>,
        except: &[&str],
    ) -> Self {
        self.replaced(replace, except)
            .unwrap_or_else(|| self.clone())
    }

    /// The tree with some texts replaced; nothing where nothing changes.
    pub fn replaced(
        &self,
        replace: &dyn Fn(&str, Span) -> Option<Self>,
        except: &[&str],
    ) -> Option<Self> {
        let of_scalar = |node: &Self| replace(node.as_str()?, node.span);
        self.exchanged(&of_scalar, except)
    }

    /// The tree with the first or the second likely scalar in the place of each value of which only the kind is known;
    /// nothing without such a value. The values of the keys in `except` are left alone.
    pub fn assumed(&self, second: bool, except: &[&str]) -> Option<Self> {
        let likely = |node: &Self| {
            let Value::Unknown(unknown) = &node.value else {
                return None;
            };
            let [one, other] = unknown.likely.as_ref()?;
            let value = if second { other } else { one };
            Some(Self::new(node.span, value.clone()))
        };
        self.exchanged(&likely, except)
    }

    /// What follows from a text. Where only two texts are known that it could be, it follows from both; where nothing
    /// follows, or from one of them only, it is not known.
    pub fn derive(&self, follow: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let unknown = match &self.value {
            Value::Str(text) => return Some(Self::string(self.span, follow(text)?)),
            Value::Unknown(unknown) => unknown,
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::List(_)
            | Value::Map(_) => return None,
        };
        let both = unknown.likely.as_ref().map(|likely| {
            let texts = likely.each_ref().map(Value::as_str);
            texts.map(|text| text.and_then(&follow))
        });
        Some(match both {
            Some([Some(one), Some(other)]) if one == other => Self::string(self.span, one),
            Some([Some(one), Some(other)]) => {
                let likely = [one, other].map(|text| Value::Str(text.into()));
                Self::of_kind(self.span, "", unknown.reason.clone(), likely)
            }
            Some(_) | None => Self::unknown(self.span, "", unknown.reason.clone()),
        })
    }

    /// The tree with what variables surely give in their places; nothing where there is no such variable.
    pub fn settled(&self) -> Option<Self> {
        let sure = |node: &Self| {
            let Value::Unknown(unknown) = &node.value else {
                return None;
            };
            let [one, other] = unknown.likely.as_ref()?;
            (one == other).then(|| Self::new(node.span, one.clone()))
        };
        self.exchanged(&sure, &[])
    }

    /// The tree with some scalars exchanged; nothing where nothing changes.
    pub fn exchanged(
        &self,
        exchange: &dyn Fn(&Self) -> Option<Self>,
        except: &[&str],
    ) -> Option<Self> {
        let value = match &self.value {
            Value::List(list) => {
                let mut changed: Option<List> = None;
                for (index, item) in list.items.iter().enumerate() {
                    let Some(item) = item.exchanged(exchange, except) else {
                        continue;
                    };
                    let items = &mut changed.get_or_insert_with(|| list.as_ref().clone()).items;
                    if let Some(slot) = items.get_mut(index) {
                        *slot = item;
                    }
                }
                Value::List(Arc::new(changed?))
            }
            Value::Map(map) => {
                let mut changed: Option<Map> = None;
                for (index, entry) in map.entries.iter().enumerate() {
                    if except.contains(&entry.key.as_str()) {
                        continue;
                    }
                    let Some(value) = entry.value.exchanged(exchange, except) else {
                        continue;
                    };
                    let entries = &mut changed.get_or_insert_with(|| map.as_ref().clone()).entries;
                    if let Some(slot) = entries.get_mut(index) {
                        slot.value = value;
                    }
                }
                Value::Map(Arc::new(changed?))
            }
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::Str(_)
            | Value::Unknown(_) => return exchange(self),
        };
        Some(Self::new(self.span, value))
    }

    /// Where to point at when something is absent from this node and no key led to it.
    pub fn label(&self) -> Span {
        let Some(map) = self.as_map() else {
            return self.span;
        };
        if let Some(label) = map.label {
            return label;
        }
        let telling = ["name", "image"]
            .iter()
            .find_map(|key| map.entry(key))
            .or_else(|| map.entries.first());
        telling.map_or(self.span, |entry| entry.key_span.to(entry.value.span))
    }
}

impl Map {
    /// The entry of a key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }
}

/// Collects the entries of a derived map.
#[derive(Debug)]
pub struct MapBuilder {
    span: Span,
    map: Map,
}

impl MapBuilder {
    /// An empty map that stands at `span`.
    pub fn new(span: Span) -> Self {
        Self {
            span,
            map: Map::default(),
        }
    }

    /// Adds a value whose key stands where the value does.
    pub fn put(&mut self, key: &str, value: Node) -> &mut Self {
        let key_span = value.span;
        self.put_at(key, key_span, value)
    }

    /// Adds a value with the place of its key; a second value for a key replaces the first.
    pub fn put_at(&mut self, key: &str, key_span: Span, value: Node) -> &mut Self {
        self.map.entries.retain(|entry| entry.key != key);
        self.map.entries.push(Entry {
            key: key.into(),
            key_span,
            value,
        });
        self
    }

    /// Adds a value that may be absent.
    pub fn put_some(&mut self, key: &str, value: Option<Node>) -> &mut Self {
        if let Some(value) = value {
            self.put(key, value);
        }
        self
    }

    /// Adds the entry that another map has under the same name, with the place of its key.
    pub fn share(&mut self, from: &Node, key: &str) -> &mut Self {
        if let Some(entry) = from.as_map().and_then(|map| map.entry(key)) {
            self.put_at(key, entry.key_span, entry.value.clone());
        }
        self
    }

    /// Adds every entry that another map has, each with the place of its key.
    pub fn share_all(&mut self, from: &Node) -> &mut Self {
        for entry in from.entries() {
            self.put_at(&entry.key, entry.key_span, entry.value.clone());
        }
        self
    }

    /// Marks the map as possibly holding more keys.
    pub fn open(&mut self, reason: Reason) -> &mut Self {
        self.map.open.get_or_insert(reason);
        self
    }

    /// Sets where to point when something is absent.
    pub fn label(&mut self, label: Span) -> &mut Self {
        self.map.label = Some(label);
        self
    }

    /// The finished node.
    pub fn build(&mut self) -> Node {
        Node::new(
            self.span,
            Value::Map(Arc::new(std::mem::take(&mut self.map))),
        )
    }
}
