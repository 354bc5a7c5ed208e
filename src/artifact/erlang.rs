//! Erlang terms as `file:consult/1` reads them: `rebar.config`, `*.app.src`, `sys.config`.
//!
//! The main function is [`terms`]. A term that does not parse is left out, and the next one is read. What is filled in
//! before (`${NAME}` in a `*.src` file) and what no list of settings holds, such as functions, is a term of no kind.
//! Source: the Erlang reference manual, "Data Types" and "Character Set and Source File Encoding".

use crate::source::{FileId, SourceFile, Span};

/// How deep terms may stand in each other.
const MAX_DEPTH: usize = 64;

/// A term where it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Term {
    pub(super) span: Span,
    pub(super) shape: Shape,
}

/// What a term is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    Atom(String),
    /// A string or a binary.
    Text(String),
    Number(String),
    List(Vec<Term>),
    Tuple(Vec<Term>),
    /// Keys and values.
    Map(Vec<(Term, Term)>),
    Other,
}

/// The terms of a file.
pub(super) struct Terms {
    pub(super) terms: Vec<Term>,
    /// Whether every one of them was read.
    pub(super) is_whole: bool,
}

impl Term {
    pub(super) fn atom(&self) -> Option<&str> {
        if let Shape::Atom(name) = &self.shape {
            Some(name)
        } else {
            None
        }
    }

    /// The text of a string, a binary or an atom.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.shape {
            Shape::Atom(text) | Shape::Text(text) | Shape::Number(text) => Some(text),
            Shape::List(_) | Shape::Tuple(_) | Shape::Map(_) | Shape::Other => None,
        }
    }

    /// The elements of a list; nothing for anything else.
    pub(super) fn list(&self) -> Option<&[Self]> {
        if let Shape::List(items) = &self.shape {
            Some(items)
        } else {
            None
        }
    }

    /// The elements of a tuple; none for anything else.
    pub(super) fn tuple(&self) -> &[Self] {
        if let Shape::Tuple(items) = &self.shape {
            items
        } else {
            &[]
        }
    }

    /// The name of a setting and what stands behind it in its tuple.
    pub(super) fn setting(&self) -> Option<(&str, &[Self])> {
        let (name, rest) = self.tuple().split_first()?;
        Some((name.atom()?, rest))
    }

    /// The value of a setting in a list of them.
    pub(super) fn value(&self, name: &str) -> Option<&Self> {
        let settings = self.list()?.iter().filter_map(Self::setting);
        let mut named = settings.filter(|(own, _)| *own == name);
        named.find_map(|(_, rest)| rest.first())
    }
}

/// Reads the terms of a file.
pub(super) fn terms(file: &SourceFile) -> Terms {
    let mut reader = Reader {
        file: file.id,
        text: &file.text,
        at: 0,
    };
    let mut found = Terms {
        terms: Vec::new(),
        is_whole: true,
    };
    loop {
        reader.skip();
        if reader.rest().is_empty() {
            return found;
        }
        let term = reader.term(0);
        reader.skip();
        if let Some(term) = term.filter(|_| reader.take(".")) {
            found.terms.push(term);
        } else {
            found.is_whole = false;
            reader.next_form();
        }
    }
}

