//! Which settings a component takes, and of which type.
//!
//! The table beside this file has a row for each key of a group; a component is a group, `kind/type`. It holds every key
//! that any release took, so that what it lacks no release knows: a component without rows is not judged.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::document::{Node, Reason, Value};
use crate::expr::{is_duration, regex_problem};
use crate::repository::collectors::expansions;
use crate::source::{Span, nearest};

/// A setting that a component does not take.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::repository) struct Misfit {
    /// The keys that lead there, with dots between them.
    pub(in crate::repository) path: String,
    pub(in crate::repository) problem: Problem,
    /// What would fit, with its article; nothing where the key itself is not known.
    pub(in crate::repository) expected: String,
    /// What stands there: a type, a value with what is wrong with it, or the key that is not known.
    pub(in crate::repository) found: String,
    /// The key that was most likely meant, or the way to where it belongs.
    pub(in crate::repository) nearest: String,
    /// The variable that the value comes from; empty where it is written there.
    pub(in crate::repository) variable: String,
    pub(in crate::repository) place: Span,
}

/// What is wrong with a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::repository) enum Problem {
    /// There is no such key.
    Key,
    /// The value is of another type.
    Type,
    /// The value is of the right type, and cannot be read.
    Value,
    /// The value is no regular expression, which only components that run look at.
    Pattern,
}

impl Problem {
    /// Its name in expressions.
    pub(in crate::repository) fn name(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Type => "type",
            Self::Value => "value",
            Self::Pattern => "pattern",
        }
    }
}

/// A text in OTTL among the settings.
#[derive(Debug, PartialEq)]
pub(in crate::repository) struct Ottl<'a> {
    pub(in crate::repository) is_statement: bool,
    /// The context that it is read in, or the signal where the text names its contexts itself.
    pub(in crate::repository) context: &'a str,
    pub(in crate::repository) node: &'a Node,
}

/// What settings come to.
#[derive(Debug, Default)]
pub(in crate::repository) struct Judged<'a> {
    pub(in crate::repository) misfits: Vec<Misfit>,
    pub(in crate::repository) ottl: Vec<Ottl<'a>>,
}

/// The keys of every group with what they take.
static GROUPS: LazyLock<BTreeMap<&'static str, Vec<(&'static str, &'static str)>>> =
    LazyLock::new(read);

const SETTINGS: &str = include_str!("settings.tsv");

fn read() -> BTreeMap<&'static str, Vec<(&'static str, &'static str)>> {
    let mut groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for row in SETTINGS.lines().filter(|row| !row.starts_with('#')) {
        let mut cells = row.split('\t');
        if let (Some(group), Some(key), Some(takes)) = (cells.next(), cells.next(), cells.next()) {
            let keys = key.split(' ').map(|key| (key, takes));
            groups.entry(group).or_default().extend(keys);
        }
    }
    groups
}

/// Compares the settings of a component, or of a group, with what it takes.
pub(in crate::repository) fn judge<'a>(group: &str, settings: &'a Node) -> Judged<'a> {
    let mut judged = Judged::default();
    if let Some((group, _)) = GROUPS
        .get_key_value(group)
        .filter(|_| settings.as_map().is_some())
    {
        judged.group(group, settings, "");
    }
    judged
}

/// The keys of a group: its own, then those of the groups that it includes.
fn keys(group: &str) -> Vec<(&'static str, &'static str)> {
    let rows = GROUPS.get(group).map_or(&[][..], Vec::as_slice);
    let own = rows.iter().filter(|(key, _)| *key != "+").copied();
    let included = rows.iter().filter(|(key, _)| *key == "+");
    own.chain(included.flat_map(|(_, other)| keys(other)))
        .collect()
}

impl<'a> Judged<'a> {
    fn group(&mut self, group: &'static str, settings: &'a Node, path: &str) {
        if settings.as_map().is_none() {
            return self.type_unless(settings.is_null(), "a map", settings, path);
        }
        let keys = keys(group);
        let context = settings.str_at(&["context"]);
        for entry in settings.entries() {
            let path = longer(path, &entry.key);
            let known = keys.iter().find(|(key, _)| *key == entry.key);
            match known.or_else(|| keys.iter().find(|(key, _)| *key == "*")) {
                Some((_, takes)) => self.value(takes, &entry.value, &path, context),
                // Two colons part a path.
                None if entry.key.contains("::") => {}
                None => self.misfits.push(Misfit {
                    path,
                    problem: Problem::Key,
                    expected: String::new(),
                    found: entry.key.to_string(),
                    nearest: meant(&entry.key, &keys),
                    variable: String::new(),
                    place: entry.key_span,
                }),
            }
        }
    }

