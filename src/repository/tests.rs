//! What subjects come to when files are read together.

use super::*;
use crate::source::sources;

fn repository(files: &[(&str, &str)]) -> Repository {
    Repository::build(sources(files))
}

fn subject(repository: &Repository, kind: SubjectKind) -> &Node {
    &repository
        .subjects
        .iter()
        .find(|subject| subject.kind == kind)
        .unwrap()
        .bindings[0]
}

const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a, namespace: shop}\nspec:\n  replicas: 2\n  template:\n    metadata: {labels: {app: a}}\n    spec:\n      containers:\n      - name: c\n        image: r.example/x/app:1\n        envFrom: [{configMapRef: {name: m}}]\n        env:\n        - {name: HOST, value: h}\n        - {name: URL, value: \"http://$(HOST):$(PORT)\"}\n        - {name: BAD, value: \"$(NOPE)\"}\n        - {name: S, valueFrom: {secretKeyRef: {name: s, key: k}}}\n";

#[test]
fn a_configuration_with_a_section_from_a_template_may_be_whole() {
    let chart = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  relay: |\n    receivers: {otlp: }\n    exporters:\n      {{- toYaml .Values.exporters | nindent 6 }}\n    service:\n      pipelines: {traces: {receivers: [otlp], exporters: [nope]}}\n";
    let is_whole = |text: &str| {
        let repository = repository(&[("templates/a.yaml", text)]);
        let collector = subject(&repository, SubjectKind::Collector);
        collector.get("is_whole").unwrap().clone()
    };
    assert!(is_whole(chart).is_unknown());
    let without = chart.replace("      {{- toYaml .Values.exporters | nindent 6 }}\n", "");
    assert_eq!(is_whole(&without).as_bool(), Some(false));
    let literal = chart.replace("{{- toYaml .Values.exporters | nindent 6 }}", "debug:");
    assert_eq!(is_whole(&literal).as_bool(), Some(true));
}

#[test]
fn an_incomplete_configuration_beside_a_whole_one_may_be_merged_with_it() {
    let whole = "receivers: {otlp: {protocols: {grpc: }}}\nexporters: {debug: }\nservice: {pipelines: {traces: {receivers: [otlp], exporters: [debug, nope]}}}\n";
    let is_whole = |part: &str| {
        let repository = repository(&[("a/all.yaml", whole), ("a/part.yaml", part)]);
        let collector = subject(&repository, SubjectKind::Collector);
        collector.get("is_whole").unwrap().clone()
    };
    let metrics = "receivers: {prometheus: {config: {scrape_configs: []}}}\nprocessors: {batch: }\nservice: {pipelines: {metrics: {receivers: [prometheus], processors: [batch]}}}\n";
    assert_eq!(is_whole(metrics).as_bool(), Some(true));
    let same_pipeline = metrics.replace("{metrics: {", "{traces: {");
    let missing = metrics
        .replace("service:", "exporters: {nope: }\nservice:")
        .replace("exporters: {nope: }", "connectors: {nope: }");
    assert!(is_whole(&same_pipeline).is_unknown());
    assert!(is_whole(&missing).is_unknown());
}

#[test]
fn a_rollout_that_refers_to_a_workload_runs_its_pods() {
    let scaled = DEPLOYMENT.replace("replicas: 2", "replicas: 0");
    let rollout = "---\napiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: r, namespace: shop}\nspec: {replicas: 5, workloadRef: {kind: Deployment, name: a}}\n";
    let replicas = |more: &str| {
        let text = format!("{scaled}{more}");
        let repository = repository(&[("d.yaml", &text)]);
        let workload = subject(&repository, SubjectKind::Workload);
        workload.get("replicas").unwrap().as_int()
    };
    assert_eq!(replicas(""), Some(0));
    assert_eq!(replicas(rollout), Some(5));
    assert_eq!(replicas(&rollout.replace("name: a", "name: b")), Some(0));
}

#[test]
fn replicas_come_from_the_autoscaler_when_there_is_one() {
    let hpa = |target: &str| {
        format!(
            "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: h, namespace: shop}}\nspec: {{minReplicas: 5, scaleTargetRef: {{kind: Deployment, name: {target}}}}}\n"
        )
    };
    let replicas = |files: &[(&str, &str)]| {
        subject(&repository(files), SubjectKind::Workload)
            .get("replicas")
            .unwrap()
            .clone()
    };
    assert_eq!(replicas(&[("d.yaml", DEPLOYMENT)]).as_int(), Some(2));
    assert_eq!(
        replicas(&[("d.yaml", DEPLOYMENT), ("h.yaml", &hpa("a"))]).as_int(),
        Some(5)
    );
    assert_eq!(
        replicas(&[("d.yaml", DEPLOYMENT), ("h.yaml", &hpa("b"))]).as_int(),
        Some(2)
    );
    assert!(
        replicas(&[
            ("d.yaml", DEPLOYMENT),
            ("h.yaml", &hpa("a")),
            ("i.yaml", &hpa("a"))
        ])
        .is_unknown()
    );
    assert_eq!(
        replicas(&[
            ("x/d.yaml", DEPLOYMENT),
            ("x/h.yaml", &hpa("a")),
            ("y/i.yaml", &hpa("a"))
        ])
        .as_int(),
        Some(5)
    );
}

#[test]
fn a_default_number_of_replicas_points_at_the_specification() {
    let text = DEPLOYMENT.replace("  replicas: 2\n", "");
    let repository = repository(&[("d.yaml", &text)]);
    let replicas = subject(&repository, SubjectKind::Workload)
        .get("replicas")
        .unwrap()
        .clone();
    assert_eq!(replicas.as_int(), Some(1));
    assert_eq!(repository.files[0].slice(replicas.span), "spec");
}

#[test]
fn environment_follows_kubernetes_order() {
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m, namespace: shop}\ndata: {PORT: \"4317\", HOST: other}\n";
    let repository = repository(&[("d.yaml", DEPLOYMENT), ("m.yaml", map)]);
    let container = subject(&repository, SubjectKind::Container);
    assert_eq!(container.str_at(&["env", "URL"]), Some("http://h:4317"));
    assert_eq!(container.str_at(&["env", "BAD"]), Some("$(NOPE)"));
    assert!(container.at(&["env", "S"]).unwrap().is_unknown());
    assert!(
        container
            .get("env")
            .unwrap()
            .as_map()
            .unwrap()
            .open
            .is_none()
    );
    let bad = &container.get("env_entries").unwrap().items()[2];
    assert_eq!(
        bad.get("undefined").unwrap().items()[0].as_str(),
        Some("NOPE")
    );
    assert_eq!(container.str_at(&["image_name"]), Some("app"));
}

#[test]
fn what_a_pod_says_of_itself_is_known_and_what_it_gets_is_known_by_kind() {
    let fields = "        - {name: NS, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}\n        - {name: APP, valueFrom: {fieldRef: {fieldPath: \"metadata.labels['app']\"}}}\n        - {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}\n        - {name: NODE, valueFrom: {fieldRef: {fieldPath: status.hostIP}}}\n        - {name: A, value: \"$(APP).$(NS)\"}\n        - {name: B, value: \"http://$(NODE):4317\"}\n        - {name: C, value: \"$(B)/$(S)\"}\n        - {name: D, value: \"$(IP):1\"}\n";
    let text = format!("{DEPLOYMENT}{fields}");
    let config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m, namespace: shop}\ndata: {PORT: '1'}\n";
    let repository = repository(&[("d.yaml", &text), ("m.yaml", config)]);
    let container = subject(&repository, SubjectKind::Container);
    let value = |name: &str| container.at(&["env", name]).unwrap().clone();
    assert_eq!(value("A").as_str(), Some("a.shop"));
    assert!(value("B").is_unknown());
    let [one, other] = [false, true].map(|second| value("B").assumed(second, &[]).unwrap());
    assert_ne!(one, other);
    for likely in [one, other] {
        let text = likely.as_str().unwrap();
        assert!(
            text.starts_with("http://") && text.ends_with(":4317"),
            "{text}"
        );
    }
    assert!(value("C").is_unknown() && value("C").assumed(false, &[]).is_none());
    let environment = subject(&repository, SubjectKind::Environment);
    let own = environment.get("own_addresses").unwrap().items().iter();
    assert_eq!(
        own.filter_map(Node::as_str).collect::<Vec<_>>(),
        ["D", "IP"]
    );
}

