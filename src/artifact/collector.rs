//! Reads collector configurations from wherever they stand: a file, a `ConfigMap` key, a custom resource.

use std::borrow::Cow;

use crate::document::embedded::Embedded;
use crate::document::yaml::{Comment, Dialect, Input, Masks, ParseError, Stream, parse};
use crate::document::{Entry, Node, Reason, Value};
use crate::source::{SourceFile, Span};

use super::recognise::{is_collector, is_part, looks_like_collector, looks_like_part};
use super::{DocumentState, helm};

/// One collector configuration.
#[derive(Debug, Clone)]
pub struct Collector {
    /// The configuration; every span is in the outer file.
    pub root: Node,
    /// Where it stands.
    pub home: Home,
    /// Whether it could not run alone: what a command line may merge into another.
    pub is_part: bool,
}

/// Where a collector configuration stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Home {
    /// A file of its own.
    File,
    /// A key of the `ConfigMap` with this index among the file's artifacts.
    ConfigMap {
        /// Index of the object.
        object: usize,
        /// The key of `data`.
        key: String,
    },
    /// The `OpenTelemetryCollector` with this index among the file's artifacts.
    Resource {
        /// Index of the object.
        object: usize,
    },
}

/// What was found inside one object.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) collectors: Vec<Collector>,
    pub(super) errors: Vec<ParseError>,
    pub(super) comments: Vec<Comment>,
    /// Whether a configuration is a template that something fills in.
    pub(super) is_template: bool,
}

impl Found {
    /// What became of the document that holds the object.
    pub(super) fn state(&self) -> DocumentState {
        match (self.errors.is_empty(), self.is_template) {
            (false, _) => DocumentState::SyntaxError,
            (true, true) => DocumentState::NotRendered,
            (true, false) => DocumentState::Checked,
        }
    }
}

/// The configurations inside an object, which has the index `object` among its file's artifacts.
pub(super) fn inside(file: &SourceFile, root: &Node, object: usize, is_template: bool) -> Found {
    let found = Found {
        is_template,
        ..Found::default()
    };
    read(&|_| Some(file), root, object, found)
}

/// The configurations inside an object that was changed after it was read: texts stand in any of the files.
pub fn collectors_inside(files: &[SourceFile], root: &Node, object: usize) -> Vec<Collector> {
    let file = |node: &Node| files.get(node.span.file.0 as usize);
    read(&file, root, object, Found::default()).collectors
}

/// Reads what an object holds; `file` tells in which file a text stands.
fn read<'f>(
    file: &dyn Fn(&Node) -> Option<&'f SourceFile>,
    root: &Node,
    object: usize,
    mut found: Found,
) -> Found {
    match held(root) {
        Some((Holder::ConfigMap, data)) => {
            for entry in data.entries() {
                if let Some(file) = file(&entry.value) {
                    in_config_map(file, entry, object, &mut found);
                }
            }
            found
        }
        Some((Holder::Resource, config)) => match file(config) {
            Some(file) => in_resource(file, config, object, found),
            None => found,
        },
        None => found,
    }
}

/// What holds configurations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// A ConfigMap: under any key of its data.
    ConfigMap,
    /// An `OpenTelemetryCollector`: one, as a text or as a part of it.
    Resource,
}

/// The part of an object that holds configurations, if it is of a kind that does.
pub fn held(root: &Node) -> Option<(Holder, &Node)> {
    match (root.str_at(&["kind"])?, root.str_at(&["apiVersion"])) {
        ("ConfigMap", _) => Some((Holder::ConfigMap, root.get("data")?)),
        ("OpenTelemetryCollector", Some(api)) if api.starts_with("opentelemetry.io/") => {
            Some((Holder::Resource, root.at(&["spec", "config"])?))
        }
        _ => None,
    }
}

fn in_config_map(file: &SourceFile, entry: &Entry, object: usize, found: &mut Found) {
    let home = || Home::ConfigMap {
        object,
        key: entry.key.to_string(),
    };
    let Some((text, places)) = text(file, &entry.value) else {
        return;
    };
    if looks_like_collector(&text) {
        embedded(file, (&text, &places), &home(), found);
    } else if looks_like_part(&text) {
        let mut parts = Found::default();
        embedded(file, (&text, &places), &home(), &mut parts);
        // Nobody knows yet whether it is one.
        if parts.errors.is_empty() && !parts.is_template {
            found.collectors.append(&mut parts.collectors);
        }
    }
}

