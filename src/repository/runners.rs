//! Who runs a collector configuration: its role, its replicas and the version of its image.

use std::sync::Arc;

use crate::artifact::{Artifact, Collector, Home, Reading};
use crate::document::{List, Node, Value};
use crate::expr::{Semver, parse_image};
use crate::repository::collectors::probes;
use crate::repository::command_line::{Said, said};
use crate::repository::containers::{self, Surroundings};
use crate::repository::index::{Answer, Fit, Index, same};
use crate::repository::variables;
use crate::repository::workloads::{self, is_collector_image};
use crate::repository::{object_name, registry, untold};
use crate::source::{SourceFile, Span};

/// The images of the project's distributions, by the last part of their repository.
/// Source: the releases repository of the collector.
const DISTRIBUTIONS: [(&str, &str); 6] = [
    ("opentelemetry-collector", "core"),
    ("opentelemetry-collector-contrib", "contrib"),
    ("opentelemetry-collector-k8s", "k8s"),
    ("opentelemetry-collector-otlp", "otlp"),
    ("opentelemetry-collector-ebpf-profiler", "ebpf-profiler"),
    ("jaeger", "jaeger"),
];

/// Folders of registries in which the projects publish.
const PROJECTS: [&str; 5] = [
    "otel",
    "open-telemetry",
    "opentelemetry-collector-releases",
    "jaegertracing",
    "jaeger",
];

/// Who runs a configuration.
pub(super) struct Runner {
    pub(super) name: Node,
    pub(super) role: Node,
    pub(super) replicas: Node,
    pub(super) version: Node,
    /// The release to compare with: the newest known for `latest`, and where the files do not tell.
    pub(super) release: Node,
    pub(super) is_release_known: Node,
    /// Whether the registry covers the release.
    pub(super) is_release_covered: Node,
    pub(super) distribution: Node,
    /// The resources of the container; nothing where it sets none.
    pub(super) resources: Option<Node>,
    /// The variables of the container; unknown where the files do not tell it.
    pub(super) environment: Node,
    /// The words of the command line, as far as the manifest states them.
    pub(super) arguments: Node,
    /// The container and the pod around it as written, which are one for the operator; nothing where the files do not
    /// tell them.
    pub(super) container: Option<(Node, Node)>,
    /// What the kubelet asks the container, as far as that is not made by the operator.
    pub(super) probes: Node,
    /// Whether the command line of the container names this configuration and nothing else.
    pub(super) is_sole: bool,
    /// Whether the command line names other configurations, too, or sets something besides.
    pub(super) is_merged: bool,
    /// The keys of the `ConfigMap` that the command line names one after the other; nothing where it names one, or
    /// anything else.
    pub(super) stack: Vec<String>,
    /// The `OpenTelemetryCollector` that holds the configuration.
    pub(super) resource: Option<Node>,
    /// The logical name of the configuration.
    pub(super) object: String,
}

/// What the files tell of the runner of a configuration.
pub(super) fn of(
    index: &Index<'_>,
    (file, reading): (&SourceFile, &Reading),
    found: &Collector,
    label: Span,
) -> Runner {
    let object = |at: usize| match reading.artifacts.get(at) {
        Some(Artifact::Object(object)) => Some(&object.root),
        _ => None,
    };
    let by_object = match &found.home {
        Home::Resource { object: at } => {
            object(*at).map(|root| by_resource(index, file, root, label))
        }
        Home::ConfigMap { object: at, key } => {
            object(*at).map(|root| by_mount(index, file, (root, key), label))
        }
        Home::File => index
            .made_of(file.id)
            .map(|(file, root, key)| by_mount(index, file, (root, key), label)),
    };
    by_object.unwrap_or_else(|| {
        let unknown = untold(label, "the workload that runs this configuration");
        let name = Node::string(label, file.path.rsplit('/').next().unwrap_or(""));
        Runner {
            object: "collector".to_owned(),
            ..Runner::unknown(name, &unknown)
        }
    })
}