#[test]
fn an_environment_from_elsewhere_is_open() {
    let repository = repository(&[("d.yaml", DEPLOYMENT)]);
    let container = subject(&repository, SubjectKind::Container);
    let env = container.get("env").unwrap();
    assert!(env.as_map().unwrap().open.is_some());
    assert!(env.get("URL").unwrap().is_unknown());
}

#[test]
fn pod_templates_are_found_by_shape() {
    for text in [
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a}\nspec: {jobTemplate: {spec: {template: {spec: {containers: [{name: c, image: i}]}}}}}\n",
        "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: a}\nspec: {template: {spec: {containers: [{image: i}]}}}\n",
        "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: a}\nspec: {template: {spec: {containers: [{image: i}]}}}\n",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{image: i}]}\n",
    ] {
        let repository = repository(&[("a.yaml", text)]);
        assert_eq!(
            subject(&repository, SubjectKind::Workload).str_at(&["name"]),
            Some("a"),
            "{text}"
        );
    }
}

#[test]
fn every_pod_template_of_an_object_is_found() {
    let pod = "template: {spec: {containers: [{name: c, image: i}]}}";
    let text = format!(
        "apiVersion: ray.io/v1\nkind: RayCluster\nmetadata: {{name: a}}\nspec:\n  headGroupSpec: {{{pod}}}\n  workerGroupSpecs: [{{replicas: 2, {pod}}}]\n"
    );
    let repository = repository(&[("a.yaml", &text)]);
    let is_workload = |subject: &&Subject| subject.kind == SubjectKind::Workload;
    let workloads: Vec<_> = repository.subjects.iter().filter(is_workload).collect();
    assert_eq!(workloads.len(), 2);
    for workload in workloads {
        let replicas = workload.bindings[0].get("replicas").unwrap();
        assert!(replicas.is_unknown());
    }
}

