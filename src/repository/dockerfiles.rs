//! Dockerfiles, their stages and instructions as subjects.

use crate::document::{MapBuilder, Node};
use crate::expr::parse_image;
use crate::repository::{Subject, SubjectKind, derived, environments, language};
use crate::source::SourceFile;

pub(super) fn subjects(file: &SourceFile, raw: &Node, found: &mut Vec<Subject>) {
    let stages: Vec<Node> = raw
        .get("stages")
        .map_or(&[][..], Node::items)
        .iter()
        .map(stage)
        .collect();
    let Some(last) = stages.last().cloned() else {
        return;
    };
    let label = raw.label();
    let language = language::of_stage(&last);
    let root = MapBuilder::new(raw.span)
        .label(label)
        .share(raw, "path")
        .put("stages", Node::list(label, stages.clone()))
        .put("language", language.clone())
        .put("final_stage", last.clone())
        .build();
    let subject = |kind, node: &Node, bindings, object| {
        Subject::new(kind, (file.id, node.label()), object, bindings)
    };
    found.push(subject(
        SubjectKind::Dockerfile,
        &root,
        vec![root.clone()],
        "image".to_owned(),
    ));
    for (number, stage) in stages.iter().enumerate() {
        let name = stage_name(stage, number);
        found.push(subject(
            SubjectKind::Stage,
            stage,
            vec![stage.clone(), root.clone()],
            name.clone(),
        ));
        for (index, instruction) in own_instructions(raw, number, stage).enumerate() {
            let object = format!(
                "{name}/{}/{index}",
                instruction.str_at(&["keyword"]).unwrap_or("")
            );
            let bindings = vec![instruction.clone(), stage.clone(), root.clone()];
            found.push(subject(
                SubjectKind::Instruction,
                instruction,
                bindings,
                object,
            ));
        }
    }
    found.push(environments::of_image(file, &last, &language));
}

fn stage_name(stage: &Node, number: usize) -> String {
    match stage.str_at(&["name"]) {
        Some(name) if !name.is_empty() => format!("stage/{name}"),
        _ => format!("stage/{number}"),
    }
}

/// The instructions of a stage without those that it inherits, which belong to the stage that they stand in.
fn own_instructions<'a>(
    raw: &Node,
    number: usize,
    stage: &'a Node,
) -> impl Iterator<Item = &'a Node> {
    let start = raw
        .get("stages")
        .and_then(|stages| stages.items().get(number))
        .map_or(0, |stage| stage.span.start);
    let all = stage.get("instructions").map_or(&[][..], Node::items);
    all.iter()
        .filter(move |instruction| instruction.span.start >= start)
}

/// A stage as rules see it.
pub(super) fn stage(raw: &Node) -> Node {
    if raw.as_map().is_none() {
        return raw.clone();
    }
    let image = raw.get("image").cloned().unwrap_or(Node::null(raw.span));
    let name = image.derive(|text| Some(parse_image(text).name));
    let name = name.unwrap_or(image);
    derived(raw).share_all(raw).put("image_name", name).build()
}
