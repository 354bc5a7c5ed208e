//! The part of HCL that Bake files are written in, as the tree that Bake's JSON files have.
//!
//! Blocks and attributes are read, texts, lists and objects; a name alone becomes a text that refers to it. Every other
//! expression is unknown, since nothing is computed here.
//! Source: the HCL native syntax specification.

use crate::document::{MapBuilder, Node, Reason};
use crate::source::{FileId, SourceFile, Span};

use super::UNTOLD;

/// How deep blocks, lists and objects may stand in each other.
const MAX_DEPTH: usize = 32;

/// Reads a file; nothing where it does not parse.
pub(super) fn read(file: &SourceFile) -> Option<Node> {
    let mut reader = Reader {
        file: file.id,
        text: &file.text,
        at: 0,
        depth: 0,
    };
    let root = reader.body()?;
    reader.rest().is_empty().then_some(root)
}

struct Reader<'a> {
    file: FileId,
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn next(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn span(&self, start: usize) -> Span {
        Span::new(self.file, start, self.at)
    }

    /// Goes over a text that stands here.
    fn take(&mut self, wanted: &str) -> bool {
        let is_here = self.rest().starts_with(wanted);
        if is_here {
            self.at += wanted.len();
        }
        is_here
    }

    /// Goes over blanks and comments, and over the ends of lines where they mean nothing.
    fn skip(&mut self, lines: bool) {
        loop {
            let rest = self.rest();
            let is_blank = |c: char| c != '\n' && c.is_whitespace() || lines && c == '\n';
            let blanks = rest.find(|c| !is_blank(c)).unwrap_or(rest.len());
            self.at += blanks;
            let rest = self.rest();
            if rest.starts_with('#') || rest.starts_with("//") {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else if rest.starts_with("/*") {
                self.at += rest.find("*/").map_or(rest.len(), |end| end + 2);
            } else {
                return;
            }
        }
    }

    fn word(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let word = rest.get(..end).filter(|word| !word.is_empty())?;
        self.at += end;
        Some(word)
    }

    /// Attributes and blocks up to the end of the file or the bracket that closes them.
    fn body(&mut self) -> Option<Node> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let start = self.at;
        let mut entries: Vec<(&'a str, Span, Node)> = Vec::new();
        self.skip(true);
        while !matches!(self.next(), None | Some('}')) {
            let key = self.at;
            let name = self.word()?;
            let key = self.span(key);
            self.skip(false);
            let value = if self.take("=") {
                self.skip(false);
                self.expression()?
            } else {
                self.block()?
            };
            entries.push((name, key, value));
            self.skip(true);
        }
        self.depth -= 1;
        Some(merged(self.span(start), entries))
    }

    /// The labels of a block and what stands in it; each label is a map around it.
    fn block(&mut self) -> Option<Node> {
        let start = self.at;
        let label = match self.next()? {
            '{' => None,
            '"' => Some(self.quoted()?),
            _ => Some(self.word()?.to_owned()),
        };
        let at = self.span(start);
        if let Some(label) = label {
            self.skip(false);
            let inside = self.labelled()?;
            return Some(MapBuilder::new(at).put_at(&label, at, inside).build());
        }
        self.at += 1;
        let body = self.body()?;
        self.take("}").then_some(body)
    }

    /// A block behind one of its labels.
    fn labelled(&mut self) -> Option<Node> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let inside = self.block()?;
        self.depth -= 1;
        Some(inside)
    }

    /// A value, up to the end of its line or what closes the list or object that it stands in.
    fn expression(&mut self) -> Option<Node> {
        let (start, depth) = (self.at, self.depth);
        if let Some(node) = self.simple() {
            self.skip(false);
            if matches!(self.next(), None | Some('\n' | ',' | ']' | '}')) {
                return Some(node);
            }
        }
        (self.at, self.depth) = (start, depth);
        self.pass_over();
        let reason = Reason::Opaque("an expression that is not computed".into());
        (self.at > start).then(|| Node::unknown(self.span(start), "", reason))
    }

    /// A value that is written out; nothing for one that is to be computed.
    fn simple(&mut self) -> Option<Node> {
        let start = self.at;
        match self.next()? {
            '"' => {
                let text = self.quoted()?;
                Some(Node::string(self.span(start), text))
            }
            '[' => self.list(),
            '{' => {
                self.at += 1;
                self.object(start)
            }
            _ => {
                let mut path = self.word()?.to_owned();
                while self.take(".") {
                    path.push('.');
                    path.push_str(self.word()?);
                }
                let text = match path.as_str() {
                    "true" | "false" => path,
                    "null" => String::new(),
                    _ if path.starts_with(|c: char| c.is_ascii_digit()) => path,
                    _ => format!("${{{path}}}"),
                };
                Some(Node::string(self.span(start), text))
            }
        }
    }

    fn list(&mut self) -> Option<Node> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let start = self.at;
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.skip(true);
            if self.take("]") {
                break;
            }
            items.push(self.expression()?);
            self.skip(true);
            if !self.take(",") && self.next() != Some(']') {
                return None;
            }
        }
        self.depth -= 1;
        Some(Node::list(self.span(start), items))
    }

    /// What stands in the braces of an object.
    fn object(&mut self, start: usize) -> Option<Node> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let mut object = MapBuilder::new(self.span(start));
        loop {
            self.skip(true);
            if self.take("}") {
                break;
            }
            let key = self.at;
            let name = match self.next()? {
                '"' => self.quoted()?,
                _ => self.word()?.to_owned(),
            };
            let key = self.span(key);
            self.skip(false);
            if !self.take("=") && !self.take(":") {
                return None;
            }
            self.skip(false);
            object.put_at(&name, key, self.expression()?);
            self.skip(false);
            self.take(",");
        }
        self.depth -= 1;
        Some(object.build())
    }

    /// A text in quotes; what is to be computed in it is untold, but for names alone.
    fn quoted(&mut self) -> Option<String> {
        self.at += 1;
        let mut out = String::new();
        loop {
            let c = self.next()?;
            match c {
                '"' => {
                    self.at += 1;
                    return Some(out);
                }
                '\n' => return None,
                '\\' => {
                    self.at += 1;
                    let escaped = self.next()?;
                    self.at += escaped.len_utf8();
                    out.push(match escaped {
                        'n' => '\n',
                        't' => '\t',
                        'r' => '\r',
                        other => other,
                    });
                }
                '$' | '%' if self.rest().get(1..2) == Some("{") => {
                    let start = self.at;
                    self.at += 2;
                    self.pass_over();
                    let inner = self.text.get(start + 2..self.at).unwrap_or("").trim();
                    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
                    if c == '$' && !inner.is_empty() && inner.chars().all(is_part) {
                        out.extend(["${", inner, "}"]);
                    } else {
                        out.push(UNTOLD);
                    }
                    if !self.take("}") {
                        return None;
                    }
                }
                c => {
                    self.at += c.len_utf8();
                    out.push(c);
                }
            }
        }
    }

    /// Goes over an expression without looking into it: up to the end of its line, a comma, or what closes around it.
    fn pass_over(&mut self) {
        let mut open = 0_usize;
        while let Some(c) = self.next() {
            match c {
                '\n' | ',' | ')' | ']' | '}' if open == 0 => return,
                '(' | '[' | '{' => open += 1,
                ')' | ']' | '}' => open -= 1,
                '"' => {
                    self.pass_over_text();
                    continue;
                }
                '<' if open == 0 && self.rest().starts_with("<<") => {
                    self.pass_over_heredoc();
                    return;
                }
                _ => {}
            }
            self.at += c.len_utf8();
        }
    }

    /// Goes over a text in quotes, with the expressions in it.
    fn pass_over_text(&mut self) {
        self.at += 1;
        let mut open = 0_usize;
        while let Some(c) = self.next() {
            self.at += c.len_utf8();
            match c {
                '\\' => self.at += self.next().map_or(0, char::len_utf8),
                '"' if open == 0 => return,
                '{' if open > 0 => open += 1,
                '$' | '%' if self.next() == Some('{') => {
                    self.at += 1;
                    open += 1;
                }
                '}' => open = open.saturating_sub(1),
                '\n' => return,
                _ => {}
            }
        }
    }

    /// Goes over a text that ends at a line with a word of its own.
    fn pass_over_heredoc(&mut self) {
        let line = |text: &'a str| text.split_once('\n').unwrap_or((text, ""));
        let (first, mut rest) = line(self.rest());
        let end = first.trim_start_matches(['<', '-']).trim();
        while !rest.is_empty() {
            let (next, behind) = line(rest);
            rest = behind;
            if next.trim() == end {
                break;
            }
        }
        // The end of the last line ends the expression.
        let over = self.text.len().saturating_sub(rest.len());
        let ends_line = self
            .text
            .get(..over)
            .is_some_and(|text| text.ends_with('\n'));
        self.at = over.saturating_sub(usize::from(ends_line));
    }
}

/// The map of some entries; blocks of one type are put together.
fn merged(span: Span, entries: Vec<(&str, Span, Node)>) -> Node {
    let mut map = MapBuilder::new(span);
    let mut blocks: Vec<(&str, Span, MapBuilder)> = Vec::new();
    for (name, key, value) in entries {
        let Some(_) = value.as_map() else {
            map.put_at(name, key, value);
            continue;
        };
        let at = blocks.iter().position(|(other, ..)| *other == name);
        let at = at.unwrap_or_else(|| {
            blocks.push((name, key, MapBuilder::new(value.span)));
            blocks.len() - 1
        });
        if let Some((.., block)) = blocks.get_mut(at) {
            for entry in value.entries() {
                block.put_at(&entry.key, entry.key_span, entry.value.clone());
            }
        }
    }
    for (name, key, mut block) in blocks {
        map.put_at(name, key, block.build());
    }
    map.build()
}
