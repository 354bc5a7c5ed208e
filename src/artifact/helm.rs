//! Makes a template readable without rendering it.
//!
//! Each `{{ ... }}` is replaced by text of the same length, so every byte of the rest stays where it is. An action
//! inside a value becomes a word, and the value unknown; an action on a line of its own becomes blanks, and where it
//! writes lines, the value or collection that they go into becomes unknown or open. What only controls (`if`, `end`,
//! `range`, ...) hides nothing: whatever stands between is written in the file and is judged there.

use std::ops::Range;

use crate::document::yaml::{Line, Masks};

/// Whether a text holds actions of Go's templates.
pub fn has_actions(text: &str) -> bool {
    text.contains("{{")
}

/// Actions that write nothing themselves.
const CONTROLS: [&str; 10] = [
    "if", "else", "end", "range", "with", "define", "break", "continue", "/*", "block",
];

/// A template with its actions masked.
#[derive(Debug)]
pub(super) struct Masked {
    /// The text to parse; as many bytes as the template.
    pub(super) text: String,
    /// What was hidden.
    pub(super) masks: Masks,
}

/// Masks every action of a template.
pub(super) fn mask(template: &str) -> Masked {
    let actions = actions(template);
    let mut bytes = template.as_bytes().to_vec();
    let mut masks = Masks::default();
    for (action, place) in actions.iter().zip(places(template, &actions)) {
        let alone = place.before.then(place.after) != Beside::Text;
        let trails = !alone && place.trails;
        let body = template
            .get(action.start + 2..action.end.saturating_sub(2))
            .unwrap_or("");
        if alone {
            let column =
                (!is_control(body)).then(|| output_column(action.start - place.line_start, body));
            masks.lines.push(Line {
                at: action.start,
                column,
            });
        } else if !(trails && is_comment(body)) {
            masks.hidden.push(action.clone());
        }
        let mut first_line = true;
        for byte in bytes.get_mut(action.clone()).unwrap_or_default() {
            match *byte {
                b'\n' => first_line = false,
                b'\r' => {}
                _ => {
                    *byte = if alone || trails && is_comment(body) || !first_line {
                        b' '
                    } else {
                        b'x'
                    }
                }
            }
        }
    }
    Masked {
        text: String::from_utf8(bytes).unwrap_or_default(),
        masks,
    }
}

/// Masks every `${...}` that a deployment tool fills in.
pub(super) fn mask_placeholders(text: &str) -> Masked {
    let mut bytes = text.as_bytes().to_vec();
    let mut masks = Masks::default();
    let mut at = 0;
    while let Some(start) = text.get(at..).and_then(|rest| rest.find("${")) {
        let start = at + start;
        let rest = text.get(start..).unwrap_or("");
        let line = rest.lines().next().unwrap_or("");
        let end = start + line.find('}').map_or(2, |brace| brace + 1);
        bytes.get_mut(start..end).unwrap_or_default().fill(b'x');
        masks.hidden.push(start..end);
        at = end;
    }
    Masked {
        text: String::from_utf8(bytes).unwrap_or_default(),
        masks,
    }
}

/// The byte ranges of all actions.
fn actions(template: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = template.get(at..).and_then(|rest| rest.find("{{")) {
        let start = at + start;
        let Some(end) = end_of(template, start + 2) else {
            break;
        };
        found.push(start..end);
        at = end;
    }
    found
}

/// The byte after the `}}` that ends the action; quoted texts and comments may hold braces.
fn end_of(template: &str, body: usize) -> Option<usize> {
    let rest = template.get(body..)?;
    if rest.trim_start_matches('-').trim_start().starts_with("/*") {
        let comment_end = rest.find("*/")?;
        let close = rest.get(comment_end..)?.find("}}")?;
        return Some(body + comment_end + close + 2);
    }
    let mut quote = None;
    let mut chars = rest.char_indices();
    while let Some((at, c)) = chars.next() {
        match (quote, c) {
            (Some('"'), '\\') => {
                chars.next();
            }
            (Some(open), _) if c == open => quote = None,
            (None, '"' | '`') => quote = Some(c),
            (None, '}') if rest.get(at..).is_some_and(|tail| tail.starts_with("}}")) => {
                return Some(body + at + 2);
            }
            _ => {}
        }
    }
    None
}