/// The text of a scalar with its places: also of a block that a template writes a part of.
fn text<'a>(file: &SourceFile, scalar: &'a Node) -> Option<(Cow<'a, str>, Embedded)> {
    match &scalar.value {
        Value::Str(text) => {
            let places = Embedded::new(&file.text, scalar.span, text);
            Some((Cow::Borrowed(text), places))
        }
        Value::Unknown(unknown)
            if unknown.reason == Reason::Template && unknown.text.contains('\n') =>
        {
            let (text, places) = Embedded::dedented(&file.text, scalar.span);
            Some((Cow::Owned(text), places))
        }
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::List(_)
        | Value::Map(_)
        | Value::Unknown(_) => None,
    }
}

fn in_resource(file: &SourceFile, config: &Node, object: usize, mut found: Found) -> Found {
    let home = Home::Resource { object };
    if let Some((text, places)) = text(file, config) {
        embedded(file, (&text, &places), &home, &mut found);
    } else if config.as_map().is_some() {
        found.collectors.push(Collector {
            root: with_variables(config),
            home,
            is_part: false,
        });
    }
    found
}

/// Parses a text inside a scalar and moves everything to the outer file.
fn embedded(file: &SourceFile, (text, places): (&str, &Embedded), home: &Home, found: &mut Found) {
    let read = |masked: &str, masks: &Masks| {
        parse(Input {
            file: file.id,
            text: masked,
            written: Some(text),
            dialect: Dialect::Collector,
            masks,
        })
    };
    let mut stream = read(text, Masks::NONE);
    let mut documents = stream.documents.iter();
    // In a template every action is one; elsewhere it may be a text that only looks like it.
    if helm::has_actions(text)
        && (found.is_template || documents.any(|document| document.root.is_err()))
    {
        let masked = helm::mask(text);
        stream = read(&masked.text, &masked.masks);
        found.is_template = true;
    }
    let Stream {
        documents,
        comments,
    } = stream;
    found
        .comments
        .extend(comments.into_iter().map(|comment| Comment {
            span: places.outer_span(comment.span),
            ..comment
        }));
    for document in documents {
        match document.root {
            Ok(root) if is_collector(&root) || is_part_of(home, &root) => {
                found.collectors.push(Collector {
                    is_part: !is_collector(&root),
                    root: with_variables(&places.relocate(&root)),
                    home: home.clone(),
                });
            }
            Ok(_) => {}
            Err(_) if found.is_template => {}
            Err(error) => found.errors.push(ParseError {
                span: places.outer_span(error.span),
                message: error.message,
            }),
        }
        found
            .errors
            .extend(document.duplicates.into_iter().map(|duplicate| ParseError {
                span: places.outer_span(duplicate.again),
                message: format!(
                    "the key `{}` is given twice, which the collector refuses",
                    duplicate.key
                ),
            }));
    }
}

/// Whether a text in a `ConfigMap` may be merged into a configuration.
fn is_part_of(home: &Home, root: &Node) -> bool {
    matches!(home, Home::ConfigMap { .. }) && is_part(root)
}

/// The configuration as the collector expands it: `${...}` is unknown, `$$` is a dollar sign.
/// Source: the collector's documentation, "Environment variables".
pub(super) fn with_variables(root: &Node) -> Node {
    let replace = |text: &str, span: Span| {
        if !text.contains('$') {
            return None;
        }
        match reference(text) {
            Some(name) => Some(Node::unknown(span, text, Reason::Variable(name.into()))),
            None => text
                .contains("$$")
                .then(|| Node::string(span, text.replace("$$", "$"))),
        }
    };
    root.replace_texts(&replace, &[])
}

/// The name in the first `${...}` that is not escaped by an odd number of dollar signs before it.
fn reference(text: &str) -> Option<&str> {
    let mut at = 0;
    while let Some(start) = text.get(at..)?.find("${") {
        let start = at + start;
        let dollars = text
            .get(..start)?
            .bytes()
            .rev()
            .take_while(|b| *b == b'$')
            .count();
        if dollars % 2 == 0 {
            let inner = text.get(start + 2..)?.split('}').next()?;
            let name = inner.strip_prefix("env:").unwrap_or(inner);
            return Some(name.split(":-").next().unwrap_or(name));
        }
        at = start + 2;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_give_their_name_and_escapes_do_not() {
        assert_eq!(reference("${env:A:-b}:4317"), Some("A"));
        assert_eq!(reference("${B}"), Some("B"));
        assert_eq!(reference("$${C} and $${D}"), None);
        assert_eq!(reference("$$${E}"), Some("E"));
        assert_eq!(reference("$1"), None);
    }
}
