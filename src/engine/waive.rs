//! Waivers and the baseline: findings that are accepted outside of the files that they are in.

use std::cell::OnceCell;
use std::path::{Component, Path, PathBuf};

use crate::config::{Settings, Waiver};
use crate::engine::select::Active;
use crate::engine::suppress::ends;
use crate::engine::{Occasion, notice, own_rules};
use crate::finding::{Baseline, Date, Finding, Report, Severity, Suppressed, SuppressedBy};
use crate::repository::{Repository, SubjectKind};
use crate::source::{FileId, SourceFile, Span, offset};

/// Takes waived findings out, and adds what is to be said of the waivers.
pub(super) fn apply(
    (repository, settings): (&Repository, &Settings),
    (active, today): (&[Active<'_>], Date),
    occasion: &Occasion,
    report: &mut Report,
) {
    if settings.waivers.is_empty() {
        return;
    }
    let mut uses = vec![0_usize; settings.waivers.len()];
    for finding in std::mem::take(&mut report.findings) {
        match waiver_of((repository, settings), occasion, report, &finding) {
            Some((index, waiver)) => {
                if let Some(uses) = uses.get_mut(index) {
                    *uses += 1;
                }
                keep_or_waive(waiver, today, finding, report);
            }
            None => report.findings.push(finding),
        }
    }
    let Some(file) = settings
        .file
        .as_ref()
        .map(|file| settings_file(file, report))
    else {
        return;
    };
    for (waiver, uses) in settings.waivers.iter().zip(uses) {
        // In a part of the files nothing tells whether a waiver is for something else.
        if uses == 0 && !occasion.is_whole {
            continue;
        }
        let additions = about(waiver, uses, (active, today));
        report.findings.extend(additions.map(|(id, message, span)| {
            let span = Span { file, ..span };
            own_rules::finding(id, message, span)
        }));
    }
}

/// The waiver of a finding: one that still counts before one that has ended.
fn waiver_of<'s>(
    (repository, settings): (&Repository, &'s Settings),
    occasion: &Occasion,
    report: &Report,
    finding: &Finding,
) -> Option<(usize, &'s Waiver)> {
    let path = report.file(finding.span.file).map_or("", |file| &file.path);
    let inside = below(&occasion.base.join(path), &settings.folder);
    let path = inside.unwrap_or_else(|| report.machine_path(path).into_owned());
    let path = path.as_str();
    let fitting = settings.waivers.iter().enumerate();
    let shown = OnceCell::new();
    fitting
        .filter(|(_, waiver)| {
            let is_about = |objects: &[&str]| waiver.is_about(&finding.rule, path, objects);
            // Who sees a finding in an object means that, whatever the rule is about.
            is_about(&[&finding.object])
                || is_about(&[shown.get_or_init(|| shown_in(repository, finding))])
        })
        .max_by_key(|(index, waiver)| (waiver.expires, std::cmp::Reverse(*index)))
}

/// A path as it is from a folder on that it lies in.
fn below(path: &Path, folder: &Path) -> Option<String> {
    let mut whole = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                whole.pop();
            }
            Component::CurDir => {}
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => whole.push(part),
        }
    }
    let inside = whole.strip_prefix(folder).ok()?;
    Some(inside.to_string_lossy().replace('\\', "/"))
}

/// The object that a finding is shown in; empty for none.
fn shown_in<'r>(repository: &'r Repository, finding: &Finding) -> &'r str {
    let objects = repository
        .subjects
        .iter()
        .filter(|subject| subject.kind == SubjectKind::Object && subject.file == finding.span.file);
    let mut around = objects.filter(|subject| {
        let root = subject.bindings.first().map(|root| root.span);
        root.is_some_and(|root| root.start <= finding.span.start && finding.span.end <= root.end)
    });
    around.next().map_or("", |subject| &subject.object)
}

fn keep_or_waive(waiver: &Waiver, today: Date, finding: Finding, report: &mut Report) {
    if waiver.expires < today {
        report.findings.push(finding);
        return;
    }
    let ticket = waiver.ticket.as_ref();
    let ticket = ticket
        .map(|ticket| format!(" ({ticket})"))
        .unwrap_or_default();
    report.suppressed.push(Suppressed {
        finding,
        by: SuppressedBy::Waiver,
        reason: format!("{}: {}{ticket}", waiver.owner, waiver.reason),
        until: Some(waiver.expires),
    });
}

/// What is to be said of a waiver: rule, message and place.
fn about(
    waiver: &Waiver,
    uses: usize,
    (active, today): (&[Active<'_>], Date),
) -> impl Iterator<Item = (&'static str, String, Span)> {
    let rule = &waiver.pattern;
    let has_run = active
        .iter()
        .any(|active| waiver.is_about_rule(&active.rule.id));
    let found = if uses > 0 {
        ends(waiver.expires, today, rule).map(|(id, message)| {
            let message = format!("{message}: {} answers for it", waiver.owner);
            (id, message, waiver.expires_place)
        })
    } else {
        let message = format!("nothing that was found is waived for `{rule}`");
        has_run.then_some(("suppression/unused", message, waiver.place))
    };
    found.into_iter()
}

/// The settings file among the files of the report.
fn settings_file(file: &SourceFile, report: &mut Report) -> FileId {
    if let Some(known) = report.files.iter().find(|known| known.path == file.path) {
        return known.id;
    }
    let id = FileId(offset(report.files.len()));
    let own = SourceFile::new(id, file.path.clone(), file.text.clone());
    report.files.push(own);
    id
}

/// Takes known findings out, and says so when the baseline knows some that are gone.
pub(super) fn apply_baseline(baseline: &Baseline, is_whole: bool, report: &mut Report) {
    let mut known = 0;
    for finding in std::mem::take(&mut report.findings) {
        if baseline.knows(&finding.fingerprint) {
            known += 1;
            report.suppressed.push(Suppressed {
                finding,
                by: SuppressedBy::Baseline,
                reason: String::new(),
                until: None,
            });
        } else {
            report.findings.push(finding);
        }
    }
    let gone = baseline.len() - known.min(baseline.len());
    if gone > 0 && is_whole {
        let message = format!("{gone} of {} known findings were not found", baseline.len());
        let mut notification = notice("baseline", Severity::Note, message);
        let help =
            "`spanguard baseline prune` forgets them; those that only moved are new where they are";
        notification.help = Some(help.to_owned());
        report.notifications.push(notification);
    }
}