    /// A value; `context` is what the group around it says of the texts in OTTL inside.
    fn value(&mut self, takes: &'static str, node: &'a Node, path: &str, context: Option<&'a str>) {
        if let Some(each) = takes.strip_prefix("list of ") {
            // A text is parted at its commas where the items are texts.
            let may_be_text = matches!(each, "text" | "string" | "regex") || each.contains(' ');
            let is_list = node.as_list().is_some() || may_be_text && node.as_str().is_some();
            self.type_unless(is_list || node.is_null(), "a list", node, path);
            let items = node.items().iter();
            return items.for_each(|item| self.value(each, item, path, context));
        }
        if let Some(each) = takes.strip_prefix("map of ") {
            self.type_unless(
                node.as_map().is_some() || node.is_null(),
                "a map",
                node,
                path,
            );
            let entries = node.entries().iter();
            return entries
                .for_each(|entry| self.value(each, &entry.value, &longer(path, &entry.key), None));
        }
        if let Some((kind @ ("statement" | "condition"), of)) = takes.split_once(' ') {
            let context = context.filter(|_| of == "*").unwrap_or(of);
            return self.ottl(kind == "statement", context, (node, path));
        }
        if let Some(family) = takes.strip_suffix(" by type") {
            let group = node.str_at(&["type"]).map(|of| format!("{family}-{of}"));
            let known = group.and_then(|group| GROUPS.get_key_value(group.as_str()));
            return known
                .into_iter()
                .for_each(|(group, _)| self.group(group, node, path));
        }
        if takes == "headers" {
            let each = ["map of text", "list of header"];
            let each = each.get(usize::from(node.as_list().is_some()));
            return each
                .into_iter()
                .for_each(|each| self.value(each, node, path, None));
        }
        let Some((expected, fits)) = scalar(takes, &node.value) else {
            return self.group(takes, node, path);
        };
        if let Some(filled) = Filled::of(node, expected) {
            return self.filled(takes, &filled, path);
        }
        self.type_unless(fits || node.is_null(), expected, node, path);
        if let Some(misread) = misread(takes, &node.value) {
            self.misread(misread, node.span, path);
        }
    }

    fn misread(&mut self, misread: Misread, place: Span, path: &str) {
        self.misfits.push(Misfit {
            path: path.to_owned(),
            problem: misread.problem,
            expected: misread.expected,
            found: misread.found,
            nearest: misread.nearest.to_owned(),
            variable: String::new(),
            place,
        });
    }

    /// A value that a variable gives, judged like one that is written there.
    fn filled(&mut self, takes: &'static str, filled: &Filled<'_>, path: &str) {
        let before = self.misfits.len();
        let value = &filled.value;
        if let Some((expected, fits)) = scalar(takes, &value.value) {
            self.type_unless(fits, expected, value, path);
        }
        if let Some(misread) = misread(takes, &value.value) {
            self.misread(misread, value.span, path);
        }
        for misfit in self.misfits.iter_mut().skip(before) {
            misfit.found = filled.told(misfit);
            filled.variable.clone_into(&mut misfit.variable);
        }
    }

    /// A text in OTTL, or a group of them under one context.
    fn ottl(&mut self, is_statement: bool, context: &'a str, (node, path): (&'a Node, &str)) {
        if node.as_map().is_none() {
            return self.ottl.push(Ottl {
                is_statement,
                context,
                node,
            });
        }
        let context = node.str_at(&["context"]).unwrap_or(context);
        for (key, is_statement) in [("conditions", false), ("statements", true)] {
            let texts = node.get(key).map_or(&[][..], Node::items).iter();
            texts.for_each(|text| self.ottl(is_statement, context, (text, path)));
        }
        self.group("ottl-texts", node, path);
    }

    /// Notes a value of a wrong type; one that is not known may be right.
    fn type_unless(&mut self, fits: bool, expected: &'static str, node: &Node, path: &str) {
        if !fits && !node.is_unknown() {
            self.misfits.push(Misfit {
                path: path.to_owned(),
                problem: Problem::Type,
                expected: expected.to_owned(),
                found: with_article(node.type_name()),
                nearest: String::new(),
                variable: String::new(),
                place: node.span,
            });
        }
    }
}

