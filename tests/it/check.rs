//! `spanguard check`: streams, exit codes and bad input.

use std::io::Read as _;

use serde_json::Value;

use crate::sandbox::{Sandbox, here, program};

const POD: &[u8] = b"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - name: app\n      image: a:1\n";
const BAD_SWITCH: &[u8] =
    b"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - name: app\n      image: a:1\n      env: [{name: OTEL_SDK_DISABLED, value: \"1\"}]\n";

fn concise(run: &crate::sandbox::Run) -> Vec<&str> {
    run.stdout.lines().collect()
}

#[test]
fn exit_codes_say_how_it_ended() {
    let sandbox = Sandbox::new(&[
        ("warn/p.yaml", POD),
        ("error/p.yaml", BAD_SWITCH),
        ("none/readme.txt", b"x"),
    ]);
    let code = |arguments: &[&str]| sandbox.run(arguments).code;
    assert_eq!(
        code(&["check", "warn"]),
        Some(0),
        "a warning does not fail the run"
    );
    assert_eq!(code(&["check", "warn", "--fail-on", "warning"]), Some(1));
    assert_eq!(code(&["check", "error"]), Some(1));
    assert_eq!(code(&["check", "error", "--exit-zero"]), Some(0));
    assert_eq!(code(&["check", "error", "--fail-on", "never"]), Some(0));
    assert_eq!(code(&["check", "none"]), Some(3));
    assert_eq!(code(&["check", "none", "--allow-empty"]), Some(0));
    assert_eq!(
        code(&["check", "none/readme.txt"]),
        Some(0),
        "a file that is named is never nothing"
    );
    assert_eq!(code(&["check", "--nope"]), Some(2));
    for format in ["terminal", "concise", "json", "sarif", "github"] {
        assert_eq!(
            code(&["check", "error", "-o", format]),
            Some(1),
            "{format} changes nothing"
        );
    }
}

#[test]
fn a_root_that_does_not_exist_fails_the_run_and_hides_nothing() {
    let sandbox = Sandbox::new(&[("p.yaml", POD)]);
    let run = sandbox.run(&["check", "nowhere", "p.yaml", "-o", "concise"]);
    assert_eq!(run.code, Some(2));
    assert!(
        run.stdout
            .contains("p.yaml:6:7: warning[resources/missing-memory-limit]"),
        "{run:?}"
    );
    assert!(
        run.stdout
            .contains("nowhere: error[missing] cannot read nowhere"),
        "{run:?}"
    );
}

#[test]
fn what_cannot_be_read_is_said_and_the_rest_is_checked() {
    let huge = vec![b'a'; 17 * 1024 * 1024];
    let sandbox = Sandbox::new(&[
        ("p.yaml", POD),
        ("Dockerfile", b"\x7fELF\0\xff"),
        ("huge.yaml", &huge),
    ]);
    let run = sandbox.run(&["check", "-o", "concise"]);
    assert_eq!(run.code, Some(0));
    assert!(run.stdout.contains("p.yaml:6:7: warning"), "{run:?}");
    assert!(
        run.stdout.contains("Dockerfile: warning[not-text]"),
        "{run:?}"
    );
    assert!(
        run.stdout.contains("huge.yaml: warning[too-large]"),
        "{run:?}"
    );
}

#[test]
fn patterns_of_settings_are_meant_from_their_folder() {
    let sandbox = Sandbox::new(&[
        (
            "repo/spanguard.yaml",
            b"exclude: [vendor]\ninclude: [\"vendor/**\", \"app/**\"]\n",
        ),
        ("repo/vendor/p.yaml", POD),
        ("repo/app/p.yaml", POD),
        ("repo/other/p.yaml", POD),
    ]);
    for path in ["repo", "repo/app/.."] {
        let run = sandbox.run(&["check", path, "-o", "concise", "-q"]);
        assert!(run.stdout.contains("app/"), "{run:?}");
        assert!(!run.stdout.contains("vendor/"), "{run:?}");
        assert!(!run.stdout.contains("other/"), "{run:?}");
    }
}

#[test]
fn mistakes_in_settings_are_named_with_the_nearest_key_and_hide_nothing() {
    let sandbox = Sandbox::new(&[
        (
            "spanguard.yaml",
            b"profile: strict\nexlude: [a]\npolicies: [nowhere]\n",
        ),
        ("p.yaml", POD),
    ]);
    let run = sandbox.run(&["check", "-o", "concise", "-o", "sarif=s.sarif"]);
    assert_eq!(run.code, Some(2));
    for wanted in [
        "spanguard.yaml:2:1: error[settings] unknown key `exlude`",
        "did you mean `exclude`?",
        "spanguard.yaml:3:12: error[settings] there is no such folder",
        "p.yaml:6:7: note[resources/missing-cpu-request]",
    ] {
        assert!(run.stdout.contains(wanted), "{wanted}: {run:?}");
    }
    assert!(sandbox.read("s.sarif").contains("exlude"));
    assert_eq!(sandbox.run(&["check", "--no-config"]).code, Some(0));
    let run = sandbox.run(&["rules"]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("spanguard.yaml:2:1"), "{run:?}");
}

#[test]
fn a_file_with_two_names_is_checked_once() {
    let sandbox = Sandbox::new(&[("sub/a.txt", b""), ("p.yaml", POD)]);
    let whole = sandbox.path().join("p.yaml");
    let whole = whole.to_str().unwrap();
    let run = sandbox.run(&["check", "p.yaml", "./p.yaml", whole, "sub/..", "-o", "json"]);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["coverage"]["files_seen"], 1, "{run:?}");
    assert_eq!(report["findings"][0]["location"]["path"], "p.yaml");
}

