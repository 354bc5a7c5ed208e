//! `docker build` in scripts.
//!
//! Source: the reference of `docker buildx build`.

use std::collections::BTreeMap;

use super::{Draft, Recipe, Tool, UNTOLD, argument, filled, joined, variable};
use crate::source::Span;

/// Programs that build images in the same way.
const PROGRAMS: [&str; 3] = ["docker", "podman", "nerdctl"];

/// Options that take no value.
const SWITCHES: [&str; 12] = [
    "--no-cache",
    "--pull",
    "--push",
    "--load",
    "--rm",
    "--force-rm",
    "--quiet",
    "-q",
    "--squash",
    "--compress",
    "--check",
    "--debug",
];

/// Words that stand before a command without changing it.
const BEFORE: [&str; 3] = ["sudo", "time", "exec"];

/// What the commands of a script build, started in a folder; `value` knows the variables.
pub(super) fn builds(
    script: &str,
    home: &str,
    place: Span,
    value: &dyn Fn(&str) -> Option<String>,
) -> Vec<Recipe> {
    let mut found = Vec::new();
    let mut home = Some(home.to_owned());
    let mut own: BTreeMap<String, String> = BTreeMap::new();
    for line in script.replace("\\\n", " ").lines() {
        let outside = home.clone();
        let known = |name: &str| own.get(name).cloned().or_else(|| value(name));
        let commands = commands(line, &known);
        for words in &commands {
            let is_before = |word: &&str| BEFORE.contains(word) || assignment(word).is_some();
            let words = words.iter().map(String::as_str);
            let command: Vec<&str> = words.clone().skip_while(is_before).collect();
            match command.as_slice() {
                [] => own.extend(words.filter_map(assignment)),
                ["export", set @ ..] => own.extend(set.iter().copied().filter_map(assignment)),
                ["cd" | "pushd", folder] => {
                    home = home.and_then(|home| joined(&home, folder));
                }
                ["cd" | "pushd" | "popd", ..] => home = None,
                [program, command @ ..] if PROGRAMS.contains(program) => {
                    let start = home.as_deref();
                    found.extend(options(command).and_then(|words| build(words, start, place)));
                }
                _ => {}
            }
        }
        // A group in parentheses leaves its folder behind.
        if line.trim_start().starts_with('(') {
            home = outside;
        }
    }
    found
}

/// The name and the value of `NAME=value`.
fn assignment(word: &str) -> Option<(String, String)> {
    let (name, value) = word.split_once('=')?;
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_name = !name.is_empty() && name.chars().all(is_part);
    is_name.then(|| (name.to_owned(), value.to_owned()))
}

/// The words behind `build`, `buildx build` and `image build`.
fn options<'w, 'a>(command: &'w [&'a str]) -> Option<&'w [&'a str]> {
    match command {
        ["build", rest @ ..] | ["buildx" | "image" | "builder", "build", rest @ ..] => Some(rest),
        _ => None,
    }
}

/// A build with its options; nothing where they cannot be told apart.
fn build(words: &[&str], home: Option<&str>, place: Span) -> Option<Recipe> {
    let (mut images, mut contexts) = (Vec::new(), Vec::new());
    let (mut file, mut target, mut arguments) = (None, None, Vec::new());
    // What is redirected is no option.
    let mut words = words
        .iter()
        .copied()
        .take_while(|word| !word.contains(['<', '>']));
    while let Some(word) = words.next() {
        if !word.starts_with('-') || word == "-" {
            contexts.push(word);
            continue;
        }
        if SWITCHES.contains(&word) {
            continue;
        }
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, value),
            None => (word, words.next()?),
        };
        match name {
            "-t" | "--tag" => images.push(value.to_owned()),
            "-f" | "--file" => file = Some(value),
            "--target" => target = Some(value.to_owned()),
            "--build-arg" => arguments.push(argument(value, &str::to_owned)),
            _ => {}
        }
    }
    let [context] = contexts[..] else {
        return None;
    };
    let draft = Draft {
        tool: Tool::Pipeline,
        images,
        // Where the script was before is not told.
        home: home.unwrap_or_default().to_owned(),
        context: context.to_owned(),
        place,
    };
    // A Dockerfile or a whole context can come from another command.
    let is_piped = context == "-" || file == Some("-");
    let recipe = match home.filter(|_| !is_piped) {
        Some(_) => draft.beside(file),
        None => draft.without(),
    };
    Some(recipe?.with(target, arguments))
}

/// The commands of a line as words, with variables filled in.
fn commands(line: &str, value: &dyn Fn(&str) -> Option<String>) -> Vec<Vec<String>> {
    let mut all = vec![Vec::new()];
    let mut word: Option<String> = None;
    let mut chars = line.chars().peekable();
    let mut push = |word: &mut Option<String>, ends: bool| {
        if let (Some(word), Some(words)) = (word.take(), all.last_mut()) {
            words.push(word);
        }
        if ends {
            all.push(Vec::new());
        }
    };
    while let Some(c) = chars.next() {
        match c {
            '#' if word.is_none() => break,
            ';' | '&' | '|' | '(' | ')' => push(&mut word, true),
            '\'' => {
                let text: String = chars.by_ref().take_while(|c| *c != '\'').collect();
                word.get_or_insert_default().push_str(&text);
            }
            '"' => {
                let text = quoted(&mut chars);
                let text = expanded(&text, value);
                word.get_or_insert_default().push_str(&text);
            }
            '\\' => word.get_or_insert_default().extend(chars.next()),
            c if c.is_whitespace() => push(&mut word, false),
            '$' | '`' => {
                let text = reference(c, &mut chars);
                let text = expanded(&text, value);
                word.get_or_insert_default().push_str(&text);
            }
            c => word.get_or_insert_default().push(c),
        }
    }
    push(&mut word, false);
    all
}

/// A text in double quotes, without them.
fn quoted(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> String {
    let mut text = String::new();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => text.extend(chars.next()),
            '$' | '`' => text.push_str(&reference(c, chars)),
            c => text.push(c),
        }
    }
    text
}

/// A reference to a variable as it is written; untold for a command in its place.
fn reference(first: char, chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> String {
    if first == '`' {
        let _command: String = chars.by_ref().take_while(|c| *c != '`').collect();
        return UNTOLD.to_string();
    }
    match chars.peek() {
        Some('(') => {
            let mut open = 0_usize;
            for c in chars.by_ref() {
                match c {
                    '(' => open += 1,
                    ')' if open <= 1 => break,
                    ')' => open -= 1,
                    _ => {}
                }
            }
            UNTOLD.to_string()
        }
        Some('{') => {
            let inner: String = chars.by_ref().take_while(|c| *c != '}').collect();
            format!("${inner}}}")
        }
        _ => {
            let mut name = "$".to_owned();
            let is_part = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
            while let Some(c) = chars.next_if(is_part) {
                name.push(c);
            }
            name
        }
    }
}

fn expanded(text: &str, value: &dyn Fn(&str) -> Option<String>) -> String {
    filled(text, &|inner| variable(inner, value))
}
