//! Lifts here-documents out of the text before it is parsed: the parser knows those that open an instruction,
//! Docker also those behind a command, as in `RUN cat <<EOF > file`.
//!
//! Docker's reading: a word is a here-document if it is `<<NAME`, `<<-NAME` or either with a file descriptor before
//! it, and the body goes on until a line that is the name (moby/buildkit, `frontend/dockerfile/parser`).

use super::words::{Word, continuation, split};
use crate::document::yaml::ParseError;
use crate::source::{FileId, Span};

/// The bodies that were lifted, and the one that never ends.
#[derive(Default)]
pub(super) struct Lifted {
    pub(super) bodies: Vec<Word>,
    pub(super) error: Option<ParseError>,
}

/// Replaces the bodies of here-documents behind commands by blanks of the same length.
///
/// One that never ends goes with its instruction, so that the rest can be read.
pub(super) fn lift(text: &mut String, file: FileId, escape: char) -> Lifted {
    let mut lifted = Lifted::default();
    if !text.contains("<<") {
        return lifted;
    }
    let mut at = 0;
    while at < text.len() {
        let start = at;
        at = instruction_end(text, start, escape);
        let documents = documents(text.get(start..at).unwrap_or(""), escape);
        for (name, is_behind) in documents {
            let Some((end, next)) = body_end(text, at, &name) else {
                let line = text.get(start..).and_then(|rest| rest.lines().next());
                lifted.error = Some(ParseError {
                    span: Span::new(file, start, start + line.map_or(0, str::len)),
                    message: format!("here-document `{}` has no end", name.text),
                });
                blank(text, start, text.len());
                return lifted;
            };
            if is_behind {
                lifted.bodies.push(Word {
                    text: text.get(at..end).unwrap_or("").to_owned(),
                    span: Span::new(file, at, end),
                });
                blank(text, at, next);
            }
            at = next;
        }
    }
    lifted
}

/// The name of a here-document, and whether tabs before its end count for nothing.
struct Name {
    text: String,
    tabs: bool,
}

/// The end of the instruction, or of the blank line or comment, that starts here.
fn instruction_end(text: &str, start: usize, escape: char) -> usize {
    let mut end = start;
    let rest = text.get(start..).unwrap_or("");
    let is_comment = rest.trim_start_matches([' ', '\t']).starts_with('#');
    loop {
        let rest = text.get(end..).unwrap_or("");
        let Some(line) = rest.split_inclusive('\n').next() else {
            return end;
        };
        let mark = line.trim_end().rfind(escape).unwrap_or(line.len());
        match continuation(rest.get(mark..).unwrap_or(""), escape) {
            Some(length) if !is_comment => end += mark + length,
            _ => return end + line.len(),
        }
    }
}

/// The here-documents of an instruction; true for those that stand behind a command.
fn documents(instruction: &str, escape: char) -> Vec<(Name, bool)> {
    if !instruction.contains("<<") {
        return Vec::new();
    }
    let mut words = split(instruction, FileId(0), 0, escape)
        .into_iter()
        .map(|word| word.text)
        .skip_while(|word| word.eq_ignore_ascii_case("ONBUILD"));
    let keyword = words.next().unwrap_or_default().to_ascii_uppercase();
    if !["RUN", "COPY", "ADD"].contains(&&*keyword) {
        return Vec::new();
    }
    let arguments: Vec<_> = words.skip_while(|word| word.starts_with("--")).collect();
    let opens = arguments.first().is_some_and(|word| name(word).is_some());
    // The parser knows the first of a RUN that it opens, and all of COPY and ADD.
    let is_known = |index: usize| keyword != "RUN" || opens && index == 0;
    let names = arguments.iter().filter_map(|word| name(word)).enumerate();
    names
        .map(|(index, name)| (name, !is_known(index)))
        .collect()
}

fn name(word: &str) -> Option<Name> {
    let rest = word
        .trim_start_matches(|c: char| c.is_ascii_digit())
        .strip_prefix("<<")?;
    let (rest, tabs) = rest
        .strip_prefix('-')
        .map_or((rest, false), |rest| (rest, true));
    let text = rest.replace(['"', '\'', '\\'], "");
    (!text.is_empty() && !text.contains('<')).then_some(Name { text, tabs })
}

/// Where the body that starts here ends, and where the text after its last line goes on.
fn body_end(text: &str, start: usize, name: &Name) -> Option<(usize, usize)> {
    let mut at = start;
    for line in text.get(start..)?.split_inclusive('\n') {
        let body = line.trim_end_matches(['\n', '\r']);
        let body = if name.tabs {
            body.trim_start_matches('\t')
        } else {
            body
        };
        if body == name.text {
            return Some((at, at + line.len()));
        }
        at += line.len();
    }
    None
}

/// Replaces everything but line ends by blanks.
pub(super) fn blank(text: &mut String, start: usize, end: usize) {
    let is_line_end = |b: &u8| *b == b'\n' || *b == b'\r';
    let removed = text.get(start..end).unwrap_or("");
    let blanks: String = removed
        .bytes()
        .map(|b| if is_line_end(&b) { b as char } else { ' ' })
        .collect();
    text.replace_range(start..end, &blanks);
}