impl Runner {
    /// A runner of which nothing but a name is known.
    fn unknown(name: Node, unknown: &Node) -> Self {
        let at = unknown.span;
        Self {
            name,
            role: unknown.clone(),
            replicas: unknown.clone(),
            version: unknown.clone(),
            release: Node::string(at, registry::newest()),
            is_release_known: Node::bool(at, false),
            is_release_covered: Node::bool(at, true),
            distribution: unknown.clone(),
            resources: Some(unknown.clone()),
            environment: unknown.clone(),
            arguments: unknown.clone(),
            container: None,
            probes: Node::list(at, Vec::new()),
            is_sole: false,
            is_merged: false,
            stack: Vec::new(),
            resource: None,
            object: String::new(),
        }
    }

    /// Takes version and distribution from the image that runs the configuration.
    fn set_image(&mut self, image: Option<&Node>, label: Span) {
        self.version = version(image, label);
        let at = image.map_or(label, |image| image.span);
        let held =
            image.and_then(|image| image.derive(|text| Some(distribution(text)?.to_owned())));
        self.distribution =
            held.unwrap_or_else(|| untold(at, "what is in the image that runs this configuration"));
        let release = match self.version.as_str() {
            // Jaeger counts its own versions.
            _ if self.distribution.as_str() == Some("jaeger") => None,
            Some("latest") => Semver::parse(registry::newest()),
            Some(version) => Semver::parse(version),
            None => None,
        };
        self.is_release_known = Node::bool(at, release.is_some());
        if let Some(Semver {
            major,
            minor,
            patch,
            ..
        }) = release
        {
            let text = format!("{major}.{minor}.{patch}");
            let is_covered = Semver::parse(&text) <= Semver::parse(registry::newest());
            self.release = Node::string(at, text);
            self.is_release_covered = Node::bool(at, is_covered);
        }
    }

    /// What a container that reads a key of a ConfigMap tells.
    fn set_container(
        &mut self,
        around: &Surroundings<'_>,
        container: &Node,
        (key, label): (&str, Span),
    ) {
        self.environment = variables::environment(around, container).0;
        self.resources = containers::resources(around, container);
        self.arguments = arguments(container, label);
        let said = command_line(container);
        self.is_sole = reads_only(&said, key);
        self.is_merged = said.iter().filter(|said| **said != Said::Unknown).count() > 1;
        self.stack = stack(&said);
        self.probes = probes(container);
        self.container = Some((container.clone(), around.pod.clone()));
    }
}

/// The distribution of the project that an image is, or a mirror of it.
fn distribution(image: &str) -> Option<&'static str> {
    let parsed = parse_image(image);
    let (_, distribution) = DISTRIBUTIONS
        .iter()
        .find(|(name, _)| *name == parsed.name)?;
    let mut folders = parsed.repository.rsplit('/').skip(1);
    let is_of_project = folders.any(|folder| PROJECTS.contains(&folder));
    // The names of the others are nobody else's.
    let is_telling = !["core", "jaeger"].contains(distribution);
    (is_of_project || is_telling).then_some(distribution)
}

