//! The services of the rollout: what the settings list, joined with what the files run.

use crate::artifact::{Artifact, Reading};
use crate::document::{Entry, MapBuilder, Node};
use crate::picture::{Picture, Verdict};
use crate::repository::index::Index;
use crate::repository::owners::{self, Answerable};
use crate::repository::topology::environments::last;
use crate::repository::topology::works::Work;
use crate::repository::topology::{Parts, slips};
use crate::repository::{Subject, SubjectKind, recipes, texts, untold};
use crate::source::{FileId, Span};

/// What a listed service says of itself, and rules may ask for.
const STATED: [&str; 10] = [
    "workload",
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
pub(super) fn subjects(
    parts: &Parts<'_>,
    picture: &Picture,
    (index, readings): (&Index<'_>, &[Reading]),
) -> Vec<Subject> {
    let inventories = readings.iter().flat_map(|reading| &reading.artifacts);
    let inventories = inventories.filter_map(Artifact::inventory);
    let all = inventories.flat_map(|root| {
        let services = root.get("services").map_or(&[][..], Node::entries).iter();
        services.map(move |entry| {
            let works = works_of(parts, entry);
            let code = index
                .ownership
                .of_paths(paths(parts, entry, &works).iter().map(String::as_str));
            Listed {
                root,
                entry,
                meant: if works.is_empty() {
                    meant(parts, entry)
                } else {
                    None
                },
                works,
                code,
            }
        })
    });
    let mut all: Vec<Listed<'_, '_>> = all.collect();
    let are_told = all.iter().any(|listed| listed.code.is_own());
    for listed in &mut all {
        listed.code = std::mem::take(&mut listed.code).beside(are_told);
    }
    // Only where both once name the same do they speak of the same.
    let is_comparable = all
        .iter()
        .any(|listed| listed.code.is_own() && listed.agrees());
    let services = all.iter();
    let mut found: Vec<Subject> = services
        .map(|listed| listed_service(parts, picture, (listed, is_comparable)))
        .collect();
    let works = all.iter().flat_map(|listed| &listed.works);
    // One that is misspelt on the list is told there.
    let meant = all.iter().filter_map(|listed| listed.meant);
    let listed: Vec<usize> = works.map(|(at, _)| *at).chain(meant).collect();
    if !all.is_empty() {
        let works = parts.works.iter().enumerate();
        let own = works.filter(|(at, work)| !listed.contains(at) && is_service(parts, *at, work));
        found.extend(own.map(|(at, work)| other_service(parts, picture, (at, work))));
    }
    found
}

/// A service of the list, with what is joined to it.
struct Listed<'p, 'a> {
    root: &'p Node,
    entry: &'p Entry,
    works: Vec<(usize, &'p Work<'a>)>,
    /// The workload that was most likely meant, where none has the name that it states.
    meant: Option<usize>,
    /// Who answers for its files.
    code: Answerable,
}

impl<'p> Listed<'p, '_> {
    /// The owner that the settings name.
    fn owner(&self) -> Option<&'p Node> {
        let owner = self.entry.value.get("owner");
        owner.filter(|owner| owners::is_somebody(owner))
    }

    /// Whether its owner answers for its files.
    fn agrees(&self) -> bool {
        let owner = self.owner().and_then(Node::as_str);
        owner.is_some_and(|owner| self.code.has(owner))
    }
}

/// The paths that tell the owner of a service, the most telling first: its folders, its Dockerfiles, its manifests.
fn paths(parts: &Parts<'_>, entry: &Entry, works: &[(usize, &Work<'_>)]) -> Vec<String> {
    let path = |file: FileId| parts.paths.get(file.0 as usize).copied().unwrap_or("");
    let settings = path(entry.key_span.file);
    let mut paths = owners::folders(settings, entry);
    let dockerfile = entry.value.str_at(&["dockerfile"]);
    paths.extend(dockerfile.map(|path| recipes::from_settings(settings, path)));
    for (_, work) in works {
        let manifest = path(work.label.file);
        if let Some(containers) = work.node.get("containers") {
            let own = owners::paths(containers, manifest);
            paths.extend(own.into_iter().map(str::to_owned));
        }
    }
    paths
}

