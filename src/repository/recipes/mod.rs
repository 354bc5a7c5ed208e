//! Which Dockerfile builds the image of a container, and which lists of packages belong to it.
//!
//! The main type is [`Recipes`]. Names and places tell it: an image that is called like the folder of a Dockerfile, or
//! a Dockerfile that is the only one near the manifest of the only workload there. Rules look into an image only where
//! the answer is at least [`Certainty::Inferred`]; whoever asks a person to look again may take a guess.

mod places;

use std::collections::BTreeMap;

use self::places::{Kind, Places};
use crate::artifact::{Artifact, Reading};
use crate::document::{MapBuilder, Node};
use crate::expr::Image;
use crate::repository::index::folder;
use crate::repository::{texts, workloads};
use crate::source::{SourceFile, Span};

/// The Dockerfiles of a repository, and what else is in it that images are made of.
pub(super) struct Recipes<'a> {
    /// Dockerfiles by path.
    dockerfiles: BTreeMap<&'a str, &'a Node>,
    /// Dockerfiles by the name that their image most likely has.
    by_name: BTreeMap<&'a str, Vec<&'a str>>,
    places: Places<'a>,
}

/// Whose image is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'q> {
    /// The path of the manifest.
    pub(super) manifest: &'q str,
    /// The name of the workload, where it is known.
    pub(super) workload: Option<&'q str>,
    /// The image, where it is known.
    pub(super) image: Option<&'q Image>,
}

/// A Dockerfile that builds an image.
#[derive(Debug)]
pub(super) struct Recipe<'a> {
    /// Its path.
    dockerfile: &'a str,
    /// The stage that becomes the image.
    stage: Node,
    told_by: Teller,
    certainty: Certainty,
}

/// What tells which Dockerfile builds an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Teller {
    /// The name of a Dockerfile or of its folder.
    Name,
    /// That nothing else is near.
    Place,
}

/// How sure it is that a Dockerfile builds an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Certainty {
    /// It is the likeliest one.
    Guessed,
    /// A name that only it has says so.
    Inferred,
}

impl<'a> Recipes<'a> {
    pub(super) fn new(files: &'a [SourceFile], readings: &'a [Reading]) -> Self {
        let mut recipes = Self {
            dockerfiles: BTreeMap::new(),
            by_name: BTreeMap::new(),
            places: Places::default(),
        };
        for (file, reading) in files.iter().zip(readings) {
            for artifact in &reading.artifacts {
                recipes.add(&file.path, artifact);
            }
        }
        recipes
    }

    fn add(&mut self, path: &'a str, artifact: &'a Artifact) {
        match artifact {
            Artifact::Dockerfile(dockerfile) => {
                self.dockerfiles.insert(path, &dockerfile.root);
                self.places.add(Kind::Dockerfile, path);
                if let Some(name) = image_name(path) {
                    self.by_name.entry(name).or_default().push(path);
                }
            }
            Artifact::Dependencies(_) => self.places.add(Kind::Packages, path),
            Artifact::Object(object) => {
                self.places
                    .add_workloads(path, workloads::count(&object.root));
            }
            Artifact::Collector(_) | Artifact::Inventory(_) => {}
        }
    }

    /// The Dockerfile of an image, by the surest of what tells it.
    pub(super) fn of(&self, asked: Asked<'_>) -> Option<Recipe<'a>> {
        self.named(asked).or_else(|| self.guessed(asked))
    }

    /// The lists of packages that belong to an image: those beside its Dockerfile.
    pub(super) fn packages(&self, asked: Asked<'_>, recipe: Option<&Recipe<'a>>) -> Vec<&'a str> {
        match recipe {
            Some(recipe) => self
                .places
                .inside(Kind::Packages, folder(recipe.dockerfile)),
            None => self.places.likely(Kind::Packages, asked),
        }
    }

    /// The Dockerfile that is named like the image: the only one, or the only one that stands nearest. A name alone may
    /// be another image's, so one without a registry or folder must be built beside its manifest.
    fn named(&self, asked: Asked<'_>) -> Option<Recipe<'a>> {
        let image = asked.image?;
        let all = self.by_name.get(image.name.as_str())?;
        let near = |path: &str| shared_folders(path, asked.manifest);
        let nearest = all.iter().map(|path| near(path)).max()?;
        let mut best = all.iter().filter(|path| near(path) == nearest);
        let found = best.next()?;
        let is_own = image.repository.contains('/') || nearest > 0;
        let is_alone = is_own && best.next().is_none();
        is_alone.then(|| self.recipe(found, Teller::Name, Certainty::Inferred))?
    }

    /// The Dockerfile that has something of the name of the image or of the workload, or stands alone near it.
    fn guessed(&self, asked: Asked<'_>) -> Option<Recipe<'a>> {
        match self.places.likely(Kind::Dockerfile, asked)[..] {
            [path] => self.recipe(path, Teller::Place, Certainty::Guessed),
            _ => None,
        }
    }

    fn recipe(&self, path: &str, told_by: Teller, certainty: Certainty) -> Option<Recipe<'a>> {
        let (dockerfile, root) = self.dockerfiles.get_key_value(path)?;
        let stage = root.get("stages")?.items().last()?.clone();
        Some(Recipe {
            dockerfile,
            stage,
            told_by,
            certainty,
        })
    }
}

impl Recipe<'_> {
    /// The stage that becomes the image, where that is sure enough for rules to look into it.
    pub(super) fn stage(&self) -> Option<&Node> {
        (self.certainty >= Certainty::Inferred).then_some(&self.stage)
    }

    /// The recipe as rules see it.
    pub(super) fn node(&self, at: Span) -> Node {
        let text = |text: &str| Node::string(at, text);
        MapBuilder::new(at)
            .label(at)
            .put("path", text(self.dockerfile))
            .put("told_by", text(self.told_by.name()))
            .put("certainty", text(self.certainty.name()))
            .build()
    }
}

impl Teller {
    fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Place => "place",
        }
    }
}

impl Certainty {
    fn name(self) -> &'static str {
        match self {
            Self::Inferred => "inferred",
            Self::Guessed => "guessed",
        }
    }
}

/// Paths as a list of texts.
pub(super) fn paths(at: Span, paths: &[&str]) -> Node {
    texts(at, paths.iter().map(|path| (at, (*path).to_owned())))
}

/// The name that the image of a Dockerfile most likely has: that of its folder, or what its own name adds.
fn image_name(path: &str) -> Option<&str> {
    let file = path.rsplit('/').next()?;
    let added = file
        .strip_prefix("Dockerfile.")
        .or_else(|| file.strip_suffix(".Dockerfile"));
    added
        .or_else(|| folder(path).rsplit('/').next())
        .filter(|name| !name.is_empty())
}

/// How many folders two paths share from the top.
fn shared_folders(one: &str, other: &str) -> usize {
    let pairs = folder(one).split('/').zip(folder(other).split('/'));
    pairs
        .take_while(|(one, other)| one == other && !one.is_empty())
        .count()
}

#[cfg(test)]
mod tests;
