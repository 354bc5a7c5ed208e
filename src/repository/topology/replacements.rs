//! What a collector loses where one of its configurations restates a list of another: lists are replaced, not joined.
//!
//! Source: the `confmap` package of the collector.

use crate::document::{MapBuilder, Node};
use crate::repository::collectors::{normal_id, type_of};
use crate::repository::topology::Parts;
use crate::repository::{Subject, SubjectKind, derived, texts};

/// The lists of a pipeline, called like the sections that declare what they name.
const LISTS: [&str; 3] = ["receivers", "processors", "exporters"];

/// What the last of several configurations leaves out of the lists of those before, which are merged in this order.
pub(super) fn of_configurations(roots: &[&Node]) -> Vec<Node> {
    let mut found = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for root in roots {
        for pipeline in root
            .at(&["service", "pipelines"])
            .map_or(&[][..], Node::entries)
        {
            let name = pipeline.key.as_str();
            if seen.contains(&name) {
                continue;
            }
            seen.push(name);
            for list in LISTS {
                left_out(roots, (name, list), &mut found);
            }
        }
    }
    found
}

/// What the last list of a pipeline leaves out of those before.
fn left_out(roots: &[&Node], (pipeline, list): (&str, &str), found: &mut Vec<Node>) {
    let stated = roots.iter().filter_map(|root| {
        let pipelines = root.at(&["service", "pipelines", pipeline])?;
        let entry = pipelines.as_map()?.entry(list)?;
        Some((entry.key_span, &entry.value))
    });
    let stated: Vec<_> = stated.collect();
    let Some((&(key, last), before)) = stated.split_last() else {
        return;
    };
    if last.openness().is_some() {
        return;
    }
    let ids = |node: &Node| -> Vec<String> {
        let items = node.items().iter();
        items.filter_map(Node::as_str).map(normal_id).collect()
    };
    let kept = ids(last);
    let mut told: Vec<String> = Vec::new();
    for item in before.iter().flat_map(|(_, list)| list.items()) {
        let Some(id) = item.as_str().map(normal_id) else {
            continue;
        };
        if kept.contains(&id) || told.contains(&id) {
            continue;
        }
        let declared = roots.iter().rev().flat_map(|root| {
            let all = root.get(list).map_or(&[][..], Node::entries).iter();
            all.filter(|entry| normal_id(&entry.key) == id)
        });
        let settings = declared.map(|entry| entry.value.clone()).next();
        let at = key.to(last.span);
        let node = MapBuilder::new(at)
            .label(key)
            .put("pipeline", Node::string(key, pipeline))
            .put("list", Node::string(key, list))
            .put("id", Node::string(item.span, id.as_str()))
            .put("type", Node::string(item.span, type_of(&id)))
            .put_some("settings", settings)
            .put("kept", texts(key, kept.iter().map(|id| (key, id.clone()))))
            .build();
        found.push(node);
        told.push(id);
    }
}

/// What the collectors of a repository lose, each at the list that is left.
pub(super) fn subjects(parts: &Parts<'_>) -> Vec<Subject> {
    let of_processes = parts.processes.iter().flat_map(|process| {
        process.replaced.iter().map(|replaced| {
            let text = |key: &str| replaced.str_at(&[key]).unwrap_or("");
            let name = format!("{}/{}/{}", process.name, text("pipeline"), text("id"));
            let mut node = derived(replaced);
            node.share_all(replaced);
            node.put(
                "collector",
                Node::string(process.place, process.name.as_str()),
            );
            Subject::new(
                SubjectKind::Replacement,
                (replaced.label().file, replaced.label()),
                name,
                vec![node.build()],
            )
        })
    });
    of_processes.collect()
}
