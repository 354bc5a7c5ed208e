//! What the consumers of YAML see, and where.

#![expect(
    clippy::string_slice,
    reason = "tests slice texts that they wrote themselves"
)]

use std::fmt::Write as _;

use super::*;
use crate::document::embedded::Embedded;
use crate::document::{Reason, Value};

fn read(text: &str, dialect: Dialect) -> Stream {
    parse(Input::plain(FileId(0), text, dialect))
}

fn root(text: &str) -> Node {
    let stream = read(text, Dialect::Kubernetes);
    stream.documents.into_iter().next().unwrap().root.unwrap()
}

fn slice(text: &str, span: Span) -> &str {
    &text[span.start as usize..span.end as usize]
}

#[test]
fn a_comment_block_of_any_length_may_stand_between_key_and_value() {
    let comments = "  # note\n".repeat(500);
    let text = format!("a:\n{comments}  b: 1\n");
    assert_eq!(root(&text).at(&["a", "b"]).unwrap().as_int(), Some(1));
}

#[test]
fn broken_middle_document_leaves_its_neighbours() {
    let text = "a: 1\n---\nb: [1, 2\n---\nc: 3\n";
    let documents = read(text, Dialect::Kubernetes).documents;
    assert_eq!(documents.len(), 3);
    assert!(documents[0].root.is_ok());
    let error = documents[1].root.as_ref().unwrap_err();
    assert_eq!(slice(text, error.span), "[");
    assert_eq!(
        documents[2]
            .root
            .as_ref()
            .unwrap()
            .get("c")
            .unwrap()
            .as_int(),
        Some(3)
    );
}

#[test]
fn duplicate_keys_are_reported_and_the_last_one_counts() {
    let text = "a: 1\nb: 2\na: 3\n";
    let stream = read(text, Dialect::Kubernetes);
    let document = &stream.documents[0];
    assert_eq!(
        document.root.as_ref().unwrap().get("a").unwrap().as_int(),
        Some(3)
    );
    assert_eq!(document.duplicates[0].key, "a");
    assert_eq!(document.duplicates[0].again.start, 10);
}

#[test]
fn merges_follow_explicit_keys_and_earlier_sources() {
    let text = "x: &x {a: 1, b: 1}\ny: &y {a: 2, c: 2}\nz:\n  <<: [*x, *y]\n  b: 9\n";
    let root = root(text);
    let read = |key| root.at(&["z", key]).unwrap().as_int();
    assert_eq!(
        (read("a"), read("b"), read("c")),
        (Some(1), Some(9), Some(2))
    );
}

#[test]
fn for_kubectl_a_merge_overwrites_what_stands_above_it() {
    let text = "x: &x {b: 1}\nc:\n  b: 2\n  <<: *x\n  d: 3\ne: {<<: *x, b: 4}\nf: {<<: [{b: 5}, *x], b2: 6}\n";
    let values = |dialect| {
        let stream = read(text, dialect);
        let document = stream.documents.into_iter().next().unwrap();
        assert!(document.duplicates.is_empty());
        let root = document.root.unwrap();
        ["c", "e", "f"].map(|key| root.at(&[key, "b"]).and_then(Node::as_int))
    };
    assert_eq!(values(Dialect::Kubernetes), [Some(1), Some(4), Some(5)]);
    assert_eq!(values(Dialect::Collector), [Some(2), Some(4), Some(5)]);
    let twice = "x: &x {b: 1}\ny: &y {b: 2}\nc: {<<: *x, <<: *y}\n";
    let stream = read(twice, Dialect::Collector);
    assert_eq!(stream.documents[0].duplicates[0].key, "<<");
    let stream = read(twice, Dialect::Kubernetes);
    let root = stream.documents[0].root.as_ref().unwrap();
    assert_eq!(root.at(&["c", "b"]).and_then(Node::as_int), Some(2));
}

#[test]
fn tagged_keys_are_their_text_and_aliases_of_numbers_are_keys() {
    let root = root("!!str yes: 1\n!!str : 2\nb: &k 5\n*k : 3\n&t yes: 4\nd: *t\n");
    let keys: Vec<&str> = root.entries().iter().map(|e| e.key.as_str()).collect();
    assert_eq!(keys, ["yes", "", "b", "5", "true", "d"]);
    assert_eq!(root.get("d").and_then(Node::as_bool), Some(true));
    for null in ["~: 1", "null: 1", "Null: 1", "NULL: 1", ": 1"] {
        assert!(read(null, Dialect::Kubernetes).documents[0].root.is_err());
    }
}

