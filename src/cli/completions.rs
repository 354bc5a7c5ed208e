//! `spanguard completions`

use std::io::Write;

use clap::CommandFactory as _;

use crate::cli::Exit;
use crate::cli::arguments::{Arguments, CompletionsOptions};
use crate::cli::failure::Failure;

pub(super) fn run(options: &CompletionsOptions, out: &mut dyn Write) -> Result<Exit, Failure> {
    let mut printed = Vec::new();
    let mut command = Arguments::command();
    clap_complete::generate(options.shell, &mut command, "spanguard", &mut printed);
    out.write_all(&printed)?;
    Ok(Exit::Clean)
}
