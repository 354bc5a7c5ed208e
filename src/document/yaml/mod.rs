//! Reads YAML into trees, as the program that will use the file reads it.
//!
//! The main function is [`parse`]. One broken document does not hide the others. Merge keys and aliases are applied;
//! an alias costs nothing to share, but what it stands for is counted against [`MAX_EXPANDED_NODES`].
//! This is the only room that names the YAML crate.

mod builder;
mod merge;
mod scalar;

use granit_parser::{ErrorKind, Event, Options, Parser, ScanError, options};

use self::builder::Builder;
use crate::document::Node;
use crate::source::{FileId, Span};

/// How many nodes one document may hold once every alias is followed.
pub const MAX_EXPANDED_NODES: usize = 2_000_000;

/// How deep maps and lists may nest, each kind of notation by itself.
pub const MAX_DEPTH: usize = 255;

/// How many comment lines may stand between a key and its value.
const MAX_COMMENT_LINES: usize = 100_000;

/// Whose reading of YAML to follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// kubectl and the API server: YAML 1.1 words are booleans, the last of two equal keys wins.
    Kubernetes,
    /// The OpenTelemetry Collector: only `true` and `false` are booleans, equal keys are an error.
    Collector,
}

/// What was read from one text.
#[derive(Debug, Default)]
pub struct Stream {
    /// The documents in order, broken ones among them.
    pub documents: Vec<Document>,
    /// The comments that speak to this program.
    pub comments: Vec<Comment>,
}

/// One document, or the reason why it has none.
#[derive(Debug)]
pub struct Document {
    /// The root, or where and why reading stopped.
    pub root: Result<Node, ParseError>,
    /// Keys that are given twice in one map: the first place, then the second.
    pub duplicates: Vec<Duplicate>,
}

/// A key that is given twice in one map.
#[derive(Debug, Clone)]
pub struct Duplicate {
    /// The key.
    pub key: String,
    /// Where it stands first.
    pub first: Span,
    /// Where it stands again.
    pub again: Span,
}

/// Why a text is not the YAML, TOML, XML or Dockerfile that it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    /// The place of the error.
    pub span: Span,
    /// What is wrong there.
    pub message: String,
}

/// A comment that names this program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// From the comment sign to the end of the line.
    pub span: Span,
    /// The text after the comment sign.
    pub text: String,
    /// Whether nothing but the comment stands on its line.
    pub own_line: bool,
}

/// What to read, and how.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// The file that spans belong to.
    pub file: FileId,
    /// The text to parse.
    pub text: &'a str,
    /// The text as it was written, where `text` is a masked template: as long, byte for byte.
    pub written: Option<&'a str>,
    /// Whose reading to follow.
    pub dialect: Dialect,
    /// What a template hides, if the text was a template.
    pub masks: &'a Masks,
}

impl<'a> Input<'a> {
    /// A text that is no template.
    pub fn plain(file: FileId, text: &'a str, dialect: Dialect) -> Self {
        Self {
            file,
            text,
            written: None,
            dialect,
            masks: Masks::NONE,
        }
    }
}

/// The parts of a template that stand for text nobody has rendered. All offsets are bytes of the template.
#[derive(Debug, Default)]
pub struct Masks {
    /// Byte ranges inside which every scalar is unknown.
    pub hidden: Vec<std::ops::Range<usize>>,
    /// Actions on lines of their own, in order.
    pub lines: Vec<Line>,
}

/// A template action on a line of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// Where the action starts.
    pub at: usize,
    /// The column, from 0, at which the lines that it writes begin; nothing for an action that only controls.
    pub column: Option<usize>,
}

impl Masks {
    /// Nothing hidden.
    pub const NONE: &'static Self = &Self {
        hidden: Vec::new(),
        lines: Vec::new(),
    };

    /// Whether the text was a template.
    pub fn is_template(&self) -> bool {
        !self.hidden.is_empty() || !self.lines.is_empty()
    }

    /// Whether any hidden byte lies in the range.
    fn hides(&self, range: &std::ops::Range<usize>) -> bool {
        let next = self.hidden.partition_point(|mask| mask.end <= range.start);
        self.hidden
            .get(next)
            .is_some_and(|mask| mask.start < range.end)
    }
}

