//! `spanguard check --fix` and `--diff`: writes fixes into files, or shows them.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _, Write};
use std::sync::Arc;

use rayon::prelude::*;
use similar::TextDiff;

use crate::engine::{Patched, patch, possible};
use crate::finding::{Fix, Notification, Report, Severity};
use crate::output::safe;
use crate::source::{FileId, SourceFile};

/// A file and what its fixes make of it.
struct Change<'r> {
    file: &'r SourceFile,
    patched: Patched,
}

/// What fixes make of the files of a report.
fn changes(report: &Report, with_unsafe: bool) -> Vec<Change<'_>> {
    let change = |(id, fixes): (FileId, Vec<&Fix>)| {
        let file = report.file(id)?;
        let patched = patch(file, &fixes);
        (patched.applied > 0).then_some(Change { file, patched })
    };
    let all = by_file(report, with_unsafe).into_iter();
    all.filter_map(change).collect()
}

/// The fixes of each file.
fn by_file(report: &Report, with_unsafe: bool) -> BTreeMap<FileId, Vec<&Fix>> {
    let mut by_file: BTreeMap<FileId, Vec<&Fix>> = BTreeMap::new();
    for finding in &report.findings {
        let fix = finding.fix.as_ref();
        if let Some(fix) = fix.filter(|fix| fix.is_safe || with_unsafe) {
            by_file.entry(finding.span.file).or_default().push(fix);
        }
    }
    by_file
}

/// Writes the fixes of a report; returns how many, and what could not be written.
pub(super) fn write(report: &Report, with_unsafe: bool) -> (usize, Vec<Notification>) {
    let mut applied = 0;
    let mut failed = Vec::new();
    for Change { file, patched } in changes(report, with_unsafe) {
        match replace(file, &patched.text) {
            Ok(()) => applied += patched.applied,
            Err(message) => failed.push(Notification {
                kind: "not-mended",
                severity: Severity::Error,
                message,
                help: Some("`--diff` shows what would be written".to_owned()),
                path: Some(file.path.to_string()),
                position: None,
            }),
        }
    }
    (applied, failed)
}

/// Puts a text in the place of the one that was checked.
fn replace(file: &SourceFile, text: &str) -> Result<(), String> {
    let path: &str = &file.path;
    let failed = |error: io::Error| format!("it cannot be mended: {error}");
    if std::fs::read(path).map_err(failed)? != file.text.as_bytes() {
        return Err("it has changed while it was checked".to_owned());
    }
    std::fs::write(path, text.as_bytes()).map_err(failed)
}

/// Files that fixes change, by path.
pub(super) type Rewritten = BTreeMap<Arc<str>, Rewrite>;

/// A text before and after all fixes.
pub(super) struct Rewrite {
    before: Arc<str>,
    pub(super) after: Arc<str>,
}

/// Makes the fixes of a report in memory; returns how many.
pub(super) fn rewrite(report: &Report, with_unsafe: bool, into: &mut Rewritten) -> usize {
    let mut applied = 0;
    for Change { file, patched } in changes(report, with_unsafe) {
        let rewrite = into.entry(Arc::clone(&file.path));
        let after: Arc<str> = patched.text.into();
        let rewrite = rewrite.or_insert_with(|| Rewrite {
            before: Arc::clone(&file.text),
            after: Arc::clone(&after),
        });
        rewrite.after = after;
        applied += patched.applied;
    }
    applied
}

/// Shows what fixes would change as unified diffs.
pub(super) fn show(rewritten: &Rewritten, out: &mut dyn Write) -> io::Result<()> {
    for (path, Rewrite { before, after }) in rewritten {
        let diff = TextDiff::from_lines(before.as_ref(), after.as_ref());
        let (old, new) = (format!("a/{path}"), format!("b/{path}"));
        let text = diff.unified_diff().header(&old, &new).to_string();
        if io::stdout().is_terminal() {
            out.write_all(safe::lines(&text).as_bytes())?;
        } else {
            out.write_all(text.as_bytes())?;
        }
    }
    Ok(())
}

/// What can be mended, as a sentence; nothing where nothing can.
pub(super) fn left(report: &Report) -> Option<String> {
    let all: Vec<(FileId, Vec<&Fix>)> = by_file(report, true).into_iter().collect();
    let possible = all.par_iter().flat_map_iter(|(id, fixes)| {
        let file = report.file(*id);
        file.map_or_else(Vec::new, |file| possible(file, fixes))
    });
    let possible: Vec<&Fix> = possible.collect();
    let (safe, unsafe_only): (Vec<&Fix>, Vec<&Fix>) =
        possible.into_iter().partition(|fix| fix.is_safe);
    let part = |fixes: &[&Fix], flags: &str| match fixes.len() {
        0 => None,
        1 => Some(format!("1 finding with `{flags}`")),
        count => Some(format!("{count} findings with `{flags}`")),
    };
    let parts = [
        part(&safe, "--fix"),
        part(&unsafe_only, "--fix --unsafe-fixes"),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| format!("spanguard can mend {}.", parts.join(", and ")))
}
