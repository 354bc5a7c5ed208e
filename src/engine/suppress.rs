//! Comments that suppress findings: `# spanguard: ignore[rule-id]: reason`, or with an end
//! `# spanguard: ignore[rule-id] until 2027-01-31: reason`.
//!
//! A comment counts for its own line, or, alone on its line, for the next line that is not a comment. The reason is
//! mandatory. A comment that suppresses nothing, or cannot be understood, is a finding itself.

use std::collections::BTreeMap;

use crate::document::yaml::Comment;
use crate::engine::own_rules::{self, own_rules};
use crate::engine::select::Active;
use crate::finding::{Date, Finding, Report, Suppressed, SuppressedBy};
use crate::policy::PolicySet;
use crate::repository::Repository;
use crate::source::{FileId, SourceFile, meant_rule};

/// How many days before its end a suppression is warned about.
const DAYS_OF_WARNING: i32 = 14;

/// A suppression that was understood.
struct Suppression {
    rule: String,
    /// The line that it counts for, from 1.
    line: u32,
    reason: String,
    until: Option<Date>,
    comment: Comment,
    used: bool,
}

/// Takes suppressed findings out, and adds those about suppressions.
pub(super) fn apply(
    repository: &Repository,
    policies: &PolicySet,
    (active, today): (&[Active<'_>], Date),
    report: &mut Report,
) {
    let mut additions = Vec::new();
    let mut by_file: BTreeMap<FileId, Vec<Suppression>> = BTreeMap::new();
    for (file, reading) in repository.files.iter().zip(&repository.readings) {
        for comment in &reading.comments {
            match read(file, comment, policies) {
                Ok(found) if found.is_empty() => {}
                Ok(found) => by_file.entry(file.id).or_default().extend(found),
                Err(message) => additions.push(own_rules::finding(
                    "suppression/malformed",
                    message,
                    comment.span,
                )),
            }
        }
    }
    for finding in std::mem::take(&mut report.findings) {
        let id = finding.span.file;
        let found = repository
            .file(id)
            .zip(by_file.get_mut(&id))
            .and_then(|(file, suppressions)| of_finding(file, &finding, suppressions));
        match found {
            Some(suppression) if suppression.until.is_none_or(|until| until >= today) => {
                report.suppressed.push(Suppressed {
                    finding,
                    by: SuppressedBy::Comment,
                    reason: suppression.reason.clone(),
                    until: suppression.until,
                });
            }
            _ => report.findings.push(finding),
        }
    }
    for suppression in by_file.values().flatten() {
        let span = suppression.comment.span;
        let rule = &suppression.rule;
        if suppression.used {
            let of_day = suppression.until.and_then(|until| ends(until, today, rule));
            additions.extend(of_day.map(|(id, message)| own_rules::finding(id, message, span)));
        } else if active.iter().any(|active| *active.rule.id == **rule) {
            // A rule that did not run cannot show whether its suppression is still needed.
            let line = suppression.line;
            let message = format!("nothing on line {line} is a finding of `{rule}`");
            additions.push(own_rules::finding("suppression/unused", message, span));
        }
    }
    report.findings.extend(additions);
}

/// What to say of a suppression that has ended, or soon will.
pub(super) fn ends(until: Date, today: Date, rule: &str) -> Option<(&'static str, String)> {
    let left = today.days_to(until);
    match left {
        ..0 => Some((
            "suppression/expired",
            format!("the suppression of `{rule}` ended on {until}"),
        )),
        0..=DAYS_OF_WARNING => Some((
            "suppression/expires-soon",
            format!("the suppression of `{rule}` ends on {until}"),
        )),
        _ => None,
    }
}

/// The suppression of a finding, which is then used.
fn of_finding<'s>(
    file: &SourceFile,
    finding: &Finding,
    suppressions: &'s mut [Suppression],
) -> Option<&'s Suppression> {
    let line = file.position(finding.span.start).line;
    let hit = suppressions
        .iter_mut()
        .find(|suppression| suppression.line == line && *suppression.rule == *finding.rule)?;
    hit.used = true;
    Some(hit)
}

/// Reads a comment; nothing for one that does not speak to the program.
fn read(
    file: &SourceFile,
    comment: &Comment,
    policies: &PolicySet,
) -> Result<Vec<Suppression>, String> {
    let text = comment.text.trim();
    let form = "write `spanguard: ignore[rule-id]: reason`";
    let Some(rest) = text.strip_prefix("spanguard:") else {
        let lower = text.to_ascii_lowercase();
        let is_meant = lower.strip_prefix("spanguard").is_some_and(|rest| {
            let rest = rest.trim_start_matches([':', ' ']);
            rest.starts_with("ignore[") || rest.starts_with("ignore [")
        });
        return if is_meant {
            Err(format!("not a suppression: {form}"))
        } else {
            Ok(Vec::new())
        };
    };
    let body = rest
        .trim()
        .strip_prefix("ignore")
        .ok_or_else(|| format!("not a suppression: {form}"))?;
    let (rules, reason) = body
        .trim_start()
        .strip_prefix('[')
        .and_then(|inner| inner.split_once(']'))
        .ok_or_else(|| format!("the rules to ignore are missing: {form}"))?;
    let (reason, until) = match reason.trim_start().strip_prefix("until ") {
        None => (reason, None),
        Some(rest) => {
            let day = rest.split(':').next().unwrap_or("").trim();
            let until = Date::parse(day)
                .ok_or_else(|| format!("`{day}` is not a day: write `until 2027-01-31: reason`"))?;
            let reason = rest.get(rest.find(':').unwrap_or(rest.len())..);
            (reason.unwrap_or(""), Some(until))
        }
    };
    let reason = reason
        .trim_start()
        .strip_prefix(':')
        .map(str::trim)
        .unwrap_or_default();
    if reason.is_empty() {
        return Err(format!("the reason is missing: {form}"));
    }
    let line = target(file, comment);
    rules
        .split(',')
        .map(|rule| {
            known_rule(rule.trim(), policies)?;
            Ok(Suppression {
                rule: rule.trim().to_owned(),
                line,
                reason: reason.to_owned(),
                until,
                comment: comment.clone(),
                used: false,
            })
        })
        .collect()
}

/// Refuses rules that do not exist, and those that cannot be suppressed.
fn known_rule(rule: &str, policies: &PolicySet) -> Result<(), String> {
    let own: Vec<_> = own_rules().map(|rule| rule.id).collect();
    let known = policies
        .rules
        .iter()
        .map(|rule| &*rule.id)
        .chain(own.iter().map(|id| &**id));
    if !known.clone().any(|id| id == rule) {
        let hint = meant_rule(rule, known).map_or(String::new(), |help| format!("; {help}"));
        return Err(format!("there is no rule `{rule}`{hint}"));
    }
    if rule.starts_with("syntax/") && rule != "syntax/duplicate-key" {
        return Err(format!(
            "`{rule}` cannot be suppressed: what does not parse is not checked"
        ));
    }
    Ok(())
}

/// The line that a comment counts for.
fn target(file: &SourceFile, comment: &Comment) -> u32 {
    let own = file.position(comment.span.start).line;
    if !comment.own_line {
        return own;
    }
    let after = file.text.get(comment.span.end as usize..).unwrap_or("");
    let comments = after
        .lines()
        .skip(1)
        .take_while(|line| line.trim_start().starts_with('#'))
        .count();
    own + 1 + u32::try_from(comments).unwrap_or(0)
}
