//! What brings a new version of a workload to a part of its pods first.
//!
//! Sources: the documentation of Argo Rollouts, "Specification", and of Flagger, "How it works".

use crate::document::{Node, Reason};
use crate::repository::index::{Fit, Index, same};
use crate::repository::{object_label, texts};
use crate::source::SourceFile;

/// What the name of a second workload adds to that of the first.
const SECONDS: [&str; 4] = ["-canary", "-blue", "-green", "-preview"];

/// The Canaries, Rollouts and second Deployments of a workload, each where it stands; unknown where one may be its.
pub(super) fn of(index: &Index<'_>, file: &SourceFile, root: &Node) -> Node {
    let at = object_label(root);
    let name = root.at(&["metadata", "name"]);
    let namespace = root.at(&["metadata", "namespace"]);
    let is_rollout = root.str_at(&["kind"]) == Some("Rollout");
    let fits = |other: &Node| {
        let own = other.at(&["metadata", "name"]);
        let is_it = match other.str_at(&["kind"]) {
            Some("Canary") => same(other.at(&["spec", "targetRef", "name"]), name),
            Some("Rollout") => {
                let target = other.at(&["spec", "workloadRef", "name"]);
                let strategies = ["canary", "blueGreen"].iter();
                let mut has = strategies.map(|key| other.at(&["spec", "strategy", key]).is_some());
                let target = target.or(own.filter(|_| is_rollout));
                same(target, name).and(Fit::sure(target.is_some() && has.any(|has| has)))
            }
            Some("Deployment") => Fit::sure(is_second(own, name)),
            _ => Fit::No,
        };
        is_it.and(same(other.at(&["metadata", "namespace"]), namespace))
    };
    let is_there = |added: &&str| {
        let name = name.and_then(Node::as_str);
        name.is_some_and(|name| index.has_deployment(&format!("{name}{added}")))
    };
    // Most Deployments have none, and there are many of them.
    let last = SECONDS.iter().any(is_there).then_some("Deployment");
    let kinds = ["Canary", "Rollout"].into_iter().chain(last);
    let all: Vec<_> = kinds.map(|kind| index.beside(kind, file, &fits)).collect();
    let is_unclear = all.iter().any(|(_, unclear)| *unclear);
    let found: Vec<_> = all.iter().flat_map(|(found, _)| found).collect();
    if is_unclear && found.is_empty() {
        let reason = Reason::Elsewhere("whether a canary goes before it".into());
        return Node::unknown(at, "", reason);
    }
    let told = found.into_iter().map(|other| {
        let part = |path: &[&str]| other.str_at(path).unwrap_or("?");
        let text = format!("{} `{}`", part(&["kind"]), part(&["metadata", "name"]));
        (object_label(other), text)
    });
    texts(at, told)
}

/// Whether a name is that of the second workload beside another one.
fn is_second(name: Option<&Node>, first: Option<&Node>) -> bool {
    let texts = name
        .and_then(Node::as_str)
        .zip(first.and_then(Node::as_str));
    let added = texts.and_then(|(name, first)| name.strip_prefix(first));
    added.is_some_and(|added| SECONDS.contains(&added))
}
