//! Loads rule files and compiles them, against the subjects' fields, into rules that cannot be half-valid.
//!
//! The main types are [`Rule`] and [`PolicySet`]. A rule is data: one YAML file, whose id is its path below its root.
//! Whatever is wrong in it is a [`PolicyError`] with its place in the file. This room evaluates nothing.

mod compile;
mod edit;
mod example;
mod format;

use std::sync::Arc;

use rayon::prelude::*;

use crate::document::Node;
use crate::document::decode::Problem;
use crate::expr::{Program, Template};
use crate::finding::{RuleInfo, Severity};
use crate::repository::SubjectKind;
use crate::source::SourceFile;

pub use self::edit::{EditAction, EditRule};
pub use self::example::{Example, MARKER};
pub use self::format::POLICY;

/// A rule that is ready to run.
#[derive(Debug)]
pub struct Rule {
    /// Its path below its root, without the ending.
    pub id: Arc<str>,
    /// What it says of itself.
    pub info: RuleInfo,
    /// The profiles that switch it on.
    pub profiles: Vec<String>,
    /// What it looks at.
    pub subject: SubjectKind,
    /// Where it applies; everywhere without.
    pub when: Option<Program>,
    /// What it is evaluated for one by one.
    pub each: Option<Program>,
    /// What must be true.
    pub require: Program,
    /// What to point at instead of what decided.
    pub at: Option<Program>,
    /// Another place to show.
    pub related: Option<Program>,
    /// The places from here to the other end.
    pub flow: Option<Program>,
    /// Rules whose findings on the same line say less about the same mistake.
    pub supersedes: Vec<String>,
    /// What to tell.
    pub message: Template,
    /// How to mend a finding; the first that fits is used.
    pub edits: Vec<EditRule>,
    /// Its parameters, in the order in which expressions expect them.
    pub params: Vec<Parameter>,
    /// What passes.
    pub pass: Vec<Example>,
    /// What fails.
    pub fail: Vec<Example>,
    /// The file that it was read from.
    pub file: SourceFile,
}

/// A value of a rule that settings may change.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its type: `string`, `int`, `bool` or `strings`.
    pub kind: String,
    /// Its value unless settings say otherwise.
    pub default: Node,
    /// What it means.
    pub description: String,
}

impl Parameter {
    /// Whether a value has the parameter's type.
    pub fn fits(&self, value: &Node) -> bool {
        match self.kind.as_str() {
            "string" => value.as_str().is_some(),
            "int" => value.as_int().is_some(),
            "bool" => value.as_bool().is_some(),
            _ => {
                value.as_list().is_some()
                    && value.items().iter().all(|item| item.as_str().is_some())
            }
        }
    }
}

/// What is wrong in a policy file.
#[derive(Debug, Clone)]
pub struct PolicyError {
    /// The file.
    pub file: SourceFile,
    /// What is wrong, and where in it.
    pub problem: Problem,
}

/// Rules by id.
#[derive(Debug, Default)]
pub struct PolicySet {
    /// The rules, sorted by id.
    pub rules: Vec<Rule>,
    /// What could not be loaded.
    pub errors: Vec<PolicyError>,
}

/// The built-in policies: id and text.
const BUILT_IN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/policies.rs"));

/// How much of a policy file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// All of it.
    Whole,
    /// All but the examples, which take most of the time and which a check has no use for.
    WithoutExamples,
}

impl PolicySet {
    /// The rules that come with the program.
    pub fn built_in(reading: Reading) -> Self {
        let mut set = Self::default();
        let files = BUILT_IN.par_iter().map(|(id, text)| {
            let text = match reading {
                Reading::Whole => text,
                Reading::WithoutExamples => text.split("\nexamples:").next().unwrap_or(text),
            };
            compile::rule(id, &format!("policies/{id}.yaml"), text, reading)
        });
        let compiled: Vec<_> = files.collect();
        for rule in compiled {
            set.add(rule);
        }
        set
    }

    /// Adds rules from files, given as id, path and text; a rule of an id that exists replaces it.
    pub fn load(&mut self, files: impl IntoIterator<Item = (String, String, String)>) {
        for (id, path, text) in files {
            let rule = compile::rule(&id, &path, &text, Reading::Whole);
            if let Ok(rule) = &rule {
                self.rules.retain(|other| other.id != rule.id);
            }
            self.add(rule);
        }
        self.rules.sort_by(|a, b| a.id.cmp(&b.id));
    }

    fn add(&mut self, rule: Result<Rule, Vec<PolicyError>>) {
        match rule {
            Ok(rule) => self.rules.push(rule),
            Err(errors) => self.errors.extend(errors),
        }
    }

    /// The rule of an id.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| &*rule.id == id)
    }
}

impl Rule {
    /// Its severity unless settings say otherwise.
    pub fn severity(&self) -> Severity {
        self.info.severity
    }
}

#[cfg(test)]
mod tests;
