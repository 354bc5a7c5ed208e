//! What a configuration leaves to be filled in when it is read: every `${...}`, in its parts.
//!
//! Source: the `confmap` package of the collector, `expand.go` and the `env` provider.

use smol_str::SmolStr;

use crate::document::yaml::{self, Dialect, Input};
use crate::document::{MapBuilder, Node, Reason, Value};
use crate::source::{FileId, Span};

/// Every `${...}` of a configuration, each where its scalar stands.
pub(super) fn all(root: &Node, label: Span) -> Node {
    let mut found = Vec::new();
    collect(root, &mut found);
    Node::list(label, found)
}

fn collect(node: &Node, found: &mut Vec<Node>) {
    match &node.value {
        Value::List(list) => list.items.iter().for_each(|item| collect(item, found)),
        Value::Map(map) => {
            let values = map.entries.iter().map(|entry| &entry.value);
            values.for_each(|value| collect(value, found));
        }
        Value::Unknown(unknown) if matches!(unknown.reason, Reason::Variable(_)) => {
            let inner = references(&unknown.text).into_iter();
            found.extend(inner.map(|inner| expansion(node.span, inner)));
        }
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::Str(_)
        | Value::Unknown(_) => {}
    }
}

/// Every name in capitals behind a dollar sign without braces in the settings of a component, each where its scalar
/// stands, with the key that it is below.
pub(super) fn bare(config: &Node) -> Vec<Node> {
    let mut found = Vec::new();
    collect_bare(config, "", &mut found);
    found
}

fn collect_bare(node: &Node, key: &str, found: &mut Vec<Node>) {
    let text = match &node.value {
        Value::List(list) => {
            let items = list.items.iter();
            return items.for_each(|item| collect_bare(item, key, found));
        }
        Value::Map(map) => {
            let entries = map.entries.iter();
            return entries.for_each(|entry| collect_bare(&entry.value, &entry.key, found));
        }
        Value::Str(text) => text.as_str(),
        Value::Unknown(unknown) if matches!(unknown.reason, Reason::Variable(_)) => &unknown.text,
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Unknown(_) => {
            return;
        }
    };
    for name in bare_names(text) {
        let at = node.span;
        let is_whole = text.strip_prefix('$') == Some(name);
        let bare = MapBuilder::new(at)
            .label(at)
            .put("name", Node::string(at, name))
            .put("key", Node::string(at, key))
            .put("is_whole", Node::bool(at, is_whole))
            .build();
        found.push(bare);
    }
}

/// The names in capitals behind single dollar signs that no letter or digit comes before.
fn bare_names(text: &str) -> impl Iterator<Item = &str> {
    let places = text.match_indices('$');
    places.filter_map(|(at, _)| {
        let before = text.get(..at)?.chars().next_back();
        let rest = text.get(at + 1..)?;
        let is_part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let is_free = before.is_none_or(|c| c != '$' && !c.is_ascii_alphanumeric());
        let is_name = rest.starts_with(|c: char| c.is_ascii_uppercase()) && length > 1;
        rest.get(..length).filter(|_| is_free && is_name)
    })
}

/// What stands between the braces of every `${...}` that no odd number of dollar signs before it escapes.
///
/// One that holds another is left out: what it asks for is not known before the inner one is.
fn references(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text.get(at..).and_then(|rest| rest.find("${")) {
        let start = at + start;
        at = start + 2;
        let before = text.get(..start).unwrap_or("");
        let dollars = before.bytes().rev().take_while(|byte| *byte == b'$');
        if dollars.count() % 2 == 1 {
            continue;
        }
        let inner = text.get(at..).and_then(|rest| rest.split_once('}'));
        found.extend(
            inner
                .map(|(inner, _)| inner)
                .filter(|inner| !inner.contains("${")),
        );
    }
    found
}

