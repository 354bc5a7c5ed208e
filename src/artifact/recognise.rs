//! Tells from a name what a file may be, and from content what a document is.

use super::{code, runbook};
use crate::document::Node;

/// The names of a settings file, in the order in which they are looked for.
pub const SETTINGS_FILES: [&str; 3] = ["spanguard.yaml", "spanguard.yml", ".spanguard.yaml"];

/// What a file's name says that it may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Candidate {
    /// A Dockerfile; `true` when the name leaves no doubt.
    Dockerfile(bool),
    /// YAML: manifests, collector configurations and everything else.
    Yaml,
    /// JSON, which is read as the YAML that it also is.
    Json,
    /// A list of the packages that a program uses.
    Dependencies(Ecosystem),
    /// Named templates of a Helm chart.
    HelmHelpers,
    /// What `docker buildx bake` builds, in HCL.
    Bake,
    /// Who answers for which paths.
    Owners,
    /// What an Erlang application asks for.
    ErlangApplication,
    /// The configuration of an Erlang release.
    SysConfig,
    /// Commands for those who are on call.
    Runbook,
    /// A part of a program.
    Code,
    /// Variables, one on each line.
    Variables,
}

/// Where a program's packages come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ecosystem {
    /// `pom.xml`
    Maven,
    /// `build.gradle`, `build.gradle.kts`, `*.versions.toml`
    Gradle,
    /// `requirements*.txt`
    Pip,
    /// `pyproject.toml`, `Pipfile`
    PyProject,
    /// `package.json`
    Npm,
    /// `rebar.config`
    Rebar,
    /// `mix.exs`
    Mix,
    /// `go.mod`
    Go,
    /// `*.csproj`, `*.fsproj`, `Directory.Packages.props`
    NuGet,
}

impl Ecosystem {
    /// The name of the tool that reads the manifest.
    pub fn name(self) -> &'static str {
        match self {
            Self::Maven => "maven",
            Self::Gradle => "gradle",
            Self::Pip => "pip",
            Self::PyProject => "pyproject",
            Self::Npm => "npm",
            Self::Rebar => "rebar3",
            Self::Mix => "mix",
            Self::Go => "go",
            Self::NuGet => "nuget",
        }
    }

    /// The language that programs of this ecosystem are written in.
    pub fn language(self) -> &'static str {
        match self {
            Self::Maven | Self::Gradle => "java",
            Self::Pip | Self::PyProject => "python",
            Self::Npm => "nodejs",
            Self::Rebar => "erlang",
            Self::Mix => "elixir",
            Self::Go => "go",
            Self::NuGet => "dotnet",
        }
    }
}

/// Endings of files that are about a Dockerfile without being one.
const NOT_DOCKERFILES: [&str; 3] = [".dockerignore", ".md", ".txt"];

/// Generated or foreign JSON that no one deploys.
const NOT_MANIFESTS: [&str; 3] = ["package-lock.json", "tsconfig.json", "composer.json"];

/// What the last part of a path says.
pub fn candidate(path: &str) -> Option<Candidate> {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    if let Some(ecosystem) = ecosystem(name) {
        return Some(Candidate::Dependencies(ecosystem));
    }
    if name == "CODEOWNERS" {
        return Some(Candidate::Owners);
    }
    let lower = name.to_ascii_lowercase();
    let ends = |ending: &str| lower.strip_suffix(ending).is_some();
    let is_script =
        ["config.exs", "prod.exs", "runtime.exs", "releases.exs"].contains(&lower.as_str());
    if lower == "sys.config" || lower == "sys.config.src" || is_script {
        return Some(Candidate::SysConfig);
    }
    if code::is_one(&lower) {
        return Some(Candidate::Code);
    }
    if runbook::is_one(&lower) {
        return Some(Candidate::Runbook);
    }
    if NOT_DOCKERFILES.iter().any(|ending| ends(ending)) {
        return None;
    }
    if lower == "dockerfile" || lower == "containerfile" || ends(".dockerfile") {
        return Some(Candidate::Dockerfile(true));
    }
    if lower.starts_with("dockerfile.") || lower.starts_with("containerfile.") {
        return Some(Candidate::Dockerfile(false));
    }
    if ends(".yaml") || ends(".yml") {
        return Some(Candidate::Yaml);
    }
    if ends(".json") && !NOT_MANIFESTS.contains(&lower.as_str()) {
        return Some(Candidate::Json);
    }
    if lower.starts_with("docker-bake") && ends(".hcl") {
        return Some(Candidate::Bake);
    }
    if ends(".app.src") {
        return Some(Candidate::ErlangApplication);
    }
    if ends(".env") {
        return Some(Candidate::Variables);
    }
    ends(".tpl").then_some(Candidate::HelmHelpers)
}

