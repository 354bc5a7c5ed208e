//! `spanguard init`

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;

use crate::cli::Exit;
use crate::cli::arguments::InitOptions;
use crate::cli::failure::Failure;
use crate::cli::load::OWN_POLICIES;
use crate::config::FILE_NAME;

/// Where the schemas can be fetched, for editors.
const SCHEMAS: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/raw/main/schemas");

const SETTINGS: &str = "\
# What spanguard checks here, and how strictly. Every key is optional.

# essential: what breaks tracing; recommended: what is worth a person's minute; strict: everything.
profile: recommended

# The severity from which findings fail a run.
fail-on: error

# Paths that are not looked at.
exclude: []

# Severities and parameters of rules, by id; `spanguard rules` lists them.
rules: {}

# Findings that are accepted until a day. Each names the rule, who answers for it and why.
waivers: []
";

const POLICY: &str = "\
title: Workload without an owner
severity: warning
subject: workload
require: has(workload.labels.owner)
message: \"{workload.kind} `{workload.name}` has no `owner` label\"
why: Alerts about a service go to its owner.
fix: Add the label `owner` to the pods.
examples:
  pass:
    - |
      apiVersion: v1
      kind: Pod
      metadata: {name: cart, labels: {owner: shop}}
      spec: {containers: [{name: app, image: \"cart:1\"}]}
  fail:
    - |
      apiVersion: v1
      kind: Pod
      metadata:
        name: cart
        labels:  # <-- here
          app: cart
      spec: {containers: [{name: app, image: \"cart:1\"}]}
";

pub(super) fn run(options: &InitOptions, out: &mut dyn Write) -> Result<Exit, Failure> {
    let policy = format!("{OWN_POLICIES}/team/missing-owner.yaml");
    let files = [
        (FILE_NAME, "settings", SETTINGS),
        (policy.as_str(), "policy", POLICY),
    ];
    for (name, schema, text) in files {
        let header = format!("# yaml-language-server: $schema={SCHEMAS}/{schema}.json\n");
        let is_new = create(&options.folder.join(name), &(header + text))?;
        let told = if is_new {
            "written"
        } else {
            "exists, left alone"
        };
        writeln!(out, "{name}: {told}")?;
    }
    writeln!(
        out,
        "Next: `spanguard check`, and `spanguard test {OWN_POLICIES}` for your own rules."
    )?;
    Ok(Exit::Clean)
}

/// Writes a file that does not exist; says whether it did.
fn create(path: &Path, text: &str) -> Result<bool, Failure> {
    let failed = |error: std::io::Error| {
        let message = format!("error: cannot write {}: {error}", path.display());
        Failure::new(message, "name a folder that you may write to")
    };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(mut file) => file
            .write_all(text.as_bytes())
            .map(|()| true)
            .map_err(failed),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(failed(error)),
    }
}
