//! Runs the examples of rules: what `spanguard test` does.

use crate::artifact::candidate;
use crate::config::{Level, RuleSetting, Settings};
use crate::engine::judge;
use crate::engine::select::{Active, active};
use crate::policy::{Example, PolicySet, Rule};
use crate::repository::Repository;
use crate::source::{FileId, SourceFile, Span, offset};

/// An example that did not come out as its rule says.
#[derive(Debug, Clone)]
pub struct ExampleFailure {
    /// The id of the rule.
    pub rule: String,
    /// The policy file.
    pub file: SourceFile,
    /// Where the example stands in it.
    pub place: Span,
    /// What came out instead.
    pub message: String,
}

/// Runs every example of a rule.
pub fn run_examples(policies: &PolicySet, rule: &Rule) -> Vec<ExampleFailure> {
    let all = rule.pass.iter().chain(&rule.fail);
    all.filter_map(|example| run(policies, rule, example))
        .collect()
}

fn run(policies: &PolicySet, rule: &Rule, example: &Example) -> Option<ExampleFailure> {
    let failure = |message: String| {
        Some(ExampleFailure {
            rule: rule.id.to_string(),
            file: rule.file.clone(),
            place: example.place,
            message,
        })
    };
    if let Some((path, _)) = example
        .files
        .iter()
        .find(|(path, _)| candidate(path).is_none())
    {
        return failure(format!("no file called `{path}` is ever read"));
    }
    let mut files: Vec<(String, String)> = example.files.clone();
    files.sort();
    let files = (0..)
        .zip(files)
        .map(|(index, (path, text))| SourceFile::new(FileId(offset(index)), path, text));
    let repository = Repository::build(files.collect());
    if let Some(error) = repository
        .readings
        .iter()
        .flat_map(|reading| &reading.errors)
        .next()
    {
        return failure(format!("the example does not parse: {}", error.error));
    }
    let settings = settings(rule, example);
    let (all, problems) = active(policies, &settings);
    if let Some(problem) = problems.first() {
        return failure(problem.message.clone());
    }
    let one: Vec<Active<'_>> = all
        .into_iter()
        .filter(|active| active.rule.id == rule.id)
        .collect();
    let report = judge(&repository, &one);
    let mut found: Vec<(String, u32)> = Vec::new();
    for finding in &report.findings {
        let file = repository.file(finding.span.file)?;
        found.push((
            file.path.to_string(),
            file.position(finding.span.start).line,
        ));
    }
    let mut expected = example.expected.clone();
    found.sort();
    expected.sort();
    if found == expected {
        return None;
    }
    failure(format!(
        "expected {}, and found {}",
        lines(&expected),
        lines(&found)
    ))
}

/// Switches the rule on, with the example's parameters.
fn settings(rule: &Rule, example: &Example) -> Settings {
    let mut settings = Settings::default();
    let params = example
        .params
        .iter()
        .map(|(name, value)| (name.clone(), value.span, value.clone()));
    let setting = RuleSetting {
        place: None,
        severity: Some(Level::On(rule.severity())),
        params: params.collect(),
    };
    settings.rules.insert(rule.id.to_string(), setting);
    settings
}

fn lines(places: &[(String, u32)]) -> String {
    if places.is_empty() {
        return "nothing".to_owned();
    }
    let shown: Vec<String> = places
        .iter()
        .map(|(path, line)| format!("{path}:{line}"))
        .collect();
    shown.join(", ")
}
