//! What expressions compute with: values that remember which node they came from.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an operation names the few types that it applies to; all others are refused alike"
)]

use std::borrow::Cow;
use std::cmp::Ordering;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

use smol_str::SmolStr;

use crate::document::{List, Map, MapBuilder, Node, Reason, Value};
use crate::source::Span;

/// A value with its origin.
#[derive(Debug, Clone)]
pub struct Val<'a> {
    /// What it is.
    pub data: Data<'a>,
    /// The node that it was read from or decided by.
    pub origin: Option<Origin>,
}

/// The values that an expression can meet.
#[derive(Debug, Clone)]
pub enum Data<'a> {
    /// Null.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A number with a fraction.
    Double(f64),
    /// Text.
    Str(Cow<'a, str>),
    /// A list of the document.
    List(&'a List),
    /// A map of the document.
    Map(&'a Map),
    /// A list that was computed, and why it may lack elements.
    Items(Rc<Vec<Val<'a>>>, Option<Reason>),
    /// A map that was computed.
    Table(Rc<Vec<(SmolStr, Val<'a>)>>),
    /// A Kubernetes quantity in billionths.
    Quantity(i128),
    /// A span of time in nanoseconds.
    Duration(i64),
    /// A parsed address.
    Url(Rc<super::functions::Url>),
    /// A parsed version.
    Semver(Rc<super::functions::Semver>),
    /// An IP address.
    Ip(IpAddr),
    /// An IP range: base address and prefix length in bits.
    Cidr(IpAddr, u8),
    /// The path ends before this value: the key that was not there.
    Absent(SmolStr),
    /// Nobody knows from the files alone.
    Unknown(Reason),
    /// The expression does not fit the data: what is wrong.
    Fault(SmolStr),
}

/// Where a value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// The place to point at.
    pub span: Span,
    /// The key that led there, where there was one.
    pub key: Option<Span>,
    /// Whether the place is a scalar itself, and not a key or a collection that stands for what is missing.
    pub is_scalar: bool,
}

impl Origin {
    /// Where to point when the value itself is wrong: a scalar's text, or the key of a collection.
    fn of(node: &Node, key: Option<Span>) -> Self {
        let is_collection = matches!(node.value, Value::List(_) | Value::Map(_));
        let span = match key {
            Some(key) if is_collection || node.span.is_empty() => key,
            _ if is_collection => node.label(),
            _ => node.span,
        };
        Self {
            span,
            key,
            is_scalar: !is_collection,
        }
    }

    /// Which of two origins says more: a scalar more than a place where something is missing.
    ///
    /// Between equals a guard comes before what it guards, so of two scalars the second has decided.
    pub(super) fn telling(first: Option<Self>, second: Option<Self>) -> Option<Self> {
        match (first, second) {
            (Some(_), Some(second)) if second.is_scalar => Some(second),
            (Some(first), _) => Some(first),
            (None, second) => second,
        }
    }
}

impl<'a> Val<'a> {
    /// A computed value.
    pub fn new(data: Data<'a>) -> Self {
        Self { data, origin: None }
    }

    /// A computed value that another value decided.
    pub fn from(data: Data<'a>, origin: Option<Origin>) -> Self {
        Self { data, origin }
    }

    /// The value of a node, reached through a key or not.
    pub fn read(node: &'a Node, key: Option<Span>) -> Self {
        let data = match &node.value {
            Value::Null => Data::Null,
            Value::Bool(value) => Data::Bool(*value),
            Value::Int(value) => Data::Int(*value),
            Value::Float(value) => Data::Double(*value),
            Value::Str(text) => Data::Str(Cow::Borrowed(text)),
            Value::List(list) => Data::List(list),
            Value::Map(map) => Data::Map(map),
            Value::Unknown(unknown) => Data::Unknown(unknown.reason.clone()),
        };
        Self::from(data, Some(Origin::of(node, key)))
    }

    /// The value under a key, or what its absence means.
    #[must_use]
    pub fn select(&self, key: &str) -> Self {
        match &self.data {
            Data::Map(map) => match map.entry(key) {
                Some(entry) => Self::read(&entry.value, Some(entry.key_span)),
                None => self.lacking(key, map.open.as_ref()),
            },
            Data::Table(entries) => match entries.iter().find(|(name, _)| name == key) {
                Some((_, value)) => value.clone(),
                None => self.lacking(key, None),
            },
            Data::Null => self.lacking(key, None),
            Data::Absent(_) | Data::Unknown(_) | Data::Fault(_) => self.clone(),
            _ => self.fault(format!("a {} has no field `{key}`", self.type_name())),
        }
    }

    fn lacking(&self, key: &str, open: Option<&Reason>) -> Self {
        let data = match open {
            Some(reason) => Data::Unknown(reason.clone()),
            None => Data::Absent(SmolStr::new(key)),
        };
        let origin = self.origin.map(|origin| Origin {
            is_scalar: false,
            ..origin
        });
        Self::from(data, origin)
    }

    /// The same place with an error instead of a value.
    #[must_use]
    pub fn fault(&self, message: impl AsRef<str>) -> Self {
        Self::from(Data::Fault(SmolStr::new(message)), self.origin)
    }

    /// Whether the value is absent, unknown or does not fit: it decides nothing.
    pub fn is_void(&self) -> bool {
        matches!(
            self.data,
            Data::Absent(_) | Data::Unknown(_) | Data::Fault(_)
        )
    }

    /// The boolean, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        if let Data::Bool(value) = self.data {
            Some(value)
        } else {
            None
        }
    }

    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        if let Data::Str(text) = &self.data {
            Some(text)
        } else {
            None
        }
    }

    /// The integer, if it is one.
    pub fn as_int(&self) -> Option<i64> {
        if let Data::Int(value) = self.data {
            Some(value)
        } else {
            None
        }
    }

    /// The name of the value's type, as CEL calls it.
    pub fn type_name(&self) -> &'static str {
        match &self.data {
            Data::Null => "null",
            Data::Bool(_) => "bool",
            Data::Int(_) => "int",
            Data::Double(_) => "double",
            Data::Str(_) => "string",
            Data::List(_) | Data::Items(..) => "list",
            Data::Map(_) | Data::Table(_) => "map",
            Data::Quantity(_) => "quantity",
            Data::Duration(_) => "duration",
            Data::Url(_) => "url",
            Data::Semver(_) => "semver",
            Data::Ip(_) => "ip",
            Data::Cidr(..) => "cidr",
            Data::Absent(_) => "absent value",
            Data::Unknown(_) => "unknown value",
            Data::Fault(_) => "error",
        }
    }

    /// The elements that a comprehension visits: list items, or the keys of a map.
    ///
    /// With them comes why there may be more; nothing for a value that has no elements.
    pub fn elements(&self) -> Option<(Vec<Self>, Option<Reason>)> {
        match &self.data {
            Data::List(list) => {
                let items = list
                    .items
                    .iter()
                    .map(|item| Self::read(item, None))
                    .collect();
                Some((items, list.open.clone()))
            }
            Data::Items(items, open) => Some((items.as_ref().clone(), open.clone())),
            Data::Map(map) => {
                let key = |entry: &'a crate::document::Entry| {
                    let origin = Origin {
                        span: entry.key_span,
                        key: Some(entry.key_span),
                        is_scalar: false,
                    };
                    Self::from(Data::Str(Cow::Borrowed(&entry.key)), Some(origin))
                };
                Some((map.entries.iter().map(key).collect(), map.open.clone()))
            }
            Data::Table(entries) => {
                let keys = entries
                    .iter()
                    .map(|(key, _)| Data::Str(Cow::Owned(key.to_string())));
                Some((keys.map(Self::new).collect(), None))
            }
            _ => None,
        }
    }

    /// CEL equality in three values: nothing when an unknown part could decide either way.
    pub fn equals(&self, other: &Self) -> Option<bool> {
        if matches!(self.data, Data::Unknown(_)) || matches!(other.data, Data::Unknown(_)) {
            return None;
        }
        if let (Some(a), Some(b)) = (self.table(), other.table()) {
            return tables_equal(&a, &b);
        }
        if let (Some((a, open_a)), Some((b, open_b))) = (self.list_items(), other.list_items()) {
            return lists_equal(&a, &b, open_a.is_some() || open_b.is_some());
        }
        Some(match (&self.data, &other.data) {
            (Data::Null, Data::Null) => true,
            (Data::Bool(a), Data::Bool(b)) => a == b,
            (Data::Str(a), Data::Str(b)) => a == b,
            (Data::Url(a), Data::Url(b)) => a == b,
            (Data::Cidr(a, x), Data::Cidr(b, y)) => a == b && x == y,
            (Data::Ip(a), Data::Ip(b)) => a == b,
            _ => self.compare(other) == Some(Ordering::Equal),
        })
    }

    fn list_items(&self) -> Option<(Vec<Self>, Option<Reason>)> {
        matches!(self.data, Data::List(_) | Data::Items(..)).then(|| self.elements())?
    }

    fn table(&self) -> Option<Table<'a>> {
        match &self.data {
            Data::Map(map) => {
                let read = |entry: &'a crate::document::Entry| {
                    (entry.key.clone(), Self::read(&entry.value, None))
                };
                Some((map.entries.iter().map(read).collect(), map.open.is_some()))
            }
            Data::Table(entries) => Some((entries.as_ref().clone(), false)),
            _ => None,
        }
    }

    /// The value as a node of its own that stands where the value came from, or at `fallback`.
    pub fn to_node(&self, fallback: Span) -> Node {
        let span = self.origin.map_or(fallback, |origin| origin.span);
        let value = match &self.data {
            Data::Bool(value) => Value::Bool(*value),
            Data::Int(value) => Value::Int(*value),
            Data::Double(value) => Value::Float(*value),
            Data::Map(map) => Value::Map(Arc::new((*map).clone())),
            Data::List(list) => Value::List(Arc::new((*list).clone())),
            Data::Items(items, open) => {
                let items = items.iter().map(|item| item.to_node(span)).collect();
                let open = open.clone();
                Value::List(Arc::new(List::new(items, open)))
            }
            Data::Unknown(reason) => return Node::unknown(span, "", reason.clone()),
            Data::Table(entries) => {
                let mut map = MapBuilder::new(span);
                map.label(span);
                for (key, value) in entries.iter() {
                    map.put(key, value.to_node(span));
                }
                return map.build();
            }
            Data::Null | Data::Absent(_) => Value::Null,
            _ => Value::Str(self.to_string().into()),
        };
        Node::new(span, value)
    }

    /// Order of two values; nothing for values that have none.
    #[expect(
        clippy::cast_precision_loss,
        reason = "CEL compares integers with doubles as doubles"
    )]
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        match (&self.data, &other.data) {
            (Data::Int(a), Data::Int(b)) | (Data::Duration(a), Data::Duration(b)) => Some(a.cmp(b)),
            (Data::Double(a), Data::Double(b)) => a.partial_cmp(b),
            (Data::Int(a), Data::Double(b)) => (*a as f64).partial_cmp(b),
            (Data::Double(a), Data::Int(b)) => a.partial_cmp(&(*b as f64)),
            (Data::Str(a), Data::Str(b)) => Some(a.cmp(b)),
            (Data::Bool(a), Data::Bool(b)) => Some(a.cmp(b)),
            (Data::Quantity(a), Data::Quantity(b)) => Some(a.cmp(b)),
            (Data::Semver(a), Data::Semver(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }
}

/// The entries of a map, and whether there may be more.
type Table<'a> = (Vec<(SmolStr, Val<'a>)>, bool);

