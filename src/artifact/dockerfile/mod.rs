//! Reads Dockerfiles: instructions with their bytes, stages with the environment that each ends with.
//!
//! A line that does not parse is reported and blanked, and the rest is read. The tree's shape is that of the records
//! `dockerfile`, `stage` and `instruction` in `repository::schema`.

mod heredoc;
mod instruction;
mod refused;
mod scope;
mod words;

use parse_dockerfile::parse_iter;

use self::instruction::Instruction;
use crate::document::Node;
use crate::document::yaml::{Comment, ParseError};
use crate::source::{SourceFile, Span};

/// How many lines of one file may fail to parse before the rest is given up.
const MAX_ERRORS: usize = 50;

/// One Dockerfile.
#[derive(Debug, Clone)]
pub struct Dockerfile {
    /// The whole file as a tree.
    pub root: Node,
}

/// What was read from one Dockerfile.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) dockerfile: Option<Dockerfile>,
    pub(super) errors: Vec<ParseError>,
    pub(super) comments: Vec<Comment>,
}

/// The tree of a Dockerfile that is built with arguments; nothing where it does not parse.
pub fn with_arguments(file: &SourceFile, given: &[(String, Option<String>)]) -> Option<Node> {
    let reading = read(file, given);
    reading.dockerfile.map(|dockerfile| dockerfile.root)
}

/// Reads a Dockerfile, with what a build gives for its arguments.
pub(super) fn read(file: &SourceFile, given: scope::Given<'_>) -> Reading {
    let mut comments = comments(file);
    let mut text = file.text.to_string();
    let escape = escape_of(&text);
    let heredoc::Lifted { bodies, error } = heredoc::lift(&mut text, file.id, escape);
    let mut errors = Vec::from_iter(error);
    loop {
        match instructions(file, &text) {
            Ok(mut instructions) => {
                give_back(&mut instructions, bodies);
                errors.extend(instructions.iter().filter_map(refused::reason));
                errors.extend(too_many_stages(&instructions));
                let texts = || {
                    instructions
                        .iter()
                        .flat_map(|instruction| &instruction.heredocs)
                };
                comments.retain(|comment| {
                    !texts()
                        .any(|text| (text.span.start..text.span.end).contains(&comment.span.start))
                });
                let root = scope::build(file, instructions, given);
                let dockerfile = root.map(|root| Dockerfile { root });
                return Reading {
                    dockerfile,
                    errors,
                    comments,
                };
            }
            Err(error) => {
                let is_reset = is_reset(file.slice(error.span));
                let blanked = blank(&mut text, error.span);
                if is_reset && blanked {
                    continue;
                }
                errors.push(error);
                if !blanked || errors.len() >= MAX_ERRORS {
                    break;
                }
            }
        }
    }
    Reading {
        dockerfile: None,
        errors,
        comments,
    }
}

/// The first stage of a file that is not read any more.
fn too_many_stages(instructions: &[Instruction]) -> Option<ParseError> {
    let stages = instructions.iter().filter(|one| one.keyword == "FROM");
    let span = stages
        .skip(scope::MAX_STAGES)
        .find_map(|one| one.keyword_span)?;
    let message = format!("only the first {} stages are read", scope::MAX_STAGES);
    Some(ParseError { span, message })
}

/// Whether an instruction takes the entrypoint of the base image away, which the parser does not know.
fn is_reset(instruction: &str) -> bool {
    let mut words = instruction.split_whitespace();
    let is_entrypoint = words
        .next()
        .is_some_and(|word| word.eq_ignore_ascii_case("ENTRYPOINT"));
    is_entrypoint && words.collect::<String>() == "[]"
}

/// Gives here-documents that were lifted out of the text to the instructions before them.
fn give_back(instructions: &mut [Instruction], bodies: Vec<words::Word>) {
    for body in bodies {
        let starts_before = |instruction: &&mut Instruction| {
            let keyword = instruction.keyword_span;
            keyword.is_some_and(|keyword| keyword.start < body.span.start)
        };
        if let Some(owner) = instructions.iter_mut().rev().find(starts_before) {
            owner.heredocs.push(body);
        }
    }
}

