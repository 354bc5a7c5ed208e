//! `requirements*.txt`, `pyproject.toml` and `Pipfile`.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Packages;
use super::toml_files::{self, find};
use crate::document::Node;
use crate::document::yaml::ParseError;
use crate::source::{SourceFile, Span};

/// The requirement files of pip.
pub(super) fn requirements(file: &SourceFile, packages: &mut Packages) {
    let mut at = 0;
    for line in file.text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let text = line.split(" #").next().unwrap_or(line);
        // Options of a requirement, such as its hashes, follow it or stand on lines of their own.
        let text = text.split(" --").next().unwrap_or(text).trim_end();
        let text = text.strip_suffix('\\').unwrap_or(text).trim_end();
        let indent = text.len() - text.trim_start().len();
        let text = text.trim_start();
        let option = [
            "-r",
            "--requirement",
            "-c",
            "--constraint",
            "-e",
            "--editable",
        ]
        .iter()
        .any(|flag| text.starts_with(flag));
        if option {
            packages.open("another list of requirements");
        }
        let is_place = text.starts_with('.') || text.contains("://") && !text.contains(" @ ");
        if is_place {
            packages.open("a package that is named by its place");
        }
        if !is_place && !text.starts_with(['#', '-']) && !text.is_empty() {
            requirement(
                text,
                Span::new(file.id, start + indent, start + indent + text.len()),
                packages,
            );
        }
    }
}

/// One requirement by PEP 508: `name[extra] >= 1.2; marker`.
fn requirement(text: &str, span: Span, packages: &mut Packages) {
    let name_len = text
        .find(|c: char| !c.is_ascii_alphanumeric() && !"-_.".contains(c))
        .unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(name_len).unwrap_or((text, ""));
    if name.is_empty() {
        return;
    }
    let start = span.start as usize;
    let at = Span::new(span.file, start, start + name.len());
    if let Some(extras) = rest
        .trim_start()
        .strip_prefix('[')
        .and_then(|rest| rest.split(']').next())
    {
        add_extras(name, at, extras.split(','), packages);
    }
    let rest = rest.split(';').next().unwrap_or("");
    let version = rest.find(['=', '<', '>', '~', '!']).map(|at| {
        let stated = rest.get(at..).unwrap_or("").trim();
        let end = start + name.len() + at + stated.len();
        // What is wrong with a package is told of the requirement as a whole.
        Node::string(
            Span::new(span.file, start, end),
            stated.trim_start_matches("=="),
        )
    });
    packages.add(&normalise(name), at, version);
}

/// Extras bring packages of their own: each is listed as `name[extra]`.
fn add_extras<'e>(
    name: &str,
    at: Span,
    extras: impl Iterator<Item = &'e str>,
    packages: &mut Packages,
) {
    for extra in extras {
        let listed = format!("{}[{}]", normalise(name), extra.trim());
        packages.add(&listed, at, None);
    }
}

/// Names compare without case, and `-`, `_` and `.` alike (PEP 503).
fn normalise(name: &str) -> String {
    name.to_ascii_lowercase().replace(['_', '.'], "-")
}

