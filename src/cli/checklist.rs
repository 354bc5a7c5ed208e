//! `spanguard checklist` and `spanguard go-live`

use std::io::Write;
use std::path::PathBuf;

use crate::cli::Exit;
use crate::cli::arguments::{ChecklistOptions, GoLiveOptions, Profile, SettingsOptions};
use crate::cli::check::{Judged, judged};
use crate::cli::failure::Failure;
use crate::cli::topology::{refuse_untraced, unknown_service};
use crate::engine::{self, Basis};
use crate::finding::{Checklist, Report};
use crate::output::checklist;

/// Prints the checklist of a service; ends with 1 where a line is answered with no.
pub(super) fn run(options: &ChecklistOptions, out: &mut dyn Write) -> Result<Exit, Failure> {
    let judged = strictly(&options.paths, &options.settings)?;
    let lists = engine::checklists(basis(&judged), &options.service);
    if lists.is_empty() {
        let picture = &judged.repository.picture;
        return Err(unknown_service(&options.service, picture));
    }
    write(&lists, &judged.report, out)
}

/// Prints the go-live checklist; ends with 1 where a line is answered with no.
pub(super) fn go_live(options: &GoLiveOptions, out: &mut dyn Write) -> Result<Exit, Failure> {
    let judged = strictly(&options.paths, &options.settings)?;
    refuse_untraced(&judged.repository)?;
    write(&[engine::go_live(basis(&judged))], &judged.report, out)
}

/// Judges with every rule, unless a profile is named: a rule that does not run ticks nothing off.
pub(super) fn strictly(paths: &[PathBuf], settings: &SettingsOptions) -> Result<Judged, Failure> {
    let mut settings = settings.clone();
    settings.profile.get_or_insert(Profile::Strict);
    judged(paths, &settings)
}

pub(super) fn basis(judged: &Judged) -> Basis<'_> {
    Basis {
        repository: &judged.repository,
        report: &judged.report,
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
