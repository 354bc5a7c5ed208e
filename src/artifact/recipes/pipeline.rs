//! Pipelines of GitHub and GitLab: steps that build and push an image.
//!
//! Source: GitHub's workflow syntax, the inputs of `docker/build-push-action` and `docker/metadata-action`, and the
//! reference of `.gitlab-ci.yml`.

use super::{
    Binding, Draft, MAX_COMBINATIONS, Recipe, Tool, UNTOLD, argument, bound, combinations, joined,
    scalar, shell,
};
use crate::document::{Entry, Node};
use crate::source::Span;

/// How often what an expression stands for is looked for expressions.
const MAX_NESTING: usize = 4;

/// What a workflow of GitHub builds; `home` is the folder of its repository.
pub(super) fn github(home: &str, root: &Node) -> Vec<Recipe> {
    let jobs = root.get("jobs").map_or(&[][..], Node::entries).iter();
    let recipes = jobs.flat_map(|job| of_job(home, root, &job.value));
    recipes.collect()
}

/// A job of a workflow, with one combination of its matrix.
#[derive(Clone, Copy)]
struct Job<'a> {
    root: &'a Node,
    node: &'a Node,
    steps: &'a [Node],
    matrix: &'a [(&'a str, &'a Node)],
}

fn of_job(home: &str, root: &Node, node: &Node) -> Vec<Recipe> {
    let steps = node.get("steps").map_or(&[][..], Node::items);
    let all = bindings(node.at(&["strategy", "matrix"]));
    let mut found: Vec<Recipe> = Vec::new();
    for matrix in &all {
        let job = Job {
            root,
            node,
            steps,
            matrix,
        };
        let recipes = steps.iter().flat_map(|step| of_step(home, job, step));
        for recipe in recipes {
            // A step that does not look at the matrix builds the same each time.
            if !found.contains(&recipe) {
                found.push(recipe);
            }
        }
    }
    found
}

fn of_step(home: &str, job: Job<'_>, step: &Node) -> Vec<Recipe> {
    let uses = step.str_at(&["uses"]).unwrap_or("");
    if uses.starts_with("docker/build-push-action@") {
        return action(home, job, step).into_iter().collect();
    }
    let Some(script) = step.get("run") else {
        return Vec::new();
    };
    let folder = [step, job.node, job.root].into_iter().find_map(|level| {
        level
            .get("working-directory")
            .or_else(|| level.at(&["defaults", "run", "working-directory"]))
    });
    let folder = folder.map_or(String::new(), |folder| job.text(step, folder));
    let Some(home) = joined(home, &folder) else {
        return Vec::new();
    };
    let place = script.span;
    let script = job.text(step, script);
    shell::builds(&script, &home, place, &|name| {
        job.variable(step, name, MAX_NESTING)
    })
}

/// The build of a step that uses `docker/build-push-action`.
fn action(home: &str, job: Job<'_>, step: &Node) -> Option<Recipe> {
    let input = |name: &str| Some(job.text(step, step.at(&["with", name])?));
    let lines = |name: &str| {
        let text = input(name).unwrap_or_default();
        let lines = text.split(['\n', ',']).map(str::trim);
        let lines = lines.filter(|line| !line.is_empty());
        lines.map(str::to_owned).collect::<Vec<String>>()
    };
    let tags = step.at(&["with", "tags"]);
    let context = input("context").unwrap_or_default();
    // The default is the repository as it was pushed.
    let context = context.trim_start_matches(DEFAULT_CONTEXT);
    let draft = Draft {
        tool: Tool::Pipeline,
        images: job.metadata(step, tags?).unwrap_or_else(|| lines("tags")),
        home: home.to_owned(),
        context: context.trim_start_matches(':').to_owned(),
        place: tags?.span,
    };
    let recipe = draft.beside(input("file").filter(|file| !file.is_empty()).as_deref())?;
    let text = input("build-args").unwrap_or_default();
    let arguments = text.lines().map(|line| argument(line, &str::to_owned));
    Some(recipe.with(input("target"), arguments.collect()))
}

/// What `docker/build-push-action` takes for the repository itself.
const DEFAULT_CONTEXT: &str = "{{defaultContext}}";

