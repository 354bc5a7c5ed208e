//! Collectors in the pod of the service: sidecars of the operator, and init containers that are always restarted.

use crate::repository::Repository;
use crate::source::sources;

/// Where the hops of a pod with a sidecar come to, in order.
fn hops(pod: &str, sidecar: &str) -> Vec<String> {
    let files = [("pod.yaml", pod), ("sidecar.yaml", sidecar)];
    let picture = Repository::build(sources(&files)).picture;
    let told = picture.hops.iter().map(|hop| {
        let end = match &hop.fault {
            Some(fault) => fault.kind,
            None => picture.name(hop.to),
        };
        format!("{}: {end} {}", hop.sender, hop.certainty.name())
    });
    told.collect()
}

fn asking(annotation: &str) -> String {
    format!(
        r#"
apiVersion: v1
kind: Pod
metadata: {{name: cart, namespace: shop, annotations: {{sidecar.opentelemetry.io/inject: "{annotation}"}}}}
spec:
  containers:
    - name: app
      image: cart:1
      env: [{{name: OTEL_EXPORTER_OTLP_ENDPOINT, value: "http://localhost:4317"}}, {{name: OTEL_EXPORTER_OTLP_PROTOCOL, value: grpc}}]
"#
    )
}

fn resource(namespace: &str, port: u16) -> String {
    format!(
        r#"
apiVersion: opentelemetry.io/v1beta1
kind: OpenTelemetryCollector
metadata: {{name: beside, namespace: {namespace}}}
spec:
  mode: sidecar
  config:
    receivers: {{otlp: {{protocols: {{grpc: {{endpoint: "localhost:{port}"}}}}}}}}
    exporters: {{otlp: {{endpoint: "ingest.example.com:4317"}}}}
    service: {{pipelines: {{traces: {{receivers: [otlp], exporters: [otlp]}}}}}}
"#
    )
}

const CLIENT: &str = "`OTEL_EXPORTER_OTLP_ENDPOINT`";

