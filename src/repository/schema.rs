//! The subjects that rules look at, with every field a rule may name.
//!
//! This table is what expressions are checked against and what the documentation is generated from. Whatever fills a
//! field stands in the sibling files of this room.

use crate::expr::{Field, Record, Type};

/// What one evaluation of a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SubjectKind {
    /// A whole Dockerfile.
    Dockerfile,
    /// One stage of a Dockerfile.
    Stage,
    /// One instruction of a Dockerfile.
    Instruction,
    /// One Kubernetes object.
    Object,
    /// One pod template with what runs it.
    Workload,
    /// One container of a workload.
    Container,
    /// The environment variables that one process starts with, wherever they are set.
    Environment,
    /// One collector configuration.
    Collector,
    /// One pipeline of a collector.
    Pipeline,
    /// One component of a collector.
    Component,
    /// One exporter of a pipeline and one location of attributes.
    Exposure,
    /// One way from who sends traces to who takes them.
    Hop,
    /// One way of a service's traces, as far as it can be followed.
    TracePath,
    /// A way into the cluster behind which a collector stands.
    Entrance,
    /// One service that calls another, by an address in its variables.
    Call,
    /// A Service with the collectors that it selects.
    Selection,
    /// Two files that define the same objects.
    Clash,
    /// What a collector loses where a later configuration restates a list.
    Replacement,
    /// One service of the rollout.
    Service,
    /// A Kafka cluster that Strimzi runs.
    KafkaCluster,
    /// One command of a runbook.
    Command,
    /// One file of a program.
    Code,
    /// One list of packages.
    Dependencies,
    /// The whole repository.
    Repository,
}

/// A variable that rules about a subject may use.
#[derive(Debug, Clone, Copy)]
pub struct SubjectVariable {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub ty: Type,
}

const TEXTS: Type = Type::List(&Type::String);
const TEXT_MAP: Type = Type::Map(&Type::String);
const ANY_MAP: Type = Type::Map(&Type::Any);

const fn field(name: &'static str, ty: Type, doc: &'static str) -> Field {
    Field { name, ty, doc }
}

const fn variable(name: &'static str, ty: Type) -> SubjectVariable {
    SubjectVariable { name, ty }
}

/// A Dockerfile.
pub static DOCKERFILE: Record = Record {
    name: "dockerfile",
    doc: "A Dockerfile.",
    fields: &[
        field("path", Type::String, "The path of the file."),
        field(
            "stages",
            Type::List(&Type::Record(&STAGE)),
            "Every stage, in order.",
        ),
        field(
            "final_stage",
            Type::Record(&STAGE),
            "The stage that becomes the image.",
        ),
        field(
            "language",
            Type::String,
            "What the image runs, by its entrypoint, base image and variables: `java`, `python`, `nodejs`, `erlang`, `elixir`, `go`, `dotnet`, `ruby`, `php`; unknown when they do not tell.",
        ),
    ],
};

/// A stage.
pub static STAGE: Record = Record {
    name: "stage",
    doc: "A stage of a Dockerfile, with everything that it inherits from the stages it builds on.",
    fields: &[
        field(
            "name",
            Type::String,
            "The name after `AS`; empty without one.",
        ),
        field("index", Type::Int, "Its number, from 0."),
        field(
            "image",
            Type::String,
            "The image at the bottom of the chain of stages, with build arguments filled in.",
        ),
        field(
            "image_name",
            Type::String,
            "The last part of the image's repository, such as `eclipse-temurin`.",
        ),
        field(
            "is_final",
            Type::Bool,
            "Whether this stage becomes the image.",
        ),
        field(
            "in_final_image",
            Type::Bool,
            "Whether the final stage is this one or builds on it.",
        ),
        field(
            "env",
            TEXT_MAP,
            "Environment variables at the end of the stage. Open unless the stage starts from `scratch`: base images set variables too.",
        ),
        field("user", Type::String, "The last `USER`."),
        field("workdir", Type::String, "The last `WORKDIR`."),
        field(
            "entrypoint",
            Type::Record(&INSTRUCTION),
            "The last `ENTRYPOINT`.",
        ),
        field(
            "cmd",
            Type::Record(&INSTRUCTION),
            "The last `CMD` after it.",
        ),
        field(
            "healthcheck",
            Type::Record(&INSTRUCTION),
            "The last `HEALTHCHECK`.",
        ),
        field(
            "instructions",
            Type::List(&Type::Record(&INSTRUCTION)),
            "Every instruction, inherited ones first.",
        ),
    ],
};

/// An instruction.
pub static INSTRUCTION: Record = Record {
    name: "instruction",
    doc: "An instruction of a Dockerfile.",
    fields: &[
        field("keyword", Type::String, "In capitals, such as `RUN`."),
        field(
            "text",
            Type::String,
            "The arguments on one line, continuation marks and comments removed.",
        ),
        field(
            "form",
            Type::String,
            "`exec` for a JSON list, `shell` for a command line, empty for instructions without a command.",
        ),
        field(
            "words",
            TEXTS,
            "The arguments one by one; commands are not expanded.",
        ),
        field("sources", TEXTS, "What `COPY` and `ADD` take."),
        field(
            "destination",
            Type::String,
            "Where `COPY` and `ADD` put it.",
        ),
        field(
            "flags",
            ANY_MAP,
            "Flags such as `from` and `platform`; a flag without a value is `true`.",
        ),
        field("pairs", TEXT_MAP, "What `ENV`, `ARG` and `LABEL` set."),
        field("heredocs", TEXTS, "The here-documents."),
        field(
            "onbuild",
            Type::Bool,
            "Whether it waits for a build that starts from this image.",
        ),
    ],
};

/// A workload.
pub static WORKLOAD: Record = Record {
    name: "workload",
    doc: "A pod template and the object that runs it: Deployment, StatefulSet, DaemonSet, Job, CronJob, Pod, and any custom resource of that shape.",
    fields: &[
        field("kind", Type::String, "The kind of the object."),
        field("name", Type::String, "Its name."),
        field(
            "namespace",
            Type::String,
            "Its namespace; absent when the manifest names none.",
        ),
        field(
            "replicas",
            Type::Int,
            "How many pods run at least: what an HorizontalPodAutoscaler or ScaledObject of the same repository guarantees, else `spec.replicas`, else 1. Absent for kinds that do not count replicas.",
        ),
        field("is_batch", Type::Bool, "Whether it runs to completion."),
        field("labels", TEXT_MAP, "Labels of the pods."),
        field("annotations", TEXT_MAP, "Annotations of the pods."),
        field(
            "containers",
            Type::List(&Type::Record(&CONTAINER)),
            "The containers, without init containers.",
        ),
        field(
            "init_containers",
            Type::List(&Type::Record(&CONTAINER)),
            "The init containers.",
        ),
        field(
            "role",
            Type::String,
            "What it is in the tracing system, by its image: `collector-agent`, `collector-gateway`, `jaeger-collector`, `jaeger-query`, `jaeger-ingester`, `jaeger-all-in-one`; empty for anything else.",
        ),
        field(
            "disruption_budgets",
            Type::List(&Type::Any),
            "The PodDisruptionBudgets of the repository that select its pods.",
        ),
        field(
            "canaries",
            TEXTS,
            "What brings a new version of it to a part of the pods first, such as ``Canary `order` ``: Canaries of Flagger, Rollouts with `canary` or `blueGreen`, and a second Deployment whose name adds `-canary`, `-blue`, `-green` or `-preview`. Unknown where one may be its.",
        ),
        field(
            "component",
            Type::Any,
            "The component of a Backstage catalogue that describes it: by the label or annotation `backstage.io/kubernetes-id`, else by its name.",
        ),
        field(
            "owners",
            TEXTS,
            "Who answers for it: the owner of the component, else those whom CODEOWNERS names for its Dockerfile or its manifest. A line for everything counts where no Dockerfile has one of its own.",
        ),
        field(
            "owners_told_by",
            Type::String,
            "What names them: `catalog`, `codeowners`, or empty.",
        ),
        field("pod", Type::Any, "The pod specification as written."),
    ],
};