#[test]
fn limit_ranges_add_what_containers_leave_out() {
    let range = "apiVersion: v1\nkind: LimitRange\nmetadata: {name: l, namespace: shop}\nspec: {limits: [{type: Container, default: {memory: 1Gi}}]}\n";
    let repository = repository(&[("d.yaml", DEPLOYMENT), ("l.yaml", range)]);
    let container = subject(&repository, SubjectKind::Container);
    assert_eq!(
        container.str_at(&["resources", "limits", "memory"]),
        Some("1Gi")
    );
}

#[test]
fn variables_come_from_the_literals_of_a_generator() {
    let kustomization = |more: &str| {
        format!(
            "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [d.yaml]\nconfigMapGenerator:\n- name: m\n  literals: [PORT=4317, 'NAME=\"x=y\"']\n{more}"
        )
    };
    let deployment = DEPLOYMENT.replace(", namespace: shop", "");
    let variable = |files: &[(&str, &str)], name: &str| {
        let repository = repository(files);
        let container = subject(&repository, SubjectKind::Container);
        container.get("env").unwrap().get(name).unwrap().clone()
    };
    let alone = kustomization("");
    let files = [
        ("b/kustomization.yaml", alone.as_str()),
        ("b/d.yaml", &deployment),
    ];
    assert_eq!(variable(&files, "URL").as_str(), Some("http://h:4317"));
    assert_eq!(variable(&files, "NAME").as_str(), Some("x=y"));
    // An overlay changes one of them.
    let over = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [../b]\nconfigMapGenerator:\n- name: m\n  behavior: merge\n  literals: [PORT=4318]\n";
    let files = [files[0], files[1], ("o/kustomization.yaml", over)];
    assert_eq!(variable(&files, "URL").as_str(), Some("http://h:4318"));
    assert_eq!(variable(&files, "NAME").as_str(), Some("x=y"));
}

#[test]
fn patches_of_a_kustomization_are_not_judged() {
    let kustomization = "resources: [../base]\npatches: [{path: patch.yaml}]\n";
    let repository = repository(&[
        ("o/kustomization.yaml", kustomization),
        ("o/patch.yaml", DEPLOYMENT),
    ]);
    assert!(repository.subjects.is_empty());
    assert_eq!(
        repository.readings[1].state(),
        DocumentState::Skipped(artifact::Skip::KustomizePatch)
    );
}