/// What stands beside an action on its lines, other actions apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Beside {
    Nothing,
    Comment,
    Text,
}

impl Beside {
    fn of(text: &str) -> Self {
        match text.trim_start().chars().next() {
            None => Self::Nothing,
            Some('#') => Self::Comment,
            Some(_) => Self::Text,
        }
    }

    /// What the two are together: what comes first decides.
    fn then(self, next: Self) -> Self {
        if self == Self::Nothing { next } else { self }
    }
}

/// Where an action stands.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// The byte at which its first line starts.
    line_start: usize,
    /// What stands before it on its first line.
    before: Beside,
    /// What stands behind it on its last line.
    after: Beside,
    /// Whether nothing but actions follows it on its last line.
    trails: bool,
}

/// The places of actions: one pass for what is before them, and one back for what is behind.
fn places(template: &str, actions: &[Range<usize>]) -> Vec<Place> {
    let text = |range: Range<usize>| template.get(range).unwrap_or("");
    let mut places: Vec<Place> = Vec::with_capacity(actions.len());
    let mut last = 0..0;
    for action in actions {
        let gap = text(last.end..action.start);
        let own = gap.rsplit('\n').next().unwrap_or("");
        let (line_start, before) = match (places.last(), text(last.clone()).rfind('\n')) {
            (Some(place), None) if own.len() == gap.len() => {
                (place.line_start, place.before.then(Beside::of(gap)))
            }
            (Some(_), Some(at)) if own.len() == gap.len() => (last.start + at + 1, Beside::of(gap)),
            _ => (action.start - own.len(), Beside::of(own)),
        };
        places.push(Place {
            line_start,
            before,
            after: Beside::Nothing,
            trails: true,
        });
        last = action.clone();
    }
    let mut next: Option<(Range<usize>, Place)> = None;
    for (action, place) in actions.iter().zip(&mut places).rev() {
        let end = next.as_ref().map_or(template.len(), |(next, _)| next.start);
        let gap = text(action.end..end);
        let own = gap.split('\n').next().unwrap_or("");
        place.after = Beside::of(own);
        place.trails = place.after == Beside::Nothing;
        if own.len() == gap.len()
            && let Some((range, next)) = &next
        {
            place.trails &= next.trails;
            if !text(range.clone()).contains('\n') {
                place.after = place.after.then(next.after);
            }
        }
        next = Some((action.clone(), *place));
    }
    places
}

fn is_comment(body: &str) -> bool {
    body.trim_start_matches('-').trim_start().starts_with("/*")
}

fn is_control(body: &str) -> bool {
    let body = body.trim_start_matches('-').trim_start();
    let assigns = body.starts_with('$')
        && body
            .split_once('=')
            .is_some_and(|(name, _)| !name.contains(['|', '(', '"']));
    assigns
        || CONTROLS.iter().any(|word| {
            let rest = body.strip_prefix(word);
            rest.is_some_and(|rest| {
                *word == "/*" || !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_')
            })
        })
}

