//! Workflow commands that annotate a pull request.
//!
//! GitHub keeps ten annotations of each level in a step and drops the rest without a word, so the tenth says how many
//! more there are. Columns are given only for places on one line: the runner drops them otherwise.
//! Source: the runner's command handling and the toolkit's escaping.

use std::io::{self, Write};

use super::{by_severity, coverage_line, place, plural, safe};
use crate::finding::{Finding, Notification, Report, Severity};

/// Annotations of one level that a step may show.
const BUDGET: usize = 10;

/// Characters of a message that GitHub keeps.
const MAX_MESSAGE: usize = 4096;

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let findings = by_severity(report);
    for severity in Severity::ALL {
        let of_level: Vec<&Finding> = findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .copied()
            .collect();
        let notes = notifications(report, severity);
        let total = of_level.len() + notes.len();
        let shown = if total > BUDGET { BUDGET - 1 } else { total };
        let lines = of_level
            .iter()
            .map(|finding| annotation(report, finding))
            .chain(notes);
        for line in lines.take(shown) {
            writeln!(out, "{line}")?;
        }
        if total > shown {
            let rest = total - shown;
            let text = format!(
                "{rest} more {}{} of this level: see the log or the report of this step",
                "result",
                plural(rest)
            );
            writeln!(
                out,
                "::{} title=spanguard::{}",
                command(severity),
                safe::command_message(&text)
            )?;
        }
    }
    writeln!(out, "{}", coverage_line(report))
}

fn command(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    }
}

fn annotation(report: &Report, finding: &Finding) -> String {
    let (path, start, end) = place(report, finding.span);
    let mut message = finding.message.clone();
    for related in finding.others() {
        let (path, start, _) = place(report, related.span);
        let place = format!("\n{}:{}: ", report.machine_path(path), start.line);
        message.extend([place.as_str(), &related.message]);
    }
    if let Some(rule) = report.rule(&finding.rule) {
        message.extend(["\n", &rule.fix]);
    }
    let message: String = message.chars().take(MAX_MESSAGE).collect();
    let columns = if start.line == end.line {
        format!(",col={},endColumn={}", start.column, end.column)
    } else {
        String::new()
    };
    format!(
        "::{} file={},line={},endLine={}{columns},title={}::{}",
        command(finding.severity),
        safe::command_property(&report.machine_path(path)),
        start.line,
        end.line,
        safe::command_property(&finding.rule),
        safe::command_message(&message),
    )
}

/// What the run has to say about itself; one annotation for each kind, at the first file that it is about.
fn notifications(report: &Report, severity: Severity) -> Vec<String> {
    let mut kinds: std::collections::BTreeMap<&str, Vec<&Notification>> =
        std::collections::BTreeMap::new();
    for notification in &report.notifications {
        if notification.severity == severity {
            kinds
                .entry(notification.kind)
                .or_default()
                .push(notification);
        }
    }
    let line = |(kind, all): (&str, Vec<&Notification>)| {
        let first = all
            .first()
            .and_then(|notification| notification.path.as_deref());
        let file = first.map(|path| {
            format!(
                "file={},",
                safe::command_property(&report.machine_path(path))
            )
        });
        let messages: Vec<String> = all
            .iter()
            .map(|notification| {
                let place = notification.place().map(|place| format!("{place}: "));
                format!(
                    "{}{}",
                    place.unwrap_or_default(),
                    notification.full_message()
                )
            })
            .collect();
        let message: String = messages.join("\n").chars().take(MAX_MESSAGE).collect();
        format!(
            "::{} {}title=spanguard {kind}::{}",
            command(severity),
            file.unwrap_or_default(),
            safe::command_message(&message)
        )
    };
    kinds.into_iter().map(line).collect()
}