/// A container.
pub static CONTAINER: Record = Record {
    name: "container",
    doc: "A container of a workload.",
    fields: &[
        field("name", Type::String, "Its name."),
        field("image", Type::String, "Its image as written."),
        field(
            "image_name",
            Type::String,
            "The last part of the image's repository.",
        ),
        field(
            "image_tag",
            Type::String,
            "The image's tag; empty without one.",
        ),
        field("is_init", Type::Bool, "Whether it is an init container."),
        field(
            "env",
            TEXT_MAP,
            "Environment variables with `$(...)` resolved, ConfigMaps of the repository filled in; what comes from Secrets or from elsewhere is unknown.",
        ),
        field("command", TEXTS, "`command` and `args` together."),
        field(
            "command_line",
            TEXTS,
            "The words that it starts with: `command` and `args`, else `ENTRYPOINT` and `CMD` of `built` as far as its Dockerfile states them; unknown where neither is among the files.",
        ),
        field(
            "resources",
            Type::Any,
            "`resources` as written, with what a LimitRange of the namespace adds.",
        ),
        field("ports", Type::List(&Type::Any), "`ports` as written."),
        field(
            "built",
            Type::Record(&STAGE),
            "The stage of a Dockerfile among the files that becomes its image, with the arguments of its build; absent where none does for sure.",
        ),
        field(
            "release",
            TEXT_MAP,
            "What the only `sys.config` beside or below its Dockerfile, or of the only release that is called like its image, sets of tracing, under the names of the variables that say the same; absent where there is none, or more than one.",
        ),
        field(
            "recipe",
            Type::Record(&RECIPE),
            "What builds its image, as far as the files tell or let guess; absent where nothing does, or several may.",
        ),
        field(
            "packages",
            TEXTS,
            "The paths of the lists of packages that belong to its image: those beside the Dockerfile, else in the folder that it is built of; without a Dockerfile those that are named or placed like one.",
        ),
        field(
            "steps",
            Type::List(&Type::Record(&INSTRUCTION)),
            "The instructions that make its image: those of `built`, and of every stage that files are copied from. Open where files are copied from another image; absent with `built`.",
        ),
        field(
            "dependencies",
            Type::List(&Type::Record(&DEPENDENCIES)),
            "What the lists in `packages` state. Open where there are none, and unknown where no Dockerfile builds its image for sure.",
        ),
        field("spec", Type::Any, "The container as written."),
    ],
};

/// What builds an image.
pub static RECIPE: Record = Record {
    name: "recipe",
    doc: "Which Dockerfile builds an image, and how that is known.",
    fields: &[
        field("path", Type::String, "The path of the Dockerfile."),
        field(
            "told_by",
            Type::String,
            "What tells it: `settings`, `compose`, `skaffold`, `bake`, `pipeline` for a workflow of GitHub or a pipeline of GitLab, `name` for the name of the Dockerfile or of its folder, `place` for a name or a place that lets guess.",
        ),
        field(
            "certainty",
            Type::String,
            "`exact` where settings or a build file tell it for this very image, `inferred` where a pipeline or a name does, `guessed` where it is the likeliest one.",
        ),
    ],
};

/// The environment of a process.
pub static ENVIRONMENT: Record = Record {
    name: "environment",
    doc: "The environment variables that a process starts with: of a container, of the image that a Dockerfile builds, that an Instrumentation resource injects, that an OpenTelemetryCollector gives its collector, or that `sys.config` of an Erlang release sets in their place.",
    fields: &[
        field(
            "owner",
            Type::String,
            "Whose environment it is, for messages.",
        ),
        field(
            "source",
            Type::String,
            "`container`, `image`, `instrumentation`, `collector` for an OpenTelemetryCollector, or `sys.config` for what the configuration of an Erlang release sets in the place of variables.",
        ),
        field(
            "languages",
            TEXTS,
            "What the process is written in, as in `dockerfile.language`, and for a container by what the operator injects, its variables and its program; empty and open when nothing tells.",
        ),
        field(
            "variables",
            TEXT_MAP,
            "The variables with their values; system properties of a JVM, such as `-Dotel.service.name=cart`, and flags of `opentelemetry-instrument` are among them under the names of the variables that say the same.",
        ),
        field(
            "effective",
            TEXT_MAP,
            "For a container, what its process finally sees: `env`, over what an Instrumentation adds to it, over `envFrom`, over what the image sets, over what `release` says. Open unless its image is known as a whole.",
        ),
        field(
            "set_by",
            TEXT_MAP,
            "For each variable of `effective` what sets it: `env`, `operator`, `envFrom`, `image`, `release`, `property` for a system property of its JVM, or `flag` for one of `opentelemetry-instrument`.",
        ),
        field(
            "entries",
            Type::List(&Type::Record(&ENTRY)),
            "The entries of `env` in order; empty for images.",
        ),
        field(
            "own_addresses",
            TEXTS,
            "The variables whose value has the address of the own pod in it.",
        ),
        field(
            "has_collector_beside",
            Type::Bool,
            "Whether a collector runs in the same pod, or is injected into it, or shares the node's network.",
        ),
        field(
            "is_traced",
            Type::Bool,
            "Whether any variable, command or injection shows that tracing is set up here.",
        ),
    ],
};

/// An entry of `env`.
pub static ENTRY: Record = Record {
    name: "entry",
    doc: "An entry of a container's `env`.",
    fields: &[
        field("name", Type::String, "The variable."),
        field(
            "value",
            Type::String,
            "The value as written; absent for a reference.",
        ),
        field(
            "from",
            Type::String,
            "`value`, `secret`, `configMap`, `field`, `resource` or empty.",
        ),
        field(
            "undefined",
            TEXTS,
            "Names in `$(...)` that nothing before this entry defines: they stay literal.",
        ),
        field(
            "missing_key",
            Type::String,
            "The key that its ConfigMap, which is among the files, does not have; absent where it has it, or need not, or is not known.",
        ),
    ],
};