#[test]
fn the_last_line_of_a_block_ends_for_kubectl_and_not_for_the_collector() {
    let of = |dialect| {
        let stream = read("a: |\n  x", dialect);
        let root = stream.documents[0].root.clone().unwrap();
        root.str_at(&["a"]).unwrap().to_owned()
    };
    assert_eq!(of(Dialect::Kubernetes), "x\n");
    assert_eq!(of(Dialect::Collector), "x");
}

#[test]
fn merging_a_scalar_is_an_error_on_its_line() {
    let text = "x: &x 1\nz:\n  <<: *x\n";
    let stream = read(text, Dialect::Kubernetes);
    assert!(stream.documents[0].root.is_err());
}

#[test]
fn an_alias_bomb_is_refused_quickly() {
    let mut text = "a: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for n in 1..10 {
        let p = n - 1;
        let refs = vec![format!("*a{p}"); 10].join(",");
        writeln!(text, "k{n}: &a{n} [{refs}]").unwrap();
    }
    let stream = read(&text, Dialect::Kubernetes);
    let error = stream.documents[0].root.as_ref().unwrap_err();
    assert!(error.message.contains("stand for more than"), "{error}");
}

#[test]
fn an_alias_inside_its_own_value_is_refused() {
    assert!(
        read("a: &a [*a]\n", Dialect::Kubernetes).documents[0]
            .root
            .is_err()
    );
}

#[test]
fn nesting_beyond_the_limit_is_an_error_and_no_crash() {
    let deep = "[".repeat(5000);
    let stream = read(&deep, Dialect::Kubernetes);
    assert!(stream.documents[0].root.is_err());
    let deep = (0..400).fold(String::new(), |text, n| text + &" ".repeat(n) + "a:\n");
    assert!(read(&deep, Dialect::Kubernetes).documents[0].root.is_err());
}

#[test]
fn keys_that_are_booleans_or_numbers_become_their_text() {
    let root = root("true: 1\n8080: 2\non: 3\n");
    assert_eq!(
        root.get("true").unwrap().as_int(),
        Some(3),
        "`on` is the boolean true"
    );
    assert!(root.get("8080").is_some());
}

#[test]
fn spans_cover_keys_and_values_also_after_wide_characters() {
    let text = "é: \"ü\"\nlist:\n  - name: a\n    value: 1\n";
    let root = root(text);
    let entries = root.entries();
    assert_eq!(slice(text, entries[0].key_span), "é");
    assert_eq!(slice(text, entries[0].value.span), "\"ü\"");
    let item = &entries[1].value.items()[0];
    assert_eq!(slice(text, item.span), "name: a\n    value: 1");
}

#[test]
fn only_comments_that_name_the_program_are_kept() {
    let text = "a: 1 # spanguard: ignore[x]: y\n# other\n# spanguard: z\nb: |\n  # spanguard: not a comment\n";
    let comments = read(text, Dialect::Kubernetes).comments;
    assert_eq!(comments.len(), 2);
    assert!(!comments[0].own_line && comments[1].own_line);
}

#[test]
fn a_byte_order_mark_and_carriage_returns_do_not_disturb() {
    let text = "\u{feff}a: 1\r\nb: x\r\n";
    let root = root(text);
    assert_eq!(slice(text, root.get("b").unwrap().span), "x");
    assert_eq!(root.get("a").unwrap().as_int(), Some(1));
}

#[test]
fn the_places_where_we_read_yaml_1_2_and_go_does_not_are_known() {
    let root = root("a: [1.2.3.4, 001:db8::]\n");
    let last = &root.get("a").unwrap().items()[1];
    assert!(
        last.as_map().is_some(),
        "Go reads a string here, YAML 1.2 a map: {last:?}"
    );
    let dash = read("b: [-]\n", Dialect::Kubernetes).documents.remove(0);
    assert!(dash.root.is_err(), "Go reads a list with a null here");
}

