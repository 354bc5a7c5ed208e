//! What becomes of whole files.

#![expect(
    clippy::string_slice,
    reason = "tests slice texts that they wrote themselves"
)]

use super::*;
use crate::source::FileId;

fn file(path: &str, text: &str) -> SourceFile {
    SourceFile::new(FileId(0), path, text)
}

fn reading(path: &str, text: &str) -> Reading {
    read(&file(path, text))
}

#[test]
fn every_document_of_a_file_has_a_state() {
    let text = "apiVersion: v1\nkind: Pod\n---\n---\nfoo: 1\n---\napiVersion: v1\nkind: [\n";
    let reading = reading("a.yaml", text);
    assert_eq!(
        reading.documents,
        [
            DocumentState::Checked,
            DocumentState::Skipped(Skip::Empty),
            DocumentState::Skipped(Skip::NotAnArtifact),
            DocumentState::SyntaxError,
        ]
    );
    assert_eq!(reading.state(), DocumentState::SyntaxError);
    assert_eq!(reading.errors[0].rule, "syntax/yaml");
}

#[test]
fn broken_yaml_that_is_no_artifact_is_no_finding() {
    let reading = reading("notes.yaml", "a: [\n");
    assert!(reading.errors.is_empty());
    assert_eq!(reading.state(), DocumentState::Skipped(Skip::NotAnArtifact));
}

#[test]
fn lists_are_unrolled_and_json_is_read() {
    let found = reading(
        "l.yaml",
        "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod}\n- {apiVersion: v1, kind: Service}\n",
    );
    assert_eq!(found.artifacts.len(), 2);
    let found = reading("p.json", "{\"apiVersion\": \"v1\", \"kind\": \"Pod\"}");
    assert_eq!(found.artifacts.len(), 1);
}

#[test]
fn a_collector_inside_a_config_map_keeps_its_places() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  relay: |\n    receivers:\n      otlp: {}\n    exporters:\n      debug: {}\n    service:\n      pipelines:\n        traces:\n          receivers: [otlp]\n          exporters: [debug]\n";
    let found = reading("c.yaml", text);
    let Artifact::Collector(collector) = &found.artifacts[1] else {
        panic!("{found:?}")
    };
    assert_eq!(
        collector.home,
        Home::ConfigMap {
            object: 0,
            key: "relay".to_owned()
        }
    );
    let span = collector
        .root
        .at(&["service", "pipelines", "traces", "exporters"])
        .unwrap()
        .span;
    assert_eq!(&text[span.start as usize..span.end as usize], "[debug]");
}

#[test]
fn a_literal_collector_inside_a_template_is_read() {
    let with = |body: &str| {
        let text = format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {{{{ .Release.Name }}}}}}\ndata:\n  relay: |2\n{body}"
        );
        let found = reading("templates/c.yaml", &text);
        assert_eq!(found.state(), DocumentState::NotRendered);
        assert!(found.errors.is_empty());
        found.artifacts.len()
    };
    let literal = "      receivers: {otlp: {}}\n      exporters: {debug: {}}\n      service: {pipelines: {traces: {receivers: [otlp], exporters: [debug]}}}\n";
    assert_eq!(with(literal), 2);
    assert_eq!(with(&format!("{literal}{{{{- end }}}}\n")), 2);
    assert_eq!(
        with(&literal.replace("debug: {}", "{{ .Values.x }}: {}")),
        1,
        "what is filled in may define anything"
    );
}

#[test]
fn a_placeholder_that_breaks_the_yaml_waits_to_be_filled_in() {
    let pod = |spec: &str| {
        let text = format!("apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n{spec}\n");
        reading("pod.yaml", &text).state()
    };
    let not_rendered = DocumentState::NotRendered;
    assert_eq!(pod("spec: {limits: {memory: ${MEM}}}"), not_rendered);
    assert_eq!(pod("${EXTRA}\nspec: {}"), not_rendered);
    assert_eq!(pod("spec: {a: b: c}"), DocumentState::SyntaxError);
}

