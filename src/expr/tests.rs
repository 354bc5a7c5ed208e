//! What rules come to, and where they point.

#![expect(
    clippy::string_slice,
    clippy::wildcard_enum_match_arm,
    reason = "tests slice texts that they wrote themselves, and name the one result that they expect"
)]

use proptest::prelude::*;

use super::*;
use crate::document::Value;
use crate::document::yaml::{Dialect, Input, parse};
use crate::source::FileId;

fn node(text: &str) -> Node {
    let input = Input::plain(FileId(0), text, Dialect::Kubernetes);
    parse(input).documents.remove(0).root.unwrap()
}

fn any(name: &str) -> Vec<Variable> {
    vec![Variable {
        name: name.into(),
        ty: Type::Any,
    }]
}

fn verdict(yaml: &str, test: &str) -> Verdict {
    let root = node(yaml);
    let program = Program::compile_test(test, &any("o")).unwrap();
    program.test(&[Some(&root)])
}

/// The text that a failing test points at.
fn blamed(yaml: &str, test: &str) -> String {
    match verdict(yaml, test) {
        Verdict::Fails(Some(origin)) => {
            yaml[origin.span.start as usize..origin.span.end as usize].to_owned()
        }
        other => panic!("{test}: {other:?}"),
    }
}

fn refused(source: &str) -> CompileError {
    Program::compile_test(source, &any("o")).unwrap_err()
}

const CONTAINER: &str =
    "name: app\nresources:\n  limits:\n    cpu: 1\nports: [{port: 1}, {port: 22}]\n";

#[test]
fn a_wrong_value_is_blamed_itself() {
    assert_eq!(blamed("a: {b: 5}", "o.a.b > 10"), "5");
    assert_eq!(blamed("a: {b: latest}", "o.a.b != 'latest'"), "latest");
    assert_eq!(blamed("a: x", "o.a in ['y', 'z']"), "x");
    assert_eq!(blamed("a: x", "!(o.a == 'x')"), "x");
}

#[test]
fn an_absent_key_blames_its_deepest_existing_ancestor() {
    assert_eq!(
        blamed(CONTAINER, "has(o.resources.limits.memory)"),
        "limits"
    );
    assert_eq!(
        blamed(CONTAINER, "has(o.resources.requests.memory)"),
        "resources"
    );
    assert_eq!(
        blamed(CONTAINER, "has(o.securityContext.runAsNonRoot)"),
        "name: app"
    );
    assert_eq!(
        blamed("resources:\nname: x\n", "has(o.resources.limits)"),
        "resources"
    );
}

#[test]
fn a_quantifier_blames_the_element_that_fails() {
    assert_eq!(blamed(CONTAINER, "o.ports.all(p, p.port != 22)"), "22");
    assert_eq!(
        blamed(CONTAINER, "o.ports.exists(p, p.port == 80)"),
        "ports"
    );
    let nested = "l: [{m: [1, 2]}, {m: [3, 4]}]";
    assert_eq!(blamed(nested, "o.l.all(x, x.m.all(y, y < 4))"), "4");
}

#[test]
fn chains_are_safe_and_absence_fails_what_requires_it() {
    assert_eq!(verdict("a: 1", "!has(o.b.c.d)"), Verdict::Holds);
    assert!(matches!(
        verdict("a: 1", "o.b.c == 'x'"),
        Verdict::Fails(Some(_))
    ));
    assert_eq!(verdict("a: 1", "!has(o.b) || o.b.c > 1"), Verdict::Holds);
    assert_eq!(
        verdict("a: 1", "o.b.orValue(3) == 3 && o.?b.?c.orValue(1) == 1"),
        Verdict::Holds
    );
}

fn with_unknown() -> Node {
    let mut root = node("known: 1\nlist: [1, 2]\n");
    let span = root.span;
    let Value::Map(map) = &mut root.value else {
        panic!()
    };
    let map = std::sync::Arc::make_mut(map);
    map.entries.push(crate::document::Entry {
        key: "u".into(),
        key_span: span,
        value: Node::unknown(span, "{{ x }}", Reason::Template),
    });
    map.open = Some(Reason::Template);
    root
}

