//! `rules`, `explain`, `test`, and the help.

use crate::sandbox::{Sandbox, here};

#[test]
fn explain_says_why_and_shows_examples() {
    let run = here(&["explain", "resources/missing-memory-limit", "--no-config"]);
    assert_eq!(run.code, Some(0));
    for part in [
        "Container without a memory limit",
        "Why\n",
        "Fix\n",
        "Passes\n",
        "Fails\n",
        "# <-- here",
        "kubernetes.io",
    ] {
        assert!(run.stdout.contains(part), "{part}: {}", run.stdout);
    }
    assert_eq!(here(&["explain", "syntax/yaml"]).code, Some(0));
}

#[test]
fn an_unknown_rule_gets_the_nearest() {
    let run = here(&["explain", "resources/missing-memory-limt"]);
    assert_eq!(run.code, Some(2));
    assert!(
        run.stderr
            .contains("did you mean `resources/missing-memory-limit`?"),
        "{run:?}"
    );
}

#[test]
fn rules_are_listed_with_their_profile() {
    let run = here(&["rules", "--no-config"]);
    let line = run
        .stdout
        .lines()
        .find(|line| line.starts_with("privacy/unscrubbed-trace-pipeline"))
        .unwrap();
    assert!(
        line.contains("warning") && line.contains("strict"),
        "{line}"
    );
    let listed = run.stdout.lines().filter(|line| line.contains('/')).count();
    let last = run.stdout.lines().last().unwrap();
    assert!(last.starts_with(&format!("{listed} rules")), "{last}");
}

#[test]
fn every_family_has_four_rules_and_every_kind_of_file_some() {
    let run = here(&["rules", "--no-config"]);
    for family in [
        "agent/",
        "endpoint/",
        "resources/",
        "privacy/",
        "availability/",
        "pipeline/",
        "rollout/",
    ] {
        let count = run
            .stdout
            .lines()
            .filter(|line| line.starts_with(family))
            .count();
        assert!(count >= 4, "{family}: {count}");
    }
}

#[test]
fn test_says_which_example_fails_and_how() {
    let policy = b"title: T\nseverity: error\nsubject: container\nrequire: has(container.resources.limits)\nmessage: m\nwhy: w\nfix: f\nexamples:\n  pass: [\"apiVersion: v1\\nkind: Pod\\nspec: {containers: [{name: a, image: b}]}\"]\n  fail: [\"apiVersion: v1 # <-- here\\nkind: Pod\\nspec: {containers: [{name: a, image: b}]}\"]\n";
    let sandbox = Sandbox::new(&[("p/x.yaml", policy)]);
    let run = sandbox.run(&["test", "p"]);
    assert_eq!(run.code, Some(1));
    assert!(
        run.stdout
            .contains("failed: p/x.yaml:9:10: x: expected nothing, and found example.yaml:3"),
        "{run:?}"
    );
    assert!(
        run.stdout
            .contains("expected example.yaml:1, and found example.yaml:3"),
        "{run:?}"
    );
}

#[test]
fn help_names_the_exit_codes() {
    let run = here(&["--help"]);
    assert_eq!(run.code, Some(0));
    assert!(run.stdout.contains("Exit codes:"), "{run:?}");
}

#[test]
fn init_writes_what_is_not_there_and_its_policy_passes() {
    let sandbox = Sandbox::new(&[]);
    let run = sandbox.run(&["init"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let run = sandbox.run(&["test", ".spanguard/policies"]);
    assert!(
        run.stdout.contains("1 rule with 2 examples: 0 failed"),
        "{run:?}"
    );
    std::fs::write(sandbox.path().join("spanguard.yaml"), "profile: strict\n").unwrap();
    let run = sandbox.run(&["init"]);
    assert!(run.stdout.contains("spanguard.yaml: exists"), "{run:?}");
    assert_eq!(sandbox.read("spanguard.yaml"), "profile: strict\n");
    let run = sandbox.run(&["check", "--allow-empty"]);
    assert_eq!(run.code, Some(0), "{run:?}");
}

#[test]
fn rules_are_listed_for_programs() {
    let run = here(&["rules", "--no-config", "-o", "json"]);
    let listed: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let rule = listed
        .as_array()
        .unwrap()
        .iter()
        .find(|rule| rule["id"] == "resources/missing-memory-limit")
        .unwrap();
    assert_eq!(rule["subject"], "container");
    assert!(
        rule["profiles"]
            .as_array()
            .unwrap()
            .contains(&"strict".into())
    );
}

#[test]
fn every_shell_gets_completions() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let run = here(&["completions", shell]);
        assert!(
            run.code == Some(0) && run.stdout.contains("baseline"),
            "{shell}"
        );
    }
}