/// A collector.
pub static COLLECTOR: Record = Record {
    name: "collector",
    doc: "A collector configuration: a file, a key of a ConfigMap, or an OpenTelemetryCollector resource.",
    fields: &[
        field(
            "name",
            Type::String,
            "The name of the workload that runs it, else of the object that holds it, or of the file.",
        ),
        field("home", Type::String, "`file`, `configmap` or `resource`."),
        field(
            "role",
            Type::String,
            "`agent`, `gateway` or `sidecar`, by the workload that mounts it or the resource's mode; unknown when the files do not tell.",
        ),
        field(
            "replicas",
            Type::Int,
            "How many pods run it, as far as the files tell.",
        ),
        field(
            "version",
            Type::String,
            "The version that its image's tag names, or `latest`; unknown when the files do not tell.",
        ),
        field(
            "release",
            Type::String,
            "The release to compare with the registry of components, as `0.159.0`: that of its image, and the newest that the registry covers for `latest` or where the files do not tell.",
        ),
        field(
            "arguments",
            TEXTS,
            "The words of the command line that the manifest states: `command` and `args` of the container, or `spec.args` of the resource as flags; unknown where the files do not tell who runs it.",
        ),
        field(
            "is_release_known",
            Type::Bool,
            "Whether the files tell the release.",
        ),
        field(
            "is_release_covered",
            Type::Bool,
            "Whether the registry of components covers the release; what a later one has or lacks is not known.",
        ),
        field(
            "distribution",
            Type::String,
            "What is in its image: `core`, `contrib`, `k8s`, `otlp`, `ebpf-profiler` or `jaeger`; unknown for other images.",
        ),
        field(
            "undefined",
            Type::List(&Type::Record(&UNDEFINED)),
            "Names in pipelines that no section defines, each once.",
        ),
        field(
            "cycles",
            Type::List(&Type::Record(&CYCLE)),
            "Ways from a pipeline through connectors back to itself, each once.",
        ),
        field(
            "scrubs",
            Type::List(&Type::Record(&SCRUB)),
            "What its processors are told to take away, action by action, whether that works or not.",
        ),
        field(
            "copies",
            Type::List(&Type::Record(&COPY)),
            "Attributes whose values leave it under another name, whatever becomes of them afterwards, each where it is copied.",
        ),
        field(
            "expansions",
            Type::List(&Type::Record(&EXPANSION)),
            "Every `${...}` among its values, where the value stands.",
        ),
        field(
            "misfits",
            Type::List(&Type::Record(&MISFIT)),
            "Settings that no release takes, or not with such a value, as far as the registry holds the settings of the type.",
        ),
        field(
            "ports",
            Type::List(&Type::Int),
            "The ports that its components may listen on, and that of its own metrics.",
        ),
        field(
            "container",
            Type::Any,
            "The container that runs it, as written, or `spec` of the OpenTelemetryCollector; absent where the files do not tell it.",
        ),
        field(
            "pod",
            Type::Any,
            "`spec` of the pod that runs it, or of the OpenTelemetryCollector; absent where the files do not tell it.",
        ),
        field(
            "probes",
            Type::List(&Type::Record(&PROBE)),
            "What the kubelet asks the container that runs it; none where the operator makes them.",
        ),
        field(
            "is_whole",
            Type::Bool,
            "Whether it stands by itself: the container that reads it is told of no other, or it and the configurations beside it have receivers, exporters and pipelines each. What lacks one of them is merged with the others.",
        ),
        field(
            "components",
            Type::List(&Type::Record(&COMPONENT)),
            "Every component that is defined.",
        ),
        field(
            "pipelines",
            Type::List(&Type::Record(&PIPELINE)),
            "Every pipeline.",
        ),
        field(
            "extensions",
            TEXTS,
            "The extensions that `service.extensions` enables.",
        ),
        field(
            "config",
            Type::Any,
            "The configuration as written; `${...}` is unknown, and judged by what the environment of its process will put there, where that tells.",
        ),
        field(
            "resources",
            Type::Any,
            "`resources` of the container that runs it, with what a LimitRange of the namespace adds; absent where it sets none, unknown where the files do not tell the container.",
        ),
        field(
            "environment",
            TEXT_MAP,
            "The variables of the container that runs it, as in `container.env`; unknown where the files do not tell the container.",
        ),
        field(
            "resource",
            Type::Any,
            "The OpenTelemetryCollector that holds it; absent for other homes.",
        ),
        field(
            "around",
            Type::List(&Type::Any),
            "The Kubernetes objects of its environment, as written: those that are defined in its part of the repository, and those above it. There may be more where templates make some.",
        ),
    ],
};

/// A pipeline.
pub static PIPELINE: Record = Record {
    name: "pipeline",
    doc: "A pipeline of a collector.",
    fields: &[
        field(
            "id",
            Type::String,
            "Its id, such as `traces` or `traces/2`.",
        ),
        field(
            "signal",
            Type::String,
            "The part of the id before the slash.",
        ),
        field("receivers", TEXTS, "Ids of its receivers."),
        field("processors", TEXTS, "Ids of its processors, in order."),
        field("exporters", TEXTS, "Ids of its exporters."),
        field(
            "processor_types",
            TEXTS,
            "Types of its processors, in order.",
        ),
        field("exporter_types", TEXTS, "Types of its exporters."),
        field("receiver_types", TEXTS, "Types of its receivers."),
        field(
            "steps",
            Type::List(&Type::Record(&COMPONENT)),
            "The components of its processors, in order, as far as they are defined.",
        ),
    ],
};

/// A component.
pub static COMPONENT: Record = Record {
    name: "component",
    doc: "A receiver, processor, exporter, connector or extension of a collector.",
    fields: &[
        field("id", Type::String, "Its id, such as `otlp/jaeger`."),
        field(
            "type",
            Type::String,
            "The part of the id before the slash, in today's spelling.",
        ),
        field(
            "bare_variables",
            Type::List(&Type::Record(&BARE_VARIABLE)),
            "Names in capitals behind a dollar sign without braces in its settings, which the collector does not fill in from 0.104.0 on.",
        ),
        field(
            "written_type",
            Type::String,
            "The part of the id before the slash as written.",
        ),
        field(
            "kind",
            Type::String,
            "`receiver`, `processor`, `exporter`, `connector` or `extension`.",
        ),
        field("config", Type::Any, "Its settings; null when it has none."),
        field(
            "pipelines",
            TEXTS,
            "Ids of the pipelines that use it, each where its list names the component.",
        ),
        field(
            "ends",
            TEXTS,
            "For a connector, the signals of the pipelines that end in it.",
        ),
        field(
            "starts",
            TEXTS,
            "For a connector, the signals of the pipelines that start from it.",
        ),
        field(
            "statement_problems",
            TEXTS,
            "What is wrong with its statements in OTTL, each where the statement stands.",
        ),
        field(
            "condition_problems",
            TEXTS,
            "What is wrong with its conditions in OTTL, each where the condition stands.",
        ),
        field(
            "misfits",
            Type::List(&Type::Record(&MISFIT)),
            "Settings that it does not take.",
        ),
        field(
            "ports",
            Type::List(&Type::Int),
            "The ports that it may listen on: those that it states, and those that its type has by default.",
        ),
        field(
            "is_known",
            Type::Bool,
            "Whether the registry knows the type, from today or from before.",
        ),
        field(
            "nearest",
            Type::String,
            "For a type that is not known, the known type that was most likely meant, or an empty text.",
        ),
        field(
            "signals",
            TEXTS,
            "The signals that the type supports; for a connector pairs such as `traces_to_metrics`. Unknown for an unknown type.",
        ),
        field(
            "distributions",
            TEXTS,
            "The distributions of the collector that have the type. Unknown for an unknown type.",
        ),
        field(
            "renamed_in",
            Type::String,
            "The first release with today's spelling; absent for a type that was never renamed.",
        ),
        field(
            "is_old_spelling",
            Type::Bool,
            "Whether it is written in the spelling before; absent for a type that was never renamed.",
        ),
        field(
            "old_spelling",
            Type::String,
            "The spelling before; absent for a type that was never renamed.",
        ),
        field(
            "takes_old_spelling",
            Type::Bool,
            "Whether collectors still take the spelling before; absent for a type that was never renamed.",
        ),
        field(
            "removed_in",
            Type::String,
            "The first release that was seen without a removed type.",
        ),
        field(
            "kept_until",
            Type::String,
            "The last release that was seen with a removed type.",
        ),
        field(
            "replacement",
            Type::String,
            "What takes the place of a removed type, or an empty text.",
        ),
        field(
            "is_used",
            Type::Bool,
            "Whether a pipeline, or for an extension `service.extensions`, names it.",
        ),
        field(
            "references",
            Type::List(&Type::Any),
            "Extensions that its settings name, for storage, authentication and so on.",
        ),
    ],
};

