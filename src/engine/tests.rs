//! What a run over whole files comes to.

use proptest::prelude::*;

use super::*;
use crate::document::Node;
use crate::finding::Fix;
use crate::policy::Reading;
use crate::repository::SubjectKind;
pub(super) use crate::source::sources;
use crate::source::{FileId, SourceFile};

pub(super) fn occasion() -> Occasion {
    Occasion {
        is_whole: true,
        unread: Vec::new(),
        missing: Vec::new(),
        explicit: BTreeSet::new(),
        frame: Frame::default(),
        base: PathBuf::new(),
        today: Date::parse("2026-06-15").unwrap(),
        baseline: None,
    }
}

/// The built-in policies, compiled once for all tests.
pub(super) fn built_in() -> &'static PolicySet {
    static SET: std::sync::OnceLock<PolicySet> = std::sync::OnceLock::new();
    SET.get_or_init(|| PolicySet::built_in(Reading::Whole))
}

fn run(files: &[(&str, &str)]) -> Report {
    let mut report = check(
        &Repository::build(sources(files)),
        &occasion(),
        built_in(),
        &Settings::default(),
    );
    report.finish();
    report
}

fn rules(report: &Report) -> Vec<&str> {
    report
        .findings
        .iter()
        .map(|finding| &*finding.rule)
        .collect()
}

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - name: app\n      image: a:1\n      resources:\n        requests: {cpu: 1, memory: 1Gi}\n";

#[test]
fn a_value_that_is_known_but_for_its_kind_is_judged_by_what_is_known() {
    let found = |value: &str| {
        let env = format!(
            "      env:\n        - {{name: NODE, valueFrom: {{fieldRef: {{fieldPath: status.hostIP}}}}}}\n        - {{name: OTEL_EXPORTER_OTLP_ENDPOINT, value: '{value}'}}\n"
        );
        let report = run(&[("a.yaml", &format!("{POD}{env}"))]);
        let rule = |found: &str| found == "endpoint/missing-scheme";
        (
            rules(&report).into_iter().any(rule),
            report.unknowns.iter().any(|unknown| rule(&unknown.rule)),
        )
    };
    assert_eq!(found("$(NODE):4317"), (true, false));
    assert_eq!(found("http://$(NODE):4317"), (false, false));
    assert_eq!(found("$(NODE)"), (true, false));
    let report = run(&[(
        "a.yaml",
        &format!(
            "{POD}      env: [{{name: NODE, valueFrom: {{secretKeyRef: {{name: a, key: b}}}}}}, {{name: OTEL_EXPORTER_OTLP_ENDPOINT, value: $(NODE)}}]\n"
        ),
    )]);
    assert!(
        report
            .unknowns
            .iter()
            .any(|unknown| &*unknown.rule == "endpoint/missing-scheme")
    );
}

#[test]
fn rules_look_into_images_that_build_files_join_and_into_no_other() {
    let manifest = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: cart, namespace: shop}\nspec: {template: {spec: {containers: [{name: app, image: 'registry.example.com/shop/cart:1.0'}]}}}\n";
    let dockerfile = "FROM eclipse-temurin:21-jre\nCOPY opentelemetry-javaagent.jar /otel/agent.jar\nCOPY app.jar /app.jar\nENTRYPOINT [\"java\", \"-jar\", \"/app.jar\"]\n";
    let compose = "services: {web: {image: registry.example.com/shop/cart, build: ./backend}}\n";
    let skaffold = "apiVersion: skaffold/v4beta11\nkind: Config\nbuild: {artifacts: [{image: registry.example.com/shop/cart, context: other}]}\n";
    let files = [
        ("backend/Dockerfile", dockerfile),
        ("deploy/cart.yaml", manifest),
        ("other/Dockerfile", "FROM scratch\n"),
    ];
    let is_found = |more: &[(&str, &str)]| {
        let repository = Repository::build(sources(&[&files[..], more].concat()));
        let settings = Settings {
            profile: "strict".to_owned(),
            ..Settings::default()
        };
        let report = check(&repository, &occasion(), built_in(), &settings);
        rules(&report).contains(&"agent/no-agent-started")
    };
    assert!(!is_found(&[]), "nothing tells which one it is");
    assert!(is_found(&[("compose.yaml", compose)]));
    let both = [("compose.yaml", compose), ("skaffold.yaml", skaffold)];
    assert!(!is_found(&both), "they disagree");
    let settings = (
        "spanguard.yaml",
        "services: {cart: {dockerfile: backend/Dockerfile}}\n",
    );
    assert!(is_found(&[both[0], both[1], settings]));
}

