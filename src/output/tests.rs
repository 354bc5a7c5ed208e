//! What people and programs read.

use std::sync::Arc;

use insta::assert_snapshot;

use super::*;
use crate::finding::{Coverage, Notification, Related, RuleInfo};
use crate::source::{FileId, SourceFile, Views};

fn report(findings: usize) -> Report {
    let text =
        "kind: Pod\nspec:\n  containers:\n    - name: app\u{1b}[31m ##[error]\n      image: a:1\n";
    let file = SourceFile::new(FileId(0), "k8s/a b.yaml", text);
    let start = text.find("name").unwrap();
    let finding = |number: usize| Finding {
        rule: Arc::from("resources/missing-memory-limit"),
        severity: Severity::Error,
        message: format!("container `app\u{1b}[31m` sets no limit, 100% sure: {number}"),
        span: Span::new(FileId(0), start, start + 9),
        related: vec![Related {
            span: Span::new(FileId(0), 0, 9),
            message: "of this pod".to_owned(),
        }],
        flow: Vec::new(),
        leads_here: false,
        object: format!("Pod//a/{number}"),
        fix: None,
        fingerprint: String::new(),
        views: Views::ALL,
    };
    let mut report = Report {
        findings: (0..findings).map(finding).collect(),
        notifications: vec![Notification {
            kind: "not-rendered",
            severity: Severity::Warning,
            message: "a template".to_owned(),
            help: None,
            path: Some("chart/x.yaml".to_owned()),
            position: None,
        }],
        coverage: Coverage::empty(),
        rules: vec![RuleInfo {
            id: Arc::from("resources/missing-memory-limit"),
            title: "Container without a memory limit".to_owned(),
            severity: Severity::Error,
            why: "It matters.".to_owned(),
            fix: "Set a limit.".to_owned(),
            tags: vec![],
            references: vec![],
            is_security: false,
        }],
        files: vec![file],
        ..Report::default()
    };
    report.coverage.count_file("checked", None);
    report.finish();
    report
}

