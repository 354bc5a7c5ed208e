//! From the edits of a rule to bytes of a file.
//!
//! An edit that does not fit how the file is written (a value from a template, a key that shares its line, a map that
//! was put together from several places) gives nothing: better no fix than a wrong one.

use crate::document::{Entry, List, Map, Node};
use crate::expr::{Data, Program, Template, Val, Verdict};
use crate::finding::{Edit, Fix};
use crate::policy::{EditAction, EditRule};
use crate::source::{SourceFile, Span};

/// Spaces by which a new line is indented below the one before.
const STEP: usize = 2;

/// The first edit of a rule that fits, in the file of the finding.
pub(super) fn fix(
    rules: &[EditRule],
    variables: &[Option<&Node>],
    file: &SourceFile,
) -> Option<Fix> {
    let fits = |rule: &&EditRule| {
        let when = rule.when.as_ref();
        when.is_none_or(|when| when.test(variables) == Verdict::Holds)
    };
    rules.iter().filter(fits).find_map(|rule| {
        let edit = edit(rule, variables, file)?;
        Some(Fix {
            edits: vec![edit],
            is_safe: rule.is_safe,
        })
    })
}

fn edit(rule: &EditRule, variables: &[Option<&Node>], file: &SourceFile) -> Option<Edit> {
    let text = || rendered(rule.text.as_ref()?, variables);
    match &rule.action {
        EditAction::Replace(program) => Some(Edit {
            span: scalar(program, variables, file)?,
            text: text()?,
        }),
        EditAction::Remove(program) => removal(file, &program.evaluate(variables)),
        EditAction::Append(program) => {
            let Data::List(list) = program.evaluate(variables).data else {
                return None;
            };
            append(file, list, &text()?)
        }
        EditAction::Insert(parts) => {
            let text = text()?;
            parts.iter().find_map(|(head, keys)| {
                let Data::Map(map) = head.evaluate(variables).data else {
                    return None;
                };
                Some(insert(file, map, keys, &text))
            })?
        }
    }
}

/// The text to write; nothing if a value in it is not known, or would not stay on one line.
fn rendered(template: &Template, variables: &[Option<&Node>]) -> Option<String> {
    let text = template.render(variables, &|_| None);
    (!text.contains(['\n', '\r']) && !text.contains("(unknown)") && !text.contains("(not set)"))
        .then_some(text)
}

/// The bytes of a scalar of the file.
fn scalar(program: &Program, variables: &[Option<&Node>], file: &SourceFile) -> Option<Span> {
    let value = program.evaluate(variables);
    let origin = value.origin.filter(|origin| origin.is_scalar)?;
    let span = origin.span;
    // A value that was computed, or stands for what is not there, is not what the file says.
    let written = file.slice(span).trim_matches(['"', '\'']);
    let is_it = span.file == file.id && written == value.to_string() && !written.is_empty();
    (is_it && file.first_line(span) == span && is_plain(file, span)).then_some(span)
}

/// Whether a scalar stands behind its key, and not in a text block, and no alias shares it.
fn is_plain(file: &SourceFile, span: Span) -> bool {
    let (line_start, _) = file.line_range(span.start);
    let before = file.text.get(line_start..span.start as usize);
    let last = before.and_then(|before| before.split_whitespace().next_back());
    last.is_some_and(|word| !word.starts_with(['&', '!']))
}

/// Takes out a scalar with its key or item: the whole line where nothing else stands on it, or its part of a list in
/// brackets.
fn removal(file: &SourceFile, value: &Val<'_>) -> Option<Edit> {
    let origin = value
        .origin
        .filter(|origin| origin.is_scalar && origin.span.file == file.id)?;
    let start = origin.key.map_or(origin.span.start, |key| key.start);
    let end = origin.span.end;
    let cut = |from: usize, to: usize| {
        Some(Edit {
            span: Span::new(file.id, from, to),
            text: String::new(),
        })
    };
    let after = file.text.get(end as usize..)?;
    if let Some(mark @ ('{' | '[' | ',')) = before(file, start) {
        let blanks = after.len() - after.trim_start().len();
        if let Some(rest) = after.trim_start().strip_prefix(',') {
            let spaces = rest.len() - rest.trim_start_matches(' ').len();
            return cut(start as usize, end as usize + blanks + 1 + spaces);
        }
        let text = file.text.get(..start as usize)?;
        let from = if mark == ',' {
            text.rfind(',')?
        } else {
            start as usize
        };
        return cut(from, end as usize);
    }
    let (line_start, line_end) = file.line_range(start);
    let before = file.text.get(line_start..start as usize)?.trim();
    let rest = file.text.get(end as usize..line_end)?.trim();
    let is_alone = before == if origin.key.is_some() { "" } else { "-" };
    let ends = rest.is_empty() || rest.starts_with('#');
    let next = file.text.get(line_end..)?;
    let line_break = next.find('\n').map_or(next.len(), |at| at + 1);
    (is_alone && ends).then(|| cut(line_start, line_end + line_break))?
}

