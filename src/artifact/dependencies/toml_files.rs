//! TOML with byte spans, and Gradle's version catalogs, which are TOML.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Packages;
use crate::document::yaml::ParseError;
use crate::document::{Node, Reason};
use crate::source::{SourceFile, Span};

/// The root table of a file.
pub(super) fn parse(file: &SourceFile) -> Result<DeTable<'_>, ParseError> {
    let root = DeTable::parse(&file.text).map_err(|error| {
        let range = error.span().unwrap_or(0..0);
        ParseError {
            span: Span::new(file.id, range.start, range.end),
            message: error.message().to_owned(),
        }
    })?;
    Ok(root.into_inner())
}

/// The value at a path of keys.
pub(super) fn find<'t, 'i>(
    root: &'t DeTable<'i>,
    path: &[&str],
) -> Option<&'t Spanned<DeValue<'i>>> {
    let (first, rest) = path.split_first()?;
    let value = root
        .iter()
        .find(|(key, _)| key.get_ref() == first)
        .map(|(_, value)| value)?;
    if rest.is_empty() {
        return Some(value);
    }
    find(value.get_ref().as_table()?, rest)
}

/// The libraries of a version catalog: `group:artifact:version`, or a table with `module` or `group` and `name`.
/// Source: the Gradle user manual, "The version catalog TOML file format".
pub(super) fn catalog(file: &SourceFile, packages: &mut Packages) -> Result<(), ParseError> {
    let root = parse(file)?;
    let libraries = find(&root, &["libraries"]);
    let table = libraries.and_then(|libraries| libraries.get_ref().as_table());
    let place = |value: &Spanned<DeValue<'_>>| {
        let range = value.span();
        Span::new(file.id, range.start, range.end)
    };
    for (_, value) in table.into_iter().flatten() {
        if let Some(text) = value.get_ref().as_str() {
            let mut parts = text.splitn(3, ':');
            let (group, artifact) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
            let version = parts.next();
            let version = version.map(|version| Node::string(place(value), version));
            packages.add(&format!("{group}:{artifact}"), place(value), version);
        } else if let Some(library) = value.get_ref().as_table() {
            let part = |key: &str| find(library, &[key]);
            let text = |key: &str| part(key).and_then(|value| value.get_ref().as_str());
            let module = text("module").map(str::to_owned).or_else(|| {
                let (group, name) = (text("group")?, text("name")?);
                Some(format!("{group}:{name}"))
            });
            if let (Some(module), Some(named)) = (module, part("module").or(part("name"))) {
                let version = version(file, &root, library);
                packages.add(&module, place(named), version);
            }
        }
    }
    packages.label = libraries.map(|libraries| {
        let range = libraries.span();
        file.first_line(Span::new(file.id, range.start, range.end))
    });
    Ok(())
}

/// The version of a library: stated, or referred to by name.
fn version(file: &SourceFile, root: &DeTable<'_>, library: &DeTable<'_>) -> Option<Node> {
    let node = |value: &Spanned<DeValue<'_>>| {
        let range = value.span();
        let span = Span::new(file.id, range.start, range.end);
        match value.get_ref().as_str() {
            Some(text) => Node::string(span, text),
            None => Node::unknown(span, "", Reason::Opaque("a range of versions".into())),
        }
    };
    let name = find(library, &["version", "ref"]).and_then(|name| name.get_ref().as_str());
    match name {
        Some(name) => find(root, &["versions", name]).map(node),
        None => find(library, &["version"]).map(node),
    }
}