#[test]
fn a_manifest_that_is_broken_json_is_an_error() {
    let found = reading(
        "pod.json",
        "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\n \"metadata\": {\"name\" \"x\"}}",
    );
    assert_eq!(found.errors[0].rule, "syntax/yaml");
    assert_eq!(
        reading("x.json", "{\"a\" 1}").state(),
        DocumentState::Skipped(Skip::NotAnArtifact)
    );
}

#[test]
fn a_broken_collector_inside_a_config_map_is_reported_at_its_outer_line() {
    let text = "apiVersion: v1\nkind: ConfigMap\ndata:\n  relay: |\n    receivers:\n      otlp: a: b\n    exporters: {}\n    service: {}\n";
    let found = reading("c.yaml", text);
    assert_eq!(found.errors[0].rule, "syntax/collector");
    let span = found.errors[0].error.span;
    assert_eq!(file("c.yaml", text).position(span.start).line, 6);
    assert_eq!(found.state(), DocumentState::SyntaxError);
}

#[test]
fn a_collector_with_foreign_placeholders_waits_for_rendering() {
    let text = "apiVersion: v1\nkind: ConfigMap\ndata:\n  relay: |\n    receivers:\n      otlp: {}\n    exporters:\n      x:\n        project: {{PROJECT}}\n    service:\n      pipelines: {traces: {receivers: [otlp], exporters: [x]}}\n";
    let found = reading("c.yaml", text);
    assert!(found.errors.is_empty());
    assert_eq!(found.state(), DocumentState::NotRendered);
    let Artifact::Collector(collector) = &found.artifacts[1] else {
        panic!()
    };
    assert!(
        collector
            .root
            .at(&["exporters", "x", "project"])
            .unwrap()
            .is_unknown()
    );
}

#[test]
fn both_versions_of_the_operator_resource_hold_a_collector() {
    let body = "receivers: {otlp: {}}\nexporters: {debug: {}}\nservice: {pipelines: {traces: {receivers: [otlp], exporters: [debug]}}}\n";
    let indented = |by: usize| {
        body.lines()
            .flat_map(|line| [" ".repeat(by), line.to_owned(), "\n".to_owned()])
            .collect::<String>()
    };
    let head = "kind: OpenTelemetryCollector\nmetadata: {name: x}\nspec:\n";
    let map = format!(
        "apiVersion: opentelemetry.io/v1beta1\n{head}  config:\n{}",
        indented(4)
    );
    let string = format!(
        "apiVersion: opentelemetry.io/v1alpha1\n{head}  config: |\n{}",
        indented(4)
    );
    for text in [map, string] {
        let found = reading("o.yaml", &text);
        assert!(
            matches!(found.artifacts[1], Artifact::Collector(_)),
            "{text}"
        );
    }
}

#[test]
fn a_configuration_with_a_section_that_is_spelt_wrong_is_still_one() {
    let whole = "receivers: {otlp: {}}\nexporters: {debug: {}}\nservice:\n  pipelines: {traces: {receivers: [otlp], exporters: [debug]}}\n";
    let texts = [
        whole.to_owned(),
        whole.replace("exporters: {debug", "exporter: {debug"),
        whole.replace("receivers: {otlp", "receiver: {otlp"),
        whole.replace("service:", "services:"),
        "service: {pipelines: {traces: {processors: [batch]}}}\n".to_owned(),
    ];
    let is_one = |text: &str| {
        let artifacts = reading("config.yaml", text).artifacts;
        matches!(artifacts[..], [Artifact::Collector(_)])
    };
    for text in texts {
        assert!(is_one(&text), "{text}");
    }
    let others = [
        "services: {web: {image: a}}\nreceivers: 1\n",
        "service: {name: exporters}\n",
    ];
    for text in others {
        assert!(!is_one(text), "{text}");
    }
}

#[test]
fn duplicate_keys_are_refused_where_the_collector_refuses_them() {
    let text = "receivers:\n  otlp: {}\n  otlp: {}\nexporters: {debug: {}}\nservice: {pipelines: {traces: {receivers: [otlp], exporters: [debug]}}}\n";
    let found = reading("config.yaml", text);
    assert_eq!(found.errors[0].rule, "syntax/collector");
}

