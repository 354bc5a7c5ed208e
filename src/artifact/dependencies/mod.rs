//! Reads the manifests in which programs list their packages.
//!
//! Every manifest becomes the same tree: `ecosystem`, `language`, and `packages` and `dev_packages` as maps from name
//! to version. A map is open where packages can come from a place that the manifest only points to.

mod build_files;
mod erlang_files;
mod node_json;
mod python;
mod toml_files;
mod xml;

pub use self::erlang_files::Application;
pub(super) use self::erlang_files::app_src;

use super::recognise::Ecosystem;
use crate::document::yaml::ParseError;
use crate::document::{MapBuilder, Node, Reason};
use crate::source::{SourceFile, Span};

/// One list of packages.
#[derive(Debug, Clone)]
pub struct Dependencies {
    /// The tree; its shape is that of the record `dependencies` in `repository::schema`.
    pub root: Node,
}

/// The packages of a manifest while it is read.
struct Packages {
    file: Span,
    main: MapBuilder,
    dev: MapBuilder,
    label: Option<Span>,
    /// Releases of Erlang and Elixir.
    releases: Vec<Node>,
}

impl Packages {
    fn new(file: &SourceFile) -> Self {
        let start = file.first_line(Span::new(file.id, 0, 0));
        Self {
            file: start,
            main: MapBuilder::new(start),
            dev: MapBuilder::new(start),
            label: None,
            releases: Vec::new(),
        }
    }

    /// Adds a package with the place of its name; a version that is not stated is null.
    fn add(&mut self, name: &str, at: Span, version: Option<Node>) {
        self.main
            .put_at(name, at, version.unwrap_or(Node::null(at)));
    }

    /// Adds a package that only development needs.
    fn add_dev(&mut self, name: &str, at: Span, version: Option<Node>) {
        self.dev.put_at(name, at, version.unwrap_or(Node::null(at)));
    }

    /// Says that packages may come from elsewhere.
    fn open(&mut self, what: &str) {
        self.main.open(Reason::Elsewhere(what.into()));
    }
}

/// Reads a manifest.
pub(super) fn read(file: &SourceFile, ecosystem: Ecosystem) -> Result<Dependencies, ParseError> {
    let mut packages = Packages::new(file);
    match ecosystem {
        Ecosystem::Maven => xml::maven(file, &mut packages)?,
        Ecosystem::NuGet => xml::nuget(file, &mut packages)?,
        Ecosystem::Npm => node_json::read(file, &mut packages)?,
        Ecosystem::Pip => python::requirements(file, &mut packages),
        Ecosystem::PyProject => python::pyproject(file, &mut packages)?,
        Ecosystem::Gradle if file.path.ends_with(".toml") => {
            toml_files::catalog(file, &mut packages)?;
        }
        Ecosystem::Gradle => build_files::gradle(file, &mut packages),
        Ecosystem::Rebar => erlang_files::rebar(file, &mut packages),
        Ecosystem::Mix => {
            build_files::mix(file, &mut packages);
            erlang_files::mix_releases(file, &mut packages);
        }
        Ecosystem::Go => build_files::go(file, &mut packages),
    }
    let at = packages.label.unwrap_or(packages.file);
    let whole = Span::new(file.id, 0, file.text.len());
    packages.main.label(at);
    let root = MapBuilder::new(whole)
        .label(at)
        .put("path", Node::string(at, file.path.as_ref()))
        .put("ecosystem", Node::string(at, ecosystem.name()))
        .put("language", Node::string(at, ecosystem.language()))
        .put("packages", packages.main.build())
        .put("dev_packages", packages.dev.build())
        .put("releases", Node::list(at, packages.releases))
        .build();
    Ok(Dependencies { root })
}

#[cfg(test)]
mod tests;
