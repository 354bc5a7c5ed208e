//! How a rule mends what it finds, as its policy file says it.

use crate::document::Node;
use crate::expr::{Program, Template};

/// One way to mend a finding.
#[derive(Debug)]
pub struct EditRule {
    /// Where it fits; everywhere without.
    pub when: Option<Program>,
    /// What to do.
    pub action: EditAction,
    /// What to write.
    pub text: Option<Template>,
    /// Whether it surely is what the author wants.
    pub is_safe: bool,
    /// What the policy file says, for `explain`.
    pub written: String,
}

/// An edit as `explain` says it.
pub(super) fn sentence(action: &str, path: &Node, edit: &Node) -> String {
    let path = path.as_str().unwrap_or("");
    let text = edit.str_at(&["text"]).unwrap_or("");
    let mut said = match action {
        "replace" => format!("replace {path} by `{text}`"),
        "insert" => format!("insert {path}: `{text}`"),
        "append" => format!("append `{text}` to {path}"),
        action => format!("{action} {path}"),
    };
    if let Some(when) = edit.str_at(&["when"]) {
        said.extend([" where ", when]);
    }
    said
}

/// What an edit does.
#[derive(Debug)]
pub enum EditAction {
    /// Replaces a scalar.
    Replace(Program),
    /// Adds what is missing of a path: the paths before each key, longest first, with the keys that follow.
    Insert(Vec<(Program, Vec<String>)>),
    /// Adds an item to a list.
    Append(Program),
    /// Takes out a scalar with its key or item.
    Remove(Program),
}

/// The keys of an edit that say what to do.
pub(super) const ACTIONS: [&str; 4] = ["replace", "insert", "append", "remove"];

/// The action of an edit: its key and the expression.
pub(super) fn action(node: &Node) -> Option<(&'static str, &Node)> {
    let mut found = ACTIONS
        .iter()
        .filter_map(|key| Some((*key, node.get(key)?)));
    let action = found.next()?;
    found.next().is_none().then_some(action)
}

/// The ways to cut a path in two, the longest beginning first: `a.b.c` is `a.b` and `c`, then `a` and `b.c`.
pub(super) fn cuts(path: &str) -> impl Iterator<Item = (&str, Vec<String>)> {
    let dots = path.rmatch_indices('.').map(|(at, _)| at);
    dots.filter_map(move |at| {
        let keys = path.get(at + 1..)?.split('.').map(str::to_owned).collect();
        Some((path.get(..at)?, keys))
    })
}
