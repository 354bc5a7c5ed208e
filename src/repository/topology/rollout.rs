//! The services of the rollout: what the settings list, joined with what the files run.

use crate::artifact::{Artifact, Reading};
use crate::document::{Entry, MapBuilder, Node};
use crate::picture::{Picture, Verdict};
use crate::repository::topology::Parts;
use crate::repository::topology::works::Work;
use crate::repository::{Subject, SubjectKind, recipes, texts};
use crate::source::{FileId, Span};

/// What a listed service says of itself, and rules may ask for.
const STATED: [&str; 9] = [
    "owner",
    "dockerfile",
    "language",
    "priority",
    "phase",
    "impact",
    "complexity",
    "readiness",
    "score",
];

/// The services: those that are listed, and those that run and are not; none where nothing is listed.
pub(super) fn subjects(parts: &Parts<'_>, picture: &Picture, readings: &[Reading]) -> Vec<Subject> {
    let inventories = readings.iter().flat_map(|reading| &reading.artifacts);
    let inventories = inventories.filter_map(|artifact| match artifact {
        Artifact::Inventory(root) => Some(root),
        Artifact::Object(_)
        | Artifact::Dockerfile(_)
        | Artifact::Collector(_)
        | Artifact::Dependencies(_) => None,
    });
    let mut found = Vec::new();
    let mut listed = Vec::new();
    let mut is_listing = false;
    for root in inventories {
        for entry in root.get("services").map_or(&[][..], Node::entries) {
            is_listing = true;
            let works = works_of(parts, entry);
            listed.extend(works.iter().map(|(at, _)| *at));
            found.push(listed_service(parts, picture, (root, entry), &works));
        }
    }
    if is_listing {
        let works = parts.works.iter().enumerate();
        let own = works.filter(|(at, work)| !listed.contains(at) && is_service(parts, *at, work));
        found.extend(own.map(|(at, work)| other_service(parts, picture, (at, work))));
    }
    found
}

/// The workloads that run a listed service.
fn works_of<'p, 'a>(parts: &'p Parts<'a>, entry: &Entry) -> Vec<(usize, &'p Work<'a>)> {
    let wanted = entry.value.str_at(&["workload"]).unwrap_or(&entry.key);
    let is_it = |work: &Work<'_>| {
        let name = work.name();
        name == wanted || !wanted.contains('/') && name.rsplit('/').next() == Some(wanted)
    };
    let works = parts.works.iter().enumerate();
    works.filter(|(_, work)| is_it(work)).collect()
}

/// Whether a workload is one of the organisation's own programs: it is traced, or its image is built here.
fn is_service(parts: &Parts<'_>, at: usize, work: &Work<'_>) -> bool {
    let is_client = parts.clients.iter().any(|client| client.work == at);
    let is_process = parts
        .processes
        .iter()
        .any(|process| process.work == Some(at));
    let is_built = || {
        work.containers()
            .iter()
            .any(|container| container.get("built").is_some())
    };
    !is_process && (is_client || is_built())
}

fn listed_service(
    parts: &Parts<'_>,
    picture: &Picture,
    (root, entry): (&Node, &Entry),
    works: &[(usize, &Work<'_>)],
) -> Subject {
    let at = entry.key_span;
    let mut node = MapBuilder::new(at.to(entry.value.span));
    node.label(at)
        .put("name", Node::string(at, entry.key.as_str()))
        .put("is_listed", Node::bool(at, true));
    for key in STATED {
        node.share(&entry.value, key);
    }
    let phase = entry.value.str_at(&["phase"]);
    let state = phase.and_then(|phase| root.at(&["phases", phase]));
    let is_enforced = state.and_then(Node::as_str) == Some("enforced");
    node.put("is_enforced", Node::bool(at, is_enforced));
    let phases = root.get("phases").map_or(&[][..], Node::entries).iter();
    let mut earlier = phases.take_while(|entry| Some(entry.key.as_str()) != phase);
    let waits = earlier.find(|entry| entry.value.as_str() == Some("planned"));
    let waits = waits.filter(|_| is_enforced);
    node.put_some(
        "waits_for",
        waits.map(|entry| Node::string(entry.key_span, entry.key.as_str())),
    );
    let is_known = phase.is_none() || state.is_some();
    node.put("is_phase_known", Node::bool(at, is_known));
    join(&mut node, parts, picture, (at, works));
    let has_folder = has_folder(parts, entry);
    let has_dockerfile = has_dockerfile(parts, entry);
    node.put("has_folder", Node::bool(at, has_folder))
        .put("has_dockerfile", Node::bool(at, has_dockerfile));
    subject(node.build(), at, &entry.key)
}

/// Whether one of the folders of a service holds something that was read.
fn has_folder(parts: &Parts<'_>, entry: &Entry) -> bool {
    let folders = entry.value.get("paths").map_or(&[][..], Node::items);
    let mut folders = folders.iter().filter_map(Node::as_str);
    folders.any(|folder| {
        let start = format!("{}/", folder.trim_end_matches('/'));
        parts
            .paths
            .iter()
            .any(|path| path.starts_with(&start) || path.contains(&format!("/{start}")))
    })
}

/// Whether the Dockerfile that a service names was read; true for one that names none.
fn has_dockerfile(parts: &Parts<'_>, entry: &Entry) -> bool {
    let Some(path) = entry.value.str_at(&["dockerfile"]) else {
        return true;
    };
    let settings = parts.paths.get(entry.key_span.file.0 as usize);
    let path = recipes::from_settings(settings.unwrap_or(&""), path);
    parts.paths.contains(&path.as_str())
}

fn other_service(parts: &Parts<'_>, picture: &Picture, (at, work): (usize, &Work<'_>)) -> Subject {
    let label = work.label;
    let name = work.name();
    let mut node = MapBuilder::new(label);
    node.label(label)
        .put("name", Node::string(label, name.as_str()))
        .put("is_listed", Node::bool(label, false))
        .put("is_enforced", Node::bool(label, false))
        .put("is_phase_known", Node::bool(label, true))
        .put("has_folder", Node::bool(label, true))
        .put("has_dockerfile", Node::bool(label, true));
    join(&mut node, parts, picture, (label, &[(at, work)]));
    subject(node.build(), label, &name)
}

/// What the files say of a service: what runs it, whether it is traced, and where its traces come to.
fn join(
    node: &mut MapBuilder,
    parts: &Parts<'_>,
    picture: &Picture,
    (at, works): (Span, &[(usize, &Work<'_>)]),
) {
    let names = works
        .iter()
        .map(|(_, work)| (work.label, format!("{} `{}`", work.kind(), work.name())));
    let clients = parts
        .clients
        .iter()
        .filter(|client| works.iter().any(|(work, _)| client.work == *work));
    let clients: Vec<&str> = clients.map(|client| client.name.as_str()).collect();
    let paths = picture
        .paths
        .iter()
        .filter(|path| clients.contains(&picture.name(Some(path.service))));
    let mut verdicts: Vec<Verdict> = paths.map(|path| path.verdict).collect();
    verdicts.sort_unstable();
    verdicts.dedup();
    let verdicts = verdicts
        .iter()
        .map(|verdict| (at, verdict.name().to_owned()));
    node.put("workloads", texts(at, names))
        .put("is_traced", Node::bool(at, !clients.is_empty()))
        .put("verdicts", texts(at, verdicts));
}

fn subject(node: Node, at: Span, name: &str) -> Subject {
    let file: FileId = at.file;
    Subject {
        kind: SubjectKind::Service,
        label: at,
        file,
        object: format!("service/{name}"),
        bindings: vec![node],
    }
}
