//! SARIF 2.1.0, made for GitHub code scanning.
//!
//! One run, every result with one location on one line, relative URIs, columns in Unicode characters. At most
//! [`MAX_RESULTS`] results, gravest first: GitHub keeps no more. Sections named in comments are those of the standard.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::line_hash::line_hashes;
use super::{by_severity, place, rule_page, safe};
use crate::finding::{Finding, Fix, Notification, Report, RuleInfo, Severity};
use crate::source::{FileId, Span};

/// Results that GitHub stores of one run.
const MAX_RESULTS: usize = 5000;

/// Characters of a description that GitHub shows.
const MAX_DESCRIPTION: usize = 1024;

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let findings = by_severity(report);
    let left_out = findings.len().saturating_sub(MAX_RESULTS);
    let mut lines = LineHashes {
        report,
        files: BTreeMap::new(),
    };
    let results: Vec<Value> = findings
        .iter()
        .take(MAX_RESULTS)
        .map(|finding| result(report, finding, &mut lines))
        .collect();
    let mut notifications: Vec<Value> = report
        .notifications
        .iter()
        .map(|notice| notification(report, notice))
        .collect();
    if left_out > 0 {
        notifications.push(json!({
            "level": "warning",
            "descriptor": {"id": "left-out"},
            "message": {"text": format!("{left_out} results are left out: a run holds at most {MAX_RESULTS}")},
        }));
    }
    let failed = report
        .notifications
        .iter()
        .any(|notice| notice.severity == Severity::Error);
    let document = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "spanguard",
                "fullName": format!("spanguard {}", env!("CARGO_PKG_VERSION")),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": report.rules.iter().map(rule).collect::<Vec<_>>(),
            }},
            "automationDetails": {"id": "spanguard/"},
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": !failed,
                "toolExecutionNotifications": notifications,
            }],
            "properties": {"coverage": report.coverage, "complete": report.is_complete()},
            "results": results,
        }],
    });
    serde_json::to_writer(&mut *out, &document)?;
    writeln!(out)
}

fn level(severity: Severity) -> &'static str {
    severity.name()
}

/// A rule (3.49).
fn rule(info: &RuleInfo) -> Value {
    let why: String = info.why.chars().take(MAX_DESCRIPTION).collect();
    let references: String = info
        .references
        .iter()
        .flat_map(|address| ["- <", address.as_str(), ">\n"])
        .collect();
    let suppress = format!(
        "To accept a finding, write `# spanguard: ignore[{}]: reason` on its line or the line above.",
        info.id
    );
    let mut tags: Vec<&str> = info.tags.iter().map(String::as_str).take(9).collect();
    let mut properties = Map::new();
    properties.insert("precision".to_owned(), json!("high"));
    let problem = match info.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "recommendation",
    };
    properties.insert("problem.severity".to_owned(), json!(problem));
    if info.is_security {
        tags.insert(0, "security");
        let score = match info.severity {
            Severity::Error => "7.5",
            Severity::Warning => "5.0",
            Severity::Note => "2.0",
        };
        properties.insert("security-severity".to_owned(), json!(score));
    }
    properties.insert("tags".to_owned(), json!(tags));
    json!({
        "id": &*info.id,
        "name": pascal_case(&info.id),
        "shortDescription": {"text": sentence(&info.title)},
        "fullDescription": {"text": why},
        "helpUri": rule_page(&info.id),
        "help": {
            "text": format!("{}\n\nFix: {}\n\n{suppress}", info.why, info.fix),
            "markdown": format!("{}\n\n**Fix:** {}\n\n{suppress}\n\n{references}", info.why, info.fix),
        },
        "defaultConfiguration": {"level": level(info.severity)},
        "properties": properties,
    })
}

/// `resources/missing-memory-limit` as `ResourcesMissingMemoryLimit`.
fn pascal_case(id: &str) -> String {
    id.split(['/', '-', '_'])
        .flat_map(|word| {
            let mut chars = word.chars();
            let first = chars.next().map(|c| c.to_ascii_uppercase());
            first.into_iter().chain(chars)
        })
        .collect()
}

/// A message (3.11): made safe, and without links, which brackets would make.
fn plain(text: &str) -> String {
    sentence(&safe::text(text).replace('[', "\\[").replace(']', "\\]"))
}

fn sentence(text: &str) -> String {
    if text.ends_with('.') {
        text.to_owned()
    } else {
        format!("{text}.")
    }
}