fn expansion(at: Span, inner: &str) -> Node {
    let (scheme, asked) = match inner.split_once(':') {
        None => ("env", inner),
        Some((scheme, asked)) if is_scheme(scheme) => (scheme, asked),
        Some(_) => ("", inner),
    };
    let (name, default) = match asked.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (asked, None),
    };
    MapBuilder::new(at)
        .label(at)
        .put("text", Node::string(at, format!("${{{inner}}}")))
        .put("scheme", Node::string(at, scheme))
        .put("name", Node::string(at, name))
        .put_some("default", default.map(|text| Node::string(at, text)))
        .build()
}

/// Whether the collector takes a word before a colon for a scheme.
fn is_scheme(word: &str) -> bool {
    let mut letters = word.chars();
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || "+.-".contains(letter);
    letters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic())
        && word.len() > 1
        && letters.all(is_part)
}

/// What the names of variables have in them that hold something secret: nothing is said of their values.
const SECRETS: [&str; 6] = ["TOKEN", "KEY", "SECRET", "PASSWORD", "AUTH", "CREDENTIAL"];

/// A configuration in which each value that is left to variables has with it what it will be, as far as the environment
/// of its process tells. It stays unknown: nobody wrote the value there.
pub(super) fn foreseen(root: &Node, environment: &Node) -> Node {
    let foresee = |node: &Node| {
        let Value::Unknown(unknown) = &node.value else {
            return None;
        };
        let is_variable = matches!(unknown.reason, Reason::Variable(_));
        let texts = is_variable.then(|| both(&unknown.text, environment))??;
        let is_alone = alone(&unknown.text).is_some();
        let values = match texts {
            [one, other] if is_alone => [typed(&one)?, typed(&other)?],
            texts => texts.map(Value::Str),
        };
        let text = unknown.text.clone();
        Some(Node::of_kind(
            node.span,
            text,
            unknown.reason.clone(),
            values,
        ))
    };
    root.exchanged(&foresee, &[])
        .unwrap_or_else(|| root.clone())
}

/// What stands between the braces of a text that is one reference and nothing else.
fn alone(text: &str) -> Option<&str> {
    let inner = text.trim().strip_prefix("${")?.strip_suffix('}')?;
    (!inner.contains(['{', '}'])).then_some(inner)
}

/// The value that a setting takes from a variable by itself, whose text the collector reads as YAML; nothing for a map or
/// a list. Source: the collector's RFC "Environment variable type casting".
fn typed(text: &str) -> Option<Value> {
    let written = || Some(Value::Str(text.into()));
    let stream = yaml::parse(Input::plain(FileId(0), text, Dialect::Collector));
    let Some(Ok(root)) = stream
        .documents
        .into_iter()
        .next()
        .map(|document| document.root)
    else {
        return written();
    };
    match root.value {
        value @ (Value::Bool(_) | Value::Int(_) | Value::Float(_)) => Some(value),
        // Where a setting takes a text it is the one that was written, also of nothing.
        Value::Null | Value::Str(_) => written(),
        Value::List(_) | Value::Map(_) | Value::Unknown(_) => None,
    }
}

/// What a text that is one reference, with a default, is where nothing sets the variable.
pub(in crate::repository) fn default(text: &str) -> Option<Value> {
    let (name, default) = alone(text)?.split_once(":-")?;
    let is_plain = !name.trim_start_matches("env:").contains(':') && !default.contains('$');
    is_plain.then(|| typed(default))?
}

/// The two texts that a text with references could be; nothing where one of them is dark.
fn both(text: &str, environment: &Node) -> Option<[SmolStr; 2]> {
    if text.contains("$$") || text.contains("{{") {
        return None;
    }
    let mut out = [String::new(), String::new()];
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (inner, behind) = after.split_once('}')?;
        let inner = inner.strip_prefix("env:").unwrap_or(inner);
        let values = value(inner, environment)?;
        for (out, value) in out.iter_mut().zip(values) {
            out.push_str(before);
            out.push_str(&value);
        }
        rest = behind;
    }
    for out in &mut out {
        out.push_str(rest);
    }
    Some(out.map(SmolStr::from))
}