/// What a setting is with its variables filled in.
struct Filled<'a> {
    value: Node,
    /// The text of the value.
    text: String,
    /// The text with its variables.
    written: &'a str,
    variable: &'a str,
    /// Whether it is what the container has, and not the default of a variable of which nothing is known.
    is_set: bool,
}

impl<'a> Filled<'a> {
    /// What is filled into a value for a setting that takes something; nothing where that is not known, or nothing.
    fn of(node: &'a Node, expected: &str) -> Option<Self> {
        let Value::Unknown(unknown) = &node.value else {
            return None;
        };
        let Reason::Variable(variable) = &unknown.reason else {
            return None;
        };
        let (value, is_set) = match &unknown.likely {
            Some([one, other]) => ((one == other).then(|| one.clone())?, true),
            None => (expansions::default(&unknown.text)?, false),
        };
        let text = value.told()?;
        // Where a text is wanted, the collector takes what was written.
        let value = match expected {
            "a string" => Node::string(node.span, text.as_str()),
            _ => Node::new(node.span, value),
        };
        let is_nothing = matches!(text.as_str(), "" | "null" | "~");
        (!is_nothing).then_some(Self {
            value,
            text,
            written: &unknown.text,
            variable,
            is_set,
        })
    }

    /// What a misfit has found, and where that comes from.
    fn told(&self, misfit: &Misfit) -> String {
        let Misfit { found, problem, .. } = misfit;
        let from = match (problem, self.is_set) {
            (Problem::Type, true) => format!("`{}`, out of `{}`", self.text, self.written),
            (Problem::Type, false) => {
                format!("`{}`, where nothing sets `{}`", self.text, self.variable)
            }
            (Problem::Key | Problem::Value | Problem::Pattern, true) => {
                format!("out of `{}`", self.written)
            }
            (Problem::Key | Problem::Value | Problem::Pattern, false) => {
                format!("where nothing sets `{}`", self.variable)
            }
        };
        format!("{found} ({from})")
    }
}

/// The type that a word of the table stands for, and whether a value has it; nothing for a group.
fn scalar(takes: &'static str, value: &Value) -> Option<(&'static str, bool)> {
    let is_number = matches!(value, Value::Int(_) | Value::Float(_));
    let is_text = matches!(value, Value::Str(_));
    Some(match takes {
        "any" => ("", true),
        "string" | "regex" | "prometheus-time" => {
            let is_one = !matches!(value, Value::List(_) | Value::Map(_));
            ("a string", is_one)
        }
        "text" | "id" => ("a string", is_text),
        "bool" => ("a boolean", matches!(value, Value::Bool(_))),
        "int" | "uint" => ("an integer", is_number),
        "float" => ("a number", is_number),
        // A number counts nanoseconds.
        "duration" => ("a duration", is_number || is_text),
        // A text is parted at its commas.
        "list" => ("a list", matches!(value, Value::List(_)) || is_text),
        "field" => ("a string", is_text || matches!(value, Value::Map(_))),
        _ if words(takes).is_some() => {
            let fits = is_text || is_number && takes.starts_with(LEVELS);
            ("a string", fits)
        }
        _ => return None,
    })
}

/// What stands before words of which each has a number, too.
const LEVELS: &str = "level of ";

/// The words that a setting takes, and whether their case counts.
fn words(takes: &'static str) -> Option<(impl Iterator<Item = &'static str> + Clone, bool)> {
    let exact = takes.strip_prefix("one of ");
    let words = exact
        .or_else(|| takes.strip_prefix("any case of "))
        .or_else(|| takes.strip_prefix(LEVELS))?;
    Some((words.split('|'), exact.is_some()))
}

/// A value of the right type that cannot be read.
struct Misread {
    problem: Problem,
    expected: String,
    found: String,
    nearest: &'static str,
}

