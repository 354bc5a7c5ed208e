//! Comments that suppress findings: `# spanguard: ignore[rule-id]: reason`.
//!
//! A comment counts for its own line, or, alone on its line, for the next line that is not a comment. The reason is
//! mandatory. A comment that suppresses nothing, or cannot be understood, is a finding itself.

use std::collections::BTreeMap;

use crate::document::yaml::Comment;
use crate::engine::own_rules::{self, own_rules};
use crate::engine::select::Active;
use crate::finding::{Finding, Report};
use crate::policy::PolicySet;
use crate::repository::Repository;
use crate::source::{FileId, SourceFile, nearest};

/// A suppression that was understood.
struct Suppression {
    rule: String,
    /// The line that it counts for, from 1.
    line: u32,
    comment: Comment,
    used: bool,
}

/// Removes suppressed findings and adds those about suppressions.
pub(super) fn apply(
    repository: &Repository,
    policies: &PolicySet,
    active: &[Active<'_>],
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
    report.findings.retain(|finding| {
        let id = finding.span.file;
        let is_suppressed = repository
            .file(id)
            .zip(by_file.get_mut(&id))
            .is_some_and(|(file, suppressions)| suppresses(file, finding, suppressions));
        report.suppressed += usize::from(is_suppressed);
        !is_suppressed
    });
    let all = by_file.values().flatten();
    for unused in all.filter(|suppression| !suppression.used) {
        // A rule that did not run cannot show whether its suppression is still needed.
        if active.iter().any(|active| *active.rule.id == *unused.rule) {
            let message = format!(
                "nothing on line {} is a finding of `{}`",
                unused.line, unused.rule
            );
            let span = unused.comment.span;
            additions.push(own_rules::finding("suppression/unused", message, span));
        }
    }
    report.findings.extend(additions);
}

fn suppresses(file: &SourceFile, finding: &Finding, suppressions: &mut [Suppression]) -> bool {
    let line = file.position(finding.span.start).line;
    let hit = suppressions
        .iter_mut()
        .find(|suppression| suppression.line == line && *suppression.rule == *finding.rule);
    hit.map(|suppression| suppression.used = true).is_some()
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
    if reason.trim_start().starts_with("until") {
        return Err(format!("a suppression has no end date: {form}"));
    }
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
        .map(|rule| suppression(rule.trim(), line, comment, policies))
        .collect()
}

fn suppression(
    rule: &str,
    line: u32,
    comment: &Comment,
    policies: &PolicySet,
) -> Result<Suppression, String> {
    let own: Vec<_> = own_rules().map(|rule| rule.id).collect();
    let known = policies
        .rules
        .iter()
        .map(|rule| &*rule.id)
        .chain(own.iter().map(|id| &**id));
    if !known.clone().any(|id| id == rule) {
        let hint = nearest(rule, known)
            .map(|near| format!("; did you mean `{near}`?"))
            .unwrap_or_default();
        return Err(format!("there is no rule `{rule}`{hint}"));
    }
    if rule.starts_with("syntax/") && rule != "syntax/duplicate-key" {
        return Err(format!(
            "`{rule}` cannot be suppressed: what does not parse is not checked"
        ));
    }
    Ok(Suppression {
        rule: rule.to_owned(),
        line,
        comment: comment.clone(),
        used: false,
    })
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