fn instructions(file: &SourceFile, text: &str) -> Result<Vec<Instruction>, ParseError> {
    let bom = if text.starts_with('\u{feff}') {
        '\u{feff}'.len_utf8()
    } else {
        0
    };
    let fail = |error: &parse_dockerfile::Error| parse_error(file, text, error);
    let context = instruction::Context {
        file: file.id,
        shift: bom,
        text: text.get(bom..).unwrap_or(""),
        escape: escape_of(text),
    };
    let mut found = Vec::new();
    for next in parse_iter(text).map_err(|error| fail(&error))? {
        let next = next.map_err(|error| fail(&error))?;
        found.push(instruction::read(&context, &next, false));
    }
    Ok(found)
}

/// The escape character: a back-tick if the `escape` directive says so.
fn escape_of(text: &str) -> char {
    let directives = text
        .lines()
        .map(|line| line.trim_start_matches('\u{feff}').trim());
    let escape = directives
        .take_while(|line| line.starts_with('#'))
        .filter_map(|line| line.trim_start_matches('#').split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("escape"));
    match escape {
        Some((_, value)) if value.trim() == "`" => '`',
        _ => '\\',
    }
}

fn parse_error(file: &SourceFile, text: &str, error: &parse_dockerfile::Error) -> ParseError {
    let line_start = text
        .split_inclusive('\n')
        .take(error.line().saturating_sub(1))
        .map(str::len)
        .sum::<usize>();
    let line = text
        .get(line_start..)
        .and_then(|rest| rest.lines().next())
        .unwrap_or("");
    let indent = line.len() - line.trim_start().len();
    let message = error.to_string();
    let message = message
        .split(" at line")
        .next()
        .unwrap_or("")
        .trim_end_matches([' ', '(', ','])
        .to_owned();
    ParseError {
        span: Span::new(
            file.id,
            line_start + indent,
            line_start + line.trim_end().len(),
        ),
        message,
    }
}

/// Replaces an instruction, from the line of the span to the end of its continuation, by blanks of the same length.
fn blank(text: &mut String, span: Span) -> bool {
    let start = span.start as usize;
    let escape = escape_of(text);
    let Some(rest) = text.get(start..) else {
        return false;
    };
    let mut end = start;
    let directive = rest.strip_prefix('#').map(str::trim_start);
    let is_directive = directive.is_some_and(|rest| rest.starts_with("escape"));
    for line in rest.split_inclusive('\n') {
        end += line.len();
        let body = line.trim();
        if is_directive || !body.ends_with(escape) && !body.starts_with('#') {
            break;
        }
    }
    let removed = text.get(start..end).unwrap_or("");
    let is_comment = |line: &str| line.trim().is_empty() || line.trim().starts_with('#');
    if removed.trim().is_empty() || !is_directive && removed.lines().all(is_comment) {
        return false;
    }
    heredoc::blank(text, start, end);
    true
}

/// Lines that start with a comment sign and name this program.
fn comments(file: &SourceFile) -> Vec<Comment> {
    if !file.text.contains("panguard") {
        return Vec::new();
    }
    let mut at = 0;
    let mut found = Vec::new();
    for line in file.text.split_inclusive('\n') {
        let body = line.trim_end_matches(['\n', '\r']);
        let indent = body.len() - body.trim_start().len();
        if let Some(text) = body.trim_start().strip_prefix('#')
            && text.to_ascii_lowercase().contains("spanguard")
        {
            found.push(Comment {
                span: Span::new(file.id, at + indent, at + body.len()),
                text: text.to_owned(),
                own_line: true,
            });
        }
        at += line.len();
    }
    found
}

#[cfg(test)]
mod tests;
