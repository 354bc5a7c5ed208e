//! `spanguard test`

use std::io::Write;
use std::path::Path;

use crate::cli::Exit;
use crate::cli::arguments::TestOptions;
use crate::cli::failure::{Failure, at, policy_error};
use crate::cli::load;
use crate::engine::run_examples;
use crate::policy::{PolicySet, Reading};

pub(super) fn run(options: &TestOptions, out: &mut dyn Write) -> Result<Exit, Failure> {
    let policies = match &options.folder {
        Some(folder) => folder_policies(folder)?,
        None => load::policies(&load::sound_settings(&options.settings)?, Reading::Whole)?,
    };
    let mut failed = 0;
    let mut examples = 0;
    for error in &policies.errors {
        failed += 1;
        writeln!(out, "{}", policy_error(error))?;
        if let Some(help) = &error.problem.help {
            writeln!(out, "  help: {help}")?;
        }
    }
    for rule in &policies.rules {
        examples += rule.pass.len() + rule.fail.len();
        for failure in run_examples(&policies, rule) {
            failed += 1;
            writeln!(
                out,
                "failed: {}: {}: {}",
                at(&failure.file, failure.place.start),
                failure.rule,
                failure.message
            )?;
        }
    }
    let rules = policies.rules.len();
    writeln!(
        out,
        "{rules} rule{} with {examples} examples: {failed} failed",
        if rules == 1 { "" } else { "s" }
    )?;
    Ok(if failed == 0 {
        Exit::Clean
    } else {
        Exit::Findings
    })
}

fn folder_policies(folder: &Path) -> Result<PolicySet, Failure> {
    let mut set = PolicySet::default();
    set.load(load::folder_files(folder)?);
    if set.rules.is_empty() && set.errors.is_empty() {
        let message = format!("error: no policy file is in {}", folder.display());
        return Err(Failure::new(message, "a policy file ends in .yaml"));
    }
    Ok(set)
}