/// A name in pipelines that no section defines.
pub static UNDEFINED: Record = Record {
    name: "undefined",
    doc: "A name in pipelines that no section of the configuration defines.",
    fields: &[
        field("id", Type::String, "The name."),
        field(
            "kind",
            Type::String,
            "What it stands for: `receiver`, `processor` or `exporter`.",
        ),
        field(
            "nearest",
            Type::String,
            "The defined name that was most likely meant, or an empty text.",
        ),
        field("pipelines", TEXTS, "Ids of the pipelines that name it."),
    ],
};

/// A cycle of pipelines.
pub static CYCLE: Record = Record {
    name: "cycle",
    doc: "A way from a pipeline through connectors back to itself.",
    fields: &[
        field(
            "way",
            Type::String,
            "Pipelines and connectors in turn, from the first pipeline to itself.",
        ),
        field(
            "places",
            TEXTS,
            "The connectors, where they end a pipeline.",
        ),
    ],
};

/// Something that a processor is told to take away.
pub static SCRUB: Record = Record {
    name: "scrub",
    doc: "A key or pattern that a processor is told to take away at one location.",
    fields: &[
        field("component", Type::String, "The id of the processor."),
        field("type", Type::String, "Its type, in today's spelling."),
        field(
            "is_used",
            Type::Bool,
            "Whether a pipeline names the processor.",
        ),
        field(
            "location",
            Type::String,
            "`resource`, `span`, `event`, `log` or `datapoint`.",
        ),
        field(
            "signals",
            Type::List(&Type::String),
            "The signals of which it is taken away: `traces`, `metrics`, `logs`.",
        ),
        field("key", Type::String, "The key, or the pattern for keys."),
        field("is_pattern", Type::Bool, "Whether it is a pattern."),
        field(
            "is_conditional",
            Type::Bool,
            "Whether it is taken away from some items only.",
        ),
        field(
            "how",
            Type::String,
            "`removes`, `hashes`, `masks`, or `nothing` for what looks like it and does nothing.",
        ),
    ],
};

/// The value of an attribute in another place.
pub static COPY: Record = Record {
    name: "copy",
    doc: "The value of an attribute in another place.",
    fields: &[
        field("key", Type::String, "The attribute that it was taken from."),
        field(
            "into",
            Type::String,
            "The attribute that holds it, or an empty text where it is a part of a name, a message or a body.",
        ),
        field(
            "location",
            Type::String,
            "`resource`, `span`, `event`, `log` or `datapoint` for attributes; `span name`, `status message`, `log body`.",
        ),
        field("exporters", TEXTS, "The ids of the exporters that get it."),
    ],
};

/// A question of the kubelet.
pub static PROBE: Record = Record {
    name: "probe",
    doc: "What the kubelet asks a container.",
    fields: &[
        field(
            "kind",
            Type::String,
            "`startupProbe`, `livenessProbe` or `readinessProbe`.",
        ),
        field("how", Type::String, "`httpGet`, `tcpSocket` or `grpc`."),
        field("port", Type::Int, "The number of the port."),
        field("path", Type::String, "The path, `/` without one."),
    ],
};

/// A setting that does not fit.
pub static MISFIT: Record = Record {
    name: "misfit",
    doc: "A setting that a component or the service does not take.",
    fields: &[
        field(
            "owner",
            Type::String,
            "What has it, such as ``exporter `otlp` ``.",
        ),
        field("path", Type::String, "Its keys, with dots between them."),
        field(
            "problem",
            Type::String,
            "`key` where there is no such setting, `type` where its value is of a wrong type, `value` where the value is of the right type and cannot be read, `pattern` where it is no regular expression.",
        ),
        field(
            "expected",
            Type::String,
            "What would fit, with its article; an empty text where the key is not known.",
        ),
        field(
            "found",
            Type::String,
            "What stands there, with its article where it is a type, with what is wrong with it where it is a value; or the key that is not known.",
        ),
        field(
            "nearest",
            Type::String,
            "The key that was most likely meant, or an empty text.",
        ),
        field(
            "variable",
            Type::String,
            "The variable that gives the value, or an empty text.",
        ),
    ],
};

/// A variable without braces.
pub static BARE_VARIABLE: Record = Record {
    name: "bare_variable",
    doc: "A name behind a dollar sign without braces.",
    fields: &[
        field("name", Type::String, "The name."),
        field("key", Type::String, "The key that it is below."),
        field(
            "is_whole",
            Type::Bool,
            "Whether nothing else is in its text.",
        ),
    ],
};

/// Something to fill in.
pub static EXPANSION: Record = Record {
    name: "expansion",
    doc: "A `${...}` that the collector fills in when it reads its configuration.",
    fields: &[
        field("text", Type::String, "With its braces."),
        field(
            "scheme",
            Type::String,
            "The word before the first colon, `env` without a colon, empty where the collector takes it for no scheme.",
        ),
        field(
            "name",
            Type::String,
            "What is asked for, such as the name of a variable.",
        ),
        field(
            "default",
            Type::String,
            "What stands after `:-`; absent without it.",
        ),
    ],
};

/// An exposure.
pub static EXPOSURE: Record = Record {
    name: "exposure",
    doc: "One exporter, one location of attributes, and every way by which data gets there.",
    fields: &[
        field("exporter", Type::String, "The id of the exporter."),
        field("type", Type::String, "Its type, in today's spelling."),
        field("pipelines", TEXTS, "The pipelines that name the exporter."),
        field(
            "location",
            Type::String,
            "`resource`, `span`, `event`, `log` or `datapoint`.",
        ),
        field(
            "routes",
            Type::List(&Type::Record(&ROUTE)),
            "The ways through pipelines and connectors, from a pipeline with receivers on.",
        ),
        field(
            "is_passed_on",
            Type::Bool,
            "Whether all that the exporter sends goes on through collectors of the files, or the way breaks there: what arrives is told where it ends.",
        ),
    ],
};

