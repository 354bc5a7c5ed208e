//! What is left behind processors, as a collector 0.159.0 of the contrib repository was seen to leave it.

use super::*;
use crate::document::MapBuilder;
use crate::document::yaml::{Dialect, Input, parse};
use crate::source::FileId;

/// What is left of traces behind processors: a map of types and settings, in order.
fn behind(signal: &str, processors: &str) -> States {
    let stream = parse(Input::plain(FileId(0), processors, Dialect::Collector));
    let root = stream.documents.into_iter().next().unwrap().root.unwrap();
    let mut states = States::new(signal);
    for entry in root.entries() {
        let of_type = entry.key.split('/').next().unwrap_or("");
        let processor = MapBuilder::new(root.span)
            .put("id", Node::string(root.span, &*entry.key))
            .put("type", Node::string(root.span, of_type))
            .put("config", entry.value.clone())
            .put("is_known", Node::bool(root.span, true))
            .build();
        states.apply(&processor);
    }
    states
}

fn transform(statements: &[&str]) -> String {
    let list: Vec<String> = statements
        .iter()
        .map(|one| format!("    - {one}\n"))
        .collect();
    format!("transform:\n  trace_statements:\n{}", list.concat())
}

/// Whether a key may be at a location of traces behind statements.
fn lets(statements: &[&str], location: Location, key: &str) -> bool {
    let mut states = behind("traces", &transform(statements));
    let state = states.at(location).unwrap();
    state.opaque.is_none() && state.has(key)
}

#[test]
fn statements_of_one_group_work_on_events_where_one_names_them() {
    let event = r#"delete_key(spanevent.attributes, "exception.message")"#;
    let span = r#"delete_key(span.attributes, "user.email")"#;
    assert!(lets(&[span, event], Location::Span, "user.email"));
    assert!(!lets(&[span], Location::Span, "user.email"));
    assert!(!lets(&[span, event], Location::Event, "exception.message"));
}

