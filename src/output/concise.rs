//! One line for each finding: `path:line:column: severity[rule] message`. What could not be decided has `unknown` in the
//! place of the severity, and is shown where more output is asked for.

use std::io::{self, Write};

use super::{Look, coverage_line, place, safe, undecided};
use crate::finding::Report;

pub(super) fn write(report: &Report, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    for finding in &report.findings {
        let (path, start, _) = place(report, finding.span);
        let path = safe::text(path);
        let message = safe::text(&finding.message);
        writeln!(
            out,
            "{path}:{}:{}: {}[{}] {message}",
            start.line,
            start.column,
            finding.severity.name(),
            safe::text(&finding.rule)
        )?;
    }
    if look.verbosity < 0 {
        return Ok(());
    }
    if look.verbosity > 0 {
        for [at, rule, reason] in undecided(report) {
            writeln!(out, "{at}: unknown[{rule}] {reason}")?;
        }
    }
    for notification in &report.notifications {
        let place = notification.place().unwrap_or_else(|| "-".to_owned());
        let message = notification.full_message();
        let message = safe::text(&message);
        writeln!(
            out,
            "{}: {}[{}] {message}",
            safe::text(&place),
            notification.severity.name(),
            notification.kind
        )?;
    }
    writeln!(out, "{}", coverage_line(report))
}
