//! Images and numbers of replicas that a kustomization sets.
//!
//! Source: the reference of kustomize, `images` and `replicas`.

use crate::document::{Node, Value};

use super::build::Object;
use super::builds::{Kustomization, list};
use super::tree::{overlay, unknown, with_entry, with_items, with_value};

/// Kinds whose replicas are set.
const SCALED: [&str; 4] = [
    "Deployment",
    "ReplicaSet",
    "ReplicationController",
    "StatefulSet",
];

/// Sets the replicas of workloads by name.
pub(super) fn scale(one: &Kustomization<'_>, objects: &mut [Object]) {
    for entry in list(one.root, "replicas") {
        let (Some(name), Some(count)) = (entry.str_at(&["name"]), entry.get("count")) else {
            continue;
        };
        for object in objects.iter_mut().filter(|object| object.is_called(name)) {
            let kind = object.root.str_at(&["kind"]).unwrap_or("");
            if SCALED.contains(&kind)
                && let Some(root) = with_value(&object.root, &["spec", "replicas"], count)
            {
                object.root = root;
            }
        }
    }
}

/// Sets the images of containers by the name of the image.
pub(super) fn exchange(one: &Kustomization<'_>, objects: &mut [Object]) {
    for entry in list(one.root, "images") {
        for object in objects.iter_mut() {
            if object.root.str_at(&["kind"]) != Some("CustomResourceDefinition") {
                object.root = with_image(&object.root, entry);
            }
        }
    }
}

/// A tree in which the containers that run the image of an entry run what the entry says.
fn with_image(node: &Node, entry: &Node) -> Node {
    let within = |node: &Node| with_image(node, entry);
    if node.as_list().is_some() {
        return with_items(node, node.items().iter().map(within).collect());
    }
    node.entries().iter().fold(node.clone(), |node, field| {
        if field.value.as_map().is_none() && field.value.as_list().is_none() {
            return node;
        }
        let is_containers = ["containers", "initContainers"].contains(&field.key.as_str());
        if is_containers && field.value.as_list().is_some() {
            return with_entry(&node, &field.key, |list| {
                let items = list.items().iter();
                with_items(
                    list,
                    items
                        .map(|container| of_container(container, entry))
                        .collect(),
                )
            });
        }
        with_entry(&node, &field.key, within)
    })
}

fn of_container(container: &Node, entry: &Node) -> Node {
    let image = container.get("image");
    let text = image.and_then(Node::as_str);
    match (text, entry.str_at(&["name"])) {
        (Some(text), Some(name)) if parts(text).0 == name => {
            with_entry(container, "image", |image| exchanged(image, text, entry))
        }
        _ => container.clone(),
    }
}

/// Name, tag with its colon, and digest with its sign.
fn parts(image: &str) -> (&str, &str, &str) {
    let (rest, digest) = image.split_at(image.find('@').unwrap_or(image.len()));
    let last = rest.rfind('/').map_or(0, |slash| slash + 1);
    let colon = rest.get(last..).and_then(|rest| rest.find(':'));
    let (name, tag) = rest.split_at(colon.map_or(rest.len(), |colon| last + colon));
    (name, tag, digest)
}

/// What an entry of `images` makes of an image; it stands where the entry says most.
fn exchanged(image: &Node, text: &str, entry: &Node) -> Node {
    let (name, tag, digest) = parts(text);
    let set = |key: &str| entry.get(key).filter(|value| !value.is_null());
    let (new_name, new_tag, new_digest) = (set("newName"), set("newTag"), set("digest"));
    let place = new_digest.or(new_tag).or(new_name).unwrap_or(image).span;
    let Some(name) = new_name.map_or(Some(name), Node::as_str) else {
        return unknown(image);
    };
    let told = match (new_digest, new_tag) {
        (Some(digest), _) => digest.as_str().map(|digest| format!("@{digest}")),
        (None, Some(tag)) => tag.value.told().map(|tag| format!(":{tag}")),
        (None, None) => Some(format!("{tag}{digest}")),
    };
    if let Some(told) = told.filter(|_| entry.get("tagSuffix").is_none()) {
        return Node::string(place, format!("{name}{told}"));
    }
    let likely = ["0.0.0", "latest"].map(|tag| Value::Str(format!("{name}:{tag}").into()));
    Node::of_kind(image.span, text, overlay(), likely)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_a_name_a_tag_and_a_digest() {
        assert_eq!(
            parts("r:5000/a/b:1@sha256:0"),
            ("r:5000/a/b", ":1", "@sha256:0")
        );
        assert_eq!(parts("r:5000/a/b"), ("r:5000/a/b", "", ""));
    }
}