/// The character before a place, blanks and line breaks apart.
fn before(file: &SourceFile, at: u32) -> Option<char> {
    let text = file.text.get(..at as usize)?;
    text.trim_end().chars().next_back()
}

fn end_of(entry: &Entry) -> u32 {
    entry.value.span.end.max(entry.key_span.end)
}

/// Adds nested keys to a map of the file.
fn insert(file: &SourceFile, map: &Map, keys: &[String], text: &str) -> Option<Edit> {
    let (first, last) = (map.entries.first()?, map.entries.last()?);
    let in_order = map.entries.is_sorted_by_key(|entry| entry.key_span.start);
    let is_of_file = map
        .entries
        .iter()
        .all(|entry| entry.key_span.file == file.id);
    if !in_order || !is_of_file || map.open.is_some() {
        return None;
    }
    if before(file, first.key_span.start) == Some('{') {
        // A key that stands there without a value cannot be written again.
        keys.first().filter(|key| map.entry(key).is_none())?;
        let flow = nested_flow(keys, text)?;
        let at = end_of(last);
        return Some(Edit {
            span: Span::new(file.id, at as usize, at as usize),
            text: format!(", {flow}"),
        });
    }
    let (line_start, _) = file.line_range(first.key_span.start);
    let column = first.key_span.start as usize - line_start;
    match keys
        .split_first()
        .and_then(|(key, rest)| Some((map.entry(key)?, rest)))
    {
        None => Some(after_line(file, end_of(last), nested(keys, column, text))),
        // A key without a value, such as `grpc:`, takes the rest below it.
        Some((entry, rest)) if entry.value.is_null() && !rest.is_empty() => {
            let line = nested(rest, column + STEP, text);
            (entry.value.span.is_empty()).then(|| after_line(file, entry.key_span.end, line))
        }
        Some(_) => None,
    }
}

/// Keys below one another, each on a line of its own.
fn nested(keys: &[String], column: usize, text: &str) -> String {
    let mut lines = String::new();
    for (depth, key) in keys.iter().enumerate() {
        let indent = " ".repeat(column + depth * STEP);
        lines.extend(["\n", &indent, key, ":"]);
    }
    lines.extend([" ", text]);
    lines
}

/// `a: {b: text}`
fn nested_flow(keys: &[String], text: &str) -> Option<String> {
    let (last, outer) = keys.split_last()?;
    let inner = format!("{last}: {text}");
    Some(
        outer
            .iter()
            .rev()
            .fold(inner, |inner, key| format!("{key}: {{{inner}}}")),
    )
}

/// Adds an item to a list of the file.
fn append(file: &SourceFile, list: &List, text: &str) -> Option<Edit> {
    let (first, last) = (list.items.first()?, list.items.last()?);
    let is_of_file = list.items.iter().all(|item| item.span.file == file.id);
    if !is_of_file || list.open.is_some() {
        return None;
    }
    match before(file, first.span.start)? {
        '[' | ',' => {
            let at = last.span.end as usize;
            Some(Edit {
                span: Span::new(file.id, at, at),
                text: format!(", {text}"),
            })
        }
        '-' => {
            let (line_start, _) = file.line_range(first.span.start);
            let line = file.text.get(line_start..first.span.start as usize)?;
            let column = line.rfind('-')?;
            let lines = format!("\n{}- {text}", " ".repeat(column));
            Some(after_line(file, last.span.end, lines))
        }
        _ => None,
    }
}

/// New lines behind the line of a place.
fn after_line(file: &SourceFile, at: u32, lines: String) -> Edit {
    let (_, end) = file.line_range(at);
    let text = if file.text.contains("\r\n") {
        lines.replace('\n', "\r\n")
    } else {
        lines
    };
    Edit {
        span: Span::new(file.id, end, end),
        text,
    }
}