/// Reads every document of a text.
///
/// Tabs are where libyaml, which Go's libraries follow, wants them: at the start of lines inside brackets and scalars,
/// and nowhere else. The parser refuses some of the former and takes some of the latter.
pub fn parse(input: Input<'_>) -> Stream {
    let tabs = tab_lines(input.text);
    let first = parse_strictly(input, !tabs.is_empty());
    if tabs.is_empty() {
        return first.stream;
    }
    let has_failed = |parsed: &Parsed| {
        let mut documents = parsed.stream.documents.iter();
        documents.any(|document| document.root.is_err())
    };
    if !has_failed(&first) {
        return first.with_tabs_refused(input.file, &tabs);
    }
    let all_blanked = blanked(input.text, &tabs);
    let blank = |text| parse_strictly(Input { text, ..input }, true);
    let second = blank(&all_blanked);
    let inside: Vec<usize> = tabs
        .iter()
        .copied()
        .filter(|at| second.is_in_brackets(*at))
        .collect();
    if has_failed(&second) || inside.is_empty() {
        return first.with_tabs_told(input.file, &tabs).stream;
    }
    let some_blanked = blanked(input.text, &inside);
    blank(&some_blanked).with_tabs_refused(input.file, &tabs)
}

/// Where lines start that are indented with a tab.
fn tab_lines(text: &str) -> Vec<usize> {
    if !text.contains('\t') {
        return Vec::new();
    }
    let mut at = 0;
    let mut found = Vec::new();
    for line in text.split_inclusive('\n') {
        let blanks = line.bytes().take_while(|b| *b == b' ').count();
        if line.as_bytes().get(blanks) == Some(&b'\t') {
            found.push(at + blanks);
        }
        at += line.len();
    }
    found
}

/// The text with the tabs at the start of some lines as blanks; no position changes.
fn blanked(text: &str, tabs: &[usize]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for at in tabs {
        let rest = bytes.get_mut(*at..).unwrap_or_default();
        for byte in rest.iter_mut().take_while(|b| **b == b'\t' || **b == b' ') {
            *byte = b' ';
        }
    }
    String::from_utf8(bytes).unwrap_or_default()
}

/// What was parsed, with what is needed to judge tabs.
#[derive(Default)]
struct Parsed {
    stream: Stream,
    /// Where documents end, in order.
    ends: Vec<usize>,
    /// Scalars, and collections in brackets.
    scalars: Vec<std::ops::Range<usize>>,
    brackets: Vec<std::ops::Range<usize>>,
}

impl Parsed {
    fn is_in_brackets(&self, at: usize) -> bool {
        self.brackets.iter().any(|range| range.contains(&at))
    }

    /// The stream, with an error in each document that a tab indents.
    fn with_tabs_refused(mut self, file: FileId, tabs: &[usize]) -> Stream {
        for at in tabs {
            let is_inside = self.scalars.iter().any(|range| range.contains(at));
            if is_inside || self.is_in_brackets(*at) {
                continue;
            }
            let index = self.ends.iter().position(|end| at < end);
            let index = index.unwrap_or(self.ends.len().saturating_sub(1));
            if let Some(document) = self.stream.documents.get_mut(index)
                && document.root.is_ok()
            {
                document.root = Err(indented(file, *at));
            }
        }
        self.stream
    }
}

impl Parsed {
    /// The stream, with errors about a tab where the line starts that it indents.
    fn with_tabs_told(mut self, file: FileId, tabs: &[usize]) -> Self {
        for document in &mut self.stream.documents {
            let Err(error) = &mut document.root else {
                continue;
            };
            let mut after = tabs.iter().filter(|at| **at >= error.span.start as usize);
            if error.message.ends_with("found a tab")
                && let Some(at) = after.next()
            {
                *error = indented(file, *at);
            }
        }
        self
    }
}

/// What is wrong with a line that a tab indents.
fn indented(file: FileId, at: usize) -> ParseError {
    ParseError {
        span: Span::new(file, at, at + 1),
        message: "a tab cannot indent a line".to_owned(),
    }
}