#[test]
fn what_a_kustomization_changes_is_judged_as_it_is_built() {
    let with = |more: &str, patch: &str| {
        let kustomization = format!("resources: [../b/d.yaml]\n{more}");
        let files = [
            ("b/d.yaml", DEPLOYMENT),
            ("o/kustomization.yaml", kustomization.as_str()),
            ("o/p.yaml", patch),
        ];
        subject(&repository(&files), SubjectKind::Workload).clone()
    };
    let replicas = with("replicas: [{name: a, count: 3}]\n", "");
    let count = replicas.get("replicas").unwrap();
    assert_eq!((count.as_int(), count.span.file), (Some(3), FileId(1)));
    let patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {spec: {containers: [{name: c, resources: {limits: {memory: 1Gi}}}]}}}\n";
    let patched = with("patches: [{path: p.yaml}]\n", patch);
    let container = &patched.get("containers").unwrap().items()[0];
    let limit = container.at(&["resources", "limits", "memory"]).unwrap();
    assert_eq!((limit.as_str(), limit.span.file), (Some("1Gi"), FileId(2)));
    assert_eq!(patched.get("replicas").unwrap().as_int(), Some(2));
}

const COLLECTOR: &str = "receivers: {otlp: }\nprocessors: {batch: , k8sattributes: }\nexporters: {otlp/x: {sending_queue: {storage: file_storage}}}\nextensions: {file_storage: }\nservice:\n  pipelines:\n    traces/1: {receivers: [otlp], processors: [batch], exporters: [otlp/x]}\n";

#[test]
fn components_know_their_kind_use_and_present_spelling() {
    let repository = repository(&[("c.yaml", COLLECTOR)]);
    let component = |id: &str| {
        let found = repository.subjects.iter().find(|subject| {
            subject.kind == SubjectKind::Component
                && subject.bindings[0].str_at(&["id"]) == Some(id)
        });
        found.unwrap().bindings[0].clone()
    };
    assert_eq!(component("otlp/x").str_at(&["type"]), Some("otlp_grpc"));
    assert_eq!(
        component("otlp").str_at(&["type"]),
        Some("otlp"),
        "the receiver keeps its name"
    );
    assert_eq!(
        component("k8sattributes").str_at(&["type"]),
        Some("k8s_attributes")
    );
    assert_eq!(
        component("k8sattributes").get("is_used").unwrap().as_bool(),
        Some(false)
    );
    assert_eq!(
        component("file_storage").get("is_used").unwrap().as_bool(),
        Some(false)
    );
    assert_eq!(
        component("otlp/x").get("references").unwrap().items()[0].as_str(),
        Some("file_storage")
    );
    let pipeline = subject(&repository, SubjectKind::Pipeline);
    assert_eq!(pipeline.str_at(&["signal"]), Some("traces"));
    assert_eq!(
        pipeline.get("exporter_types").unwrap().items()[0].as_str(),
        Some("otlp_grpc")
    );
}

#[test]
fn the_role_of_a_collector_is_that_of_the_workload_that_mounts_it() {
    let indented: String = COLLECTOR
        .lines()
        .flat_map(|line| ["    ", line, "\n"])
        .collect();
    let map = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: conf}}\ndata:\n  relay: |\n{indented}"
    );
    let workload = "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: agent}\nspec: {template: {spec: {containers: [{name: c, image: otel/opentelemetry-collector-contrib:0.1}], volumes: [{configMap: {name: conf}}]}}}\n";
    let joined = repository(&[("a.yaml", &map), ("b.yaml", workload)]);
    assert_eq!(
        subject(&joined, SubjectKind::Collector).str_at(&["role"]),
        Some("agent")
    );
    assert_eq!(
        subject(&joined, SubjectKind::Workload).str_at(&["role"]),
        Some("collector-agent")
    );
    let alone = repository(&[("a.yaml", &map)]);
    assert!(
        subject(&alone, SubjectKind::Collector)
            .get("role")
            .unwrap()
            .is_unknown()
    );
}

