//! What a configuration leaves to be filled in when it is read: every `${...}`, in its parts.
//!
//! Source: the `confmap` package of the collector, `expand.go` and the `env` provider.

use crate::document::{MapBuilder, Node, Reason, Value};
use crate::source::Span;

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

#[cfg(test)]
mod tests {
    use super::*;

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