#[test]
fn templates_are_judged_literally_and_never_errors() {
    let text = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ .Values.name }}\nspec:\n  replicas: 1\n";
    let found = reading("chart/templates/d.yaml", text);
    assert_eq!(found.state(), DocumentState::NotRendered);
    let Artifact::Object(object) = &found.artifacts[0] else {
        panic!()
    };
    assert!(object.is_template);
    let broken = reading("chart/templates/x.yaml", "{{ if }}\na: [\n{{ end }}\n");
    assert!(broken.errors.is_empty());
    assert_eq!(broken.state(), DocumentState::NotRendered);
}

#[test]
fn braces_in_ordinary_manifests_are_text() {
    let text = "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nspec: {summary: \"{{ $labels.x }}\"}\n";
    assert_eq!(reading("rules.yaml", text).state(), DocumentState::Checked);
}

#[test]
fn values_kustomizations_and_charts_are_known_for_what_they_are() {
    for (path, text, skip) in [
        ("c/values.yaml", "receivers: {}\n", Skip::HelmValues),
        ("c/Chart.yaml", "apiVersion: v2\nname: x\n", Skip::HelmChart),
        (
            "c/templates/_helpers.tpl",
            "{{ define }}",
            Skip::HelmHelpers,
        ),
        (
            "k/kustomization.yaml",
            "resources: [a.yaml]\n",
            Skip::Kustomization,
        ),
        (
            "docker-compose.yml",
            "services: {a: {image: b}}\n",
            Skip::NotAnArtifact,
        ),
    ] {
        assert_eq!(
            reading(path, text).state(),
            DocumentState::Skipped(skip),
            "{path}"
        );
    }
}

#[test]
fn what_a_collector_resource_fills_in_itself_waits_for_nobody() {
    let of = |config: &str| {
        let text = format!(
            "apiVersion: opentelemetry.io/v1beta1\nkind: OpenTelemetryCollector\nmetadata: {{name: a}}\nspec:\n  config:\n    receivers: {{otlp: {{protocols: {{grpc: {{endpoint: \"{config}\"}}}}}}}}\n"
        );
        reading("a.yaml", &text).state()
    };
    assert_eq!(of("${env:MY_POD_IP}:4317"), DocumentState::Checked);
    assert_eq!(of("${MY_POD_IP}:4317"), DocumentState::Checked);
}

