//! Gathers instructions into stages and follows variables and settings through them.
//!
//! A stage starts with what the stage it builds on ended with. What an external base image sets is not in the files,
//! so the environment of a stage stays open unless it starts from `scratch`.

use std::collections::BTreeMap;

use super::instruction::Instruction;
use super::words::{Known, Pair, Variables, Word, expand};
use crate::document::{MapBuilder, Node, Reason};
use crate::source::{FileId, SourceFile, Span};

/// Arguments that `BuildKit` defines without being told.
/// Source: the Dockerfile reference, "Automatic platform ARGs in the global scope".
const PLATFORM_ARGS: [&str; 8] = [
    "TARGETPLATFORM",
    "TARGETOS",
    "TARGETARCH",
    "TARGETVARIANT",
    "BUILDPLATFORM",
    "BUILDOS",
    "BUILDARCH",
    "BUILDVARIANT",
];

/// The most stages of one file; what stands behind them is not read.
pub(super) const MAX_STAGES: usize = 500;

/// A variable of the image: where it is set, and to what.
#[derive(Clone)]
struct Setting {
    key: Span,
    at: Span,
    written: String,
    value: Known,
}

/// One stage while it is read.
#[derive(Clone, Default)]
struct Stage {
    name: String,
    from: Option<Span>,
    image: Option<Node>,
    /// The stage that this one builds on.
    base: Option<usize>,
    scratch: bool,
    args: Variables,
    /// Arguments and variables as an instruction sees them.
    seen: Variables,
    env: BTreeMap<String, Setting>,
    user: Option<Node>,
    workdir: Option<Node>,
    entrypoint: Option<Node>,
    cmd: Option<Node>,
    healthcheck: Option<Node>,
    instructions: Vec<Node>,
}

/// What a build is given for the arguments of a file; nothing for a value that is not told.
pub(super) type Given<'a> = &'a [(String, Option<String>)];

/// What the arguments of a file get their values from.
#[derive(Clone, Copy)]
struct Outside<'a> {
    given: Given<'a>,
    /// The arguments before the first stage.
    global: Option<&'a Variables>,
}

/// The tree of a whole file; nothing for one without a stage.
pub(super) fn build(
    file: &SourceFile,
    instructions: Vec<Instruction>,
    given: Given<'_>,
) -> Option<Node> {
    let escape = super::escape_of(&file.text);
    let mut global = Variables::default();
    for name in PLATFORM_ARGS {
        global.insert(name, Err(Reason::Variable(name.into())));
    }
    let mut stages: Vec<Stage> = Vec::new();
    for instruction in instructions {
        if instruction.keyword == "FROM" {
            if stages.len() >= MAX_STAGES {
                break;
            }
            let stage = open_stage(&instruction, escape, &global, &stages);
            stages.push(stage);
        } else if stages.is_empty() {
            let outside = Outside {
                given,
                global: None,
            };
            declare_args(&instruction, escape, &mut global, outside);
        }
        if let Some(stage) = stages.last_mut() {
            let outside = Outside {
                given,
                global: Some(&global),
            };
            apply(stage, &instruction, (file.id, escape), outside);
        }
    }
    finish(file, &stages)
}

fn open_stage(from: &Instruction, escape: char, global: &Variables, stages: &[Stage]) -> Stage {
    let mut stage = Stage::default();
    let Some(image) = from.words.first() else {
        return stage;
    };
    let name = expand(&image.text, escape, global);
    let base = name.as_ref().ok().and_then(|name| {
        stages
            .iter()
            .rposition(|stage| !stage.name.is_empty() && stage.name.eq_ignore_ascii_case(name))
    });
    if let Some(parent) = base.and_then(|index| stages.get(index)) {
        stage = Stage {
            instructions: Vec::new(),
            ..parent.clone()
        };
    }
    stage.args = global.emptied();
    stage.seen = global.emptied();
    for (name, setting) in &stage.env {
        stage.seen.insert(name, setting.value.clone());
    }
    stage.base = base;
    stage.scratch |= name.as_deref() == Ok("scratch");
    stage.name = from
        .alias
        .as_ref()
        .map(|alias| alias.text.clone())
        .unwrap_or_default();
    stage.from = from.keyword_span.map(|span| span.to(image.span));
    stage.image = Some(known_node(image.span, &image.text, name));
    stage
}

