//! Recognises a file's kind and parses it into the common tree.
//!
//! The main function is [`read`]: one file in, its artifacts, its errors and its state of coverage out. A file is read
//! once. This room knows formats, and nothing of how artifacts relate.

mod code;
mod collector;
mod dependencies;
mod dockerfile;
mod erlang;
mod helm;
mod json;
mod owners;
mod recipes;
mod recognise;
mod runbook;
mod sys_config;
mod yaml;

use smol_str::SmolStr;

use crate::document::Node;
use crate::document::yaml::{Comment, Duplicate, ParseError};
use crate::source::{SourceFile, Span};

pub use self::collector::{Collector, Holder, Home, collectors_inside, held};
pub use self::dependencies::{Application, Dependencies};
pub use self::dockerfile::{Dockerfile, with_arguments};
pub use self::helm::has_actions;
pub use self::owners::{Owners, OwnersLine};
pub use self::recipes::{Recipe, Tool, UNTOLD, github_home};
pub use self::sys_config::SysConfig;

pub use self::recognise::{Candidate, Ecosystem, SETTINGS_FILES, candidate, is_assertion};

/// One thing that rules can look at.
#[derive(Debug, Clone)]
pub enum Artifact {
    /// A Dockerfile.
    Dockerfile(Dockerfile),
    /// A Kubernetes object.
    Object(Object),
    /// A collector configuration.
    Collector(Collector),
    /// A list of packages.
    Dependencies(Dependencies),
    /// The settings of a repository, for the services and environments that they list.
    Inventory(Node),
    /// The configuration of an Erlang release.
    SysConfig(SysConfig),
    /// The commands of a runbook.
    Runbook(Node),
    /// What a program puts into spans.
    Code(Node),
}

impl Artifact {
    /// The Kubernetes object, if it is one.
    pub fn object(&self) -> Option<&Object> {
        if let Self::Object(object) = self {
            Some(object)
        } else {
            None
        }
    }

    /// The commands of a runbook, if it is one.
    pub fn runbook(&self) -> Option<&Node> {
        if let Self::Runbook(commands) = self {
            Some(commands)
        } else {
            None
        }
    }

    /// The configuration of a collector, if it is one.
    pub fn collector(&self) -> Option<&Collector> {
        if let Self::Collector(collector) = self {
            Some(collector)
        } else {
            None
        }
    }

    /// The root of the settings, if it is them.
    pub fn inventory(&self) -> Option<&Node> {
        if let Self::Inventory(root) = self {
            Some(root)
        } else {
            None
        }
    }
}

/// One Kubernetes object.
#[derive(Debug, Clone)]
pub struct Object {
    /// The object.
    pub root: Node,
    /// Whether it was read from a template that nobody rendered.
    pub is_template: bool,
    /// The name that is written, where a kustomization makes another one of it.
    pub written: Option<SmolStr>,
}

/// Everything that one file came to.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// The artifacts in file order.
    pub artifacts: Vec<Artifact>,
    /// The documents by what became of them.
    pub documents: Vec<DocumentState>,
    /// What did not parse.
    pub errors: Vec<SyntaxError>,
    /// Comments that name this program.
    pub comments: Vec<Comment>,
    /// The kustomizations of the file: they say which files are patches.
    pub kustomizations: Vec<Node>,
    /// Whether a kustomization of the file builds objects that another one builds otherwise.
    pub differs: bool,
    /// The images that the file says how to build.
    pub recipes: Vec<Recipe>,
    /// Who answers for which paths, where the file is about that.
    pub owners: Option<Owners>,
    /// The Erlang application that the file is about.
    pub application: Option<Application>,
}

/// What became of a document. A Dockerfile or a dependency manifest is one document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DocumentState {
    /// Nothing in it is for this program: why.
    Skipped(Skip),
    /// It was read and rules look at it.
    Checked,
    /// It is a template: its literal parts are checked, the rest waits for rendering.
    NotRendered,
    /// It does not parse.
    SyntaxError,
}

/// Why a file or document is not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Skip {
    /// It is neither a Dockerfile, a manifest, a collector configuration nor a list of packages.
    NotAnArtifact,
    /// It is empty.
    Empty,
    /// It holds values for a Helm chart.
    HelmValues,
    /// It holds the metadata of a Helm chart.
    HelmChart,
    /// It holds named templates of a Helm chart.
    HelmHelpers,
    /// It says how to build manifests.
    Kustomization,
    /// It says how to build images.
    BuildFile,
    /// It says who answers for which paths.
    CodeOwners,
    /// It says what an Erlang application asks for.
    ErlangApplication,
    /// It holds variables that a kustomization may put into a ConfigMap.
    Variables,
    /// It changes an object that is defined elsewhere, or is what such a change replaces.
    KustomizePatch,
    /// It holds what a test expects of a cluster, in the form of partial objects.
    Assertion,
    /// It is larger than the limit.
    TooLarge,
    /// It is not UTF-8 text.
    NotText,
    /// It is a link to somewhere else.
    Link,
    /// It could not be read.
    Unreadable,
}

impl Skip {
    /// The name in machine formats.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotAnArtifact => "not-an-artifact",
            Self::Empty => "empty",
            Self::HelmValues => "helm-values",
            Self::HelmChart => "helm-chart",
            Self::HelmHelpers => "helm-helpers",
            Self::Kustomization => "kustomization",
            Self::BuildFile => "build-file",
            Self::CodeOwners => "code-owners",
            Self::ErlangApplication => "erlang-application",
            Self::Variables => "variables",
            Self::KustomizePatch => "kustomize-patch",
            Self::Assertion => "test-assertion",
            Self::TooLarge => "too-large",
            Self::NotText => "not-text",
            Self::Link => "link",
            Self::Unreadable => "unreadable",
        }
    }
}

