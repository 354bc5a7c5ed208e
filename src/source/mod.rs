//! File text, ids, spans and line arithmetic.
//!
//! The main type is [`SourceFile`]: one text that was read, under the path by which people know it.
//! A [`Span`] is a range of bytes in one file; lines and columns exist only where something is printed.
//! This room reads nothing and knows no format.

mod paths;
mod views;

use std::sync::{Arc, OnceLock};

pub use self::paths::{folder, resolve};
pub use self::views::{MAX_VIEWS, Views};

/// Names one file of a run; files are numbered in the order of their paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A range of bytes in one file: `start` inclusive, `end` exclusive, both from the start of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file that the bytes belong to.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// First byte after the range.
    pub end: u32,
}

impl Span {
    /// A span from byte offsets; offsets beyond 4 GiB are clipped, and `end` is never before `start`.
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        let start = offset(start);
        Self {
            file,
            start,
            end: offset(end).max(start),
        }
    }

    /// The number of bytes.
    pub fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    /// Whether the span covers no byte.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// The smallest span of the same file that covers both.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self {
            file: self.file,
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }
}

/// Clips a byte offset to 32 bits; files above the size limit never get this far.
pub fn offset(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// A place as people count: both numbers start at 1, the column counts Unicode characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in Unicode characters, from 1.
    pub column: u32,
}

/// One text that was read, with the path that is shown for it.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Its number in this run.
    pub id: FileId,
    /// The path as shown: relative where possible, with forward slashes.
    pub path: Arc<str>,
    /// The whole text.
    pub text: Arc<str>,
    /// Where each line starts, in bytes; computed when the first position is asked for.
    line_starts: OnceLock<Vec<u32>>,
}

impl SourceFile {
    /// A text under the path that is shown for it.
    pub fn new(id: FileId, path: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        Self {
            id,
            path: path.into(),
            text: text.into(),
            line_starts: OnceLock::new(),
        }
    }

    /// The text that a span covers, or nothing when the span belongs elsewhere.
    pub fn slice(&self, span: Span) -> &str {
        if span.file != self.id {
            return "";
        }
        self.text
            .get(span.start as usize..span.end as usize)
            .unwrap_or("")
    }

    /// Line and column of a byte offset; an offset past the end is the end.
    pub fn position(&self, byte: u32) -> Position {
        let upto = floor_char(&self.text, byte as usize);
        let starts = self.line_starts.get_or_init(|| {
            let breaks = self.text.bytes().enumerate().filter(|(_, b)| *b == b'\n');
            std::iter::once(0)
                .chain(breaks.map(|(at, _)| offset(at + 1)))
                .collect()
        });
        let line = starts
            .partition_point(|start| *start as usize <= upto)
            .max(1);
        let start = starts.get(line - 1).map_or(0, |start| *start as usize);
        let columns = self.text.get(start..upto).unwrap_or("").chars().count();
        Position {
            line: offset(line),
            column: offset(columns + 1),
        }
    }

    /// The byte range of the line that holds `byte`, without its line break.
    pub fn line_range(&self, byte: u32) -> (usize, usize) {
        let at = floor_char(&self.text, byte as usize);
        let before = self.text.get(..at).unwrap_or("");
        let after = self.text.get(at..).unwrap_or("");
        let start = before.rfind('\n').map_or(0, |nl| nl + 1);
        let end = after.find('\n').map_or(self.text.len(), |nl| at + nl);
        let line = self.text.get(start..end).unwrap_or("");
        (start, start + line.trim_end_matches('\r').len())
    }

    /// The part of a span that lies on its first line, at least one character wide where the line has one.
    pub fn first_line(&self, span: Span) -> Span {
        let (line_start, line_end) = self.line_range(span.start);
        let start =
            floor_char(&self.text, span.start as usize).clamp(line_start, line_end.max(line_start));
        let mut end = ceil_char(&self.text, span.end as usize).min(line_end);
        if end <= start {
            end = ceil_char(&self.text, start + 1).min(line_end);
        }
        Span::new(self.id, start, end.max(start))
    }
}

/// The nearest character boundary at or before `at`.
pub fn floor_char(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The nearest character boundary at or after `at`.
fn ceil_char(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}

/// The name among `known` that a misspelt word most likely meant, if one is close enough to say so.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(word, name), name))
        .filter(|(distance, name)| *distance <= (name.len().max(word.len()) / 3).max(1))
        .min()
        .map(|(_, name)| name)
}

/// The next step for who names a rule that does not exist: rules are `family/name`, and the family is easily left out.
pub fn meant_rule<'a>(word: &str, ids: impl IntoIterator<Item = &'a str>) -> Option<String> {
    if word.contains('*') {
        return Some("a comment names each rule by its whole id".to_owned());
    }
    let ids: Vec<&str> = ids.into_iter().collect();
    let name = |id: &'a str| id.rsplit_once('/').map_or(id, |(_, name)| name);
    let near = if word.contains('/') {
        nearest(word, ids)?
    } else {
        let wanted = nearest(word, ids.iter().map(|id| name(id)))?;
        ids.into_iter().find(|id| name(id) == wanted)?
    };
    Some(format!("did you mean `{near}`?"))
}

/// Files with their paths and texts, numbered in order.
#[cfg(test)]
pub(crate) fn sources(files: &[(&str, &str)]) -> Vec<SourceFile> {
    let numbered = (0..).zip(files);
    let files = numbered.map(|(index, (path, text))| SourceFile::new(FileId(index), *path, *text));
    files.collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn file(text: &str) -> SourceFile {
        SourceFile::new(FileId(0), "a.yaml", text)
    }

    #[test]
    fn columns_count_characters_and_lines_start_at_one() {
        let f = file("é: ü\nb: c\n");
        assert_eq!(f.position(0), Position { line: 1, column: 1 });
        assert_eq!(f.position(4), Position { line: 1, column: 4 });
        assert_eq!(f.position(7), Position { line: 2, column: 1 });
    }

    #[test]
    fn first_line_clips_a_span_of_several_lines() {
        let f = file("ab: 1\r\ncd: 2\n");
        let span = f.first_line(Span::new(FileId(0), 0, 12));
        assert_eq!(f.slice(span), "ab: 1");
    }

    #[test]
    fn a_rule_is_meant_without_its_family_too() {
        let ids = ["a/one", "b/another"];
        let meant = |word| meant_rule(word, ids);
        assert_eq!(
            meant("anothr").as_deref(),
            Some("did you mean `b/another`?")
        );
        assert_eq!(meant("a/ome").as_deref(), Some("did you mean `a/one`?"));
        assert!(meant("a/*").is_some_and(|help| help.contains("whole id")));
        assert_eq!(meant("stranger"), None);
    }

    #[test]
    fn nearest_names_a_typo_and_leaves_strangers_alone() {
        assert_eq!(
            nearest("severty", ["severity", "subject"]),
            Some("severity")
        );
        assert_eq!(nearest("zzz", ["severity", "subject"]), None);
    }

    proptest! {
        #[test]
        fn positions_never_panic_and_first_line_stays_on_one_line(text in "\\PC{0,40}(\n|\r\n)?\\PC{0,20}", a in 0usize..90, b in 0usize..90) {
            let f = file(&text);
            let span = f.first_line(Span::new(FileId(0), a.min(b), a.max(b)));
            prop_assert!(span.end as usize <= text.len());
            prop_assert_eq!(f.position(span.start).line, f.position(span.end).line);
            prop_assert!(text.is_char_boundary(span.start as usize) || span.is_empty());
        }
    }
}