#[test]
fn an_unknown_decides_nothing_that_others_do_not_decide() {
    let root = with_unknown();
    let test = |source: &str| {
        Program::compile_test(source, &any("o"))
            .unwrap()
            .test(&[Some(&root)])
    };
    for source in [
        "o.u == 1",
        "o.u != 1",
        "o.u > 1",
        "!(o.u == 1)",
        "o.missing == 1",
        "has(o.missing)",
        "o.u in [1]",
        "size(o) == 3",
        "o.list.exists(x, x == o.u)",
    ] {
        assert!(
            matches!(test(source), Verdict::Unknown(Reason::Template, _)),
            "{source}: {:?}",
            test(source)
        );
    }
    for source in [
        "o.known == 1 || o.u == 1",
        "has(o.u)",
        "!(o.known == 2 && o.u == 1)",
        "o.u == 1 || o.known == 1",
    ] {
        assert_eq!(test(source), Verdict::Holds, "{source}");
    }
    assert!(matches!(
        test("o.known == 2 && o.u == 1"),
        Verdict::Fails(_)
    ));
}

#[test]
fn data_that_does_not_fit_is_unknown_with_a_reason_and_no_failure() {
    let result = verdict("replicas: three", "o.replicas > 2");
    let Verdict::Unknown(Reason::Opaque(message), Some(_)) = result else {
        panic!("{result:?}")
    };
    assert!(message.contains("string"), "{message}");
    assert!(matches!(
        verdict("a: 1", "quantity(o.a) < quantity('x')"),
        Verdict::Unknown(..)
    ));
}

#[test]
fn names_that_do_not_exist_are_refused_with_the_nearest() {
    let error = refused("oo.a == 1");
    assert_eq!(error.message, "unknown variable `oo`");
    let error = refused("o.a.startWith('x')");
    assert_eq!(error.help.as_deref(), Some("did you mean `startsWith`?"));
    assert_eq!(error.range, 4..13);
    let fields = Record {
        name: "container",
        doc: "",
        fields: Box::leak(Box::new([Field {
            name: "image",
            ty: Type::String,
            doc: "",
        }])),
    };
    let variables = [Variable {
        name: "c".into(),
        ty: Type::Record(Box::leak(Box::new(fields))),
    }];
    let error = Program::compile_test("c.imge == ''", &variables).unwrap_err();
    assert_eq!(
        (error.message.as_str(), error.range),
        ("`container` has no field `imge`", 2..6)
    );
}

#[test]
fn shapes_that_cannot_work_are_refused() {
    assert!(
        refused("o.a.all(x)")
            .help
            .unwrap()
            .contains("list.all(x, test)")
    );
    assert!(refused("size(o.a)").message.contains("must be a bool"));
    assert!(refused("size(o.a) && true").message.contains("needs bools"));
    for source in [
        "size(o.a) == 'x'",
        "size(o.a) + 'x' == 3",
        "size(o.a) < 'x'",
    ] {
        let help = refused(source).help.unwrap();
        assert!(help.contains("convert"), "{source}: {help}");
    }
    assert!(refused("o.a ==").message.contains("not a CEL expression"));
    assert!(
        refused("o.l.all(a, o.l.all(b, o.l.all(c, o.l.all(d, true))))")
            .message
            .contains("more than 3")
    );
    assert!(
        refused(&format!("o.a == '{}'", "x".repeat(MAX_EXPRESSION_BYTES)))
            .message
            .contains("longer than")
    );
    let deep = format!("{}o{} == []", "[".repeat(240), "]".repeat(240));
    assert!(!refused(&deep).message.is_empty());
}

#[test]
fn regular_expressions_are_checked_when_they_are_loaded() {
    assert!(
        refused("o.a.matches('(')")
            .message
            .contains("not a regular expression")
    );
    let error = refused("o.a.matches('(a{1000}){1000}')");
    assert_eq!(error.range, 13..28);
    assert_eq!(verdict("a: abc", "o.a.matches('^a.c$')"), Verdict::Holds);
}

