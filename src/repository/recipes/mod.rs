//! Which Dockerfile builds the image of a container, and which lists of packages belong to it.
//!
//! The main type is [`Recipes`]. The settings tell it, else the files that build images, else names and places: an image
//! that is called like the folder of a Dockerfile, or a Dockerfile that is the only one near the manifest of the only
//! workload there, or the only one of all. Where files of the same rank disagree, nothing is told. Rules look into an image only where the
//! answer is at least [`Certainty::Inferred`]; whoever asks a person to look again may take a guess.

mod contents;
mod mapped;
mod places;
mod stated;

use std::collections::{BTreeMap, BTreeSet};

pub(super) use self::mapped::from_settings;

use self::mapped::Mappings;
use self::places::{Kind, Places};
use self::stated::{Dockerfiles, Fit, Statements, is_plain};
use crate::artifact::{Artifact, Reading, Tool};
use crate::document::{MapBuilder, Node};
use crate::expr::{Image, parse_image};
use crate::repository::{texts, workloads};
use crate::source::{SourceFile, Span, folder};

/// The Dockerfiles of a repository, and what else is in it that images are made of.
pub(super) struct Recipes<'a> {
    dockerfiles: Dockerfiles<'a>,
    /// Dockerfiles by the name that their image most likely has.
    by_name: BTreeMap<&'a str, Vec<&'a str>>,
    places: Places<'a>,
    /// What lists of packages hold, by their paths.
    lists: BTreeMap<&'a str, &'a Node>,
    /// What configurations of Erlang releases set, by their paths.
    releases: BTreeMap<&'a str, &'a Node>,
    mappings: Mappings<'a>,
    statements: Statements<'a>,
    /// The folders that are repositories of their own, where there are several.
    repositories: BTreeSet<&'a str>,
}

/// Whose image is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'q> {
    /// The path of the manifest.
    pub(super) manifest: &'q str,
    /// The name of the workload, where it is known.
    pub(super) workload: Option<&'q str>,
    /// The namespace of the workload, where it is known.
    pub(super) namespace: Option<&'q str>,
    /// The name of the container, where it is known.
    pub(super) container: Option<&'q str>,
    /// Whether the pod has no other container.
    pub(super) is_only: bool,
    /// The image, where it is known.
    pub(super) image: Option<&'q Image>,
}

/// A Dockerfile that builds an image.
#[derive(Debug)]
pub(super) struct Built<'a> {
    /// Its path.
    dockerfile: &'a str,
    /// The folder that is given to the build, where a file says which.
    context: Option<&'a str>,
    /// The stage that becomes the image.
    stage: Node,
    told_by: Teller,
    certainty: Certainty,
    /// Where it is told; nothing for names and places.
    place: Option<Span>,
}

/// What tells which Dockerfile builds an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Teller {
    /// The settings.
    Settings,
    /// A file that says how images are built.
    File(Tool),
    /// The name of a Dockerfile or of its folder.
    Name,
    /// That there is no other, and one workload.
    Sole,
    /// That nothing else is near.
    Place,
}

/// How sure it is that a Dockerfile builds an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Certainty {
    /// It is the likeliest one.
    Guessed,
    /// A name that only it has, a pipeline, or that there is no other, says so.
    Inferred,
    /// A file says so.
    Exact,
}

/// What is told of an image by those of one rank.
enum Told<'a> {
    Nothing,
    One(Built<'a>),
    /// They disagree, or say that none of the Dockerfiles is it.
    None,
}

