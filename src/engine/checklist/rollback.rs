//! The way back of a service, and whether it goes forward step by step.

use crate::document::Node;
use crate::engine::checklist::against;
use crate::engine::checklist::service::Service;
use crate::finding::{Answer, Evidence, Finding, Said};

/// Rules that say why a rollback brings nothing back.
const AGAINST: [&str; 2] = [
    "rollout/no-revision-to-return-to",
    "rollout/floating-service-image",
];

/// Rules that say that something may undo a rollback.
const REVERTS: [&str; 2] = [
    "rollout/self-heal-reverts-rollback",
    "rollout/flux-reverts-rollback",
];

/// The command that rolls the service back, and whether anything stands in its way.
pub(super) fn command(service: &Service<'_>) -> Said {
    let basis = service.basis;
    let kind = service.workload.str_at(&["kind"]).unwrap_or("");
    let verb = match kind {
        "Deployment" | "StatefulSet" | "DaemonSet" => {
            format!("kubectl rollout undo {}/", kind.to_lowercase())
        }
        "Rollout" => "kubectl argo rollouts undo ".to_owned(),
        _ => {
            return Said::open(
                "`kubectl rollout undo` takes no object of this kind: apply the manifest of before",
            );
        }
    };
    let name = service.workload_name();
    let namespace = service.workload.get("namespace");
    let parts = [Some(name), namespace.and_then(Node::as_str)];
    let is_sound = parts.into_iter().flatten().all(is_name);
    if !is_sound || namespace.is_some_and(Node::is_unknown) {
        return Said::open("the name of the workload is not in these files");
    }
    let own = |found: &Finding| {
        AGAINST.contains(&&*found.rule) && service.owns(found.span, &found.object)
    };
    if let Some(said) = basis
        .switched_off(&AGAINST)
        .or_else(|| against(basis.found(own)))
    {
        return said;
    }
    let place = match namespace.and_then(Node::as_str) {
        Some(namespace) => format!(" -n {namespace}"),
        None => String::new(),
    };
    let told = Evidence::at(service.workload.label(), format!("`{verb}{name}{place}`"));
    let reverts = basis.found(|found| REVERTS.contains(&&*found.rule));
    let answer = if reverts.is_empty() {
        Answer::Yes
    } else {
        Answer::Open
    };
    let evidence = std::iter::once(told).chain(reverts).collect();
    Said { answer, evidence }
}

/// Whether a text is a name of Kubernetes: anything else has no place in a command.
fn is_name(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(is_part)
}

/// Whether something lets the service be deployed to a part of its pods first.
pub(super) fn canary(service: &Service<'_>) -> Said {
    let canaries = service.workload.get("canaries");
    let canaries = canaries.map_or(&[][..], Node::items);
    match canaries.first() {
        Some(canary) => {
            let name = canary.as_str().unwrap_or("");
            let text = format!("{name} takes part of the pods first");
            Said::yes(Evidence::at(canary.span, text))
        }
        None => {
            Said::open("no Canary, canary Rollout or second Deployment for it is among the files")
        }
    }
}