/// A part of a file that does not parse.
#[derive(Debug, Clone)]
pub struct SyntaxError {
    /// The rule under which it is reported.
    pub rule: &'static str,
    /// What is wrong, and where.
    pub error: ParseError,
    /// Where a key stands first that is given twice.
    pub first: Option<Span>,
}

impl Reading {
    /// What became of the file as a whole: the gravest of what became of its documents.
    pub fn state(&self) -> DocumentState {
        let empty = DocumentState::Skipped(Skip::Empty);
        self.documents.iter().copied().max().unwrap_or(empty)
    }

    /// Whether a document before was the configuration of a collector.
    fn holds_a_collector_file(&self) -> bool {
        self.artifacts.iter().any(|artifact| {
            matches!(artifact, Artifact::Collector(collector) if collector.home == Home::File)
        })
    }

    fn fail(&mut self, rule: &'static str, error: ParseError) {
        self.errors.push(SyntaxError {
            rule,
            error,
            first: None,
        });
    }

    /// Adds an error for each key that is given twice.
    fn fail_twice(&mut self, rule: &'static str, duplicates: &[Duplicate], consequence: &str) {
        for duplicate in duplicates {
            let error = ParseError {
                span: duplicate.again,
                message: format!("the key `{}` is given twice{consequence}", duplicate.key),
            };
            self.errors.push(SyntaxError {
                rule,
                error,
                first: Some(duplicate.first),
            });
        }
    }
}

/// Whether a file of a program may be of interest: of the others nothing is kept.
pub fn is_kept(name: &str, text: &str) -> bool {
    candidate(name) != Some(Candidate::Code) || code::may_trace(text)
}

/// Reads one file.
pub fn read(file: &SourceFile) -> Reading {
    match candidate(&file.path) {
        Some(Candidate::Dockerfile(sure)) => dockerfile(file, sure),
        Some(Candidate::Dependencies(ecosystem)) => dependencies(file, ecosystem),
        Some(Candidate::HelmHelpers) => Reading {
            documents: vec![DocumentState::Skipped(Skip::HelmHelpers)],
            ..Reading::default()
        },
        Some(Candidate::Variables) => Reading {
            documents: vec![DocumentState::Skipped(Skip::Variables)],
            ..Reading::default()
        },
        Some(Candidate::Bake) => Reading {
            documents: vec![DocumentState::Skipped(Skip::BuildFile)],
            recipes: recipes::read_hcl(file),
            ..Reading::default()
        },
        Some(Candidate::Owners) => Reading {
            documents: vec![DocumentState::Skipped(Skip::CodeOwners)],
            owners: Some(owners::read(file)),
            ..Reading::default()
        },
        Some(Candidate::ErlangApplication) => Reading {
            documents: vec![DocumentState::Skipped(Skip::ErlangApplication)],
            application: dependencies::app_src(file),
            ..Reading::default()
        },
        Some(Candidate::SysConfig) => plain(sys_config::read(file).map(Artifact::SysConfig)),
        Some(Candidate::Runbook) => plain(runbook::read(file).map(Artifact::Runbook)),
        Some(Candidate::Code) => plain(code::read(file).map(Artifact::Code)),
        Some(Candidate::Yaml | Candidate::Json) | None => yaml::read(file),
    }
}

fn dockerfile(file: &SourceFile, sure: bool) -> Reading {
    let mut reading = Reading::default();
    let has_from = file.text.lines().any(|line| {
        let line = line.trim_start_matches('\u{feff}');
        let word = line.trim_start().get(..5).unwrap_or("");
        word.to_ascii_uppercase().trim_end() == "FROM"
    });
    if !sure && !has_from {
        reading
            .documents
            .push(DocumentState::Skipped(Skip::NotAnArtifact));
        return reading;
    }
    if has_actions(&file.text) || file.text.contains("{%") {
        reading.documents.push(DocumentState::NotRendered);
        return reading;
    }
    let found = dockerfile::read(file, &[]);
    let failed = !found.errors.is_empty();
    for error in found.errors {
        reading.fail("syntax/dockerfile", error);
    }
    reading.comments = found.comments;
    reading
        .artifacts
        .extend(found.dockerfile.map(Artifact::Dockerfile));
    reading.documents.push(if failed {
        DocumentState::SyntaxError
    } else {
        DocumentState::Checked
    });
    reading
}

/// What a file came to of which nothing can be wrong.
fn plain(found: Option<Artifact>) -> Reading {
    let state = match found {
        Some(_) => DocumentState::Checked,
        None => DocumentState::Skipped(Skip::NotAnArtifact),
    };
    Reading {
        artifacts: found.into_iter().collect(),
        documents: vec![state],
        ..Reading::default()
    }
}

fn dependencies(file: &SourceFile, ecosystem: Ecosystem) -> Reading {
    let mut reading = Reading::default();
    match dependencies::read(file, ecosystem) {
        Ok(found) => {
            reading.artifacts.push(Artifact::Dependencies(found));
            reading.documents.push(DocumentState::Checked);
        }
        Err(error) => {
            reading.fail("syntax/dependencies", error);
            reading.documents.push(DocumentState::SyntaxError);
        }
    }
    reading
}

#[cfg(test)]
mod tests;
