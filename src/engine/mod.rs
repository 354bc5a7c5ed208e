//! Applies a policy set to one repository and returns a report, suppressions included.
//!
//! The main function is [`check`]. Every rule runs on every subject of its kind; the result is the same for any number
//! of threads. This room never prints, reads no files, and knows no format.

mod coverage;
mod evaluate;
mod examples;
mod own_rules;
mod select;
mod suppress;

use std::collections::BTreeSet;

use rayon::prelude::*;

use crate::config::Settings;
use crate::discover::Unread;
use crate::finding::{Finding, Notification, Report, Severity, Unknown};
use crate::policy::PolicySet;
use crate::repository::Repository;

pub use self::examples::{ExampleFailure, run_examples};
pub use self::own_rules::own_rules;

use self::evaluate::Tally;
use self::select::Active;

/// Files that could not be read, and roots that do not exist: what a repository does not show.
#[derive(Debug, Default)]
pub struct Unseen {
    /// Files that could not be read.
    pub unread: Vec<Unread>,
    /// Roots that do not exist, with the reason.
    pub missing: Vec<(String, String)>,
    /// Paths of the files that were named explicitly: who names a file expects it to be checked.
    pub explicit: BTreeSet<String>,
}

/// Checks a repository with every rule that the settings switch on.
pub fn check(
    repository: Repository,
    unseen: &Unseen,
    policies: &PolicySet,
    settings: &Settings,
) -> Report {
    let (active, mut notifications) = select::active(policies, settings);
    let mut report = judge(&repository, &active);
    report.coverage = coverage::of(&repository, &unseen.unread, &report.coverage.evaluations);
    notifications.extend(select::policy_errors(policies));
    notifications.extend(coverage::notifications(&repository, unseen));
    report.notifications.append(&mut notifications);
    report.rules = active
        .iter()
        .map(|active| active.rule.info.clone())
        .chain(own_rules())
        .collect();
    report.rules.sort_by(|a, b| a.id.cmp(&b.id));
    report.findings.extend(own_rules::syntax(&repository));
    if settings.suppressions {
        suppress::apply(&repository, policies, &active, &mut report);
    }
    own_rules::set_levels(settings, &mut report);
    report.files = repository.files;
    report
}

/// Runs rules over subjects.
fn judge(repository: &Repository, active: &[Active<'_>]) -> Report {
    let judged: Vec<Outcome> = repository
        .subjects
        .par_iter()
        .map(|subject| evaluate::subject(repository, subject, active))
        .collect();
    let mut report = Report::default();
    let mut tally = Tally::default();
    for outcome in judged {
        tally.add(&outcome.tally);
        report.findings.extend(outcome.findings);
        report.unknowns.extend(outcome.unknowns);
    }
    report.coverage.evaluations = tally.named();
    report
}

/// What the rules made of one subject.
#[derive(Debug, Default)]
struct Outcome {
    findings: Vec<Finding>,
    unknowns: Vec<Unknown>,
    tally: Tally,
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