fn ecosystem(name: &str) -> Option<Ecosystem> {
    let ends = |ending: &str| name.strip_suffix(ending).is_some();
    let is_requirements = name.starts_with("requirements") && (ends(".txt") || ends(".in"));
    match name {
        "pom.xml" => Some(Ecosystem::Maven),
        "build.gradle" | "build.gradle.kts" => Some(Ecosystem::Gradle),
        "pyproject.toml" | "Pipfile" => Some(Ecosystem::PyProject),
        "package.json" => Some(Ecosystem::Npm),
        "rebar.config" => Some(Ecosystem::Rebar),
        "mix.exs" => Some(Ecosystem::Mix),
        "go.mod" => Some(Ecosystem::Go),
        "Directory.Packages.props" => Some(Ecosystem::NuGet),
        _ if is_requirements => Some(Ecosystem::Pip),
        _ if ends(".csproj") || ends(".fsproj") => Some(Ecosystem::NuGet),
        _ if ends(".versions.toml") => Some(Ecosystem::Gradle),
        _ => None,
    }
}

/// What a YAML document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A Kubernetes object.
    Object,
    /// Several Kubernetes objects under `items`.
    List,
    /// A collector configuration.
    Collector,
    /// A kustomization: instructions for building manifests.
    Kustomization,
    /// Values of a Helm chart.
    HelmValues,
    /// The metadata of a Helm chart.
    HelmChart,
    /// Nothing at all.
    Empty,
    /// Anything else.
    Other,
}

/// The sections of a collector configuration.
/// Source: the collector's documentation, "Configuration structure".
const SECTIONS: [&str; 6] = [
    "receivers",
    "processors",
    "exporters",
    "connectors",
    "extensions",
    "service",
];

/// Tells what a document is from its path and its root.
pub(super) fn kind(path: &str, root: &Node) -> Kind {
    let name = path.rsplit('/').next().unwrap_or(path);
    if root.is_null() {
        return Kind::Empty;
    }
    if name == "Chart.yaml" || name == "Chart.yml" {
        return Kind::HelmChart;
    }
    let api = root.get("apiVersion");
    let kind = root.get("kind");
    let is_text =
        |node: Option<&Node>| node.is_some_and(|node| node.as_str().is_some() || node.is_unknown());
    let is_kustomize = api
        .and_then(Node::as_str)
        .is_some_and(|api| api.starts_with("kustomize.config.k8s.io/"));
    if is_kustomize || ["kustomization.yaml", "kustomization.yml"].contains(&name) {
        return Kind::Kustomization;
    }
    if is_text(api) && is_text(kind) {
        let is_list = kind
            .and_then(Node::as_str)
            .is_some_and(|kind| kind.ends_with("List"));
        let has_items = root
            .get("items")
            .is_some_and(|items| items.as_list().is_some());
        return if is_list && has_items {
            Kind::List
        } else {
            Kind::Object
        };
    }
    let is_values = name.starts_with("values")
        || name.ends_with("-values.yaml")
        || name.ends_with(".values.yaml");
    if is_values {
        return Kind::HelmValues;
    }
    if is_collector(root) {
        Kind::Collector
    } else {
        Kind::Other
    }
}

/// Whether a document is one of Skaffold's, which looks like an object.
pub(super) fn is_skaffold(root: &Node) -> bool {
    let api = root.str_at(&["apiVersion"]);
    api.is_some_and(|api| api.starts_with("skaffold/"))
}

/// Whether a file's name is one that kuttl and Chainsaw give to what they compare a cluster with: `01-assert.yaml`.
pub fn is_assertion(name: &str) -> bool {
    let stem = name.trim_end_matches(".yml").trim_end_matches(".yaml");
    let numbered = stem.trim_start_matches(|c: char| c.is_ascii_digit());
    let step = numbered.strip_prefix('-').unwrap_or(numbered);
    step == "errors" || step == "error" || step == "assert" || step.starts_with("assert-")
}

/// Whether a map has the shape of a collector configuration: pipelines, or at least receivers and exporters by id.
pub(super) fn is_collector(root: &Node) -> bool {
    let section_is_map = |name: &str| {
        root.get(name)
            .is_some_and(|section| section.as_map().is_some())
    };
    let known = root
        .entries()
        .iter()
        .all(|entry| is_section(&entry.key) || entry.key.starts_with("x-"));
    let pipelines = root
        .at(&["service", "pipelines"])
        .is_some_and(|pipelines| pipelines.as_map().is_some());
    pipelines && (known || section_is_map("exporters") || section_is_map("receivers"))
        || known && section_is_map("receivers") && section_is_map("exporters")
}

/// Whether a map has nothing but sections of a collector configuration.
pub(super) fn is_part(root: &Node) -> bool {
    let is_section = |key: &str| SECTIONS.contains(&key);
    let mut entries = root.entries().iter();
    !root.entries().is_empty()
        && entries.all(|entry| is_section(&entry.key) && entry.value.as_map().is_some())
}