impl<'a> Recipes<'a> {
    pub(super) fn new(files: &'a [SourceFile], readings: &'a [Reading]) -> Self {
        let mut dockerfiles = Dockerfiles::new();
        let mut by_name: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut places = Places::default();
        let mut lists = BTreeMap::new();
        let mut releases = BTreeMap::new();
        for (file, reading) in files.iter().zip(readings) {
            let path: &str = &file.path;
            for artifact in &reading.artifacts {
                match artifact {
                    Artifact::Dockerfile(dockerfile) => {
                        dockerfiles.insert(path, (file, &dockerfile.root));
                        places.add(Kind::Dockerfile, path);
                        if let Some(name) = image_name(path) {
                            by_name.entry(name).or_default().push(path);
                        }
                    }
                    Artifact::Dependencies(list) => {
                        places.add(Kind::Packages, path);
                        lists.insert(path, &list.root);
                    }
                    Artifact::SysConfig(config) => {
                        places.add(Kind::SysConfig, path);
                        releases.insert(path, &config.variables);
                    }
                    Artifact::Object(object) => {
                        let name = object.root.str_at(&["metadata", "name"]);
                        let count = workloads::count(&object.root, is_own);
                        places.add_workloads(path, name, count);
                    }
                    Artifact::Collector(_)
                    | Artifact::Inventory(_)
                    | Artifact::Runbook(_)
                    | Artifact::Code(_) => {}
                }
            }
        }
        Self {
            statements: Statements::new(files, readings, &dockerfiles),
            mappings: Mappings::new(files, readings),
            repositories: files
                .iter()
                .filter_map(|file| repository(&file.path))
                .collect(),
            dockerfiles,
            by_name,
            places,
            lists,
            releases,
        }
    }

    /// Whether two files are in the same repository: a run may look at several.
    fn are_together(&self, one: &str, other: &str) -> bool {
        let of = |path| places::folders_of(path).find(|home| self.repositories.contains(home));
        of(one) == of(other)
    }

    /// The Dockerfile of an image, by the surest of what tells it.
    pub(super) fn of(&self, asked: Asked<'_>) -> Option<Built<'a>> {
        if let Some(mapping) = self.mappings.of(asked) {
            // What people say holds, even where the files do not have it.
            return self.built(&mapping.dockerfile, (Teller::Settings, Some(mapping.place)));
        }
        let told = match self.stated(asked) {
            Told::Nothing => self.named(asked),
            told @ (Told::One(_) | Told::None) => told,
        };
        match told {
            Told::One(built) => Some(built),
            Told::Nothing => self.sole(asked).or_else(|| self.guessed(asked)),
            Told::None => self.guessed(asked),
        }
    }

    /// The only Dockerfile of a repository with one workload, where it stands above the manifest and the image is called
    /// like the workload: it is no program of somebody else.
    fn sole(&self, asked: Asked<'_>) -> Option<Built<'a>> {
        let image = asked.image.filter(|image| !is_plain(image))?;
        let is_own = asked.workload == Some(&image.name) && !PUBLIC.contains(&&*image.registry);
        let near = is_own.then(|| self.places.lonely(Kind::Dockerfile, asked.manifest))?;
        let [path] = near[..] else { return None };
        let file = path.rsplit('/').next().unwrap_or(path);
        let is_above = places::folders_of(asked.manifest).any(|above| above == folder(path));
        let is_other = |other: &&str| *other != path && self.are_together(other, asked.manifest);
        let is_sole = !file.contains('.')
            && is_above
            && self.are_together(path, asked.manifest)
            && !self.dockerfiles.keys().any(is_other)
            && !self.statements.is_named(path)
            && !self.starts_from(path, image);
        is_sole.then(|| self.built(path, (Teller::Sole, None)))?
    }

    /// The lists of packages that belong to an image: those beside its Dockerfile, or in the folder that it is built of.
    pub(super) fn packages(&self, asked: Asked<'_>, built: Option<&Built<'a>>) -> Vec<&'a str> {
        let Some(built) = built else {
            return self.likely(Kind::Packages, asked);
        };
        let home = folder(built.dockerfile);
        let mut found = self.places.inside(Kind::Packages, home);
        if let Some(context) = built.context.filter(|_| found.is_empty()) {
            found = self.places.inside(Kind::Packages, context);
        }
        found
    }

    /// What the only configuration of an Erlang release sets that goes into an image: one beside or below its Dockerfile,
    /// else below the only `rebar.config` that makes a release of the image's name.
    pub(super) fn release(&self, asked: Asked<'_>, built: Option<&Built<'a>>) -> Option<&'a Node> {
        let home = match built {
            Some(built) => folder(built.dockerfile),
            None => self.project(asked)?,
        };
        let all = self.places.below(Kind::SysConfig, home).iter();
        // Of scripts in Elixir nothing is known but that they are there.
        let all = all.filter_map(|path| self.releases.get(path).copied());
        let (scripts, configs): (Vec<&Node>, Vec<&Node>) =
            all.partition(|set| set.openness().is_some());
        match (&configs[..], scripts.first()) {
            ([only], _) => Some(only),
            ([], script) => script.copied(),
            _ => None,
        }
    }

