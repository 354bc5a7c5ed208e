//! Real repositories, where they are beside this one: no crash, no false syntax error, every file accounted for.

use std::path::Path;

use serde_json::Value;

use crate::sandbox::here;

/// Where real repositories are, relative to this one.
const CORPUS: &str = "../shared/corpus";

/// Files that really do not parse, by the end of their path.
const BROKEN: [&str; 0] = [];

#[test]
fn real_repositories_are_read_in_full() {
    if !Path::new(env!("CARGO_MANIFEST_DIR")).join(CORPUS).is_dir() {
        return;
    }
    let run = here(&["check", CORPUS, "--profile", "strict", "-o", "json"]);
    assert!(matches!(run.code, Some(0 | 1)), "{}", run.stderr);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let coverage = &report["coverage"];
    let sum = |key: &str| -> u64 {
        coverage[key]
            .as_object()
            .unwrap()
            .values()
            .map(|count| count.as_u64().unwrap())
            .sum()
    };
    assert!(coverage["files_seen"].as_u64().unwrap() > 2500);
    assert_eq!(coverage["files_seen"].as_u64().unwrap(), sum("files"));
    assert_eq!(
        coverage["documents_seen"].as_u64().unwrap(),
        sum("documents")
    );
    assert_eq!(
        coverage["files"]["skipped"].as_u64().unwrap(),
        sum("skipped")
    );
    for finding in report["findings"].as_array().unwrap() {
        let path = finding["location"]["path"].as_str().unwrap();
        let rule = finding["rule"].as_str().unwrap();
        let is_syntax = rule.starts_with("syntax/") && rule != "syntax/duplicate-key";
        assert!(
            !is_syntax || BROKEN.iter().any(|end| path.ends_with(end)),
            "{finding}"
        );
        assert_eq!(finding["location"]["line"], finding["location"]["end_line"]);
    }
}
