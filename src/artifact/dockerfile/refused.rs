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

/// Why Docker refuses an instruction.
pub(super) fn reasons(instruction: &Instruction) -> Vec<ParseError> {
    let mut found = Vec::new();
    let mut refuse = |word: Option<&Word>, message: String| {
        if let Some(span) = word.map(|word| word.span).or(instruction.keyword_span) {
            found.push(ParseError { span, message });
        }
    };
    let keyword = instruction.keyword;
    if instruction.onbuild && NOT_LATER.contains(&keyword) {
        refuse(None, format!("{keyword} cannot stand behind ONBUILD"));
    }
    let flags = FLAGS.iter().find(|(name, _)| *name == keyword);
    let known = flags.map_or(&[][..], |(_, flags)| flags);
    for (flag, _) in &instruction.flags {
        if !known.contains(&flag.text.as_str()) {
            refuse(
                Some(flag),
                format!("{keyword} has no flag `--{}`", flag.text),
            );
        }
    }
    if keyword == "ENV" || keyword == "LABEL" {
        for pair in instruction.pairs.iter().filter(|pair| pair.value.is_none()) {
            let message = format!("`{}` has no value: write `name=value`", pair.key.text);
            refuse(Some(&pair.key), message);
        }
    }
    if let Some(alias) = instruction
        .alias
        .as_ref()
        .filter(|alias| !is_stage_name(&alias.text))
    {
        let message = format!(
            "`{}` is no name for a stage: a letter first, then letters, digits, `-`, `_` and `.`",
            alias.text
        );
        refuse(Some(alias), message);
    }
    found
}

fn is_stage_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}
