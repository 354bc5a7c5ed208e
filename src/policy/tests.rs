//! What is refused, and where.

use super::*;

const RULE: &str = "title: T\nseverity: error\nsubject: container\nrequire: has(container.name)\nmessage: \"m {container.name}\"\nwhy: w\nfix: f\nexamples:\n  pass: [a]\n  fail: [\"b # <-- here\"]\n";

fn problems(text: &str) -> Vec<(String, String)> {
    let mut set = PolicySet::default();
    set.load([("x/y".to_owned(), "x/y.yaml".to_owned(), text.to_owned())]);
    let at = |error: &PolicyError| {
        (
            error.file.slice(error.problem.span).to_owned(),
            error.problem.to_string(),
        )
    };
    set.errors.iter().map(at).collect()
}

fn refused(from: &str, to: &str) -> (String, String) {
    let found = problems(&RULE.replace(from, to));
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].clone()
}

#[test]
fn a_rule_compiles() {
    assert_eq!(problems(RULE), []);
}

/// What to replace, by what, the text that is pointed at, and a part of the message.
const MISTAKES: &[(&str, &str, &str, &str)] = &[
    (
        "severity: error",
        "severty: error\nseverity: note",
        "severty",
        "unknown key `severty`",
    ),
    (
        "severity: error",
        "severity: fatal",
        "fatal",
        "`fatal` is not one of",
    ),
    (
        "subject: container",
        "subject: contaner",
        "contaner",
        "`contaner` is not one of",
    ),
    (
        "has(container.name)",
        "has(container.nme)",
        "nme",
        "`container` has no field `nme`",
    ),
    (
        "has(container.name)",
        "has(conainer.name)",
        "conainer",
        "unknown variable",
    ),
    (
        "has(container.name)",
        "container.name",
        "container.name",
        "must be a bool",
    ),
    (
        "has(container.name)",
        "container.name ==",
        "",
        "not a CEL expression",
    ),
    ("m {container.name}", "m {container.nme}", "nme", "no field"),
    (
        "m {container.name}",
        "m {params.x}",
        "x",
        "unknown parameter `x`",
    ),
    ("why: w", "why: 1", "1", "a text is needed"),
    (
        "fail: [\"b # <-- here\"]",
        "fail: [b]",
        "b",
        "no line of this failing example is marked",
    ),
    (
        "fail: [\"b # <-- here\"]",
        "fail: []",
        "pass: [a]",
        "at least one example",
    ),
    (
        "why: w\n",
        "why: w\nparams: {p: {type: int, default: x, description: d}}\n",
        "x",
        "its type is int",
    ),
    (
        "has(container.name)",
        "container.name.matches('(')",
        "(",
        "not a regular expression",
    ),
];

#[test]
fn every_mistake_is_reported_at_its_place() {
    for (from, to, place, message) in MISTAKES {
        let (at, text) = refused(from, to);
        assert!(text.contains(message), "{to}: {text}");
        assert!(place.is_empty() || at == *place, "{to}: points at {at:?}");
    }
}

#[test]
fn a_missing_key_is_named() {
    let (_, message) = refused("message: \"m {container.name}\"\n", "");
    assert!(message.contains("needs the key `message`"), "{message}");
}

#[test]
fn errors_in_block_scalars_point_into_them() {
    let (place, _) = refused(
        "require: has(container.name)",
        "require: |\n  has(container.name)\n  && has(container.nam)",
    );
    assert_eq!(place, "nam");
}

#[test]
fn built_in_rules_all_compile_and_have_distinct_ids() {
    let set = PolicySet::built_in(Reading::Whole);
    let errors: Vec<_> = set
        .errors
        .iter()
        .map(|error| format!("{}: {}", error.file.path, error.problem))
        .collect();
    assert_eq!(errors, Vec::<String>::new());
    assert_eq!(set.rules.len(), BUILT_IN.len());
}

#[test]
fn a_rule_of_the_same_id_replaces_the_built_in_one() {
    let mut set = PolicySet::built_in(Reading::Whole);
    let count = set.rules.len();
    let id = set.rules[0].id.to_string();
    set.load([(id.clone(), "own.yaml".to_owned(), RULE.to_owned())]);
    assert_eq!(set.rules.len(), count);
    assert_eq!(set.rule(&id).unwrap().info.title, "T");
}

#[test]
fn markers_are_removed_and_give_lines() {
    let mut set = PolicySet::default();
    let text = RULE.replace(
        "fail: [\"b # <-- here\"]",
        "fail:\n    - |\n      a: 1\n      b: 2  # <-- here",
    );
    set.load([("x/y".to_owned(), "x/y.yaml".to_owned(), text)]);
    let example = &set.rules[0].fail[0];
    assert_eq!(example.expected, [("example.yaml".to_owned(), 2)]);
    assert_eq!(example.files[0].1, "a: 1\nb: 2\n");
}
