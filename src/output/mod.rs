//! Renders a report in one format to a writer.
//!
//! Each format is one file with one function. Every byte of a repository is untrusted: [`safe`] neutralises what a
//! terminal or a CI system would obey. This room sees reports, never expressions, artifacts or settings.

pub mod checklist;
mod concise;
mod github;
mod gitlab;
mod json;
mod junit;
mod line_hash;
mod markdown;
pub mod picture;
mod rdjson;
pub mod safe;
mod sarif;
mod terminal;

use std::io::{self, Write};

use crate::finding::{Finding, Report, Severity};
use crate::source::{Position, Span};

/// The formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// Snippets for people.
    Terminal,
    /// One line for each finding.
    Concise,
    /// The whole report for programs.
    Json,
    /// SARIF 2.1.0, made for GitHub code scanning.
    Sarif,
    /// Workflow commands that annotate a pull request.
    Github,
    /// A summary of a CI job.
    Markdown,
    /// GitLab's code quality report.
    Gitlab,
    /// The XML of `JUnit`.
    Junit,
    /// reviewdog's diagnostics.
    Rdjson,
}

impl Format {
    /// Every format with its name, in the order of the documentation.
    pub const ALL: [(&'static str, Self); 9] = [
        ("terminal", Self::Terminal),
        ("concise", Self::Concise),
        ("json", Self::Json),
        ("sarif", Self::Sarif),
        ("github", Self::Github),
        ("markdown", Self::Markdown),
        ("gitlab", Self::Gitlab),
        ("junit", Self::Junit),
        ("rdjson", Self::Rdjson),
    ];
}

/// The JSON Schema of what `json` writes.
pub const REPORT_SCHEMA: &str = include_str!("../../schemas/report.json");

/// The JSON Schema of what a picture in `json` is.
pub const TOPOLOGY_SCHEMA: &str = include_str!("../../schemas/topology.json");

/// How to render for people.
#[derive(Debug, Clone, Default)]
pub struct Look {
    /// Whether to use colours.
    pub color: bool,
    /// Whether to make links that terminals understand.
    pub links: bool,
    /// Less than usual (-1), usual (0), more (1).
    pub verbosity: i8,
    /// Columns of the terminal.
    pub width: usize,
    /// The address below which the files of the repository can be seen at the commit that is checked.
    pub blob: Option<String>,
}

/// Renders a report.
pub fn render(format: Format, report: &Report, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Terminal => terminal::write(report, look, out),
        Format::Concise => concise::write(report, look, out),
        Format::Json => json::write(report, out),
        Format::Sarif => sarif::write(report, out),
        Format::Github => github::write(report, out),
        Format::Markdown => markdown::write(report, look, out),
        Format::Gitlab => gitlab::write(report, out),
        Format::Junit => junit::write(report, out),
        Format::Rdjson => rdjson::write(report, out),
    }
}

/// Path, first and last position of a span.
fn place(report: &Report, span: Span) -> (&str, Position, Position) {
    if let Some(file) = report.file(span.file) {
        (
            &file.path,
            file.position(span.start),
            file.position(span.end),
        )
    } else {
        let start = Position { line: 1, column: 1 };
        ("", start, start)
    }
}

/// The page of a rule: its heading in the list of rules.
pub fn rule_page(id: &str) -> String {
    let anchor = id.replace('/', "");
    let repository = env!("CARGO_PKG_REPOSITORY");
    format!("{repository}/blob/main/policies/README.md#{anchor}")
}

/// How many findings there are of each severity that has some.
fn counts(report: &Report) -> Vec<String> {
    let counts = Severity::ALL.iter();
    let counts = counts.map(|severity| (report.count(*severity), severity.name()));
    let counts = counts.filter(|(count, _)| *count > 0);
    counts
        .map(|(count, name)| format!("{count} {name}{}", plural(count)))
        .collect()
}

/// What a run looked at, as a sentence.
fn coverage_line(report: &Report) -> String {
    let coverage = &report.coverage;
    let states = coverage.files.iter().filter(|(_, count)| **count > 0);
    let states: Vec<String> = states
        .map(|(state, count)| format!("{count} {}", state.replace('-', " ")))
        .collect();
    let kinds = coverage.artifacts.iter();
    let kinds: Vec<String> = kinds.map(|(kind, count)| many(kind, *count)).collect();
    let states = if states.is_empty() {
        String::new()
    } else {
        format!(" ({})", states.join(", "))
    };
    let kinds = if kinds.is_empty() {
        "no artifacts".to_owned()
    } else {
        kinds.join(", ")
    };
    let seen = coverage.files_seen;
    format!("Saw {seen} file{}{states}: {kinds}.", plural(seen))
}

/// What could not be decided, each as `path:line:column`, rule and reason, safe to show.
fn undecided(report: &Report) -> impl Iterator<Item = [String; 3]> + '_ {
    report.unknowns.iter().map(|unknown| {
        let (path, start, _) = place(report, unknown.span);
        let at = format!("{}:{}:{}", safe::text(path), start.line, start.column);
        [
            at,
            safe::text(&unknown.rule).into(),
            safe::text(&unknown.reason).into(),
        ]
    })
}

/// A number of artifacts of a kind.
fn many(kind: &str, count: usize) -> String {
    match (kind, count) {
        ("dependencies", 1) => "1 list of packages".to_owned(),
        ("dependencies", _) => format!("{count} lists of packages"),
        (kind, count) => format!("{count} {kind}{}", plural(count)),
    }
}

/// `s` for any count but one.
fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// The findings from the gravest to the mildest, in report order inside a severity.
fn by_severity(report: &Report) -> Vec<&Finding> {
    let mut findings: Vec<&Finding> = report.findings.iter().collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings
}

#[cfg(test)]
mod tests;