/// A workload that sends traces, and two of which one calls the other.
const SENDER: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shop}\nspec: {template: {spec: {containers: [{name: c, image: shop, env: [{name: OTEL_EXPORTER_OTLP_ENDPOINT, value: \"http://traces.example.com:4318\"}]}]}}}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {spec: {containers: [{name: c, image: a, env: [{name: OTEL_EXPORTER_OTLP_ENDPOINT, value: \"http://x.example.com:4318\"}, {name: OTEL_PROPAGATORS, value: b3}, {name: B, value: \"http://b:80\"}]}]}}}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: b}\nspec: {template: {metadata: {labels: {app: b}}, spec: {containers: [{name: c, image: b, env: [{name: OTEL_EXPORTER_OTLP_ENDPOINT, value: \"http://x.example.com:4318\"}]}]}}}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: b}\nspec: {selector: {app: b}, ports: [{port: 80}]}\n";

/// A collector with an Ingress before it.
const ENTERED: &str = "apiVersion: opentelemetry.io/v1beta1\nkind: OpenTelemetryCollector\nmetadata: {name: e}\nspec: {config: {receivers: {otlp: {protocols: {http: {}}}}, exporters: {debug: {}}, service: {pipelines: {traces: {receivers: [otlp], exporters: [debug]}}}}}\n---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: e}\nspec: {rules: [{host: e.example.com, http: {paths: [{path: /, backend: {service: {name: e-collector, port: {number: 4318}}}}]}}]}\n";

/// A collector behind two Services of one name, and who sends there.
const TWICE: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: t}\ndata:\n  config.yaml: |\n    receivers: {otlp: {protocols: {http: {endpoint: \"0.0.0.0:4318\"}}}}\n    exporters: {debug: {}}\n    service: {pipelines: {traces: {receivers: [otlp], exporters: [debug]}}}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: t}\nspec: {template: {metadata: {labels: {app: t}}, spec: {containers: [{name: c, image: \"otel/opentelemetry-collector:0.126.0\", args: [--config=/c/config.yaml], volumeMounts: [{name: v, mountPath: /c}]}], volumes: [{name: v, configMap: {name: t}}]}}}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: t}\nspec: {selector: {app: t}, ports: [{port: 4318}]}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: t}\nspec: {selector: {app: t}, ports: [{port: 80, targetPort: 4318}]}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: u}\nspec: {template: {spec: {containers: [{name: c, image: u, env: [{name: OTEL_EXPORTER_OTLP_ENDPOINT, value: \"http://t:4318\"}]}]}}}\n";

/// A collector whose second configuration restates a list of the first.
const MERGED: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata:\n  one.yaml: |\n    receivers: {otlp: {protocols: {http: {endpoint: \"0.0.0.0:4318\"}}}}\n    exporters: {debug: {}, nop: {}}\n    service: {pipelines: {traces: {receivers: [otlp], exporters: [debug, nop]}}}\n  two.yaml: |\n    exporters: {debug: {}}\n    service: {pipelines: {traces: {exporters: [debug]}}}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: m}\nspec: {template: {spec: {containers: [{name: c, image: \"otel/opentelemetry-collector:0.126.0\", args: [--config=/c/one.yaml, --config=/c/two.yaml], volumeMounts: [{name: v, mountPath: /c}]}], volumes: [{name: v, configMap: {name: m}}]}}}\n";

#[test]
fn every_subject_fills_its_variables_with_documented_fields_only() {
    let dockerfile = "FROM eclipse-temurin:21\nENV A=1\nENTRYPOINT [\"java\"]\n";
    let instrumentation = "apiVersion: opentelemetry.io/v1alpha1\nkind: Instrumentation\nmetadata: {name: i}\nspec: {exporter: {endpoint: \"http://c:4317\"}}\n";
    let repository = repository(&[
        ("Dockerfile", dockerfile),
        ("c.yaml", COLLECTOR),
        ("d.yaml", DEPLOYMENT),
        ("e.yaml", ENTERED),
        ("i.yaml", instrumentation),
        ("go.mod", "module x\n"),
        (
            "k.yaml",
            "apiVersion: kafka.strimzi.io/v1\nkind: KafkaNodePool\nmetadata: {name: k}\nspec: {replicas: 3, roles: [controller, broker]}\n",
        ),
        (
            "shop.py",
            "from opentelemetry import trace\nspan.set_attribute(\"http.route\", x)\n",
        ),
        ("runbook.md", "kubectl delete deployment/shop -n shop\n"),
        ("s.yaml", SENDER),
        ("m.yaml", MERGED),
        ("t.yaml", TWICE),
        ("spanguard.yaml", "services: {shop: {priority: P1}}\n"),
    ]);
    for kind in SubjectKind::ALL {
        assert!(
            repository
                .subjects
                .iter()
                .any(|subject| subject.kind == kind),
            "{}",
            kind.name()
        );
    }
    for subject in &repository.subjects {
        let variables = subject.kind.variables();
        assert_eq!(subject.bindings.len(), variables.len());
        for (variable, node) in variables.iter().zip(&subject.bindings) {
            let crate::expr::Type::Record(record) = variable.ty else {
                continue;
            };
            for entry in node.entries() {
                let hidden = record.name == "container" && entry.key == "env_entries";
                assert!(
                    hidden || record.field(&entry.key).is_some(),
                    "{}.{}",
                    record.name,
                    entry.key
                );
            }
        }
        let file = repository.file(subject.label.file).unwrap();
        assert!(!file.slice(file.first_line(subject.label)).is_empty());
    }
}

#[test]
fn an_instrumentation_has_an_environment_for_each_language_with_variables() {
    let text = "apiVersion: opentelemetry.io/v1alpha1\nkind: Instrumentation\nmetadata: {name: i}\nspec:\n  exporter: {endpoint: \"http://c:4317\"}\n  java: {env: [{name: OTEL_A, value: b}]}\n";
    let repository = repository(&[("i.yaml", text)]);
    let all: Vec<_> = repository
        .subjects
        .iter()
        .filter(|subject| subject.kind == SubjectKind::Environment)
        .map(|subject| {
            let variables = subject.bindings[0].get("variables").unwrap().entries();
            (subject.object.as_str(), variables.len())
        })
        .collect();
    assert_eq!(
        all,
        [
            ("Instrumentation//i/environment", 1),
            ("Instrumentation//i/environment/java", 2)
        ]
    );
}

#[test]
fn a_collector_resource_has_an_environment() {
    let text = "apiVersion: opentelemetry.io/v1beta1\nkind: OpenTelemetryCollector\nmetadata: {name: c}\nspec:\n  env: [{name: GOMEMLIMIT, value: 400MiB}]\n  config: {}\n";
    let repository = repository(&[("c.yaml", text)]);
    let environment = subject(&repository, SubjectKind::Environment);
    assert_eq!(
        environment.str_at(&["variables", "GOMEMLIMIT"]),
        Some("400MiB")
    );
}

#[test]
fn patterns_of_policies_are_no_pods_and_other_kinds_count_their_own_way() {
    let template = "spec: {template: {spec: {containers: [{name: a, image: b}]}}}";
    let kyverno = format!(
        "apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata: {{name: p}}\n{template}\n"
    );
    let found = repository(&[("p.yaml", &kyverno)]);
    assert!(
        found
            .subjects
            .iter()
            .all(|subject| subject.kind != SubjectKind::Workload)
    );
    let knative = format!(
        "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {{name: p}}\n{template}\n"
    );
    let found = repository(&[("p.yaml", &knative)]);
    let workload = subject(&found, SubjectKind::Workload);
    assert!(workload.get("replicas").unwrap().is_unknown());
}

#[test]
fn assertions_are_set_aside_beside_their_test_only() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: b}]}\n";
    let pods = |files: &[(&str, &str)]| {
        let found = repository(files);
        let all = found.subjects.iter();
        all.filter(|subject| subject.kind == SubjectKind::Workload)
            .count()
    };
    assert_eq!(pods(&[("errors.yaml", pod)]), 1);
    assert_eq!(
        pods(&[("t/00-install.yaml", pod), ("t/00-assert.yaml", pod)]),
        1
    );
    assert_eq!(
        pods(&[
            ("t/assert.yaml", pod),
            ("t/chainsaw-test.yaml", "kind: Test\n")
        ]),
        0
    );
}
