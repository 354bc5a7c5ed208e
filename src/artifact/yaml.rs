//! Sorts the documents of a YAML file: manifests, collector configurations, and what waits to be rendered.

use std::sync::Arc;

use super::collector::{self, Found};
use super::recognise::{self, Kind};
use super::{Artifact, Collector, DocumentState, Home, Object, Reading, Skip, helm, json, recipes};
use crate::document::yaml::{Dialect, Document, Duplicate, Input, ParseError, parse};
use crate::document::{Entry, Node, Reason, Value};
use crate::source::{SourceFile, Span};

/// Keys whose values are programs or texts for people, in which `${NAME}` is no placeholder.
const FREE_TEXTS: [&str; 9] = [
    "data",
    "stringData",
    "binaryData",
    "command",
    "args",
    "annotations",
    "description",
    "script",
    "expr",
];

/// Reads a file that may hold manifests or a collector configuration.
pub(super) fn read(file: &SourceFile) -> Reading {
    let has_actions = helm::has_actions(&file.text);
    if has_actions && file.path.split('/').any(|part| part == "templates") {
        return template(file, &helm::mask(&file.text));
    }
    if file.path.ends_with(".json")
        && let Some(reading) = json::read(file)
    {
        return reading;
    }
    let dialect = if recognise::looks_like_collector(&file.text) {
        Dialect::Collector
    } else {
        Dialect::Kubernetes
    };
    let stream = parse(Input::plain(file.id, &file.text, dialect));
    let failed = stream
        .documents
        .iter()
        .any(|document| document.root.is_err());
    if failed && (has_actions || file.text.contains("{%")) {
        return template(file, &helm::mask(&file.text));
    }
    let mut errors = stream.documents.iter();
    let waits = |document: &Document| {
        let error = document.root.as_ref().err();
        error.is_some_and(|error| is_filled_in(file, error))
    };
    if failed && errors.any(waits) && recognise::looks_like_artifact(&file.text) {
        return template(file, &helm::mask_placeholders(&file.text));
    }
    let how = How {
        dialect,
        placeholders: file.text.contains("${"),
    };
    let is_artifact = failed && recognise::looks_like_artifact(&file.text);
    let mut reading = Reading {
        comments: stream.comments,
        ..Reading::default()
    };
    for document in stream.documents {
        match document.root {
            Ok(root) if is_settings(&file.path) => settings(root, &mut reading),
            Ok(_) => self::document(file, document, how, &mut reading),
            Err(error) if is_artifact => {
                reading.fail("syntax/yaml", error);
                reading.documents.push(DocumentState::SyntaxError);
            }
            Err(_) => reading
                .documents
                .push(DocumentState::Skipped(Skip::NotAnArtifact)),
        }
    }
    reading
}

/// Reads what the settings list of services and environments.
fn settings(root: Node, reading: &mut Reading) {
    let lists = ["services", "environments"];
    let state = if lists.iter().any(|list| root.get(list).is_some()) {
        reading.artifacts.push(Artifact::Inventory(root));
        DocumentState::Checked
    } else {
        DocumentState::Skipped(Skip::NotAnArtifact)
    };
    reading.documents.push(state);
}

/// Whether a path is that of a settings file.
fn is_settings(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    recognise::SETTINGS_FILES.contains(&name)
}

/// Whether the line of an error, or the one before it, holds a `${NAME}` that a deployment tool fills in first.
fn is_filled_in(file: &SourceFile, error: &ParseError) -> bool {
    let at = error.span.start as usize;
    let (before, after) = file.text.split_at_checked(at).unwrap_or((&file.text, ""));
    let last: Vec<&str> = before.rsplit('\n').take(2).collect();
    let line = after.lines().next().unwrap_or("");
    last.iter()
        .chain([&line])
        .any(|text| text.contains("${") && text.contains('}') || text.ends_with('$'))
}

/// Reads what a template states literally. What does not parse even so waits for rendering.
fn template(file: &SourceFile, masked: &helm::Masked) -> Reading {
    let stream = parse(Input {
        file: file.id,
        text: &masked.text,
        dialect: Dialect::Kubernetes,
        written: Some(&file.text),
        masks: &masked.masks,
    });
    let mut reading = Reading {
        comments: stream.comments,
        ..Reading::default()
    };
    for document in stream.documents {
        let Ok(root) = document.root else {
            reading.documents.push(DocumentState::NotRendered);
            continue;
        };
        for root in objects(&file.path, root) {
            // What is wrong in an unfinished configuration may be mended by what is filled in.
            object(file, root, true, &mut reading);
        }
        reading.documents.push(DocumentState::NotRendered);
    }
    reading
}

/// The objects of a document: itself, or the items of a list.
fn objects(path: &str, root: Node) -> Vec<Node> {
    match recognise::kind(path, &root) {
        Kind::Object => vec![root],
        Kind::List => {
            let items = root.get("items").map_or(&[][..], Node::items);
            items
                .iter()
                .flat_map(|item| objects(path, typed_item(&root, item)))
                .collect()
        }
        Kind::Collector
        | Kind::Kustomization
        | Kind::HelmValues
        | Kind::HelmChart
        | Kind::Empty
        | Kind::Other => Vec::new(),
    }
}

