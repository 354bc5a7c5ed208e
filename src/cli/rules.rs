//! `spanguard rules`

use std::io::{self, Write};

use serde::Serialize;

use crate::cli::Exit;
use crate::cli::arguments::{ListFormat, Profile, RulesOptions};
use crate::cli::failure::{Failure, policy_error};
use crate::cli::load;
use crate::engine::own_rules;
use crate::finding::RuleInfo;
use crate::policy::{Reading, Rule};

pub(super) fn run(options: &RulesOptions, out: &mut dyn Write) -> Result<Exit, Failure> {
    let settings = load::sound_settings(&options.settings)?;
    let policies = load::policies(&settings, Reading::WithoutExamples)?;
    let has = |profile: Profile| {
        move |rule: &&Rule| rule.profiles.iter().any(|name| *name == profile.name())
    };
    let rules: Vec<&Rule> = match options.settings.profile {
        Some(profile) => policies.rules.iter().filter(has(profile)).collect(),
        None => policies.rules.iter().collect(),
    };
    match options.output {
        ListFormat::Text => text(&rules, out)?,
        ListFormat::Json => json(&rules, out)?,
        ListFormat::Markdown => markdown(&rules, out)?,
    }
    for error in &policies.errors {
        writeln!(io::stderr(), "{}", policy_error(error))?;
    }
    Ok(if policies.errors.is_empty() {
        Exit::Clean
    } else {
        Exit::Failed
    })
}

/// The smallest profile that switches a rule on.
fn smallest_profile(rule: &Rule) -> &str {
    rule.profiles.first().map_or("off", String::as_str)
}

fn text(rules: &[&Rule], out: &mut dyn Write) -> io::Result<()> {
    let width = rules.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    for rule in rules {
        let severity = rule.severity().name();
        let first = smallest_profile(rule);
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
    )
}

/// A rule as programs read it.
#[derive(Serialize)]
struct Listed<'a> {
    #[serde(flatten)]
    info: &'a RuleInfo,
    subject: &'static str,
    profiles: &'a [String],
    params: Vec<ListedParameter<'a>>,
}

#[derive(Serialize)]
struct ListedParameter<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    description: &'a str,
}

fn json(rules: &[&Rule], out: &mut dyn Write) -> io::Result<()> {
    let listed = rules.iter().map(|rule| Listed {
        info: &rule.info,
        subject: rule.subject.name(),
        profiles: &rule.profiles,
        params: rule
            .params
            .iter()
            .map(|param| ListedParameter {
                name: &param.name,
                kind: &param.kind,
                description: &param.description,
            })
            .collect(),
    });
    let listed: Vec<Listed<'_>> = listed.collect();
    serde_json::to_writer_pretty(&mut *out, &listed)?;
    writeln!(out)
}

/// The page of rules: its headings are what reports link to.
fn markdown(rules: &[&Rule], out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "# Rules\n\nGenerated from the policy files beside this page; `spanguard explain <rule>` shows the same with examples.\n"
    )?;
    writeln!(
        out,
        "| rule | severity | smallest profile | looks at | problem |\n| --- | --- | --- | --- | --- |"
    )?;
    for rule in rules {
        writeln!(
            out,
            "| [{}](#{}) | {} | {} | {} | {} |",
            rule.id,
            rule.id.replace('/', ""),
            rule.severity().name(),
            smallest_profile(rule),
            rule.subject.name(),
            rule.info.title
        )?;
    }
    for rule in rules {
        section("##", &rule.info, out)?;
        for param in &rule.params {
            writeln!(
                out,
                "\nParameter `{}` ({}): {}",
                param.name, param.kind, param.description
            )?;
        }
        if !rule.info.references.is_empty() {
            writeln!(out)?;
        }
        for address in &rule.info.references {
            writeln!(out, "- <{address}>")?;
        }
    }
    writeln!(out, "\n## Findings without a policy")?;
    for info in own_rules() {
        section("###", &info, out)?;
    }
    Ok(())
}

fn section(level: &str, info: &RuleInfo, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "\n{level} {}\n\n{} ({}).\n\n{}\n\n**Fix.** {}",
        info.id,
        info.title,
        info.severity.name(),
        info.why,
        info.fix
    )
}
