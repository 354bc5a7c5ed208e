//! Findings that no policy makes: what does not parse, and comments that suppress wrongly.

use std::sync::Arc;

use crate::config::{Level, Settings};
use crate::finding::{Finding, Related, Report, RuleInfo, Severity};
use crate::repository::Repository;
use crate::source::{Span, Views};

/// Id, title, severity, why, fix.
const OWN: [(&str, &str, Severity, &str, &str); 9] = [
    (
        "syntax/yaml",
        "Document that is not YAML",
        Severity::Error,
        "kubectl refuses the document, and nothing in it can be checked.",
        "Mend the document at the line of the error; the documents around it were checked.",
    ),
    (
        "syntax/dockerfile",
        "Line that is not a Dockerfile instruction",
        Severity::Error,
        "The build stops at this line.",
        "Mend the instruction; the rest of the file was checked.",
    ),
    (
        "syntax/collector",
        "Collector configuration that the collector cannot read",
        Severity::Error,
        "The collector stops at start with this configuration.",
        "Mend the configuration at the line of the error.",
    ),
    (
        "syntax/duplicate-key",
        "Key that is given twice",
        Severity::Warning,
        "kubectl takes the last value and says nothing, and other tools, kustomize among them, refuse the document.",
        "Remove the key that is not meant.",
    ),
    (
        "syntax/dependencies",
        "List of packages that does not parse",
        Severity::Error,
        "The build stops at this file, and its packages cannot be checked.",
        "Mend the file at the line of the error.",
    ),
    (
        "suppression/malformed",
        "Suppression that cannot be understood",
        Severity::Warning,
        "A comment that is not understood suppresses nothing, and its author believes that it does.",
        "Write `spanguard: ignore[rule-id]: reason`.",
    ),
    (
        "suppression/unused",
        "Suppression that suppresses nothing",
        Severity::Warning,
        "A comment or waiver that outlives its finding will hide the next one without anybody deciding so.",
        "Remove the comment or the waiver.",
    ),
    (
        "suppression/expires-soon",
        "Suppression that ends soon",
        Severity::Warning,
        "After its last day the finding counts again, and the build fails.",
        "Mend what was accepted, or agree on another day with whoever answers for it.",
    ),
    (
        "suppression/expired",
        "Suppression that has ended",
        Severity::Error,
        "The finding was accepted until a day that has passed.",
        "Mend what was accepted, or agree on another day with whoever answers for it.",
    ),
];

/// What outputs need to know of these rules.
pub fn own_rules() -> impl Iterator<Item = RuleInfo> {
    OWN.iter().map(|(id, title, severity, why, fix)| RuleInfo {
        id: Arc::from(*id),
        title: (*title).to_owned(),
        severity: *severity,
        why: (*why).to_owned(),
        fix: (*fix).to_owned(),
        tags: Vec::new(),
        references: Vec::new(),
        is_security: false,
    })
}

/// Whether a rule is one of these.
pub(super) fn is_own(id: &str) -> bool {
    OWN.iter().any(|own| own.0 == id)
}

/// Gives the rules and their findings the severities that settings say.
pub(super) fn set_levels(settings: &Settings, report: &mut Report) {
    let level = |id: &str| {
        let setting = settings.rules.get(id).filter(|_| is_own(id))?;
        setting.severity
    };
    report
        .findings
        .retain(|finding| level(&finding.rule) != Some(Level::Off));
    let findings = report.findings.iter_mut();
    let rules = report.rules.iter_mut();
    let severities = findings
        .map(|finding| (&finding.rule, &mut finding.severity))
        .chain(rules.map(|rule| (&rule.id, &mut rule.severity)));
    for (id, severity) in severities {
        if let Some(Level::On(set)) = level(id) {
            *severity = set;
        }
    }
}

/// A finding of one of these rules.
pub(super) fn finding(rule: &str, message: String, span: Span) -> Finding {
    let severity = OWN
        .iter()
        .find(|own| own.0 == rule)
        .map_or(Severity::Error, |own| own.2);
    Finding {
        rule: Arc::from(rule),
        severity,
        message,
        span,
        related: Vec::new(),
        flow: Vec::new(),
        leads_here: false,
        object: String::new(),
        fix: None,
        fingerprint: String::new(),
        views: Views::ALL,
    }
}

/// What does not parse.
pub(super) fn syntax(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, reading) in repository.files.iter().zip(&repository.readings) {
        for error in &reading.errors {
            let span = file.first_line(error.error.span);
            let first = error.first.map(|first| Related {
                span: file.first_line(first),
                message: "the key stands here first".to_owned(),
            });
            findings.push(Finding {
                related: first.into_iter().collect(),
                ..finding(error.rule, error.error.message.clone(), span)
            });
        }
    }
    findings
}
