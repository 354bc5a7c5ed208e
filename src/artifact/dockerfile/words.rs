//! Splits instruction arguments into words and pairs, and expands variables in them.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::document::Reason;
use crate::source::{FileId, Span};

/// A word with its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) span: Span,
}

/// `key=value` with the bytes of both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) key: Word,
    /// The value as written, quotes included; nothing for a bare key.
    pub(super) value: Option<Word>,
}

/// Splits at white space outside quotes. Continuation marks and comment lines between words are dropped.
pub(super) fn split(raw: &str, file: FileId, base: usize, escape: char) -> Vec<Word> {
    let mut words = Vec::new();
    let mut start = None;
    let mut quote = None;
    let mut chars = raw.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if let Some(length) = continuation(raw.get(at..).unwrap_or(""), escape) {
            let next = raw.get(at + length..).unwrap_or("");
            if quote.is_none() && next.chars().next().is_none_or(char::is_whitespace) {
                finish(raw, (file, base), &mut start, at, &mut words);
            }
            while chars.next_if(|(next, _)| *next < at + length).is_some() {}
            continue;
        }
        if quote.is_none() && c.is_whitespace() {
            finish(raw, (file, base), &mut start, at, &mut words);
            continue;
        }
        start = start.or(Some(at));
        match quote {
            Some(open) if c == open => quote = None,
            Some(open) if c == escape && open == '"' => {
                chars.next();
            }
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c == escape => {
                chars.next();
            }
            Some(_) | None => {}
        }
    }
    finish(raw, (file, base), &mut start, raw.len(), &mut words);
    words
}

/// The length of a continuation mark that starts here, to the start of the line that goes on.
///
/// Comment lines and empty lines in between belong to it, as Docker drops them.
pub(super) fn continuation(rest: &str, escape: char) -> Option<usize> {
    let after = rest.strip_prefix(escape)?;
    let body = after
        .trim_start_matches([' ', '\t', '\r'])
        .strip_prefix('\n')?;
    let is_dropped = |line: &&str| line.trim().is_empty() || line.trim_start().starts_with('#');
    let dropped: usize = body
        .split_inclusive('\n')
        .take_while(is_dropped)
        .map(str::len)
        .sum();
    Some(rest.len() - body.len() + dropped)
}

fn finish(
    raw: &str,
    (file, base): (FileId, usize),
    start: &mut Option<usize>,
    end: usize,
    words: &mut Vec<Word>,
) {
    if let Some(from) = start.take() {
        words.push(Word {
            text: raw.get(from..end).unwrap_or("").to_owned(),
            span: Span::new(file, base + from, base + end),
        });
    }
}

/// Reads `a=1 b="2"`, or the old form `a 1`.
pub(super) fn pairs(raw: &str, file: FileId, base: usize, escape: char) -> Vec<Pair> {
    let words = split(raw, file, base, escape);
    let is_old = words.first().is_some_and(|word| !word.text.contains('=')) && words.len() > 1;
    if is_old && let [key, value, ..] = words.as_slice() {
        let end = words.last().map_or(value.span.end, |word| word.span.end);
        let span = Span::new(file, value.span.start as usize, end as usize);
        let text = raw
            .get(span.start as usize - base..span.end as usize - base)
            .unwrap_or("")
            .to_owned();
        return vec![Pair {
            key: key.clone(),
            value: Some(Word { text, span }),
        }];
    }
    words.into_iter().map(pair).collect()
}

fn pair(word: Word) -> Pair {
    let Some((key, value)) = word.text.split_once('=') else {
        return Pair {
            key: word,
            value: None,
        };
    };
    let start = word.span.start as usize;
    let file = word.span.file;
    Pair {
        key: Word {
            text: key.trim_matches(['"', '\'']).to_owned(),
            span: Span::new(file, start, start + key.len()),
        },
        value: Some(Word {
            text: value.to_owned(),
            span: Span::new(file, start + key.len() + 1, word.span.end as usize),
        }),
    }
}

/// The most bytes that the variables of one file may become in all the places that name them.
const MAX_EXPANDED: usize = 8 << 20;

