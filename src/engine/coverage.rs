//! Counts what was looked at, and says what could not be.

use std::collections::BTreeMap;

use crate::artifact::{Artifact, DocumentState, Skip, has_actions};
use crate::discover::Unread;
use crate::document::{Entry, Node};
use crate::engine::{Occasion, notice};
use crate::finding::{Coverage, Notification, Severity};
use crate::repository::Repository;
use crate::source::SourceFile;

/// Keys of a kustomization that make or change objects by programs and tables which are not run here.
const NOT_BUILT: [&str; 6] = [
    "configurations",
    "generators",
    "helmChartInflationGenerator",
    "helmCharts",
    "transformers",
    "vars",
];

/// What checks what is not built here.
const HELP_BUILD: &str = "check what `kustomize build` prints, too";

/// The numbers of a run.
pub(super) fn of(
    repository: &Repository,
    unread: &[Unread],
    evaluations: &BTreeMap<&'static str, usize>,
) -> Coverage {
    let mut coverage = Coverage::empty();
    coverage.evaluations.clone_from(evaluations);
    for reading in &repository.readings {
        let (state, skipped) = named(reading.state());
        coverage.count_file(state, skipped);
        for document in &reading.documents {
            coverage.count_document(named(*document).0);
        }
        let is_part = |artifact: &Artifact| artifact.collector().is_some_and(|one| one.is_part);
        for artifact in reading.artifacts.iter().filter(|one| !is_part(one)) {
            *coverage.artifacts.entry(kind(artifact)).or_default() += 1;
        }
    }
    for unread in unread {
        coverage.count_file("skipped", Some(unread.reason.name()));
    }
    coverage
}

fn named(state: DocumentState) -> (&'static str, Option<&'static str>) {
    match state {
        DocumentState::Checked => ("checked", None),
        DocumentState::NotRendered => ("not-rendered", None),
        DocumentState::SyntaxError => ("syntax-error", None),
        DocumentState::Skipped(skip) => ("skipped", Some(skip.name())),
    }
}

fn kind(artifact: &Artifact) -> &'static str {
    match artifact {
        Artifact::Dockerfile(_) => "dockerfile",
        Artifact::Object(_) => "object",
        Artifact::Collector(_) => "collector",
        Artifact::Dependencies(_) => "dependencies",
        Artifact::Inventory(_) => "inventory",
        Artifact::SysConfig(_) => "sys-config",
        Artifact::Runbook(_) => "runbook",
        Artifact::Code(_) => "program",
    }
}

/// What could not be judged.
pub(super) fn notifications(repository: &Repository, occasion: &Occasion) -> Vec<Notification> {
    let mut all = Vec::new();
    for (path, detail) in &occasion.missing {
        let mut notification = notice(
            "missing",
            Severity::Error,
            format!("cannot read {path}: {detail}"),
        );
        notification.help = Some("name files or folders that exist".to_owned());
        notification.path = Some(path.clone());
        all.push(notification);
    }
    for unread in &occasion.unread {
        all.push(about_unread(unread));
    }
    for (file, reading) in repository.files.iter().zip(&repository.readings) {
        if let DocumentState::Skipped(skip) = reading.state()
            && occasion.explicit.contains(file.path.as_ref())
        {
            all.push(about_skipped(&file.path, skip));
        }
        if reading.state() == DocumentState::NotRendered {
            let message = if reading.artifacts.is_empty() {
                "a template that cannot be read without rendering: nothing in it was checked"
            } else {
                "a template that was not rendered: only what it states literally was checked"
            };
            let message = message.to_owned();
            let mut notification = notice("not-rendered", Severity::Warning, message);
            let help = if has_actions(&file.text) {
                "check the rendered manifests, for example the output of `helm template`"
            } else {
                "check what is deployed, after the placeholders are filled in"
            };
            notification.help = Some(help.to_owned());
            notification.path = Some(file.path.to_string());
            all.push(notification);
        }
        let not_built = reading.kustomizations.iter().filter_map(not_built);
        all.extend(not_built.map(|key| about_kustomization(file, key)));
        if reading.differs {
            all.push(about_builds(file));
        }
    }
    all
}

/// The first entry of a kustomization that is not built here.
fn not_built(kustomization: &Node) -> Option<&Entry> {
    let entries = kustomization.entries().iter();
    let mut entries = entries.filter(|entry| !entry.value.is_null());
    entries.find(|entry| NOT_BUILT.contains(&entry.key.as_str()))
}

fn about_kustomization(file: &SourceFile, entry: &Entry) -> Notification {
    let message = format!(
        "`{}` was not built: what comes of it was not checked",
        entry.key
    );
    let mut notification = notice("not-built", Severity::Warning, message);
    notification.help = Some(HELP_BUILD.to_owned());
    notification.path = Some(file.path.to_string());
    notification.position = Some(file.position(entry.key_span.start));
    notification
}

/// A kustomization whose objects another one builds otherwise.
fn about_builds(file: &SourceFile) -> Notification {
    let message = "another kustomization builds the same objects otherwise: what they differ in was not checked";
    let mut notification = notice("not-built", Severity::Warning, message.to_owned());
    notification.help = Some(HELP_BUILD.to_owned());
    notification.path = Some(file.path.to_string());
    notification
}

/// A file that was named, and holds nothing that is checked.
fn about_skipped(path: &str, skip: Skip) -> Notification {
    let message = format!("nothing in it is checked ({})", skip.name());
    let mut notification = notice("not-checked", Severity::Warning, message);
    let help = "Dockerfiles are known by name, manifests by apiVersion and kind, collector configurations by their pipelines";
    notification.help = Some(help.to_owned());
    notification.path = Some(path.to_owned());
    notification
}

fn about_unread(unread: &Unread) -> Notification {
    let (what, help) = if unread.reason == Skip::TooLarge {
        (
            "it is too large",
            "split it, or exclude it in spanguard.yaml",
        )
    } else if unread.reason == Skip::NotText {
        (
            "it is not UTF-8 text",
            "save it as UTF-8, or exclude it in spanguard.yaml",
        )
    } else if unread.reason == Skip::Link {
        (
            "it is a link to outside of what is checked",
            "name it to check it, too",
        )
    } else {
        (
            "it cannot be read",
            "check its permissions, or exclude it in spanguard.yaml",
        )
    };
    let message = format!("not checked: {what} ({})", unread.detail);
    let severity = if unread.is_explicit || unread.reason == Skip::Unreadable {
        Severity::Error
    } else if unread.reason == Skip::Link {
        Severity::Note
    } else {
        Severity::Warning
    };
    let mut notification = notice(unread.reason.name(), severity, message);
    notification.help = Some(help.to_owned());
    notification.path = Some(unread.path.clone());
    notification
}
