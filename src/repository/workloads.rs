//! Pod templates, found by their shape, with what runs them.

use crate::document::{MapBuilder, Node, Reason};
use crate::repository::containers::{self, Surroundings};
use crate::repository::index::{Answer, Fit, Index, same, selects};
use crate::repository::operator::{INJECT_AGENT, INJECT_SIDECAR};
use crate::repository::{
    Subject, SubjectKind, canaries, derived, environments, object_label, object_name, owners,
};
use crate::source::{SourceFile, Span};

/// How deep in an object a pod template may stand: a `JobSet`'s is six maps and lists below `spec`.
const MAX_TEMPLATE_DEPTH: usize = 8;

/// Kinds that do not count replicas.
const UNCOUNTED: [&str; 5] = ["Pod", "DaemonSet", "Job", "CronJob", "PodTemplate"];

/// Kinds of which one pod runs unless `spec.replicas` says otherwise.
const ONE_BY_DEFAULT: [&str; 7] = [
    "Deployment",
    "StatefulSet",
    "ReplicaSet",
    "ReplicationController",
    "Rollout",
    "DeploymentConfig",
    "OpenTelemetryCollector",
];

/// API groups whose objects hold patterns and patches of pods, and no pods.
const PATTERNS: [&str; 4] = [
    "kyverno.io/",
    "policies.kyverno.io/",
    "templates.gatekeeper.sh/",
    "admissionregistration.k8s.io/",
];

/// A pod template: metadata and specification.
struct Template<'a> {
    metadata: Option<&'a Node>,
    pod: &'a Node,
    /// Whether it is the one that `spec.replicas` and autoscalers multiply.
    is_main: bool,
}

pub(super) fn subjects(
    index: &Index<'_>,
    file: &SourceFile,
    root: &Node,
    found: &mut Vec<Subject>,
) {
    for template in templates(root) {
        of_template(index, file, (root, &template), found);
    }
}

fn of_template(
    index: &Index<'_>,
    file: &SourceFile,
    (root, template): (&Node, &Template<'_>),
    found: &mut Vec<Subject>,
) {
    let workload = workload(index, file, root, template);
    let object = object_name(root);
    found.push(Subject::new(
        SubjectKind::Workload,
        (file.id, workload.label()),
        object.clone(),
        vec![workload.clone(), root.clone()],
    ));
    for (list, prefix) in [("containers", ""), ("init_containers", "init:")] {
        for container in workload.get(list).map_or(&[][..], Node::items) {
            let name = container.str_at(&["name"]).unwrap_or("?");
            let object = format!("{object}/{prefix}{name}");
            if prefix.is_empty() {
                found.push(environments::of_container(
                    file, container, &workload, &object,
                ));
            }
            found.push(Subject::new(
                SubjectKind::Container,
                (file.id, container.label()),
                object,
                vec![container.clone(), workload.clone(), root.clone()],
            ));
        }
    }
}

/// How many pod templates an object has of which an image fits, or is not known.
pub(super) fn count(root: &Node, fits: impl Fn(&str) -> bool) -> usize {
    let is_one = |template: &Template<'_>| {
        let containers = template.pod.get("containers").map_or(&[][..], Node::items);
        let mut images = containers
            .iter()
            .map(|container| container.str_at(&["image"]));
        images.any(|image| image.is_none_or(&fits))
    };
    templates(root)
        .iter()
        .filter(|template| is_one(template))
        .count()
}

/// Finds pod templates: the object itself for a Pod, else each `template` whose `spec` lists containers.
fn templates(root: &Node) -> Vec<Template<'_>> {
    let kind = root.str_at(&["kind"]).unwrap_or("");
    let mut found = Vec::new();
    let api = root.str_at(&["apiVersion"]).unwrap_or("");
    let is_pattern = PATTERNS.iter().any(|group| api.starts_with(group));
    if kind == "CustomResourceDefinition" || kind == "ConfigMap" || is_pattern {
        return found;
    }
    if kind == "Pod" {
        found.extend(template(root, true));
        return found;
    }
    search(root, MAX_TEMPLATE_DEPTH, &mut found);
    let main = root.at(&["spec", "template", "spec"]).map(|pod| pod.span);
    for template in &mut found {
        template.is_main = Some(template.pod.span) == main;
    }
    found
}

fn template(node: &Node, is_main: bool) -> Option<Template<'_>> {
    let pod = node.get("spec").filter(|pod| has_containers(pod))?;
    Some(Template {
        metadata: node.get("metadata"),
        pod,
        is_main,
    })
}

fn search<'a>(node: &'a Node, depth: usize, found: &mut Vec<Template<'a>>) {
    if depth == 0 {
        return;
    }
    for item in node.items().iter().filter(|item| item.as_map().is_some()) {
        search(item, depth - 1, found);
    }
    for entry in node.entries() {
        let is_template = entry.key == "template" || entry.key == "podTemplate";
        if is_template && let Some(template) = template(&entry.value, false) {
            found.push(template);
        } else if entry.key != "metadata" && entry.key != "status" {
            search(&entry.value, depth - 1, found);
        }
    }
}