/// What is wrong with a value of the right type, and what it should be; nothing where it can be read.
fn misread(takes: &'static str, value: &Value) -> Option<Misread> {
    let unread = |expected: &str, found: &str| Misread {
        problem: Problem::Value,
        expected: expected.to_owned(),
        found: match found {
            "" => "an empty text".to_owned(),
            _ => format!("`{found}`"),
        },
        nearest: "",
    };
    match (takes, value) {
        ("uint", Value::Int(number)) if *number < 0 => {
            Some(unread("an integer of 0 or more", &number.to_string()))
        }
        ("duration", Value::Str(text)) if !is_duration(text) => {
            Some(unread("a duration such as `300ms` or `1m30s`", text))
        }
        ("prometheus-time", Value::Str(text)) if !is_prometheus_time(text) => {
            Some(unread(PROMETHEUS_TIME, text))
        }
        ("prometheus-time", Value::Int(number)) if *number != 0 => {
            Some(unread(PROMETHEUS_TIME, &number.to_string()))
        }
        ("regex", Value::Str(text)) => regex_problem(text).map(|problem| Misread {
            problem: Problem::Pattern,
            expected: "a regular expression as Go reads it".to_owned(),
            found: format!("`{text}`, where {problem}"),
            nearest: "",
        }),
        (_, Value::Str(text)) => {
            let (words, is_exact) = words(takes)?;
            let text = text.trim();
            let is_text = |word: &str| word == text || !is_exact && word.eq_ignore_ascii_case(text);
            if words.clone().any(is_text) {
                return None;
            }
            let nearest = nearest(text, words.clone()).unwrap_or_default();
            Some(Misread {
                nearest,
                ..unread(&alternatives(words), text)
            })
        }
        _ => None,
    }
}

const PROMETHEUS_TIME: &str = "a time as Prometheus reads it, such as `30s` or `1m30s`";

/// Whether Prometheus takes a text for a time: whole numbers with units, the largest first, each once.
fn is_prometheus_time(text: &str) -> bool {
    const UNITS: [&str; 7] = ["y", "w", "d", "h", "m", "s", "ms"];
    let mut rest = text;
    let mut units = UNITS.iter();
    while !rest.is_empty() {
        let after = rest.trim_start_matches(|sign: char| sign.is_ascii_digit());
        let end = after.find(|sign: char| sign.is_ascii_digit());
        let (unit, next) = after.split_at(end.unwrap_or(after.len()));
        if after.len() == rest.len() || !units.any(|known| *known == unit) {
            return text == "0";
        }
        rest = next;
    }
    !text.is_empty()
}

/// How many words a sentence names.
const MOST_NAMED: usize = 8;

/// Some words of which one is wanted, in a sentence.
fn alternatives<'w>(words: impl Iterator<Item = &'w str>) -> String {
    let words = words.filter(|word| !word.is_empty());
    let words: Vec<String> = words.map(|word| format!("`{word}`")).collect();
    match &words[..] {
        [] => String::new(),
        [only] => only.clone(),
        [first, ..] if words.len() > MOST_NAMED => {
            format!("one of {} names, such as {first}", words.len())
        }
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

fn with_article(name: &str) -> String {
    let article = if name.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {name}")
}

/// The key among some that was most likely meant: the same one of a group below, or one that is spelt much like it.
fn meant(key: &str, among: &[(&'static str, &'static str)]) -> String {
    let below = among.iter().find_map(|(above, group)| {
        let has_it = keys(group).iter().any(|(other, _)| *other == key);
        has_it.then(|| longer(above, key))
    });
    let names = among.iter().map(|(key, _)| *key).filter(|key| *key != "-");
    below
        .or_else(|| nearest(key, names).map(str::to_owned))
        .unwrap_or_default()
}

fn longer(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_prometheus_reads_them() {
        let fits = ["0", "30s", "1m30s", "1d", "2w", "1y2w3d4h5m6s7ms", "500ms"];
        assert!(fits.into_iter().all(is_prometheus_time));
        let others = ["", "30", "5S", "1.5s", "s", "1s1m", "1s1s", "-1s", "1 s"];
        assert!(!others.into_iter().any(is_prometheus_time));
    }

    /// Every group that a row names has rows of its own.
    #[test]
    fn every_group_is_defined() {
        const OTTL: [&str; 2] = ["condition ", "statement "];
        for (group, rows) in GROUPS.iter() {
            for (key, takes) in rows {
                let inner = takes
                    .trim_start_matches("list of ")
                    .trim_start_matches("map of ");
                let is_known = scalar(inner, &Value::Null).is_some()
                    || *key == "-"
                    || inner == "headers"
                    || inner.ends_with(" by type")
                    || OTTL.iter().any(|kind| inner.starts_with(kind))
                    || GROUPS.contains_key(inner);
                assert!(is_known, "{group} {key}: {takes}");
            }
        }
        let rows = SETTINGS.lines().filter(|row| !row.starts_with('#'));
        let keys = rows.filter_map(|row| row.split('\t').nth(1));
        let keys: usize = keys.map(|keys| keys.split(' ').count()).sum();
        assert_eq!(keys, GROUPS.values().map(Vec::len).sum::<usize>());
    }
}