/// The two values that `NAME` or `NAME:-default` could have.
fn value(inner: &str, environment: &Node) -> Option<[SmolStr; 2]> {
    let (name, default) = match inner.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (inner, None),
    };
    let upper = name.to_ascii_uppercase();
    if name.contains(['$', ':']) || SECRETS.iter().any(|word| upper.contains(word)) {
        return None;
    }
    match environment.get(name).map(|node| &node.value) {
        // What a value refers to is filled in, too.
        Some(Value::Str(text)) if text.contains("${") => None,
        Some(Value::Str(text)) => Some([text.clone(), text.clone()]),
        Some(Value::Unknown(unknown)) => match unknown.likely.as_ref()? {
            [Value::Str(one), Value::Str(other)] => Some([one.clone(), other.clone()]),
            _ => None,
        },
        Some(_) => None,
        None if environment.openness().is_some() => None,
        None => default.map(|text| [text.into(), text.into()]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_variables_will_be_is_foreseen_where_the_container_tells() {
        let at = Span::new(FileId(0), 0, 1);
        let likely = ["10.0.0.1", "10.0.0.2"].map(|text| Value::Str(text.into()));
        let dark = Reason::Template;
        let environment = MapBuilder::new(at)
            .put("HOST", Node::string(at, "store"))
            .put("IP", Node::of_kind(at, "", dark.clone(), likely))
            .put("DARK", Node::unknown(at, "", dark))
            .put("API_TOKEN", Node::string(at, "abc"))
            .put("NESTED", Node::string(at, "${env:HOST}"))
            .build();
        let both = |text: &str| both(text, &environment).map(|texts| texts.join(" "));
        assert_eq!(both("${env:HOST}:1").as_deref(), Some("store:1 store:1"));
        assert_eq!(
            both("${IP}:${env:PORT:-2}").as_deref(),
            Some("10.0.0.1:2 10.0.0.2:2")
        );
        for text in [
            "${DARK}",
            "${NONE}",
            "${env:API_TOKEN}",
            "${env:NESTED}",
            "${file:HOST}",
            "$$${HOST}",
            "${env:${HOST}}",
        ] {
            assert_eq!(both(text), None, "{text}");
        }
    }

    #[test]
    fn a_variable_by_itself_has_the_type_of_its_text() {
        assert_eq!(default("${env:A:-5}"), Some(Value::Int(5)));
        assert_eq!(default(" ${A:-true}"), Some(Value::Bool(true)));
        assert_eq!(default("${A:-5s}"), Some(Value::Str("5s".into())));
        assert_eq!(default("${A:- 600 # MiB}"), Some(Value::Int(600)));
        assert_eq!(default("${A:-a: 5}"), None);
        for text in ["${A}", "${A:-5}s", "${env:A:-${B}}", "${file:a:-5}"] {
            assert_eq!(default(text), None, "{text}");
        }
    }

    #[test]
    fn names_without_braces_are_found_unless_the_dollar_is_doubled() {
        let found = |text| bare_names(text).collect::<Vec<&str>>();
        assert_eq!(found("$POD_IP:4317 and ${env:A}:$B1"), ["POD_IP", "B1"]);
        assert_eq!(found("$$SECRET a$NAME $5 $lower 5$"), [""; 0]);
    }

    #[test]
    fn references_are_found_unless_escaped_or_nested() {
        assert_eq!(references("${env:A:-b}:${C}"), ["env:A:-b", "C"]);
        assert_eq!(references("$${A} $$${B}"), ["B"]);
        assert_eq!(references("${env:${A}}"), ["A"]);
        assert_eq!(references("${env:A"), [""; 0]);
    }

    #[test]
    fn schemes_have_two_signs_and_start_with_a_letter() {
        assert!(is_scheme("env") && is_scheme("s3") && is_scheme("a+b"));
        assert!(!is_scheme("C") && !is_scheme("MY_VAR") && !is_scheme("1a"));
    }
}
