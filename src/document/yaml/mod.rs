//! Reads YAML into trees, as the program that will use the file reads it.
//!
//! The main function is [`parse`]. One broken document does not hide the others. Merge keys and aliases are applied;
//! an alias costs nothing to share, but what it stands for is counted against [`MAX_EXPANDED_NODES`].
//! This is the only room that names the YAML crate.

mod builder;
mod scalar;

use granit_parser::{Event, Options, Parser, ScanError, options};

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
/// The parser refuses tabs at the start of lines inside brackets, and libyaml, which Go's libraries follow, does not:
/// a text that does not parse is read again with such tabs as blanks, which changes no position.
pub fn parse(input: Input<'_>) -> Stream {
    let stream = parse_strictly(input);
    let failed = stream
        .documents
        .iter()
        .any(|document| document.root.is_err());
    if !failed || !input.text.contains("\n\t") {
        return stream;
    }
    let blank = |line: &str| {
        let tabs = line
            .bytes()
            .take_while(|b| *b == b'\t' || *b == b' ')
            .count();
        format!("{}{}", " ".repeat(tabs), line.get(tabs..).unwrap_or(""))
    };
    let blanked: String = input.text.split_inclusive('\n').map(blank).collect();
    let second = parse_strictly(Input {
        text: &blanked,
        ..input
    });
    if second
        .documents
        .iter()
        .any(|document| document.root.is_err())
    {
        return stream;
    }
    second
}

fn parse_strictly(input: Input<'_>) -> Stream {
    let mut stream = Stream::default();
    let mut parser = Parser::new_from_str_with_options(input.text, parser_options());
    let mut builder = Builder::new(input);
    loop {
        match parser.next_event() {
            None | Some(Ok((Event::StreamEnd, _))) => break,
            Some(Ok((Event::DocumentEnd, _))) => {
                let fresh = Builder::new(input);
                stream
                    .documents
                    .push(std::mem::replace(&mut builder, fresh).finish());
            }
            Some(Ok((Event::Comment(text, _), span))) => {
                stream.comments.extend(comment(input, &text, span));
            }
            Some(Ok((event, span))) => builder.event(event, span),
            Some(Err(error)) => {
                stream.documents.push(broken(parse_error(input, &error)));
                builder = Builder::new(input);
                if !matches!(parser.proceed_next_document(), Ok(true)) {
                    break;
                }
            }
        }
    }
    stream
}

fn parser_options() -> Options {
    options! {
        max_buffered_comment_events: MAX_COMMENT_LINES,
        block_scalar_eof_without_line_feed: true,
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
        message: error.kind().to_string(),
    }
}

/// Keeps a comment if it names this program.
fn comment(input: Input<'_>, text: &str, span: granit_parser::Span) -> Option<Comment> {
    if !text.contains("spanguard") {
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