fn tables_equal(a: &Table<'_>, b: &Table<'_>) -> Option<bool> {
    let open = a.1 || b.1;
    if !open && a.0.len() != b.0.len() {
        return Some(false);
    }
    let mut sure = !open;
    for (key, value) in &a.0 {
        match b.0.iter().find(|(name, _)| name == key) {
            None if b.1 => sure = false,
            None => return Some(false),
            Some((_, other)) => match value.equals(other) {
                Some(true) => {}
                Some(false) => return Some(false),
                None => sure = false,
            },
        }
    }
    sure.then_some(true)
}

fn lists_equal(a: &[Val<'_>], b: &[Val<'_>], open: bool) -> Option<bool> {
    if open {
        return None;
    }
    if a.len() != b.len() {
        return Some(false);
    }
    let mut sure = true;
    for (left, right) in a.iter().zip(b) {
        match left.equals(right) {
            Some(true) => {}
            Some(false) => return Some(false),
            None => sure = false,
        }
    }
    sure.then_some(true)
}

impl std::fmt::Display for Val<'_> {
    /// The value as a message shows it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.data {
            Data::Null => write!(f, "null"),
            Data::Bool(value) => write!(f, "{value}"),
            Data::Int(value) => write!(f, "{value}"),
            Data::Double(value) => write!(f, "{value}"),
            Data::Str(text) => write!(f, "{text}"),
            Data::List(_) | Data::Items(..) => {
                let (items, _) = self.elements().unwrap_or_default();
                let shown: Vec<String> = items.iter().map(ToString::to_string).collect();
                write!(f, "{}", shown.join(", "))
            }
            Data::Map(_) | Data::Table(_) => write!(f, "a map"),
            Data::Quantity(value) => write!(f, "{}", super::functions::show_quantity(*value)),
            Data::Duration(value) => write!(f, "{}", super::functions::show_duration(*value)),
            Data::Url(url) => write!(f, "{}", url.text),
            Data::Semver(version) => {
                write!(f, "{}.{}.{}", version.major, version.minor, version.patch)
            }
            Data::Ip(ip) => write!(f, "{ip}"),
            Data::Cidr(ip, bits) => write!(f, "{ip}/{bits}"),
            Data::Absent(_) => write!(f, "(not set)"),
            Data::Unknown(_) => write!(f, "(unknown)"),
            Data::Fault(message) => write!(f, "({message})"),
        }
    }
}