/// `ARG` lines: in a stage, a name without a default takes the global value; what a build is given wins over both.
fn declare_args(arg: &Instruction, escape: char, into: &mut Variables, outside: Outside<'_>) {
    if arg.keyword != "ARG" {
        return;
    }
    for Pair { key, value } in &arg.pairs {
        let mut given = outside.given.iter().filter(|(name, _)| *name == key.text);
        if let Some((name, value)) = given.next() {
            let untold = Err(Reason::Variable(name.as_str().into()));
            into.insert(name, value.clone().map_or(untold, Ok));
            continue;
        }
        let global = outside.global.and_then(|global| global.get(&key.text));
        let known = match (value, global) {
            (_, Some(outer)) if value.is_none() => outer.clone(),
            (Some(value), _) => expand(&value.text, escape, into),
            (None, _) => Err(Reason::Variable(key.text.as_str().into())),
        };
        into.insert(&key.text, known);
    }
}

/// Lets an instruction change what its stage ends with.
fn apply(
    stage: &mut Stage,
    instruction: &Instruction,
    (file, escape): (FileId, char),
    outside: Outside<'_>,
) {
    let node = describe(instruction, (file, escape), &stage.seen);
    if !instruction.onbuild {
        let whole = || Some(node.clone());
        match instruction.keyword {
            "ARG" => {
                declare_args(instruction, escape, &mut stage.args, outside);
                show_args(stage, instruction);
            }
            "ENV" => set_env(stage, instruction, escape),
            "USER" => {
                stage.user = node
                    .get("words")
                    .and_then(|words| words.items().first().cloned());
            }
            "WORKDIR" => {
                let word = node.get("words").and_then(|words| words.items().first());
                stage.workdir = word.map(|word| entered(stage, word));
            }
            "ENTRYPOINT" => {
                stage.entrypoint = whole();
                stage.cmd = None;
            }
            "CMD" => stage.cmd = whole(),
            "HEALTHCHECK" => stage.healthcheck = whole(),
            _ => {}
        }
    }
    stage.instructions.push(node);
}

/// The folder after a `WORKDIR`: one that is relative goes on from the folder before, which a base image may set.
fn entered(stage: &Stage, word: &Node) -> Node {
    let Some(path) = word.as_str().filter(|path| !path.starts_with('/')) else {
        return word.clone();
    };
    match (&stage.workdir, stage.scratch) {
        (Some(before), _) => match before.as_str() {
            Some(before) => {
                let before = before.trim_end_matches('/');
                Node::string(word.span, format!("{before}/{path}"))
            }
            None => before.clone(),
        },
        (None, true) => Node::string(word.span, format!("/{path}")),
        (None, false) => {
            let reason = Reason::Elsewhere("the folder in which the base image starts".into());
            Node::unknown(word.span, path, reason)
        }
    }
}

/// Lets instructions see the arguments that one declares, but for those that a variable hides.
fn show_args(stage: &mut Stage, arg: &Instruction) {
    for Pair { key, .. } in &arg.pairs {
        if let Some(value) = stage.args.get(&key.text)
            && !stage.env.contains_key(&key.text)
        {
            stage.seen.insert(&key.text, value.clone());
        }
    }
}

fn set_env(stage: &mut Stage, env: &Instruction, escape: char) {
    let settings = env.pairs.iter().filter_map(|Pair { key, value }| {
        let value = value.as_ref()?;
        let setting = Setting {
            key: key.span,
            at: value.span,
            written: value.text.clone(),
            value: expand(&value.text, escape, &stage.seen),
        };
        Some((key.text.clone(), setting))
    });
    // The variables of one line do not see each other.
    let settings: Vec<(String, Setting)> = settings.collect();
    for (name, setting) in settings {
        stage.seen.insert(&name, setting.value.clone());
        stage.env.insert(name, setting);
    }
}

/// A text node, or an unknown one.
fn known_node(span: Span, written: &str, value: Known) -> Node {
    match value {
        Ok(text) => Node::string(span, text),
        Err(reason) => Node::unknown(span, written, reason),
    }
}