#[test]
fn an_expression_that_takes_too_long_is_given_up() {
    let list: Vec<String> = (0..10_000).map(|n| n.to_string()).collect();
    let yaml = format!("l: [{}]", list.join(","));
    let result = verdict(&yaml, "o.l.all(a, o.l.all(b, a <= b || a > b))");
    let Verdict::Unknown(Reason::Opaque(message), _) = result else {
        panic!("{result:?}")
    };
    assert!(message.contains("too many steps"), "{message}");
}

#[test]
fn integers_are_integers_and_lists_compare_on_either_side() {
    assert_eq!(
        verdict("replicas: 2", "o.replicas + 1 == 3"),
        Verdict::Holds
    );
    assert_eq!(
        verdict("c: [sh, -c]", "['sh', '-c'] == o.c && o.c == ['sh', '-c']"),
        Verdict::Holds
    );
    assert_eq!(
        verdict("c: [sh]", "o.c + ['x'] == ['sh', 'x']"),
        Verdict::Holds
    );
}

#[test]
fn functions_do_what_they_say() {
    for test in [
        "quantity(o.mem) > quantity('1Gi') && quantity('100m') < quantity(1)",
        "duration('1m30s') > duration('89s')",
        "image(o.image).tag == '1.2' && image(o.image).registry == 'docker.io'",
        "url(o.url).getPort() == '4317' && url(o.url).getHostname() == 'c'",
        "semver('v0.104.0') >= semver('0.103.9')",
        "cidr('10.0.0.0/8').containsIP(ip('10.1.2.3')) && ip('127.0.0.1').isLoopback()",
        "glob('a/*/c', 'a/b/c') && !glob('a/*', 'a/b/c')",
        "'a,b'.split(',').size() == 2 && ['a','b'].join('-') == 'a-b'",
        "[1, 2, 3].filter(x, x > 1).map(x, x * 2) == [4, 6]",
        "[1, 2, 2].exists_one(x, x == 1) && !([1, 1].exists_one(x, x == 1))",
        "sets.contains(['a', 'b'], ['b']) && sets.intersects(['a'], ['a', 'c'])",
        "'Ab'.lowerAscii() == 'ab' && ' x '.trim() == 'x' && 'abc'.find('[bc]+') == 'bc'",
        "int('7') == 7 && double('1.5') == 1.5 && string(7) == '7' && type(7) == 'int'",
        "o.?nothing.?here.orValue('x') == 'x'",
        "o.keys.all(k, k in ['a', 'b']) && 'a' in o.keys && o.keys['a'] == 1",
    ] {
        let yaml = "mem: 2Gi\nimage: app:1.2\nurl: http://c:4317\nkeys: {a: 1, b: 2}\n";
        assert_eq!(verdict(yaml, test), Verdict::Holds, "{test}");
    }
}

#[test]
fn templates_fill_in_values_and_keep_doubled_braces() {
    let root = node("name: app\ncount: 3\n");
    let template =
        Template::compile("`{o.name}` has {o.count} of {o.m}, {{x}}", &any("o")).unwrap();
    assert_eq!(
        template.render(&[Some(&root)], &|_| None),
        "`app` has 3 of (not set), {x}"
    );
    assert_eq!(
        Template::compile("a {o.x", &any("o")).unwrap_err().range,
        2..3
    );
    assert_eq!(
        Template::compile("ab {p.x}", &any("o")).unwrap_err().range,
        4..5
    );
}

#[test]
fn every_function_is_documented_and_has_one_meaning() {
    let docs = documentation();
    assert!(docs.len() > 30);
    assert!(docs.iter().all(|doc| doc.doc.ends_with('.')));
    let mut usages: Vec<_> = docs.iter().map(|doc| &doc.usage).collect();
    usages.sort();
    usages.dedup();
    assert_eq!(usages.len(), docs.len());
}

