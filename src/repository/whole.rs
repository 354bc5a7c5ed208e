//! The repository as one subject: its objects, and the alerts among them.

use std::sync::Arc;

use crate::artifact::{Artifact, Reading};
use crate::document::{List, MapBuilder, Node, Reason, Value};
use crate::repository::topology::Inventory;
use crate::repository::{Subject, SubjectKind, object_label, object_name};
use crate::source::SourceFile;

/// Kinds of objects that hold alerting rules in the form of the Prometheus operator.
const ALERTING: [&str; 2] = ["PrometheusRule", "VMRule"];

/// The subject; nothing for a repository without an object.
pub(super) fn subject(
    (files, readings): (&[SourceFile], &[Reading]),
    inventory: &Inventory<'_>,
) -> Option<Subject> {
    let mut objects = Vec::new();
    for (file, reading) in files.iter().zip(readings) {
        for artifact in &reading.artifacts {
            if let Artifact::Object(object) = artifact {
                objects.push((file, &object.root));
            }
        }
    }
    let is_alerting = |root: &Node| {
        ALERTING
            .iter()
            .any(|kind| root.str_at(&["kind"]) == Some(kind))
    };
    let rules = || objects.iter().filter(|(_, root)| is_alerting(root));
    let (file, first) = *rules().next().or(objects.first())?;
    let label = object_label(first);
    let alerts = List::new(
        rules().flat_map(|(_, root)| alerts(root)).collect(),
        rules().find_map(|(_, root)| open_alerts(root)),
    );
    let roots = objects.iter().map(|(_, root)| (*root).clone()).collect();
    let node = MapBuilder::new(first.span)
        .label(label)
        .put("objects", Node::list(label, roots))
        .put("alerts", Node::new(label, Value::List(Arc::new(alerts))))
        .put("strays", Node::list(label, inventory.strays().to_vec()))
        .build();
    Some(Subject::new(
        SubjectKind::Repository,
        (file.id, label),
        "repository".to_owned(),
        vec![node],
    ))
}

/// Why an object may hold more alerts than the file shows.
fn open_alerts(root: &Node) -> Option<Reason> {
    let spec = root.get("spec")?;
    let groups = spec.get("groups");
    let items = groups.map_or(&[][..], Node::items);
    let rules = items.iter().filter_map(|group| group.get("rules"));
    let all = [spec].into_iter().chain(groups).chain(items).chain(rules);
    all.into_iter().find_map(Node::openness)
}

/// The alerts of an object; recording rules are none.
fn alerts(root: &Node) -> Vec<Node> {
    let groups = root.at(&["spec", "groups"]).map_or(&[][..], Node::items);
    let rules = groups
        .iter()
        .flat_map(|group| group.get("rules").map_or(&[][..], Node::items));
    let alert = |rule: &Node| {
        let name = rule.get("alert")?;
        let alert = MapBuilder::new(rule.span)
            .label(name.span)
            .put("name", name.clone())
            .share(rule, "expr")
            .share(rule, "for")
            .share(rule, "labels")
            .put("object", Node::string(name.span, object_name(root)))
            .build();
        Some(alert)
    };
    rules.filter_map(alert).collect()
}
