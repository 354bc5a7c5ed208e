//! Turns the events of one document into a tree.

use std::collections::BTreeMap;
use std::sync::Arc;

use granit_parser::{Event, ScalarStyle, Tag};
use smol_str::SmolStr;

use super::merge::{Joining, Merge};
use super::{Dialect, Document, Duplicate, Input, MAX_EXPANDED_NODES, ParseError, scalar};
use crate::document::{Entry, List, Node, Reason, Value};
use crate::source::Span;

/// A collection that has been opened and not yet closed.
struct Frame {
    kind: Kind,
    /// Where the collection starts.
    start: usize,
    /// The column, from 0, of its first child.
    column: usize,
    /// The end of the token before it: from here on, template output may belong to it.
    region: usize,
    anchor: usize,
    /// Whether it is written in brackets.
    flow: bool,
    /// How many nodes it holds with aliases followed.
    size: usize,
}

enum Kind {
    List(Vec<Node>),
    Map {
        entries: Vec<Entry>,
        key: Option<Key>,
        merges: Vec<Merge>,
    },
}

/// A key whose value has not come yet.
enum Key {
    Text(SmolStr, Span),
    Merge(Span),
    /// Written by a template: which key it is, nobody knows.
    Hidden,
}

/// An anchored node and how many nodes it stands for.
struct Anchored {
    node: Node,
    size: usize,
}

