//! Markdown for the summary of a CI job, or a comment.
//!
//! GitHub refuses a summary of more than one mebibyte as a whole, so the text ends before that and says what is left
//! out.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use super::{Look, by_severity, counts, coverage_line, place, plural, rule_page, safe};
use crate::finding::{Finding, Report, Severity};

/// Bytes of the table of findings; what stands around it is small.
const MAX_BYTES: usize = 900 * 1024;

/// Notifications that are told one by one.
const MAX_NOTIFICATIONS: usize = 50;

pub(super) fn write(report: &Report, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## spanguard\n\n{}\n", verdict(report))?;
    rules(report, out)?;
    findings(report, look, out)?;
    notifications(report, out)?;
    writeln!(out, "{}", safe::markdown(&coverage_line(report)))
}

fn verdict(report: &Report) -> String {
    let counts = counts(report);
    let found = match (counts.is_empty(), report.is_complete()) {
        (true, true) => "No findings.".to_owned(),
        (true, false) => "No findings in what could be checked.".to_owned(),
        (false, _) => format!("**{}**.", counts.join(", ")),
    };
    match report.suppressed.len() {
        0 => found,
        count => format!("{found} {count} accepted."),
    }
}

fn rules(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut by_rule: BTreeMap<&str, (Severity, usize)> = BTreeMap::new();
    for finding in &report.findings {
        let entry = by_rule
            .entry(&finding.rule)
            .or_insert((finding.severity, 0));
        *entry = (entry.0.max(finding.severity), entry.1 + 1);
    }
    if by_rule.is_empty() {
        return Ok(());
    }
    writeln!(out, "| rule | severity | findings |\n| --- | --- | ---: |")?;
    let mut rows: Vec<_> = by_rule.into_iter().collect();
    rows.sort_by(|a, b| (b.1, a.0).cmp(&(a.1, b.0)));
    for (rule, (severity, count)) in rows {
        let page = rule_page(rule);
        writeln!(out, "| [{rule}]({page}) | {} | {count} |", severity.name())?;
    }
    writeln!(out)
}

fn findings(report: &Report, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    if report.findings.is_empty() {
        return Ok(());
    }
    writeln!(out, "| place | finding |\n| --- | --- |")?;
    let mut left = MAX_BYTES;
    let all = by_severity(report);
    for (told, finding) in all.iter().enumerate() {
        let row = row(report, look, finding);
        if row.len() > left {
            let rest = all.len() - told;
            writeln!(
                out,
                "| | and {rest} more finding{}: see the log of the job |",
                plural(rest)
            )?;
            break;
        }
        left -= row.len();
        out.write_all(row.as_bytes())?;
    }
    writeln!(out)
}

fn row(report: &Report, look: &Look, finding: &Finding) -> String {
    let (path, start, _) = place(report, finding.span);
    let path = report.machine_path(path);
    let place = safe::markdown(&format!("{path}:{}", start.line));
    let place = match &look.blob {
        Some(blob) => format!("[{place}]({blob}/{}#L{})", safe::uri(&path), start.line),
        None => place,
    };
    let mut row = format!(
        "| {place} | **{}** {}: {}",
        finding.severity.name(),
        safe::markdown(&finding.rule),
        safe::markdown(&finding.message)
    );
    if let Some(rule) = report.rule(&finding.rule) {
        // Writing to a string cannot fail.
        let _written = write!(row, "<br>{}", safe::markdown(&rule.fix));
    }
    row.push_str(" |\n");
    row
}

fn notifications(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for notification in report.notifications.iter().take(MAX_NOTIFICATIONS) {
        let place = notification.place().map(|place| format!("{place}: "));
        let text = format!(
            "{}{}",
            place.unwrap_or_default(),
            notification.full_message()
        );
        writeln!(
            out,
            "- {}: {}",
            notification.severity.name(),
            safe::markdown(&text)
        )?;
    }
    let rest = report.notifications.len().saturating_sub(MAX_NOTIFICATIONS);
    if rest > 0 {
        writeln!(out, "- and {rest} more")?;
    }
    if !report.notifications.is_empty() {
        writeln!(out)?;
    }
    Ok(())
}
