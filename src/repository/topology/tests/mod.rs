//! Where hops come to, in repositories of a few files.

mod beside;
mod generators;
mod names;
mod outside;
mod references;
mod twice;

use crate::repository::{Repository, SubjectKind};
use crate::source::sources;

/// A collector that takes OTLP on both ports and stores traces, with its Service.
const GATEWAY: &str = r#"
apiVersion: v1
kind: ConfigMap
metadata: {name: gateway, namespace: obs}
data:
  config.yaml: |
    receivers: {otlp: {protocols: {grpc: {endpoint: "0.0.0.0:4317"}, http: {endpoint: "0.0.0.0:4318"}}}}
    exporters: {elasticsearch: {endpoint: "https://es.example.com:9200"}}
    service: {pipelines: {traces: {receivers: [otlp], exporters: [elasticsearch]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: gateway, namespace: obs}
spec:
  template:
    metadata: {labels: {app: gateway}}
    spec:
      containers:
        - name: collector
          image: otel/opentelemetry-collector-contrib:0.126.0
          args: [--config=/conf/config.yaml]
          volumeMounts: [{name: conf, mountPath: /conf}]
      volumes: [{name: conf, configMap: {name: gateway}}]
---
apiVersion: v1
kind: Service
metadata: {name: gateway, namespace: obs}
spec:
  selector: {app: gateway}
  ports: [{name: grpc, port: 4317}, {name: http, port: 4318}]
"#;

/// What files come to, of which the first ones are a client that sends to an address and the gateway.
fn repository(endpoint: &str, others: &[(&str, &str)]) -> Repository {
    let protocol = if endpoint.starts_with("grpc:") {
        "grpc"
    } else {
        "http/protobuf"
    };
    let endpoint = endpoint.trim_start_matches("grpc:");
    let client = format!(
        r#"
apiVersion: apps/v1
kind: Deployment
metadata: {{name: cart, namespace: shop}}
spec:
  template:
    metadata: {{labels: {{app: cart}}}}
    spec:
      containers:
        - name: cart
          image: registry.example.com/cart:2.4.0
          env:
            - {{name: NODE, valueFrom: {{fieldRef: {{fieldPath: status.hostIP}}}}}}
            - {{name: OTEL_EXPORTER_OTLP_ENDPOINT, value: "{endpoint}"}}
            - {{name: OTEL_EXPORTER_OTLP_PROTOCOL, value: {protocol}}}
"#
    );
    let own = [
        ("shop/cart.yaml", client.as_str()),
        ("obs/gateway.yaml", GATEWAY),
    ];
    Repository::build(sources(&[&own, others].concat()))
}

/// Where the hop of the client comes to: the end or the fault, how sure it is, and what it passes.
fn hop(endpoint: &str, others: &[(&str, &str)]) -> String {
    let picture = repository(endpoint, others).picture;
    let mut hops = picture.hops.iter();
    let hop = hops
        .find(|hop| picture.name(Some(hop.from)) == "shop/cart")
        .unwrap();
    let end = match &hop.fault {
        Some(fault) => format!("{}: {}", fault.kind, fault.detail),
        None => picture.name(hop.to).to_owned(),
    };
    let via = hop.via.iter().map(|step| format!(" via {}", step.text));
    let reason = if hop.reason.is_empty() {
        String::new()
    } else {
        format!(" ({})", hop.reason)
    };
    format!(
        "{end} {}{reason}{}",
        hop.certainty.name(),
        via.collect::<String>()
    )
}
