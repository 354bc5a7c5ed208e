//! The keys of Secrets: those that are written, and those that operators make. Their values are never looked at.
//!
//! Sources: the API of the External Secrets Operator (`ExternalSecret`, `spec.target` and `spec.data`) and of Sealed
//! Secrets (`SealedSecret`, `spec.encryptedData`).

use crate::document::Node;
use crate::repository::containers::Surroundings;
use crate::repository::index::{Answer, same};

/// The key that a reference asks a Secret of the files for, where it surely has none of that name.
pub(super) fn missing_key<'a>(around: &Surroundings<'_>, reference: &'a Node) -> Option<&'a Node> {
    let (name, node) = (reference.get("name")?, reference.get("key")?);
    let key = node.as_str()?;
    let kinds: [(&str, Keys); 3] = [
        ("Secret", written),
        ("SealedSecret", sealed),
        ("ExternalSecret", external),
    ];
    let mut found = None;
    for (kind, keys) in kinds {
        let namespace = around.root.at(&["metadata", "namespace"]);
        let fits = |root: &Node| {
            let own = made_name(root);
            same(own, Some(name)).and(same(root.at(&["metadata", "namespace"]), namespace))
        };
        match around.index.find(kind, around.file, &fits) {
            Answer::None => {}
            Answer::One(root) if found.is_none() => found = Some((root, keys)),
            // Another one may bring the key.
            Answer::One(_) | Answer::Unclear => return None,
        }
    }
    let (root, keys) = found?;
    let keys = keys(root).filter(|_| root.openness().is_none())?;
    (!keys.contains(&key)).then_some(node)
}

/// What reads the keys of an object; nothing where there may be more.
type Keys = fn(&Node) -> Option<Vec<&str>>;

/// The name of the Secret that an object is, or that is made of it.
fn made_name(root: &Node) -> Option<&Node> {
    root.at(&["spec", "target", "name"])
        .or_else(|| root.at(&["spec", "template", "metadata", "name"]))
        .or_else(|| root.at(&["metadata", "name"]))
}

/// A Secret without any key is there for somebody to fill.
fn written(root: &Node) -> Option<Vec<&str>> {
    let is_plain = root
        .get("type")
        .is_none_or(|kind| kind.as_str() == Some("Opaque"));
    let parts = ["data", "stringData"].map(|part| root.get(part));
    let mut keys = Vec::new();
    for part in parts.into_iter().flatten() {
        keys.extend(keys_of(part)?);
    }
    Some(keys).filter(|keys| is_plain && !keys.is_empty())
}

fn sealed(root: &Node) -> Option<Vec<&str>> {
    let templated = root.at(&["spec", "template", "data"]);
    keys_of(root.at(&["spec", "encryptedData"])?).filter(|_| templated.is_none())
}

fn external(root: &Node) -> Option<Vec<&str>> {
    let spec = root.get("spec")?;
    if spec.get("dataFrom").is_some() || spec.at(&["target", "template"]).is_some() {
        return None;
    }
    let data = spec.get("data").filter(|data| data.openness().is_none())?;
    let keys = data.items().iter().map(|item| item.str_at(&["secretKey"]));
    let creates = spec.str_at(&["target", "creationPolicy"]);
    keys.collect::<Option<_>>()
        .filter(|_| creates.is_none_or(|policy| policy == "Owner"))
}

fn keys_of(map: &Node) -> Option<Vec<&str>> {
    let is_known = map.as_map().is_some() && map.openness().is_none();
    let keys = map.entries().iter().map(|entry| entry.key.as_str());
    is_known.then(|| keys.collect())
}
