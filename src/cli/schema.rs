//! `spanguard schema`

use std::io::Write;

use crate::cli::Exit;
use crate::cli::arguments::{SchemaOf, SchemaOptions};
use crate::cli::failure::Failure;
use crate::config::SETTINGS;
use crate::output::{REPORT_SCHEMA, TOPOLOGY_SCHEMA};
use crate::policy::POLICY;

pub(super) fn run(options: &SchemaOptions, out: &mut dyn Write) -> Result<Exit, Failure> {
    let text = match options.of {
        SchemaOf::Policy => POLICY.schema_file("spanguard policy: one rule"),
        SchemaOf::Settings => SETTINGS.schema_file("spanguard settings"),
        SchemaOf::Report => REPORT_SCHEMA.to_owned(),
        SchemaOf::Topology => TOPOLOGY_SCHEMA.to_owned(),
    };
    out.write_all(text.as_bytes())?;
    Ok(Exit::Clean)
}