#[test]
fn lists_are_left_by_what_works_on_texts() {
    let header = "http.request.header.authorization";
    let on = |statement: &str, key: &str| {
        let statement = statement.replace("KEY", &format!("span.attributes[\"{key}\"]"));
        lets(&[&statement], Location::Span, key)
    };
    for statement in [
        r#"replace_pattern(KEY, ".*", "***")"#,
        r#"replace_match(KEY, "*", "***")"#,
        "set(KEY, SHA256(KEY))",
        r#"replace_all_patterns(span.attributes, "value", ".*", "***")"#,
        r#"replace_all_matches(span.attributes, "*", "***")"#,
        r#"set(KEY, "x") where IsString(KEY)"#,
    ] {
        assert!(on(statement, header), "{statement}");
        assert!(!on(statement, "user.email"), "{statement}");
    }
    assert!(!on(r#"set(KEY, "x")"#, header));
}

#[test]
fn a_pattern_takes_a_value_only_if_it_matches_all_lines_and_puts_nothing_back() {
    let on = |pattern: &str, to: &str, key: &str| {
        let statement =
            format!("replace_pattern(span.attributes[\"{key}\"], \"{pattern}\", \"{to}\")");
        lets(&[&statement], Location::Span, key)
    };
    assert!(on("^(.+)$", "user=$$1", "user.email"));
    assert!(!on("^(.+)$", "gone", "user.email"));
    assert!(on("^.*$", "gone", "db.query.text"));
    assert!(!on("(?s)^.*$", "gone", "db.query.text"));
    assert!(!on(".*", "gone", "db.query.text"));
}

#[test]
fn merged_maps_bring_back_what_is_left_elsewhere() {
    let keep = r#"keep_keys(span.attributes, ["http.route"])"#;
    let merge = r#"merge_maps(span.attributes, resource.attributes, "upsert")"#;
    let partly = r#"merge_maps(span.attributes, resource.attributes, "upsert") where name != """#;
    let matching = r#"delete_matching_keys(span.attributes, "^user")"#;
    let one = r#"delete_key(span.attributes, "user.email")"#;
    for first in [keep, matching, one] {
        assert!(!lets(&[first], Location::Span, "user.email"));
        for merge in [merge, partly] {
            assert!(
                lets(&[first, merge], Location::Span, "user.email"),
                "{first} {merge}"
            );
        }
    }
    let of_resource = r#"delete_key(resource.attributes, "user.email")"#;
    assert!(!lets(
        &[keep, of_resource, merge],
        Location::Span,
        "user.email"
    ));
    assert!(lets(&[keep, of_resource, merge], Location::Span, "user.id"));
    let update = merge.replace("upsert", "update");
    assert!(!lets(&[keep, &update], Location::Span, "user.email"));
    let aside = r#"merge_maps(span.attributes, span.cache, "upsert")"#;
    assert!(!lets(&[matching, aside], Location::Span, "user.email"));
}

#[test]
fn what_is_made_of_a_text_may_bring_back_anything() {
    let logs = "transform:\n  log_statements:\n    - delete_key(log.attributes, \"user.email\")\n    - merge_maps(log.attributes, ParseJSON(log.body), \"upsert\")\n";
    let mut states = behind("logs", logs);
    assert!(states.at(Location::Log).unwrap().opaque.is_some());
    let set = "transform:\n  log_statements:\n    - delete_key(log.attributes, \"user.email\")\n    - set(log.attributes[\"user.email\"], log.body[\"user.email\"])\n";
    assert!(
        behind("logs", set)
            .at(Location::Log)
            .unwrap()
            .has("user.email")
    );
}

#[test]
fn one_list_of_keys_after_another_leaves_what_is_in_both() {
    let first = r#"keep_keys(span.attributes, ["http.route"])"#;
    let second = r#"keep_keys(span.attributes, ["http.route", "user.email"])"#;
    let pattern = r#"keep_matching_keys(span.attributes, "^(http|user)")"#;
    for lists in [
        [first, second],
        [second, first],
        [first, pattern],
        [pattern, first],
    ] {
        assert!(!lets(&lists, Location::Span, "user.email"), "{lists:?}");
        assert!(lets(&lists, Location::Span, "http.route"), "{lists:?}");
    }
    let computed = r#"keep_keys(span.attributes, [Concat(["user", "email"], ".")])"#;
    assert!(
        behind("traces", &transform(&[computed]))
            .at(Location::Span)
            .unwrap()
            .opaque
            .is_some()
    );
    let ignored = "attributes: {actions: [{key: user.email, action: delete}]}\nredaction: {allow_all_keys: true, ignored_keys: [user.email]}\n";
    assert!(
        !behind("traces", ignored)
            .at(Location::Span)
            .unwrap()
            .has("user.email")
    );
}

#[test]
fn what_takes_the_place_of_a_value_must_be_there() {
    let set = |value: &str| {
        let statement = format!("set(span.attributes[\"user.email\"], {value})");
        lets(&[&statement], Location::Span, "user.email")
    };
    for value in [
        "UUID()",
        "span.kind.string",
        r#"Concat(["a", "b"], "-")"#,
        r#"Substring(SHA256(span.attributes["user.email"]), 0, 12)"#,
    ] {
        assert!(!set(value), "{value}");
    }
    for value in [
        r#"SHA256(span.attributes["user.name"])"#,
        r#"span.attributes["tenant"]"#,
        "nil",
    ] {
        assert!(set(value), "{value}");
    }
}

#[test]
fn a_copy_stays_where_what_is_set_may_be_absent() {
    let copies = |last: &str| {
        let copy = r#"set(span.attributes["mail"], span.attributes["user.email"])"#;
        let delete = r#"delete_key(span.attributes, "user.email")"#;
        let mut states = behind("traces", &transform(&[copy, delete, last]));
        states.at(Location::Span).unwrap().copies.len()
    };
    assert_eq!(copies(r#"set(span.attributes["mail"], nil)"#), 1);
    assert_eq!(
        copies(r#"set(span.attributes["mail"], span.attributes["http.route"])"#),
        2
    );
    assert_eq!(copies(r#"set(span.attributes["mail"], "x")"#), 0);
    assert_eq!(copies(r#"keep_matching_keys(span.attributes, "^http")"#), 0);
}

#[test]
fn what_is_filled_in_for_some_may_be_there() {
    for fill in [
        "{key: user.email, from_context: metadata.x-user, action: upsert}",
        "{key: user.email, from_attribute: tmp, action: upsert}",
    ] {
        let processors = format!(
            "attributes: {{actions: [{{key: tmp, from_attribute: user.email, action: upsert}}, {{key: user.email, action: delete}}]}}\nattributes/some: {{include: {{match_type: strict, services: [cart]}}, actions: [{fill}]}}\n"
        );
        let mut states = behind("traces", &processors);
        assert!(
            states.at(Location::Span).unwrap().has("user.email"),
            "{fill}"
        );
    }
}

#[test]
fn keys_that_go_to_the_resource_take_their_copies_along() {
    let processors = "attributes: {actions: [{key: customer, from_attribute: user.email, action: upsert}, {key: user.email, action: delete}]}\ngroupbyattrs: {keys: [customer]}\n";
    let mut states = behind("traces", processors);
    let state = states.at(Location::Resource).unwrap();
    assert_eq!(state.copies[0].source, "user.email");
    let kept = "resource: {attributes: [{key: user.email, action: delete}]}\ngroupbyattrs: {keys: [user.email]}\ntransform: {trace_statements: ['keep_matching_keys(resource.attributes, \"^(user|service)\")']}\n";
    assert!(
        behind("traces", kept)
            .at(Location::Resource)
            .unwrap()
            .has("user.email")
    );
}

#[test]
fn dropped_events_leave_their_spans() {
    let filter = "filter: {traces: {spanevent: ['span.attributes[\"user.email\"] != nil', 'attributes[\"card\"] != nil']}}\n";
    let mut states = behind("traces", filter);
    assert!(states.at(Location::Span).unwrap().has("user.email"));
    assert!(!states.at(Location::Event).unwrap().has("card"));
}

#[test]
fn metrics_of_spans_have_the_attributes_of_the_resource() {
    let scrub = "resource: {attributes: [{key: host.ip, action: delete}]}\n";
    let mut made = behind("traces", scrub).as_span_metrics();
    let resource = made.at(Location::Resource).unwrap();
    assert!(resource.has("process.owner") && !resource.has("host.ip"));
    assert!(!made.at(Location::Datapoint).unwrap().has("user.email"));
}
