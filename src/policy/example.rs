//! The examples of a rule: small files with the lines on which it must find something.

use crate::document::Node;
use crate::repository::SubjectKind;

/// What ends a line on which a finding is expected. It is removed before the example is read.
pub const MARKER: &str = "# <-- here";

/// One example.
#[derive(Debug, Clone)]
pub struct Example {
    /// Texts by path, markers removed.
    pub files: Vec<(String, String)>,
    /// Paths and lines, from 1, on which a finding is expected; a line stands as often as it has markers.
    pub expected: Vec<(String, u32)>,
    /// Values for parameters.
    pub params: Vec<(String, Node)>,
    /// Where the example stands in its policy file.
    pub place: crate::source::Span,
}

/// Reads an example that the policy's shape has accepted.
pub(super) fn read(node: &Node, subject: SubjectKind) -> Example {
    let mut example = Example {
        files: Vec::new(),
        expected: Vec::new(),
        params: Vec::new(),
        place: node.span,
    };
    if let Some(text) = node.as_str() {
        example.add(default_path(subject, text), text);
    }
    for entry in node.get("files").map_or(&[][..], Node::entries) {
        example.add(&entry.key, entry.value.as_str().unwrap_or(""));
    }
    for entry in node.get("params").map_or(&[][..], Node::entries) {
        example
            .params
            .push((entry.key.to_string(), entry.value.clone()));
    }
    example
}

/// The path of an example that is a text: a Dockerfile if it looks like one, else YAML.
fn default_path(subject: SubjectKind, text: &str) -> &'static str {
    let is_dockerfile = matches!(
        subject,
        SubjectKind::Dockerfile | SubjectKind::Stage | SubjectKind::Instruction
    ) || text.lines().any(|line| line.starts_with("FROM "));
    if is_dockerfile {
        "Dockerfile"
    } else {
        "example.yaml"
    }
}

impl Example {
    fn add(&mut self, path: &str, text: &str) {
        let mut clean = String::new();
        for (number, line) in (1..).zip(text.lines()) {
            let mut line = line;
            while let Some(rest) = line.trim_end().strip_suffix(MARKER) {
                self.expected.push((path.to_owned(), number));
                line = rest.trim_end();
            }
            clean.push_str(line);
            clean.push('\n');
        }
        self.files.push((path.to_owned(), clean));
    }
}