/// What an `OpenTelemetryCollector` resource says of itself.
fn by_resource(index: &Index<'_>, file: &SourceFile, root: &Node, label: Span) -> Runner {
    let mode = root.at(&["spec", "mode"]);
    let role = match mode.map(|mode| (mode, mode.as_str())) {
        Some((mode, Some("daemonset"))) => Node::string(mode.span, "agent"),
        Some((mode, Some("sidecar"))) => Node::string(mode.span, "sidecar"),
        Some((mode, None)) => mode.clone(),
        // Deployment is the operator's default.
        Some((mode, Some(_))) => Node::string(mode.span, "gateway"),
        None => Node::string(label, "gateway"),
    };
    let scaled = root
        .at(&["spec", "autoscaler", "minReplicas"])
        .or_else(|| root.at(&["spec", "minReplicas"]));
    let name = root
        .at(&["metadata", "name"])
        .cloned()
        .unwrap_or(Node::string(label, ""));
    let unknown = untold(label, "the operator's own version");
    let mut runner = Runner {
        role,
        replicas: scaled
            .cloned()
            .unwrap_or_else(|| workloads::replicas(index, file, root)),
        resource: Some(root.clone()),
        object: object_name(root),
        ..Runner::unknown(name, &unknown)
    };
    runner.arguments = flags(root.at(&["spec", "args"]), label);
    runner.set_image(root.at(&["spec", "image"]), label);
    runner.resources = root.get("spec").and_then(|spec| {
        let around = Surroundings {
            index,
            file,
            root,
            pod: spec,
            labels: None,
        };
        runner.environment = variables::environment(&around, spec).0;
        runner.container = Some((spec.clone(), spec.clone()));
        containers::resources(&around, spec)
    });
    runner
}

/// What the workload that mounts a `ConfigMap` says of the configuration in it.
fn by_mount(
    index: &Index<'_>,
    file: &SourceFile,
    (root, key): (&Node, &str),
    label: Span,
) -> Runner {
    let name = root.at(&["metadata", "name"]);
    let namespace = root.at(&["metadata", "namespace"]);
    let mounts = |workload: &Node| {
        let volumes = pod(workload, "volumes");
        let named = volumes
            .iter()
            .filter_map(|volume| volume.at(&["configMap", "name"]));
        let fit = named.fold(Fit::No, |fit, volume| fit.or(same(Some(volume), name)));
        fit.and(same(workload.at(&["metadata", "namespace"]), namespace))
    };
    let unknown = untold(label, "the workload that mounts this ConfigMap");
    let mut runner = Runner {
        object: format!("{}/{key}", object_name(root)),
        ..Runner::unknown(name.cloned().unwrap_or(Node::string(label, "")), &unknown)
    };
    for (kind, runs_as) in [
        ("DaemonSet", "agent"),
        ("Deployment", "gateway"),
        ("StatefulSet", "gateway"),
    ] {
        if let Answer::One(workload) = index.find(kind, file, &mounts) {
            if let Some(name) = workload.at(&["metadata", "name"]) {
                runner.name = name.clone();
            }
            runner.role = match is_alone(workload) {
                Some(true) => Node::string(label, runs_as),
                Some(false) => Node::string(label, "sidecar"),
                None => untold(label, "which of the containers runs this configuration"),
            };
            runner.replicas = match kind {
                "DaemonSet" => untold(label, "the number of nodes"),
                _ => workloads::replicas(index, file, workload),
            };
            let container = collector_container(workload);
            runner.set_image(
                container.and_then(|container| container.get("image")),
                label,
            );
            let pod = workload.at(&["spec", "template", "spec"]);
            if let (Some(container), Some(pod)) = (container, pod) {
                let around = Surroundings {
                    index,
                    file,
                    root: workload,
                    pod,
                    labels: None,
                };
                runner.set_container(&around, container, (key, label));
            }
            break;
        }
    }
    runner
}

/// The words of a container's command line.
fn arguments(container: &Node, label: Span) -> Node {
    let lists = ["command", "args"].map(|list| container.get(list));
    let words = lists.iter().flatten().flat_map(|list| list.items());
    let open = lists.iter().flatten().find_map(|list| list.openness());
    let list = List::new(words.cloned().collect(), open);
    Node::new(label, Value::List(Arc::new(list)))
}

/// The flags that a resource states, as the operator writes them; those that it adds by itself are left out.
fn flags(stated: Option<&Node>, label: Span) -> Node {
    let entries = stated.map_or(&[][..], Node::entries).iter();
    let flags = entries.map(|entry| match entry.value.as_str() {
        Some(value) => Node::string(entry.value.span, format!("--{}={value}", entry.key)),
        None => entry.value.clone(),
    });
    let list = List::new(flags.collect(), stated.and_then(Node::openness));
    Node::new(label, Value::List(Arc::new(list)))
}

