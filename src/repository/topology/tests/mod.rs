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

/// Where the hop of the client leads in each environment.
fn by_environment(endpoint: &str, others: &[(&str, &str)]) -> Vec<String> {
    let picture = repository(endpoint, others).picture;
    let hops = picture.hops.iter();
    let own = hops.filter(|hop| picture.name(Some(hop.from)) == "shop/cart");
    let told = own.map(|hop| {
        let environment = &picture.environments[picture.environment(hop)].name;
        let end = match &hop.fault {
            Some(fault) => format!("{} {}", fault.kind, fault.detail),
            None => picture.name(hop.to).to_owned(),
        };
        format!("{environment}: {end}")
    });
    told.collect()
}

/// What becomes of the traces of a client with a variable more, through a gateway with a processor.
fn becomes(variable: &str, processor: &str) -> String {
    let client = format!(
        r#"
apiVersion: apps/v1
kind: Deployment
metadata: {{name: cart, namespace: obs}}
spec:
  template:
    spec:
      containers:
        - name: cart
          image: registry.example.com/cart:2.4.0
          env:
            - {{name: OTEL_EXPORTER_OTLP_ENDPOINT, value: "http://gateway:4318"}}
            {variable}
"#
    );
    let gateway = GATEWAY.replace(
        "    exporters: {elastic",
        &format!("    processors: {{{processor}}}\n    exporters: {{elastic"),
    );
    let id = processor.split(':').next().unwrap_or("");
    let gateway = gateway.replace(
        "exporters: [elastic",
        &format!("processors: [{id}], exporters: [elastic"),
    );
    let files = sources(&[
        ("cart.yaml", client.as_str()),
        ("gateway.yaml", gateway.as_str()),
    ]);
    let picture = Repository::build(files).picture;
    let [path] = &picture.paths[..] else {
        panic!("{:?}", picture.paths);
    };
    let events = path.events.iter();
    let events = events.map(|event| format!("{} {}", event.kind.name(), event.text));
    let events: Vec<String> = events.collect();
    format!("{}: {}", path.verdict.name(), events.join(", "))
}

#[test]
fn what_drops_everything_loses_the_traces() {
    let sampler = |value: &str| format!("- {{name: OTEL_TRACES_SAMPLER, value: {value}}}");
    let batch = "batch: {}";
    assert_eq!(becomes("", batch), "stored: ");
    assert_eq!(
        becomes(&sampler("parentbased_always_on"), batch),
        "stored: "
    );
    assert_eq!(
        becomes(&sampler("always_off"), batch),
        "lost: drop sampler `always_off`"
    );
    let ratio = |ratio: &str| {
        let argument = format!("- {{name: OTEL_TRACES_SAMPLER_ARG, value: \"{ratio}\"}}");
        becomes(
            &format!("{}\n            {argument}", sampler("traceidratio")),
            batch,
        )
    };
    assert_eq!(ratio("0.25"), "stored: sample sampler `traceidratio` 0.25");
    assert_eq!(ratio("0.0"), "lost: drop sampler `traceidratio` 0.0");
    let through = |processor: &str| becomes("", processor);
    assert_eq!(
        through("filter: {traces: {span: ['name == \"a\"']}}"),
        "stored: filter processor `filter`"
    );
    assert_eq!(
        through("filter: {traces: {span: ['name == \"a\"', ' (true)']}}"),
        "lost: drop processor `filter` keeps nothing"
    );
    assert_eq!(
        through("probabilistic_sampler: {sampling_percentage: 2.5}"),
        "stored: sample processor `probabilistic_sampler` keeps 2.5 %"
    );
    for nothing in ["{sampling_percentage: 0}", "{hash_seed: 1}", ""] {
        let told = through(&format!("probabilistic_sampler: {nothing}"));
        assert_eq!(
            told,
            "lost: drop processor `probabilistic_sampler` keeps nothing"
        );
    }
}
