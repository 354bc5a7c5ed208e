//! `spanguard explain`

use std::io::{self, Write};

use crate::cli::Exit;
use crate::cli::arguments::ExplainOptions;
use crate::cli::failure::Failure;
use crate::cli::load;
use crate::engine::own_rules;
use crate::finding::RuleInfo;
use crate::output::rule_page;
use crate::policy::{Example, MARKER, Reading, Rule};
use crate::source::meant_rule;

pub(super) fn run(options: &ExplainOptions, out: &mut dyn Write) -> Result<Exit, Failure> {
    let settings = load::sound_settings(&options.settings)?;
    let policies = load::policies(&settings, Reading::Whole)?;
    if let Some(rule) = policies.rule(&options.rule) {
        info(&rule.info, out)?;
        details(rule, out)?;
        return Ok(Exit::Clean);
    }
    let own: Vec<RuleInfo> = own_rules().collect();
    if let Some(rule) = own.iter().find(|rule| *rule.id == options.rule) {
        info(rule, out)?;
        return Ok(Exit::Clean);
    }
    let ids = policies
        .rules
        .iter()
        .map(|rule| &*rule.id)
        .chain(own.iter().map(|rule| &*rule.id));
    let hint = meant_rule(&options.rule, ids);
    let hint = hint.unwrap_or_else(|| "`spanguard rules` lists every rule".to_owned());
    Err(Failure::new(
        format!("error: there is no rule `{}`", options.rule),
        hint,
    ))
}

fn info(info: &RuleInfo, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "{} ({})\n\n{}\n",
        info.id,
        info.severity.name(),
        info.title
    )?;
    writeln!(
        out,
        "Why\n{}\n\nFix\n{}\n",
        indented(&info.why),
        indented(&info.fix)
    )
}

fn details(rule: &Rule, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "Looks at every {}; on in: {}.",
        rule.subject.name(),
        rule.profiles.join(", ")
    )?;
    if !rule.info.tags.is_empty() {
        writeln!(out, "Tags: {}.", rule.info.tags.join(", "))?;
    }
    if !rule.params.is_empty() {
        writeln!(out, "\nParameters")?;
    }
    for param in &rule.params {
        let default = rule.file.slice(param.default.span);
        writeln!(
            out,
            "  {} ({}, default {default}): {}",
            param.name, param.kind, param.description
        )?;
    }
    if !rule.edits.is_empty() {
        writeln!(out, "\nEdits")?;
    }
    for edit in &rule.edits {
        let flags = if edit.is_safe {
            "--fix"
        } else {
            "--fix --unsafe-fixes"
        };
        writeln!(out, "  {} ({flags})", edit.written)?;
    }
    for (title, examples) in [("Passes", &rule.pass), ("Fails", &rule.fail)] {
        if let Some(first) = examples.first() {
            writeln!(out, "\n{title}")?;
            example(first, out)?;
        }
    }
    writeln!(out, "\nReferences\n  {}", rule_page(&rule.info.id))?;
    for address in &rule.info.references {
        writeln!(out, "  {address}")?;
    }
    Ok(())
}

fn example(example: &Example, out: &mut dyn Write) -> io::Result<()> {
    for (path, text) in &example.files {
        writeln!(out, "  {path}")?;
        for (number, line) in (1..).zip(text.lines()) {
            let is_marked = example.expected.contains(&(path.clone(), number));
            let marker = if is_marked {
                format!("  {MARKER}")
            } else {
                String::new()
            };
            writeln!(out, "  {number:>3} | {line}{marker}")?;
        }
    }
    Ok(())
}

fn indented(text: &str) -> String {
    text.lines()
        .map(|line| format!("  {line}"))
        .collect::<Vec<_>>()
        .join("\n")
}