fn rendered(format: Format, report: &Report) -> String {
    let mut out = Vec::new();
    let look = Look {
        width: 80,
        ..Look::default()
    };
    render(format, report, &look, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_person_sees_the_line_the_help_and_the_sums() {
    assert_snapshot!(rendered(Format::Terminal, &report(1)));
}

#[test]
fn concise_is_one_line_for_each_finding() {
    assert_snapshot!(rendered(Format::Concise, &report(2)), @r"
    k8s/a b.yaml:4:7: error[resources/missing-memory-limit] container `app\u{1b}[31m` sets no limit, 100% sure: 0
    k8s/a b.yaml:4:7: error[resources/missing-memory-limit] container `app\u{1b}[31m` sets no limit, 100% sure: 1
    chart/x.yaml: warning[not-rendered] a template
    Saw 1 file (1 checked): no artifacts.
    ");
}

#[test]
fn what_is_undecided_is_a_line_too_where_more_is_asked_for() {
    let mut report = report(0);
    report.unknowns.push(crate::finding::Unknown {
        rule: Arc::from("resources/missing-memory-limit"),
        reason: "a default\u{1b} is not among the files".to_owned(),
        span: Span::new(FileId(0), 0, 9),
        object: "Pod//a".to_owned(),
        views: Views::ALL,
    });
    let look = Look {
        verbosity: 1,
        ..Look::default()
    };
    let mut out = Vec::new();
    render(Format::Concise, &report, &look, &mut out).unwrap();
    let line = r"k8s/a b.yaml:1:1: unknown[resources/missing-memory-limit] a default\u{1b} is not among the files";
    assert_eq!(String::from_utf8(out).unwrap().lines().next(), Some(line));
    assert!(!rendered(Format::Concise, &report).contains("unknown["));
}

#[test]
fn annotations_are_escaped_and_stay_within_the_budget() {
    let text = rendered(Format::Github, &report(14));
    let errors: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("::error"))
        .collect();
    assert_eq!(errors.len(), 10);
    assert!(errors[0].starts_with("::error file=k8s/a b.yaml,line=4,endLine=4,col=7,endColumn=16,title=resources/missing-memory-limit::"), "{}", errors[0]);
    assert!(
        errors[0].contains("100%25 sure: 0%0Ak8s/a b.yaml:1: of this pod%0ASet a limit."),
        "{}",
        errors[0]
    );
    assert!(errors[9].contains("5 more results"), "{}", errors[9]);
    assert_eq!(
        rendered(Format::Github, &report(10))
            .lines()
            .filter(|line| line.starts_with("::error"))
            .count(),
        10
    );
}

#[test]
fn sarif_has_what_github_needs() {
    let text = rendered(Format::Sarif, &report(1));
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let run = &json["runs"][0];
    let result = &run["results"][0];
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "k8s/a%20b.yaml");
    assert_eq!(place["region"]["startLine"], place["region"]["endLine"]);
    assert_eq!(
        (
            place["region"]["startLine"].as_u64(),
            place["region"]["startColumn"].as_u64()
        ),
        (Some(4), Some(7))
    );
    assert!(
        result["partialFingerprints"]["primaryLocationLineHash"]
            .as_str()
            .unwrap()
            .ends_with(":1")
    );
    assert_eq!(result["ruleIndex"], 0);
    assert!(
        run["tool"]["driver"]["rules"][0]["help"]["text"]
            .as_str()
            .unwrap()
            .contains("ignore[resources/missing-memory-limit]")
    );
    let empty: serde_json::Value =
        serde_json::from_str(&rendered(Format::Sarif, &report(0))).unwrap();
    assert_eq!(empty["runs"][0]["results"], serde_json::json!([]));
}

#[test]
fn json_counts_from_one_and_says_whether_it_is_complete() {
    let json: serde_json::Value =
        serde_json::from_str(&rendered(Format::Json, &report(1))).unwrap();
    assert_eq!(json["findings"][0]["location"]["line"], 4);
    assert_eq!(json["findings"][0]["location"]["column"], 7);
    assert_eq!(json["summary"]["complete"], false);
    assert_eq!(json["coverage"]["files_seen"], 1);
}

#[test]
fn a_single_root_outside_the_working_folder_is_left_out_for_machines() {
    let mut report = report(1);
    report.frame.cut = "k8s/".to_owned();
    let json: serde_json::Value = serde_json::from_str(&rendered(Format::Json, &report)).unwrap();
    assert_eq!(json["findings"][0]["location"]["path"], "a b.yaml");
    assert!(rendered(Format::Concise, &report).starts_with("k8s/a b.yaml:4"));
}

#[test]
fn a_line_of_megabytes_is_cut_in_the_snippet() {
    let mut report = report(1);
    let long = format!("name: {}\n", "x".repeat(2_000_000));
    report.files[0].text = long.as_str().into();
    report.findings[0].span = Span::new(FileId(0), 1_000_000, 1_000_004);
    assert!(rendered(Format::Terminal, &report).len() < 4_000);
}

#[test]
fn a_summary_stays_below_what_github_takes() {
    let small = rendered(Format::Markdown, &report(2));
    assert!(
        small.contains("| [resources/missing-memory-limit]"),
        "{small}"
    );
    assert!(small.contains("| k8s/a b.yaml&#58;4 |"), "{small}");
    let large = rendered(Format::Markdown, &report(10_000));
    assert!(large.len() < 1024 * 1024);
    assert!(
        large.contains(" more findings: see the log"),
        "no word of the rest"
    );
}

#[test]
fn columns_of_reviewdog_count_bytes() {
    let mut report = report(1);
    report.files = vec![SourceFile::new(FileId(0), "a.yaml", "ü: name\n")];
    let finding = &mut report.findings[0];
    finding.span = Span::new(FileId(0), 4, 8);
    finding.related.clear();
    let found: serde_json::Value =
        serde_json::from_str(&rendered(Format::Rdjson, &report)).unwrap();
    let range = &found["diagnostics"][0]["location"]["range"];
    assert_eq!(range["start"]["column"], 5);
    assert_eq!(range["end"]["column"], 9);
}

#[test]
fn fingerprints_of_gitlab_are_unique() {
    let found: serde_json::Value =
        serde_json::from_str(&rendered(Format::Gitlab, &report(3))).unwrap();
    let all: std::collections::BTreeSet<&str> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|issue| issue["fingerprint"].as_str().unwrap())
        .collect();
    assert_eq!(all.len(), 3);
}

#[test]
fn junit_passes_when_nothing_was_found() {
    let printed = rendered(Format::Junit, &report(0));
    assert!(printed.contains("tests=\"1\" failures=\"0\""), "{printed}");
    let printed = rendered(Format::Junit, &report(2));
    assert!(printed.contains("tests=\"2\" failures=\"2\""), "{printed}");
}