fn inner_places(text: &str, keys: &[&str]) -> Vec<String> {
    let outer = root(text);
    let scalar = outer.get("data").unwrap();
    let value = scalar.as_str().unwrap();
    let inner = read(value, Dialect::Collector)
        .documents
        .remove(0)
        .root
        .unwrap();
    let moved = Embedded::new(text, scalar.span, value).relocate(&inner);
    keys.iter()
        .map(|key| slice(text, moved.get(key).unwrap().span).to_owned())
        .collect()
}

#[test]
fn embedded_positions_are_those_of_the_outer_file() {
    for text in [
        "data: |\n  a: one\n  b: two\n",
        "data: | # header\n  a: one\n\n  # note\n  b: two",
        "data: |2\n    a: one\n    b: two\n",
        "data: |\n\n\n  a: one\n  b: two\n",
        "data: |\r\n  a: one\r\n  b: two\r\n",
        "data: |-\n  a: one\n  b: two\n\n\nnext: 1\n",
        "data: >\n  a: one\n\n  b: two\nnext: x\n",
        "data: \"a: one\\nb: two\\n\"\n",
        "data: \"a: one\\u000ab: two\"\n",
    ] {
        assert_eq!(inner_places(text, &["a", "b"]), ["one", "two"], "{text:?}");
    }
}

#[test]
fn unresolved_alias_is_an_error_at_the_alias() {
    let text = "a: *nowhere\n";
    let stream = read(text, Dialect::Kubernetes);
    let error = stream.documents[0].root.as_ref().unwrap_err();
    assert_eq!(slice(text, error.span), "*nowhere");
}

#[test]
fn hidden_scalars_are_unknown_and_hidden_keys_open_their_map() {
    let text = "a: xxxxxx\nxxxx: 1\nb: 2\n";
    let masks = Masks {
        hidden: vec![3..9, 10..14],
        lines: vec![],
    };
    let stream = parse(Input {
        file: FileId(0),
        text,
        dialect: Dialect::Kubernetes,
        written: None,
        masks: &masks,
    });
    let root = stream.documents.into_iter().next().unwrap().root.unwrap();
    assert!(root.get("a").unwrap().is_unknown());
    assert_eq!(root.get("b").unwrap().as_int(), Some(2));
    assert_eq!(root.as_map().unwrap().open, Some(Reason::Template));
}

#[test]
fn tagged_scalars_are_what_their_tag_says() {
    let root = root("a: !!str 1\nb: !custom 2\nc: !!int 3\n");
    assert_eq!(root.get("a").unwrap().value, Value::Str("1".into()));
    assert_eq!(root.get("b").unwrap().value, Value::Str("2".into()));
    assert_eq!(root.get("c").unwrap().value, Value::Int(3));
}

#[test]
fn tabs_before_a_line_inside_brackets_are_blanks() {
    let all = "args: [\n\t\"x\",\n\t\"y\"\n]\n";
    assert_eq!(root(all).get("args").unwrap().items().len(), 2);
    let text = "a: {b: c,\n\td: e}\n";
    let root = root(text);
    assert_eq!(root.str_at(&["a", "d"]), Some("e"));
    assert_eq!(slice(text, root.at(&["a", "d"]).unwrap().span), "e");
}

#[test]
fn tabs_that_indent_are_refused_where_libyaml_refuses_them() {
    for (text, refused) in [
        ("a:\n\tb: 1\n", true),
        ("a: {b: 1}\n\t\nc: 2\n", true),
        ("a: 1\n\t# x\nb: 2\n", true),
        ("a: 1\n---\nb:\n\tc: 1\n---\nd: 1\n", true),
        ("a: |\n  x\n  \ty\nb: 1\n", false),
        ("a: \"x\n\ty\"\n", false),
        ("a: [1,\n\t2]\n", false),
        ("a: 1\t# x\n", false),
    ] {
        let stream = read(text, Dialect::Kubernetes);
        let broken: Vec<_> = stream
            .documents
            .iter()
            .filter(|d| d.root.is_err())
            .collect();
        assert_eq!(broken.len(), usize::from(refused), "{text:?}");
    }
}

#[test]
fn a_tab_after_a_value_is_told_on_its_own_line() {
    let text = "batch:\n  size: 1024\n\ttimeout: 2s\n";
    let stream = read(text, Dialect::Kubernetes);
    let error = stream.documents[0].root.as_ref().unwrap_err();
    assert_eq!(slice(text, error.span), "\t");
    assert_eq!(error.message, "a tab cannot indent a line");
}