/// How many references may stand inside of one another.
const MAX_NESTED: usize = 50;

/// What the variables of a build stand for at one point of it.
#[derive(Clone, Default)]
pub(super) struct Variables {
    known: BTreeMap<String, Known>,
    /// What all copies have expanded together.
    expanded: Rc<Cell<usize>>,
}

impl Variables {
    /// The same limit, and no variable.
    pub(super) fn emptied(&self) -> Self {
        Self {
            known: BTreeMap::new(),
            expanded: Rc::clone(&self.expanded),
        }
    }

    pub(super) fn insert(&mut self, name: &str, value: Known) {
        self.known.insert(name.to_owned(), value);
    }

    pub(super) fn get(&self, name: &str) -> Option<&Known> {
        self.known.get(name)
    }

    fn lookup(&self, name: &str) -> Known {
        let Some(known) = self.known.get(name) else {
            return Err(Reason::Variable(name.into()));
        };
        let length = known.as_ref().map_or(0, String::len);
        let all = self.expanded.get().saturating_add(length);
        self.expanded.set(all);
        if all > MAX_EXPANDED {
            let what = format!("the variables of the file become more than {MAX_EXPANDED} bytes");
            return Err(Reason::Opaque(what.into()));
        }
        known.clone()
    }
}

/// The value of a variable, or why it is not known.
pub(super) type Known = Result<String, Reason>;

/// Removes quotes and escapes and expands `$A`, `${A}`, `${A:-b}` and `${A:+b}`.
///
/// A variable that nothing defines is empty for Docker unless the base image sets it, so it is unknown.
pub(super) fn expand(raw: &str, escape: char, variables: &Variables) -> Known {
    let mut out = String::new();
    let mut quote = None;
    let mut rest = raw;
    while let Some(c) = rest.chars().next() {
        if let Some(length) = continuation(rest, escape) {
            rest = rest.get(length..).unwrap_or("");
            continue;
        }
        rest = rest.get(c.len_utf8()..).unwrap_or("");
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None | Some('"'), _) if c == escape => {
                let next = rest.chars().next();
                rest = rest.get(next.map_or(0, char::len_utf8)..).unwrap_or("");
                if let Some(next) = next {
                    if quote.is_some() && !['"', '$'].contains(&next) && next != escape {
                        out.push(escape);
                    }
                    out.push(next);
                }
            }
            (None | Some('"'), '$') => {
                let (value, tail) = variable(rest, escape, variables)?;
                out.push_str(&value);
                rest = tail;
            }
            _ => out.push(c),
        }
    }
    Ok(out)
}

/// The value of the reference after a `$`, and the text after it.
fn variable<'a>(
    rest: &'a str,
    escape: char,
    variables: &Variables,
) -> Result<(String, &'a str), Reason> {
    let name_len = |text: &str| {
        text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(text.len())
    };
    let Some(body) = rest.strip_prefix('{') else {
        let (name, tail) = rest.split_at_checked(name_len(rest)).unwrap_or((rest, ""));
        if name.is_empty() {
            return Ok(("$".to_owned(), rest));
        }
        return Ok((variables.lookup(name)?, tail));
    };
    let Some(close) = closing(body) else {
        return Ok(("${".to_owned(), body));
    };
    let (inner, tail) = (
        body.get(..close).unwrap_or(""),
        body.get(close + 1..).unwrap_or(""),
    );
    let (name, modifier) = inner
        .split_at_checked(name_len(inner))
        .unwrap_or((inner, ""));
    let set = variables
        .get(name)
        .is_some_and(|value| value.as_ref().is_ok_and(|value| !value.is_empty()));
    let value = match (modifier.get(..2), modifier.get(2..)) {
        _ if modifier.is_empty() => variables.lookup(name)?,
        _ if modifier.matches("${").count() > MAX_NESTED => {
            return Err(Reason::Variable(name.into()));
        }
        (Some(":-"), Some(default)) if !set => expand(default, escape, variables)?,
        (Some(":+"), Some(alternative)) if set => expand(alternative, escape, variables)?,
        (Some(":+"), Some(_)) => String::new(),
        // Docker cuts and replaces with patterns here, which this program does not follow.
        _ => return Err(Reason::Variable(name.into())),
    };
    Ok((value, tail))
}

