//! GitLab's code quality report: an array with the most important facts of each finding.
//!
//! GitLab drops entries whose fingerprint it has seen, and shows the description alone. Source: the GitLab
//! documentation, "Code Quality report format".

use std::borrow::Cow;
use std::io::{self, Write};

use serde::Serialize;

use super::{place, safe};
use crate::finding::{Report, Severity};

#[derive(Serialize)]
struct Issue<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: &'a str,
    severity: &'static str,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: Cow<'a, str>,
    lines: Lines,
}

/// Lines count from 1.
#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let issues = report.findings.iter().map(|finding| {
        let (path, start, end) = place(report, finding.span);
        Issue {
            description: format!("{}: {}", finding.rule, safe::text(&finding.message)),
            check_name: &finding.rule,
            fingerprint: &finding.fingerprint,
            severity: match finding.severity {
                Severity::Error => "critical",
                Severity::Warning => "minor",
                Severity::Note => "info",
            },
            location: Location {
                path: report.machine_path(path),
                lines: Lines {
                    begin: start.line,
                    end: end.line,
                },
            },
        }
    });
    let issues: Vec<Issue<'_>> = issues.collect();
    serde_json::to_writer_pretty(&mut *out, &issues)?;
    writeln!(out)
}