fn memory_findings(text: &str) -> Vec<String> {
    let report = run(&[("a.yaml", text)]);
    let wanted = [
        "resources/missing-memory-limit",
        "suppression/unused",
        "suppression/malformed",
    ];
    report
        .findings
        .iter()
        .filter(|f| wanted.contains(&&*f.rule))
        .map(|f| f.rule.to_string())
        .collect()
}

#[test]
fn every_example_of_every_built_in_rule_comes_out() {
    let policies = built_in();
    let failures: Vec<String> = policies
        .rules
        .iter()
        .flat_map(|rule| run_examples(policies, rule))
        .map(|failure| {
            let line = failure.file.position(failure.place.start).line;
            format!(
                "{}:{line}: {}: {}",
                failure.file.path, failure.rule, failure.message
            )
        })
        .collect();
    assert_eq!(failures, Vec::<String>::new());
}

#[test]
fn a_comment_on_the_line_or_the_line_above_suppresses() {
    assert_eq!(memory_findings(POD), ["resources/missing-memory-limit"]);
    let comment = "# spanguard: ignore[resources/missing-memory-limit]: measured";
    let beside = POD.replace("resources:", &format!("resources: {comment}"));
    let above = POD.replace(
        "      resources:",
        &format!("      {comment}\n      # more words\n      resources:"),
    );
    assert_eq!(memory_findings(&beside), Vec::<String>::new());
    assert_eq!(memory_findings(&above), Vec::<String>::new());
}

#[test]
fn suppressions_without_effect_reason_or_rule_are_findings() {
    let with = |comment: &str| {
        memory_findings(&POD.replace("kind: Pod", &format!("kind: Pod # spanguard: {comment}")))
    };
    let finding = "resources/missing-memory-limit";
    assert_eq!(
        with("ignore[resources/missing-memory-limit]: x"),
        ["suppression/unused", finding]
    );
    for comment in [
        "ignore[resources/missing-memory-limit]",
        "ignore: x",
        "ignore[resources/missing-memory-limt]: x",
        "skip",
    ] {
        assert_eq!(
            with(comment),
            ["suppression/malformed", finding],
            "{comment}"
        );
    }
}

#[test]
fn the_numbers_of_coverage_add_up() {
    let report = run(&[
        ("a.yaml", POD),
        ("b.yaml", "apiVersion: v1\nkind: [\n---\nfoo: 1\n"),
        ("chart/templates/c.yaml", "apiVersion: v1\nkind: {{ .k }}\n"),
        ("chart/values.yaml", "a: 1\n"),
        ("Dockerfile", "FROM a\nNOPE\n"),
        ("empty.yaml", ""),
    ]);
    let coverage = &report.coverage;
    assert_eq!(coverage.files_seen, 6);
    assert_eq!(coverage.files.values().sum::<usize>(), coverage.files_seen);
    assert_eq!(
        coverage.documents.values().sum::<usize>(),
        coverage.documents_seen
    );
    assert_eq!(
        coverage.skipped.values().sum::<usize>(),
        coverage.files["skipped"]
    );
    assert_eq!(coverage.files["syntax-error"], 2);
    assert!(!report.is_complete(), "a template was not rendered");
}

#[test]
fn settings_about_rules_that_do_not_exist_are_errors() {
    let mut settings = Settings::default();
    let setting = crate::config::RuleSetting {
        place: None,
        severity: None,
        params: Vec::new(),
    };
    settings
        .rules
        .insert("resources/missing-memory-limt".to_owned(), setting);
    let report = check(
        &Repository::build(Vec::new()),
        &occasion(),
        built_in(),
        &settings,
    );
    assert_eq!(report.notifications[0].kind, "settings");
    assert_eq!(
        report.notifications[0].help.as_deref(),
        Some("did you mean `resources/missing-memory-limit`?")
    );
}

#[test]
fn identities_survive_moved_lines() {
    let fingerprints = |text: &str| -> Vec<String> {
        run(&[("a.yaml", text)])
            .findings
            .iter()
            .map(|f| f.fingerprint.clone())
            .collect()
    };
    let moved = format!("# a new line\n\n{POD}");
    assert_eq!(fingerprints(POD), fingerprints(&moved));
    assert!(
        fingerprints(POD)
            .iter()
            .all(|fingerprint| fingerprint.len() == 16)
    );
}