/// Whether a text begins with a section of a collector configuration.
pub(super) fn looks_like_part(text: &str) -> bool {
    let is_content = |line: &&str| !line.trim().is_empty() && !line.starts_with('#');
    let first = text.lines().find(is_content).unwrap_or("");
    let key = first.split_once(':').map(|(key, _)| key);
    key.is_some_and(|key| SECTIONS.contains(&key))
}

/// Whether a key is a section of a collector configuration, or was meant to be one.
fn is_section(key: &str) -> bool {
    SECTIONS.iter().any(|section| means(key, section))
}

/// Whether a key is a section, with a slip behind its fourth letter at most.
fn means(key: &str, section: &str) -> bool {
    key == section || key.get(..4) == section.get(..4) && key.len().abs_diff(section.len()) <= 1
}

/// Whether a text that did not parse was most likely meant to be an artifact.
pub(super) fn looks_like_artifact(text: &str) -> bool {
    if text.trim_start().starts_with('{') {
        let has_both = text.contains("\"apiVersion\"") && text.contains("\"kind\"");
        return has_both || looks_like_collector(text);
    }
    let starts = |wanted: &[&str]| {
        text.lines().any(|line| {
            let line = line.trim_start_matches(['"', '\'', ' ']);
            wanted.iter().any(|key| {
                line.strip_prefix(key)
                    .is_some_and(|rest| rest.trim_start_matches(['"', '\'']).starts_with(':'))
            })
        })
    };
    starts(&["apiVersion"]) && starts(&["kind"]) || looks_like_collector(text)
}

/// Whether a text has a collector's sections at the start of its lines.
pub(super) fn looks_like_collector(text: &str) -> bool {
    if text.trim_start().starts_with('{') {
        return ["receivers", "exporters", "pipelines"]
            .iter()
            .all(|word| text.contains(&format!("\"{word}\"")));
    }
    let mut found = [false; SECTIONS.len()];
    // Most texts have none of these words, and a configuration has one of them.
    if !text.contains("exporters") && !text.contains("pipelines:") {
        return false;
    }
    // A block scalar with an indentation indicator keeps blanks before every line.
    let is_content = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let first = text.lines().find(is_content).unwrap_or("");
    let indent = first.strip_suffix(first.trim_start()).unwrap_or("");
    for line in text.lines() {
        let line = line.strip_prefix(indent).unwrap_or(line);
        let Some((key, _)) = line.split_once(':') else {
            continue;
        };
        for (section, seen) in SECTIONS.iter().zip(&mut found) {
            *seen |= means(key, section);
        }
    }
    let has_pipelines = text.contains("  pipelines:") || text.contains("{pipelines:");
    let count = found.iter().filter(|seen| **seen).count();
    let has_service = found.last().is_some_and(|seen| *seen);
    count >= 2 && has_service || count >= 3 || has_service && has_pipelines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assertions_of_tests_are_known_by_name() {
        for name in [
            "01-assert.yaml",
            "assert.yaml",
            "02-errors.yaml",
            "1-assert-ready.yaml",
        ] {
            assert!(is_assertion(name), "{name}");
        }
        for name in ["asserted.yaml", "01-install.yaml", "errors-app.yaml"] {
            assert!(!is_assertion(name), "{name}");
        }
    }

    #[test]
    fn names_tell_what_a_file_may_be() {
        for (path, wanted) in [
            ("a/Dockerfile", Some(Candidate::Dockerfile(true))),
            ("api.dockerfile", Some(Candidate::Dockerfile(true))),
            ("Dockerfile.prod", Some(Candidate::Dockerfile(false))),
            ("Containerfile", Some(Candidate::Dockerfile(true))),
            ("Dockerfile.dockerignore", None),
            ("a.yml", Some(Candidate::Yaml)),
            ("_helpers.tpl", Some(Candidate::HelmHelpers)),
            ("k8s/otel.env", Some(Candidate::Variables)),
            ("docker-bake.hcl", Some(Candidate::Bake)),
            ("main.hcl", None),
            ("config/sys.config", Some(Candidate::SysConfig)),
            ("src/cart.app.src", Some(Candidate::ErlangApplication)),
            (".github/CODEOWNERS", Some(Candidate::Owners)),
            (
                "package.json",
                Some(Candidate::Dependencies(Ecosystem::Npm)),
            ),
            ("package-lock.json", None),
            (
                "requirements-dev.txt",
                Some(Candidate::Dependencies(Ecosystem::Pip)),
            ),
            ("a.csproj", Some(Candidate::Dependencies(Ecosystem::NuGet))),
            ("main.rs", None),
        ] {
            assert_eq!(candidate(path), wanted, "{path}");
        }
    }
}
