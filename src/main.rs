//! The `spanguard` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    spanguard::cli::main()
}
