//! The workloads of a repository with the environment that each belongs to.

use crate::document::Node;
use crate::repository::containers;
use crate::repository::topology::inventory::Inventory;
use crate::repository::topology::routes::From;
use crate::repository::{Subject, SubjectKind};
use crate::source::{FileId, Span};

/// A workload.
#[derive(Debug, Clone, Copy)]
pub(super) struct Work<'a> {
    /// The workload as rules see it.
    pub(super) node: &'a Node,
    /// Index of its environment.
    pub(super) environment: usize,
    /// Where to point at it.
    pub(super) label: Span,
}

/// Whose objects are looked for, and from where.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owner<'a> {
    /// Index of the environment.
    pub(super) environment: usize,
    pub(super) namespace: Option<&'a str>,
    /// Where the one stands that names them.
    pub(super) file: FileId,
}

impl<'a> Work<'a> {
    pub(super) fn owner(&self) -> Owner<'a> {
        Owner {
            environment: self.environment,
            namespace: self.namespace(),
            file: self.label.file,
        }
    }

    pub(super) fn namespace(&self) -> Option<&'a str> {
        self.node.str_at(&["namespace"])
    }

    /// The workload of an index as one that sends.
    pub(super) fn from(&self, at: usize) -> From<'a> {
        From {
            namespace: self.namespace(),
            work: Some(at),
            ..From::anybody(self.environment)
        }
    }

    pub(super) fn kind(&self) -> &'a str {
        self.node.str_at(&["kind"]).unwrap_or("")
    }

    /// The name with its namespace.
    pub(super) fn name(&self) -> String {
        full_name(self.namespace(), self.node.str_at(&["name"]).unwrap_or("?"))
    }

    pub(super) fn containers(&self) -> &'a [Node] {
        self.node.get("containers").map_or(&[], Node::items)
    }

    /// The containers that run as long as the pod: those, and the init containers that are always restarted.
    pub(super) fn running(&self) -> impl Iterator<Item = &'a Node> + Clone {
        let inits = self
            .node
            .get("init_containers")
            .map_or(&[][..], Node::items);
        self.containers()
            .iter()
            .chain(inits.iter().filter(|init| containers::is_sidecar(init)))
    }

    /// Whether a container has a port of this name and number.
    pub(super) fn has_port(&self, name: &str, number: i64) -> bool {
        let mut ports = self
            .running()
            .flat_map(|container| container.get("ports").map_or(&[][..], Node::items));
        ports.any(|port| {
            port.str_at(&["name"]) == Some(name)
                && port.get("containerPort").and_then(Node::as_int) == Some(number)
        })
    }

    pub(super) fn replicas(&self) -> Option<i64> {
        self.node.get("replicas").and_then(Node::as_int)
    }
}

/// A name with its namespace, where one is known.
pub(super) fn full_name(namespace: Option<&str>, name: &str) -> String {
    match namespace {
        Some(namespace) => format!("{namespace}/{name}"),
        None => name.to_owned(),
    }
}

/// The workloads among the subjects.
pub(super) fn all<'a>(inventory: &Inventory<'_>, subjects: &'a [Subject]) -> Vec<Work<'a>> {
    let of_kind = subjects
        .iter()
        .filter(|subject| subject.kind == SubjectKind::Workload);
    let work = |subject: &'a Subject| {
        let node = subject.bindings.first()?;
        Some(Work {
            node,
            environment: inventory.environment(subject.file),
            label: subject.label,
        })
    };
    of_kind.filter_map(work).collect()
}
