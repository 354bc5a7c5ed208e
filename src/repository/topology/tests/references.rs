//! What the pod of a collector names and does not get.

use super::repository;

/// What the pod of a collector does not get.
fn missing(container: &str, volumes: &str, maps: &str) -> Vec<String> {
    let collector = format!(
        "{maps}
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: edge, namespace: obs}}
data:
  config.yaml: |
    receivers: {{otlp: {{protocols: {{grpc: }}}}}}
    exporters: {{debug: }}
    service: {{pipelines: {{traces: {{receivers: [otlp], exporters: [debug]}}}}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: edge, namespace: obs}}
spec:
  template:
    metadata: {{labels: {{app: edge}}}}
    spec:
      containers:
        - name: collector
          image: otel/opentelemetry-collector-contrib:0.126.0
          args: [--config=/conf/config.yaml]
          volumeMounts: [{{name: conf, mountPath: /conf}}]
{container}
      volumes:
        - {{name: conf, configMap: {{name: edge}}}}
{volumes}
"
    );
    let picture = repository("http://a.example.com", &[("obs/edge.yaml", &collector)]).picture;
    let hops = picture.hops.iter();
    let hops = hops.filter(|hop| picture.name(Some(hop.from)) == "obs/edge");
    hops.filter_map(|hop| Some(format!("{}: {}", hop.sender, hop.fault.as_ref()?.detail)))
        .collect()
}

const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: edge-variables, namespace: obs}\ndata: {A: a}";

fn from(name: &str) -> String {
    format!("          envFrom: [{{configMapRef: {{name: {name}}}}}]")
}

#[test]
fn only_what_is_surely_a_mistake_is_missing() {
    assert_eq!(
        missing(&from("edge-varables"), "", MAP),
        ["its variables: there is no ConfigMap `edge-varables`"]
    );
    let volume = "        - {name: more, configMap: {name: edge-varables}}";
    assert_eq!(
        missing("", volume, MAP),
        ["its files: there is no ConfigMap `edge-varables`"]
    );
    let none: [&str; 0] = [];
    assert_eq!(missing(&from("edge-variables"), "", MAP), none);
    assert_eq!(missing(&from("other"), "", MAP), none);
    assert_eq!(
        missing(&from("edge-varables"), volume, &MAP.replace("obs", "shop")),
        none
    );
    // The near one is named by another pod.
    let taken = format!(
        "{MAP}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: other, namespace: obs}}\nspec: {{template: {{spec: {{containers: [{{name: c, image: c, envFrom: [{{configMapRef: {{name: edge-variables}}}}]}}]}}}}}}"
    );
    assert_eq!(missing(&from("edge-varables"), "", &taken), none);
}

#[test]
fn a_key_is_missing_where_the_map_is_known() {
    let volume =
        "        - {name: more, configMap: {name: edge-variables, items: [{key: B, path: b}]}}";
    let told = ["its files: ConfigMap `edge-variables` has no key `B`"];
    assert_eq!(missing("", volume, MAP), told);
    let none: [&str; 0] = [];
    let optional = volume.replace("items:", "optional: true, items:");
    assert_eq!(missing("", &optional, MAP), none);
    let filled = MAP.replace(
        "namespace: obs",
        "namespace: obs, labels: {config.openshift.io/inject-trusted-cabundle: \"true\"}",
    );
    assert_eq!(missing("", volume, &filled), none);
    assert_eq!(missing("", volume, &MAP.replace("{A: a}", "{}")), none);
}

#[test]
fn an_application_with_a_section_called_service_is_no_collector() {
    let application = "apiVersion: v1
kind: ConfigMap
metadata: {name: web, namespace: shop}
data:
  app.yaml: |
    service:
      port: {number: 8080}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: registry.example.com/web:1.0.0
          volumeMounts: [{name: conf, mountPath: /conf}]
      volumes: [{name: conf, configMap: {name: web}}]
";
    let picture = repository("http://a.example.com", &[("shop/web.yaml", application)]).picture;
    assert!(picture.ends.iter().all(|end| end.name != "shop/web"));
}