#[test]
fn the_operator_puts_a_collector_beside_who_asks_for_it() {
    let out = "exporter `otlp`: ingest.example.com exact";
    for annotation in ["true", "beside", "shop/beside"] {
        assert_eq!(
            hops(&asking(annotation), &resource("shop", 4317)),
            [&format!("{CLIENT}: shop/beside exact"), out],
            "{annotation}"
        );
    }
    assert_eq!(
        hops(&asking("true"), &resource("shop", 4318)),
        [&format!("{CLIENT}: nobody-listens exact"), out]
    );
    // What the Namespace asks for, all of its pods do.
    let plain = asking("").replace(", annotations: {sidecar.opentelemetry.io/inject: \"\"}", "");
    let namespace = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop, annotations: {sidecar.opentelemetry.io/inject: \"True\"}}\n";
    assert_eq!(
        hops(&format!("{plain}{namespace}"), &resource("shop", 4317)),
        [&format!("{CLIENT}: shop/beside exact"), out]
    );
    // Nobody asks for it.
    assert_eq!(
        hops(&asking("false"), &resource("shop", 4317)),
        [format!("{CLIENT}: nobody-beside exact")]
    );
}

#[test]
fn a_sidecar_that_is_asked_for_in_vain_is_a_fault() {
    let unknown = format!("{CLIENT}: ? unknown");
    let fault = "the annotation: no-sidecar exact".to_owned();
    assert_eq!(
        hops(&asking("bside"), &resource("shop", 4317)),
        [fault.clone(), unknown.clone()]
    );
    assert_eq!(
        hops(&asking("beside"), &resource("other", 4317)),
        [fault, unknown.clone()]
    );
    let gateway = resource("shop", 4317).replace("sidecar", "statefulset");
    assert_eq!(
        hops(&asking("beside"), &gateway)[0],
        "the annotation: no-sidecar exact"
    );
    // The files have no sidecar of that namespace, and need not.
    assert_eq!(hops(&asking("edge"), &resource("other", 4317)), [unknown]);
}

#[test]
fn an_init_container_that_is_always_restarted_runs_beside_the_others() {
    let pod = |restarted: &str, argument: &str| {
        format!(
            r#"
apiVersion: v1
kind: Pod
metadata: {{name: cart, namespace: shop}}
spec:
  initContainers:
    - name: collector
      image: otel/opentelemetry-collector-contrib:0.126.0
      {restarted}
      args: [--config={argument}]
      env: [{{name: CONFIG, valueFrom: {{configMapKeyRef: {{name: beside, key: own.yaml}}}}}}, {{name: IP, valueFrom: {{fieldRef: {{fieldPath: status.podIP}}}}}}]
      volumeMounts: [{{name: conf, mountPath: /conf}}]
  containers:
    - name: app
      image: cart:1
      env: [{{name: OTEL_EXPORTER_OTLP_ENDPOINT, value: "http://localhost:4318"}}]
  volumes: [{{name: conf, configMap: {{name: beside}}}}]
"#
        )
    };
    let map = r#"
apiVersion: v1
kind: ConfigMap
metadata: {name: beside, namespace: shop}
data:
  own.yaml: |
    receivers: {otlp: {protocols: {http: {endpoint: "localhost:4318"}}}}
    exporters: {otlp: {endpoint: "ingest.example.com:4317"}}
    service: {pipelines: {traces: {receivers: [otlp], exporters: [otlp]}}}
"#;
    let arrives = [
        format!("{CLIENT}: shop/cart inferred"),
        "exporter `otlp`: ingest.example.com exact".to_owned(),
    ];
    let always = "restartPolicy: Always";
    assert_eq!(hops(&pod(always, "/conf/own.yaml"), map), arrives);
    assert_eq!(hops(&pod(always, "env:CONFIG"), map), arrives);
    let on_pod = map.replace("localhost:4318", "${env:IP}:4318");
    assert_eq!(
        hops(&pod(always, "/conf/own.yaml"), &on_pod)[0],
        format!("{CLIENT}: nobody-listens exact")
    );
    assert_eq!(
        hops(&pod("", "/conf/own.yaml"), map)[0],
        format!("{CLIENT}: nobody-beside exact")
    );
}

#[test]
fn an_instrumentation_may_name_the_node_that_the_operator_puts_into_a_variable() {
    let pod = r#"
apiVersion: v1
kind: Pod
metadata: {name: cart, namespace: shop, annotations: {instrumentation.opentelemetry.io/inject-java: "true"}}
spec: {containers: [{name: app, image: cart:1}]}
---
apiVersion: opentelemetry.io/v1alpha1
kind: Instrumentation
metadata: {name: agents, namespace: shop}
spec: {exporter: {endpoint: "http://$(OTEL_NODE_IP):4318"}}
"#;
    let agent = resource("obs", 4318)
        .replace("grpc: {endpoint: \"localhost", "http: {endpoint: \"0.0.0.0")
        .replace("mode: sidecar", "mode: daemonset\n  hostNetwork: true");
    assert_eq!(
        hops(pod, &agent)[0],
        "the Instrumentation: obs/beside inferred"
    );
}

#[test]
fn an_agent_is_injected_into_the_containers_that_are_named_or_the_first() {
    let pod = |annotations: &str| {
        format!(
            r#"
apiVersion: v1
kind: Pod
metadata: {{name: cart, namespace: shop, annotations: {{{annotations}}}}}
spec: {{containers: [{{name: app, image: cart:1}}, {{name: proxy, image: proxy:1}}]}}
---
apiVersion: opentelemetry.io/v1alpha1
kind: Instrumentation
metadata: {{name: agents, namespace: shop}}
spec: {{exporter: {{endpoint: "http://traces.example.com:4318"}}}}
"#
        )
    };
    let clients = |annotations: &str| {
        let files = sources(&[("pod.yaml", pod(annotations).as_str())]);
        let picture = Repository::build(files).picture;
        let hops = picture.hops.iter();
        let names = hops.map(|hop| picture.ends[hop.from].name.clone());
        names.collect::<Vec<_>>()
    };
    let java = "instrumentation.opentelemetry.io/inject-java: 'true'";
    let python = "instrumentation.opentelemetry.io/inject-python: 'true'";
    let named = |what: &str, names: &str| {
        format!("instrumentation.opentelemetry.io/{what}container-names: '{names}'")
    };
    assert_eq!(clients(java), ["shop/cart/app"]);
    let all = format!("{java}, {}", named("", "proxy, app"));
    assert_eq!(clients(&all), ["shop/cart/app", "shop/cart/proxy"]);
    let other = format!("{java}, {}", named("", "setup"));
    assert_eq!(clients(&other), Vec::<String>::new());
    let two = format!(
        "{java}, {python}, {}, {}",
        named("java-", "app"),
        named("python-", "proxy")
    );
    assert_eq!(clients(&two), ["shop/cart/app", "shop/cart/proxy"]);
}

#[test]
fn agents_that_the_operator_injects_speak_what_is_their_default() {
    let files = |language: &str, more: &str| {
        format!(
            r#"
apiVersion: v1
kind: Pod
metadata: {{name: cart, namespace: shop, annotations: {{instrumentation.opentelemetry.io/inject-{language}: "true"}}}}
spec: {{containers: [{{name: app, image: cart:1}}]}}
---
apiVersion: opentelemetry.io/v1alpha1
kind: Instrumentation
metadata: {{name: agents, namespace: shop}}
spec: {{exporter: {{endpoint: "http://beside-collector.obs:4317"}}{more}}}
"#
        )
    };
    let gateway = resource("obs", 4317)
        .replace("localhost", "0.0.0.0")
        .replace("mode: sidecar", "mode: deployment");
    let told = |language: &str, more: &str| hops(&files(language, more), &gateway).remove(0);
    let java = |tag| {
        told(
            "java",
            &format!(", java: {{image: 'autoinstrumentation-java:{tag}'}}"),
        )
    };
    let arrives = "the Instrumentation: obs/beside exact";
    let differs = "the Instrumentation: protocol-mismatch inferred";
    assert_eq!(told("python", ""), differs);
    assert_eq!(java("2.16.0"), differs);
    assert_eq!(java("1.33.5"), "the Instrumentation: obs/beside inferred");
    // Which agent for Java the operator takes by itself depends on the operator.
    assert_eq!(told("java", ""), "the Instrumentation: obs/beside inferred");
    let set = ", env: [{name: OTEL_EXPORTER_OTLP_PROTOCOL, value: grpc}]";
    assert_eq!(told("python", set), arrives);
}