/// Everything that the rules say of an artifact, by rule and object.
fn verdicts(
    text: &str,
    replace: impl Fn(usize, &Node) -> Option<Node>,
) -> BTreeMap<(String, String), &'static str> {
    let policies = built_in();
    let settings = Settings {
        profile: "strict".to_owned(),
        ..Settings::default()
    };
    let (active, _) = select::active(policies, &settings);
    let mut repository = Repository::build(sources(&[("a.yaml", text)]));
    let mut scalars = 0;
    for subject in &mut repository.subjects {
        if subject.kind == SubjectKind::Object {
            for binding in &mut subject.bindings {
                let counted = std::cell::Cell::new(scalars);
                let mask = |text: &str, span| {
                    counted.set(counted.get() + 1);
                    replace(counted.get(), &Node::string(span, text))
                };
                *binding = binding.replace_texts(&mask, &[]);
                scalars = counted.get();
            }
        }
    }
    repository
        .subjects
        .retain(|subject| subject.kind == SubjectKind::Object);
    let mut found = BTreeMap::new();
    for subject in &repository.subjects {
        let outcome = evaluate::subject(&repository, subject, &active);
        for finding in outcome.findings {
            found.insert((finding.rule.to_string(), finding.object), "fails");
        }
        for unknown in outcome.unknowns {
            found.insert((unknown.rule.to_string(), unknown.object), "unknown");
        }
    }
    found
}

const KAFKA: &str = "apiVersion: kafka.strimzi.io/v1beta2\nkind: Kafka\nmetadata: {name: k}\nspec:\n  kafka:\n    replicas: 1\n    config: {default.replication.factor: 1, min.insync.replicas: 1}\n    storage: {type: ephemeral}\n";

/// Manifests in which most rules about Kubernetes find something.
const SHOP: [&str; 2] = [
    include_str!("../../fixtures/repos/shop/deploy/cart.yaml"),
    include_str!("../../fixtures/repos/shop/deploy/gateway.yaml"),
];

#[test]
fn a_value_that_a_template_fills_in_never_makes_a_finding() {
    for text in SHOP {
        let stated = run(&[("chart/templates/a.yaml", &format!("# {{{{ .x }}}}\n{text}"))]);
        let lines: Vec<&str> = text.lines().collect();
        for hidden in 0..lines.len() {
            let Some((key, value)) = lines[hidden].rsplit_once(": ") else {
                continue;
            };
            if value.starts_with(['{', '[', '|']) {
                continue;
            }
            let masked = format!("{key}: {{{{ .Values.x }}}}");
            let mut changed = lines.clone();
            changed[hidden] = &masked;
            let report = run(&[("chart/templates/a.yaml", &changed.join("\n"))]);
            for rule in rules(&report) {
                assert!(
                    rules(&stated).contains(&rule),
                    "hiding {:?} makes {rule}",
                    lines[hidden]
                );
            }
        }
    }
}

proptest! {
    #[test]
    fn hiding_a_text_of_an_object_never_makes_a_finding(hidden in 0usize..12) {
        let before = verdicts(KAFKA, |_, _| None);
        let after = verdicts(KAFKA, |number, node| (number == hidden).then(|| Node::unknown(node.span, "x", crate::document::Reason::Template)));
        for (key, verdict) in &after {
            prop_assert!(*verdict != "fails" || before.get(key) == Some(&"fails"), "{:?}", key);
        }
    }

    #[test]
    fn locations_lie_inside_the_file_on_one_line(cut in 0usize..300) {
        let text: String = POD.chars().take(cut).collect();
        let report = run(&[("a.yaml", &text)]);
        for finding in &report.findings {
            let file = &report.files[finding.span.file.0 as usize];
            prop_assert!(finding.span.end as usize <= text.len());
            prop_assert_eq!(file.position(finding.span.start).line, file.position(finding.span.end).line);
        }
    }
}

#[test]
fn removing_a_key_moves_the_finding_to_the_deepest_ancestor_that_is_left() {
    let line_of = |text: &str| {
        let report = run(&[("a.yaml", text)]);
        let finding = report
            .findings
            .iter()
            .find(|f| &*f.rule == "resources/missing-memory-limit")
            .unwrap()
            .clone();
        report.files[0].slice(finding.span).to_owned()
    };
    let with_limits = POD
        .replace("requests:", "limits:")
        .replace(", memory: 1Gi", "");
    assert_eq!(line_of(&with_limits), "limits");
    assert_eq!(line_of(POD), "resources");
    let without = POD.split("      resources").next().unwrap();
    assert_eq!(line_of(without), "name: app");
}

#[test]
fn one_broken_document_hides_nothing_else() {
    let text = format!("{POD}---\napiVersion: v1\nkind: [\n---\n{POD}");
    let report = run(&[("a.yaml", &text)]);
    assert_eq!(
        rules(&report)
            .iter()
            .filter(|rule| **rule == "resources/missing-memory-limit")
            .count(),
        2
    );
    assert!(rules(&report).contains(&"syntax/yaml"));
}

