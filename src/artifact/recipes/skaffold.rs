//! Skaffold: `build.artifacts`. Profiles are left out: somebody must choose them.
//!
//! Source: the reference of `skaffold.yaml`.

use super::{Draft, Recipe, Tool, arguments, folder, scalar};
use crate::document::Node;
use crate::source::SourceFile;

/// What builds an artifact without a Dockerfile of the files.
const OTHERS: [&str; 6] = ["bazel", "buildpacks", "custom", "jib", "ko", "kaniko"];

pub(super) fn read(file: &SourceFile, root: &Node) -> Vec<Recipe> {
    let home = folder(&file.path);
    let artifacts = root.at(&["build", "artifacts"]);
    let artifacts = artifacts.map_or(&[][..], Node::items).iter();
    artifacts
        .filter_map(|artifact| recipe(home, artifact))
        .collect()
}

fn recipe(home: &str, artifact: &Node) -> Option<Recipe> {
    let image = artifact.get("image")?;
    let draft = Draft {
        tool: Tool::Skaffold,
        images: vec![scalar(image)],
        home: home.to_owned(),
        context: artifact.get("context").map_or(".".to_owned(), scalar),
        place: image.span,
    };
    let builder = OTHERS.iter().find(|name| artifact.get(name).is_some());
    let settings = match builder {
        None => artifact.get("docker"),
        // Kaniko builds Dockerfiles in the cluster.
        Some(&"kaniko") => artifact.get("kaniko"),
        Some(_) => return draft.without(),
    };
    let text = |key: &str| Some(scalar(settings?.get(key)?));
    let arguments = arguments(
        settings.and_then(|own| own.get("buildArgs")),
        &str::to_owned,
    );
    let arguments = arguments.into_iter().map(|(name, value)| {
        // What Skaffold fills in is not known before.
        (name, value.filter(|value| !value.contains("{{")))
    });
    let recipe = draft.inside(text("dockerfile").as_deref())?;
    Some(recipe.with(text("target"), arguments.collect()))
}
