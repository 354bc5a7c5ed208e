//! `spanguard checklist` and `spanguard go-live`

use std::io::Write;
use std::path::PathBuf;

use crate::cli::Exit;
use crate::cli::arguments::{ChecklistOptions, GoLiveOptions, Profile, SettingsOptions};
use crate::cli::check::{Judged, judged, refuse_failed, refuse_missing};
use crate::cli::failure::Failure;
use crate::cli::topology::{refuse_untraced, unknown_service};
use crate::engine::{self, Basis};
use crate::finding::{Checklist, Report};
use crate::output::checklist;
use crate::source::Views;

/// Prints the checklist of a service; ends with 1 where a line is answered with no.
pub(super) fn run(options: &ChecklistOptions, out: &mut dyn Write) -> Result<Exit, Failure> {
    let judged = strictly(&options.paths, &options.settings, None)?;
    let lists = engine::checklists(basis(&judged), &options.service);
    if lists.is_empty() {
        let picture = &judged.repository.picture;
        return Err(unknown_service(&options.service, picture));
    }
    write(&lists, &judged.report, out)
}

/// Prints the go-live checklist; ends with 1 where a line is answered with no.
pub(super) fn go_live(options: &GoLiveOptions, out: &mut dyn Write) -> Result<Exit, Failure> {
    let judged = strictly(&options.paths, &options.settings, None)?;
    refuse_untraced(&judged.repository)?;
    write(&[engine::go_live(basis(&judged))], &judged.report, out)
}

/// Judges with every rule, or with every one that has a tag, unless a profile is named: a rule that does not run ticks
/// nothing off.
pub(super) fn strictly(
    paths: &[PathBuf],
    settings: &SettingsOptions,
    only: Option<&str>,
) -> Result<Judged, Failure> {
    let mut settings = settings.clone();
    settings.profile.get_or_insert(Profile::Strict);
    let judged = judged(paths, &settings, only)?;
    // What some rules are asked for besides is shown whatever else has failed.
    match only {
        Some(_) => refuse_missing(&judged.report)?,
        None => refuse_failed(&judged.report)?,
    }
    Ok(judged)
}

pub(super) fn basis(judged: &Judged) -> Basis<'_> {
    Basis {
        repository: &judged.repository,
        report: &judged.report,
        views: Views::ALL,
    }
}

fn write(lists: &[Checklist], report: &Report, out: &mut dyn Write) -> Result<Exit, Failure> {
    for (number, list) in lists.iter().enumerate() {
        if number > 0 {
            writeln!(out)?;
        }
        checklist::write(list, report, out)?;
    }
    let has_no = lists.iter().any(Checklist::has_no);
    Ok(if has_no { Exit::Findings } else { Exit::Clean })
}