impl Job<'_> {
    /// The text of an input of a step, with what expressions stand for.
    fn text(self, step: &Node, node: &Node) -> String {
        self.filled(step, &scalar(node), MAX_NESTING)
    }

    fn filled(self, step: &Node, text: &str, nesting: usize) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${{") {
            out.push_str(before);
            let (inner, behind) = after.split_once("}}").unwrap_or((after, ""));
            match self.value(step, inner.trim(), nesting) {
                Some(value) => out.push_str(&value),
                None => out.push(UNTOLD),
            }
            rest = behind;
        }
        out.push_str(rest);
        out
    }

    /// The value of an expression that is a name of the matrix or of a variable.
    fn value(self, step: &Node, expression: &str, nesting: usize) -> Option<String> {
        let nesting = nesting.checked_sub(1)?;
        let (context, name) = expression.split_once('.')?;
        match context {
            // What a combination does not have is empty.
            "matrix" => Some(bound(self.matrix, name).unwrap_or_default()),
            "env" => self.variable(step, name, nesting),
            _ => None,
        }
    }

    /// The value of a variable of a step.
    fn variable(self, step: &Node, name: &str, nesting: usize) -> Option<String> {
        let levels = [step, self.node, self.root];
        let mut values = levels.iter().filter_map(|level| level.at(&["env", name]));
        let value = scalar(values.next()?);
        Some(self.filled(step, &value, nesting))
    }

    /// The images that `docker/metadata-action` is given, where a text is what it puts out.
    fn metadata(self, step: &Node, tags: &Node) -> Option<Vec<String>> {
        let text = tags.as_str()?.trim();
        let expression = text.strip_prefix("${{")?.strip_suffix("}}")?.trim();
        let id = expression
            .strip_prefix("steps.")?
            .strip_suffix(".outputs.tags")?;
        let mut steps = self.steps.iter();
        let told = steps.find(|step| step.str_at(&["id"]) == Some(id))?;
        let uses = told.str_at(&["uses"])?;
        let images = told.at(&["with", "images"])?;
        let images = self.text(step, images);
        let lines = images
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty());
        // A line can be a name, or a list of settings with one.
        let names = lines.filter_map(|line| {
            let mut parts = line.split(',');
            let named = parts.find_map(|part| part.trim().strip_prefix("name="));
            named.or_else(|| (!line.contains('=')).then_some(line))
        });
        uses.starts_with("docker/metadata-action@")
            .then(|| names.map(str::to_owned).collect())
    }
}

/// Every combination of a matrix with what it includes; one of nothing without a matrix.
///
/// What is included goes into the combinations that it agrees with, and is one of its own where it agrees with none.
fn bindings(matrix: Option<&Node>) -> Vec<Binding<'_>> {
    let entries = matrix.map_or(&[][..], Node::entries).iter();
    let is_list = |entry: &&Entry| entry.key != "include" && entry.key != "exclude";
    let lists: Vec<&Entry> = entries.filter(is_list).collect();
    let included = matrix.and_then(|matrix| matrix.get("include"));
    let is_told = matrix.is_none_or(|matrix| matrix.as_map().is_some())
        && included.is_none_or(|included| included.as_list().is_some());
    if !is_told {
        return Vec::new();
    }
    let mut all = combinations(lists.iter().copied());
    let included = included.map_or(&[][..], Node::items);
    if lists.is_empty() && !included.is_empty() {
        all.clear();
    }
    for item in included.iter().take(MAX_COMBINATIONS) {
        let own = || {
            item.entries()
                .iter()
                .map(|entry| (entry.key.as_str(), &entry.value))
        };
        let agrees = |binding: &Binding<'_>| {
            binding
                .iter()
                .filter(|(name, _)| lists.iter().any(|list| list.key == **name))
                .all(|(name, value)| {
                    item.get(name)
                        .is_none_or(|other| scalar(other) == scalar(value))
                })
        };
        let mut is_new = true;
        for binding in all.iter_mut().filter(|_| !lists.is_empty()) {
            if agrees(binding) {
                binding.extend(own());
                is_new = false;
            }
        }
        if is_new {
            all.push(own().collect());
        }
    }
    all
}

/// What the jobs of `.gitlab-ci.yml` build.
pub(super) fn gitlab(home: &str, root: &Node) -> Vec<Recipe> {
    let jobs = root.entries().iter();
    let recipes = jobs.flat_map(|job| {
        let value = |name: &str| {
            let mut values = [&job.value, root].into_iter().filter_map(|level| {
                let value = level.at(&["variables", name])?;
                Some(value.get("value").map_or_else(|| scalar(value), scalar))
            });
            values.next().filter(|value| !value.contains('$'))
        };
        let script = script(&job.value);
        script.map_or_else(Vec::new, |(text, place)| {
            shell::builds(&text, home, place, &value)
        })
    });
    recipes.collect()
}

/// The script of a job in one text.
fn script(job: &Node) -> Option<(String, Span)> {
    let script = job.get("script")?;
    let lines = script.items().iter().filter_map(Node::as_str);
    let text = match script.as_str() {
        Some(text) => text.to_owned(),
        None => lines.collect::<Vec<&str>>().join("\n"),
    };
    Some((text, script.span))
}
