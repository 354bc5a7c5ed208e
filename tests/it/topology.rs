//! What pictures show of ways that enter a cluster, what `trace` tells of what happens on a way, the way of an exposure,
//! and which folders are one environment.

use crate::sandbox::{Sandbox, here};

const COLLECTOR: &[u8] = br#"apiVersion: opentelemetry.io/v1beta1
kind: OpenTelemetryCollector
metadata: {name: edge, namespace: obs}
spec:
  config:
    receivers: {otlp: {protocols: {grpc: {}, http: {}}}}
    exporters: {elasticsearch: {endpoint: "https://es.example.com:9200"}}
    service: {pipelines: {traces: {receivers: [otlp], exporters: [elasticsearch]}}}
"#;

const INGRESS: &[u8] = b"apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: otlp, namespace: obs}
spec:
  ingressClassName: nginx
  tls: [{hosts: [otlp.example.com], secretName: otlp}]
  rules:
    - host: otlp.example.com
      http: {paths: [{path: /v1, pathType: Prefix, backend: {service: {name: edge-collector, port: {name: otlp-http}}}}]}
";

const CLIENT: &[u8] = br#"apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec:
  template:
    metadata: {labels: {app: cart}}
    spec:
      containers:
        - name: cart
          image: registry.example.com/cart:2.4.0
          env:
            - {name: OTEL_EXPORTER_OTLP_ENDPOINT, value: "https://otlp.example.com:443"}
            - {name: OTEL_EXPORTER_OTLP_PROTOCOL, value: http/protobuf}
"#;

#[test]
fn every_picture_shows_the_ingress_with_its_place() {
    let sandbox = Sandbox::new(&[
        ("cart.yaml", CLIENT),
        ("obs/edge.yaml", COLLECTOR),
        ("obs/ingress.yaml", INGRESS),
    ]);
    for (format, shown) in [
        (
            "text",
            "       via Ingress `obs/otlp`  obs/ingress.yaml:8:13\n",
        ),
        (
            "mermaid",
            "|\"https#58;//otlp.example.com#58;443<br>via Ingress obs/otlp (obs/ingress.yaml#58;8#58;13)\"|",
        ),
        (
            "dot",
            "[label=\"https://otlp.example.com:443\\nvia Ingress obs/otlp (obs/ingress.yaml:8:13)\" style=solid]",
        ),
        (
            "html",
            "<br>via Ingress obs/otlp <span class=\"place\">obs/ingress.yaml:8:13</span>",
        ),
        ("json", "\"text\": \"Ingress `obs/otlp`\""),
    ] {
        let run = sandbox.run(&["topology", "--format", format, "."]);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert!(run.stdout.contains(shown), "{}", run.stdout);
    }
    let run = sandbox.run(&["trace", "cart", "."]);
    let shown = "    Ingress `obs/otlp`  obs/ingress.yaml:8:13\n";
    assert!(run.stdout.contains(shown), "{}{}", run.stdout, run.stderr);
}

