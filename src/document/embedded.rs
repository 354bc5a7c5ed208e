//! Maps positions of a text that stands inside a scalar back to the file.
//!
//! A collector configuration in a `ConfigMap` is a YAML text inside a YAML scalar. It is parsed as a text of its own;
//! [`Embedded::relocate`] then moves every span to the bytes of the outer file.

use std::sync::Arc;

use crate::document::{Entry, List, Map, Node, Value};
use crate::source::{Span, floor_char};

/// A scalar's text and where each of its lines stands in the file.
#[derive(Debug)]
pub struct Embedded {
    /// For each stretch of the inner text: its first byte there, and its first byte in the file.
    anchors: Vec<(usize, usize)>,
    /// The scalar in the file; no span is moved beyond it.
    outer: Span,
    /// Length of the inner text in bytes.
    len: usize,
}

impl Embedded {
    /// Lines up the value of a scalar with the file that it was read from.
    ///
    /// Block scalars and quoted scalars on one line are exact; in any other notation a position may be off by what
    /// folding and escapes took away, and never leaves the scalar.
    pub fn new(file_text: &str, outer: Span, value: &str) -> Self {
        let start = outer.start as usize;
        let line = file_text
            .get(..start)
            .and_then(|before| before.rsplit('\n').next())
            .unwrap_or("");
        let anchors = match file_text.as_bytes().get(start) {
            Some(b'"') => quoted(file_text, outer),
            Some(b'\'') => vec![(0, start + 1)],
            _ if !line.trim().is_empty() => vec![(0, start)],
            _ => block(file_text, start, value),
        };
        Self {
            anchors,
            outer,
            len: value.len(),
        }
    }

    /// The text of a block scalar as it is written, without its indentation, and where its lines stand.
    ///
    /// For a block whose value is not known: a template writes some of its lines.
    pub fn dedented(file_text: &str, outer: Span) -> (String, Self) {
        let before = file_text.get(..outer.start as usize).unwrap_or("");
        let mut line = before.rfind('\n').map_or(0, |newline| newline + 1);
        let written = file_text.get(line..outer.end as usize).unwrap_or("");
        let blanks = |text: &str| text.bytes().take_while(|&b| b == b' ').count();
        let first = written.lines().find(|line| !line.trim().is_empty());
        let indent = first.map_or(0, blanks);
        let mut value = String::with_capacity(written.len());
        let mut anchors = Vec::new();
        for text in written.split_inclusive('\n') {
            let cut = blanks(text).min(indent);
            anchors.push((value.len(), line + cut));
            value.push_str(text.get(cut..).unwrap_or(""));
            line += text.len();
        }
        let len = value.len();
        (
            value,
            Self {
                anchors,
                outer,
                len,
            },
        )
    }

    /// A part of the file, written as it is read.
    pub fn part(outer: Span) -> Self {
        Self {
            anchors: vec![(0, outer.start as usize)],
            outer,
            len: outer.len(),
        }
    }

    /// The byte of the file at which a byte of the inner text stands.
    fn outer_offset(&self, inner: usize) -> usize {
        let after = self
            .anchors
            .partition_point(|(at, _)| *at <= inner.min(self.len));
        let Some((at, file)) = after
            .checked_sub(1)
            .and_then(|index| self.anchors.get(index))
        else {
            return self.outer.start as usize;
        };
        let offset = file + (inner - at);
        offset.clamp(self.outer.start as usize, self.outer.end as usize)
    }

    /// The span in the file of a span in the inner text.
    pub fn outer_span(&self, inner: Span) -> Span {
        Span::new(
            self.outer.file,
            self.outer_offset(inner.start as usize),
            self.outer_offset(inner.end as usize),
        )
    }

    /// The same tree with its spans in the file.
    pub fn relocate(&self, node: &Node) -> Node {
        let value = match &node.value {
            Value::List(list) => {
                let items = list.items.iter().map(|item| self.relocate(item));
                Value::List(Arc::new(List::new(items.collect(), list.open.clone())))
            }
            Value::Map(map) => Value::Map(Arc::new(Map {
                entries: map.entries.iter().map(|entry| self.entry(entry)).collect(),
                open: map.open.clone(),
                label: map.label.map(|label| self.outer_span(label)),
            })),
            scalar @ (Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::Str(_)
            | Value::Unknown(_)) => scalar.clone(),
        };
        Node::new(self.outer_span(node.span), value)
    }

    fn entry(&self, entry: &Entry) -> Entry {
        Entry {
            key: entry.key.clone(),
            key_span: self.outer_span(entry.key_span),
            value: self.relocate(&entry.value),
        }
    }
}

/// Finds the lines of the file, in order, in the value of a block scalar, literal or folded.
fn block(file_text: &str, start: usize, value: &str) -> Vec<(usize, usize)> {
    let first_line = value.lines().find(|line| !line.is_empty()).unwrap_or("");
    let inner_indent = first_line.len() - first_line.trim_start_matches(' ').len();
    let before = file_text.get(..floor_char(file_text, start)).unwrap_or("");
    let mut line = before.rfind('\n').map_or(0, |newline| newline + 1);
    let rest = file_text.get(line..).unwrap_or("");
    let written = rest.bytes().take_while(|&b| b == b' ').count();
    let indent = written.saturating_sub(inner_indent);
    let mut anchors = Vec::new();
    let mut inner = 0;
    for text in rest.split_inclusive('\n') {
        let content = text
            .get(indent..)
            .unwrap_or("")
            .trim_end_matches(['\r', '\n']);
        let blank = content.trim().is_empty();
        if !blank && let Some(at) = value.get(inner..).and_then(|rest| rest.find(content)) {
            anchors.push((inner + at, line + indent));
            inner += at + content.len();
        } else if !blank {
            break;
        }
        line += text.len();
        if inner >= value.trim_end().len() {
            break;
        }
    }
    anchors
}

/// Walks a double-quoted scalar, noting every escape after which the two texts are out of step.
fn quoted(file_text: &str, outer: Span) -> Vec<(usize, usize)> {
    let start = outer.start as usize + 1;
    let body = file_text.get(start..outer.end as usize).unwrap_or("");
    let mut anchors = vec![(0, start)];
    let mut inner = 0;
    let mut chars = body.char_indices();
    while let Some((at, c)) = chars.next() {
        if c != '\\' {
            inner += c.len_utf8();
            continue;
        }
        let Some((_, escape)) = chars.next() else {
            break;
        };
        let digits = match escape {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        let code: String = chars
            .by_ref()
            .take(digits)
            .map(|(_, digit)| digit)
            .collect();
        let decoded = u32::from_str_radix(&code, 16).ok().and_then(char::from_u32);
        inner += decoded.map_or(1, char::len_utf8);
        anchors.push((inner, start + at + 1 + escape.len_utf8() + digits));
    }
    anchors
}