    /// The folder of the only `rebar.config` that makes a release of the name of an image.
    fn project(&self, asked: Asked<'_>) -> Option<&'a str> {
        let image = asked.image?;
        let makes = |list: &Node| {
            let releases = list.get("releases").map_or(&[][..], Node::items);
            let mut names = releases
                .iter()
                .filter_map(|release| release.str_at(&["name"]));
            names.any(|name| name == image.name)
        };
        let mut all = self
            .lists
            .iter()
            .filter(|(path, list)| makes(list) && self.are_together(path, asked.manifest));
        let (path, _) = all.next()?;
        all.next().is_none().then(|| folder(path))
    }

    /// What Dockerfiles beside a file install by name: their steps that say so.
    pub(super) fn installs(&self, path: &'a str) -> Vec<(Span, String)> {
        let beside = self
            .places
            .inside(Kind::Dockerfile, folder(path))
            .into_iter();
        let roots = beside.filter_map(|other| self.dockerfiles.get(other));
        let stages = roots.filter_map(|(_, root)| root.get("stages"));
        let steps = stages
            .flat_map(Node::items)
            .filter_map(|stage| stage.get("instructions"));
        let runs = steps.flat_map(Node::items).filter_map(|step| {
            let is_run = step.str_at(&["keyword"]) == Some("RUN");
            let text = step
                .str_at(&["text"])
                .filter(|text| is_run && text.contains("install"))?;
            Some((step.label(), text.to_owned()))
        });
        runs.collect()
    }

    /// What a list of packages holds.
    pub(super) fn list(&self, path: &str) -> Option<&'a Node> {
        self.lists.get(path).copied()
    }

    /// The steps that make an image, where it is sure enough for rules which Dockerfile builds it.
    pub(super) fn steps(&self, built: &Built<'_>) -> Option<Node> {
        let (_, root) = self.dockerfiles.get(built.dockerfile)?;
        Some(contents::steps(built.stage()?, root))
    }