/// What the command line of a container says of configurations.
fn command_line(container: &Node) -> Vec<Said> {
    let lists = ["command", "args"].map(|list| container.get(list).map_or(&[][..], Node::items));
    // A shell is given the whole line in one word.
    let words = lists
        .into_iter()
        .flatten()
        .flat_map(|word| match word.as_str() {
            Some(text) => text
                .split_whitespace()
                .map(|word| Some(word.to_owned()))
                .collect(),
            None => vec![None],
        });
    let said = said(words.map(|word| (word, ())));
    said.into_iter().map(|(said, ())| said).collect()
}

/// Whether a command line names one configuration, a file of this name, and sets nothing besides.
fn reads_only(said: &[Said], key: &str) -> bool {
    let [Said::Configuration(path)] = said else {
        return false;
    };
    path.rsplit('/').next() == Some(key)
}

/// The files that a command line names in one folder, where it says nothing else.
fn stack(said: &[Said]) -> Vec<String> {
    let path = |said: &Said| match said {
        Said::Configuration(path) => path.rsplit_once('/').map(|(folder, name)| {
            let folder = folder.strip_prefix("file:").unwrap_or(folder);
            (folder.to_owned(), name.to_owned())
        }),
        Said::Settings | Said::Unknown => None,
    };
    let paths: Option<Vec<(String, String)>> = said.iter().map(path).collect();
    let paths = paths.unwrap_or_default();
    let is_one_folder = paths.windows(2).all(|pair| match pair {
        [(one, _), (two, _)] => one == two,
        _ => true,
    });
    let names = paths.into_iter().map(|(_, name)| name);
    if is_one_folder && said.len() > 1 {
        names.collect()
    } else {
        Vec::new()
    }
}

/// A list of a workload's pod.
fn pod<'a>(workload: &'a Node, list: &str) -> &'a [Node] {
    workload
        .at(&["spec", "template", "spec", list])
        .map_or(&[], Node::items)
}

/// The container that is a collector: by the name of its image, or because it is the only one.
fn collector_container(workload: &Node) -> Option<&Node> {
    let all = pod(workload, "containers").iter();
    let mut all = all.chain(pod(workload, "initContainers"));
    let found = all.find(|container| runs_collector(container) == Some(true));
    match (found, pod(workload, "containers")) {
        (None, [only]) => Some(only),
        _ => found,
    }
}

/// Whether the image of a container is one of collectors; nothing where it is not known.
fn runs_collector(container: &Node) -> Option<bool> {
    let name = parse_image(container.str_at(&["image"])?).name;
    Some(is_collector_image(&name) || name == "jaeger")
}

/// Whether a workload runs nothing but a collector; nothing where its images do not tell.
fn is_alone(workload: &Node) -> Option<bool> {
    let is_one = |container: &Node| runs_collector(container) == Some(true);
    let containers = pod(workload, "containers");
    if let [only] = containers {
        // A collector among the init containers stays beside another program.
        return Some(is_one(only) || !pod(workload, "initContainers").iter().any(is_one));
    }
    let all: Option<Vec<bool>> = containers.iter().map(runs_collector).collect();
    all?.contains(&true).then_some(false)
}

/// The version that an image's tag names: `latest` without one, unknown for a digest or another word.
fn version(image: Option<&Node>, label: Span) -> Node {
    let Some(image) = image else {
        return untold(label, "the image that runs this configuration");
    };
    let of_text = |text: &str| {
        let parsed = parse_image(text);
        match parsed.tag.as_str() {
            "" if parsed.digest.is_empty() => Some("latest".to_owned()),
            "latest" => Some("latest".to_owned()),
            tag if tag.starts_with(|c: char| c.is_ascii_digit() || c == 'v') => Some(parsed.tag),
            _ => None,
        }
    };
    let untold = || untold(image.span, "the version behind a digest or a moving tag");
    image.derive(of_text).unwrap_or_else(untold)
}