/// The column at which the lines of an action begin: what `indent` or `nindent` says, or its own.
fn output_column(own: usize, body: &str) -> usize {
    let stated = body.rsplit_once("indent ").and_then(|(_, rest)| {
        let digits = rest
            .trim_start()
            .split(|c: char| !c.is_ascii_digit())
            .next()?;
        digits.parse().ok()
    });
    stated.unwrap_or(own)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::document::Node;
    use crate::document::yaml::{Dialect, Input, parse};
    use crate::source::FileId;

    fn read(template: &str) -> Node {
        let masked = mask(template);
        assert_eq!(masked.text.len(), template.len());
        let input = Input {
            file: FileId(0),
            text: &masked.text,
            dialect: Dialect::Kubernetes,
            written: Some(template),
            masks: &masked.masks,
        };
        parse(input).documents.remove(0).root.unwrap()
    }

    fn open(node: &Node, path: &[&str]) -> bool {
        node.at(path).unwrap().as_map().unwrap().open.is_some()
    }

    #[test]
    fn a_masked_value_is_unknown_and_the_rest_stays() {
        let root = read("a: {{ .Values.a }}\nb: \"x-{{ .b }}\"\nc: 1\nd: x{{ if .e }}y{{ end }}\n");
        assert!(root.get("a").unwrap().is_unknown());
        assert!(root.get("b").unwrap().is_unknown());
        assert!(root.get("d").unwrap().is_unknown());
        assert_eq!(root.get("c").unwrap().as_int(), Some(1));
        assert!(!open(&root, &[]));
    }

    #[test]
    fn written_lines_open_the_map_that_they_go_into() {
        let root = read(
            "metadata:\n  labels:\n    app: x\n    {{- include \"l\" . | nindent 4 }}\n  name: y\nspec: {}\n",
        );
        assert!(open(&root, &["metadata", "labels"]));
        assert!(!open(&root, &["metadata"]));
        assert!(!open(&root, &[]));
    }

    #[test]
    fn written_lines_before_the_first_key_open_the_map_too() {
        let root = read("labels:\n  {{- include \"l\" . | nindent 2 }}\n  app: x\nspec: {}\n");
        assert!(open(&root, &["labels"]));
        assert!(!open(&root, &[]));
    }

    #[test]
    fn a_key_whose_whole_value_is_written_is_unknown() {
        let root = read(
            "resources:\n  {{- toYaml .Values.r | nindent 2 }}\nimage: a\ndata: |\n  {{ .x }}\n",
        );
        assert!(root.get("resources").unwrap().is_unknown());
        assert!(root.get("data").unwrap().is_unknown());
        assert!(!open(&root, &[]));
    }

    #[test]
    fn controls_hide_nothing_and_alternatives_are_ambiguous() {
        let root = read(
            "{{- if .Values.a }}\nspec:\n  {{- if .b }}\n  replicas: 1\n  {{- else }}\n  replicas: 3\n  {{- end }}\n  x: 1\n{{- end }}\n",
        );
        assert!(root.at(&["spec", "replicas"]).unwrap().is_unknown());
        assert_eq!(root.at(&["spec", "x"]).unwrap().as_int(), Some(1));
        assert!(!open(&root, &["spec"]));
    }

    #[test]
    fn written_items_open_the_list() {
        let root = read(
            "env:\n  - name: A\n    value: b\n  {{- toYaml .Values.env | nindent 2 }}\nx: 1\n",
        );
        assert!(root.get("env").unwrap().as_list().unwrap().open.is_some());
    }

    #[test]
    fn a_written_key_opens_its_map() {
        let root = read("annotations:\n  {{ .k }}: {{ .v }}\n  a: b\n");
        assert!(open(&root, &["annotations"]));
        assert_eq!(root.str_at(&["annotations", "a"]), Some("b"));
    }

    #[test]
    fn comments_and_assignments_are_controls() {
        let root = read(
            "{{/* a }} b */}}\n{{- $x := include \"y\" . -}}\na: 1 {{- /* c */}}\nb: \"{{ \"}}\" }}\"\n",
        );
        assert!(!open(&root, &[]));
        assert!(root.get("b").unwrap().is_unknown());
    }

    #[test]
    fn a_comment_after_a_value_changes_nothing() {
        let root =
            read("image: \"x\" {{/* pin */}}\nargs: {a: b} {{- /* c */ -}}\ntag: v2 {{/* d */}}\n");
        assert_eq!(root.str_at(&["image"]), Some("x"));
        assert_eq!(root.str_at(&["args", "a"]), Some("b"));
        assert_eq!(root.str_at(&["tag"]), Some("v2"));
    }

    #[test]
    fn text_blocks_with_actions_are_unknown() {
        let root = read(
            "data:\n  a: |\n    x: 1\n    {{- if .y }}\n    y: 2\n    {{- end }}\n  b: |\n    plain\n",
        );
        assert!(root.at(&["data", "a"]).unwrap().is_unknown());
        assert_eq!(root.str_at(&["data", "b"]), Some("plain\n"));
    }

    proptest! {
        #[test]
        fn masking_keeps_every_line_and_byte_outside_actions(text in "[a-z{}:\" \n|-]{0,80}") {
            let masked = mask(&text);
            prop_assert_eq!(masked.text.len(), text.len());
            let breaks = |s: &str| s.match_indices('\n').map(|(at, _)| at).collect::<Vec<_>>();
            prop_assert_eq!(breaks(&masked.text), breaks(&text));
        }
    }
}
