//! Functions on lists and maps.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an operation names the few types that it applies to; all others are refused alike"
)]

use std::borrow::Cow;
use std::rc::Rc;

use smol_str::SmolStr;

use super::{Function, Style, arg, str_of};
use crate::document::{Entry, Reason};
use crate::expr::types::Type;
use crate::expr::value::{Data, Val};

const TWO_LISTS: &[Type] = &[Type::Any, Type::Any];

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "size",
        style: Style::Both,
        params: &[Type::Any],
        returns: Type::Int,
        doc: "The number of characters, items or keys.",
        run: |args| {
            let value = arg(args, 0)?;
            let count = match value.as_str() {
                Some(text) => text.chars().count(),
                None => match known(value)? {
                    Ok(items) => items.len(),
                    Err(reason) => return Ok(Data::Unknown(reason)),
                },
            };
            Ok(Data::Int(i64::try_from(count).unwrap_or(i64::MAX)))
        },
    },
    Function {
        name: "stated",
        style: Style::Global,
        params: &[Type::Any],
        returns: Type::Any,
        doc: "What the files state of a list or map, whatever else there may be: for conditions that only a stated value should change.",
        run: |args| {
            let value = arg(args, 0)?;
            match &value.data {
                Data::Map(map) => {
                    let read = |entry: &'_ Entry| entry.key.clone();
                    let keys = map.entries.iter().map(read);
                    let values = keys.map(|key| (key.clone(), value.select(&key)));
                    Ok(Data::Table(Rc::new(values.collect())))
                }
                _ => match value.elements() {
                    Some((items, _)) => Ok(Data::Items(Rc::new(items), None)),
                    None => Err(format!("a {} has no elements", value.type_name())),
                },
            }
        },
    },
    Function {
        name: "known",
        style: Style::Global,
        params: &[Type::Any],
        returns: Type::Any,
        doc: "The entries of a map whose values the files tell, whatever else there may be.",
        run: |args| {
            let value = arg(args, 0)?;
            let Data::Map(map) = &value.data else {
                return Err(format!("a {} has no entries", value.type_name()));
            };
            let told = map.entries.iter().filter(|entry| !entry.value.is_unknown());
            let keys = told.map(|entry| entry.key.clone());
            let values = keys.map(|key| (key.clone(), value.select(&key)));
            Ok(Data::Table(Rc::new(values.collect())))
        },
    },
    Function {
        name: "leaves",
        style: Style::Global,
        params: &[Type::Any],
        returns: Type::List(&Type::Any),
        doc: "Every scalar below a map or list, as a map of `path` (keys with dots between them, the last one also as `key`) and `value`.",
        run: |args| {
            let mut found = Vec::new();
            leaves(arg(args, 0)?, &mut Vec::new(), &mut found)?;
            Ok(Data::Items(Rc::new(found), None))
        },
    },
    Function {
        name: "join",
        style: Style::Receiver,
        params: &[Type::Any, Type::String],
        returns: Type::String,
        doc: "The items as one text with the separator between them.",
        run: |args| match known(arg(args, 0)?)? {
            Err(reason) => Ok(Data::Unknown(reason)),
            Ok(items) => {
                let shown: Vec<String> = items.iter().map(ToString::to_string).collect();
                Ok(Data::Str(Cow::Owned(shown.join(str_of(args, 1)?))))
            }
        },
    },
    Function {
        name: "listed",
        style: Style::Receiver,
        params: &[Type::Any, Type::Int],
        returns: Type::String,
        doc: "The first items for a message, in back-ticks, and how many more there are.",
        run: |args| {
            let most = arg(args, 1)?
                .as_int()
                .and_then(|most| usize::try_from(most).ok());
            match (known(arg(args, 0)?)?, most) {
                (Err(reason), _) => Ok(Data::Unknown(reason)),
                (Ok(_), None) => Err("a number of items is needed".to_owned()),
                (Ok(items), Some(most)) => Ok(Data::Str(listed(&items, most).into())),
            }
        },
    },
    Function {
        name: "sum",
        style: Style::Receiver,
        params: &[Type::Any],
        returns: Type::Int,
        doc: "The sum of integers.",
        run: |args| match known(arg(args, 0)?)? {
            Err(reason) => Ok(Data::Unknown(reason)),
            Ok(items) => {
                let mut total = 0_i64;
                for item in &items {
                    match &item.data {
                        Data::Int(number) => total = total.saturating_add(*number),
                        Data::Unknown(reason) => return Ok(Data::Unknown(reason.clone())),
                        _ => return Err(format!("a {} cannot be summed", item.type_name())),
                    }
                }
                Ok(Data::Int(total))
            }
        },
    },
    Function {
        name: "distinct",
        style: Style::Receiver,
        params: &[Type::Any],
        returns: Type::List(&Type::Any),
        doc: "The items without repetitions.",
        run: |args| match known(arg(args, 0)?)? {
            Err(reason) => Ok(Data::Unknown(reason)),
            Ok(items) => {
                let mut seen: Vec<Val<'_>> = Vec::new();
                for item in items {
                    if !seen.iter().any(|other| other.equals(&item) == Some(true)) {
                        seen.push(item);
                    }
                }
                Ok(Data::Items(Rc::new(seen), None))
            }
        },
    },
    Function {
        name: "sets.contains",
        style: Style::Global,
        params: TWO_LISTS,
        returns: Type::Bool,
        doc: "Whether every item of the second list is in the first.",
        run: |args| every(arg(args, 0)?, arg(args, 1)?),
    },
    Function {
        name: "sets.intersects",
        style: Style::Global,
        params: TWO_LISTS,
        returns: Type::Bool,
        doc: "Whether the lists share an item.",
        run: |args| {
            let (a, b) = match (known(arg(args, 0)?)?, known(arg(args, 1)?)?) {
                (Ok(a), Ok(b)) => (a, b),
                (Err(reason), _) | (_, Err(reason)) => return Ok(Data::Unknown(reason)),
            };
            Ok(Data::Bool(a.iter().any(|item| {
                b.iter().any(|other| other.equals(item) == Some(true))
            })))
        },
    },
];