/// Whether every container of a pod specification can have an image: in a patch or an override one has none.
fn has_containers(pod: &Node) -> bool {
    let containers = pod.get("containers").map_or(&[][..], Node::items);
    let can_have_image = |container: &Node| {
        let open = container.as_map().is_some_and(|map| map.open.is_some());
        container.get("image").is_some() || open
    };
    !containers.is_empty() && containers.iter().all(can_have_image)
}

fn workload(index: &Index<'_>, file: &SourceFile, root: &Node, template: &Template<'_>) -> Node {
    let surroundings = Surroundings {
        index,
        file,
        root,
        pod: template.pod,
        labels: template
            .metadata
            .and_then(|metadata| metadata.get("labels")),
    };
    let containers = containers::list(&surroundings, "containers", false);
    let init_containers = containers::list(&surroundings, "initContainers", true);
    let kind = root.str_at(&["kind"]).unwrap_or("");
    let none = || Node::null(template.pod.span);
    let labels = surroundings.labels;
    let metadata = template.metadata.cloned().unwrap_or_else(none);
    let label = object_label(root);
    let mut workload = named(root, label);
    if !UNCOUNTED.contains(&kind) {
        let count = if template.is_main {
            replicas(index, file, root)
        } else {
            // What multiplies a template elsewhere in an object is the business of its kind.
            let reason = Reason::Elsewhere("how many pods are made of this template".into());
            Node::unknown(label, "", reason)
        };
        workload.put("replicas", count);
    }
    workload
        .put(
            "is_batch",
            Node::bool(
                label,
                kind == "Job" || kind == "CronJob" || kind == "ScaledJob",
            ),
        )
        .share(&metadata, "labels")
        .put("role", role(kind, &containers));
    let owned = owners::Owned {
        root,
        labels,
        containers: &containers,
        manifest: &file.path,
    };
    owners::put(&mut workload, &index.ownership, owned);
    workload
        .put("containers", containers)
        .put("init_containers", init_containers)
        .put("disruption_budgets", budgets(index, file, root, labels))
        .put("canaries", canaries::of(index, file, root))
        .put_at("pod", label, template.pod.clone());
    let empty = MapBuilder::new(label).label(label).build();
    if metadata.get("labels").is_none() {
        workload.put("labels", empty.clone());
    }
    let annotated = metadata.as_map().and_then(|map| map.entry("annotations"));
    let key = annotated.map_or(label, |entry| entry.key_span);
    let annotations = annotations(&surroundings, &metadata).unwrap_or(empty);
    workload.put_at("annotations", key, annotations).build()
}

/// The annotations of pods, and those of their Namespace that the operator reads where the pods have none.
fn annotations(around: &Surroundings<'_>, metadata: &Node) -> Option<Node> {
    let own = metadata.get("annotations");
    let namespace = around.root.at(&["metadata", "namespace"]);
    let is_own = |root: &Node| same(root.at(&["metadata", "name"]), namespace);
    let found = namespace.map(|_| around.index.find("Namespace", around.file, &is_own));
    let Some(Answer::One(root)) = found else {
        return own.cloned();
    };
    let given = root.at(&["metadata", "annotations"]);
    let given = given.map_or(&[][..], Node::entries).iter();
    let given = given.filter(|entry| {
        [INJECT_SIDECAR, INJECT_AGENT]
            .iter()
            .any(|start| entry.key.starts_with(start))
            && own.is_none_or(|own| own.get(&entry.key).is_none())
    });
    let given: Vec<_> = given.collect();
    if given.is_empty() {
        return own.cloned();
    }
    let mut all = own.map_or_else(|| MapBuilder::new(around.root.span), derived);
    match own {
        Some(own) => all.share_all(own),
        None => all.label(object_label(around.root)),
    };
    for entry in given {
        all.put_at(&entry.key, entry.key_span, entry.value.clone());
    }
    Some(all.build())
}

/// A workload with its kind and its name.
fn named(root: &Node, label: Span) -> MapBuilder {
    let mut workload = MapBuilder::new(root.span);
    workload.label(label).share(root, "kind");
    if let Some(metadata) = root.get("metadata") {
        workload
            .share(metadata, "name")
            .share(metadata, "namespace");
    }
    workload
}

/// The Rollout of Argo that refers to a workload: it runs the pods, and scales the workload down.
fn rollout<'a>(index: &Index<'a>, file: &SourceFile, root: &Node) -> Option<&'a Node> {
    let refers = |rollout: &Node| {
        let target = |key: &str| rollout.at(&["spec", "workloadRef", key]);
        let own = |key: &str| root.at(&["metadata", key]);
        let namespace = rollout.at(&["metadata", "namespace"]);
        same(target("name"), own("name"))
            .and(same(target("kind"), root.get("kind")))
            .and(same(namespace, own("namespace")))
    };
    if root.str_at(&["kind"]) == Some("Rollout") {
        return None;
    }
    match index.find("Rollout", file, &refers) {
        Answer::One(rollout) => Some(rollout),
        Answer::None | Answer::Unclear => None,
    }
}