#[test]
fn a_mistake_in_a_policy_is_reported_at_its_place_and_the_others_run() {
    let policy = b"title: T\nseverity: error\nsubject: container\nrequire: has(container.nme)\nmessage: m\nwhy: w\nfix: f\nexamples: {pass: [a], fail: [\"b # <-- here\"]}\n";
    let sandbox = Sandbox::new(&[
        (".spanguard/policies/own/rule.yaml", policy),
        ("p.yaml", POD),
    ]);
    let run = sandbox.run(&["check", "-o", "concise"]);
    assert_eq!(run.code, Some(2));
    assert!(
        run.stdout.contains(
            ".spanguard/policies/own/rule.yaml:4:24: error[policy] `container` has no field `nme`"
        ),
        "{run:?}"
    );
    assert!(
        run.stdout.contains("resources/missing-memory-limit"),
        "{run:?}"
    );
}

#[test]
fn a_rule_of_ones_own_is_one_file() {
    let policy = b"title: Untagged\nseverity: error\nsubject: container\nrequire: container.image_tag != '1'\nmessage: \"`{container.image}`\"\nwhy: w\nfix: f\nexamples:\n  pass: [\"apiVersion: v1\\nkind: Pod\\nspec: {containers: [{name: a, image: 'a:2'}]}\"]\n  fail: [\"apiVersion: v1\\nkind: Pod\\nspec: {containers: [{name: a, image: 'a:1'}]} # <-- here\"]\n";
    let sandbox = Sandbox::new(&[
        (".spanguard/policies/team/untagged.yaml", policy),
        ("p.yaml", POD),
    ]);
    let run = sandbox.run(&["check", "-o", "concise"]);
    assert!(
        concise(&run).contains(&"p.yaml:7:14: error[team/untagged] `a:1`"),
        "{run:?}"
    );
    let run = sandbox.run(&["test", ".spanguard/policies"]);
    assert_eq!(
        (run.code, run.stdout.trim()),
        (Some(0), "1 rule with 2 examples: 0 failed")
    );
}

#[test]
fn settings_change_severity_parameters_and_switch_off() {
    let settings = b"rules:\n  resources/missing-memory-limit: {severity: off}\n  resources/missing-memory-request: {severity: error}\n";
    let sandbox = Sandbox::new(&[("spanguard.yaml", settings), ("p.yaml", POD)]);
    let run = sandbox.run(&["check", "-q", "-o", "concise"]);
    assert_eq!(
        concise(&run),
        [
            "p.yaml:6:7: error[resources/missing-memory-request] container `app` of Pod `a` requests no memory"
        ]
    );
    assert_eq!(run.code, Some(1));
}

#[test]
fn several_outputs_in_one_run() {
    let sandbox = Sandbox::new(&[("p.yaml", POD)]);
    let run = sandbox.run(&[
        "check",
        "-o",
        "sarif=a.sarif",
        "-o",
        "json=b.json",
        "-o",
        "github",
    ]);
    assert!(
        run.stdout
            .starts_with("::warning file=p.yaml,line=6,endLine=6,col=7,endColumn=16,"),
        "{run:?}"
    );
    let sarif: Value = serde_json::from_str(&sandbox.read("a.sarif")).unwrap();
    assert_eq!(
        sarif["runs"][0]["results"][0]["ruleId"],
        "resources/missing-memory-limit"
    );
    let json: Value = serde_json::from_str(&sandbox.read("b.json")).unwrap();
    assert_eq!(json["findings"][0]["location"]["line"], 6);
    let run = sandbox.run(&["check", "-o", "sarif=nowhere/a.sarif"]);
    assert_eq!(run.code, Some(2));
    assert!(
        run.stderr.contains("cannot write nowhere/a.sarif"),
        "{run:?}"
    );
}

#[test]
fn standard_input_is_read_under_the_name_that_is_given() {
    let sandbox = Sandbox::new(&[]);
    let text = String::from_utf8(POD.to_vec()).unwrap();
    let run = sandbox.run_with(
        &[
            "check",
            "-",
            "--stdin-filename",
            "k8s/p.yaml",
            "-o",
            "concise",
        ],
        &[],
        &text,
    );
    assert!(run.stdout.starts_with("k8s/p.yaml:6:7:"), "{run:?}");
}