fn listed(items: &[Val<'_>], most: usize) -> String {
    let shown: Vec<String> = items
        .iter()
        .take(most)
        .map(|item| format!("`{item}`"))
        .collect();
    match (items.len().saturating_sub(most), shown.split_last()) {
        (0, Some((last, before))) if !before.is_empty() => {
            format!("{} and {last}", before.join(", "))
        }
        (0, _) => shown.join(""),
        (more, _) => format!("{} and {more} more", shown.join(", ")),
    }
}

/// How deep `leaves` goes.
const MAX_LEAF_DEPTH: usize = 32;

/// Adds every scalar below a value.
fn leaves<'a>(
    value: &Val<'a>,
    path: &mut Vec<String>,
    found: &mut Vec<Val<'a>>,
) -> Result<(), String> {
    if path.len() > MAX_LEAF_DEPTH {
        return Err("the value nests too deep".to_owned());
    }
    let children: Vec<(String, Val<'a>)> = match &value.data {
        Data::Map(map) => {
            let read = |entry: &'a Entry| {
                let child = Val::read(&entry.value, Some(entry.key_span));
                (entry.key.to_string(), child)
            };
            map.entries.iter().map(read).collect()
        }
        Data::List(list) => {
            let items = list.items.iter().enumerate();
            items
                .map(|(index, item)| (index.to_string(), Val::read(item, None)))
                .collect()
        }
        _ => {
            let text = |text: String| Val::from(Data::Str(text.into()), value.origin);
            let key = path.last().cloned().unwrap_or_default();
            let leaf = vec![
                (SmolStr::new_static("path"), text(path.join("."))),
                (SmolStr::new_static("key"), text(key)),
                (SmolStr::new_static("value"), value.clone()),
            ];
            found.push(Val::from(Data::Table(Rc::new(leaf)), value.origin));
            return Ok(());
        }
    };
    for (key, child) in children {
        path.push(key);
        leaves(&child, path, found)?;
        path.pop();
    }
    Ok(())
}

/// The elements of a collection that is known in full, or why it is not.
fn known<'a>(value: &Val<'a>) -> Result<Result<Vec<Val<'a>>, Reason>, String> {
    match value.elements() {
        Some((_, Some(reason))) => Ok(Err(reason)),
        Some((items, None)) => Ok(Ok(items)),
        None => Err(format!("a {} has no elements", value.type_name())),
    }
}

fn every<'a>(all: &Val<'a>, part: &Val<'a>) -> Result<Data<'a>, String> {
    let (all, part) = match (known(all)?, known(part)?) {
        (Ok(all), Ok(part)) => (all, part),
        (Err(reason), _) | (_, Err(reason)) => return Ok(Data::Unknown(reason)),
    };
    let inside = |item: &Val<'_>| all.iter().any(|other| other.equals(item) == Some(true));
    Ok(Data::Bool(part.iter().all(inside)))
}

/// `list + list`.
pub(in crate::expr) fn concatenate<'a>(a: &Val<'a>, b: &Val<'a>) -> Result<Data<'a>, String> {
    let parts = |value: &Val<'a>| {
        let parts = value.elements();
        parts.ok_or_else(|| format!("a {} has no elements", value.type_name()))
    };
    let (mut items, open) = parts(a)?;
    let (more, open_more) = parts(b)?;
    items.extend(more);
    Ok(Data::Items(Rc::new(items), open.or(open_more)))
}
