//! Programs: the attributes that they put into spans under a name that stands in the code.
//!
//! No language is parsed. Calls are found by their names, in files that speak of OpenTelemetry, and only a literal or a
//! constant of the semantic conventions is taken for a name. Sources: the APIs of OpenTelemetry for Java, Python,
//! JavaScript and Erlang.

use crate::document::{MapBuilder, Node};
use crate::source::{SourceFile, Span};

/// Endings of the files of programs.
const ENDINGS: [&str; 11] = [
    ".java", ".kt", ".py", ".js", ".mjs", ".cjs", ".ts", ".erl", ".hrl", ".ex", ".exs",
];

/// Parts of paths that tests have, in lower case.
const TESTS: [&str; 9] = [
    "/test/",
    "/tests/",
    "/__tests__/",
    ".test.",
    ".spec.",
    "_test.",
    "/test_",
    "_suite.",
    "test.java",
];

/// Calls with the name of one attribute, and calls with a map of several.
const CALLS: [(&str, bool); 5] = [
    ("setAttribute", false),
    ("set_attribute", false),
    ("SpanAttribute", false),
    ("setAttributes", true),
    ("set_attributes", true),
];

/// What has attributes that are no span's, by the name that stands before the call.
const OTHERS: [&str; 9] = [
    "request",
    "req",
    "session",
    "httpSession",
    "element",
    "el",
    "node",
    "model",
    "document",
];

/// What stands before calls that take the span as their first argument.
const GIVEN: [&str; 2] = ["otel_span:", "OpenTelemetry.Span."];

/// Bytes of a call that are looked at.
const MAX_CALL: usize = 4096;

/// Whether a file of this name, in lower case, is one of a program.
pub(super) fn is_one(name: &str) -> bool {
    ENDINGS
        .iter()
        .any(|ending| name.strip_suffix(ending).is_some())
}

/// Whether a text may put attributes into spans: only then it is kept.
pub(super) fn may_trace(text: &str) -> bool {
    text.contains("ttribute") && (text.contains("opentelemetry") || text.contains("OpenTelemetry"))
}

/// The attributes of a file, each with the call; nothing without any.
pub(super) fn read(file: &SourceFile) -> Option<Node> {
    let path = format!("/{}", file.path.to_ascii_lowercase());
    if TESTS.iter().any(|part| path.contains(part)) || !may_trace(&file.text) {
        return None;
    }
    let mut found = Vec::new();
    for (call, is_map) in CALLS {
        for (at, _) in file.text.match_indices(call) {
            if let Some((open, arguments)) = arguments(&file.text, at, call) {
                let is_span_given = GIVEN.iter().any(|start| {
                    file.text
                        .get(..at)
                        .is_some_and(|before| before.ends_with(start))
                });
                let names = if is_map {
                    keys(arguments)
                } else {
                    named(arguments, is_span_given)
                };
                let nodes = names.into_iter().map(|(start, name)| {
                    let place = Span::new(file.id, open + start, open + start + name.text.len());
                    attribute(place, call, &name.key)
                });
                found.extend(nodes);
            }
        }
    }
    found.sort_by_key(|node| node.span.start);
    let whole = Span::new(file.id, 0, file.text.len());
    (!found.is_empty()).then(|| {
        let attributes = Node::list(whole, found);
        MapBuilder::new(whole)
            .label(file.first_line(Span::new(file.id, 0, 0)))
            .put("attributes", attributes)
            .build()
    })
}

fn attribute(at: Span, call: &str, key: &str) -> Node {
    MapBuilder::new(at)
        .label(at)
        .put("key", Node::string(at, key))
        .put("call", Node::string(at, call))
        .build()
}

/// A name of an attribute: as written, and as it is.
struct Name<'t> {
    text: &'t str,
    key: String,
}

