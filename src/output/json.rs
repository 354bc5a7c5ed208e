//! The whole report for programs. `schemas/report.json` describes it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::place;
use crate::finding::{Coverage, Finding, Related, Report, RuleInfo, Severity};
use crate::source::Span;

/// The version of this shape; it rises when a field changes its meaning or goes.
pub(super) const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    tool: Tool,
    summary: Summary<'a>,
    coverage: &'a Coverage,
    findings: Vec<Item<'a>>,
    suppressed: Vec<Accepted<'a>>,
    notifications: Vec<Notice<'a>>,
    unknowns: Vec<Undecided<'a>>,
    rules: BTreeMap<&'a str, &'a RuleInfo>,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Summary<'a> {
    complete: bool,
    errors: usize,
    warnings: usize,
    notes: usize,
    suppressed: usize,
    by_rule: BTreeMap<&'a str, usize>,
}

/// Lines and columns start at 1; columns count Unicode characters, and the end column is the one after the last.
#[derive(Serialize)]
struct Location<'a> {
    path: Cow<'a, str>,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
}

#[derive(Serialize)]
struct Item<'a> {
    rule: &'a str,
    severity: Severity,
    message: &'a str,
    location: Location<'a>,
    object: &'a str,
    fingerprint: &'a str,
    related: Vec<Other<'a>>,
    flow: Vec<Other<'a>>,
}

/// A finding that somebody has accepted.
#[derive(Serialize)]
struct Accepted<'a> {
    by: &'static str,
    reason: &'a str,
    until: Option<String>,
    finding: Item<'a>,
}

#[derive(Serialize)]
struct Other<'a> {
    message: &'a str,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Notice<'a> {
    kind: &'a str,
    severity: Severity,
    message: &'a str,
    help: Option<&'a str>,
    path: Option<Cow<'a, str>>,
    line: Option<u32>,
    column: Option<u32>,
}

#[derive(Serialize)]
struct Undecided<'a> {
    rule: &'a str,
    reason: &'a str,
    object: &'a str,
    location: Location<'a>,
}

fn location(report: &Report, span: Span) -> Location<'_> {
    let (path, start, end) = place(report, span);
    Location {
        path: report.machine_path(path),
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
    }
}

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut by_rule = BTreeMap::new();
    for finding in &report.findings {
        *by_rule.entry(&*finding.rule).or_default() += 1;
    }
    let document = Document {
        version: VERSION,
        tool: Tool {
            name: "spanguard",
            version: env!("CARGO_PKG_VERSION"),
        },
        summary: Summary {
            complete: report.is_complete(),
            errors: report.count(Severity::Error),
            warnings: report.count(Severity::Warning),
            notes: report.count(Severity::Note),
            suppressed: report.suppressed.len(),
            by_rule,
        },
        coverage: &report.coverage,
        findings: report
            .findings
            .iter()
            .map(|finding| item(report, finding))
            .collect(),
        suppressed: suppressed(report),
        notifications: notifications(report),
        unknowns: unknowns(report),
        rules: report.rules.iter().map(|rule| (&*rule.id, rule)).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

fn item<'a>(report: &'a Report, finding: &'a Finding) -> Item<'a> {
    let other = |related: &'a Related| Other {
        message: &related.message,
        location: location(report, related.span),
    };
    Item {
        rule: &finding.rule,
        severity: finding.severity,
        message: &finding.message,
        location: location(report, finding.span),
        object: &finding.object,
        fingerprint: &finding.fingerprint,
        related: finding.related.iter().map(other).collect(),
        flow: finding.flow.iter().map(other).collect(),
    }
}

fn suppressed(report: &Report) -> Vec<Accepted<'_>> {
    let accepted = report.suppressed.iter().map(|suppressed| Accepted {
        by: suppressed.by.name(),
        reason: &suppressed.reason,
        until: suppressed.until.map(|until| until.to_string()),
        finding: item(report, &suppressed.finding),
    });
    accepted.collect()
}

fn notifications(report: &Report) -> Vec<Notice<'_>> {
    report
        .notifications
        .iter()
        .map(|notification| Notice {
            kind: notification.kind,
            severity: notification.severity,
            message: &notification.message,
            help: notification.help.as_deref(),
            path: notification
                .path
                .as_deref()
                .map(|path| report.machine_path(path)),
            line: notification.position.map(|position| position.line),
            column: notification.position.map(|position| position.column),
        })
        .collect()
}

fn unknowns(report: &Report) -> Vec<Undecided<'_>> {
    report
        .unknowns
        .iter()
        .map(|unknown| Undecided {
            rule: &unknown.rule,
            reason: &unknown.reason,
            object: &unknown.object,
            location: location(report, unknown.span),
        })
        .collect()
}