    /// What the files that build images say.
    fn stated(&self, asked: Asked<'_>) -> Told<'a> {
        let about = asked.image.and_then(|image| {
            let (fit, statements) = self.statements.about(image, asked.manifest)?;
            let (first, others) = statements.split_first()?;
            let agree = others.iter().all(|other| first.agrees(other));
            let sure = statements.iter().find(|statement| statement.is_deployed());
            Some((fit, *sure.unwrap_or(first), agree))
        });
        let Some((fit, statement, agree)) = about else {
            return Told::Nothing;
        };
        let recipe = statement.recipe;
        let dockerfile = recipe.dockerfile.as_deref();
        let dockerfile = dockerfile.and_then(|path| self.dockerfiles.get_key_value(path));
        let (Some((path, _)), Some(stage), true) = (dockerfile, &statement.stage, agree) else {
            return Told::None;
        };
        // A name alone must not be that of another Dockerfile, too.
        if fit == Fit::Name
            && let Told::One(named) = self.named(asked)
            && named.dockerfile != *path
        {
            return Told::None;
        }
        let is_exact = fit == Fit::Same && statement.is_deployed();
        Told::One(Built {
            dockerfile: path,
            context: recipe.context.as_deref(),
            stage: stage.clone(),
            told_by: Teller::File(recipe.tool),
            certainty: if is_exact {
                Certainty::Exact
            } else {
                Certainty::Inferred
            },
            place: Some(recipe.place),
        })
    }

    /// The Dockerfile that is named like the image: the only one, or the only one that stands nearest. A name alone may
    /// be another image's, so one without a registry or folder must be built beside its manifest.
    fn named(&self, asked: Asked<'_>) -> Told<'a> {
        let found = asked.image.and_then(|image| {
            let all = self.by_name.get(image.name.as_str())?.iter();
            let all = all.filter(|path| self.are_together(path, asked.manifest));
            let all: Vec<&str> = all.copied().collect();
            let near = |path: &str| shared_folders(folder(path), folder(asked.manifest));
            let nearest = all.iter().map(|path| near(path)).max()?;
            let mut best = all.iter().filter(|path| near(path) == nearest);
            let found = best.next()?;
            let is_own = (!is_plain(image) || nearest > 0) && !self.starts_from(found, image);
            (is_own && best.next().is_none()).then(|| self.built(found, (Teller::Name, None)))?
        });
        found.map_or(Told::Nothing, Told::One)
    }

    /// Whether a Dockerfile starts from an image: then it builds another one.
    fn starts_from(&self, path: &str, image: &Image) -> bool {
        let root = self.dockerfiles.get(path).map(|(_, root)| *root);
        let stages = root.and_then(|root| root.get("stages"));
        let stages = stages.map_or(&[][..], Node::items).iter();
        let mut bases = stages.filter_map(|stage| stage.str_at(&["image"]));
        bases.any(|base| {
            let base = parse_image(base);
            base.repository == image.repository
                && (base.registry == image.registry || is_plain(image))
        })
    }

    /// The Dockerfile that has something of the name of the image or of the workload, or stands alone near it.
    fn guessed(&self, asked: Asked<'_>) -> Option<Built<'a>> {
        match self.likely(Kind::Dockerfile, asked)[..] {
            [path] => self.built(path, (Teller::Place, None)),
            _ => None,
        }
    }

    /// The files of a kind that most likely belong to an image.
    fn likely(&self, kind: Kind, asked: Asked<'_>) -> Vec<&'a str> {
        let mut found = self.places.likely(kind, asked);
        found.retain(|path| self.are_together(path, asked.manifest));
        found
    }

    /// What a Dockerfile builds without more being said of it.
    fn built(&self, path: &str, (told_by, place): (Teller, Option<Span>)) -> Option<Built<'a>> {
        let (dockerfile, (_, root)) = self.dockerfiles.get_key_value(path)?;
        let stage = root.get("stages")?.items().last()?.clone();
        Some(Built {
            dockerfile,
            context: None,
            stage,
            told_by,
            certainty: match told_by {
                Teller::Settings | Teller::File(_) => Certainty::Exact,
                Teller::Name | Teller::Sole => Certainty::Inferred,
                Teller::Place => Certainty::Guessed,
            },
            place,
        })
    }
}

impl Built<'_> {
    /// The stage that becomes the image, where that is sure enough for rules to look into it.
    pub(super) fn stage(&self) -> Option<&Node> {
        (self.certainty >= Certainty::Inferred).then_some(&self.stage)
    }

    /// What builds the image as rules see it; it stands where it is told, else at the container.
    pub(super) fn node(&self, container: Span) -> Node {
        let at = self.place.unwrap_or(container);
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
            Self::Settings => "settings",
            Self::File(tool) => tool.name(),
            Self::Name => "name",
            Self::Sole | Self::Place => "place",
        }
    }
}

impl Certainty {
    fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Inferred => "inferred",
            Self::Guessed => "guessed",
        }
    }
}

/// Whether an image may be built by the people of a repository: it is no collector, and of no registry for everybody.
fn is_own(image: &str) -> bool {
    let image = parse_image(image);
    // Many people have their own images at Docker Hub.
    let is_public = PUBLIC.contains(&&*image.registry) && image.registry != "docker.io";
    !is_public && !workloads::is_collector_image(&image.name)
}

/// Registries of images of everybody.
const PUBLIC: [&str; 8] = [
    "docker.io",
    "quay.io",
    "registry.k8s.io",
    "gcr.io",
    "mcr.microsoft.com",
    "public.ecr.aws",
    "docker.elastic.co",
    "registry.access.redhat.com",
];

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

/// The folder of a repository that a file of its settings for GitHub tells.
fn repository(path: &str) -> Option<&str> {
    path.split_once("/.github/").map(|(home, _)| home)
}

/// How many folders two folders have in common from the top.
pub(super) fn shared_folders(one: &str, other: &str) -> usize {
    let pairs = one.split('/').zip(other.split('/'));
    pairs
        .take_while(|(one, other)| one == other && !one.is_empty())
        .count()
}

#[cfg(test)]
mod tests;
