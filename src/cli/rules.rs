//! `spanguard rules`

use std::io::Write;

use crate::cli::Exit;
use crate::cli::arguments::{Profile, RulesOptions};
use crate::cli::failure::{Failure, policy_error};
use crate::cli::load;
use crate::policy::{Reading, Rule};

pub(super) fn run(options: &RulesOptions, out: &mut dyn Write) -> Result<Exit, Failure> {
    let settings = load::sound_settings(&options.settings)?;
    let policies = load::policies(&settings, Reading::WithoutExamples)?;
    let has = |profile: Profile| {
        move |rule: &&Rule| rule.profiles.iter().any(|name| *name == profile.name())
    };
    let rules: Vec<_> = match options.settings.profile {
        Some(profile) => policies.rules.iter().filter(has(profile)).collect(),
        None => policies.rules.iter().collect(),
    };
    let width = rules.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    for rule in &rules {
        let first = rule.profiles.first().map_or("off", String::as_str);
        let severity = rule.severity().name();
        writeln!(
            out,
            "{:<width$}  {severity:<7}  {first:<11}  {}",
            rule.id, rule.info.title
        )?;
    }
    writeln!(
        out,
        "\n{} rules; the third column is the smallest profile that has the rule.",
        rules.len()
    )?;
    for error in &policies.errors {
        writeln!(out, "{}", policy_error(error))?;
    }
    Ok(if policies.errors.is_empty() {
        Exit::Clean
    } else {
        Exit::Failed
    })
}
