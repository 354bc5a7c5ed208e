//! The XML of `JUnit`, which nearly every CI system shows: a suite for each file, a case for each finding.
//!
//! Errors and warnings are failures, notes pass with their text, and what is accepted is skipped. A run that found
//! nothing has one case that passes; one that could not do its work has a case with an error.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::{place, safe};
use crate::finding::{Finding, Notification, Report, Severity, Suppressed};

/// The cases of one file.
#[derive(Default)]
struct Suite {
    cases: Vec<String>,
    failures: usize,
    errors: usize,
    skipped: usize,
}

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut suites: BTreeMap<String, Suite> = BTreeMap::new();
    for finding in &report.findings {
        let suite = suites.entry(path_of(report, finding)).or_default();
        suite.cases.push(found(report, finding));
        suite.failures += usize::from(finding.severity > Severity::Note);
    }
    for suppressed in &report.suppressed {
        let suite = suites
            .entry(path_of(report, &suppressed.finding))
            .or_default();
        suite.cases.push(skipped(report, suppressed));
        suite.skipped += 1;
    }
    let is_error = |notification: &&Notification| notification.severity == Severity::Error;
    for notification in report.notifications.iter().filter(is_error) {
        let suite = suites.entry("spanguard".to_owned()).or_default();
        suite.cases.push(failed(notification));
        suite.errors += 1;
    }
    if suites.is_empty() {
        let case = "    <testcase name=\"no findings\" classname=\"spanguard\"/>\n";
        suites
            .entry("spanguard".to_owned())
            .or_default()
            .cases
            .push(case.to_owned());
    }
    let sum = |part: fn(&Suite) -> usize| suites.values().map(part).sum::<usize>();
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(
        out,
        "<testsuites name=\"spanguard\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">",
        sum(|suite| suite.cases.len()),
        sum(|suite| suite.failures),
        sum(|suite| suite.errors),
        sum(|suite| suite.skipped)
    )?;
    for (name, suite) in &suites {
        writeln!(
            out,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">",
            safe::xml(name),
            suite.cases.len(),
            suite.failures,
            suite.errors,
            suite.skipped
        )?;
        for case in &suite.cases {
            out.write_all(case.as_bytes())?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

fn path_of(report: &Report, finding: &Finding) -> String {
    let (path, ..) = place(report, finding.span);
    report.machine_path(path).into_owned()
}

/// The start of a case: what it is called, and where it stands. GitLab shows only one case of a class and a name, so
/// the name holds all that tells two findings apart.
fn opening(report: &Report, finding: &Finding) -> String {
    let (path, start, _) = place(report, finding.span);
    let path = safe::xml(&report.machine_path(path));
    format!(
        "    <testcase name=\"{}:{}:{}: {}\" classname=\"{path}\" file=\"{path}\" line=\"{}\"",
        safe::xml(&finding.rule),
        start.line,
        start.column,
        safe::xml(&finding.message),
        start.line
    )
}

fn found(report: &Report, finding: &Finding) -> String {
    let start = opening(report, finding);
    let message = safe::xml(&finding.message);
    if finding.severity == Severity::Note {
        return format!("{start}>\n      <system-out>{message}</system-out>\n    </testcase>\n");
    }
    let fix = report.rule(&finding.rule).map_or("", |rule| &rule.fix);
    format!(
        "{start}>\n      <failure type=\"{}\" message=\"{message}\">{}</failure>\n    </testcase>\n",
        finding.severity.name(),
        safe::xml(fix)
    )
}

fn skipped(report: &Report, suppressed: &Suppressed) -> String {
    let start = opening(report, &suppressed.finding);
    let reason = format!("{}: {}", suppressed.by.name(), suppressed.reason);
    let reason = safe::xml(&reason);
    format!("{start}>\n      <skipped message=\"{reason}\"/>\n    </testcase>\n")
}

fn failed(notification: &Notification) -> String {
    let name = notification
        .place()
        .unwrap_or_else(|| notification.kind.to_owned());
    format!(
        "    <testcase name=\"{}\" classname=\"spanguard\">\n      <error type=\"{}\" message=\"{}\"/>\n    </testcase>\n",
        safe::xml(&name),
        notification.kind,
        safe::xml(&notification.full_message())
    )
}