/// Builds the tree of one document.
pub(super) struct Builder<'a> {
    input: Input<'a>,
    stack: Vec<Frame>,
    root: Option<Node>,
    anchors: BTreeMap<usize, Anchored>,
    duplicates: Vec<Duplicate>,
    error: Option<ParseError>,
    /// End of the last token seen.
    last_end: usize,
    /// How many nodes the aliases seen so far stand for.
    expanded: usize,
    /// Template output that found its collection, by index.
    placed: Vec<bool>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(input: Input<'a>) -> Self {
        Self {
            input,
            stack: Vec::new(),
            root: None,
            anchors: BTreeMap::new(),
            duplicates: Vec::new(),
            error: None,
            last_end: 0,
            expanded: 0,
            placed: vec![false; input.masks.lines.len()],
        }
    }

    /// Takes the next event.
    pub(super) fn event(&mut self, event: Event<'_>, span: granit_parser::Span) {
        let range = span.byte_range().unwrap_or(self.last_end..self.last_end);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.scalar(&text, style, (anchor, tag.as_deref()), range);
            }
            Event::MappingStart(style, anchor, _) => {
                let kind = Kind::Map {
                    entries: Vec::new(),
                    key: None,
                    merges: Vec::new(),
                };
                self.open(
                    kind,
                    anchor,
                    &range,
                    style == granit_parser::StructureStyle::Flow,
                );
            }
            Event::SequenceStart(style, anchor, _) => {
                let flow = style == granit_parser::StructureStyle::Flow;
                self.open(Kind::List(Vec::new()), anchor, &range, flow);
            }
            Event::MappingEnd | Event::SequenceEnd => self.close(&range),
            Event::Alias(id) => self.alias(id, &range),
            Event::UnresolvedAlias(name) => {
                self.fail(
                    &range,
                    format!("the alias `*{name}` has no anchor before it"),
                );
                self.value(Node::null(self.span(&range)), 1);
            }
            // Marks of the stream; comments and document ends are taken before.
            Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(..)
            | Event::DocumentEnd
            | Event::Anchor(..)
            | Event::Comment(..)
            | _ => {}
        }
    }

    /// The finished document.
    pub(super) fn finish(self) -> Document {
        let empty = Node::null(Span::new(self.input.file, self.last_end, self.last_end));
        Document {
            root: match self.error {
                Some(error) => Err(error),
                None => Ok(self.root.unwrap_or(empty)),
            },
            duplicates: self.duplicates,
        }
    }

    fn span(&self, range: &std::ops::Range<usize>) -> Span {
        Span::new(self.input.file, range.start, range.end)
    }

    fn fail(&mut self, range: &std::ops::Range<usize>, message: String) {
        let span = self.span(range);
        self.error.get_or_insert(ParseError { span, message });
    }

    fn open(&mut self, kind: Kind, anchor: usize, range: &std::ops::Range<usize>, flow: bool) {
        let before = self.input.text.get(..range.start).unwrap_or("");
        let column = range.start - before.rfind('\n').map_or(0, |at| at + 1);
        self.stack.push(Frame {
            kind,
            start: range.start,
            column,
            region: self.last_end,
            anchor,
            flow,
            size: 1,
        });
        self.last_end = self.last_end.max(range.end);
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        (anchor, tag): (usize, Option<&Tag>),
        range: std::ops::Range<usize>,
    ) {
        let is_block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        let reach = self.last_end..range.end;
        self.last_end = self.last_end.max(range.end);
        let range = self.trimmed(text, style, range);
        let cut = is_block && self.cut(&reach, range.end);
        let span = self.span(&range);
        if cut || self.input.masks.hides(&range) {
            if self.wants_key() {
                self.set_key(Key::Hidden);
            } else {
                let written = self.input.written.unwrap_or(self.input.text);
                let written = written.get(range).unwrap_or("");
                self.value(Node::unknown(span, written, Reason::Template), 1);
            }
            return;
        }
        let node = Node::new(span, scalar_value(text, style, tag, self.input.dialect));
        if self.wants_key() {
            self.anchor(anchor, &node, 1);
            let is_merge = style == ScalarStyle::Plain && text == "<<" && tag.is_none();
            let key = match key_text(&node.value) {
                _ if is_merge => Key::Merge(span),
                Some(name) => Key::Text(name, span),
                None if matches!(node.value, Value::Null) => {
                    // The collector gives it a name of its own.
                    if self.input.dialect == Dialect::Kubernetes {
                        self.fail(&range, "a key is null".to_owned());
                    }
                    Key::Hidden
                }
                None => Key::Text(SmolStr::new(text), span),
            };
            self.set_key(key);
            return;
        }
        self.anchor(anchor, &node, 1);
        self.value(node, 1);
    }

    /// A block scalar's range runs on to the next token: cut it back to its own last line.
    fn trimmed(
        &self,
        text: &str,
        style: ScalarStyle,
        range: std::ops::Range<usize>,
    ) -> std::ops::Range<usize> {
        if !matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
            return range;
        }
        let written = self.input.text.get(range.clone()).unwrap_or("");
        let body = written.trim_end();
        if text.trim().is_empty() {
            return range.start..range.start;
        }
        range.start..range.start + body.len()
    }

    /// Takes the actions that stand inside a text block; says whether they change it.
    ///
    /// One behind its last line that only controls, such as an `end`, closes what was opened before the block.
    fn cut(&mut self, range: &std::ops::Range<usize>, content_end: usize) -> bool {
        let lines = &self.input.masks.lines;
        let first = lines.partition_point(|line| line.at < range.start);
        let end = lines.partition_point(|line| line.at < range.end);
        self.placed
            .get_mut(first..end)
            .unwrap_or_default()
            .fill(true);
        let mut inside = lines.get(first..end).unwrap_or_default().iter();
        inside.any(|line| line.at < content_end || line.column.is_some())
    }

    fn wants_key(&self) -> bool {
        matches!(
            self.stack.last().map(|frame| &frame.kind),
            Some(Kind::Map { key: None, .. })
        )
    }

    fn set_key(&mut self, next: Key) {
        if let Some(Frame {
            kind: Kind::Map { key, .. },
            ..
        }) = self.stack.last_mut()
        {
            *key = Some(next);
        }
    }

    fn anchor(&mut self, id: usize, node: &Node, size: usize) {
        if id != 0 {
            let node = node.clone();
            self.anchors.insert(id, Anchored { node, size });
        }
    }

    fn alias(&mut self, id: usize, range: &std::ops::Range<usize>) {
        self.last_end = self.last_end.max(range.end);
        let Some(target) = self.anchors.get(&id) else {
            self.fail(
                range,
                "the alias stands inside the value that it names".to_owned(),
            );
            self.value(Node::null(self.span(range)), 1);
            return;
        };
        let (node, size) = (target.node.clone(), target.size);
        self.expanded = self.expanded.saturating_add(size);
        if self.expanded > MAX_EXPANDED_NODES {
            self.fail(
                range,
                format!(
                    "the aliases of this document stand for more than {MAX_EXPANDED_NODES} values"
                ),
            );
        }
        if self.wants_key() {
            let span = self.span(range);
            let Some(text) = key_text(&node.value) else {
                self.fail(range, "a key must be a scalar".to_owned());
                return self.set_key(Key::Hidden);
            };
            return self.set_key(Key::Text(text, span));
        }
        self.value(node, size);
    }

    /// Puts a finished node where it belongs.
    fn value(&mut self, node: Node, size: usize) {
        let Some(frame) = self.stack.last_mut() else {
            self.root = Some(node);
            return;
        };
        frame.size = frame.size.saturating_add(size);
        match &mut frame.kind {
            Kind::List(items) => items.push(node),
            Kind::Map {
                key,
                entries,
                merges,
            } => match key.take() {
                Some(Key::Text(key, key_span)) => entries.push(Entry {
                    key,
                    key_span,
                    value: node,
                }),
                Some(Key::Merge(key_span)) => merges.push(Merge {
                    before: entries.len(),
                    key_span,
                    from: node,
                }),
                Some(Key::Hidden) => {}
                None => {
                    *key = Some(Key::Hidden);
                    let (start, end) = (node.span.start as usize, node.span.end as usize);
                    self.fail(&(start..end), "a key must be a scalar".to_owned());
                }
            },
        }
    }

    fn close(&mut self, range: &std::ops::Range<usize>) {
        let Some(mut frame) = self.stack.pop() else {
            return;
        };
        let next_token = if frame.flow { range.end } else { range.start };
        self.last_end = if frame.flow {
            self.last_end.max(range.end)
        } else {
            self.last_end
        };
        let hidden_keys = self.place_outputs(&mut frame, next_token);
        let (anchor, size) = (frame.anchor, frame.size);
        let node = match frame.kind {
            Kind::List(items) => {
                let end = items
                    .last()
                    .map_or(frame.start, |item| item.span.end as usize);
                let end = if frame.flow { range.end } else { end };
                let open = hidden_keys.then_some(Reason::Template);
                let list = Arc::new(List::new(items, open));
                Node::new(
                    Span::new(self.input.file, frame.start, end),
                    Value::List(list),
                )
            }
            Kind::Map {
                entries, merges, ..
            } => {
                let end = entries.last().map_or(frame.start, |e| {
                    e.value.span.end.max(e.key_span.end) as usize
                });
                let end = if frame.flow { range.end } else { end };
                let span = Span::new(self.input.file, frame.start, end);
                self.map(span, entries, merges, hidden_keys)
            }
        };
        self.anchor(anchor, &node, size);
        self.value(node, size);
    }

    fn map(&mut self, span: Span, entries: Vec<Entry>, merges: Vec<Merge>, open: bool) -> Node {
        let mut joining = Joining::new(self.input.dialect, self.input.masks.is_template());
        joining.map.open = open.then_some(Reason::Template);
        joining.join(entries, merges);
        self.duplicates.append(&mut joining.duplicates);
        if let Some(error) = joining.error {
            self.error.get_or_insert(error);
        }
        Node::new(span, Value::Map(Arc::new(joining.map)))
    }

    /// Gives template output to the value or collection that it writes into.
    ///
    /// Returns whether it may add to the collection that is being closed.
    fn place_outputs(&mut self, frame: &mut Frame, next_token: usize) -> bool {
        let mut adds = matches!(&frame.kind, Kind::Map { .. }) && self.hid_key(frame, next_token);
        let lines = &self.input.masks.lines;
        let first = lines.partition_point(|line| line.at < frame.region);
        let end = lines
            .partition_point(|line| line.at < next_token)
            .max(first);
        let lines = lines.get(first..end).unwrap_or_default();
        let placed = self.placed.get_mut(first..end).unwrap_or_default();
        for (line, placed) in lines.iter().zip(placed) {
            if *placed || line.column.is_none_or(|column| column < frame.column) {
                continue;
            }
            *placed = true;
            match gap_of(&mut frame.kind, line.at) {
                Some(value) => *value = Node::unknown(value.span, "", Reason::Template),
                None => adds = true,
            }
        }
        adds
    }

    /// Whether a key of this map is written by a template.
    fn hid_key(&self, frame: &Frame, next_token: usize) -> bool {
        let Kind::Map { entries, .. } = &frame.kind else {
            return false;
        };
        let hidden = &self.input.masks.hidden;
        let first = hidden.partition_point(|mask| mask.start < frame.start);
        let inside = hidden.iter().skip(first);
        inside
            .take_while(|mask| mask.start < next_token)
            .any(|mask| {
                // Entries stand one behind the other: only the last that starts before it can hold it.
                let after =
                    entries.partition_point(|entry| entry.key_span.start as usize <= mask.start);
                let holder = after.checked_sub(1).and_then(|at| entries.get(at));
                holder.is_none_or(|entry| (entry.value.span.end as usize) < mask.start)
            })
    }
}