struct Reader<'a> {
    file: FileId,
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn next(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn take(&mut self, wanted: &str) -> bool {
        let is_here = self.rest().starts_with(wanted);
        if is_here {
            self.at += wanted.len();
        }
        is_here
    }

    /// Goes over the characters that are part of something.
    fn run(&mut self, is_part: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or("")
    }

    /// Goes over blanks and comments.
    fn skip(&mut self) {
        loop {
            self.run(char::is_whitespace);
            if self.next() != Some('%') {
                return;
            }
            self.run(|c| c != '\n');
        }
    }

    /// Goes behind the next dot that ends a line.
    fn next_form(&mut self) {
        let rest = self.rest();
        let end = rest.match_indices('.').find(|(at, _)| {
            let behind = rest.get(at + 1..).unwrap_or("");
            behind.is_empty() || behind.starts_with(char::is_whitespace)
        });
        self.at += end.map_or(rest.len(), |(at, _)| at + 1);
    }

    fn term(&mut self, depth: usize) -> Option<Term> {
        if depth > MAX_DEPTH {
            return None;
        }
        let start = self.at;
        let shape = match self.next()? {
            '[' => {
                self.at += 1;
                Shape::List(self.items("]", depth)?)
            }
            '{' => {
                self.at += 1;
                Shape::Tuple(self.items("}", depth)?)
            }
            '#' if self.take("#{") => Shape::Map(self.pairs(depth)?),
            '<' if self.take("<<") => self.binary()?,
            '"' => Shape::Text(self.texts()?),
            '\'' => Shape::Atom(self.quoted('\'')?),
            '$' if self.rest().starts_with("${") => {
                self.run(|c| c != '}');
                self.take("}").then_some(Shape::Other)?
            }
            '$' => {
                self.at += 1;
                self.take("\\");
                self.at += self.next()?.len_utf8();
                Shape::Other
            }
            c if c.is_ascii_digit() || c == '-' || c == '+' => {
                self.at += 1;
                self.run(|c| c.is_ascii_alphanumeric() || c == '#' || c == '_');
                self.fraction();
                let text = self.text.get(start..self.at).unwrap_or("");
                Shape::Number(text.to_owned())
            }
            c if c.is_lowercase() => {
                let name = self.run(|c| c.is_alphanumeric() || matches!(c, '_' | '@'));
                Shape::Atom(name.to_owned())
            }
            _ => return None,
        };
        Some(Term {
            span: Span::new(self.file, start, self.at),
            shape,
        })
    }

    /// What stands behind the dot of a number; a dot before a blank ends the term.
    fn fraction(&mut self) {
        let mut rest = self.rest().chars();
        if rest.next() == Some('.') && rest.next().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
            self.run(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '+'));
        }
    }

    /// Terms up to the bracket that closes them.
    fn items(&mut self, end: &str, depth: usize) -> Option<Vec<Term>> {
        let mut items = Vec::new();
        loop {
            self.skip();
            if self.take(end) {
                return Some(items);
            }
            items.push(self.term(depth + 1)?);
            self.skip();
            if !self.take(",") && !self.take("|") {
                return self.take(end).then_some(items);
            }
        }
    }

    /// The keys and values of a map.
    fn pairs(&mut self, depth: usize) -> Option<Vec<(Term, Term)>> {
        let mut pairs = Vec::new();
        loop {
            self.skip();
            if self.take("}") {
                return Some(pairs);
            }
            let key = self.term(depth + 1)?;
            self.skip();
            if !self.take("=>") {
                return None;
            }
            self.skip();
            pairs.push((key, self.term(depth + 1)?));
            self.skip();
            if !self.take(",") {
                return self.take("}").then_some(pairs);
            }
        }
    }

    /// A binary behind its start: a text, or bytes that are no text.
    fn binary(&mut self) -> Option<Shape> {
        self.skip();
        let text = match self.next()? {
            '"' => Some(self.texts()?),
            _ => None,
        };
        self.run(|c| c != '>' && c != '\n');
        let shape = text.map_or(Shape::Other, Shape::Text);
        self.take(">>").then_some(shape)
    }

    /// Strings that stand behind each other are one.
    fn texts(&mut self) -> Option<String> {
        let mut text = self.quoted('"')?;
        loop {
            let before = self.at;
            self.skip();
            if self.next() != Some('"') {
                self.at = before;
                return Some(text);
            }
            text.push_str(&self.quoted('"')?);
        }
    }

    /// What stands in quotes.
    fn quoted(&mut self, quote: char) -> Option<String> {
        self.at += quote.len_utf8();
        let mut text = String::new();
        loop {
            let c = self.next()?;
            self.at += c.len_utf8();
            if c == quote {
                return Some(text);
            }
            if c != '\\' {
                text.push(c);
                continue;
            }
            let escaped = self.next()?;
            self.at += escaped.len_utf8();
            text.push(match escaped {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                's' => ' ',
                other => other,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Terms {
        terms(&SourceFile::new(FileId(0), "rebar.config", text))
    }

    #[test]
    fn terms_are_read_with_their_places() {
        let text = "%% settings\n{deps, [cowboy, {'a.b', \"1\" \".2\"}, {c, <<\"x\">>, #{k => -1.5}}]}. % end\n[$., 16#ff | x].\n";
        let found = read(text);
        assert!(found.is_whole);
        let [deps, list] = &found.terms[..] else {
            panic!("{:?}", found.terms)
        };
        let (name, rest) = deps.setting().unwrap();
        assert_eq!(name, "deps");
        let [first, second, third] = rest[0].list().unwrap() else {
            panic!("{rest:?}")
        };
        assert_eq!(first.atom(), Some("cowboy"));
        assert_eq!(
            text.get(first.span.start as usize..first.span.end as usize),
            Some("cowboy")
        );
        assert_eq!(second.setting().unwrap().0, "a.b");
        assert_eq!(second.tuple()[1].text(), Some("1.2"));
        assert_eq!(third.tuple()[1].text(), Some("x"));
        let Shape::Map(pairs) = &third.tuple()[2].shape else {
            panic!("{third:?}")
        };
        assert_eq!(pairs[0].1.text(), Some("-1.5"));
        assert_eq!(list.list().unwrap().len(), 3);
    }

    #[test]
    fn what_does_not_parse_leaves_its_neighbours() {
        for broken in ["{a, B}.", "{a, [}.", "{a, fun() -> ok end}.", "{a}", "???."] {
            let found = read(&format!("{broken}\n{{deps, []}}.\n{{x, ${{PORT}}}}.\n"));
            assert!(!found.is_whole, "{broken}");
            let names: Vec<_> = found.terms.iter().filter_map(Term::setting).collect();
            assert_eq!(names.last().map(|(name, _)| *name), Some("x"), "{broken}");
        }
        let deep = "[".repeat(100_000);
        assert!(read(&deep).terms.is_empty());
        let long = "[[]],".repeat(1000);
        assert!(read(&format!("[{long}[]].")).is_whole);
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in "[a-zA-Z0-9 \\n{}\\[\\]<>\"'#$%.,|=\\\\-]{0,60}") {
            let _terms = read(&text);
        }
    }
}
