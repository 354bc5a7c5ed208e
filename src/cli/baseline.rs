//! `spanguard baseline`

use std::io::Write;
use std::path::Path;

use crate::cli::Exit;
use crate::cli::arguments::{BaselineAction, BaselineOptions};
use crate::cli::check::{refuse_failed, report_on};
use crate::cli::failure::Failure;
use crate::cli::load;
use crate::finding::Baseline;

pub(super) fn run(options: &BaselineOptions, out: &mut dyn Write) -> Result<Exit, Failure> {
    let report = report_on(&options.paths, &options.settings)?;
    refuse_failed(&report)?;
    let now = Baseline::of(&report);
    let path = &options.file;
    let (baseline, told) = match options.action {
        BaselineAction::Write => {
            let told = format!("{} findings are known now", now.len());
            (now, told)
        }
        BaselineAction::Prune => {
            let mut known = load::baseline(path)?;
            let before = known.len();
            known.retain(&now.fingerprints());
            let told = format!("{} of {before} findings are gone", before - known.len());
            (known, told)
        }
    };
    write(path, &baseline)?;
    writeln!(out, "{}: {told}", path.display())?;
    Ok(Exit::Clean)
}

fn write(path: &Path, baseline: &Baseline) -> Result<(), Failure> {
    std::fs::write(path, baseline.to_text()).map_err(|error| {
        let message = format!("error: cannot write {}: {error}", path.display());
        Failure::new(message, "name a file in a folder that exists with `--file`")
    })
}
