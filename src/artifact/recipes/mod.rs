//! Reads the files that say how images are built: compose, Skaffold, Bake and the pipelines of CI.
//!
//! Each way to build an image becomes a [`Recipe`]: names of the image, and the Dockerfile with its context, stage and
//! arguments. What is only known where the build runs is [`UNTOLD`]. Nothing is run, and profiles that somebody must
//! choose are left out.

mod bake;
mod compose;
mod hcl;
mod pipeline;
mod shell;
mod skaffold;

use super::recognise;
use crate::document::{Entry, Node};
use crate::source::{SourceFile, Span, folder, resolve};

pub(super) use self::bake::read_hcl;

/// Stands in a text for a part that is only known where the build runs.
pub const UNTOLD: char = '\0';

/// The most images that one step of a file builds by going through a matrix.
const MAX_COMBINATIONS: usize = 256;

/// One way to build an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    /// What builds it.
    pub tool: Tool,
    /// References to the image; never none, and the last part of each path is known.
    pub images: Vec<String>,
    /// The folder that is given to the build; nothing where it is elsewhere or not told.
    pub context: Option<String>,
    /// The path of the Dockerfile; nothing where none is used, or which one is not told.
    pub dockerfile: Option<String>,
    /// The stage that becomes the image, where one is named.
    pub target: Option<String>,
    /// Build arguments; nothing for a value that is not told.
    pub arguments: Vec<(String, Option<String>)>,
    /// Where the build is told.
    pub place: Span,
}

/// What builds images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tool {
    /// `docker compose build`
    Compose,
    /// `skaffold build`
    Skaffold,
    /// `docker buildx bake`
    Bake,
    /// A pipeline of GitHub or GitLab.
    Pipeline,
}

impl Tool {
    /// The name that rules use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Compose => "compose",
            Self::Skaffold => "skaffold",
            Self::Bake => "bake",
            Self::Pipeline => "pipeline",
        }
    }
}

/// What a YAML or JSON document builds; nothing for one that is about something else.
pub(super) fn of_document(file: &SourceFile, root: &Node) -> Option<Vec<Recipe>> {
    if recognise::is_skaffold(root) {
        return Some(skaffold::read(file, root));
    }
    let recipes = of_other(file, root);
    (!recipes.is_empty()).then_some(recipes)
}

fn of_other(file: &SourceFile, root: &Node) -> Vec<Recipe> {
    let name = file.path.rsplit('/').next().unwrap_or(&file.path);
    let has = |key: &str| root.get(key).is_some_and(|part| part.as_map().is_some());
    if is_compose(name) && has("services") {
        compose::read(file, root)
    } else if name.starts_with("docker-bake") && has("target") {
        bake::read(file, root)
    } else if let Some(home) = github_home(&file.path).filter(|_| has("jobs")) {
        pipeline::github(home, root)
    } else if matches!(name, ".gitlab-ci.yml" | ".gitlab-ci.yaml") {
        pipeline::gitlab(folder(&file.path), root)
    } else {
        Vec::new()
    }
}

/// Whether a file's name is one that `docker compose` is given: `compose.yaml`, `docker-compose.prod.yml`.
fn is_compose(name: &str) -> bool {
    let stem = name.strip_suffix(".yaml").or(name.strip_suffix(".yml"));
    stem.is_some_and(|stem| {
        let rest = stem.strip_prefix("docker-compose");
        let rest = rest.or_else(|| stem.strip_prefix("compose"));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_']))
    })
}

/// The folder of the repository that a workflow of GitHub belongs to; nothing for any other file.
pub fn github_home(path: &str) -> Option<&str> {
    let (home, _) = path.split_once(".github/workflows/")?;
    match home.strip_suffix('/') {
        Some(home) => Some(home),
        None => home.is_empty().then_some(home),
    }
}

/// A recipe while it is read.
struct Draft {
    tool: Tool,
    images: Vec<String>,
    /// The folder that paths of contexts start from.
    home: String,
    context: String,
    place: Span,
}

impl Draft {
    /// The recipe with a Dockerfile inside its context, where none is named the one that is built by default; nothing
    /// for an image whose name is not told.
    fn inside(self, dockerfile: Option<&str>) -> Option<Recipe> {
        let context = joined(&self.home, &self.context);
        let dockerfile = dockerfile.unwrap_or("Dockerfile");
        let dockerfile = context.as_ref().and_then(|home| joined(home, dockerfile));
        self.finished(context, dockerfile)
    }

    /// The recipe with a Dockerfile that is named from where its build is started.
    fn beside(self, dockerfile: Option<&str>) -> Option<Recipe> {
        let Some(dockerfile) = dockerfile else {
            return self.inside(None);
        };
        let context = joined(&self.home, &self.context);
        let dockerfile = joined(&self.home, dockerfile);
        self.finished(context, dockerfile)
    }

    /// The recipe of an image that is made without a Dockerfile of the files.
    fn without(self) -> Option<Recipe> {
        let context = joined(&self.home, &self.context);
        self.finished(context, None)
    }

