//! What a process of a container finally sees of its variables, and what sets each.
//!
//! Kubernetes puts `env` over `envFrom` over what the image sets. The operator adds to `env` what is not in it, and so
//! stands over the other two.

use std::collections::BTreeMap;

use crate::document::{Entry, MapBuilder, Node, Reason};

/// What sets a variable, the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Setter {
    Image,
    EnvFrom,
    Operator,
    Env,
}

impl Setter {
    fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::EnvFrom => "envFrom",
            Self::Operator => "operator",
            Self::Env => "env",
        }
    }
}

/// The variables of a container with what sets them; `operator` are those that an Instrumentation gives.
pub(super) struct Effective {
    pub(super) variables: Node,
    /// For each variable the name of what sets it.
    pub(super) set_by: Node,
}

impl Effective {
    pub(super) fn of<'n>(container: &'n Node, operator: Option<&'n Node>) -> Self {
        let list = container.get("env_entries").map_or(&[][..], Node::items);
        let listed: Vec<&str> = list
            .iter()
            .filter_map(|entry| entry.str_at(&["name"]))
            .collect();
        let of_image = container.at(&["built", "env"]);
        let own = container.get("env");
        let setter = |name: &str| {
            if listed.contains(&name) {
                Setter::Env
            } else {
                Setter::EnvFrom
            }
        };
        let entries = |map: Option<&'n Node>| map.map_or(&[][..], Node::entries).iter();
        let from_image = entries(of_image).map(|entry| (Setter::Image, entry));
        let from_manifest = entries(own).map(|entry| (setter(&entry.key), entry));
        let added = entries(operator).map(|entry| (Setter::Operator, entry));
        let mut set: BTreeMap<&str, (Setter, &Entry)> = BTreeMap::new();
        for (setter, entry) in from_image.chain(from_manifest).chain(added) {
            let before = set.get(entry.key.as_str());
            if before.is_none_or(|(other, _)| *other <= setter) {
                set.insert(&entry.key, (setter, entry));
            }
        }
        let at = own.map_or(container.label(), Node::label);
        let (mut variables, mut set_by) = (MapBuilder::new(at), MapBuilder::new(at));
        variables.label(at);
        set_by.label(at);
        for (name, (setter, entry)) in set {
            variables.put_at(name, entry.key_span, entry.value.clone());
            set_by.put_at(
                name,
                entry.key_span,
                Node::string(entry.key_span, setter.name()),
            );
        }
        let untold = || Reason::Elsewhere("what its image sets".into());
        let open = own.and_then(Node::openness).or_else(|| match of_image {
            Some(env) => env.openness(),
            None => Some(untold()),
        });
        if let Some(reason) = open {
            variables.open(reason.clone());
            set_by.open(reason);
        }
        Self {
            variables: variables.build(),
            set_by: set_by.build(),
        }
    }

    /// Whether a variable is set by the operator.
    pub(super) fn is_of_operator(&self, name: &str) -> bool {
        self.set_by.str_at(&[name]) == Some(Setter::Operator.name())
    }

    /// Puts it into the environment of a process.
    pub(super) fn put(&self, environment: &mut MapBuilder) {
        environment
            .put("effective", self.variables.clone())
            .put("set_by", self.set_by.clone());
    }
}
