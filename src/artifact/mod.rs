//! Recognises a file's kind and parses it into the common tree.
//!
//! The main function is [`read`]: one file in, its artifacts, its errors and its state of coverage out. A file is read
//! once. This room knows formats, and nothing of how artifacts relate.

mod collector;
mod dependencies;
mod dockerfile;
mod helm;
mod recognise;

use std::sync::Arc;

use crate::document::yaml::{Comment, Dialect, Document, Input, Masks, ParseError, parse};
use crate::document::{Entry, Node, Reason, Value};
use crate::source::{SourceFile, Span};

pub use self::collector::{Collector, Home};
pub use self::dependencies::Dependencies;
pub use self::dockerfile::Dockerfile;
pub use self::recognise::{Candidate, Ecosystem, candidate};

use self::collector::Found;
use self::recognise::Kind;

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

/// One thing that rules can look at.
#[derive(Debug)]
pub enum Artifact {
    /// A Dockerfile.
    Dockerfile(Dockerfile),
    /// A Kubernetes object.
    Object(Object),
    /// A collector configuration.
    Collector(Collector),
    /// A list of packages.
    Dependencies(Dependencies),
}

/// One Kubernetes object.
#[derive(Debug)]
pub struct Object {
    /// The object.
    pub root: Node,
    /// Whether it was read from a template that nobody rendered.
    pub is_template: bool,
}

/// Everything that one file came to.
#[derive(Debug, Default)]
pub struct Reading {
    /// The artifacts in file order.
    pub artifacts: Vec<Artifact>,
    /// The documents by what became of them.
    pub documents: Vec<DocumentState>,
    /// What did not parse.
    pub errors: Vec<SyntaxError>,
    /// Comments that name this program.
    pub comments: Vec<Comment>,
    /// The kustomizations of the file: they say which files are patches.
    pub kustomizations: Vec<Node>,
}

/// What became of a document. A Dockerfile or a dependency manifest is one document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DocumentState {
    /// Nothing in it is for this program: why.
    Skipped(Skip),
    /// It was read and rules look at it.
    Checked,
    /// It is a template: its literal parts are checked, the rest waits for rendering.
    NotRendered,
    /// It does not parse.
    SyntaxError,
}

/// Why a file or document is not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Skip {
    /// It is neither a Dockerfile, a manifest, a collector configuration nor a list of packages.
    NotAnArtifact,
    /// It is empty.
    Empty,
    /// It holds values for a Helm chart.
    HelmValues,
    /// It holds the metadata of a Helm chart.
    HelmChart,
    /// It holds named templates of a Helm chart.
    HelmHelpers,
    /// It says how to build manifests.
    Kustomization,
    /// It changes an object that is defined elsewhere.
    KustomizePatch,
    /// It holds what a test expects of a cluster, in the form of partial objects.
    Assertion,
    /// It is larger than the limit.
    TooLarge,
    /// It is not UTF-8 text.
    NotText,
    /// It could not be read.
    Unreadable,
}

impl Skip {
    /// The name in machine formats.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotAnArtifact => "not-an-artifact",
            Self::Empty => "empty",
            Self::HelmValues => "helm-values",
            Self::HelmChart => "helm-chart",
            Self::HelmHelpers => "helm-helpers",
            Self::Kustomization => "kustomization",
            Self::KustomizePatch => "kustomize-patch",
            Self::Assertion => "test-assertion",
            Self::TooLarge => "too-large",
            Self::NotText => "not-text",
            Self::Unreadable => "unreadable",
        }
    }
}

/// A part of a file that does not parse.
#[derive(Debug, Clone)]
pub struct SyntaxError {
    /// The rule under which it is reported.
    pub rule: &'static str,
    /// What is wrong, and where.
    pub error: ParseError,
}

impl Reading {
    /// What became of the file as a whole: the gravest of what became of its documents.
    pub fn state(&self) -> DocumentState {
        let empty = DocumentState::Skipped(Skip::Empty);
        self.documents.iter().copied().max().unwrap_or(empty)
    }

    fn fail(&mut self, rule: &'static str, error: ParseError) {
        self.errors.push(SyntaxError { rule, error });
    }
}

/// Reads one file.
pub fn read(file: &SourceFile) -> Reading {
    match candidate(&file.path) {
        Some(Candidate::Dockerfile(sure)) => dockerfile(file, sure),
        Some(Candidate::Dependencies(ecosystem)) => dependencies(file, ecosystem),
        Some(Candidate::HelmHelpers) => Reading {
            documents: vec![DocumentState::Skipped(Skip::HelmHelpers)],
            ..Reading::default()
        },
        Some(Candidate::Yaml | Candidate::Json) | None => yaml(file),
    }
}

fn dockerfile(file: &SourceFile, sure: bool) -> Reading {
    let mut reading = Reading::default();
    let has_from = file.text.lines().any(|line| {
        let line = line.trim_start_matches('\u{feff}');
        let word = line.trim_start().get(..5).unwrap_or("");
        word.to_ascii_uppercase().trim_end() == "FROM"
    });
    if !sure && !has_from {
        reading
            .documents
            .push(DocumentState::Skipped(Skip::NotAnArtifact));
        return reading;
    }
    if file.text.contains("{{") || file.text.contains("{%") {
        reading.documents.push(DocumentState::NotRendered);
        return reading;
    }
    let found = dockerfile::read(file);
    let failed = !found.errors.is_empty();
    for error in found.errors {
        reading.fail("syntax/dockerfile", error);
    }
    reading.comments = found.comments;
    reading
        .artifacts
        .extend(found.dockerfile.map(Artifact::Dockerfile));
    reading.documents.push(if failed {
        DocumentState::SyntaxError
    } else {
        DocumentState::Checked
    });
    reading
}