/// The number of pods that run at least.
pub(super) fn replicas(index: &Index<'_>, file: &SourceFile, root: &Node) -> Node {
    let metadata = |node: &Node, name: &str| node.at(&["metadata", name]).cloned();
    let (namespace, name) = (metadata(root, "namespace"), metadata(root, "name"));
    let kind = root.get("kind").cloned();
    let targets = |scaler: &Node| {
        let target = scaler.at(&["spec", "scaleTargetRef"]);
        let kind_fits = match target.and_then(|target| target.get("kind")) {
            // A ScaledObject without a kind means a Deployment.
            None => Fit::sure(root.str_at(&["kind"]) == Some("Deployment")),
            target_kind => same(target_kind, kind.as_ref()),
        };
        let names = same(target.and_then(|target| target.get("name")), name.as_ref());
        names.and(kind_fits).and(same(
            metadata(scaler, "namespace").as_ref(),
            namespace.as_ref(),
        ))
    };
    let at = root.get("spec").map_or(root.span, |_| key_of(root, "spec"));
    for (scaler, field, default) in [
        ("HorizontalPodAutoscaler", "minReplicas", 1),
        ("ScaledObject", "minReplicaCount", 0),
    ] {
        match index.find(scaler, file, &targets) {
            Answer::One(scaler) => {
                let place = key_of(scaler, "spec");
                return scaler
                    .at(&["spec", field])
                    .cloned()
                    .unwrap_or(Node::count(place, default));
            }
            Answer::Unclear => {
                let reason = Reason::Elsewhere("which autoscaler applies".into());
                return Node::unknown(at, "", reason);
            }
            Answer::None => {}
        }
    }
    if let Some(rollout) = rollout(index, file, root) {
        return replicas(index, file, rollout);
    }
    let spec = root.get("spec");
    let open = spec.and_then(Node::as_map).and_then(|map| map.open.clone());
    match (spec.and_then(|spec| spec.get("replicas")), open) {
        (Some(replicas), _) if !replicas.is_null() => replicas.clone(),
        (_, Some(reason)) => Node::unknown(at, "", reason),
        _ if root
            .str_at(&["kind"])
            .is_some_and(|kind| !ONE_BY_DEFAULT.contains(&kind)) =>
        {
            let reason = Reason::Elsewhere("how many pods this kind of object runs".into());
            Node::unknown(at, "", reason)
        }
        _ => Node::count(at, 1),
    }
}

/// Where the key of a map stands.
fn key_of(root: &Node, key: &str) -> Span {
    root.as_map()
        .and_then(|map| map.entry(key))
        .map_or(root.span, |entry| entry.key_span)
}

/// The disruption budgets that select the pods; the list is open when one may.
fn budgets(index: &Index<'_>, file: &SourceFile, root: &Node, labels: Option<&Node>) -> Node {
    let namespace = root.at(&["metadata", "namespace"]);
    let fits = |budget: &Node| {
        let selected = selects(budget.at(&["spec", "selector"]), labels);
        selected.and(same(budget.at(&["metadata", "namespace"]), namespace))
    };
    let (found, unclear) = index.beside("PodDisruptionBudget", file, &fits);
    let at = object_label(root);
    if unclear && found.is_empty() {
        return Node::unknown(
            at,
            "",
            Reason::Elsewhere("which disruption budget applies".into()),
        );
    }
    Node::list(at, found.into_iter().cloned().collect())
}

/// Whether an image is a collector, by the name that the project, vendors and common practice give it.
pub(super) fn is_collector_image(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("opentelemetry-collector")
        || name.starts_with("otelcol")
        || name.ends_with("otel-collector")
}

/// What a workload is in the tracing system.
fn role(kind: &str, containers: &Node) -> Node {
    // Beside another container a collector is a sidecar.
    let is_single = containers.items().len() == 1;
    let roles = containers.items().iter().map(|container| {
        let image = container.get("image_name");
        let name = image.and_then(Node::as_str).unwrap_or("");
        let role = match name {
            "jaeger-collector" => "jaeger-collector",
            "jaeger-query" => "jaeger-query",
            "jaeger-ingester" => "jaeger-ingester",
            "all-in-one" => "jaeger-all-in-one",
            _ if is_collector_image(name) && is_single && kind == "DaemonSet" => "collector-agent",
            _ if is_collector_image(name) && is_single && takes_otlp(container) => {
                "collector-gateway"
            }
            _ => "",
        };
        (image, role)
    });
    let known = roles.clone().find(|(_, role)| !role.is_empty());
    if let Some((Some(image), role)) = known {
        return Node::string(image.span, role);
    }
    let unknown = roles
        .filter_map(|(image, _)| image)
        .find(|image| image.is_unknown());
    match unknown {
        Some(image) => {
            let unknown = image.derive(|_| None);
            unknown.unwrap_or_else(|| image.clone())
        }
        None => Node::string(containers.span, ""),
    }
}

/// Whether a container declares a port on which other pods deliver spans.
fn takes_otlp(container: &Node) -> bool {
    let ports = container.get("ports").map_or(&[][..], Node::items);
    ports.iter().any(|port| {
        matches!(
            port.get("containerPort").and_then(Node::as_int),
            Some(4317 | 4318)
        )
    })
}