#[test]
fn a_closed_pipe_is_no_error() {
    let many: Vec<(String, &[u8])> = (0..400).map(|n| (format!("p{n}.yaml"), POD)).collect();
    let files: Vec<(&str, &[u8])> = many
        .iter()
        .map(|(path, text)| (path.as_str(), *text))
        .collect();
    let sandbox = Sandbox::new(&files);
    let mut child = program(sandbox.path(), &["check"]).spawn().unwrap();
    let mut first = [0_u8; 1];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    // Nor does it hide that there were findings.
    let arguments = ["check", "--fail-on", "warning"];
    let mut child = program(sandbox.path(), &arguments).spawn().unwrap();
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[test]
fn an_option_without_effect_is_refused_with_the_next_step() {
    let sandbox = Sandbox::new(&[("p.yaml", POD)]);
    for (arguments, wanted) in [
        (&["check", "--unsafe-fixes"][..], "add `--fix` or `--diff`"),
        (
            &["check", "--stdin-filename", "a.yaml"],
            "add `-` to the paths",
        ),
    ] {
        let run = sandbox.run(arguments);
        assert_eq!(run.code, Some(2));
        assert!(run.stderr.contains(wanted), "{run:?}");
    }
}

#[test]
fn standard_input_stands_for_the_file_of_its_name() {
    let sandbox = Sandbox::new(&[("k8s/p.yaml", POD)]);
    let text = String::from_utf8(POD.to_vec()).unwrap();
    let text = text.replace("name: ", "name: unsaved-");
    let run = sandbox.run_with(
        &[
            "check",
            "k8s",
            "-",
            "--stdin-filename",
            "./k8s/p.yaml",
            "-o",
            "concise",
        ],
        &[],
        &text,
    );
    assert!(run.stdout.starts_with("k8s/p.yaml:"), "{run:?}");
    assert!(
        run.stdout
            .lines()
            .all(|line| !line.starts_with("k8s") || line.contains("unsaved-"))
    );
    assert!(run.stdout.contains("Saw 1 file "), "{run:?}");
}

#[test]
fn a_patch_that_is_named_by_itself_is_still_a_patch() {
    let kustomization = b"resources: [../base]\npatches: [{path: patches/p.yaml}]\n";
    let sandbox = Sandbox::new(&[
        ("k/kustomization.yaml", kustomization),
        ("k/patches/p.yaml", POD),
    ]);
    let run = sandbox.run(&["check", "k/patches/p.yaml", "-o", "concise"]);
    assert!(!run.stdout.contains("p.yaml:6"), "{run:?}");
    let alone = Sandbox::new(&[("k/patches/p.yaml", POD)]);
    let run = alone.run(&["check", "k/patches/p.yaml", "-o", "concise"]);
    assert!(run.stdout.contains("p.yaml:6"), "{run:?}");
}

#[test]
fn machines_get_paths_from_the_top_of_the_repository() {
    let sandbox = Sandbox::new(&[
        ("top/.git/HEAD", b"ref: refs/heads/main\n"),
        ("top/a/p.yaml", POD),
        ("top/b/p.yaml", POD),
    ]);
    let path = |folder: &str, root: &str| {
        let arguments = ["check", root, "-o", "json", "--no-config"];
        let mut command = program(&sandbox.path().join(folder), &arguments);
        let output = command.output().unwrap();
        let json: Value = serde_json::from_slice(&output.stdout).unwrap();
        let finding = &json["findings"][0];
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (
            text(&finding["location"]["path"]),
            text(&finding["fingerprint"]),
        )
    };
    let wanted = path("top", "b");
    assert_eq!(wanted.0, "b/p.yaml");
    for (folder, root) in [
        ("top/b", "."),
        ("top/b", "p.yaml"),
        ("top/a", "../b"),
        ("top/a", "../b/p.yaml"),
        (".", "top/b"),
    ] {
        assert_eq!(path(folder, root), wanted, "{root} from {folder}");
    }
}

#[test]
fn colours_follow_option_environment_and_terminal() {
    let sandbox = Sandbox::new(&[("p.yaml", POD)]);
    let has_colour = |arguments: &[&str], environment: &[(&str, &str)]| {
        sandbox
            .run_with(arguments, environment, "")
            .stdout
            .contains('\u{1b}')
    };
    assert!(!has_colour(&["check"], &[]), "a pipe is no terminal");
    assert!(has_colour(&["check"], &[("FORCE_COLOR", "1")]));
    assert!(!has_colour(
        &["check"],
        &[("FORCE_COLOR", "1"), ("NO_COLOR", "1")]
    ));
    assert!(has_colour(
        &["check", "--color", "always"],
        &[("NO_COLOR", "1")]
    ));
}

#[test]
fn a_workflow_log_obeys_nothing_that_a_file_says() {
    let text = b"apiVersion: v1\nkind: Pod\nmetadata: {name: \"##[error]x\"}\nspec:\n  containers:\n    - name: \"::error::y\"\n      image: a:1\n";
    let sandbox = Sandbox::new(&[("p.yaml", text)]);
    let run = sandbox.run_with(
        &["check", "--color", "never"],
        &[("GITHUB_ACTIONS", "true")],
        "",
    );
    let first = run.stdout.lines().next().unwrap();
    let word = first.strip_prefix("::stop-commands::").unwrap();
    assert_eq!(run.stdout.lines().last().unwrap(), format!("::{word}::"));
    assert!(!run.stdout.contains("##["), "{run:?}");
    assert!(
        run.stdout
            .lines()
            .skip(1)
            .all(|line| !line.trim_start().starts_with("::") || line == format!("::{word}::"))
    );
}

#[test]
fn the_bytes_do_not_depend_on_threads() {
    for format in ["terminal", "concise", "json", "sarif", "github"] {
        let runs = ["1", "2", "8"]
            .map(|threads| here(&["check", "fixtures", "-v", "-j", threads, "-o", format]).stdout);
        assert!(runs[0].len() > 100);
        assert!(runs[0] == runs[1] && runs[1] == runs[2], "{format}");
    }
}

#[test]
fn the_clean_repository_is_clean_under_strict() {
    let run = here(&[
        "check",
        "fixtures/repos/clean",
        "--profile",
        "strict",
        "-o",
        "concise",
    ]);
    let seen =
        "Saw 4 files (4 checked): 1 collector, 1 list of packages, 1 dockerfile, 4 objects.\n";
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), seen));
}