/// What the reference implementation makes of an expression over `o`.
fn reference(json: &serde_json::Value, source: &str) -> Option<bool> {
    let program = cel::Program::compile(source).ok()?;
    let mut context = cel::Context::default();
    context.add_variable("o", json).ok()?;
    match program.execute(&context) {
        Ok(cel::Value::Bool(value)) => Some(value),
        _ => None,
    }
}

fn expression() -> impl Strategy<Value = String> {
    let int = prop_oneof![
        Just("1"),
        Just("2"),
        Just("o.a"),
        Just("o.b.c"),
        Just("o.l[0]"),
        Just("size(o.l)"),
        Just("o.a + 1")
    ];
    let leaf = prop_oneof![
        Just("true".to_owned()),
        Just("has(o.b.c)".to_owned()),
        Just("has(o.b.zz)".to_owned()),
        Just("o.zz == 1".to_owned()),
        Just("o.s.startsWith('te')".to_owned()),
        Just("o.s == 'text'".to_owned()),
        Just("'s' in o".to_owned()),
        Just("o.l == [1, 2, 3]".to_owned()),
        (
            int.clone(),
            prop_oneof![Just("<"), Just("<="), Just("=="), Just("!="), Just(">")],
            int
        )
            .prop_map(|(a, op, b)| format!("{a} {op} {b}")),
    ];
    // Deeper than this, comprehensions are refused.
    leaf.prop_recursive(3, 24, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} && {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} || {b})")),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(a, b, c)| format!("({a} ? {b} : {c})")),
            inner.clone().prop_map(|a| format!("!({a})")),
            inner
                .clone()
                .prop_map(|a| format!("o.l.all(x, x > 1 || {a})")),
            inner
                .clone()
                .prop_map(|a| format!("o.l.exists(x, x == 2 && {a})")),
            inner.prop_map(|a| format!("o.l.filter(x, {a}).size() > 1")),
        ]
    })
}

#[test]
fn a_filter_leaves_out_what_it_cannot_judge_and_stays_open() {
    let mut root = node("l: [1, 2, 3]\n");
    let Value::Map(map) = &mut root.value else {
        panic!()
    };
    let list = &mut std::sync::Arc::make_mut(map).entries[0].value;
    let Value::List(items) = &mut list.value else {
        panic!()
    };
    let item = &mut std::sync::Arc::make_mut(items).items[0];
    *item = Node::unknown(item.span, "x", Reason::Template);
    let test = |source: &str| {
        Program::compile_test(source, &any("o"))
            .unwrap()
            .test(&[Some(&root)])
    };
    assert_eq!(
        test("o.l.filter(x, x > 1).exists(x, x == 3)"),
        Verdict::Holds
    );
    assert!(matches!(
        test("o.l.filter(x, x > 1).all(x, x < 3)"),
        Verdict::Fails(_)
    ));
    for undecided in [
        "o.l.filter(x, x > 1).exists(x, x == 4)",
        "o.l.filter(x, x > 1).size() == 2",
        "o.l.filter(x, x > 1)[0] == 2",
        "(o.l.filter(x, x > 1) + [5]).size() == 3",
    ] {
        assert!(
            matches!(test(undecided), Verdict::Unknown(..)),
            "{undecided}"
        );
    }
    assert_eq!(
        test("(o.l.filter(x, x > 1) + [5]).exists(x, x == 5)"),
        Verdict::Holds
    );
}

#[test]
fn a_budget_is_shared_and_ends() {
    let root = node("l: [1, 2, 3]\n");
    let program = Program::compile_test("o.l.all(x, x > 0)", &any("o")).unwrap();
    let mut left = 40;
    assert_eq!(
        program.test_within(&[Some(&root)], &mut left),
        Verdict::Holds
    );
    assert!(left < 40);
    left = 3;
    assert!(matches!(
        program.test_within(&[Some(&root)], &mut left),
        Verdict::Unknown(..)
    ));
    assert_eq!(left, 0);
}