/// The implied null after which `at` stands, before any other entry starts.
fn gap_of(kind: &mut Kind, at: usize) -> Option<&mut Node> {
    let Kind::Map { entries, .. } = kind else {
        return None;
    };
    let after = entries.partition_point(|entry| (entry.key_span.start as usize) < at);
    let before = entries.get_mut(after.checked_sub(1)?)?;
    let is_empty = matches!(&before.value.value, Value::Null) || before.value.as_str() == Some("");
    (is_empty && before.value.span.is_empty()).then_some(&mut before.value)
}

/// The text of a key, which JSON wants; nothing where the value does not tell it.
fn key_text(value: &Value) -> Option<SmolStr> {
    match value {
        Value::Bool(value) => Some(SmolStr::new(if *value { "true" } else { "false" })),
        Value::Int(value) => Some(SmolStr::new(value.to_string())),
        Value::Str(text) => Some(text.clone()),
        Value::Null | Value::Float(_) | Value::List(_) | Value::Map(_) | Value::Unknown(_) => None,
    }
}

fn scalar_value(text: &str, style: ScalarStyle, tag: Option<&Tag>, dialect: Dialect) -> Value {
    let core = tag.and_then(Tag::core_suffix);
    let plain = style == ScalarStyle::Plain;
    match core {
        Some("str" | "binary") => Value::Str(SmolStr::new(text)),
        Some("null") => Value::Null,
        None if !plain || tag.is_some() => Value::Str(SmolStr::new(text)),
        Some(_) | None => scalar::resolve(text, dialect),
    }
}