#[test]
fn parts_of_a_configuration_that_come_from_elsewhere_are_never_missing() {
    let base = "receivers: {otlp: {protocols: {grpc: {endpoint: \"0.0.0.0:4317\"}}}}\nexporters: {otlp: {endpoint: \"http://b:4317\"}}\n";
    for rest in [
        "processors: ${file:p.yaml}\nservice: {pipelines: {traces: {receivers: [otlp], processors: [batch], exporters: [otlp]}}}\n",
        "extensions: ${file:x.yaml}\nservice: {extensions: [health_check], pipelines: {traces: {receivers: [otlp], exporters: [otlp]}}}\n",
        "service: {pipelines: {traces: {receivers: [otlp], exporters: [otlp]}, logs: \"${file:l.yaml}\"}}\n",
        "service: {pipelines: {traces: {receivers: [otlp], exporters: [\"${env:E}\"]}}}\n",
    ] {
        let report = run(&[("c.yaml", &format!("{base}{rest}"))]);
        let wrong: Vec<&str> = rules(&report)
            .into_iter()
            .filter(|rule| rule.starts_with("pipeline/"))
            .collect();
        assert_eq!(wrong, Vec::<&str>::new(), "{rest}");
    }
}

/// The findings of one rule in some files, and the texts after all its fixes.
fn mended(rule: &str, files: &[(String, String)]) -> (usize, usize, Vec<(String, String)>) {
    let sources = (0..)
        .zip(files)
        .map(|(index, (path, text))| SourceFile::new(FileId(index), path.as_str(), text.as_str()));
    let repository = Repository::build(sources.collect());
    let mut settings = Settings {
        profile: "strict".to_owned(),
        ..Settings::default()
    };
    settings.suppressions = false;
    let mut report = check(&repository, &occasion(), built_in(), &settings);
    report.finish();
    let found: Vec<&Finding> = report
        .findings
        .iter()
        .filter(|f| &*f.rule == rule)
        .collect();
    let mut applied = 0;
    let texts = repository.files.iter().map(|file| {
        let of_file = found.iter().filter(|finding| finding.span.file == file.id);
        let fixes: Vec<_> = of_file.filter_map(|finding| finding.fix.as_ref()).collect();
        let patched = patch(file, &fixes);
        applied += patched.applied;
        (file.path.to_string(), patched.text)
    });
    let texts = texts.collect();
    (found.len(), applied, texts)
}

#[test]
fn every_rule_with_edits_mends_what_it_finds() {
    for rule in built_in()
        .rules
        .iter()
        .filter(|rule| !rule.edits.is_empty())
    {
        let mut all = 0;
        for example in &rule.fail {
            let (before, applied, texts) = mended(&rule.id, &example.files);
            let (after, _, _) = mended(&rule.id, &texts);
            assert_eq!(before - after, applied, "{}: {texts:?}", rule.id);
            all += applied;
        }
        assert!(all > 0, "{} mends none of its examples", rule.id);
    }
}

#[test]
fn fixes_keep_line_ends_and_change_nothing_else() {
    let pod = POD.replace('\n', "\r\n");
    let files = [("a.yaml".to_owned(), pod.clone())];
    let (_, applied, texts) = mended("resources/missing-memory-limit", &files);
    assert_eq!(applied, 1);
    let wanted = format!("{pod}        limits:\r\n          memory: 1Gi\r\n");
    assert_eq!(texts[0].1, wanted);
}

#[test]
fn values_in_text_blocks_and_behind_anchors_are_left_alone() {
    let pod = |value: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers:\n  - name: a\n    image: a:1\n    env:\n    - name: GOMEMLIMIT\n      value: {value}\n    - {{name: B, value: x}}\n"
        )
    };
    for (value, fixes) in [("400Mi", 1), (">-\n        400Mi", 0), ("&a 400Mi", 0)] {
        let files = [("a.yaml".to_owned(), pod(value))];
        let (found, applied, _) = mended("resources/gomemlimit-unit", &files);
        assert_eq!((found, applied), (1, fixes), "{value}");
    }
}

#[test]
fn a_fix_that_changes_more_than_it_says_is_left_out() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: b, c: d}\n";
    let file = SourceFile::new(FileId(0), "a.yaml", text);
    let at = text.find("b,").unwrap();
    let fix = |new: &str| Fix {
        edits: vec![crate::finding::Edit {
            span: crate::source::Span::new(FileId(0), at, at + 1),
            text: new.to_owned(),
        }],
        is_safe: true,
    };
    assert_eq!(patch(&file, &[&fix("x")]).applied, 1);
    assert_eq!(
        patch(&file, &[&fix("x, e: f}\nmore: {y: z")]).applied,
        0,
        "a key appears elsewhere"
    );
    assert_eq!(patch(&file, &[&fix("[")]).applied, 0, "it does not parse");
    assert_eq!(
        patch(&file, &[&fix("x"), &fix("y")]).applied,
        1,
        "two of one place"
    );
}
