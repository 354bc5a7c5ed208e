//! What a run looked at, in numbers that add up.

use std::collections::BTreeMap;

/// How many files and documents were seen, and what became of each.
///
/// `files_seen` is the sum of `files`; `documents_seen` is the sum of `documents`. A file whose name does not say that
/// it may be an artifact is not seen at all.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Coverage {
    /// Files whose name says that they may hold an artifact, and files named explicitly.
    pub files_seen: usize,
    /// Files by state: `checked`, `not-rendered`, `syntax-error`, `skipped`.
    pub files: BTreeMap<&'static str, usize>,
    /// Skipped files by reason.
    pub skipped: BTreeMap<&'static str, usize>,
    /// Documents in those files that could be read; a Dockerfile or a list of packages is one document.
    pub documents_seen: usize,
    /// Documents by the same states.
    pub documents: BTreeMap<&'static str, usize>,
    /// Artifacts by kind: `dockerfile`, `object`, `collector`, `dependencies`.
    pub artifacts: BTreeMap<&'static str, usize>,
    /// Evaluations by result: `holds`, `fails`, `unknown`, `not-applicable`.
    pub evaluations: BTreeMap<&'static str, usize>,
}

/// The states of files and documents.
const STATES: [&str; 4] = ["checked", "not-rendered", "syntax-error", "skipped"];

impl Coverage {
    /// No files, with every state at zero so that each is always shown.
    pub fn empty() -> Self {
        let zeros = || STATES.iter().map(|state| (*state, 0)).collect();
        Self {
            files: zeros(),
            documents: zeros(),
            ..Self::default()
        }
    }

    /// Counts a file in its state.
    pub fn count_file(&mut self, state: &'static str, skipped: Option<&'static str>) {
        self.files_seen += 1;
        *self.files.entry(state).or_default() += 1;
        if let Some(reason) = skipped {
            *self.skipped.entry(reason).or_default() += 1;
        }
    }

    /// Counts a document in its state.
    pub fn count_document(&mut self, state: &'static str) {
        self.documents_seen += 1;
        *self.documents.entry(state).or_default() += 1;
    }

    /// Whether any artifact was found.
    pub fn has_artifacts(&self) -> bool {
        self.artifacts.values().any(|count| *count > 0)
            || self
                .files
                .get("syntax-error")
                .is_some_and(|count| *count > 0)
    }
}
