//! The services of the rollout and its phases, as the settings list them.

use crate::document::Node;
use crate::document::decode::{Key, Kind, Shape, key};

/// A service.
pub(super) static SERVICE: Shape = Shape {
    name: "service",
    keys: &[
        text(
            "workload",
            "The workload that runs it, as `namespace/name`; one of its own name without this key.",
        ),
        key(
            "paths",
            Kind::Texts,
            false,
            "Folders that belong to it, such as `services/order`.",
        ),
        text(
            "image",
            "The image that it runs, without a tag, where its pods have other containers.",
        ),
        text(
            "dockerfile",
            "The Dockerfile of its image, from the folder of these settings; without it the files that build images and the names of folders tell.",
        ),
        text(
            "language",
            "What it is written in: `java`, `python`, `erlang`, `nodejs`, `go` and so on.",
        ),
        text("owner", "The team that answers for it."),
        key(
            "priority",
            Kind::Word(&["P0", "P1", "P2", "P3"]),
            false,
            "Its priority.",
        ),
        text(
            "phase",
            "The phase of the rollout that it belongs to: a key of `phases`.",
        ),
        number("impact", "Business impact, 1 to 5."),
        number("complexity", "Complexity, 1 to 5."),
        number("readiness", "Readiness of the team, 1 to 5."),
        number(
            "score",
            "The score: 3 x impact + 2 x complexity + readiness.",
        ),
    ],
};

/// What phases can be.
pub(super) const STATES: &[&str] = &["enforced", "planned"];

const fn text(name: &'static str, doc: &'static str) -> Key {
    key(name, Kind::Text, false, doc)
}

const fn number(name: &'static str, doc: &'static str) -> Key {
    key(name, Kind::Count, false, doc)
}

/// A service whose phase has not begun: nothing about it fails a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// Folders that belong to it.
    pub paths: Vec<String>,
    /// Its workload, with its namespace where one is stated.
    pub workload: String,
}

/// The services whose phases are planned.
pub(super) fn planned(root: &Node) -> Vec<Planned> {
    let state = |phase: &str| root.at(&["phases", phase]).and_then(Node::as_str);
    let services = root.get("services").map_or(&[][..], Node::entries).iter();
    let planned = services.filter(|service| {
        let phase = service.value.str_at(&["phase"]);
        phase.and_then(state) == Some("planned")
    });
    let planned = planned.map(|service| {
        let paths = service.value.get("paths").map_or(&[][..], Node::items);
        let workload = service.value.str_at(&["workload"]);
        Planned {
            paths: paths
                .iter()
                .filter_map(Node::as_str)
                .map(str::to_owned)
                .collect(),
            workload: workload.unwrap_or(&service.key).to_owned(),
        }
    });
    planned.collect()
}

impl Planned {
    /// Whether a finding at a path about an object is about this service.
    pub fn is_about(&self, path: &str, object: &str) -> bool {
        let mut folders = self.paths.iter().map(|folder| folder.trim_end_matches('/'));
        let is_below = |folder: &str| {
            let rest = path.strip_prefix(folder);
            rest.is_some_and(|rest| rest.starts_with('/'))
        };
        // `Kind/namespace/name/...`
        let mut parts = object.split('/').skip(1);
        let (namespace, name) = (parts.next(), parts.next());
        let is_own = match self.workload.split_once('/') {
            Some((own, workload)) => namespace == Some(own) && name == Some(workload),
            None => name == Some(self.workload.as_str()),
        };
        folders.any(is_below) || is_own
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_owns_its_folders_and_its_workload() {
        let service = Planned {
            paths: vec!["services/order/".to_owned()],
            workload: "shop/order".to_owned(),
        };
        assert!(service.is_about("services/order/Dockerfile", "image"));
        assert!(service.is_about("deploy/all.yaml", "Deployment/shop/order/app"));
        assert!(!service.is_about("services/orders/Dockerfile", "image"));
        assert!(!service.is_about("deploy/all.yaml", "Deployment/shop/cart/app"));
    }
}