/// What stands between the brackets of a call, and where it starts.
fn arguments<'t>(text: &'t str, at: usize, call: &str) -> Option<(usize, &'t str)> {
    let before = text.get(..at)?;
    let line = before.rsplit('\n').next()?.trim_start();
    let is_comment = ["//", "#", "%", "*", "/*"]
        .iter()
        .any(|sign| line.starts_with(sign));
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let receiver = before
        .trim_end_matches(['.', '?'])
        .rsplit(|c| !is_part(c))
        .next()?;
    if is_comment || before.ends_with(is_part) || OTHERS.contains(&receiver) {
        return None;
    }
    let behind = text.get(at + call.len()..)?;
    let rest = behind.trim_start().strip_prefix('(')?;
    let open = text.len() - rest.len();
    let mut depth = 0_usize;
    let mut quote = None;
    let signs = rest.char_indices().take_while(|(at, _)| *at < MAX_CALL);
    for (end, c) in signs {
        match (quote, c) {
            (Some(own), c) if own == c => quote = None,
            (None, '"' | '\'' | '`') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')') if depth == 0 => return Some((open, rest.get(..end)?)),
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// The name that an argument is: the first one, or the second where the span is the first.
fn named(arguments: &str, is_span_given: bool) -> Vec<(usize, Name<'_>)> {
    let skipped = if is_span_given {
        arguments.find(',').map_or(arguments.len(), |at| at + 1)
    } else {
        0
    };
    let rest = arguments.get(skipped..).unwrap_or("");
    let argument = rest.split(',').next().unwrap_or("");
    let start = skipped + argument.len() - argument.trim_start().len();
    let argument = argument.trim();
    if let Some((inner, text)) = literal(argument) {
        let key = text.to_owned();
        return vec![(start + inner, Name { text, key })];
    }
    let key = constant(argument);
    let name = key.map(|key| {
        (
            start,
            Name {
                text: argument,
                key,
            },
        )
    });
    name.into_iter().collect()
}

/// A text that is all of an argument, be it in a binary of Erlang or in a typed key of Java: its place and the text.
fn literal(argument: &str) -> Option<(usize, &str)> {
    let typed = ["AttributeKey.stringKey(", "stringKey("];
    let typed = typed
        .iter()
        .find_map(|start| argument.strip_prefix(start)?.strip_suffix(')'));
    let binary = argument
        .strip_prefix("<<")
        .and_then(|rest| rest.strip_suffix(">>"));
    let binary = binary.map(|inner| inner.trim_end_matches("/utf8"));
    let inner = typed.or(binary).unwrap_or(argument);
    let inner = inner.strip_prefix(':').unwrap_or(inner).trim();
    let quote = inner
        .chars()
        .next()
        .filter(|c| matches!(c, '"' | '\'' | '`'))?;
    let text = inner.strip_prefix(quote)?.strip_suffix(quote)?;
    let is_name = !text.is_empty() && !text.contains(['"', '\'', '`', '$', ' ']);
    is_name.then_some((argument.find(text)?, text))
}

/// The attribute that a constant of the semantic conventions stands for.
fn constant(argument: &str) -> Option<String> {
    let last = argument.rsplit('.').next()?;
    let plain = last
        .strip_prefix("ATTR_")
        .or_else(|| last.strip_prefix("SEMATTRS_"));
    let is_known = plain.is_some() || argument.contains("Attributes.");
    let name = plain.unwrap_or(last);
    let is_upper = name
        .chars()
        .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    (is_known && is_upper && !name.is_empty()).then(|| name.to_ascii_lowercase().replace('_', "."))
}

/// The literal keys of a map or of a list of pairs.
fn keys(arguments: &str) -> Vec<(usize, Name<'_>)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = arguments.get(at..).and_then(|rest| rest.find(['"', '\''])) {
        let open = at + open;
        let (Some(before), Some(inside)) = (arguments.get(..open), arguments.get(open + 1..))
        else {
            break;
        };
        let quote = arguments.get(open..=open).unwrap_or("\"");
        let Some(length) = inside.find(quote) else {
            break;
        };
        at = open + length + 2;
        let text = inside.get(..length).unwrap_or("");
        let after = arguments
            .get(at..)
            .unwrap_or("")
            .trim_start_matches("/utf8");
        let after = after.trim_start_matches('>').trim_start();
        let is_pair =
            before.trim_end_matches('<').trim_end().ends_with('{') && after.starts_with(',');
        let is_key = after.starts_with(':') || after.starts_with("=>") || is_pair;
        if is_key && !text.is_empty() && !text.contains([' ', '$']) {
            found.push((
                open + 1,
                Name {
                    text,
                    key: text.to_owned(),
                },
            ));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::sources;

    fn found(path: &str, text: &str) -> Vec<String> {
        let text = format!("// opentelemetry\n{text}");
        let files = sources(&[(path, &text)]);
        let file = &files[0];
        let code = read(file);
        let attributes = code.as_ref().and_then(|code| code.get("attributes"));
        let attributes = attributes.map_or(&[][..], Node::items).iter();
        let shown = attributes.map(|node| {
            let written = file.slice(node.span);
            format!("{}={written}", node.str_at(&["key"]).unwrap())
        });
        shown.collect()
    }

    #[test]
    fn names_are_found_in_the_calls_of_each_language() {
        let java = "span.setAttribute(\"user.email\", mail);\nspan.setAttribute(AttributeKey.stringKey(\"user.id\"), id);\nspan.setAttribute(EnduserIncubatingAttributes.ENDUSER_ID, id);\nvoid f(@SpanAttribute(\"user.name\") String name) {}\n";
        assert_eq!(
            found("src/main/Cart.java", java),
            [
                "user.email=user.email",
                "user.id=user.id",
                "enduser.id=EnduserIncubatingAttributes.ENDUSER_ID",
                "user.name=user.name",
            ]
        );
        let python = "span.set_attribute(\n    'user.email', mail)\nspan.set_attributes({\"user.id\": str(\"a.b\"), 'http.route': '/x'})\n";
        let names = [
            "user.email=user.email",
            "user.id=user.id",
            "http.route=http.route",
        ];
        assert_eq!(found("app/cart.py", python), names);
        let node = "span.setAttributes({ 'user.email': mail, [ATTR_USER_ID]: id });\nspan.setAttribute(ATTR_USER_NAME, name);\n";
        assert_eq!(
            found("src/cart.ts", node),
            ["user.email=user.email", "user.name=ATTR_USER_NAME"]
        );
        let erlang = "?set_attribute(<<\"user.email\">>, Mail),\n?set_attributes([{<<\"user.id\">>, Id}]),\notel_span:set_attribute(Ctx, <<\"user.name\"/utf8>>, Name),\n?set_attributes(#{'enduser.id' => Id}).\n";
        let names = [
            "user.email=user.email",
            "user.id=user.id",
            "user.name=user.name",
            "enduser.id=enduser.id",
        ];
        assert_eq!(found("src/cart.erl", erlang), names);
    }

    #[test]
    fn other_objects_comments_tests_and_computed_names_are_left_out() {
        let java = "request.setAttribute(\"user.email\", mail);\n// span.setAttribute(\"user.email\", mail);\nspan.setAttribute(KEY, \"user.email\");\nspan.setAttribute(\"user.\" + part, x);\nmySetAttribute(\"user.email\");\nspan.setAttribute(\"user.email\"";
        assert_eq!(found("src/main/Cart.java", java), [""; 0]);
        assert_eq!(
            found(
                "src/test/CartTest.java",
                "span.setAttribute(\"user.email\", mail);"
            ),
            [""; 0]
        );
    }
}