/// A way to an exporter.
pub static ROUTE: Record = Record {
    name: "route",
    doc: "A way to an exporter, with what its processors take away for certain. A key arrives that is in `added`, or that is neither in `removed` nor matches `pattern`, and is in `kept` or matches `kept_pattern` where there are such.",
    fields: &[
        field("start", Type::String, "The first pipeline."),
        field("end", Type::String, "The last pipeline."),
        field("signal", Type::String, "What the last pipeline carries."),
        field("way", Type::String, "The pipelines, in order."),
        field(
            "steps",
            TEXTS,
            "The same where they stand, with what feeds each of them, those of collectors before included; the exporter is the last.",
        ),
        field("removed", TEXTS, "Keys that are taken away."),
        field(
            "pattern",
            Type::String,
            "A regular expression for keys that are taken away, empty for none; unknown where a processor cannot be followed.",
        ),
        field(
            "kept",
            TEXTS,
            "The only keys that are left; absent where nothing says so.",
        ),
        field(
            "kept_pattern",
            Type::String,
            "A regular expression for more keys that are left, empty for none.",
        ),
        field(
            "added",
            TEXTS,
            "Keys that are brought in again, each where that is asked for.",
        ),
        field(
            "is_masked",
            Type::Bool,
            "Whether something is taken out of values, or off some items, in this collector.",
        ),
        field(
            "is_untouched",
            Type::Bool,
            "Whether nothing is taken away on the way, here and before; unknown where a processor cannot be followed.",
        ),
        field(
            "is_beside_scrubber",
            Type::Bool,
            "Whether this collector, or one before it, takes nothing away although it has a `redaction`, which is told there.",
        ),
        field(
            "before",
            Type::Any,
            "The route of the collector that feeds this one; absent where none is known.",
        ),
    ],
};

/// A hop.
pub static HOP: Record = Record {
    name: "hop",
    doc: "A way from one that sends traces to the next one that takes them: a service, a collector, a topic, a store.",
    fields: &[
        field("from", Type::String, "Who sends."),
        field(
            "from_kind",
            Type::String,
            "`service`, `collector`, `topic` or `store`.",
        ),
        field(
            "to",
            Type::String,
            "Who takes; empty where the way breaks or the files do not tell.",
        ),
        field(
            "to_kind",
            Type::String,
            "`collector`, `topic`, `store`, `query` or `external`; empty where the way breaks or the files do not tell.",
        ),
        field(
            "sender",
            Type::String,
            "What sends, such as ``exporter `otlp` `` or a variable in back quotes.",
        ),
        field(
            "address",
            Type::String,
            "Where it sends to, with variables filled in; `NODE` stands for the address of the node.",
        ),
        field(
            "protocol",
            Type::String,
            "`grpc`, `http`, `kafka`, `elasticsearch` and so on; empty where it is not known.",
        ),
        field(
            "certainty",
            Type::String,
            "`exact`, `inferred` where a default or the only fitting name was taken, or `unknown`.",
        ),
        field("is_exact", Type::Bool, "Whether the certainty is `exact`."),
        field(
            "from_pod",
            Type::Any,
            "`spec` of the pod that sends, or of the OpenTelemetryCollector that the operator makes it of; absent where nothing among the files runs it.",
        ),
        field(
            "sender_type",
            Type::String,
            "The type of the exporter that sends, in today's spelling; empty for a service.",
        ),
        field(
            "to_replicas",
            Type::Int,
            "How many pods run the one that takes; absent where the files do not tell.",
        ),
        field(
            "to_processors",
            TEXTS,
            "The types of the processors that spans pass next, in today's spelling, each where its pipeline names it.",
        ),
        field(
            "to_runs_on",
            Type::String,
            "`node` for a collector that runs once on each node, `pod` for one in the same pod, `cluster` for any other; empty where nobody takes.",
        ),
        field("reason", Type::String, "Why it is not exact."),
        field(
            "fault",
            Type::String,
            "Why the way breaks: `no-service`, `wrong-namespace`, `port-not-served`, `no-pods`, `no-replicas`, `no-named-port`, `nobody-listens`, `loopback-listener`, `protocol-mismatch`, `tls-mismatch`, `path-mismatch`, `ingress-mismatch`, `no-pipeline`, `node-port-closed`, `topic-without-reader`, `other-cluster`, `encoding-mismatch`, `store-mismatch`, `not-headless`, `config-map-missing`, `config-key-missing`, `config-not-mounted`, `no-instrumentation`, `several-instrumentations`, `no-sidecar`, `several-sidecars`, `credentials-missing`, `network-policy`, `names-blocked`, `route-refused`, `misses-own-pods`, `port-out-of-range`, `nobody-beside` (which `endpoint/loopback-endpoint` tells), `asks-the-node`, `undefined-reference`; empty for one that arrives or is not known.",
        ),
        field("detail", Type::String, "What is wrong, in words."),
        field(
            "nearest",
            Type::String,
            "What was most likely meant, or what there is instead; empty for nothing.",
        ),
        field(
            "steps",
            TEXTS,
            "What leads there, in order, each at its place: Services, ports, workloads, receivers.",
        ),
        field(
            "via",
            TEXTS,
            "What of the steps takes traces from outside the cluster: Ingresses, routes, Services with an address of their own or a port of the nodes.",
        ),
    ],
};

/// A trace path.
pub static TRACE_PATH: Record = Record {
    name: "trace_path",
    doc: "A way of a service's traces, hop by hop, as far as it can be followed.",
    fields: &[
        field("service", Type::String, "The service."),
        field(
            "verdict",
            Type::String,
            "`stored`, `left` for something outside the files, `broken`, `lost` where nobody passes the traces on, or `unknown`.",
        ),
        field(
            "ends",
            TEXTS,
            "The names of all on the way, the service first.",
        ),
        field(
            "hops",
            Type::List(&Type::Record(&HOP)),
            "The hops, in order.",
        ),
        field("last", Type::Record(&HOP), "The last hop."),
        field(
            "events",
            Type::List(&Type::Record(&TRACE_EVENT)),
            "What happens on the way, in order.",
        ),
        field(
            "replicas",
            Type::Int,
            "The smallest number of pods on the way, without the service; absent where none is known.",
        ),
        field(
            "steps",
            TEXTS,
            "The hops in words, each where it is written.",
        ),
        field(
            "service_name",
            Type::String,
            "The name that the service gives itself in `OTEL_SERVICE_NAME`; absent where it states none.",
        ),
        field(
            "doubled",
            Type::List(&Type::Record(&DOUBLED)),
            "Senders with which it leaves an earlier path of the service, where every trace comes to the same store on both.",
        ),
        field(
            "namesakes",
            TEXTS,
            "Other workloads of the environment that give themselves the same name, each where its name stands.",
        ),
        field(
            "past",
            Type::Record(&PAST),
            "What scrubs the traces of another service before they leave by the same sender; absent where there is none, or where something scrubs those of this path.",
        ),
        field(
            "has_node_agent",
            Type::Bool,
            "Whether a collector runs on each node of the environment.",
        ),
    ],
};

/// A sender that sends everything once more.
pub static DOUBLED: Record = Record {
    name: "doubled",
    doc: "A sender that brings traces to a store to which another one of the same collector brings them, too.",
    fields: &[
        field("sender", Type::String, "The sender, such as an exporter."),
        field("beside", Type::String, "The other sender."),
        field("store", Type::String, "The store."),
    ],
};

