//! Configurations in `ConfigMaps` that kustomizations make.

use super::{by_environment, hop, repository};

const WORK: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: edge}
spec:
  template:
    metadata: {labels: {app: edge}}
    spec:
      containers:
        - name: collector
          image: otel/opentelemetry-collector-contrib:0.126.0
          args: [--config=/conf/config.yaml]
          volumeMounts: [{name: conf, mountPath: /conf}]
      volumes: [{name: conf, configMap: {name: edge}}]
---
apiVersion: v1
kind: Service
metadata: {name: edge}
spec: {selector: {app: edge}, ports: [{port: 4318}]}
";

const CONFIGURATION: &str = "receivers: {otlp: {protocols: {http: {endpoint: \"0.0.0.0:4318\"}}}}
exporters: {elasticsearch: {endpoint: \"https://es.example.com:9200\"}}
service: {pipelines: {traces: {receivers: [otlp], exporters: [elasticsearch]}}}
";

fn kustomization(generator: &str) -> String {
    format!(
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nnamespace: telemetry\nresources: [edge.yaml]\nconfigMapGenerator:\n- {generator}\n"
    )
}

/// Where a client comes to, of a collector whose map is made by a generator; and what its pod does not get.
fn to(generator: &str, work: &str, others: &[(&str, &str)]) -> (String, Vec<String>) {
    let kustomization = kustomization(generator);
    let own = [
        ("edge/edge.yaml", work),
        ("edge/kustomization.yaml", kustomization.as_str()),
        ("edge/conf/otel.yaml", CONFIGURATION),
    ];
    let all: Vec<(&str, &str)> = own.iter().chain(others).copied().collect();
    let picture = repository("http://a.example.com", &all).picture;
    let faults = picture.hops.iter().filter_map(|hop| hop.fault.as_ref());
    let faults = faults.map(|fault| fault.detail.clone()).collect();
    (hop("http://edge.telemetry:4318", &all), faults)
}

const FILES: &str = "{name: edge, files: [config.yaml=conf/otel.yaml]}";

#[test]
fn a_configuration_is_found_in_the_file_of_a_generator() {
    let joined = "telemetry/edge exact";
    assert_eq!(to(FILES, WORK, &[]), (joined.to_owned(), vec![]));
    let reads = WORK.replace("config.yaml", "otel.yaml");
    let by_name = "{name: edge, files: [conf/otel.yaml]}";
    assert_eq!(to(by_name, &reads, &[]).0, joined);
    // As built, with the hash of what it holds.
    let hashed = WORK.replace(
        "configMap: {name: edge}",
        "configMap: {name: edge-8gk5mt2b9h}",
    );
    assert_eq!(to(FILES, &hashed, &[]).0, joined);
    let other = WORK.replace("configMap: {name: edge}", "configMap: {name: edge-other}");
    assert_eq!(to(FILES, &other, &[]).1, Vec::<String>::new());
}

#[test]
fn a_file_that_a_generator_takes_is_no_collector_of_its_own() {
    let kustomization = kustomization(FILES);
    let files = [
        ("edge/edge.yaml", WORK),
        ("edge/kustomization.yaml", kustomization.as_str()),
        ("edge/conf/otel.yaml", CONFIGURATION),
    ];
    let ends = |files: &[(&str, &str)]| {
        let ends = repository("http://a.example.com", files).picture.ends;
        let names = ends.into_iter().map(|end| end.name);
        names
            .filter(|name| name.contains("edge"))
            .collect::<Vec<_>>()
    };
    assert_eq!(ends(&files), ["telemetry/edge"]);
    assert_eq!(ends(&files[2..]), ["edge/conf/otel.yaml"]);
}

#[test]
fn a_key_that_a_generator_does_not_make_is_missing() {
    let other = "{name: edge, files: [conf/otel.yaml]}";
    assert_eq!(
        to(other, WORK, &[]).1,
        ["ConfigMap `edge` has no key `config.yaml`"]
    );
    // Variables of a file, and overlays, may add it.
    let more = "{name: edge, files: [conf/otel.yaml], envs: [more.env]}";
    assert_eq!(to(more, WORK, &[]).1, Vec::<String>::new());
    let overlay = "kind: Kustomization\napiVersion: kustomize.config.k8s.io/v1beta1\nresources: [../edge]\nconfigMapGenerator: [{name: edge, behavior: merge, files: [config.yaml]}]\n";
    let over = [("over/kustomization.yaml", overlay)];
    assert_eq!(to(other, WORK, &over).1, Vec::<String>::new());
    assert!(
        to(FILES, WORK, &over)
            .0
            .contains("what `config.yaml` holds is not among the files")
    );
}

#[test]
fn a_kustomization_gives_its_namespace_and_labels_to_what_it_builds() {
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: front, namespace: any}\nspec: {selector: {app: edge, tier: front, stage: live}, ports: [{port: 4318}]}\n";
    let plain = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n";
    let base = format!("{}commonLabels: {{tier: front}}\n", kustomization(FILES));
    let live = format!(
        "{plain}resources: [../edge]\nlabels: [{{pairs: {{stage: live}}, includeTemplates: true}}]\n"
    );
    let work = format!("{WORK}---\n{service}");
    let files = [
        ("edge/edge.yaml", work.as_str()),
        ("edge/kustomization.yaml", base.as_str()),
        ("edge/conf/otel.yaml", CONFIGURATION),
        ("live/kustomization.yaml", live.as_str()),
    ];
    let front = |files: &[(&str, &str)]| hop("http://front.telemetry:4318", files);
    assert_eq!(front(&files), "telemetry/edge exact");
    // Labels of objects alone are none of their pods.
    let objects = live.replace(", includeTemplates: true", "");
    let of_objects = [
        files[0],
        files[1],
        files[2],
        ("live/kustomization.yaml", &objects),
    ];
    assert!(
        front(&of_objects).contains("no workload among the files is selected"),
        "{}",
        front(&of_objects)
    );
    // Another build of the same files gives another label and another namespace: there, the address leads nowhere.
    let other = format!(
        "{plain}namespace: other\nresources: [../edge]\nlabels: [{{pairs: {{stage: test}}, includeTemplates: true}}]\n"
    );
    let all = [&files[..], &[("test/kustomization.yaml", &other)]].concat();
    let [live, test] = &by_environment("http://front.telemetry:4318", &all)[..] else {
        panic!("two environments");
    };
    assert_eq!(live, "live: telemetry/edge");
    assert_eq!(test, "test: front.telemetry");
}

#[test]
fn each_overlay_makes_its_own_map() {
    let plain = "kind: Kustomization\napiVersion: kustomize.config.k8s.io/v1beta1\nresources: [edge.yaml]\n";
    let overlay = |file: &str| {
        format!(
            "kind: Kustomization\napiVersion: kustomize.config.k8s.io/v1beta1\nresources: [../edge]\nconfigMapGenerator: [{{name: edge, files: [config.yaml={file}]}}]\n"
        )
    };
    let (one, two) = (overlay("../one.yaml"), overlay("../two.yaml"));
    let files = [
        ("edge/edge.yaml", WORK),
        ("edge/kustomization.yaml", plain),
        ("a/kustomization.yaml", one.as_str()),
        ("one.yaml", CONFIGURATION),
        ("b/kustomization.yaml", two.as_str()),
        ("two.yaml", CONFIGURATION),
    ];
    assert!(hop("http://edge:4318", &files[..4]).starts_with("edge inferred (a namespace"));
    assert_eq!(
        by_environment("http://edge:4318", &files),
        ["a: edge", "b: edge"]
    );
}

#[test]
fn a_service_that_a_kustomization_renames_is_not_found_under_its_written_name() {
    let objects = format!(
        "{WORK}---\napiVersion: v1\nkind: Service\nmetadata: {{name: front}}\nspec: {{selector: {{app: edge}}, ports: [{{port: 4318}}]}}\n"
    );
    let live = format!("{}namePrefix: live-\n", kustomization(FILES));
    let files = [
        ("edge/edge.yaml", objects.as_str()),
        ("edge/kustomization.yaml", live.as_str()),
        ("edge/conf/otel.yaml", CONFIGURATION),
    ];
    assert_eq!(
        hop("http://front.telemetry:4318", &files),
        "no-service: `namePrefix` and `nameSuffix` make `live-front` of Service `front` exact"
    );
    assert_eq!(
        hop("http://live-front.telemetry:4318", &files),
        "telemetry/live-edge exact"
    );
}
