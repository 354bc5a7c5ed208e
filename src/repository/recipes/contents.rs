//! What goes into an image: the steps of every stage that it takes something from.
//!
//! Steps of other images are not among the files. Where something is copied from one the list is open, except for the
//! images that hold one program and nothing else.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::document::{List, Node, Reason, Value};
use crate::expr::parse_image;

/// Images that are there to copy an installer from.
const INSTALLERS: [&str; 1] = ["uv"];

/// The instructions that an image is made by, in the order of the file.
pub(super) fn steps(stage: &Node, root: &Node) -> Node {
    let stages = root.get("stages").map_or(&[][..], Node::items);
    let mut found: BTreeMap<u32, &Node> = BTreeMap::new();
    let mut open = None;
    let mut waiting = vec![stage];
    while let Some(stage) = waiting.pop() {
        for step in stage.get("instructions").map_or(&[][..], Node::items) {
            if found.contains_key(&step.span.start) {
                continue;
            }
            found.insert(step.span.start, step);
            match source(step, stages) {
                Source::None => {}
                Source::Stage(stage) => waiting.push(stage),
                Source::Elsewhere => {
                    open = Some(Reason::Elsewhere(
                        "the image that files are copied from".into(),
                    ));
                }
            }
        }
    }
    let items = found.into_values().cloned().collect();
    Node::new(stage.span, Value::List(Arc::new(List::new(items, open))))
}

/// Where a step takes files from, apart from the folder that is built.
enum Source<'a> {
    None,
    Stage(&'a Node),
    Elsewhere,
}

fn source<'a>(step: &Node, stages: &'a [Node]) -> Source<'a> {
    let Some(from) = step.at(&["flags", "from"]) else {
        return Source::None;
    };
    let Some(name) = from.as_str() else {
        return Source::Elsewhere;
    };
    let is_called = |stage: &&Node| {
        let own = stage.str_at(&["name"]);
        own.is_some_and(|own| own.eq_ignore_ascii_case(name))
    };
    let by_number = || stages.get(name.parse::<usize>().ok()?);
    match stages.iter().find(is_called).or_else(by_number) {
        Some(stage) => Source::Stage(stage),
        None if INSTALLERS.contains(&parse_image(name).name.as_str()) => Source::None,
        None => Source::Elsewhere,
    }
}
