//! `spanguard topology` and `spanguard trace`

use std::io::Write;
use std::path::PathBuf;

use crate::cli::Exit;
use crate::cli::arguments::{SettingsOptions, TopologyOptions, TraceOptions};
use crate::cli::checklist::{basis, strictly};
use crate::cli::failure::Failure;
use crate::engine;
use crate::output::picture::{self, MAX_NAMED, Sheet};
use crate::picture::{EndKind, Picture, Verdict};
use crate::repository::{Repository, Subject, SubjectKind};

pub(super) fn run(options: &TopologyOptions, out: &mut dyn Write) -> Result<Exit, Failure> {
    let repository = pictured(&options.paths, &options.settings)?;
    refuse_untraced(&repository)?;
    picture::render(options.format.into(), sheet(&repository), out)?;
    Ok(Exit::Clean)
}

/// What some paths hold; in its picture services are silent that make no traces, as far as rules tell.
fn pictured(paths: &[PathBuf], settings: &SettingsOptions) -> Result<Repository, Failure> {
    let mut judged = strictly(paths, settings, Some(engine::SILENT))?;
    for (service, causes) in engine::silenced(basis(&judged)) {
        let causes = causes.into_iter();
        let causes = causes.filter_map(|cause| Some((cause.text, cause.place?)));
        let causes: Vec<_> = causes.collect();
        judged.repository.picture.silence(service, &causes);
    }
    Ok(judged.repository)
}

/// Shows the ways of one service; ends with 1 where one of them is broken or lost, or where nothing is sent.
pub(super) fn trace(options: &TraceOptions, out: &mut dyn Write) -> Result<Exit, Failure> {
    let repository = &pictured(&options.paths, &options.settings)?;
    refuse_untraced(repository)?;
    let sheet = sheet(repository);
    let is_it =
        |name: &str| name == options.service || name.rsplit('/').next() == Some(&options.service);
    let paths = repository.picture.paths.iter();
    let paths = paths.filter(|path| is_it(repository.picture.name(Some(path.service))));
    let (mut is_found, mut is_bad) = (false, false);
    for (number, path) in paths.enumerate() {
        if number > 0 {
            writeln!(out)?;
        }
        picture::way(sheet, path, out)?;
        is_found = true;
        is_bad |= matches!(
            path.verdict,
            Verdict::Broken | Verdict::Lost | Verdict::Silent
        );
    }
    match (is_found, is_bad) {
        (false, _) if is_untraced(&options.service, repository) => {
            let wanted = &options.service;
            writeln!(out, "`{wanted}` sends no traces, as far as the files tell")?;
            writeln!(out, "  help: `spanguard checklist {wanted}` says why")?;
            Ok(Exit::Findings)
        }
        (false, _) => Err(unknown_service(&options.service, &repository.picture)),
        (true, true) => Ok(Exit::Findings),
        (true, false) => Ok(Exit::Clean),
    }
}

/// Refuses files in which nothing sends, passes on or keeps traces.
pub(super) fn refuse_untraced(repository: &Repository) -> Result<(), Failure> {
    if repository.picture.ends.is_empty() {
        let message = "error: no service that is traced, and no collector, is among the files";
        let failure = Failure::new(message, "name the folder that holds the manifests");
        return Err(failure.of_nothing());
    }
    Ok(())
}

fn sheet(repository: &Repository) -> Sheet<'_> {
    Sheet {
        picture: &repository.picture,
        files: &repository.files,
    }
}

/// Whether a workload of a name is there, of which the files know no traces.
fn is_untraced(wanted: &str, repository: &Repository) -> bool {
    let workloads = repository.subjects.iter();
    let mut workloads = workloads.filter(|subject| subject.kind == SubjectKind::Workload);
    let is_it = |subject: &Subject| {
        let rest = subject.object.strip_suffix(wanted);
        rest.is_some_and(|rest| rest.ends_with('/'))
    };
    workloads.any(is_it)
}

/// The failure for a service that no file traces, with the most similar one.
pub(super) fn unknown_service(wanted: &str, picture: &Picture) -> Failure {
    let services = picture
        .ends
        .iter()
        .filter(|end| end.kind == EndKind::Service);
    let mut names: Vec<&str> = services.map(|end| end.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let short = names.iter().filter_map(|name| name.rsplit('/').next());
    let near = crate::source::nearest(wanted, names.iter().copied().chain(short));
    let hint = match (near, names.as_slice()) {
        (Some(near), _) => format!("did you mean `{near}`?"),
        (None, []) => "no workload among the files is traced".to_owned(),
        (None, names) => {
            let shown: Vec<&str> = names.iter().take(MAX_NAMED).copied().collect();
            let more = if names.len() > MAX_NAMED {
                " and more"
            } else {
                ""
            };
            format!("there are {}{more}", shown.join(", "))
        }
    };
    Failure::new(
        format!("error: no traced service is called `{wanted}`"),
        hint,
    )
}