/// What scrubs the traces of others.
pub static PAST: Record = Record {
    name: "past",
    doc: "What scrubs the traces of another service that leave by the same way out.",
    fields: &[
        field("service", Type::String, "The other service."),
        field(
            "by",
            Type::String,
            "What scrubs its traces, such as ``processor `redaction` ``.",
        ),
        field(
            "keys",
            TEXTS,
            "What it takes away: keys, `/patterns/` or `all but` some, each with the locations in brackets.",
        ),
    ],
};

/// An event on a trace path.
pub static TRACE_EVENT: Record = Record {
    name: "trace_event",
    doc: "Something that happens to traces on their way.",
    fields: &[
        field(
            "kind",
            Type::String,
            "`scrub`, `sample`, `filter`, `drop` (of everything) or `buffer`.",
        ),
        field("text", Type::String, "What does it."),
    ],
};

/// One service that calls another.
pub static CALL: Record = Record {
    name: "call",
    doc: "A traced service that has the address of another one in its variables, where one of the two says how it hands the context of traces on.",
    fields: &[
        field("from", Type::String, "Who calls, with its namespace."),
        field("to", Type::String, "Who is called."),
        field(
            "address",
            Type::String,
            "The address, where the caller's variable states it.",
        ),
        field(
            "from_propagators",
            Type::String,
            "The formats of the caller, with commas between them; the default where it names none.",
        ),
        field(
            "to_propagators",
            Type::String,
            "The formats of the called one.",
        ),
    ],
};

/// A way into the cluster.
pub static ENTRANCE: Record = Record {
    name: "entrance",
    doc: "A path of an Ingress or a rule of a route that leads to a collector of the files, whoever sends there.",
    fields: &[
        field(
            "kind",
            Type::String,
            "`Ingress`, `HTTPRoute`, `GRPCRoute` or `TLSRoute`.",
        ),
        field("name", Type::String, "Its name with its namespace."),
        field("host", Type::String, "The first host that it takes."),
        field(
            "to",
            Type::String,
            "The collector that takes what is sent; empty where the way breaks.",
        ),
        field(
            "fault",
            Type::String,
            "`ingress-mismatch` where the collector does not understand what is passed on, `route-refused` where the Gateway that is named takes nothing of the route, `no-service`, `wrong-namespace` or `port-not-served` where there is no such Service or port behind it; else empty.",
        ),
        field(
            "detail",
            Type::String,
            "What is wrong, in words; empty for nothing.",
        ),
        field(
            "nearest",
            Type::String,
            "What would be understood; empty where nothing is wrong.",
        ),
        field("backends", TEXTS, "The names of the Services behind it."),
        field(
            "steps",
            TEXTS,
            "What leads there, each where it is written.",
        ),
    ],
};

/// A Service and what it selects.
pub static SELECTION: Record = Record {
    name: "selection",
    doc: "A Service of Kubernetes behind which collectors of the files take traces, at its selector.",
    fields: &[
        field("name", Type::String, "The Service with its namespace."),
        field(
            "collectors",
            Type::List(&Type::Record(&SELECTED)),
            "The collectors whose pods the selector fits, as far as a port leads to a receiver of traces there.",
        ),
    ],
};

/// A collector that a Service selects.
pub static SELECTED: Record = Record {
    name: "selected",
    doc: "A collector behind a Service.",
    fields: &[
        field("name", Type::String, "Its name with its namespace."),
        field(
            "label",
            Type::String,
            "Kind and name of its workload, such as ``DaemonSet `obs/agent` ``.",
        ),
        field(
            "sends_to",
            TEXTS,
            "The names of the collectors to which it passes traces, straight or through others.",
        ),
    ],
};

/// What a restated list leaves out.
pub static REPLACEMENT: Record = Record {
    name: "replacement",
    doc: "A component that a collector loses: an earlier configuration names it in a list of a pipeline, and a later one restates the list without it. Only where all configurations of the collector are known.",
    fields: &[
        field("collector", Type::String, "The name of the collector."),
        field("pipeline", Type::String, "The pipeline."),
        field(
            "list",
            Type::String,
            "`receivers`, `processors` or `exporters`.",
        ),
        field(
            "id",
            Type::String,
            "The component, where the earlier list names it; an exporter can be a connector.",
        ),
        field("type", Type::String, "The type of the component."),
        field(
            "settings",
            Type::Any,
            "Its settings, as the last configuration has them that declares it.",
        ),
        field("kept", TEXTS, "What the later list names."),
    ],
};

/// Two files that define the same.
pub static CLASH: Record = Record {
    name: "clash",
    doc: "Two files of one environment, or one file, that define the same objects differently where the way of traces depends on which is meant.",
    fields: &[
        field(
            "objects",
            TEXTS,
            "The objects on which a way depends, each where it is defined the second time.",
        ),
        field("others", TEXTS, "The same, each where it is defined first."),
        field(
            "shared",
            Type::Int,
            "How many objects that traces pass both define, whether a way depends on them or not.",
        ),
    ],
};

/// A service.
pub static SERVICE: Record = Record {
    name: "service",
    doc: "A service of the rollout: one that the settings list under `services`, or, where they list any, a workload that runs and is not listed.",
    fields: &[
        field(
            "name",
            Type::String,
            "Its name in the settings, or that of its workload.",
        ),
        field("is_listed", Type::Bool, "Whether the settings list it."),
        field(
            "owner",
            Type::String,
            "The team that answers for it, where the settings say so.",
        ),
        field(
            "owners",
            TEXTS,
            "Who answers for it: the owner that the settings name, else the catalogue, else CODEOWNERS. A line for everything counts where no listed service has one of its own.",
        ),
        field(
            "owners_told_by",
            Type::String,
            "What names them: `settings`, `catalog`, `codeowners`, or empty.",
        ),
        field(
            "code_owners",
            TEXTS,
            "Whom CODEOWNERS names for its folders, its Dockerfile or its manifest, be it by a line for everything.",
        ),
        field(
            "is_left_over",
            Type::Bool,
            "Whether CODEOWNERS gives its files to those who answer for everything, and other listed services have lines of their own.",
        ),
        field(
            "is_owner_in_codeowners",
            Type::Bool,
            "Whether CODEOWNERS names the owner of the settings for its files, whatever organisation or `team` stands around the name; unknown where it does so for no listed service.",
        ),
        field(
            "language",
            Type::String,
            "What it is written in, where the settings say so.",
        ),
        field(
            "priority",
            Type::String,
            "`P0` to `P3`, where the settings say so.",
        ),
        field(
            "phase",
            Type::String,
            "Its phase, where the settings say so.",
        ),
        field("impact", Type::Int, "Business impact, 1 to 5."),
        field("complexity", Type::Int, "Complexity, 1 to 5."),
        field("readiness", Type::Int, "Readiness of the team, 1 to 5."),
        field("score", Type::Int, "The score that the settings state."),
        field(
            "is_enforced",
            Type::Bool,
            "Whether its phase is `enforced`.",
        ),
        field(
            "waits_for",
            Type::String,
            "The first phase before its own that is only planned, where its own is enforced; absent otherwise.",
        ),
        field(
            "is_phase_known",
            Type::Bool,
            "Whether `phases` has its phase; true without one.",
        ),
        field(
            "has_folder",
            Type::Bool,
            "Whether one of its folders holds a file that was read.",
        ),
        field("strays", TEXTS, "Its folders in which no file was read."),
        field(
            "workload",
            Type::String,
            "The workload that the settings name; absent where they name none.",
        ),
        field(
            "nearest_workload",
            Type::String,
            "Where no workload of that name is among the files: the one that was most likely meant, or an empty text.",
        ),
        field(
            "dockerfile",
            Type::String,
            "The path of its Dockerfile, where the settings say so.",
        ),
        field(
            "has_dockerfile",
            Type::Bool,
            "Whether that Dockerfile was read; true without one.",
        ),
        field(
            "workloads",
            TEXTS,
            "What runs it, such as ``Deployment `shop/order` ``.",
        ),
        field(
            "is_traced",
            Type::Bool,
            "Whether a container of it sends traces somewhere.",
        ),
        field(
            "canaries",
            TEXTS,
            "What brings a new version of it to a part of the pods first, as in `workload.canaries`.",
        ),
        field(
            "verdicts",
            TEXTS,
            "Where its traces come to, as in `trace_path.verdict`, each once.",
        ),
    ],
};

