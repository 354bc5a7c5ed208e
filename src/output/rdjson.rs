//! reviewdog's diagnostic format, for review comments on any forge.
//!
//! Columns count bytes of UTF-8 from 1, unlike everywhere else. Source: `proto/rdf/reviewdog.proto` of reviewdog.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::{place, rule_page, safe};
use crate::finding::{Finding, Report, Severity};
use crate::source::Span;

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let diagnostics = report
        .findings
        .iter()
        .map(|finding| diagnostic(report, finding));
    let document = json!({
        "source": {"name": "spanguard", "url": env!("CARGO_PKG_REPOSITORY")},
        "diagnostics": diagnostics.collect::<Vec<_>>(),
    });
    serde_json::to_writer(&mut *out, &document)?;
    writeln!(out)
}

fn diagnostic(report: &Report, finding: &Finding) -> Value {
    let related = finding.others().map(|related| {
        json!({
            "message": safe::text(&related.message),
            "location": location(report, related.span),
        })
    });
    json!({
        "message": safe::text(&finding.message),
        "location": location(report, finding.span),
        "severity": match finding.severity {
            Severity::Error => "ERROR",
            Severity::Warning => "WARNING",
            Severity::Note => "INFO",
        },
        "code": {"value": &*finding.rule, "url": rule_page(&finding.rule)},
        "related_locations": related.collect::<Vec<_>>(),
    })
}

fn location(report: &Report, span: Span) -> Value {
    let (path, start, end) = place(report, span);
    let column = |byte: u32| {
        let file = report.file(span.file);
        let line = file.map_or(0, |file| file.line_range(byte).0);
        (byte as usize).saturating_sub(line) + 1
    };
    json!({
        "path": report.machine_path(path),
        "range": {
            "start": {"line": start.line, "column": column(span.start)},
            "end": {"line": end.line, "column": column(span.end)},
        },
    })
}
