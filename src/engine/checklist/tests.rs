//! What lines of checklists say.

use super::*;
use crate::config::Settings;
use crate::engine::check;
use crate::engine::tests::{built_in, occasion, sources};

/// A service that sends to a gateway of its namespace, which scrubs and stores.
const SERVICE: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec:
  template:
    metadata: {labels: {app: cart}}
    spec:
      containers:
        - name: app
          image: example.com/cart:1.0.0
          resources: {requests: {cpu: 1, memory: 1Gi}, limits: {memory: 1Gi}}
          env:
            - {name: OTEL_SERVICE_NAME, value: cart}
            - {name: OTEL_EXPORTER_OTLP_PROTOCOL, value: grpc}
            - {name: OTEL_EXPORTER_OTLP_ENDPOINT, value: 'http://gateway.shop:4317'}
";

const GATEWAY: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: gateway, namespace: shop}
spec:
  replicas: 3
  template:
    metadata: {labels: {app: gateway}}
    spec:
      containers:
        - name: collector
          image: otel/opentelemetry-collector-contrib:0.155.0
          args: [--config=/etc/otel/config.yaml]
          volumeMounts: [{name: config, mountPath: /etc/otel}]
      volumes: [{name: config, configMap: {name: gateway}}]
---
apiVersion: v1
kind: Service
metadata: {name: gateway, namespace: shop}
spec: {selector: {app: gateway}, ports: [{port: 4317}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: gateway, namespace: shop}
data:
  config.yaml: |
    receivers: {otlp: {protocols: {grpc: {endpoint: '0.0.0.0:4317'}}}}
    processors: {redaction: {allow_all_keys: false, allowed_keys: [http.route]}}
    exporters: {elasticsearch: {endpoint: 'http://es:9200'}}
    service:
      pipelines:
        traces: {receivers: [otlp], processors: [redaction], exporters: [elasticsearch]}
---
apiVersion: v1
kind: Service
metadata: {name: es, namespace: shop}
spec: {clusterIP: None, ports: [{port: 9200}]}
";

/// A Dockerfile whose image has no variables but its own.
const DOCKERFILE: &str = "FROM scratch\nCOPY cart /cart\nENTRYPOINT [\"/cart\"]\n";

/// A variable that loads an agent, in front of others.
const AGENT: &str = "env:
            - {name: JAVA_TOOL_OPTIONS, value: \"-javaagent:/otel/opentelemetry-javaagent.jar\"}";

fn with<T>(files: &[(&str, &str)], ask: impl FnOnce(Basis<'_>) -> T) -> T {
    let repository = Repository::build(sources(files));
    let settings = Settings {
        profile: "strict".to_owned(),
        ..Settings::default()
    };
    let mut report = check(&repository, &occasion(), built_in(), &settings);
    report.finish();
    ask(Basis {
        repository: &repository,
        report: &report,
        views: Views::ALL,
    })
}

/// The answer to a line, with its evidence.
fn line(list: &Checklist, text: &str) -> (Answer, String) {
    let mut lines = list.sections.iter().flat_map(|section| &section.lines);
    let line = lines.find(|line| line.text == text).unwrap();
    let texts = line.said.evidence.iter().map(|one| one.text.as_str());
    (line.said.answer, texts.collect::<Vec<_>>().join("; "))
}

fn ask(files: &[(&str, &str)], text: &str) -> (Answer, String) {
    with(files, |basis| {
        let lists = of_service(basis, "cart");
        let [list] = &lists[..] else {
            panic!("{lists:?}");
        };
        line(list, text)
    })
}

fn ask_all(files: &[(&str, &str)], text: &str) -> (Answer, String) {
    with(files, |basis| line(&go_live(basis), text))
}

/// The service with a variable that loads an agent.
fn with_agent() -> String {
    SERVICE.replace("env:", AGENT)
}

/// The answer for the service with some of its text replaced.
fn changed(from: &str, to: &str, text: &str) -> (Answer, String) {
    assert!(SERVICE.contains(from) || GATEWAY.contains(from), "{from}");
    let (service, gateway) = (SERVICE.replace(from, to), GATEWAY.replace(from, to));
    ask(&[("cart.yaml", &service), ("gateway.yaml", &gateway)], text)
}

#[test]
fn a_service_that_reaches_a_store_is_listed_and_complete() {
    assert_eq!(
        changed("cart", "cart", "Configure endpoints").0,
        Answer::Yes
    );
    for text in ["Service in Jaeger list", "Traces complete"] {
        // Nothing in the files shows what makes traces.
        let (answer, told) = changed("cart", "cart", text);
        assert_eq!(answer, Answer::Open, "{text}: {told}");
        assert_eq!(changed("env:", AGENT, text).0, Answer::Yes, "{text}");
    }
    let (answer, told) = changed("cart", "cart", "No PII in span attributes");
    assert_eq!(
        (answer, told.as_str()),
        (Answer::Yes, "processor `redaction` scrubs")
    );
}

#[test]
fn a_broken_hop_is_no_and_an_unknown_one_is_open() {
    let broken = changed(
        "http://gateway.shop:4317",
        "http://gatway.shop:4317",
        "Traces complete",
    );
    assert_eq!(broken.0, Answer::No, "{broken:?}");
    let unknown = changed(
        "value: 'http://gateway.shop:4317'",
        "valueFrom: {secretKeyRef: {name: a, key: b}}",
        "Configure endpoints",
    );
    assert_eq!(unknown.0, Answer::Open, "{unknown:?}");
    let far = changed(
        "http://gateway.shop:4317",
        "https://otlp.example.com:4317",
        "No PII in span attributes",
    );
    assert_eq!(far.0, Answer::Open, "{far:?}");
}

#[test]
fn what_a_privacy_rule_finds_on_the_way_is_no() {
    let found = changed("processors: [redaction], ", "", "No PII in span attributes");
    assert_eq!(found.0, Answer::No, "{found:?}");
}

#[test]
fn a_service_that_nothing_traces_is_no_only_where_its_image_is_known() {
    let (untraced, _) = SERVICE.split_once("          env:").unwrap();
    let bare = [("cart/cart.yaml", untraced)];
    let whole = [
        ("cart/cart.yaml", untraced),
        ("cart/Dockerfile", DOCKERFILE),
    ];
    for text in [
        "Add OTel SDK/agent",
        "Configure endpoints",
        "Traces complete",
    ] {
        assert_eq!(ask(&bare, text).0, Answer::Open, "{text}");
        assert_eq!(ask(&whole, text).0, Answer::No, "{text}");
    }
    assert_eq!(ask(&bare, "Update K8s manifests").0, Answer::No);
}

#[test]
fn an_agent_shows_in_the_image_or_the_packages() {
    let image = "FROM eclipse-temurin:21-jre\nENV JAVA_TOOL_OPTIONS=-javaagent:/otel/opentelemetry-javaagent.jar\nCOPY otel /otel\nENTRYPOINT [\"java\", \"-jar\", \"/a.jar\"]\n";
    let files = [
        ("x/deploy.yaml", SERVICE),
        ("services/cart/Dockerfile", image),
    ];
    assert_eq!(ask(&files, "Add OTel SDK/agent").0, Answer::Yes);
    assert_eq!(ask(&files, "Update Dockerfile").0, Answer::Yes);
    let files = [
        ("cart/deploy.yaml", SERVICE),
        ("cart/Dockerfile", DOCKERFILE),
        (
            "cart/package.json",
            "{\"dependencies\": {\"@opentelemetry/sdk-node\": \"1\"}}",
        ),
    ];
    let (answer, told) = ask(&files, "Add OTel SDK/agent");
    assert_eq!(
        (answer, told.as_str()),
        (Answer::Yes, "the program has `@opentelemetry/sdk-node`")
    );
}

#[test]
fn a_dockerfile_belongs_to_the_service_whose_name_its_folder_has() {
    let other = "FROM scratch\nENV OTEL_X=1\n";
    let order = SERVICE.replace("cart", "order");
    let near = [
        ("a/k8s/cart.yaml", SERVICE),
        ("a/k8s/order.yaml", &*order),
        ("a/Dockerfile", other),
    ];
    let (answer, told) = ask(&near, "Update Dockerfile");
    assert_eq!(answer, Answer::Open);
    assert!(told.contains("which Dockerfile"), "{told}");
    let lonely = [
        ("a/k8s/cart.yaml", SERVICE),
        ("b/gateway.yaml", GATEWAY),
        ("a/Dockerfile", other),
    ];
    assert!(
        ask(&lonely, "Update Dockerfile")
            .1
            .contains("base image may")
    );
    let suffix = [
        ("k8s/cart.yaml", SERVICE),
        ("docker/Dockerfile.cart", other),
        ("docker/Dockerfile.x", other),
    ];
    assert!(
        ask(&suffix, "Update Dockerfile")
            .1
            .contains("base image may")
    );
}

#[test]
fn the_rollback_command_names_the_workload() {
    let (answer, told) = changed("cart", "cart", "Rollback command");
    assert_eq!(
        (answer, told.as_str()),
        (
            Answer::Yes,
            "`kubectl rollout undo deployment/cart -n shop`"
        )
    );
    let none = changed(
        "spec:\n  template",
        "spec:\n  revisionHistoryLimit: 0\n  template",
        "Rollback command",
    );
    assert_eq!(none.0, Answer::No, "{none:?}");
}

#[test]
fn a_rollback_command_holds_no_name_that_a_shell_would_read() {
    let hostile = SERVICE.replace("namespace: shop", "namespace: '$(reboot)'");
    let (answer, told) = ask(&[("cart.yaml", &hostile)], "Rollback command");
    assert_eq!(answer, Answer::Open);
    assert!(!told.contains("reboot"), "{told}");
}

#[test]
fn gitops_that_reverts_a_rollback_leaves_it_open() {
    let argo = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: shop}\nspec: {syncPolicy: {automated: {selfHeal: true}}}\n";
    let files = [("cart.yaml", SERVICE), ("argo.yaml", argo)];
    assert_eq!(ask(&files, "Rollback command").0, Answer::Open);
}

#[test]
fn a_canary_is_seen() {
    let canary = "apiVersion: flagger.app/v1beta1\nkind: Canary\nmetadata: {name: cart, namespace: shop}\nspec: {targetRef: {kind: Deployment, name: cart}}\n";
    assert_eq!(
        ask(&[("cart.yaml", SERVICE)], "Canary prepared").0,
        Answer::Open
    );
    let files = [("cart.yaml", SERVICE), ("canary.yaml", canary)];
    assert_eq!(ask(&files, "Canary prepared").0, Answer::Yes);
}

#[test]
fn context_and_logs_are_told_by_variables() {
    let variable = "env:\n            - {name: OTEL_PROPAGATORS, value: 'tracecontext,baggage'}\n            - {name: LOGGING_PATTERN_LEVEL, value: '%5p [%X{trace_id:-}]'}";
    let propagation = "Trace context propagated to downstream services";
    let logs = "Logs correlated with traces (trace ID present)";
    assert_eq!(changed("env:", variable, propagation).0, Answer::Yes);
    assert_eq!(changed("env:", variable, logs).0, Answer::Yes);
    assert_eq!(changed("env:", "env:", propagation).0, Answer::Open);
    assert_eq!(changed("env:", "env:", logs).0, Answer::Open);
    let jaeger = variable.replace("tracecontext,baggage", "jaeger");
    assert_eq!(changed("env:", &jaeger, propagation).0, Answer::No);
}

#[test]
fn tracing_that_is_switched_off_reaches_no_store() {
    let off = "env:\n            - {name: OTEL_SDK_DISABLED, value: 'true'}";
    let (answer, told) = changed("env:", off, "Traces complete");
    assert_eq!(answer, Answer::No);
    assert!(told.contains("OTEL_SDK_DISABLED"), "{told}");
}

#[test]
fn overlays_have_a_checklist_each() {
    let files = [("prod/cart.yaml", SERVICE), ("staging/cart.yaml", SERVICE)];
    let subjects = with(&files, |basis| {
        let lists = of_service(basis, "shop/cart").into_iter();
        lists.map(|list| list.subject).collect::<Vec<_>>()
    });
    assert_eq!(subjects, ["shop/cart in prod", "shop/cart in staging"]);
}

#[test]
fn a_collector_is_no_service_and_a_wrong_name_has_no_list() {
    let files = [("cart.yaml", SERVICE), ("gateway.yaml", GATEWAY)];
    for name in ["gateway", "art", "shop", ""] {
        assert!(
            with(&files, |basis| of_service(basis, name).is_empty()),
            "{name}"
        );
    }
}

#[test]
fn a_part_is_missing_only_where_traces_arrive_without_it() {
    let kafka = "Kafka cluster with at least 3 brokers";
    let files = [("cart.yaml", SERVICE), ("gateway.yaml", GATEWAY)];
    assert_eq!(ask_all(&files, kafka).0, Answer::No);
    assert_eq!(ask_all(&files[..1], kafka).0, Answer::Open);
    let gateway = "Collector gateway with at least 3 replicas";
    assert_eq!(ask_all(&files, gateway).0, Answer::Yes);
    let single = GATEWAY.replace("replicas: 3", "replicas: 1");
    let files = [("cart.yaml", SERVICE), ("gateway.yaml", single.as_str())];
    assert_eq!(ask_all(&files, gateway).0, Answer::No);
    let open = GATEWAY.replace("replicas: 3", "replicas: {{ .Values.replicas }}");
    let files = [
        ("cart.yaml", SERVICE),
        ("templates/gateway.yaml", open.as_str()),
    ];
    assert_ne!(ask_all(&files, gateway).0, Answer::Yes);
    let files = [("cart.yaml", SERVICE), ("gateway.yaml", GATEWAY)];
    let elastic = "Elasticsearch cluster with at least 3 nodes";
    assert_eq!(ask_all(&files, elastic).0, Answer::Open);
}

#[test]
fn brokers_and_nodes_are_counted_even_where_no_rule_applies() {
    let kafka = "Kafka cluster with at least 3 brokers";
    let cluster = "apiVersion: kafka.strimzi.io/v1\nkind: Kafka\nmetadata: {name: t, namespace: o}\nspec: {kafka: {listeners: []}}\n";
    let pool = "apiVersion: kafka.strimzi.io/v1\nkind: KafkaNodePool\nmetadata: {name: b, namespace: o, labels: {strimzi.io/cluster: t}}\nspec: {replicas: 3, roles: [broker]}\n";
    let files = [
        ("cart.yaml", SERVICE),
        ("kafka.yaml", cluster),
        ("pool.yaml", pool),
    ];
    assert_eq!(
        ask_all(&files, kafka),
        (Answer::Yes, "`t` has 3".to_owned())
    );
    assert_eq!(ask_all(&files[..2], kafka).0, Answer::Open);
    let elastic = "Elasticsearch cluster with at least 3 nodes";
    let store = "apiVersion: elasticsearch.k8s.elastic.co/v1\nkind: Elasticsearch\nmetadata: {name: j}\nspec: {nodeSets: [{name: a}]}\n";
    let files = [("cart.yaml", SERVICE), ("es.yaml", store)];
    assert_eq!(ask_all(&files, elastic).0, Answer::Open);
}

#[test]
fn services_that_get_lost_are_named() {
    let service = with_agent();
    let lost = service
        .replace("cart", "order")
        .replace("gateway.shop", "gatway.shop");
    let files = [
        ("cart.yaml", service.as_str()),
        ("gateway.yaml", GATEWAY),
        ("order.yaml", lost.as_str()),
    ];
    let (answer, told) = ask_all(&files, "Traces of every service reach a store");
    assert_eq!(answer, Answer::No);
    assert!(
        told.contains("1 of 2 services") && told.contains("`shop/order`"),
        "{told}"
    );
}

#[test]
fn a_trigger_is_open_without_alerts_and_no_where_its_own_is_missing() {
    let trigger = "Kafka lag >1 million messages";
    let alerts = |expr: &str| {
        format!(
            "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata: {{name: a}}\nspec:\n  groups:\n    - name: a\n      rules:\n        - {{alert: A, expr: 'otelcol_x > 1'}}\n        - {{alert: B, expr: '{expr}'}}\n"
        )
    };
    assert_eq!(
        ask_all(&[("gateway.yaml", GATEWAY)], trigger).0,
        Answer::Open
    );
    let without = alerts("up == 0");
    let files = [("gateway.yaml", GATEWAY), ("alerts.yaml", without.as_str())];
    assert_eq!(ask_all(&files, trigger).0, Answer::Open);
    let kafka = "apiVersion: kafka.strimzi.io/v1beta2\nkind: Kafka\nmetadata: {name: spans}\n";
    let files = [files[0], files[1], ("kafka.yaml", kafka)];
    assert_eq!(ask_all(&files, trigger).0, Answer::No);
    let with = alerts("kafka_consumergroup_lag > 1000000");
    let files = [("gateway.yaml", GATEWAY), ("alerts.yaml", with.as_str())];
    assert_eq!(ask_all(&files, trigger).0, Answer::Yes);
}

#[test]
fn what_is_not_traced_beside_services_is_named() {
    let whole = "100% of production services instrumented";
    let files = [("cart.yaml", SERVICE), ("gateway.yaml", GATEWAY)];
    let (answer, told) = ask_all(&files, whole);
    assert_eq!(answer, Answer::Open);
    assert!(
        told.starts_with("`shop/cart`: what reads its variables"),
        "{told}"
    );
    let service = with_agent();
    let files = [("cart.yaml", service.as_str()), ("gateway.yaml", GATEWAY)];
    assert_eq!(ask_all(&files, whole).0, Answer::Yes);
    let database = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db, namespace: shop}\nspec: {template: {spec: {containers: [{name: db, image: 'postgres:17'}]}}}\n";
    let files = [
        ("cart.yaml", service.as_str()),
        ("gateway.yaml", GATEWAY),
        ("db.yaml", database),
    ];
    let (answer, told) = ask_all(&files, whole);
    assert_eq!(
        (answer, told.as_str()),
        (Answer::Open, "`StatefulSet/shop/db` is not traced")
    );
}

#[test]
fn the_owner_is_named_by_whoever_tells_it_first() {
    let owner = |files: &[(&str, &str)]| {
        let manifest = ("deploy/cart.yaml", SERVICE);
        with(&[&[manifest], files].concat(), |basis| {
            let list = of_service(basis, "cart").remove(0);
            let mut heads = list.heads.into_iter();
            let head = heads.find(|head| head.name == "Owner").unwrap();
            head.value.map(|evidence| evidence.text)
        })
    };
    let code = ("CODEOWNERS", "/deploy/ @shop/ops @shop/cart\n");
    let catalog = (
        "catalog-info.yaml",
        "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: cart}\nspec: {owner: cart-team}\n",
    );
    let settings = ("spanguard.yaml", "services: {cart: {owner: cart}}\n");
    assert_eq!(owner(&[]), None);
    assert_eq!(owner(&[code]).as_deref(), Some("@shop/ops, @shop/cart"));
    assert_eq!(owner(&[code, catalog]).as_deref(), Some("cart-team"));
    assert_eq!(owner(&[code, catalog, settings]).as_deref(), Some("cart"));
}
