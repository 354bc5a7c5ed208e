//! Why a run could not do what it was asked to, with the next step.

use std::error::Error as _;
use std::fmt;
use std::io;

use crate::config::ConfigError;
use crate::discover::PatternError;
use crate::document::decode::Problem;
use crate::output::safe;
use crate::policy::PolicyError;
use crate::source::SourceFile;

/// A failed run.
#[derive(Debug)]
pub(super) struct Failure {
    message: String,
    hints: Vec<String>,
    closed_pipe: bool,
    is_empty: bool,
}

impl Failure {
    /// A failure with what to do next.
    pub(super) fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hints: vec![hint.into()],
            closed_pipe: false,
            is_empty: false,
        }
    }

    /// The same, where there is nothing to do it with.
    pub(super) fn of_nothing(self) -> Self {
        Self {
            is_empty: true,
            ..self
        }
    }

    /// Whether there was nothing to do it with.
    pub(super) fn is_of_nothing(&self) -> bool {
        self.is_empty
    }

    /// Whether the reader of our output went away, which is its right.
    pub(super) fn is_closed_pipe(&self) -> bool {
        self.closed_pipe
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in self.message.lines() {
            writeln!(f, "{}", safe::text(line))?;
        }
        for hint in &self.hints {
            writeln!(f, "  help: {}", safe::text(hint))?;
        }
        Ok(())
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self {
            closed_pipe: error.kind() == io::ErrorKind::BrokenPipe,
            is_empty: false,
            message: format!("error: cannot write: {error}"),
            hints: Vec::new(),
        }
    }
}

impl From<PatternError> for Failure {
    fn from(error: PatternError) -> Self {
        let detail = error.source().map(ToString::to_string).unwrap_or_default();
        Self::new(
            format!("error: {error}: {detail}"),
            "mend the pattern under `include` or `exclude`",
        )
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        match &error {
            ConfigError::Read { source, .. } => Self::new(
                format!("error: {error}: {source}"),
                "name a file that exists with `--config`",
            ),
            ConfigError::NotSettings { .. } => Self::new(
                format!("error: {error}"),
                "name a YAML file with `--config`",
            ),
        }
    }
}

/// A failure for settings that cannot be used, by a command that reports nothing else.
pub(super) fn unusable(file: &SourceFile, problems: &[Problem]) -> Failure {
    let mut message = format!("error: {} cannot be used as it is", file.path);
    for problem in problems {
        let place = at(file, problem.span.start);
        message.extend(["\n  ", &place, ": ", &problem.message]);
        if let Some(help) = &problem.help {
            message.extend([" (", help, ")"]);
        }
    }
    Failure::new(message, "`--no-config` runs without settings")
}

/// A mistake in a policy file with its place, on one line.
pub(super) fn policy_error(error: &PolicyError) -> String {
    let place = at(&error.file, error.problem.span.start);
    format!("error: {place}: {}", error.problem)
}

/// `path:line:column`.
pub(super) fn at(file: &SourceFile, byte: u32) -> String {
    let position = file.position(byte);
    format!("{}:{}:{}", file.path, position.line, position.column)
}