/// Tests that are true of elements with some kind or name only.
const MARKED: [&str; 9] = [
    "x.kind == 'B'",
    "x.kind.orValue('') == 'B' && x.n > 20",
    "x.n > 20 && 'B' == x.kind",
    "x.kind in ['A', 'C'] && x.metadata.name.orValue('') != 'n3'",
    "(x.kind == 'A' && x.n > 10) || x.kind == 'C'",
    "x.kind.orValue('B') == 'B'",
    "x.kind == 'B' && x.metadata.name == o.wanted.orValue('n7')",
    "x.metadata.name.orValue('') == o.wanted && x.kind == o.kind",
    "x.kind == o.absent",
];

#[test]
fn elements_that_are_left_out_by_their_mark_change_nothing() {
    for odd in ["", "  - {n: 90}\n", "  - {n: 91, kind: 5, metadata: x}\n"] {
        let items = (0..40).map(|n| {
            let kind = ["A", "B", "C"][n % 3];
            format!("  - {{kind: {kind}, n: {n}, metadata: {{name: n{n}}}}}\n")
        });
        let text = "wanted: n7\nkind: B\nl:\n".to_owned() + &items.collect::<String>();
        let root = node(&(text + odd));
        let run = |test: &str| {
            let folds = [
                "filter(x, T).map(x, x.n)",
                "exists(x, T)",
                "exists_one(x, T)",
            ];
            folds.map(|fold| {
                let source = format!("o.l.{}", fold.replace('T', test));
                let program = Program::compile(&source, &any("o")).unwrap();
                format!("{:?}", program.evaluate(&[Some(&root)]))
            })
        };
        for test in MARKED {
            // What is read by an index is not known to be a mark.
            let plain = test.replace("x.kind", "x['kind']");
            let plain = plain.replace("x.metadata.name", "x.metadata['name']");
            assert_eq!(run(test), run(&plain), "{test}");
        }
    }
}

#[test]
fn what_has_another_name_takes_no_steps() {
    let items: Vec<String> = (0..2000)
        .map(|n| format!("{{metadata: {{name: n{n}}}}}"))
        .collect();
    let root = node(&format!("wanted: n7\nl: [{}]", items.join(", ")));
    let test = "o.l.exists(x, x.metadata.name == o.wanted)";
    let program = Program::compile_test(test, &any("o")).unwrap();
    let mut left = 40;
    assert_eq!(
        program.test_within(&[Some(&root)], &mut left),
        Verdict::Holds
    );
}

proptest! {
    #[test]
    fn wherever_cel_has_an_answer_ours_is_the_same(source in expression()) {
        let json = serde_json::json!({"a": 1, "b": {"c": 2}, "l": [1, 2, 3], "s": "text"});
        let ours = verdict("a: 1\nb: {c: 2}\nl: [1, 2, 3]\ns: text\n", &source);
        match reference(&json, &source) {
            Some(true) => prop_assert_eq!(ours, Verdict::Holds, "{}", source),
            Some(false) => prop_assert!(matches!(ours, Verdict::Fails(_)), "{}: {:?}", source, ours),
            None => {}
        }
    }

    #[test]
    fn hiding_a_value_never_turns_a_verdict_around(source in expression(), hidden in 0usize..4) {
        let root = node("a: 1\nb: {c: 2}\nl: [1, 2, 3]\ns: text\n");
        let before = Program::compile_test(&source, &any("o")).unwrap().test(&[Some(&root)]);
        let mut masked = root;
        let Value::Map(map) = &mut masked.value else { panic!() };
        let entry = &mut std::sync::Arc::make_mut(map).entries[hidden];
        entry.value = Node::unknown(entry.value.span, "x", Reason::Template);
        let after = Program::compile_test(&source, &any("o")).unwrap().test(&[Some(&masked)]);
        let same = matches!((&before, &after), (Verdict::Holds, Verdict::Holds) | (Verdict::Fails(_), Verdict::Fails(_)));
        prop_assert!(same || matches!(after, Verdict::Unknown(..)) || matches!(before, Verdict::Unknown(..)), "{}: {:?} {:?}", source, before, after);
    }
}