    fn finished(self, context: Option<String>, dockerfile: Option<String>) -> Option<Recipe> {
        let images: Vec<String> = self
            .images
            .into_iter()
            .filter(|image| is_named(image))
            .collect();
        (!images.is_empty()).then_some(Recipe {
            tool: self.tool,
            images,
            context,
            dockerfile,
            target: None,
            arguments: Vec::new(),
            place: self.place,
        })
    }
}

impl Recipe {
    /// The recipe with a stage and arguments. Where the stage is not told, what is built is not.
    fn with(mut self, target: Option<String>, arguments: Vec<(String, Option<String>)>) -> Self {
        match target.filter(|target| !target.is_empty()).map(told) {
            Some(None) => self.dockerfile = None,
            target => self.target = target.flatten(),
        }
        self.arguments = arguments;
        self
    }
}

/// Whether the last part of the path of an image is told.
fn is_named(image: &str) -> bool {
    let last = image.rsplit('/').next().unwrap_or(image);
    let name = last.split([':', '@']).next().unwrap_or("");
    !name.is_empty() && !name.contains(UNTOLD)
}

/// A path from a folder, without `.` and `..`; nothing for one that leaves the files or is not told.
fn joined(folder: &str, path: &str) -> Option<String> {
    let is_elsewhere = path.contains(UNTOLD)
        || path.contains("://")
        || path.starts_with(['/', '~'])
        || path.starts_with("git@");
    if is_elsewhere {
        return None;
    }
    let path = resolve(folder, path);
    let ups = |path: &str| path.split('/').filter(|part| *part == "..").count();
    (ups(&path) <= ups(folder)).then_some(path)
}

/// A scalar as the text that a tool makes of it; untold where it is not one.
fn scalar(node: &Node) -> String {
    if node.is_null() {
        return String::new();
    }
    node.value.told().unwrap_or_else(|| UNTOLD.to_string())
}

/// A text that is told as a whole.
fn told(text: String) -> Option<String> {
    (!text.contains(UNTOLD)).then_some(text)
}

/// Build arguments, as a map or as a list of `NAME=value`.
fn arguments(
    list: Option<&Node>,
    filled: &dyn Fn(&str) -> String,
) -> Vec<(String, Option<String>)> {
    let Some(list) = list else {
        return Vec::new();
    };
    let of_map = list.entries().iter().map(|entry| {
        let value = Some(&entry.value).filter(|value| !value.is_null());
        let value = value.and_then(|value| told(filled(&scalar(value))));
        (entry.key.to_string(), value)
    });
    let of_list = list.items().iter().filter_map(Node::as_str);
    of_map
        .chain(of_list.map(|text| argument(text, filled)))
        .collect()
}

/// A build argument that is written as `NAME=value`, or as the name of what the build's own environment has.
fn argument(text: &str, filled: &dyn Fn(&str) -> String) -> (String, Option<String>) {
    match text.split_once('=') {
        Some((name, value)) => (name.trim().to_owned(), told(filled(value))),
        None => (text.trim().to_owned(), None),
    }
}

/// A value for each variable of a matrix.
type Binding<'a> = Vec<(&'a str, &'a Node)>;

/// Every combination of the values of some lists; one of nothing without a list, and none of too many.
fn combinations<'a>(lists: impl IntoIterator<Item = &'a Entry>) -> Vec<Binding<'a>> {
    let mut all: Vec<Binding<'a>> = vec![Vec::new()];
    for entry in lists {
        let values = entry.value.items();
        if all.len().saturating_mul(values.len()) > MAX_COMBINATIONS {
            return Vec::new();
        }
        let next = all.iter().flat_map(|before| {
            let with = |value| {
                let mut binding = before.clone();
                binding.push((entry.key.as_str(), value));
                binding
            };
            values.iter().map(with)
        });
        all = next.collect();
    }
    all
}

/// What a binding has for a variable, or for a key of what it has.
fn bound(binding: &[(&str, &Node)], name: &str) -> Option<String> {
    let mut path = name.split('.');
    let first = path.next()?;
    let (_, value) = binding.iter().find(|(variable, _)| *variable == first)?;
    Some(scalar(path.try_fold(*value, Node::get)?))
}

/// A text with `$NAME` and `${NAME}` filled in; what stands in the braces is given as it is written.
fn filled(text: &str, value: &dyn Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        if let Some(after) = after.strip_prefix('$') {
            out.push('$');
            rest = after;
            continue;
        }
        let (inner, behind) = if let Some(inner) = after.strip_prefix('{') {
            inner.split_once('}').unwrap_or((inner, ""))
        } else {
            let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let end = after.find(|c| !is_part(c)).unwrap_or(after.len());
            after.split_at_checked(end).unwrap_or((after, ""))
        };
        out.push_str(&value(inner).unwrap_or(UNTOLD.to_string()));
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// The value of `NAME`, `NAME:-default` or `NAME-default`, as shells and compose fill it in.
fn variable(inner: &str, value: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let (name, default) = match inner.split_once('-') {
        Some((name, default)) => (name.trim_end_matches(':'), Some(default)),
        None => (inner, None),
    };
    let default = default.filter(|default| !default.contains('$'));
    value(name).or(default.map(str::to_owned))
}

#[cfg(test)]
mod tests;
