//! Applies a policy set to one repository and returns a report, suppressions included.
//!
//! The main function is [`check`]. Every rule runs on every subject of its kind; the result is the same for any number
//! of threads. This room never prints, reads no files, and knows no format.

mod checklist;
mod coverage;
mod evaluate;
mod examples;
mod mend;
mod own_rules;
mod patch;
mod select;
mod suppress;
mod views;
mod waive;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use rayon::prelude::*;

use crate::config::Settings;
use crate::discover::Unread;
use crate::finding::{Baseline, Date, Finding, Frame, Notification, Report, Severity, Unknown};
use crate::policy::PolicySet;
use crate::repository::Repository;

pub use self::checklist::{Basis, SILENT, go_live, of_service as checklists, silenced};
pub use self::examples::{ExampleFailure, run_examples};
pub use self::own_rules::own_rules;
pub use self::patch::{Patched, patch, possible};

use self::evaluate::Tally;
use self::select::Active;

/// What is known of a run beside its repository.
#[derive(Debug)]
pub struct Occasion {
    /// Files that could not be read.
    pub unread: Vec<Unread>,
    /// Roots that do not exist, with the reason.
    pub missing: Vec<(String, String)>,
    /// Paths of the files that were named explicitly: who names a file expects it to be checked.
    pub explicit: BTreeSet<String>,
    /// From the paths of the run to those of the repository.
    pub frame: Frame,
    /// The folder that the paths of the run start in; absolute.
    pub base: PathBuf,
    /// The day on which suppressions are judged.
    pub today: Date,
    /// Findings that are known.
    pub baseline: Option<Baseline>,
    /// Whether all is looked at that the settings and the baseline are about.
    pub is_whole: bool,
}

/// Checks a repository with every rule that the settings switch on.
pub fn check(
    repository: &Repository,
    occasion: &Occasion,
    policies: &PolicySet,
    settings: &Settings,
) -> Report {
    let (active, mut notifications) = select::active(policies, settings);
    let mut report = judge(repository, &active);
    report.coverage = coverage::of(repository, &occasion.unread, &report.coverage.evaluations);
    notifications.extend(select::policy_errors(policies));
    notifications.extend(coverage::notifications(repository, occasion));
    report.notifications.append(&mut notifications);
    report.rules = active
        .iter()
        .map(|active| active.rule.info.clone())
        .chain(own_rules())
        .collect();
    report.rules.sort_by(|a, b| a.id.cmp(&b.id));
    report.frame.clone_from(&occasion.frame);
    report.files.clone_from(&repository.files);
    report.findings.extend(own_rules::syntax(repository));
    supersede(&active, &mut report);
    defer(settings, &mut report);
    report.identify();
    if settings.suppressions {
        let on = (active.as_slice(), occasion.today);
        suppress::apply(repository, policies, on, &mut report);
        waive::apply((repository, settings), on, occasion, &mut report);
    }
    own_rules::set_levels(settings, &mut report);
    if let Some(baseline) = &occasion.baseline {
        waive::apply_baseline(baseline, occasion.is_whole, &mut report);
    }
    report
}

/// Leaves out what another rule says better on the same line.
fn supersede(active: &[Active<'_>], report: &mut Report) {
    let by_rule = active
        .iter()
        .map(|active| (&*active.rule.id, &active.rule.supersedes));
    let by_rule = by_rule.filter(|(_, supersedes)| !supersedes.is_empty());
    let by_rule: BTreeMap<&str, &Vec<String>> = by_rule.collect();
    let line = |finding: &Finding| {
        let file = report.files.get(finding.span.file.0 as usize)?;
        Some((finding.span.file, file.position(finding.span.start).line))
    };
    let better = report.findings.iter().filter_map(|finding| {
        let supersedes = by_rule.get(&*finding.rule)?;
        Some((line(finding)?, *supersedes))
    });
    let mut gone = BTreeSet::new();
    for (line, rules) in better {
        gone.extend(rules.iter().map(|rule| (line, rule.clone())));
    }
    let is_gone = |finding: &Finding| {
        let line = line(finding);
        line.is_some_and(|line| gone.contains(&(line, finding.rule.to_string())))
    };
    let kept = std::mem::take(&mut report.findings);
    report.findings = kept
        .into_iter()
        .filter(|finding| !is_gone(finding))
        .collect();
}

/// Makes notes of the findings about services whose phase has not begun.
fn defer(settings: &Settings, report: &mut Report) {
    let Report {
        findings,
        files,
        frame,
        ..
    } = report;
    for finding in findings {
        let file = files.get(finding.span.file.0 as usize);
        let path = file.map_or("", |file| &file.path);
        let path = frame.path(path);
        let mut planned = settings.planned.iter();
        if planned.any(|service| service.is_about(&path, &finding.object)) {
            finding.severity = Severity::Note;
        }
    }
}

/// Runs rules over subjects.
fn judge(repository: &Repository, active: &[Active<'_>]) -> Report {
    let judged: Vec<Outcome> = repository
        .subjects
        .par_iter()
        .map(|subject| evaluate::subject(repository, subject, active))
        .collect();
    let mut found = Vec::new();
    let mut rest = Outcome::default();
    for (subject, mut outcome) in judged.into_iter().enumerate() {
        let findings = std::mem::take(&mut outcome.findings);
        found.extend(findings.into_iter().map(|finding| (subject, finding)));
        rest.add(outcome);
    }
    let mut report = Report {
        findings: views::join(repository, active, found),
        unknowns: views::undecided(repository, rest.unknowns),
        ..Report::default()
    };
    report.coverage.evaluations = rest.tally.named();
    report
}

/// What the rules made of one subject.
#[derive(Debug, Default)]
struct Outcome {
    findings: Vec<Finding>,
    unknowns: Vec<Unknown>,
    tally: Tally,
}

impl Outcome {
    fn add(&mut self, other: Self) {
        self.tally.add(&other.tally);
        self.findings.extend(other.findings);
        self.unknowns.extend(other.unknowns);
    }
}

/// A notification about the run.
fn notice(kind: &'static str, severity: Severity, message: String) -> Notification {
    Notification {
        kind,
        severity,
        message,
        help: None,
        path: None,
        position: None,
    }
}

#[cfg(test)]
mod tests;
