//! Bake files: `target` with `context`, `dockerfile`, `target`, `tags`, `args`, `inherits` and `matrix`.
//!
//! Source: Docker's reference of Bake files.

use super::{Binding, Draft, Recipe, Tool, arguments, bound, combinations, filled, hcl, scalar};
use crate::document::{Entry, Node};
use crate::source::{SourceFile, folder};

/// How many targets may inherit from each other.
const MAX_INHERITANCE: usize = 16;

/// What a Bake file in HCL builds.
pub(in crate::artifact) fn read_hcl(file: &SourceFile) -> Vec<Recipe> {
    let root = hcl::read(file);
    root.map_or_else(Vec::new, |root| read(file, &root))
}

/// What a Bake file builds, in the tree of its JSON form.
pub(super) fn read(file: &SourceFile, root: &Node) -> Vec<Recipe> {
    let targets = root.get("target").map_or(&[][..], Node::entries).iter();
    let recipes = targets.flat_map(|target| {
        let chain = chain(root, target);
        let matrix = attribute(&chain, "matrix");
        let all = combinations(matrix.map_or(&[][..], Node::entries)).into_iter();
        let recipes = all.filter_map(|binding| recipe(file, root, (target, &chain, &binding)));
        recipes.collect::<Vec<Recipe>>()
    });
    recipes.collect()
}

/// A target and those that it inherits from, what wins first.
fn chain<'a>(root: &'a Node, target: &'a Entry) -> Vec<&'a Node> {
    let mut chain = vec![&target.value];
    let mut at = 0;
    while let Some(next) = chain.get(at).filter(|_| at < MAX_INHERITANCE) {
        let parents = next.get("inherits").map_or(&[][..], Node::items);
        let parents = parents.iter().rev().filter_map(Node::as_str);
        let found = parents.filter_map(|name| root.at(&["target", name]));
        let found: Vec<&Node> = found.collect();
        at += 1;
        // What a parent inherits comes behind it, and before the parents that it wins over.
        let rest = chain.split_off(at);
        chain.extend(found.into_iter().chain(rest));
    }
    chain.truncate(MAX_INHERITANCE);
    chain
}

fn attribute<'a>(chain: &[&'a Node], name: &str) -> Option<&'a Node> {
    chain.iter().find_map(|target| target.get(name))
}

fn recipe(
    file: &SourceFile,
    root: &Node,
    (target, chain, binding): (&Entry, &[&Node], &Binding<'_>),
) -> Option<Recipe> {
    let value = |inner: &str| value(root, binding, inner);
    let filled = |text: &str| filled(text, &value);
    let text = |name: &str| Some(filled(&scalar(attribute(chain, name)?)));
    let tags = attribute(chain, "tags").map_or(&[][..], Node::items);
    let tags: Vec<String> = tags.iter().map(|tag| filled(&scalar(tag))).collect();
    let name = || text("name").unwrap_or_else(|| target.key.to_string());
    let is_override = file.path.contains(".override.");
    let context = text("context");
    let draft = Draft {
        tool: Tool::Bake,
        // What is built without a tag is called after its target.
        images: if tags.is_empty() { vec![name()] } else { tags },
        home: folder(&file.path).to_owned(),
        context: context.or_else(|| (!is_override).then(|| ".".to_owned()))?,
        place: target.key_span,
    };
    if attribute(chain, "dockerfile-inline").is_some() {
        return draft.without();
    }
    let recipe = draft.inside(text("dockerfile").as_deref())?;
    let arguments = arguments(attribute(chain, "args"), &filled);
    Some(recipe.with(text("target"), arguments))
}

/// The value of a name: of the matrix, or the default of a variable.
fn value(root: &Node, binding: &Binding<'_>, name: &str) -> Option<String> {
    let default = || {
        let default = scalar(root.at(&["variable", name, "default"])?);
        // A default that is made of other variables is not followed.
        (!default.contains('$')).then_some(default)
    };
    bound(binding, name).or_else(default)
}