#[test]
fn every_mistake_of_the_shop_is_found_on_its_line() {
    insta::assert_snapshot!(here(&["check", "fixtures/repos/shop", "-o", "concise"]).stdout);
}

#[test]
fn paths_below_a_single_root_outside_are_relative_to_it_for_machines() {
    let sandbox = Sandbox::new(&[("p.yaml", POD)]);
    let other = Sandbox::new(&[]);
    let root = sandbox.path().to_str().unwrap();
    let run = other.run(&["check", root, "-o", "json"]);
    let json: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(json["findings"][0]["location"]["path"], "p.yaml");
}

#[test]
fn timings_go_to_standard_error() {
    let sandbox = Sandbox::new(&[("p.yaml", POD)]);
    let run = sandbox.run(&["check", "--timings", "-q"]);
    assert!(
        run.stderr.contains("ms  evaluate rules") && !run.stdout.contains(" ms "),
        "{run:?}"
    );
}

#[test]
fn what_was_not_built_makes_a_run_incomplete() {
    let sandbox = Sandbox::new(&[
        ("base/kustomization.yaml", b"resources: [p.yaml]\n"),
        ("base/p.yaml", POD),
        (
            "over/kustomization.yaml",
            b"resources: [../base]\nimages:\n  - {name: a, newTag: \"2\"}\n",
        ),
    ]);
    let complete = |path: &str| {
        let run = sandbox.run(&["check", path, "-o", "json"]);
        let report: Value = serde_json::from_str(&run.stdout).unwrap();
        (
            report["summary"]["complete"].as_bool().unwrap(),
            report["notifications"][0]["line"].as_u64(),
        )
    };
    assert_eq!(complete("base"), (true, None));
    assert_eq!(complete("."), (true, None), "an overlay is built");
    let write = |path: &str, text: &[u8]| {
        let path = sandbox.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write(
        "charts/kustomization.yaml",
        b"# ours\nhelmCharts: [{name: a}]\n",
    );
    assert_eq!(complete("."), (false, Some(2)));
    write("charts/kustomization.yaml", b"resources: [../base]\n");
    assert_eq!(complete("."), (true, None), "each build is looked at");
}

#[test]
fn own_rules_have_severities_like_others() {
    let twice = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: \"1\"}\ndata: {a: \"2\"}\n";
    let sandbox = Sandbox::new(&[
        ("c.yaml", twice),
        ("off.yaml", b"rules: {syntax/duplicate-key: off}\n"),
        ("error.yaml", b"rules: {syntax/duplicate-key: error}\n"),
    ]);
    let code = |settings: &[&str]| {
        let arguments: Vec<&str> = ["check", "c.yaml"]
            .iter()
            .chain(settings)
            .copied()
            .collect();
        sandbox.run(&arguments).code
    };
    assert_eq!(code(&["--fail-on", "warning"]), Some(1));
    assert_eq!(
        code(&["--config", "off.yaml", "--fail-on", "note"]),
        Some(0)
    );
    assert_eq!(code(&["--config", "error.yaml"]), Some(1));
}

const LIMIT: &str = "resources/missing-memory-limit";

#[test]
fn a_suppression_with_an_end_counts_until_then() {
    let pod = String::from_utf8(POD.to_vec()).unwrap();
    let comment = format!("# spanguard: ignore[{LIMIT}] until 2027-01-31: measured first");
    let pod = pod.replace("- name: app", &format!("- name: app {comment}"));
    let sandbox = Sandbox::new(&[("p.yaml", pod.as_bytes())]);
    let on = |day: &str| {
        let run = sandbox.run(&["check", "-o", "concise", "-q", "--today", day]);
        (run.code, run.stdout)
    };
    assert_eq!(on("2027-01-01"), (Some(0), String::new()));
    let (code, printed) = on("2027-01-31");
    assert_eq!(code, Some(0));
    assert!(
        printed.contains("p.yaml:6:17: warning[suppression/expires-soon]"),
        "{printed}"
    );
    let (code, printed) = on("2027-02-01");
    assert_eq!(code, Some(1));
    assert!(
        printed.contains("error[suppression/expired]") && printed.contains(LIMIT),
        "{printed}"
    );
}

#[test]
fn a_waiver_accepts_a_finding_until_its_day() {
    let settings = "waivers:\n  - rule: resources/*\n    paths: [apps/**]\n    objects: [Pod//a]\n    owner: shop\n    reason: measured in spring\n    ticket: SHOP-7\n    expires: 2027-01-31\n  - {rule: rollout/unreadable-switch, owner: o, reason: r, expires: 2028-01-01}\n";
    let sandbox = Sandbox::new(&[
        ("spanguard.yaml", settings.as_bytes()),
        ("apps/p.yaml", POD),
    ]);
    let on = |day: &str, format: &str| sandbox.run(&["check", "-o", format, "-q", "--today", day]);
    let run = on("2027-01-01", "json");
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let accepted = &report["suppressed"][0];
    assert_eq!(accepted["by"], "waiver");
    assert_eq!(accepted["reason"], "shop: measured in spring (SHOP-7)");
    assert_eq!(accepted["until"], "2027-01-31");
    assert_eq!(accepted["finding"]["rule"], LIMIT);
    let findings = report["findings"].as_array().unwrap();
    let unused: Vec<_> = findings
        .iter()
        .map(|finding| &finding["location"]["line"])
        .collect();
    assert_eq!(unused, [9], "the second waiver is used by nothing");
    let run = on("2027-02-01", "concise");
    assert!(
        run.stdout
            .contains("spanguard.yaml:8:14: error[suppression/expired]"),
        "{run:?}"
    );
    assert!(run.stdout.contains("apps/p.yaml:6:7"), "{run:?}");
    assert_eq!(run.code, Some(1));
}

#[test]
fn a_waiver_that_cannot_be_understood_is_refused_at_its_place() {
    let settings = b"waivers:\n  - {rule: a/b, owner: o, reason: r, expires: soon}\n  - {rule: a/b, owner: o}\n  - {rule: \"*\", owner: ' ', reason: r, expires: 2030-01-01}\n  - {rule: a/*, owner: o, reason: r, expires: 2030-01-01}\n";
    let sandbox = Sandbox::new(&[("spanguard.yaml", settings), ("p.yaml", POD)]);
    let run = sandbox.run(&["check", "-o", "concise"]);
    assert_eq!(run.code, Some(2));
    for wanted in [
        "spanguard.yaml:2:47: error[settings] `soon` is not a day",
        "needs the key `expires`",
        "spanguard.yaml:4:24: error[settings] a waiver needs its owner",
        "spanguard.yaml:5:12: error[settings] there is no rule `a/*`",
    ] {
        assert!(run.stdout.contains(wanted), "{wanted}: {run:?}");
    }
}

#[test]
fn a_baseline_knows_what_was_there_and_forgets_what_is_gone() {
    let sandbox = Sandbox::new(&[("a.yaml", POD), ("b.yaml", BAD_SWITCH)]);
    assert_eq!(sandbox.run(&["check"]).code, Some(1));
    assert_eq!(sandbox.run(&["baseline", "write"]).code, Some(0));
    let known = [
        "check",
        "--baseline",
        "spanguard-baseline.json",
        "-o",
        "concise",
    ];
    let run = sandbox.run(&known);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(!run.stdout.contains('['), "{run:?}");
    let moved = [b"# one more line\n", BAD_SWITCH].concat();
    std::fs::write(sandbox.path().join("b.yaml"), moved).unwrap();
    assert_eq!(sandbox.run(&known).code, Some(0), "lines do not count");
    std::fs::write(sandbox.path().join("b.yaml"), POD).unwrap();
    let run = sandbox.run(&known);
    assert!(
        run.stdout.contains("note[baseline] 1 of 3 known"),
        "{run:?}"
    );
    let run = sandbox.run(&["baseline", "prune"]);
    assert!(run.stdout.contains("1 of 3 findings are gone"), "{run:?}");
    std::fs::write(sandbox.path().join("b.yaml"), BAD_SWITCH).unwrap();
    assert_eq!(
        sandbox.run(&known).code,
        Some(1),
        "what was gone is new again"
    );
    std::fs::write(sandbox.path().join("spanguard-baseline.json"), "{}").unwrap();
    assert_eq!(sandbox.run(&known).code, Some(2));
}

#[test]
fn a_baseline_stands_where_settings_say_and_forgets_only_what_was_looked_for() {
    let sandbox = Sandbox::new(&[
        ("one/a.yaml", POD),
        ("two/b.yaml", BAD_SWITCH),
        ("spanguard.yaml", b"baseline: known.json\n"),
    ]);
    let run = sandbox.run(&["baseline", "write"]);
    assert!(run.stdout.starts_with("known.json: "), "{run:?}");
    assert_eq!(sandbox.run(&["check"]).code, Some(0));
    // A part of the files says nothing about the rest.
    let run = sandbox.run(&["check", "two", "-o", "concise"]);
    assert!(!run.stdout.contains("note[baseline]"), "{run:?}");
    let run = sandbox.run(&["baseline", "prune", "two"]);
    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(
        run.stderr.contains("in files that were not checked"),
        "{run:?}"
    );
    assert_eq!(sandbox.run(&["baseline", "prune", "."]).code, Some(0));
    let part = sandbox.run(&["baseline", "write", "two"]);
    assert_eq!(part.code, Some(2), "{part:?}");
    assert_eq!(
        sandbox.run(&["check"]).code,
        Some(0),
        "nothing is forgotten"
    );
    let beside = sandbox.run(&["baseline", "write", "--file", "other.json"]);
    assert!(
        beside.stderr.contains("`check --baseline other.json`"),
        "{beside:?}"
    );
}

#[test]
fn a_waiver_for_everything_hides_no_file_that_cannot_be_read() {
    let waiver = b"waivers: [{rule: \"*\", owner: a, reason: b, expires: 2999-01-01}]\n";
    let sandbox = Sandbox::new(&[
        ("a.yaml", b"apiVersion: v1\nkind: Pod\nspec: [a\n"),
        ("spanguard.yaml", waiver),
    ]);
    let run = sandbox.run(&["check", "-o", "concise"]);
    assert!(run.stdout.contains("[syntax/yaml]"), "{run:?}");
}

#[test]
fn a_waiver_is_about_the_object_that_a_finding_is_shown_in() {
    let gateway = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: gw, namespace: obs}\ndata:\n  config.yaml: |\n    receivers: {otlp: {protocols: {grpc: {endpoint: '0.0.0.0:4317'}}}}\n    exporters: {otlp: {endpoint: 'store:4317'}}\n    service: {pipelines: {traces: {receivers: [otlp], exporters: [otlp]}}}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: gw, namespace: obs}\nspec:\n  replicas: 1\n  template:\n    metadata: {labels: {app: gw}}\n    spec:\n      containers:\n        - name: c\n          image: otel/opentelemetry-collector-contrib:0.155.0\n          args: [--config=/c/config.yaml]\n          volumeMounts: [{name: c, mountPath: /c}]\n      volumes: [{name: c, configMap: {name: gw}}]\n";
    for (object, is_waived) in [("Deployment/obs/gw", true), ("Deployment/obs/other", false)] {
        let waiver = format!(
            "waivers: [{{rule: availability/single-gateway, objects: ['{object}'], owner: a, reason: b, expires: 2999-01-01}}]\n"
        );
        let sandbox = Sandbox::new(&[("gw.yaml", gateway), ("spanguard.yaml", waiver.as_bytes())]);
        let run = sandbox.run(&["check", "-o", "concise"]);
        let is_found = run.stdout.contains("[availability/single-gateway]");
        assert_eq!(!is_found, is_waived, "{object}: {run:?}");
    }
}