/// A list of packages.
pub static DEPENDENCIES: Record = Record {
    name: "dependencies",
    doc: "A list of the packages that a program uses: `pom.xml`, `build.gradle`, `requirements.txt`, `pyproject.toml`, `Pipfile`, `package.json`, `rebar.config`, `mix.exs`, `go.mod`, .NET projects.",
    fields: &[
        field("path", Type::String, "The path of the file."),
        field(
            "installs",
            TEXTS,
            "What Dockerfiles in its folder install by name: their `RUN` instructions with `install` in them.",
        ),
        field(
            "ecosystem",
            Type::String,
            "`maven`, `gradle`, `pip`, `pyproject`, `npm`, `rebar3`, `mix`, `go` or `nuget`.",
        ),
        field(
            "language",
            Type::String,
            "`java`, `python`, `nodejs`, `erlang`, `elixir`, `go` or `dotnet`.",
        ),
        field(
            "packages",
            TEXT_MAP,
            "Versions by name, null where none is stated. Maven and Gradle names are `group:artifact`, Python names are in normal form.",
        ),
        field(
            "dev_packages",
            TEXT_MAP,
            "The same for packages that only development needs.",
        ),
        field(
            "releases",
            Type::List(&Type::Record(&RELEASE)),
            "The releases of an Erlang or Elixir program: `relx` of `rebar.config`, profiles that are not for development included, and `releases` of `mix.exs` that list applications.",
        ),
    ],
};

/// A release of an Erlang or Elixir program.
pub static RELEASE: Record = Record {
    name: "release",
    doc: "A release of an Erlang or Elixir program.",
    fields: &[
        field("name", Type::String, "Its name."),
        field(
            "applications",
            Type::List(&Type::Record(&APPLICATION)),
            "The applications that it lists, in the order in which they are started. Open for Mix, which adds every package.",
        ),
        field(
            "required",
            TEXTS,
            "What the program's own applications ask for in their `*.app.src`; open where one of them is not among the files. For rebar3 only.",
        ),
    ],
};

/// An application of a release.
pub static APPLICATION: Record = Record {
    name: "application",
    doc: "An application of a release.",
    fields: &[
        field("name", Type::String, "Its name."),
        field(
            "type",
            Type::String,
            "`permanent`, unless the release says something else: the node goes down with it.",
        ),
    ],
};

/// A part of a program.
pub static CODE: Record = Record {
    name: "code",
    doc: "A file of a program in Java, Kotlin, Python, JavaScript, TypeScript, Erlang or Elixir that puts attributes into spans. Tests are left out.",
    fields: &[field(
        "attributes",
        Type::List(&Type::Record(&CODE_ATTRIBUTE)),
        "The attributes whose names stand in the code.",
    )],
};

/// An attribute that a program sets.
pub static CODE_ATTRIBUTE: Record = Record {
    name: "code_attribute",
    doc: "An attribute that a program puts into a span.",
    fields: &[
        field(
            "key",
            Type::String,
            "The attribute, where its name stands; of a constant of the semantic conventions with dots for all of its underscores.",
        ),
        field("call", Type::String, "The call, such as `setAttribute`."),
    ],
};

/// A command of a runbook.
pub static COMMAND: Record = Record {
    name: "command",
    doc: "A `kubectl` command in Markdown (a file with `runbook`, `rollback`, `playbook`, `incident` or `oncall` in its name) that changes a workload.",
    fields: &[
        field("verb", Type::String, "What it does, such as `scale`."),
        field(
            "kind",
            Type::String,
            "The kind of the workload, such as `Deployment`.",
        ),
        field("name", Type::String, "The name of the workload."),
        field(
            "namespace",
            Type::String,
            "Its namespace; absent where the command names none.",
        ),
        field(
            "nearest",
            Type::String,
            "The workload that was most likely meant, where the one that it names is not among the files, or an empty text.",
        ),
    ],
};

/// A Kafka cluster.
pub static KAFKA_CLUSTER: Record = Record {
    name: "kafka_cluster",
    doc: "A Kafka cluster that Strimzi runs, in one environment: its `Kafka` resource, its pools, or both.",
    fields: &[
        field("name", Type::String, "Its name."),
        field(
            "namespace",
            Type::String,
            "Its namespace; empty where no file tells it.",
        ),
        field(
            "brokers",
            Type::Int,
            "How many nodes are brokers, all pools added up; absent where nothing says it.",
        ),
        field(
            "controllers",
            Type::Int,
            "How many nodes are controllers; absent without a pool of controllers.",
        ),
        field(
            "pools",
            Type::List(&Type::Any),
            "Its `KafkaNodePool` objects, by name.",
        ),
        field(
            "controller_pools",
            Type::List(&Type::Any),
            "Those whose nodes are controllers, and no brokers.",
        ),
        field(
            "topics",
            Type::List(&Type::Any),
            "The `KafkaTopic` objects that name it.",
        ),
    ],
};

/// A repository.
pub static REPOSITORY: Record = Record {
    name: "repository",
    doc: "Everything that was read in one run.",
    fields: &[
        field(
            "objects",
            Type::List(&Type::Any),
            "Every Kubernetes object, as written.",
        ),
        field(
            "alerts",
            Type::List(&Type::Record(&ALERT)),
            "The alerts of every PrometheusRule and VMRule.",
        ),
        field(
            "strays",
            TEXTS,
            "The folders under `environments` in the settings in which no object is.",
        ),
    ],
};

/// An alert.
pub static ALERT: Record = Record {
    name: "alert",
    doc: "An alerting rule.",
    fields: &[
        field("name", Type::String, "Its name."),
        field("expr", Type::String, "Its expression."),
        field(
            "for",
            Type::String,
            "How long the expression must hold; absent for at once.",
        ),
        field("labels", TEXT_MAP, "Its labels; absent without any."),
        field(
            "object",
            Type::String,
            "The object that holds it, as `Kind/namespace/name`.",
        ),
    ],
};