#[test]
fn placeholders_are_unknown_outside_programs() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: \"${NAME}\"}\nspec: {containers: [{command: [\"${SHELL}\"], image: \"a:${TAG}\"}]}\n";
    let found = reading("p.yaml", text);
    let Artifact::Object(object) = &found.artifacts[0] else {
        panic!()
    };
    assert!(object.root.at(&["metadata", "name"]).unwrap().is_unknown());
    let container = &object.root.at(&["spec", "containers"]).unwrap().items()[0];
    assert!(container.get("image").unwrap().is_unknown());
    assert_eq!(
        container.get("command").unwrap().items()[0].as_str(),
        Some("${SHELL}")
    );
    let values = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: a}\nspec: {values: {config: {exporters: {otlp: {endpoint: \"${env:STORE}\"}}}}}\n";
    assert_eq!(reading("r.yaml", values).state(), DocumentState::Checked);
}

#[test]
fn dockerfile_templates_wait_for_rendering_and_lookalikes_are_skipped() {
    assert_eq!(
        reading("Dockerfile.j2", "FROM {{ base }}\n").state(),
        DocumentState::NotRendered
    );
    assert_eq!(
        reading("Dockerfile.notes", "how we build\n").state(),
        DocumentState::Skipped(Skip::NotAnArtifact)
    );
    assert_eq!(
        reading("Dockerfile", "").state(),
        DocumentState::SyntaxError
    );
}

#[test]
fn values_that_a_deployment_tool_fills_in_leave_a_file_unrendered() {
    let with = |image: &str| {
        let text = format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec: {{containers: [{{name: x, image: \"{image}\"}}]}}\n"
        );
        reading("p.yaml", &text).state()
    };
    assert_eq!(with("a:${TAG}"), DocumentState::NotRendered);
    assert_eq!(with("a:1"), DocumentState::Checked);
}

#[test]
fn items_of_a_typed_list_have_its_kind() {
    let found = reading(
        "l.yaml",
        "apiVersion: v1\nkind: PodList\nitems:\n- metadata: {name: a}\n  spec: {containers: [{name: x, image: y}]}\n",
    );
    let Artifact::Object(object) = &found.artifacts[0] else {
        panic!("{found:?}")
    };
    assert_eq!(object.root.str_at(&["kind"]), Some("Pod"));
}

#[test]
fn a_block_that_a_template_writes_a_part_of_is_read_for_the_rest() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  relay: |\n    receivers:\n      otlp: {}\n    exporters:\n      {{- if .x }}\n      debug: {}\n      {{- end }}\n      otlp: {endpoint: {{ .endpoint }}}\n    service:\n      pipelines:\n        traces:\n          receivers: [otlp]\n          exporters: [debug]\n";
    let found = reading("templates/c.yaml", text);
    let Artifact::Collector(collector) = &found.artifacts[1] else {
        panic!("{found:?}")
    };
    let endpoint = collector.root.at(&["exporters", "otlp", "endpoint"]);
    assert!(endpoint.unwrap().is_unknown());
    let list = collector
        .root
        .at(&["service", "pipelines", "traces", "exporters"]);
    let span = list.unwrap().span;
    assert_eq!(&text[span.start as usize..span.end as usize], "[debug]");
}

#[test]
fn a_quoted_action_inside_a_literal_configuration_is_unknown() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  relay: |\n    receivers: {otlp: {}}\n    exporters: {debug: {}}\n    service: {pipelines: {traces: {receivers: [otlp], exporters: [\"{{ .x }}\"]}}}\n";
    let collector = |path: &str| {
        let Artifact::Collector(collector) = reading(path, text).artifacts.remove(1) else {
            panic!("no collector")
        };
        collector.root
    };
    let path = ["service", "pipelines", "traces", "exporters"];
    let first = |root: Node| root.at(&path).unwrap().items()[0].clone();
    assert!(first(collector("templates/c.yaml")).is_unknown());
    assert_eq!(first(collector("c.yaml")).as_str(), Some("{{ .x }}"));
}

#[test]
fn json_objects_one_behind_the_other_are_all_read() {
    let text = "{\"apiVersion\": \"v1\", \"kind\": \"Pod\"}\n{\"apiVersion\": \"v1\", \"kind\": \"Service\"}\n";
    let found = reading("two.json", text);
    assert_eq!(found.artifacts.len(), 2);
    let Artifact::Object(object) = &found.artifacts[1] else {
        panic!("{found:?}")
    };
    let kind = object.root.get("kind").unwrap();
    assert_eq!(
        &text[kind.span.start as usize..kind.span.end as usize],
        "\"Service\""
    );
    let found = reading("p.json", "{\"apiVersion\": \"v1\", \"kind\": \"Pod\",}\n");
    assert_eq!(found.errors.len(), 1, "a comma too many");
}

#[test]
fn the_collector_reads_one_document() {
    let config = "receivers: {otlp: {}}\nexporters: {debug: {}}\nservice: {pipelines: {traces: {receivers: [otlp], exporters: [debug]}}}\n";
    let found = reading("c.yaml", &format!("{config}---\n{config}"));
    assert_eq!(found.artifacts.len(), 1);
    assert_eq!(found.errors.len(), 1);
}

#[test]
fn placeholders_that_break_the_yaml_are_masked() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: ${NAME}, labels: {a: b}}\n";
    let found = reading("p.yaml", text);
    assert_eq!(found.state(), DocumentState::NotRendered);
    let Artifact::Object(object) = &found.artifacts[0] else {
        panic!("{found:?}")
    };
    assert!(object.root.at(&["metadata", "name"]).unwrap().is_unknown());
    assert_eq!(object.root.str_at(&["metadata", "labels", "a"]), Some("b"));
}