#[test]
fn a_waiver_is_unused_only_where_everything_was_looked_at() {
    let waiver = b"waivers: [{rule: \"alerts/*\", owner: a, reason: b, expires: 2999-01-01}]\n";
    let sandbox = Sandbox::new(&[("one/a.yaml", POD), ("spanguard.yaml", waiver)]);
    let unused = "spanguard.yaml:1:18: warning[suppression/unused]";
    let whole = sandbox.run(&["check", "-o", "concise"]);
    assert!(whole.stdout.contains(unused), "{whole:?}");
    let part = sandbox.run(&["check", "one", "-o", "concise"]);
    assert!(!part.stdout.contains("suppression/unused"), "{part:?}");
}

#[test]
fn only_what_can_be_mended_is_promised() {
    let pod = |more: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: d}}\nspec:\n  containers:\n    - name: b\n      image: b:1\n      env: &e\n        - {{name: LOG, value: info}}\n      resources: {{limits: {{memory: 1Gi}}}}\n    - {{name: c, image: \"c:1\"{more}}}\n"
        )
    };
    let promise = "spanguard can mend";
    for (more, is_promised) in [("", true), (", env: *e", false)] {
        let sandbox = Sandbox::new(&[("a.yaml", pod(more).as_bytes())]);
        let told = sandbox.run(&["check"]);
        let shown = sandbox.run(&["check", "--diff", "--unsafe-fixes"]);
        let is_told = told.stdout.contains(promise) || told.stderr.contains(promise);
        assert_eq!(is_told, is_promised, "{told:?}");
        assert_eq!(!shown.stdout.is_empty(), is_promised, "{shown:?}");
    }
}

