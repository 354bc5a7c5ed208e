//! JSON manifests: several objects in one file, and what only YAML would accept.

use serde::de::IgnoredAny;
use serde_json::Deserializer;

use super::yaml::{How, document};
use super::{DocumentState, Reading, recognise};
use crate::document::embedded::Embedded;
use crate::document::yaml::{Dialect, Document, Input, ParseError, parse};
use crate::source::{SourceFile, Span};

/// Reads a file that is JSON as kubectl takes it; nothing for one that is to be read as the YAML that it also is.
pub(super) fn read(file: &SourceFile) -> Option<Reading> {
    let text: &str = &file.text;
    if !text.trim_start().starts_with('{') || !recognise::looks_like_artifact(text) {
        return None;
    }
    let mut values = Deserializer::from_str(text).into_iter::<IgnoredAny>();
    let mut ends = Vec::new();
    while let Some(value) = values.next() {
        if let Err(error) = value {
            return Some(broken(file, &error));
        }
        ends.push(values.byte_offset());
    }
    (ends.len() > 1).then(|| several(file, &ends))
}

fn broken(file: &SourceFile, error: &serde_json::Error) -> Reading {
    let lines = file.text.split_inclusive('\n');
    let before: usize = lines
        .take(error.line().saturating_sub(1))
        .map(str::len)
        .sum();
    let at = before + error.column().saturating_sub(1);
    let message = error.to_string();
    let message = message.split(" at line").next().unwrap_or("");
    let mut reading = Reading::default();
    reading.fail(
        "syntax/yaml",
        ParseError {
            span: Span::new(file.id, at, at + 1),
            message: format!("not JSON: {message}"),
        },
    );
    reading.documents.push(DocumentState::SyntaxError);
    reading
}

/// Objects one behind the other; `ends` are their last bytes.
fn several(file: &SourceFile, ends: &[usize]) -> Reading {
    let mut reading = Reading::default();
    let mut start = 0;
    for end in ends {
        let text = file.text.get(start..*end).unwrap_or("");
        let stream = parse(Input::plain(file.id, text, Dialect::Kubernetes));
        let places = Embedded::part(Span::new(file.id, start, *end));
        let how = How {
            dialect: Dialect::Kubernetes,
            placeholders: text.contains("${"),
        };
        for found in stream.documents {
            let moved = Document {
                root: found.root.map(|root| places.relocate(&root)),
                duplicates: Vec::new(),
            };
            document(file, moved, how, &mut reading);
        }
        start = *end;
    }
    reading
}
