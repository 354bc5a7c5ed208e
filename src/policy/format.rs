//! The keys of a policy file.

use crate::config::PROFILES;
use crate::document::decode::{Kind, Shape, key};

/// The names of subjects, as the schema lists them.
const SUBJECTS: [&str; 24] = [
    "dockerfile",
    "stage",
    "instruction",
    "object",
    "workload",
    "container",
    "environment",
    "collector",
    "pipeline",
    "component",
    "exposure",
    "hop",
    "trace_path",
    "entrance",
    "call",
    "selection",
    "clash",
    "replacement",
    "service",
    "kafka_cluster",
    "command",
    "code",
    "dependencies",
    "repository",
];

/// A policy file: one rule.
pub static POLICY: Shape = Shape {
    name: "policy",
    keys: &[
        key(
            "title",
            Kind::Text,
            true,
            "A noun phrase that names the problem.",
        ),
        key(
            "severity",
            Kind::Word(&["error", "warning", "note"]),
            true,
            "How bad it is unless settings say otherwise.",
        ),
        key(
            "profiles",
            Kind::Words(&PROFILES),
            false,
            "The profiles that switch the rule on; without this key, every profile does.",
        ),
        key(
            "tags",
            Kind::Texts,
            false,
            "Words to find the rule by, such as its number in a catalogue.",
        ),
        key(
            "subject",
            Kind::Word(&SUBJECTS),
            true,
            "What one evaluation looks at.",
        ),
        key(
            "when",
            Kind::Text,
            false,
            "A CEL test; where it is not true, the rule does not apply.",
        ),
        key(
            "each",
            Kind::Text,
            false,
            "A CEL list; the rule is evaluated for each element, as the variable `item`.",
        ),
        key("require", Kind::Text, true, "A CEL test that must be true."),
        key(
            "at",
            Kind::Text,
            false,
            "A CEL value to point at instead of what decided the test.",
        ),
        key(
            "related",
            Kind::Text,
            false,
            "A CEL value that stands at another place to show, or a list of such values.",
        ),
        key(
            "flow",
            Kind::Text,
            false,
            "A CEL list of texts that each stand at a place, from here to the other end of what is broken.",
        ),
        key(
            "supersedes",
            Kind::Texts,
            false,
            "Rules whose findings on the same line are left out: they say less about the same mistake.",
        ),
        key(
            "message",
            Kind::Text,
            true,
            "One sentence for the person on whose line it stands; `{...}` are CEL values.",
        ),
        key("why", Kind::Text, true, "Why it matters."),
        key("fix", Kind::Text, true, "How to mend it."),
        key(
            "edits",
            Kind::Maps(&EDIT),
            false,
            "Edits of the text that mend a finding; the first that fits is used.",
        ),
        key(
            "params",
            Kind::Named(&PARAMETER),
            false,
            "Values that settings may change, as `params.name` in expressions.",
        ),
        key(
            "references",
            Kind::Texts,
            false,
            "Addresses where the facts come from.",
        ),
        key(
            "examples",
            Kind::Map(&EXAMPLES),
            true,
            "What passes and what fails; `spanguard test` runs them.",
        ),
    ],
};

/// One edit.
static EDIT: Shape = Shape {
    name: "edit",
    keys: &[
        key(
            "when",
            Kind::Text,
            false,
            "A CEL test; where it is not true, the next edit is tried.",
        ),
        key(
            "replace",
            Kind::Text,
            false,
            "A CEL value that stands in the file as a scalar: `text` takes its place.",
        ),
        key(
            "insert",
            Kind::Text,
            false,
            "A path such as `container.resources.limits.memory`: what of it is missing is added, with `text` as the value.",
        ),
        key(
            "append",
            Kind::Text,
            false,
            "A CEL list that stands in the file: `text` becomes its last item.",
        ),
        key(
            "remove",
            Kind::Text,
            false,
            "A CEL value that stands in the file as a scalar: its line, or its part of the line, is taken out.",
        ),
        key(
            "text",
            Kind::Text,
            false,
            "What to write, as it will stand in the file; `{...}` are CEL values.",
        ),
        key(
            "safe",
            Kind::Bool,
            true,
            "Whether `--fix` may write it without `--unsafe-fixes`.",
        ),
    ],
};

/// One parameter.
static PARAMETER: Shape = Shape {
    name: "parameter",
    keys: &[
        key(
            "type",
            Kind::Word(&["string", "int", "bool", "strings"]),
            true,
            "The type of the value; `strings` is a list of texts.",
        ),
        key(
            "default",
            Kind::Any,
            true,
            "The value unless settings say otherwise.",
        ),
        key(
            "description",
            Kind::Text,
            true,
            "What the value means, with its unit.",
        ),
    ],
};

/// The examples of a rule.
static EXAMPLES: Shape = Shape {
    name: "set of examples",
    keys: &[
        key(
            "pass",
            Kind::TextsOrMaps(&EXAMPLE),
            true,
            "Files in which the rule finds nothing.",
        ),
        key(
            "fail",
            Kind::TextsOrMaps(&EXAMPLE),
            true,
            "Files in which the rule finds something on every line that ends with `# <-- here`, and nowhere else.",
        ),
    ],
};

/// An example of several files, or with parameters.
static EXAMPLE: Shape = Shape {
    name: "example",
    keys: &[
        key("files", Kind::Any, true, "Texts by path."),
        key(
            "params",
            Kind::Any,
            false,
            "Values of parameters for this example.",
        ),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::SubjectKind;

    #[test]
    fn the_schema_lists_every_subject() {
        let names: Vec<&str> = SubjectKind::ALL
            .into_iter()
            .map(SubjectKind::name)
            .collect();
        assert_eq!(names, SUBJECTS);
    }
}
