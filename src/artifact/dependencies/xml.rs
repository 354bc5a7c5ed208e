//! `pom.xml` and .NET project files.

use roxmltree::{Document, Node as Element, ParsingOptions};

use super::Packages;
use crate::document::yaml::ParseError;
use crate::document::{Node, Reason};
use crate::source::{SourceFile, Span};

/// The most elements that one file may have.
const MAX_ELEMENTS: u32 = 200_000;

fn parse(file: &SourceFile) -> Result<Document<'_>, ParseError> {
    let options = ParsingOptions {
        nodes_limit: MAX_ELEMENTS,
        ..ParsingOptions::default()
    };
    Document::parse_with_options(&file.text, options).map_err(|error| {
        let position = error.pos();
        let line = usize::try_from(position.row).unwrap_or(1).saturating_sub(1);
        let start: usize = file
            .text
            .split_inclusive('\n')
            .take(line)
            .map(str::len)
            .sum();
        ParseError {
            span: Span::new(file.id, start, start + 1),
            message: error.to_string(),
        }
    })
}

/// The dependencies of a POM; those that it only manages are left out.
pub(super) fn maven(file: &SourceFile, packages: &mut Packages) -> Result<(), ParseError> {
    let document = parse(file)?;
    let elements = |name: &'static str| {
        document
            .descendants()
            .filter(move |node| node.has_tag_name_local(name))
    };
    let properties: Vec<(&str, &str)> = elements("properties")
        .flat_map(|node| node.children())
        .filter_map(|node| Some((node.tag_name().name(), node.text()?.trim())))
        .collect();
    for dependency in elements("dependency") {
        let in_section = |name| {
            dependency
                .ancestors()
                .any(|node: Element<'_, '_>| node.has_tag_name_local(name))
        };
        if in_section("dependencyManagement") || in_section("plugin") {
            continue;
        }
        let child = |name: &str| {
            dependency
                .children()
                .find(|node| node.has_tag_name_local(name))
        };
        let (Some(group), Some(artifact)) = (child("groupId"), child("artifactId")) else {
            continue;
        };
        let name = format!(
            "{}:{}",
            group.text().unwrap_or("").trim(),
            artifact.text().unwrap_or("").trim()
        );
        let version = child("version").map(|version| property(file, version, &properties));
        let at = span(file, artifact);
        if child("scope").and_then(|scope| scope.text()) == Some("test") {
            packages.add_dev(&name, at, version);
        } else {
            packages.add(&name, at, version);
        }
    }
    if elements("parent").next().is_some() {
        packages.open("the parent POM");
    }
    if elements("module").next().is_some() {
        packages.open("the POMs of the modules");
    }
    packages.label = elements("dependencies")
        .next()
        .or_else(|| elements("artifactId").next())
        .map(|node| tag(file, node));
    Ok(())
}

/// The text of a version, with `${property}` replaced where the POM defines it.
fn property(file: &SourceFile, element: Element<'_, '_>, properties: &[(&str, &str)]) -> Node {
    let text = element.text().unwrap_or("").trim();
    let at = span(file, element);
    let Some(name) = text
        .strip_prefix("${")
        .and_then(|rest| rest.strip_suffix('}'))
    else {
        return Node::string(at, text);
    };
    match properties.iter().find(|(key, _)| *key == name) {
        Some((_, value)) if !value.contains("${") => Node::string(at, *value),
        _ => Node::unknown(at, text, Reason::Variable(name.into())),
    }
}

/// The package references of a .NET project.
pub(super) fn nuget(file: &SourceFile, packages: &mut Packages) -> Result<(), ParseError> {
    let document = parse(file)?;
    let is_reference = |node: &Element<'_, '_>| {
        node.has_tag_name_local("PackageReference") || node.has_tag_name_local("PackageVersion")
    };
    for reference in document.descendants().filter(is_reference) {
        let attribute = |name: &str| reference.attribute_node(name);
        let Some(include) = attribute("Include").or_else(|| attribute("Update")) else {
            continue;
        };
        let range = include.range_value();
        let version = attribute("Version").map(|version| {
            let range = version.range_value();
            Node::string(Span::new(file.id, range.start, range.end), version.value())
        });
        let child = || {
            let mut children = reference.children();
            let version = children.find(|node| node.has_tag_name_local("Version"))?;
            Some(property(file, version, &[]))
        };
        let version = version.or_else(child);
        packages.add(
            include.value(),
            Span::new(file.id, range.start, range.end),
            version,
        );
    }
    let references_project = document.descendants().any(|node| {
        node.has_tag_name_local("ProjectReference") || node.has_tag_name_local("Import")
    });
    if references_project {
        packages.open("the projects that this one refers to");
    }
    packages.label = document
        .descendants()
        .find(|node| node.has_tag_name_local("Project"))
        .map(|node| tag(file, node));
    Ok(())
}

fn span(file: &SourceFile, element: Element<'_, '_>) -> Span {
    let range = element.range();
    file.first_line(Span::new(file.id, range.start, range.end))
}

/// The opening tag of an element.
fn tag(file: &SourceFile, element: Element<'_, '_>) -> Span {
    let start = element.range().start;
    Span::new(file.id, start, start + element.tag_name().name().len() + 1)
}

trait LocalName {
    fn has_tag_name_local(&self, name: &str) -> bool;
}

impl LocalName for Element<'_, '_> {
    /// Compares the name without its namespace: POMs are written with and without one.
    fn has_tag_name_local(&self, name: &str) -> bool {
        self.is_element() && self.tag_name().name() == name
    }
}