/// Where the brace closes that was open before this text.
fn closing(body: &str) -> Option<usize> {
    let mut depth = 1;
    for (at, c) in body.char_indices() {
        match c {
            '{' if body.get(..at).is_some_and(|before| before.ends_with('$')) => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// A shell command as one line: continuation marks and comment lines removed.
pub(super) fn join_lines(raw: &str, escape: char) -> String {
    let mut out = String::new();
    for line in raw.lines() {
        let body = line.trim();
        if body.starts_with('#') {
            continue;
        }
        out.push_str(body.strip_suffix(escape).unwrap_or(body).trim_end());
        out.push(' ');
    }
    out.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(raw: &str) -> Vec<(String, Option<String>)> {
        let text = |pair: Pair| (pair.key.text, pair.value.map(|value| value.text));
        pairs(raw, FileId(0), 0, '\\')
            .into_iter()
            .map(text)
            .collect()
    }

    #[test]
    fn pairs_span_continued_lines_and_keep_quotes() {
        let raw = "a=1 \\\n  # note\n  b=\"x y\" \\\n  c='d'";
        let found = pairs(raw, FileId(0), 0, '\\');
        let at = |span: Span| raw.get(span.start as usize..span.end as usize).unwrap();
        assert_eq!(
            found
                .iter()
                .map(|pair| at(pair.key.span))
                .collect::<Vec<_>>(),
            ["a", "b", "c"]
        );
        assert_eq!(
            found[1].value.as_ref().map(|value| at(value.span)),
            Some("\"x y\"")
        );
    }

    #[test]
    fn a_line_continues_inside_quotes() {
        let value = "\"-Xmx1g \\\n  -javaagent:/a.jar\"";
        assert_eq!(
            texts(&format!("A={value} \\\n B=1")),
            [
                ("A".to_owned(), Some(value.to_owned())),
                ("B".to_owned(), Some("1".to_owned()))
            ]
        );
    }

    #[test]
    fn the_old_form_takes_the_rest_of_the_line() {
        assert_eq!(
            texts("JAVA_OPTS -Xmx1g -Da=b"),
            [("JAVA_OPTS".to_owned(), Some("-Xmx1g -Da=b".to_owned()))]
        );
    }

    #[test]
    fn references_are_expanded_and_unknown_ones_say_their_name() {
        let mut variables = Variables::default();
        variables.insert("V", Ok("2".to_owned()));
        variables.insert("E", Ok(String::new()));
        let expand = |raw| expand(raw, '\\', &variables);
        assert_eq!(expand("a-${V}.$V"), Ok("a-2.2".to_owned()));
        assert_eq!(expand("${X:-d}${E:-e}${V:+y}"), Ok("dey".to_owned()));
        assert_eq!(expand("'$V' \"$V\" \\$V"), Ok("$V 2 $V".to_owned()));
        assert_eq!(expand("${X:-a${V}}b"), Ok("a2b".to_owned()));
        assert_eq!(expand("${V#2}"), Err(Reason::Variable("V".into())));
        assert_eq!(expand("'a \\\n  b'c\\\nd"), Ok("a   bcd".to_owned()));
        assert_eq!(expand("$X"), Err(Reason::Variable("X".into())));
        assert_eq!(expand("${"), Ok("${".to_owned()));
        let nested = "${X:-".repeat(100_000) + &"}".repeat(100_000);
        assert_eq!(expand(&nested), Err(Reason::Variable("X".into())));
    }

    #[test]
    fn what_grows_without_end_is_unknown() {
        let mut variables = Variables::default();
        variables.insert("A", Ok("a".to_owned()));
        for _ in 0..60 {
            let twice = expand("$A$A", '\\', &variables);
            assert!(twice.as_ref().map_or(0, String::len) <= MAX_EXPANDED);
            variables.insert("A", twice);
        }
        assert!(matches!(variables.get("A"), Some(Err(_))));
    }
}
