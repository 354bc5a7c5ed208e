//! What pictures show of ways that enter a cluster.

use crate::sandbox::Sandbox;

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
