//! `package.json`.

use super::Packages;
use crate::document::yaml::{Dialect, Input, ParseError, parse};
use crate::document::{Entry, Node};
use crate::source::{SourceFile, Span};

pub(super) fn read(file: &SourceFile, packages: &mut Packages) -> Result<(), ParseError> {
    let input = Input::plain(file.id, &file.text, Dialect::Collector);
    let document = parse(input).documents.into_iter().next();
    let root = document.map_or(Ok(Node::null(packages.file)), |document| document.root)?;
    let section = |name: &str| root.as_map().and_then(|map| map.entry(name));
    for name in ["dependencies", "optionalDependencies", "peerDependencies"] {
        for entry in section(name).map_or(&[][..], |section| section.value.entries()) {
            packages.add(&entry.key, inner(entry.key_span), Some(entry.value.clone()));
        }
    }
    for entry in section("devDependencies").map_or(&[][..], |section| section.value.entries()) {
        packages.add_dev(&entry.key, inner(entry.key_span), Some(entry.value.clone()));
    }
    packages.label = section("dependencies")
        .or_else(|| section("name"))
        .map(|entry: &Entry| entry.key_span);
    if section("workspaces").is_some() {
        packages.open("the packages of the workspaces");
    }
    Ok(())
}

/// The text inside the quotes of a key.
fn inner(span: Span) -> Span {
    Span::new(
        span.file,
        span.start as usize + 1,
        (span.end as usize).saturating_sub(1),
    )
}