/// The workload whose name is most like the one that a service states: the only one of the name in any namespace, else
/// one that is almost called so.
fn meant(parts: &Parts<'_>, entry: &Entry) -> Option<usize> {
    let stated = entry.value.str_at(&["workload"])?;
    let names: Vec<String> = parts.works.iter().map(Work::name).collect();
    let mut same = names.iter().filter(|name| last(name) == last(stated));
    let near = match (same.next(), same.next()) {
        (Some(only), None) => only.as_str(),
        _ => slips::meant(stated, names.iter().map(String::as_str))?,
    };
    names.iter().position(|name| name == near)
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
    (listed, is_comparable): (&Listed<'_, '_>, bool),
) -> Subject {
    let Listed {
        root,
        entry,
        works,
        meant: _,
        code: _,
    } = listed;
    let at = entry.key_span;
    let mut node = MapBuilder::new(at.to(entry.value.span));
    node.label(at)
        .put("name", Node::string(at, entry.key.as_str()))
        .put("is_listed", Node::bool(at, true));
    for key in STATED {
        node.share(&entry.value, key);
    }
    put_phase(&mut node, root, entry);
    join(&mut node, parts, picture, (at, works));
    put_owners(&mut node, listed, is_comparable);
    put_strays(&mut node, parts, listed);
    let has_dockerfile = has_dockerfile(parts, entry);
    node.put("has_dockerfile", Node::bool(at, has_dockerfile));
    subject(node.build(), at, &entry.key)
}

/// Who answers for a listed service, and what CODEOWNERS says to it.
fn put_owners(node: &mut MapBuilder, listed: &Listed<'_, '_>, is_comparable: bool) {
    let at = listed.entry.key_span;
    let code = &listed.code;
    let mut works = listed.works.iter();
    let catalog = works.find_map(|(_, work)| {
        let told_by = work.node.str_at(&["owners_told_by"]);
        work.node
            .get("owners")
            .filter(|_| told_by == Some("catalog"))
    });
    let (names, told_by) = match (listed.owner(), catalog) {
        (Some(owner), _) => (Node::list(owner.span, vec![owner.clone()]), "settings"),
        (None, Some(names)) => (names.clone(), "catalog"),
        (None, None) if code.is_told() => (code.node(at), "codeowners"),
        (None, None) => (Node::list(at, Vec::new()), ""),
    };
    let agrees = if is_comparable {
        Node::bool(at, listed.agrees())
    } else {
        untold(at, "a service whose owner has the same name in CODEOWNERS")
    };
    node.put("owners", names)
        .put("owners_told_by", Node::string(at, told_by))
        .put("code_owners", code.node(at))
        .put("is_left_over", Node::bool(at, code.is_left_over()))
        .put("is_owner_in_codeowners", agrees);
}

/// The phase of a listed service, and whether it has begun.
fn put_phase(node: &mut MapBuilder, root: &Node, entry: &Entry) {
    let at = entry.key_span;
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
}

/// Whether a folder of a service holds something that was read.
fn is_read(parts: &Parts<'_>, folder: &str) -> bool {
    let start = format!("{}/", folder.trim_end_matches('/'));
    let mut paths = parts.paths.iter();
    paths.any(|path| path.starts_with(&start) || path.contains(&format!("/{start}")))
}

/// What a listed service names and no file holds: its folders, and the workload that is most like the one it names.
fn put_strays(node: &mut MapBuilder, parts: &Parts<'_>, listed: &Listed<'_, '_>) {
    let at = listed.entry.key_span;
    let folders = listed.entry.value.get("paths").map_or(&[][..], Node::items);
    let folders = folders.iter().filter(|folder| folder.as_str().is_some());
    let (read, strays): (Vec<&Node>, Vec<&Node>) =
        folders.partition(|folder| is_read(parts, folder.as_str().unwrap_or("")));
    let meant = listed.meant.and_then(|at| parts.works.get(at));
    let meant = meant.map_or_else(String::new, Work::name);
    node.put("has_folder", Node::bool(at, !read.is_empty()))
        .put(
            "strays",
            Node::list(at, strays.into_iter().cloned().collect()),
        )
        .put("nearest_workload", Node::string(at, meant));
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
        .put("strays", Node::list(label, Vec::new()))
        .put("nearest_workload", Node::string(label, ""))
        .put("has_dockerfile", Node::bool(label, true))
        .put("code_owners", Node::list(label, Vec::new()))
        .put("is_left_over", Node::bool(label, false))
        .share(work.node, "owners")
        .share(work.node, "owners_told_by");
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
    let canaries = works
        .iter()
        .filter_map(|(_, work)| work.node.get("canaries"));
    let mut canaries: Vec<&Node> = canaries.collect();
    // One that is known decides, whatever else there may be.
    canaries.sort_by_key(|canaries| canaries.items().is_empty());
    let canaries = canaries.first().copied().cloned();
    node.put("workloads", texts(at, names))
        .put("canaries", canaries.unwrap_or(Node::list(at, Vec::new())))
        .put("is_traced", Node::bool(at, !clients.is_empty()))
        .put("verdicts", texts(at, verdicts));
}

fn subject(node: Node, at: Span, name: &str) -> Subject {
    let file: FileId = at.file;
    Subject::new(
        SubjectKind::Service,
        (file, at),
        format!("service/{name}"),
        vec![node],
    )
}
