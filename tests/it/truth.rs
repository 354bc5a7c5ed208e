//! Other projects' test inputs, where they are beside this repository: the same verdict for the checks that our rules
//! make, too. Where they contradict Kubernetes itself, the number is Kubernetes', and says so.

use std::path::Path;

use serde_json::Value;

use crate::sandbox::here;

/// Where the inputs are, relative to this repository.
const TRUTH: &str = "../shared/truth";

const MEMORY_LIMIT: &str = "resources/missing-memory-limit";
const MEMORY_REQUEST: &str = "resources/missing-memory-request";
const CPU_REQUEST: &str = "resources/missing-cpu-request";
const BLOCKS: &str = "availability/budget-blocks-drain";
const EQUALS: &str = "availability/budget-equals-replicas";
const SCALED: &str = "polaris/checks/pdbMinAvailableGreaterThanHPAMinReplicas";

/// File, rule and number of findings.
const EXPECTED: [(&str, &str, &str, usize); 37] = [
    ("kube-linter/checks", "pdb-max-unavailable", BLOCKS, 1),
    // Deployments without containers, and containers without an image: Kubernetes refuses both.
    ("kube-linter/checks", "pdb-min-available", EQUALS, 0),
    (
        "kube-linter/checks",
        "unset-cpu-requirements",
        CPU_REQUEST,
        0,
    ),
    (
        "kube-linter/checks",
        "unset-memory-requirements",
        MEMORY_REQUEST,
        0,
    ),
    (
        "kube-linter/checks",
        "unset-memory-requirements",
        MEMORY_LIMIT,
        0,
    ),
    (
        "polaris/checks/memoryLimitsMissing",
        "failure",
        MEMORY_LIMIT,
        1,
    ),
    (
        "polaris/checks/memoryLimitsMissing",
        "failure.cpu",
        MEMORY_LIMIT,
        1,
    ),
    (
        "polaris/checks/memoryLimitsMissing",
        "mutated",
        MEMORY_LIMIT,
        0,
    ),
    (
        "polaris/checks/memoryLimitsMissing",
        "mutated.cpu",
        MEMORY_LIMIT,
        0,
    ),
    (
        "polaris/checks/memoryLimitsMissing",
        "success",
        MEMORY_LIMIT,
        0,
    ),
    (
        "polaris/checks/memoryRequestsMissing",
        "failure",
        MEMORY_REQUEST,
        1,
    ),
    (
        "polaris/checks/memoryRequestsMissing",
        "mutated",
        MEMORY_REQUEST,
        0,
    ),
    (
        "polaris/checks/memoryRequestsMissing",
        "success",
        MEMORY_REQUEST,
        0,
    ),
    (
        "polaris/checks/cpuRequestsMissing",
        "failure",
        CPU_REQUEST,
        1,
    ),
    (
        "polaris/checks/cpuRequestsMissing",
        "mutated",
        CPU_REQUEST,
        0,
    ),
    (
        "polaris/checks/cpuRequestsMissing",
        "success",
        CPU_REQUEST,
        0,
    ),
    (
        "polaris/checks/pdbDisruptionsIsZero",
        "failure.either",
        BLOCKS,
        1,
    ),
    (
        "polaris/checks/pdbDisruptionsIsZero",
        "failure.max",
        BLOCKS,
        1,
    ),
    (
        "polaris/checks/pdbDisruptionsIsZero",
        "failure.min",
        BLOCKS,
        1,
    ),
    (
        "polaris/checks/pdbDisruptionsIsZero",
        "success.both",
        BLOCKS,
        0,
    ),
    (
        "polaris/checks/pdbDisruptionsIsZero",
        "success.max",
        BLOCKS,
        0,
    ),
    (
        "polaris/checks/pdbDisruptionsIsZero",
        "success.min",
        BLOCKS,
        0,
    ),
    (
        "polaris/checks/pdbDisruptionsIsZero",
        "success.none",
        BLOCKS,
        0,
    ),
    (SCALED, "failure-gt-percent", BLOCKS, 1),
    (SCALED, "failure-gt-scalar", EQUALS, 1),
    (SCALED, "success-lt-percent", EQUALS, 0),
    (SCALED, "success-maxUnavailable", EQUALS, 0),
    (SCALED, "success.lt", EQUALS, 0),
    (SCALED, "success.no-match", EQUALS, 0),
    (SCALED, "success.no-pdb", EQUALS, 0),
    (SCALED, "success.pdb-no-match", EQUALS, 0),
    (SCALED, "success.percent-no-replica", EQUALS, 0),
    (SCALED, "success", EQUALS, 0),
    // As many pods as the budget wants: none may go. Without an autoscaler that counts there is one replica.
    (SCALED, "success.equals", EQUALS, 1),
    (SCALED, "success.no-min-replicas", EQUALS, 1),
    (SCALED, "success.no-hpa", EQUALS, 1),
    (SCALED, "success.hpa-no-match", EQUALS, 1),
];

#[test]
fn verdicts_agree_with_other_tools_or_with_kubernetes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(TRUTH);
    if !root.is_dir() {
        return;
    }
    for (folder, name, rule, wanted) in EXPECTED {
        let endings = [".yaml", ".yml"].iter();
        let paths = endings.map(|ending| format!("{TRUTH}/{folder}/{name}{ending}"));
        let path = paths
            .into_iter()
            .find(|path| Path::new(env!("CARGO_MANIFEST_DIR")).join(path).is_file())
            .unwrap();
        let run = here(&[
            "check",
            &path,
            "--no-config",
            "--profile",
            "strict",
            "-o",
            "json",
        ]);
        let report: Value = serde_json::from_str(&run.stdout).unwrap();
        let all = report["findings"].as_array().unwrap();
        let found = all.iter().filter(|finding| finding["rule"] == rule).count();
        assert_eq!(found, wanted, "{path}: {rule}");
    }
}
