//! Commands of runbooks, with the workload that was most likely meant where the one that they name is not there.

use crate::document::{MapBuilder, Node};
use crate::repository::topology::works::{Work, full_name};
use crate::repository::topology::{Parts, slips};
use crate::repository::{Subject, SubjectKind};

/// The commands of all runbooks.
pub(super) fn subjects<'a>(
    parts: &Parts<'_>,
    commands: impl Iterator<Item = &'a Node>,
) -> Vec<Subject> {
    let is_open = parts.inventory.has_templates();
    commands
        .map(|command| subject(parts, command, is_open))
        .collect()
}

fn subject(parts: &Parts<'_>, command: &Node, is_open: bool) -> Subject {
    let at = command.span;
    let meant = if is_open { None } else { meant(parts, command) };
    let text = |key: &str| command.get(key).cloned();
    let mut node = MapBuilder::new(at);
    node.label(at);
    for key in ["verb", "kind", "name", "namespace"] {
        node.put_some(key, text(key));
    }
    node.put("nearest", Node::string(at, meant.unwrap_or_default()));
    Subject::new(
        SubjectKind::Command,
        (at.file, at),
        "command".to_owned(),
        vec![node.build()],
    )
}

/// The workload that a command most likely means; nothing where the one that it names is there, or none is like it.
fn meant(parts: &Parts<'_>, command: &Node) -> Option<String> {
    let kind = command.str_at(&["kind"])?;
    let name = command.str_at(&["name"])?;
    let namespace = command.str_at(&["namespace"]);
    let own_name = |work: &Work<'_>| work.node.str_at(&["name"]).unwrap_or("").to_owned();
    let fits = |work: &&Work<'_>| {
        namespace.is_none() || work.namespace().is_none() || work.namespace() == namespace
    };
    let named = || parts.works.iter().filter(|work| own_name(work) == name);
    let of_operator = |name: &str| {
        let made = parts
            .processes
            .iter()
            .filter(|process| process.resource.is_some());
        let mut names =
            made.map(|process| process.name.rsplit('/').next().unwrap_or("").to_owned());
        names.any(|own| format!("{own}-collector") == name)
    };
    if of_operator(name) || named().filter(fits).any(|work| work.kind() == kind) {
        return None;
    }
    let show = |work: &Work<'_>| format!("{} `{}`", work.kind(), work.name());
    let there = named()
        .find(fits)
        .or_else(|| named().find(|work| work.kind() == kind));
    if let Some(work) = there {
        return Some(show(work));
    }
    let same_kind = parts.works.iter().filter(|work| work.kind() == kind);
    let same_kind: Vec<&Work<'_>> = same_kind.filter(fits).collect();
    let names: Vec<String> = same_kind.iter().map(|work| own_name(work)).collect();
    let near = slips::meant(name, names.iter().map(String::as_str))?;
    let work = same_kind.iter().find(|work| own_name(work) == near)?;
    Some(format!("{kind} `{}`", full_name(work.namespace(), near)))
}
