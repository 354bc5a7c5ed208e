//! What Docker refuses although it can be split into instructions: unknown flags, variables without a value, names of
//! stages, what `ONBUILD` may not hold. Source: moby/buildkit, `frontend/dockerfile/instructions`.

use super::instruction::Instruction;
use super::words::Word;
use crate::document::yaml::ParseError;

/// The flags of each instruction that has any.
const FLAGS: [(&str, &[&str]); 5] = [
    ("FROM", &["platform"]),
    ("RUN", &["mount", "network", "security", "device"]),
    (
        "COPY",
        &["from", "chown", "chmod", "link", "parents", "exclude"],
    ),
    (
        "ADD",
        &[
            "keep-git-dir",
            "keep-git-submodules",
            "checksum",
            "chown",
            "chmod",
            "link",
            "exclude",
            "unpack",
        ],
    ),
    (
        "HEALTHCHECK",
        &[
            "interval",
            "timeout",
            "start-period",
            "start-interval",
            "retries",
        ],
    ),
];

/// The instructions that `ONBUILD` may not hold.
const NOT_LATER: [&str; 3] = ["FROM", "MAINTAINER", "ONBUILD"];

/// Why Docker refuses an instruction: the first reason, at which it stops.
pub(super) fn reason(instruction: &Instruction) -> Option<ParseError> {
    let refuse = |word: Option<&Word>, message: String| {
        let span = word.map(|word| word.span).or(instruction.keyword_span)?;
        Some(ParseError { span, message })
    };
    let keyword = instruction.keyword;
    if instruction.onbuild && NOT_LATER.contains(&keyword) {
        return refuse(None, format!("{keyword} cannot stand behind ONBUILD"));
    }
    let flags = FLAGS.iter().find(|(name, _)| *name == keyword);
    let known = flags.map_or(&[][..], |(_, flags)| flags);
    let mut flags = instruction.flags.iter().map(|(flag, _)| flag);
    if let Some(flag) = flags.find(|flag| !known.contains(&flag.text.as_str())) {
        let message = format!("{keyword} has no flag `--{}`", flag.text);
        return refuse(Some(flag), message);
    }
    let mut pairs = instruction
        .pairs
        .iter()
        .filter(|_| ["ENV", "LABEL"].contains(&keyword));
    if let Some(pair) = pairs.find(|pair| pair.value.is_none()) {
        let message = if pair.key.text.starts_with('#') {
            "Docker knows no comments behind an instruction".to_owned()
        } else {
            format!("`{}` has no value: write `name=value`", pair.key.text)
        };
        return refuse(Some(&pair.key), message);
    }
    let alias = instruction.alias.as_ref()?;
    if is_stage_name(&alias.text) {
        return None;
    }
    let message = format!(
        "`{}` is no name for a stage: a letter first, then letters, digits, `-`, `_` and `.`",
        alias.text
    );
    refuse(Some(alias), message)
}

fn is_stage_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}