/// The node of an instruction.
fn describe(
    instruction: &Instruction,
    (file, escape): (FileId, char),
    variables: &Variables,
) -> Node {
    let keyword_span = instruction.keyword_span.unwrap_or(Span::new(file, 0, 0));
    let text_span = instruction.text_span.unwrap_or(keyword_span);
    let whole = keyword_span.to(text_span);
    let expanded =
        |word: &Word| known_node(word.span, &word.text, expand(&word.text, escape, variables));
    let literal = |word: &Word| Node::string(word.span, word.text.as_str());
    let shell = ["RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK", "SHELL"].contains(&instruction.keyword);
    let list = |words: &[Word]| {
        let items = words
            .iter()
            .map(|word| if shell { literal(word) } else { expanded(word) });
        Node::list(text_span, items.collect())
    };
    let mut flags = MapBuilder::new(keyword_span);
    for (name, value) in &instruction.flags {
        let value = value.as_ref().map_or(Node::bool(name.span, true), expanded);
        flags.put_at(&name.text, name.span, value);
    }
    let mut pairs = MapBuilder::new(text_span);
    for Pair { key, value } in &instruction.pairs {
        let value = value.as_ref().map_or(Node::null(key.span), expanded);
        pairs.put_at(&key.text, key.span, value);
    }
    MapBuilder::new(whole)
        .label(whole)
        .put("keyword", Node::string(keyword_span, instruction.keyword))
        .put("text", Node::string(text_span, instruction.text.as_str()))
        .put("form", Node::string(text_span, instruction.form))
        .put("words", list(&instruction.words))
        .put("sources", list(&instruction.sources))
        .put_some(
            "destination",
            instruction.destination.as_ref().map(expanded),
        )
        .put("flags", flags.build())
        .put("pairs", pairs.build())
        .put("heredocs", list(&instruction.heredocs))
        .put("onbuild", Node::bool(keyword_span, instruction.onbuild))
        .build()
}

fn finish(file: &SourceFile, stages: &[Stage]) -> Option<Node> {
    let last = stages.len().checked_sub(1)?;
    let mut chain = vec![false; stages.len()];
    let mut next = Some(last);
    while let Some(index) = next {
        if let Some(seen) = chain.get_mut(index) {
            *seen = true;
        }
        next = stages.get(index).and_then(|stage| stage.base);
    }
    let nodes: Vec<Node> = stages
        .iter()
        .zip(&chain)
        .enumerate()
        .map(|(index, (stage, in_chain))| {
            stage_node(file, stages, stage, (index, index == last, *in_chain))
        })
        .collect();
    let whole = Span::new(file.id, 0, file.text.len());
    let final_stage = nodes.last()?.clone();
    let label = stages.get(last)?.from.unwrap_or(whole);
    Some(
        MapBuilder::new(whole)
            .label(label)
            .put("path", Node::string(label, file.path.as_ref()))
            .put("stages", Node::list(label, nodes))
            .put("final_stage", final_stage)
            .build(),
    )
}

fn stage_node(
    file: &SourceFile,
    stages: &[Stage],
    stage: &Stage,
    (index, is_final, in_chain): (usize, bool, bool),
) -> Node {
    let from = stage.from.unwrap_or(Span::new(file.id, 0, 0));
    let mut env = MapBuilder::new(from);
    env.label(from);
    for (name, setting) in &stage.env {
        env.put_at(
            name,
            setting.key,
            known_node(setting.at, &setting.written, setting.value.clone()),
        );
    }
    let root = root_of(stages, stage);
    if !stage.scratch {
        let image = root
            .image
            .as_ref()
            .and_then(Node::as_str)
            .unwrap_or("the base image");
        env.open(Reason::Elsewhere(format!("what `{image}` sets").into()));
    }
    let image = root.image.clone().unwrap_or(Node::null(from));
    MapBuilder::new(from)
        .label(from)
        .put("name", Node::string(from, stage.name.as_str()))
        .put("index", Node::count(from, index))
        .put("image", image)
        .put("is_final", Node::bool(from, is_final))
        .put("in_final_image", Node::bool(from, in_chain))
        .put("env", env.build())
        .put_some("user", stage.user.clone())
        .put_some("workdir", stage.workdir.clone())
        .put_some("entrypoint", stage.entrypoint.clone())
        .put_some("cmd", stage.cmd.clone())
        .put_some("healthcheck", stage.healthcheck.clone())
        .put(
            "instructions",
            Node::list(from, chain_instructions(stages, stage)),
        )
        .build()
}

/// The stage at the bottom of a chain: the one that starts from an image.
fn root_of<'a>(stages: &'a [Stage], stage: &'a Stage) -> &'a Stage {
    let mut root = stage;
    while let Some(parent) = root.base.and_then(|index| stages.get(index)) {
        root = parent;
    }
    root
}

/// The instructions of a stage after those of the stages that it builds on.
fn chain_instructions(stages: &[Stage], stage: &Stage) -> Vec<Node> {
    let mut chain = vec![stage];
    while let Some(parent) = chain
        .last()
        .and_then(|stage| stage.base)
        .and_then(|index| stages.get(index))
    {
        chain.push(parent);
    }
    chain
        .iter()
        .rev()
        .flat_map(|stage| stage.instructions.iter().cloned())
        .collect()
}
