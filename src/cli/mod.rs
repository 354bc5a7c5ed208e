//! Turns arguments into a run, and a run into streams and an exit code.
//!
//! This is the only room that names clap, reads the environment and the clock, and knows exit codes: 0 clean, 1 findings
//! from `--fail-on` up, 2 the check itself failed, 3 nothing to check.

mod arguments;
mod baseline;
mod check;
mod checklist;
mod completions;
mod environment;
mod explain;
mod failure;
mod fix;
mod frame;
mod init;
mod load;
mod rules;
mod schema;
mod test;
mod topology;

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use clap::Parser as _;

use self::arguments::{Arguments, Command};
use self::failure::Failure;
use crate::output::safe;

/// How a run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exit {
    Clean = 0,
    Findings = 1,
    Failed = 2,
    Nothing = 3,
}

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let code = if error.use_stderr() {
                Exit::Failed
            } else {
                Exit::Clean
            };
            // A closed pipe is no reason to complain about usage.
            let _printed = error.print();
            return ExitCode::from(code as u8);
        }
    };
    let mut out = BufWriter::new(io::stdout().lock());
    let result = match arguments.command {
        Command::Check(options) => check::run(&options, &mut out),
        Command::Baseline(options) => safely(&mut out, |out| baseline::run(&options, out)),
        Command::Rules(options) => safely(&mut out, |out| rules::run(&options, out)),
        Command::Explain(options) => safely(&mut out, |out| explain::run(&options, out)),
        Command::Topology(options) => topology::run(&options, &mut out),
        Command::Trace(options) => topology::trace(&options, &mut out),
        Command::Checklist(options) => checklist::run(&options, &mut out),
        Command::GoLive(options) => checklist::go_live(&options, &mut out),
        Command::Test(options) => safely(&mut out, |out| test::run(&options, out)),
        Command::Init(options) => safely(&mut out, |out| init::run(&options, out)),
        Command::Schema(options) => schema::run(&options, &mut out),
        Command::Completions(options) => completions::run(&options, &mut out),
    };
    let flushed = out.flush().map_err(Failure::from);
    let is_closed = |failure: &Failure| failure.is_closed_pipe();
    let result = match (result, flushed) {
        // Who stops reading does not change what was found.
        (Ok(exit), Err(failure)) if is_closed(&failure) => Ok(exit),
        (result, flushed) => result.and_then(|exit| flushed.map(|()| exit)),
    };
    match result {
        Ok(exit) => ExitCode::from(exit as u8),
        Err(failure) if is_closed(&failure) => ExitCode::from(Exit::Clean as u8),
        Err(failure) => {
            let _printed = write!(io::stderr(), "{failure}");
            let exit = if failure.is_of_nothing() {
                Exit::Nothing
            } else {
                Exit::Failed
            };
            ExitCode::from(exit as u8)
        }
    }
}

/// Runs a command that prints what policy files say, and takes the power out of every line.
fn safely(
    out: &mut dyn Write,
    run: impl FnOnce(&mut dyn Write) -> Result<Exit, Failure>,
) -> Result<Exit, Failure> {
    let mut printed = Vec::new();
    let result = run(&mut printed);
    out.write_all(safe::lines(&String::from_utf8_lossy(&printed)).as_bytes())?;
    result
}
