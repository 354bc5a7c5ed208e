//! Containers with the command line, image and resources that they end up with.

use std::sync::Arc;

use crate::document::{List, MapBuilder, Node, Reason, Value};
use crate::expr::{Image, parse_image};
use crate::repository::index::{Answer, Fit, Index, same};
use crate::repository::recipes::{self, Asked, Built};
use crate::repository::{derived, dockerfiles, untold, variables};
use crate::source::{SourceFile, Span};

/// Everything around a container that has a say in it.
pub(super) struct Surroundings<'a> {
    pub(super) index: &'a Index<'a>,
    pub(super) file: &'a SourceFile,
    pub(super) root: &'a Node,
    pub(super) pod: &'a Node,
    /// The labels of the pods, where they are known.
    pub(super) labels: Option<&'a Node>,
}

/// Whether an init container is always restarted, and so runs beside the others.
/// Source: the Kubernetes documentation, "Sidecar Containers".
pub(super) fn is_sidecar(init: &Node) -> bool {
    init.str_at(&["spec", "restartPolicy"]) == Some("Always")
}

/// The containers under a key of the pod.
pub(super) fn list(around: &Surroundings<'_>, key: &str, is_init: bool) -> Node {
    let Some(list) = around.pod.get(key) else {
        return Node::list(around.pod.label(), Vec::new());
    };
    let Some(known) = list.as_list() else {
        return if list.is_unknown() {
            list.clone()
        } else {
            Node::list(list.span, Vec::new())
        };
    };
    let items = known.items.iter().filter(|item| item.as_map().is_some());
    let items = items.map(|raw| container(around, raw, is_init)).collect();
    let open = known.open.clone();
    Node::new(list.span, Value::List(Arc::new(List::new(items, open))))
}

fn container(around: &Surroundings<'_>, raw: &Node, is_init: bool) -> Node {
    let label = raw.label();
    let image = raw.get("image");
    // An overlay that sets a tag leaves the name.
    let named = image.and_then(|image| image.as_str().map(parse_image).or_else(|| named(image)));
    let of_image = |part: fn(Image) -> String| {
        image.and_then(|image| image.derive(|text| Some(part(parse_image(text)))))
    };
    let (env, entries) = variables::environment(around, raw);
    let mut container = derived(raw);
    container.share(raw, "name").share(raw, "image");
    if let Some(open) = raw.as_map().and_then(|map| map.open.clone()) {
        container.open(open);
    }
    container
        .put_some("image_name", of_image(|image| image.name))
        .put_some("image_tag", of_image(|image| image.tag))
        .put("is_init", Node::bool(label, is_init))
        .put("env", env)
        .put("env_entries", entries)
        .put_some("command", command(raw))
        .put(
            "ports",
            raw.get("ports")
                .cloned()
                .unwrap_or(Node::list(label, Vec::new())),
        );
    let containers = around.pod.get("containers");
    let asked = Asked {
        manifest: &around.file.path,
        workload: around.root.str_at(&["metadata", "name"]),
        namespace: around.root.str_at(&["metadata", "namespace"]),
        container: raw.str_at(&["name"]),
        is_only: !is_init && containers.is_some_and(|all| all.items().len() == 1),
        image: named.as_ref(),
    };
    made_of(&mut container, around.index, asked, raw);
    if let Some(resources) = resources(around, raw) {
        let key = raw.as_map().and_then(|map| map.entry("resources"));
        let key = key.map_or(resources.span, |entry| entry.key_span);
        container.put_at("resources", key, resources);
    }
    container.put("spec", raw.clone()).build()
}

/// An image of which the name is known, and the tag is not.
fn named(image: &Node) -> Option<Image> {
    let Value::Unknown(unknown) = &image.value else {
        return None;
    };
    let Some([Value::Str(one), Value::Str(other)]) = &unknown.likely else {
        return None;
    };
    let (one, other) = (parse_image(one), parse_image(other));
    (one.registry == other.registry && one.repository == other.repository).then_some(one)
}

/// What the files tell of a container's image: the Dockerfile that builds it, and what goes into it.
fn made_of(container: &mut MapBuilder, index: &Index<'_>, asked: Asked<'_>, raw: &Node) {
    let (label, recipes) = (raw.label(), &index.recipes);
    let built = recipes.of(asked);
    let packages = recipes.packages(asked, built.as_ref());
    let built = built.as_ref();
    let stage = built.and_then(Built::stage);
    let lists = match stage {
        Some(_) => lists(index, label, &packages),
        None => untold(label, "the Dockerfile that builds the image"),
    };
    container
        .put_some("built", stage.map(dockerfiles::stage))
        .put_some("recipe", built.map(|built| built.node(label)))
        .put_some("steps", built.and_then(|built| recipes.steps(built)))
        .put_some("release", recipes.release(asked, built).cloned())
        .put("command_line", command_line(raw, stage))
        .put("dependencies", lists)
        .put("packages", recipes::paths(label, &packages));
}

