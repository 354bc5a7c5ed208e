//! What build files say of an image.

use std::collections::BTreeMap;

use crate::artifact::{Reading, Recipe, Tool, UNTOLD, github_home, with_arguments};
use crate::document::Node;
use crate::expr::{Image, parse_image};
use crate::repository::recipes::shared_folders;
use crate::source::{SourceFile, folder};

/// The Dockerfiles of a repository by path, with their trees.
pub(super) type Dockerfiles<'a> = BTreeMap<&'a str, (&'a SourceFile, &'a Node)>;

/// What build files say, by the name of the image.
pub(super) struct Statements<'a> {
    by_name: BTreeMap<String, Vec<Statement<'a>>>,
}

/// One image of a recipe.
pub(super) struct Statement<'a> {
    /// The folder that the file is about that says it: a workflow of GitHub is about its whole repository.
    home: &'a str,
    pub(super) recipe: &'a Recipe,
    image: Image,
    /// The stage that becomes the image; nothing where the Dockerfile is not among the files, or has no such stage.
    pub(super) stage: Option<Node>,
}

/// How an image of a recipe fits one that is asked for, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    /// It is the same.
    Same,
    /// It is the same but for parts that are not told.
    Pattern,
    /// It has the same name, and nothing says which registry it goes to.
    Name,
}

impl<'a> Statements<'a> {
    pub(super) fn new(
        files: &'a [SourceFile],
        readings: &'a [Reading],
        dockerfiles: &Dockerfiles<'a>,
    ) -> Self {
        let mut by_name: BTreeMap<String, Vec<Statement<'a>>> = BTreeMap::new();
        for (file, reading) in files.iter().zip(readings) {
            for recipe in &reading.recipes {
                let stage = stage(recipe, dockerfiles);
                for image in &recipe.images {
                    let image = parse_image(image);
                    let statement = Statement {
                        home: github_home(&file.path).unwrap_or_else(|| folder(&file.path)),
                        recipe,
                        stage: stage.clone(),
                        image: image.clone(),
                    };
                    by_name.entry(image.name).or_default().push(statement);
                }
            }
        }
        Self { by_name }
    }

    /// Whether a Dockerfile builds an image that is called by its name somewhere.
    pub(super) fn is_named(&self, dockerfile: &str) -> bool {
        let mut all = self.by_name.values().flatten();
        all.any(|statement| {
            statement.recipe.dockerfile.as_deref() == Some(dockerfile)
                && !statement.image.name.contains(UNTOLD)
        })
    }

    /// What fits an image best; nothing where no file says how it is built.
    pub(super) fn about(
        &self,
        image: &Image,
        manifest: &str,
    ) -> Option<(Fit, Vec<&Statement<'a>>)> {
        let all = self.by_name.get(&image.name)?.iter();
        let fitting =
            all.filter_map(|statement| Some((statement.fit(image, manifest)?, statement)));
        let mut fitting: Vec<(Fit, &Statement<'a>)> = fitting.collect();
        let best = fitting.iter().map(|(fit, _)| *fit).min()?;
        fitting.retain(|(fit, _)| *fit == best);
        let mut fitting: Vec<&Statement<'a>> = fitting
            .into_iter()
            .map(|(_, statement)| statement)
            .collect();
        if best != Fit::Same || is_plain(image) {
            // Names are given again in other places.
            let near = |statement: &Statement<'_>| shared_folders(statement.home, folder(manifest));
            let nearest = fitting.iter().map(|statement| near(statement)).max()?;
            fitting.retain(|statement| near(statement) == nearest);
        }
        Some((best, fitting))
    }
}

impl Statement<'_> {
    fn fit(&self, image: &Image, manifest: &str) -> Option<Fit> {
        let own = &self.image;
        let is_told = |text: &str| !text.contains(UNTOLD);
        let is_same = own.registry == image.registry && own.repository == image.repository;
        if is_same && !is_plain(image) {
            return Some(Fit::Same);
        }
        let is_near = self.home.is_empty() || shared_folders(self.home, folder(manifest)) > 0;
        if !is_near {
            return None;
        }
        if is_plain(image) {
            return is_same.then_some(Fit::Same);
        }
        if is_plain(own) {
            return Some(Fit::Name);
        }
        let whole = |image: &Image| format!("{}/{}", image.registry, image.repository);
        let is_pattern = !is_told(&own.registry) || !is_told(&own.repository);
        (is_pattern && fits(&whole(own), &whole(image))).then_some(Fit::Pattern)
    }

    /// Whether the tool builds the image that runs, and not one that is only called the same.
    pub(super) fn is_deployed(&self) -> bool {
        match self.recipe.tool {
            Tool::Compose | Tool::Skaffold | Tool::Bake => true,
            // A pipeline can go other ways than its steps tell.
            Tool::Pipeline => false,
        }
    }

    /// Whether both say the same.
    pub(super) fn agrees(&self, other: &Self) -> bool {
        self.recipe.dockerfile == other.recipe.dockerfile && self.stage == other.stage
    }
}

/// Whether a reference names neither a registry nor a folder, such as `cart:1.0`; a mirror of such images adds none.
pub(super) fn is_plain(image: &Image) -> bool {
    image.repository.starts_with("library/")
}

/// Whether a text is another one with something in the place of each part that is not told.
fn fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split(UNTOLD);
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.strip_suffix(part).is_some_and(|gap| !gap.is_empty());
        }
        match rest.split_once(part) {
            Some((_, behind)) => rest = behind,
            None => return false,
        }
    }
    rest.is_empty()
}

/// The stage that a recipe makes the image of.
fn stage(recipe: &Recipe, dockerfiles: &Dockerfiles<'_>) -> Option<Node> {
    let (file, root) = dockerfiles.get(recipe.dockerfile.as_deref()?)?;
    let given = (!recipe.arguments.is_empty()).then(|| with_arguments(file, &recipe.arguments));
    let given = given.flatten();
    let root = given.as_ref().unwrap_or(root);
    let stages = root.get("stages")?.items();
    let Some(target) = &recipe.target else {
        return stages.last().cloned();
    };
    let is_it = |stage: &&Node| {
        let name = stage.str_at(&["name"]);
        name.is_some_and(|name| name.eq_ignore_ascii_case(target))
    };
    let by_number = || stages.get(target.parse::<usize>().ok()?);
    stages.iter().find(is_it).or_else(by_number).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_told_stands_for_something() {
        for (pattern, text) in [
            ("ghcr.io/\0/cart", "ghcr.io/example/cart"),
            ("\0/cart", "registry.example.com/shop/cart"),
            ("\0/a/\0/cart", "r.example.com/a/b/c/cart"),
            ("a/b", "a/b"),
        ] {
            assert!(fits(pattern, text), "{pattern:?} {text}");
        }
        for (pattern, text) in [
            ("ghcr.io/\0/cart", "ghcr.io//cart-old"),
            ("ghcr.io/\0/cart", "quay.io/example/cart"),
            ("ghcr.io/x\0/cart", "ghcr.io/x/cart"),
            ("a", "a/b"),
        ] {
            assert!(!fits(pattern, text), "{pattern:?} {text}");
        }
    }
}