#[test]
fn fixes_are_shown_and_written() {
    let text = b"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - name: app\n      image: a:1\n      env:\n        - {name: GOMEMLIMIT, value: 400Mi} # keep\n";
    let sandbox = Sandbox::new(&[("p.yaml", text)]);
    let run = sandbox.run(&["check", "--diff"]);
    assert_eq!(run.code, Some(1));
    assert!(
        run.stdout
            .contains("+        - {name: GOMEMLIMIT, value: 400MiB} # keep"),
        "{run:?}"
    );
    assert_eq!(
        sandbox.read("p.yaml").as_bytes(),
        text,
        "a diff writes nothing"
    );
    let run = sandbox.run(&["check"]);
    assert!(
        run.stdout
            .contains("can mend 1 finding with `--fix`, and 1 finding with `--fix --unsafe-fixes`"),
        "{run:?}"
    );
    let run = sandbox.run(&["check", "--fix"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.stderr.contains("Mended 1 finding."), "{run:?}");
    assert!(sandbox.read("p.yaml").contains("400MiB} # keep"));
    assert!(
        run.stdout.contains("missing-memory-limit"),
        "what is left is reported: {run:?}"
    );
    let run = sandbox.run(&["check", "--fix", "--unsafe-fixes", "-q"]);
    assert_eq!(run.stdout, "");
    assert!(
        sandbox
            .read("p.yaml")
            .ends_with("      resources:\n        limits:\n          memory: 512Mi\n")
    );
}

/// What one fix makes room for, another one fills: two rounds are needed here.
#[test]
fn a_diff_shows_all_that_fixes_write() {
    let text = b"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - name: app\n      image: a:1\n      env:\n        - {name: OTEL_SDK_DISABLED, value: \"1\"}\n        - {name: GOMEMLIMIT, value: 400Mi}\n";
    let sandbox = Sandbox::new(&[("p.yaml", text)]);
    let options = ["check", "--profile", "strict", "--unsafe-fixes"];
    let diff = sandbox.run(&[&options[..], &["--diff"]].concat()).stdout;
    sandbox.run(&[&options[..], &["--fix"]].concat());
    let written = sandbox.read("p.yaml");
    let added = diff.lines().filter(|line| !line.starts_with("+++"));
    let added: Vec<&str> = added.filter_map(|line| line.strip_prefix('+')).collect();
    let new = written
        .lines()
        .filter(|line| !text.windows(line.len()).any(|own| own == line.as_bytes()));
    assert_eq!(added, new.collect::<Vec<_>>());
    assert!(
        diff.contains("+      resources:") && diff.contains("+          memory: 512Mi"),
        "{diff}"
    );
}

#[test]
fn a_waiver_is_for_paths_from_its_settings_on() {
    let waived = |pattern: &str| {
        let waiver = format!(
            "waivers: [{{rule: resources/*, paths: ['{pattern}'], owner: a, reason: b, expires: 2999-01-01}}]\n"
        );
        let sandbox = Sandbox::new(&[
            ("own/spanguard.yaml", waiver.as_bytes()),
            ("own/p.yaml", POD),
            ("own/sub/x/p.yaml", POD),
            (".git/HEAD", b""),
        ]);
        let paths = |folder: &str, path: &str| {
            let folder = sandbox.path().join(folder);
            let arguments = ["check", path, "-o", "json"];
            let output = program(&folder, &arguments).output().unwrap();
            let report: Value = serde_json::from_slice(&output.stdout).unwrap();
            let all = report["suppressed"].as_array().unwrap().iter();
            let paths = all.map(|one| one["finding"]["location"]["path"].as_str().unwrap());
            paths.map(str::to_owned).collect::<Vec<_>>()
        };
        let found = paths("own", ".");
        assert_eq!(paths("", "own"), found, "{pattern}");
        assert_eq!(paths("own/sub", ".."), found, "{pattern}");
        found
    };
    let (top, deep) = ("own/p.yaml", "own/sub/x/p.yaml");
    for pattern in ["p.yaml", "./p.yaml"] {
        assert_eq!(waived(pattern), [top], "{pattern}");
    }
    for pattern in ["sub", "sub/", "sub/x", "sub/**", "sub/x/p.yaml"] {
        assert_eq!(waived(pattern), [deep], "{pattern}");
    }
    assert_eq!(waived("**/p.yaml"), [top, deep]);
    assert!(waived("x/p.yaml").is_empty());
}

#[test]
fn settings_below_what_is_checked_are_not_silently_left_out() {
    let sandbox = Sandbox::new(&[
        (
            "a/spanguard.yaml",
            b"rules: {resources/missing-memory-limit: off}\n",
        ),
        ("a/p.yaml", POD),
    ]);
    let told = |arguments: &[&str]| {
        sandbox
            .run(arguments)
            .stdout
            .contains("[settings-not-used]")
    };
    assert!(told(&["check", "-o", "concise"]));
    assert!(!told(&["check", "a", "-o", "concise"]));
    assert!(!told(&["check", "--no-config", "-o", "concise"]));
}

#[test]
fn a_submodule_is_a_part_of_the_repository_around_it() {
    let sandbox = Sandbox::new(&[
        (".git/HEAD", b""),
        ("mod/.git", b"gitdir: ../.git/modules/mod\n"),
        ("mod/p.yaml", POD),
        ("other/.git/HEAD", b""),
        ("other/p.yaml", POD),
    ]);
    let path = |root: &str| {
        let run = sandbox.run(&["check", root, "-o", "json"]);
        let report: Value = serde_json::from_str(&run.stdout).unwrap();
        report["findings"][0]["location"]["path"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(path("mod"), "mod/p.yaml");
    assert_eq!(path("mod/."), "mod/p.yaml");
    assert_eq!(path("mod/p.yaml"), "mod/p.yaml");
    assert_eq!(path("other"), "p.yaml", "a repository of its own");
}

#[test]
fn a_pattern_in_the_settings_changes_a_family() {
    let levels = |rules: &str| {
        let settings = format!("rules:\n{rules}");
        let sandbox = Sandbox::new(&[("p.yaml", POD), ("spanguard.yaml", settings.as_bytes())]);
        let run = sandbox.run(&["check", "-o", "concise"]);
        let mut lines = run.stdout.lines();
        let found = lines.find_map(|line| {
            Some(
                line.split_once("[resources/missing-memory-limit]")?
                    .0
                    .to_owned(),
            )
        });
        (
            found.map(|line| line.rsplit(' ').next().unwrap().to_owned()),
            run.code,
        )
    };
    let some = |level: &str| Some(level.to_owned());
    assert_eq!(levels("  resources/*: error\n"), (some("error"), Some(1)));
    assert_eq!(levels("  resources/*: off\n").0, None);
    assert_eq!(
        levels("  resources/*: off\n  resources/missing-memory-limit: note\n").0,
        some("note")
    );
    assert_eq!(levels("  '*': off\n  resources/*: note\n").0, some("note"));
    assert_eq!(levels("  nothing/*: off\n").1, Some(2));
    assert_eq!(
        levels("  resources/*: {severity: note, params: {a: 1}}\n").1,
        Some(2)
    );
}

#[test]
fn one_file_that_cannot_be_mended_keeps_no_other_from_it() {
    let text = b"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - name: app\n      image: a:1\n      env:\n        - {name: GOMEMLIMIT, value: 400Mi}\n";
    let sandbox = Sandbox::new(&[("b.yaml", text), ("z.yaml", text)]);
    let path = |name: &str| sandbox.path().join(name);
    // Two names of one file: what is written under the first has changed under the second.
    std::fs::hard_link(path("b.yaml"), path("c.yaml")).unwrap();
    let run = sandbox.run(&["check", "--fix"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    for name in ["b.yaml", "c.yaml", "z.yaml"] {
        assert!(sandbox.read(name).contains("400MiB"), "{name}: {run:?}");
    }
}

#[test]
fn what_is_so_in_some_overlays_only_names_them() {
    let deployment = b"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: cart}\nspec:\n  selector: {matchLabels: {app: cart}}\n  template:\n    metadata: {labels: {app: cart}}\n    spec:\n      containers:\n        - name: app\n          image: r.example/cart:1.0.0\n          env: [{name: OTEL_SERVICE_NAME, value: cart}]\n";
    let limited: &[u8] = b"resources: [../base]\npatches:\n  - patch: |-\n      apiVersion: apps/v1\n      kind: Deployment\n      metadata: {name: cart}\n      spec: {template: {spec: {containers: [{name: app, resources: {limits: {memory: 1Gi}}}]}}}\n";
    let plain: &[u8] = b"# ours\nresources: [../base]\n";
    let told = |live: &[u8]| {
        let sandbox = Sandbox::new(&[
            ("base/kustomization.yaml", b"resources: [cart.yaml]\n"),
            ("base/cart.yaml", deployment),
            ("live/kustomization.yaml", live),
            ("test/kustomization.yaml", plain),
        ]);
        let run = sandbox.run(&["check", "--profile", "strict", "-o", "json"]);
        let report: Value = serde_json::from_str(&run.stdout).unwrap();
        let findings = report["findings"].as_array().unwrap().clone();
        let limits = findings
            .iter()
            .filter(|found| found["rule"] == "resources/missing-memory-limit");
        let told = limits.map(|found| {
            let related = found["related"].as_array().unwrap().iter();
            let places = related.map(|one| {
                format!(
                    "{}:{} {}",
                    one["location"]["path"], one["location"]["line"], one["message"]
                )
            });
            (
                found["location"]["path"].clone(),
                places.collect::<Vec<_>>(),
            )
        });
        told.collect::<Vec<_>>()
    };
    let here = Value::from("base/cart.yaml");
    let place = r#""test/kustomization.yaml":2 "so it is built here""#.to_owned();
    assert_eq!(told(limited), [(here.clone(), vec![place])]);
    assert_eq!(told(plain), [(here, Vec::new())]);
}

#[test]
fn a_small_environment_may_go_without_what_another_has() {
    let gateway = b"apiVersion: opentelemetry.io/v1beta1\nkind: OpenTelemetryCollector\nmetadata: {name: gateway}\nspec:\n  replicas: 3\n  config: {receivers: {otlp: {protocols: {grpc: {endpoint: '0.0.0.0:4317'}}}}, exporters: {otlp_grpc: {endpoint: 'store:4317'}}, service: {pipelines: {traces: {receivers: [otlp], exporters: [otlp_grpc]}}}}\n";
    let overlay = |replicas: u8| {
        format!(
            "resources: [../base]\nnamespace: n{replicas}\npatches:\n  - target: {{kind: OpenTelemetryCollector}}\n    patch: '[{{op: replace, path: /spec/replicas, value: {replicas}}}]'\n"
        )
    };
    let places = |live: u8, test: u8| {
        let (live, test) = (overlay(live), overlay(test));
        let sandbox = Sandbox::new(&[
            ("base/kustomization.yaml", b"resources: [gateway.yaml]\n"),
            ("base/gateway.yaml", gateway),
            ("live/kustomization.yaml", live.as_bytes()),
            ("test/kustomization.yaml", test.as_bytes()),
        ]);
        let list = sandbox.run(&["go-live"]).stdout;
        let line = list.lines().find(|line| line.contains("Collector gateway"));
        let is_enough = live.contains("n3");
        assert_eq!(line.unwrap().starts_with("- [x]"), is_enough, "{list}");
        let run = sandbox.run(&["check", "-o", "concise"]);
        let lines = run.stdout.lines();
        let own = lines.filter(|line| line.contains("availability/single-gateway"));
        own.map(|line| line.split(": ").next().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert!(places(3, 1).is_empty());
    let both = [
        "live/kustomization.yaml:5:57",
        "test/kustomization.yaml:5:57",
    ];
    assert_eq!(places(2, 1), both);
}

#[test]
fn a_finding_points_into_the_overlay_that_decides() {
    let deployment = b"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: cart}\nspec:\n  replicas: 2\n  selector: {matchLabels: {app: cart}}\n  template:\n    metadata: {labels: {app: cart}}\n    spec:\n      containers:\n        - name: app\n          image: r.example/cart:1.0.0\n          env: [{name: OTEL_EXPORTER_OTLP_ENDPOINT, value: \"http://gateway.obs:4317\"}]\n";
    let live: &[u8] = b"resources: [../base]\npatches:\n  - target: {kind: Deployment}\n    patch: |-\n      - op: replace\n        path: /spec/template/spec/containers/0/env/0/value\n        value: http://localhost:4317\n";
    let test: &[u8] = b"resources: [../base]\n";
    let places = |files: &[(&str, &[u8])]| {
        let base: [(&str, &[u8]); 2] = [
            ("base/kustomization.yaml", b"resources: [cart.yaml]\n"),
            ("base/cart.yaml", deployment),
        ];
        let sandbox = Sandbox::new(&[&base, files].concat());
        let run = sandbox.run(&["check", "-o", "concise"]);
        let lines = run.stdout.lines().filter(|line| line.contains("error["));
        lines
            .map(|line| line.split(": ").next().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        places(&[("live/kustomization.yaml", live)]),
        ["live/kustomization.yaml:7:16"]
    );
    let both = [
        ("live/kustomization.yaml", live),
        ("test/kustomization.yaml", test),
    ];
    assert_eq!(places(&both), ["live/kustomization.yaml:7:16"]);
    assert!(places(&both[1..]).is_empty());
}