/// Every record, in the order of the documentation.
pub static RECORDS: [&Record; 42] = [
    &DOCKERFILE,
    &STAGE,
    &INSTRUCTION,
    &WORKLOAD,
    &CONTAINER,
    &RECIPE,
    &ENVIRONMENT,
    &ENTRY,
    &COLLECTOR,
    &PIPELINE,
    &COMPONENT,
    &UNDEFINED,
    &CYCLE,
    &SCRUB,
    &MISFIT,
    &PROBE,
    &COPY,
    &BARE_VARIABLE,
    &EXPANSION,
    &EXPOSURE,
    &ROUTE,
    &HOP,
    &TRACE_PATH,
    &TRACE_EVENT,
    &DOUBLED,
    &ENTRANCE,
    &CALL,
    &SELECTION,
    &SELECTED,
    &CLASH,
    &REPLACEMENT,
    &SERVICE,
    &DEPENDENCIES,
    &RELEASE,
    &APPLICATION,
    &KAFKA_CLUSTER,
    &COMMAND,
    &CODE,
    &CODE_ATTRIBUTE,
    &REPOSITORY,
    &ALERT,
    &OBJECT,
];

/// A Kubernetes object, for documentation: its fields are its own.
pub static OBJECT: Record = Record {
    name: "object",
    doc: "A Kubernetes object as written, with every field that the file gives it.",
    fields: &[],
};

impl SubjectKind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Self; 24] = [
        Self::Dockerfile,
        Self::Stage,
        Self::Instruction,
        Self::Object,
        Self::Workload,
        Self::Container,
        Self::Environment,
        Self::Collector,
        Self::Pipeline,
        Self::Component,
        Self::Exposure,
        Self::Hop,
        Self::TracePath,
        Self::Entrance,
        Self::Call,
        Self::Selection,
        Self::Clash,
        Self::Replacement,
        Self::Service,
        Self::KafkaCluster,
        Self::Command,
        Self::Code,
        Self::Dependencies,
        Self::Repository,
    ];

    /// The name that rules use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dockerfile => "dockerfile",
            Self::Stage => "stage",
            Self::Instruction => "instruction",
            Self::Object => "object",
            Self::Workload => "workload",
            Self::Container => "container",
            Self::Environment => "environment",
            Self::Collector => "collector",
            Self::Pipeline => "pipeline",
            Self::Component => "component",
            Self::Exposure => "exposure",
            Self::Hop => "hop",
            Self::TracePath => "trace_path",
            Self::Entrance => "entrance",
            Self::Call => "call",
            Self::Selection => "selection",
            Self::Clash => "clash",
            Self::Replacement => "replacement",
            Self::Service => "service",
            Self::KafkaCluster => "kafka_cluster",
            Self::Command => "command",
            Self::Code => "code",
            Self::Dependencies => "dependencies",
            Self::Repository => "repository",
        }
    }

    /// The kind of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The variables that rules about this kind may use; a subject's bindings are in the same order.
    pub fn variables(self) -> &'static [SubjectVariable] {
        const DOCKERFILE_VAR: SubjectVariable = variable("dockerfile", Type::Record(&DOCKERFILE));
        const WORKLOAD_VAR: SubjectVariable = variable("workload", Type::Record(&WORKLOAD));
        const COLLECTOR_VAR: SubjectVariable = variable("collector", Type::Record(&COLLECTOR));
        const OBJECT_VAR: SubjectVariable = variable("object", Type::Any);
        const STAGE_VAR: SubjectVariable = variable("stage", Type::Record(&STAGE));
        const INSTRUCTION_VAR: SubjectVariable =
            variable("instruction", Type::Record(&INSTRUCTION));
        const CONTAINER_VAR: SubjectVariable = variable("container", Type::Record(&CONTAINER));
        const ENVIRONMENT_VAR: SubjectVariable =
            variable("environment", Type::Record(&ENVIRONMENT));
        const PIPELINE_VAR: SubjectVariable = variable("pipeline", Type::Record(&PIPELINE));
        const COMPONENT_VAR: SubjectVariable = variable("component", Type::Record(&COMPONENT));
        const EXPOSURE_VAR: SubjectVariable = variable("exposure", Type::Record(&EXPOSURE));
        const HOP_VAR: SubjectVariable = variable("hop", Type::Record(&HOP));
        const SERVICE_VAR: SubjectVariable = variable("service", Type::Record(&SERVICE));
        const PATH_VAR: SubjectVariable = variable("trace_path", Type::Record(&TRACE_PATH));
        const ENTRANCE_VAR: SubjectVariable = variable("entrance", Type::Record(&ENTRANCE));
        const CALL_VAR: SubjectVariable = variable("call", Type::Record(&CALL));
        const SELECTION_VAR: SubjectVariable = variable("selection", Type::Record(&SELECTION));
        const CLASH_VAR: SubjectVariable = variable("clash", Type::Record(&CLASH));
        const REPLACEMENT_VAR: SubjectVariable =
            variable("replacement", Type::Record(&REPLACEMENT));
        const KAFKA_VAR: SubjectVariable = variable("kafka_cluster", Type::Record(&KAFKA_CLUSTER));
        const COMMAND_VAR: SubjectVariable = variable("command", Type::Record(&COMMAND));
        const CODE_VAR: SubjectVariable = variable("code", Type::Record(&CODE));
        const DEPENDENCIES_VAR: SubjectVariable =
            variable("dependencies", Type::Record(&DEPENDENCIES));
        const REPOSITORY_VAR: SubjectVariable = variable("repository", Type::Record(&REPOSITORY));
        match self {
            Self::Dockerfile => &[DOCKERFILE_VAR],
            Self::Stage => &[STAGE_VAR, DOCKERFILE_VAR],
            Self::Instruction => &[INSTRUCTION_VAR, STAGE_VAR, DOCKERFILE_VAR],
            Self::Object => &[OBJECT_VAR],
            Self::Workload => &[WORKLOAD_VAR, OBJECT_VAR],
            Self::Container => &[CONTAINER_VAR, WORKLOAD_VAR, OBJECT_VAR],
            Self::Environment => &[ENVIRONMENT_VAR],
            Self::Collector => &[COLLECTOR_VAR],
            Self::Pipeline => &[PIPELINE_VAR, COLLECTOR_VAR],
            Self::Component => &[COMPONENT_VAR, COLLECTOR_VAR],
            Self::Exposure => &[EXPOSURE_VAR, COLLECTOR_VAR],
            Self::Hop => &[HOP_VAR],
            Self::TracePath => &[PATH_VAR],
            Self::Entrance => &[ENTRANCE_VAR],
            Self::Call => &[CALL_VAR],
            Self::Selection => &[SELECTION_VAR],
            Self::Clash => &[CLASH_VAR],
            Self::Replacement => &[REPLACEMENT_VAR],
            Self::Service => &[SERVICE_VAR],
            Self::KafkaCluster => &[KAFKA_VAR],
            Self::Command => &[COMMAND_VAR],
            Self::Code => &[CODE_VAR],
            Self::Dependencies => &[DEPENDENCIES_VAR],
            Self::Repository => &[REPOSITORY_VAR],
        }
    }
}