/// An item of a list; one without a kind of its own, as in a `PodList`, has the list's.
fn typed_item(list: &Node, item: &Node) -> Node {
    let kind = list.get("kind").and_then(Node::as_str);
    let kind = kind.and_then(|kind| kind.strip_suffix("List"));
    let (Some(kind), Some(map)) = (kind.filter(|kind| !kind.is_empty()), item.as_map()) else {
        return item.clone();
    };
    if map.entry("kind").is_some() {
        return item.clone();
    }
    let mut typed = map.clone();
    for (key, value) in [
        ("apiVersion", list.get("apiVersion").cloned()),
        ("kind", Some(Node::string(item.span, kind))),
    ] {
        if let Some(value) = value.filter(|_| map.entry(key).is_none()) {
            typed.entries.push(Entry {
                key: key.into(),
                key_span: item.span,
                value,
            });
        }
    }
    // What is absent is pointed at as if these two were not there.
    typed.label.get_or_insert(item.label());
    Node::new(item.span, Value::Map(Arc::new(typed)))
}

/// What holds for every document of a file.
#[derive(Clone, Copy)]
pub(super) struct How {
    pub(super) dialect: Dialect,
    /// Whether a deployment tool may fill in values.
    pub(super) placeholders: bool,
}

/// Sorts one document that parsed into the reading.
pub(super) fn document(file: &SourceFile, document: Document, how: How, reading: &mut Reading) {
    let Ok(root) = document.root else {
        return;
    };
    if let Some(recipes) = recipes::of_document(file, &root) {
        reading.recipes.extend(recipes);
        let state = DocumentState::Skipped(Skip::BuildFile);
        reading.documents.push(state);
        return;
    }
    let state = match recognise::kind(&file.path, &root) {
        Kind::Object | Kind::List => manifests(file, root, &document.duplicates, how, reading),
        Kind::Collector => configuration(&root, &document.duplicates, how, reading),
        Kind::Kustomization => {
            reading.kustomizations.push(root);
            DocumentState::Skipped(Skip::Kustomization)
        }
        Kind::HelmValues => DocumentState::Skipped(Skip::HelmValues),
        Kind::HelmChart => DocumentState::Skipped(Skip::HelmChart),
        Kind::Empty => DocumentState::Skipped(Skip::Empty),
        Kind::Other => DocumentState::Skipped(Skip::NotAnArtifact),
    };
    reading.documents.push(state);
}

/// Adds the objects of a document.
fn manifests(
    file: &SourceFile,
    root: Node,
    duplicates: &[Duplicate],
    how: How,
    reading: &mut Reading,
) -> DocumentState {
    let consequence = ": kubectl takes the last one, other tools refuse the file";
    reading.fail_twice("syntax/duplicate-key", duplicates, consequence);
    let states = objects(&file.path, root).into_iter().map(|root| {
        let filled_in = how.placeholders.then(|| with_placeholders(&root)).flatten();
        let waits = filled_in.is_some();
        let inside = object(file, filled_in.unwrap_or(root), false, reading);
        let state = inside.state();
        for error in inside.errors {
            reading.fail("syntax/collector", error);
        }
        if waits && state == DocumentState::Checked {
            DocumentState::NotRendered
        } else {
            state
        }
    });
    states.max().unwrap_or(DocumentState::Checked)
}

/// Adds a collector configuration; a second one in its file is never read by a collector.
fn configuration(
    root: &Node,
    duplicates: &[Duplicate],
    how: How,
    reading: &mut Reading,
) -> DocumentState {
    if reading.holds_a_collector_file() {
        let message = "a collector reads the first document of a file, and not this one";
        let error = ParseError {
            span: root.label(),
            message: message.to_owned(),
        };
        reading.fail("syntax/collector", error);
        return DocumentState::SyntaxError;
    }
    let collector = Collector {
        root: collector::with_variables(root),
        home: Home::File,
        is_part: false,
    };
    reading.artifacts.push(Artifact::Collector(collector));
    reading.fail_twice(
        "syntax/collector",
        duplicates,
        ", which the collector refuses",
    );
    if how.dialect == Dialect::Collector && !duplicates.is_empty() {
        DocumentState::SyntaxError
    } else {
        DocumentState::Checked
    }
}

/// Adds an object and the collectors inside it to the reading.
fn object(file: &SourceFile, root: Node, is_template: bool, reading: &mut Reading) -> Found {
    let index = reading.artifacts.len();
    let mut found = collector::inside(file, &root, index, is_template);
    let object = Object {
        root,
        is_template,
        written: None,
    };
    reading.artifacts.push(Artifact::Object(object));
    let collectors = found.collectors.drain(..).map(Artifact::Collector);
    reading.artifacts.extend(collectors);
    reading.comments.append(&mut found.comments);
    found
}

/// The object with texts unknown that hold a `${NAME}`, which a deployment tool fills in; nothing without one.
///
/// Such a tool fills in `$NAME`, too.
fn with_placeholders(root: &Node) -> Option<Node> {
    let starts_name = |text: &str| text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let replace = |text: &str, span: Span| {
        let braced = text.split_once("${").filter(|(_, rest)| rest.contains('}'));
        let (_, rest) = braced.or_else(|| text.split_once('$'))?;
        // So are references spelled that a collector fills in, wherever its configuration stands.
        if rest.starts_with("env:") || rest.starts_with("file:") {
            return None;
        }
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let name = rest.get(..end.unwrap_or(rest.len()))?;
        starts_name(name).then(|| Node::unknown(span, text, Reason::Variable(name.into())))
    };
    // What stands in a collector's configuration, the collector fills in.
    let is_collector = root.str_at(&["kind"]) == Some("OpenTelemetryCollector");
    let config = is_collector.then_some("config");
    let except: Vec<&str> = FREE_TEXTS.into_iter().chain(config).collect();
    root.replaced(&replace, &except)
}
