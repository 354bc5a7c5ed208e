//! Compose files: `services.*.build` and `services.*.image`.
//!
//! Source: the Compose specification, "Compose Build Specification".

use super::{Draft, Recipe, Tool, arguments, filled, scalar, variable};
use crate::document::{Entry, Node};
use crate::source::{SourceFile, folder};

/// Names of files that stand for themselves; any other one may change what another file says.
const WHOLE: [&str; 4] = [
    "compose.yaml",
    "compose.yml",
    "docker-compose.yaml",
    "docker-compose.yml",
];

pub(super) fn read(file: &SourceFile, root: &Node) -> Vec<Recipe> {
    let services = root.get("services").map_or(&[][..], Node::entries);
    let recipes = services.iter();
    recipes
        .filter_map(|service| recipe(&file.path, service))
        .collect()
}

fn recipe(path: &str, service: &Entry) -> Option<Recipe> {
    let filled = |text: &str| filled(text, &|inner| variable(inner, &|_| None));
    let build = service.value.get("build")?;
    let text = |key: &str| Some(filled(&scalar(build.get(key)?)));
    let is_whole = WHOLE.contains(&path.rsplit('/').next().unwrap_or(path));
    let context = match build.as_str() {
        Some(context) => filled(context),
        None => text("context").or_else(|| is_whole.then(|| ".".to_owned()))?,
    };
    let image = service.value.get("image").map(scalar);
    let draft = Draft {
        tool: Tool::Compose,
        // An image without a name is called after its service.
        images: vec![image.map_or_else(|| service.key.to_string(), |image| filled(&image))],
        home: folder(path).to_owned(),
        context,
        place: service.key_span,
    };
    if build.get("dockerfile_inline").is_some() {
        return draft.without();
    }
    let recipe = draft.inside(text("dockerfile").as_deref())?;
    Some(recipe.with(text("target"), arguments(build.get("args"), &filled)))
}