/// PEP 621, Poetry and Pipenv tables.
pub(super) fn pyproject(file: &SourceFile, packages: &mut Packages) -> Result<(), ParseError> {
    let root = toml_files::parse(file)?;
    let table = |path: &[&str]| find(&root, path).and_then(|value| value.get_ref().as_table());
    let list = |path: &[&str]| find(&root, path).and_then(|value| value.get_ref().as_array());
    for item in list(&["project", "dependencies"]).into_iter().flatten() {
        listed(file, item, packages);
    }
    let optional = table(&["project", "optional-dependencies"]);
    for (_, group) in optional.into_iter().flatten() {
        for item in group.get_ref().as_array().into_iter().flatten() {
            listed(file, item, packages);
        }
    }
    for path in [&["tool", "poetry", "dependencies"][..], &["packages"]] {
        for (name, value) in table(path).into_iter().flatten() {
            let (at, version) = named(file, name.span(), value);
            add_extras(name.get_ref(), at, extras(value), packages);
            packages.add(&normalise(name.get_ref()), at, version);
        }
    }
    for (name, value) in table(&["dev-packages"]).into_iter().flatten() {
        let (at, version) = named(file, name.span(), value);
        packages.add_dev(&normalise(name.get_ref()), at, version);
    }
    groups(file, &root, packages);
    if list(&["project", "dynamic"]).is_some_and(|dynamic| {
        dynamic
            .iter()
            .any(|item| item.get_ref().as_str() == Some("dependencies"))
    }) {
        packages.open("a list that the build computes");
    }
    let places = [
        &["project", "dependencies"][..],
        &["tool", "poetry", "dependencies"],
        &["project"],
    ];
    packages.label = places
        .iter()
        .find_map(|path| find(&root, path))
        .map(|value| {
            let range = value.span();
            file.first_line(Span::new(file.id, range.start, range.end))
        });
    Ok(())
}

/// The groups of Poetry and of PEP 735. Which of them are installed is told where the image is built, so those that do
/// not call themselves after development count.
fn groups(file: &SourceFile, root: &DeTable<'_>, packages: &mut Packages) {
    let table = |path: &[&str]| find(root, path).and_then(|value| value.get_ref().as_table());
    let of_poetry = table(&["tool", "poetry", "group"]).into_iter().flatten();
    for (group, value) in of_poetry {
        let own = value.get_ref().as_table();
        let own = own.and_then(|group| find(group, &["dependencies"]));
        let own = own.and_then(|list| list.get_ref().as_table());
        for (name, value) in own.into_iter().flatten() {
            let (at, version) = named(file, name.span(), value);
            let name = normalise(name.get_ref());
            if is_for_development(group.get_ref()) {
                packages.add_dev(&name, at, version);
            } else {
                packages.add(&name, at, version);
            }
        }
    }
    let listing = table(&["dependency-groups"]).into_iter().flatten();
    for (_, value) in listing.filter(|(group, _)| !is_for_development(group.get_ref())) {
        for item in value.get_ref().as_array().into_iter().flatten() {
            listed(file, item, packages);
        }
    }
}

fn is_for_development(group: &str) -> bool {
    const OF_DEVELOPMENT: [&str; 8] = [
        "dev", "test", "lint", "doc", "typing", "type", "format", "ci",
    ];
    OF_DEVELOPMENT.iter().any(|start| group.starts_with(start))
}

/// The extras of a dependency that is a table.
fn extras<'v>(value: &'v Spanned<DeValue<'_>>) -> impl Iterator<Item = &'v str> {
    let table = value.get_ref().as_table();
    let extras = table.and_then(|table| find(table, &["extras"]));
    let list = extras.and_then(|extras| extras.get_ref().as_array());
    list.into_iter()
        .flatten()
        .filter_map(|extra| extra.get_ref().as_str())
}

fn listed(file: &SourceFile, item: &Spanned<DeValue<'_>>, packages: &mut Packages) {
    if let Some(text) = item.get_ref().as_str() {
        let start = item.span().start + 1;
        requirement(
            text,
            Span::new(file.id, start, start + text.len()),
            packages,
        );
    }
}

fn named(
    file: &SourceFile,
    key: std::ops::Range<usize>,
    value: &Spanned<DeValue<'_>>,
) -> (Span, Option<Node>) {
    let at = Span::new(file.id, key.start, key.end);
    let range = value.span();
    let span = Span::new(file.id, range.start, range.end);
    let inner = value
        .get_ref()
        .as_table()
        .and_then(|table| find(table, &["version"]));
    let text = value
        .get_ref()
        .as_str()
        .or_else(|| inner.and_then(|version| version.get_ref().as_str()));
    (at, text.map(|text| Node::string(span, text)))
}