/// Parses as the parser does; with `keeps_ranges`, also says where scalars and brackets are.
fn parse_strictly(input: Input<'_>, keeps_ranges: bool) -> Parsed {
    let mut parsed = Parsed::default();
    let mut flow_starts = Vec::new();
    let mut parser = Parser::new_from_str_with_options(input.text, parser_options(input.dialect));
    let mut builder = Builder::new(input);
    loop {
        let next = parser.next_event();
        if keeps_ranges && let Some(Ok((event, span))) = &next {
            keep_range(&mut parsed, &mut flow_starts, event, *span);
        }
        match next {
            None | Some(Ok((Event::StreamEnd, _))) => break,
            Some(Ok((Event::DocumentEnd, span))) => {
                let fresh = Builder::new(input);
                let document = std::mem::replace(&mut builder, fresh).finish();
                parsed.stream.documents.push(document);
                let end = span
                    .byte_range()
                    .map_or(input.text.len(), |range| range.end);
                parsed.ends.push(end);
            }
            Some(Ok((Event::Comment(text, _), span))) => {
                parsed.stream.comments.extend(comment(input, &text, span));
            }
            Some(Ok((event, span))) => builder.event(event, span),
            Some(Err(error)) => {
                let error = parse_error(input, &error);
                parsed.ends.push(error.span.end as usize);
                parsed.stream.documents.push(broken(error));
                builder = Builder::new(input);
                if !matches!(parser.proceed_next_document(), Ok(true)) {
                    break;
                }
            }
        }
    }
    parsed
}

/// Keeps where scalars and brackets are; `starts` are those of brackets that are open.
fn keep_range(
    parsed: &mut Parsed,
    starts: &mut Vec<Option<usize>>,
    event: &Event<'_>,
    span: granit_parser::Span,
) {
    let Some(range) = span.byte_range() else {
        return;
    };
    match event {
        Event::Scalar(..) => parsed.scalars.push(range),
        Event::MappingStart(style, ..) | Event::SequenceStart(style, ..) => {
            let is_flow = *style == granit_parser::StructureStyle::Flow;
            starts.push(is_flow.then_some(range.start));
        }
        Event::MappingEnd | Event::SequenceEnd => {
            if let Some(Some(start)) = starts.pop() {
                parsed.brackets.push(start..range.end);
            }
        }
        Event::StreamStart
        | Event::StreamEnd
        | Event::DocumentStart(..)
        | Event::DocumentEnd
        | Event::Alias(..)
        | Event::UnresolvedAlias(..)
        | Event::Anchor(..)
        | Event::Comment(..)
        | _ => {}
    }
}

fn parser_options(dialect: Dialect) -> Options {
    options! {
        max_buffered_comment_events: MAX_COMMENT_LINES,
        // kubectl ends the last line before it parses.
        block_scalar_eof_without_line_feed: dialect == Dialect::Collector,
        bom_inside_document_as_content: true,
        emit_unresolved_aliases: true,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    }
}

fn broken(error: ParseError) -> Document {
    Document {
        root: Err(error),
        duplicates: Vec::new(),
    }
}

fn parse_error(input: Input<'_>, error: &ScanError) -> ParseError {
    let at = error.marker().byte_offset().unwrap_or(0);
    ParseError {
        span: Span::new(input.file, at, at + 1),
        message: if *error.kind() == ErrorKind::RecursionLimitExceeded {
            format!("lists and maps are nested more than {MAX_DEPTH} deep")
        } else {
            error.kind().to_string()
        },
    }
}

/// Keeps a comment if it names this program.
fn comment(input: Input<'_>, text: &str, span: granit_parser::Span) -> Option<Comment> {
    if !text.to_ascii_lowercase().contains("spanguard") {
        return None;
    }
    let range = span.byte_range()?;
    let line = input.text.get(..range.start)?.rsplit('\n').next()?;
    Some(Comment {
        span: Span::new(input.file, range.start, range.end),
        text: text.to_owned(),
        own_line: line.trim().is_empty(),
    })
}

#[cfg(test)]
mod tests;