/// A result (3.27).
fn result(report: &Report, finding: &Finding, lines: &mut LineHashes<'_>) -> Value {
    let index = report.rules.iter().position(|rule| rule.id == finding.rule);
    let (_, start, _) = place(report, finding.span);
    let mut fingerprints = Map::new();
    if let Some(hash) = lines.get(finding.span.file, start.line) {
        fingerprints.insert("primaryLocationLineHash".to_owned(), json!(hash));
    }
    fingerprints.insert("spanguard/v1".to_owned(), json!(finding.fingerprint));
    let mut result = json!({
        "ruleId": &*finding.rule,
        "level": level(finding.severity),
        "message": {"text": plain(&finding.message)},
        "locations": [location(report, finding.span, &finding.object)],
        "partialFingerprints": fingerprints,
    });
    let Some(object) = result.as_object_mut() else {
        return result;
    };
    if let Some(index) = index {
        object.insert("ruleIndex".to_owned(), json!(index));
    }
    if let Some(fix) = &finding.fix {
        object.insert("fixes".to_owned(), json!([fix_of(report, fix)]));
    }
    if finding.others().next().is_some() {
        let related = (1..).zip(finding.others()).map(|(id, related)| {
            let mut place = location(report, related.span, "");
            if let Some(place) = place.as_object_mut() {
                place.insert("id".to_owned(), json!(id));
                place.insert(
                    "message".to_owned(),
                    json!({"text": plain(&related.message)}),
                );
            }
            place
        });
        object.insert(
            "relatedLocations".to_owned(),
            Value::Array(related.collect()),
        );
    }
    if !finding.flow.is_empty() {
        object.insert("codeFlows".to_owned(), json!([code_flow(report, finding)]));
    }
    result
}

/// A code flow (3.36): the place of the finding, and every step from there or to there.
fn code_flow(report: &Report, finding: &Finding) -> Value {
    let step = |span: Span, message: &str| {
        let mut place = location(report, span, "");
        if let Some(place) = place.as_object_mut() {
            place.insert("message".to_owned(), json!({"text": plain(message)}));
        }
        json!({"location": place})
    };
    let steps = finding.flow.iter();
    let mut locations: Vec<Value> = steps.map(|flow| step(flow.span, &flow.message)).collect();
    let own = if finding.leads_here {
        locations.len()
    } else {
        0
    };
    locations.insert(own, step(finding.span, &finding.message));
    json!({"threadFlows": [{"locations": locations}]})
}

/// A fix (3.55): what to replace in the file of its first edit.
fn fix_of(report: &Report, fix: &Fix) -> Value {
    let first = fix.edits.first();
    let path = first.map_or("", |edit| place(report, edit.span).0);
    let replacements = fix.edits.iter().map(|edit| {
        let (_, start, end) = place(report, edit.span);
        json!({
            "deletedRegion": {
                "startLine": start.line,
                "startColumn": start.column,
                "endLine": end.line,
                "endColumn": end.column,
            },
            "insertedContent": {"text": edit.text},
        })
    });
    json!({
        "description": {"text": if fix.is_safe { "A safe edit." } else { "A likely edit." }},
        "artifactChanges": [{
            "artifactLocation": {"uri": safe::uri(&report.machine_path(path))},
            "replacements": replacements.collect::<Vec<_>>(),
        }],
    })
}

/// A location (3.28): one line, with the line itself as context.
fn location(report: &Report, span: Span, object: &str) -> Value {
    let (path, start, end) = place(report, span);
    let mut physical = json!({
        "artifactLocation": {"uri": safe::uri(&report.machine_path(path))},
        "region": {
            "startLine": start.line,
            "startColumn": start.column,
            "endLine": end.line,
            "endColumn": end.column.max(start.column + 1),
        },
    });
    if let (Some(object), Some(file)) = (physical.as_object_mut(), report.file(span.file)) {
        let (from, to) = file.line_range(span.start);
        let text: String = file
            .slice(Span::new(span.file, from, to))
            .chars()
            .take(MAX_DESCRIPTION)
            .collect();
        let columns = u32::try_from(text.chars().count().max(1) + 1).unwrap_or(u32::MAX);
        // A context holds what stands in it, and more.
        if end.column <= columns && (start.column > 1 || end.column < columns) {
            object.insert(
                "contextRegion".to_owned(),
                json!({
                    "startLine": start.line,
                    "startColumn": 1,
                    "endLine": start.line,
                    "endColumn": columns,
                    "snippet": {"text": text},
                }),
            );
        }
    }
    let mut location = json!({"physicalLocation": physical});
    if let Some(map) = location.as_object_mut().filter(|_| !object.is_empty()) {
        map.insert(
            "logicalLocations".to_owned(),
            json!([{"fullyQualifiedName": safe::text(object)}]),
        );
    }
    location
}

/// A notification (3.58).
fn notification(report: &Report, notice: &Notification) -> Value {
    let mut value = json!({
        "level": level(notice.severity),
        "descriptor": {"id": notice.kind},
        "message": {"text": plain(&notice.full_message())},
    });
    let path = notice.path.as_deref();
    if let (Some(object), Some(path)) = (value.as_object_mut(), path) {
        let uri = safe::uri(&report.machine_path(path));
        let mut place = json!({"artifactLocation": {"uri": uri}});
        if let (Some(place), Some(position)) = (place.as_object_mut(), notice.position) {
            let region = json!({"startLine": position.line, "startColumn": position.column});
            place.insert("region".to_owned(), region);
        }
        object.insert("locations".to_owned(), json!([{"physicalLocation": place}]));
    }
    value
}

/// Line hashes of files, computed once for each file with a finding.
struct LineHashes<'a> {
    report: &'a Report,
    files: BTreeMap<FileId, Vec<String>>,
}

impl LineHashes<'_> {
    fn get(&mut self, file: FileId, line: u32) -> Option<String> {
        let text = &self.report.file(file)?.text;
        let hashes = self.files.entry(file).or_insert_with(|| line_hashes(text));
        hashes.get(line as usize - 1).cloned()
    }
}