#[test]
fn a_trace_shows_what_happens_on_the_way() {
    let run = here(&["trace", "order", "fixtures/repos/rollout"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    for shown in [
        "-> http://<node>:4317 (grpc, plain text)  ",
        "scrub: processor `redaction` takes away all but 33 keys (resource, span, event)  ",
        "buffer: exporter `kafka` keeps its queue in memory  ",
        "-> otlp_spans (kafka, TLS)  ",
        "buffer: they wait in Kafka  ",
        "\nfewest pods: 3 (observability/otel-collector-gateway)\nverdict: stored",
    ] {
        assert!(run.stdout.contains(shown), "{shown}\n{}", run.stdout);
    }
}

const AGENT: &[u8] = br#"apiVersion: opentelemetry.io/v1beta1
kind: OpenTelemetryCollector
metadata: {name: agent, namespace: obs}
spec:
  config:
    receivers: {otlp: {protocols: {grpc: {}}}}
    processors: {attributes: {actions: [{key: user.email, action: delete}]}}
    exporters: {otlp_grpc: {endpoint: "edge-collector:4317", tls: {insecure: true}}}
    service: {pipelines: {traces: {receivers: [otlp], processors: [attributes], exporters: [otlp_grpc]}}}
"#;

#[test]
fn the_way_of_an_exposure_leads_from_the_first_collector_to_the_exporter() {
    let sandbox = Sandbox::new(&[("agent.yaml", AGENT), ("edge.yaml", COLLECTOR)]);
    let run = sandbox.run(&["check", ".", "-o", "sarif"]);
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let results = report["runs"][0]["results"].as_array().unwrap();
    let spans = results.iter().filter(|result| {
        let text = result["message"]["text"].as_str().unwrap();
        result["ruleId"] == "privacy/exposed-identifier"
            && text.contains("in span attributes")
            && text.contains("`tls.client.certificate`")
    });
    let flows: Vec<&serde_json::Value> = spans.map(|result| &result["codeFlows"]).collect();
    let [flow] = flows.as_slice() else {
        panic!("{}", run.stdout);
    };
    let steps = flow[0]["threadFlows"][0]["locations"].as_array().unwrap();
    let steps: Vec<(&str, u64)> = steps
        .iter()
        .map(|step| {
            let place = &step["location"]["physicalLocation"];
            let path = place["artifactLocation"]["uri"].as_str().unwrap();
            (path, place["region"]["startLine"].as_u64().unwrap())
        })
        .collect();
    let expected = [
        ("agent.yaml", 9),
        ("agent.yaml", 9),
        ("edge.yaml", 8),
        ("edge.yaml", 8),
    ];
    assert_eq!(steps, expected);
}

#[test]
fn folders_of_one_environment_are_joined_by_their_names_or_by_the_settings() {
    let client = String::from_utf8_lossy(CLIENT)
        .replace(
            "https://otlp.example.com:443",
            "http://edge-collector.obs:4317",
        )
        .replace("http/protobuf", "grpc");
    let files = [
        ("apps/cart/live/cart.yaml", client.as_bytes()),
        ("apps/cart/test/cart.yaml", client.as_bytes()),
        ("infra/edge/live/edge.yaml", COLLECTOR),
        ("infra/edge/test/edge.yaml", COLLECTOR),
    ];
    let by_name = Sandbox::new(&files);
    let run = by_name.run(&["topology", "."]);
    let joined = "live\n  service shop/cart x1  apps/cart/live/cart.yaml:3:12\n    -> obs/edge (`OTEL_EXPORTER_OTLP_ENDPOINT`, \
        http://edge-collector.obs:4317)\n       inferred: folders of one name are taken for one environment\n";
    assert!(run.stdout.contains(joined), "{}", run.stdout);
    assert!(
        run.stdout.contains("2 services: 2 stored"),
        "{}",
        run.stdout
    );

    let settings: &[u8] = b"environments: {production: [apps/*/live, infra/edge/live]}\n";
    let files: Vec<(&str, &[u8])> = files
        .into_iter()
        .chain([("spanguard.yaml", settings)])
        .collect();
    let run = Sandbox::new(&files).run(&["topology", "."]);
    let named = "production\n  service shop/cart x1  apps/cart/live/cart.yaml:3:12\n    -> obs/edge (`OTEL_EXPORTER_OTLP_ENDPOINT`, \
        http://edge-collector.obs:4317)\n  collector";
    assert!(run.stdout.contains(named), "{}", run.stdout);
}

#[test]
fn a_service_that_makes_no_traces_is_silent_wherever_it_would_send_them() {
    let dockerfile = b"FROM eclipse-temurin:21-jre\nCOPY otel.jar /\nENV JAVA_TOOL_OPTIONS=-javaagent:/otel.jar\nCMD [\"java\", \"-jar\", \"a.jar\"]\n";
    let manifest = |options: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: cart}}\nspec:\n  template:\n    spec:\n      containers:\n        - name: cart\n          image: acme/cart:1\n          env:\n            - {{name: OTEL_EXPORTER_OTLP_ENDPOINT, value: \"https://otlp.example.com\"}}\n            - {{name: JAVA_TOOL_OPTIONS, value: \"{options}\"}}\n"
        )
    };
    let traced = |options: &str| {
        let manifest = manifest(options);
        let sandbox = Sandbox::new(&[
            ("cart/Dockerfile", dockerfile),
            ("cart/k8s.yaml", manifest.as_bytes()),
        ]);
        [&["trace", "cart", "."][..], &["topology"]].map(|arguments| sandbox.run(arguments))
    };
    let [run, topology] = traced("-Xmx1g");
    let wanted = "1 service: 0 stored, 0 left, 0 broken, 0 lost, 0 unknown, 1 silent\n";
    assert!(topology.stdout.contains(wanted), "{}", topology.stdout);
    assert_eq!(run.code, Some(1), "{}", run.stdout);
    let wanted = "\n  silence: `JAVA_TOOL_OPTIONS` here replaces";
    assert!(run.stdout.contains(wanted), "{}", run.stdout);
    let wanted = "verdict: silent: the service makes no traces\n";
    assert!(run.stdout.contains(wanted), "{}", run.stdout);
    let [run, _] = traced("-javaagent:/otel.jar");
    assert!(run.stdout.contains("verdict: left"), "{}", run.stdout);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
}
