//! `spanguard baseline`

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::cli::Exit;
use crate::cli::arguments::{BaselineAction, BaselineOptions};
use crate::cli::check::{refuse_failed, report_on};
use crate::cli::environment::working_folder;
use crate::cli::failure::Failure;
use crate::cli::load;
use crate::discover::shown;
use crate::finding::{Baseline, Report};

/// The file where nothing names one.
const FILE: &str = "spanguard-baseline.json";

pub(super) fn run(options: &BaselineOptions, out: &mut dyn Write) -> Result<Exit, Failure> {
    let (report, settings) = report_on(&options.paths, &options.settings)?;
    refuse_failed(&report)?;
    let stated = settings.baseline;
    let path = options.file.as_ref().or(stated.as_ref());
    let path = path.map_or(Path::new(FILE), PathBuf::as_path);
    let now = Baseline::of(&report);
    let (baseline, told) = match options.action {
        BaselineAction::Write => {
            if let Some(known) = path.exists().then(|| load::baseline(path)) {
                refuse_part(&known?, &report, &options.paths)?;
            }
            let told = format!("{} findings are known now", now.len());
            (now, told)
        }
        BaselineAction::Prune => {
            let mut known = load::baseline(path)?;
            refuse_part(&known, &report, &options.paths)?;
            let before = known.len();
            known.retain(&now.fingerprints());
            let told = format!("{} of {before} findings are gone", before - known.len());
            (known, told)
        }
    };
    write(path, &baseline)?;
    let name = shown(path, &working_folder());
    writeln!(out, "{name}: {told}")?;
    if stated.as_deref() != Some(path) {
        let told = format!(
            "`check --baseline {name}` knows them, and so does every run with `baseline: {name}` in the settings\n"
        );
        io::stderr().write_all(told.as_bytes())?;
    }
    Ok(Exit::Clean)
}

/// Refuses to forget what was not looked for.
fn refuse_part(known: &Baseline, report: &Report, paths: &[PathBuf]) -> Result<(), Failure> {
    let base = working_folder();
    let roots = paths.iter().map(|path| shown(path, &base));
    let roots: Vec<String> = roots
        .map(|root| report.machine_path(&root).into_owned())
        .collect();
    let is_below = |path: &str| {
        roots.iter().any(|root| {
            let root = root.trim_end_matches('.').trim_end_matches('/');
            let rest = path.strip_prefix(root);
            rest.is_some_and(|rest| root.is_empty() || rest.is_empty() || rest.starts_with('/'))
        })
    };
    let beside = known.paths().filter(|path| !is_below(path)).count();
    if beside == 0 {
        return Ok(());
    }
    let message = format!(
        "error: {beside} of {} known findings are in files that were not checked",
        known.len()
    );
    Err(Failure::new(
        message,
        "name the top folder of what the file is about, or another file with `--file`",
    ))
}

fn write(path: &Path, baseline: &Baseline) -> Result<(), Failure> {
    std::fs::write(path, baseline.to_text()).map_err(|error| {
        let message = format!("error: cannot write {}: {error}", path.display());
        Failure::new(message, "name a file in a folder that exists with `--file`")
    })
}
