//! `checklist` and `go-live` on the repository of a whole rollout.

use std::path::Path;

use crate::sandbox::{Run, Sandbox, here};

const ROLLOUT: &str = "fixtures/repos/rollout";

/// The line of a list.
fn line<'r>(run: &'r Run, text: &str) -> &'r str {
    let mut lines = run.stdout.lines();
    let line = lines.find(|line| line.get(6..).is_some_and(|rest| rest.starts_with(text)));
    assert!(line.is_some(), "{text}: {run:?}");
    line.unwrap()
}

/// The files below a folder of this repository, with paths from that folder.
fn files(folder: &Path, top: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, top, found);
        } else {
            let name = path.strip_prefix(top).unwrap().to_str().unwrap();
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((name.replace('\\', "/"), text));
        }
    }
}

/// A copy of the rollout in which the text of one file is changed.
fn changed(path: &str, from: &str, to: &str) -> Sandbox {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join(ROLLOUT);
    let mut found = Vec::new();
    files(&top, &top, &mut found);
    let own = found.iter_mut().find(|(name, _)| name == path).unwrap();
    assert!(own.1.contains(from), "{path} has no {from}");
    own.1 = own.1.replace(from, to);
    let all: Vec<(&str, &[u8])> = found
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_bytes()))
        .collect();
    Sandbox::new(&all)
}

#[test]
fn a_checklist_ticks_off_what_files_show() {
    let run = here(&["checklist", "order", ROLLOUT, "--no-config"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let stored = line(&run, "Service in Jaeger list");
    let place = "fixtures/repos/rollout/infrastructure/jaeger/ingester-config.yaml:36: ";
    assert!(
        stored.starts_with("- [x]") && stored.contains(place),
        "{stored}"
    );
    for text in [
        "Add OTel SDK/agent",
        "Configure endpoints",
        "Update Dockerfile",
        "Update K8s manifests",
        "Traces complete",
        "No PII in span attributes",
        "Logs correlated with traces",
    ] {
        assert!(line(&run, text).starts_with("- [x]"), "{text}");
    }
    assert!(
        line(&run, "Unit tests pass").starts_with("- [?]"),
        "{run:?}"
    );
    let heads = [
        "# Service: shop/order\n",
        "- Owner: orders-team (",
        "- Phase: pilot (",
        "- Language: java (",
        "- Priority: P0 (",
    ];
    for head in heads {
        assert!(run.stdout.contains(head), "{head}");
    }
    let command = "`kubectl rollout undo deployment/order -n shop`";
    assert!(line(&run, "Rollback command").contains(command), "{run:?}");
}

#[test]
fn a_service_that_is_renamed_takes_the_tick_away() {
    let path = "infrastructure/gateway/service.yaml";
    let sandbox = changed(path, "name: otel-collector-gateway,", "name: otel-gateway,");
    let run = sandbox.run(&["checklist", "shop/order"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    let lost = line(&run, "Service in Jaeger list");
    assert!(
        lost.starts_with("- [ ]") && lost.contains("infrastructure/agent/config.yaml:23: "),
        "{lost}"
    );
    let run = sandbox.run(&["go-live"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    let lost = line(&run, "Traces of every service reach a store");
    assert!(
        lost.starts_with("- [ ]") && lost.contains("0 of 6 services"),
        "{lost}"
    );
}

#[test]
fn an_unknown_service_gets_the_nearest() {
    for command in ["checklist", "trace"] {
        let run = here(&[command, "ordr", ROLLOUT, "--no-config"]);
        assert_eq!(run.code, Some(2), "{run:?}");
        assert!(run.stderr.contains("did you mean `order`?"), "{run:?}");
        assert!(run.stdout.is_empty(), "{run:?}");
    }
}

#[test]
fn go_live_finds_every_part_and_every_trigger() {
    let run = here(&["go-live", ROLLOUT, "--no-config"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    for section in ["## Infrastructure\n", "## Rollback Triggers\n"] {
        let own = run.stdout.split(section).nth(1).unwrap();
        let own = own.split("\n## ").next().unwrap().trim();
        assert!(own.lines().all(|line| line.starts_with("- [x]")), "{own}");
    }
    let all = line(&run, "Traces of every service reach a store");
    assert!(all.contains("6 of 6 services"), "{all}");
    assert!(line(&run, "Budget approved").starts_with("- [?]"));
}

#[test]
fn one_gateway_is_no_go() {
    let path = "infrastructure/gateway/scaling.yaml";
    let sandbox = changed(path, "minReplicas: 3", "minReplicas: 1");
    let run = sandbox.run(&["go-live"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(
        line(&run, "Collector gateway").starts_with("- [ ]"),
        "{run:?}"
    );
}

#[test]
fn a_rule_that_is_switched_off_ticks_nothing_off() {
    let path = "infrastructure/namespace.yaml";
    let sandbox = changed(path, "kind: Namespace", "kind: Namespace");
    let settings = "rules: {availability/single-gateway: {severity: off}}\n";
    std::fs::write(sandbox.path().join("spanguard.yaml"), settings).unwrap();
    let run = sandbox.run(&["go-live"]);
    let gateway = line(&run, "Collector gateway");
    assert!(
        gateway.starts_with("- [?]") && gateway.contains("is switched off"),
        "{gateway}"
    );
}

#[test]
fn nothing_that_is_traced_is_no_list() {
    let sandbox = Sandbox::new(&[(
        "a.yaml",
        b"apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n",
    )]);
    let run = sandbox.run(&["go-live"]);
    assert_eq!(run.code, Some(3), "{run:?}");
    assert!(
        sandbox
            .run(&["go-live", "nowhere"])
            .stderr
            .contains("nowhere")
    );
}