fn dependencies(file: &SourceFile, ecosystem: Ecosystem) -> Reading {
    let mut reading = Reading::default();
    match dependencies::read(file, ecosystem) {
        Ok(found) => {
            reading.artifacts.push(Artifact::Dependencies(found));
            reading.documents.push(DocumentState::Checked);
        }
        Err(error) => {
            reading.fail("syntax/dependencies", error);
            reading.documents.push(DocumentState::SyntaxError);
        }
    }
    reading
}

fn yaml(file: &SourceFile) -> Reading {
    let has_actions = file.text.contains("{{");
    if has_actions && file.path.split('/').any(|part| part == "templates") {
        return template(file);
    }
    let dialect = if recognise::looks_like_collector(&file.text) {
        Dialect::Collector
    } else {
        Dialect::Kubernetes
    };
    let stream = parse(Input {
        file: file.id,
        text: &file.text,
        dialect,
        written: None,
        masks: Masks::NONE,
    });
    let failed = stream
        .documents
        .iter()
        .any(|document| document.root.is_err());
    if failed && (has_actions || file.text.contains("{%")) {
        return template(file);
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
            Ok(_) => self::document(file, document, how, &mut reading),
            Err(error) if is_artifact && is_filled_in(file, &error) => {
                reading.documents.push(DocumentState::NotRendered);
            }
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
fn template(file: &SourceFile) -> Reading {
    let masked = helm::mask(&file.text);
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
        | Kind::Assertion
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
struct How {
    dialect: Dialect,
    /// Whether a deployment tool may fill in values.
    placeholders: bool,
}

/// Sorts one document that parsed into the reading.
fn document(file: &SourceFile, document: Document, how: How, reading: &mut Reading) {
    let Ok(root) = document.root else {
        return;
    };
    let state = match recognise::kind(&file.path, &root) {
        Kind::Object | Kind::List => {
            for duplicate in &document.duplicates {
                let message = format!(
                    "the key `{}` is given twice, and the last one counts",
                    duplicate.key
                );
                let span = duplicate.again;
                reading.fail("syntax/duplicate-key", ParseError { span, message });
            }
            let states = objects(&file.path, root).into_iter().map(|root| {
                let filled_in = how.placeholders.then(|| with_placeholders(&root)).flatten();
                let waits = filled_in.is_some();
                let inside = object(file, filled_in.unwrap_or(root), false, reading);
                let state = match inside.state() {
                    DocumentState::Checked if waits => DocumentState::NotRendered,
                    state => state,
                };
                for error in inside.errors {
                    reading.fail("syntax/collector", error);
                }
                state
            });
            states.max().unwrap_or(DocumentState::Checked)
        }
        Kind::Collector => {
            let root = collector::with_variables(&root);
            let home = Home::File;
            reading
                .artifacts
                .push(Artifact::Collector(Collector { root, home }));
            let refused = how.dialect == Dialect::Collector && !document.duplicates.is_empty();
            for duplicate in document.duplicates {
                let message = format!(
                    "the key `{}` is given twice, which the collector refuses",
                    duplicate.key
                );
                let span = duplicate.again;
                reading.fail("syntax/collector", ParseError { span, message });
            }
            if refused {
                DocumentState::SyntaxError
            } else {
                DocumentState::Checked
            }
        }
        Kind::Kustomization => {
            reading.kustomizations.push(root);
            DocumentState::Skipped(Skip::Kustomization)
        }
        Kind::HelmValues => DocumentState::Skipped(Skip::HelmValues),
        Kind::HelmChart => DocumentState::Skipped(Skip::HelmChart),
        Kind::Assertion => DocumentState::Skipped(Skip::Assertion),
        Kind::Empty => DocumentState::Skipped(Skip::Empty),
        Kind::Other => DocumentState::Skipped(Skip::NotAnArtifact),
    };
    reading.documents.push(state);
}

/// Adds an object and the collectors inside it to the reading.
fn object(file: &SourceFile, root: Node, is_template: bool, reading: &mut Reading) -> Found {
    let index = reading.artifacts.len();
    let mut found = collector::inside(file, &root, index);
    let object = Object { root, is_template };
    reading.artifacts.push(Artifact::Object(object));
    let collectors = found.collectors.drain(..).map(Artifact::Collector);
    reading.artifacts.extend(collectors);
    reading.comments.append(&mut found.comments);
    found
}

/// The object with texts unknown that hold a `${NAME}`, which a deployment tool fills in; nothing without one.
fn with_placeholders(root: &Node) -> Option<Node> {
    let replace = |text: &str, span: Span| {
        let (_, rest) = text.split_once("${")?;
        let name = rest.split(['}', ':']).next()?;
        let fits =
            name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && rest.contains('}');
        fits.then(|| Node::unknown(span, text, Reason::Variable(name.into())))
    };
    root.replaced(&replace, &FREE_TEXTS)
}

#[cfg(test)]
mod tests;