/// What the lists of packages of an image hold; without any, they stand in a place that nothing tells.
fn lists(index: &Index<'_>, label: Span, paths: &[&str]) -> Node {
    let joined = |path: &&str| Some(index.applications.joined(path, index.recipes.list(path)?));
    let items: Vec<Node> = paths.iter().filter_map(joined).collect();
    let open = (items.is_empty()).then(|| Reason::Elsewhere("the list of packages".into()));
    Node::new(label, Value::List(Arc::new(List::new(items, open))))
}

/// The words that the container starts with: `command` takes the place of `ENTRYPOINT` and `CMD`, `args` that of `CMD`.
/// Source: the Kubernetes documentation, "Define a Command and Arguments for a Container".
fn command_line(raw: &Node, stage: Option<&Node>) -> Node {
    let is_stated = |key: &str| raw.get(key).is_some();
    if let Some(stated) = command(raw).filter(|_| is_stated("command")) {
        return stated;
    }
    let openness = raw.as_map().and_then(|map| map.open.clone());
    if let Some(reason) = openness {
        return Node::unknown(raw.label(), "", reason);
    }
    let part = |key: &str| stage.and_then(|stage| stage.get(key));
    let words = |key: &str| part(key).and_then(|part| part.get("words"));
    // A command line of the shell takes no arguments.
    let is_shell = part("entrypoint").and_then(|part| part.str_at(&["form"])) == Some("shell");
    let arguments = match raw.get("args") {
        _ if is_shell => None,
        Some(args) => Some(args),
        None => words("cmd"),
    };
    let of_image = [words("entrypoint"), arguments];
    joined(&of_image.into_iter().flatten().collect::<Vec<_>>())
        .filter(|_| stage.is_some())
        .unwrap_or_else(|| untold(raw.label(), "what the image starts"))
}

/// `command` followed by `args`.
fn command(raw: &Node) -> Option<Node> {
    let parts = ["command", "args"].into_iter();
    joined(&parts.filter_map(|key| raw.get(key)).collect::<Vec<_>>())
}

/// Lists as one list, which is unknown where one of them is; nothing without any.
fn joined(parts: &[&Node]) -> Option<Node> {
    let first = parts.first()?;
    if let Some(unknown) = parts.iter().find(|part| part.is_unknown()) {
        return Some((*unknown).clone());
    }
    let open = parts
        .iter()
        .find_map(|part| part.as_list().and_then(|list| list.open.clone()));
    let items = parts
        .iter()
        .flat_map(|part| part.items().iter().cloned())
        .collect();
    Some(Node::new(
        first.span,
        Value::List(Arc::new(List::new(items, open))),
    ))
}

/// The resources of a container, or of anything that has `resources`, with what a `LimitRange` of the namespace adds;
/// nothing where none are set.
pub(super) fn resources(around: &Surroundings<'_>, raw: &Node) -> Option<Node> {
    let own = raw.as_map().and_then(|map| map.entry("resources"));
    let at = own.map_or(raw.label(), |entry| entry.value.span);
    if let Some(of_pod) = around.pod.get("resources").filter(|_| around.pod != raw) {
        // A pod's own resources are shared by its containers.
        let at = own.map_or(of_pod.span, |entry| entry.value.span);
        let reason = Reason::Opaque("the pod sets resources for all its containers".into());
        return Some(Node::unknown(at, "", reason));
    }
    let namespace = around.root.at(&["metadata", "namespace"]);
    let fits = |range: &Node| {
        let place = range.at(&["metadata", "namespace"]);
        same(place, namespace).and(Fit::sure(for_containers(range).is_some()))
    };
    let range = match limit_range(around, &fits) {
        Answer::None => return own.map(|entry| entry.value.clone()),
        Answer::Unclear => {
            let reason = Reason::Elsewhere("which LimitRange applies".into());
            return Some(Node::unknown(at, "", reason));
        }
        Answer::One(range) => range,
    };
    let defaults = for_containers(range)?;
    let null = Node::null(raw.label());
    let written = own.map_or(&null, |entry| &entry.value);
    let mut resources = MapBuilder::new(written.span);
    resources.label(raw.label());
    for (key, source) in [("limits", "default"), ("requests", "defaultRequest")] {
        let mut part = MapBuilder::new(written.span);
        let most = (key == "limits").then(|| defaults.get("max")).flatten();
        for node in [most, defaults.get(source), written.get(key)]
            .into_iter()
            .flatten()
        {
            part.share_all(node);
        }
        resources.put(key, part.label(raw.label()).build());
    }
    Some(resources.build())
}

/// What a `LimitRange` says of containers.
fn for_containers(range: &Node) -> Option<&Node> {
    let limits = range.at(&["spec", "limits"]).map_or(&[][..], Node::items);
    limits
        .iter()
        .find(|limit| limit.str_at(&["type"]) == Some("Container"))
}

/// The `LimitRange` of a namespace: without the name of one, only that of the same folder.
fn limit_range<'a>(around: &Surroundings<'a>, fits: &dyn Fn(&Node) -> Fit) -> Answer<'a> {
    let is_named = around.root.at(&["metadata", "namespace"]).is_some();
    let (here, unclear) = around.index.beside("LimitRange", around.file, fits);
    match here.as_slice() {
        [range] if !unclear => Answer::One(range),
        [] if !unclear || !is_named => Answer::None,
        _ => Answer::Unclear,
    }
}
