//! What the environment says about streams.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the file that reads the environment"
)]

use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, IsTerminal as _};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::cli::arguments::When;
use crate::finding::Date;

/// Columns when the terminal does not tell.
const DEFAULT_WIDTH: usize = 100;

/// What is known of where output goes.
#[derive(Debug, Clone)]
pub(super) struct Environment {
    pub(super) color: bool,
    pub(super) links: bool,
    pub(super) width: usize,
    /// Whether the log is read for workflow commands.
    pub(super) is_github: bool,
    /// The address of the repository's files at the commit that is checked, in a workflow.
    pub(super) blob: Option<String>,
}

/// Reads the environment. `--color` counts first, then `NO_COLOR`, `FORCE_COLOR` and `CLICOLOR_FORCE`, then the terminal.
pub(super) fn read(color: When) -> Environment {
    let is_set =
        |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
    let is_terminal = io::stdout().is_terminal();
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    let is_github = std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true");
    let color = match color {
        When::Always => true,
        When::Never => false,
        When::Auto if is_set("NO_COLOR") => false,
        When::Auto if is_set("FORCE_COLOR") || is_set("CLICOLOR_FORCE") => true,
        When::Auto => is_github || is_terminal && !is_dumb,
    };
    let columns = std::env::var("COLUMNS")
        .ok()
        .and_then(|text| text.parse().ok());
    Environment {
        color,
        links: color && is_terminal && !is_dumb && !is_github,
        width: columns.unwrap_or(DEFAULT_WIDTH),
        is_github,
        blob: blob(),
    }
}

/// Source: the GitHub documentation, "Default environment variables".
fn blob() -> Option<String> {
    let part = |name: &str| {
        let value = std::env::var(name).ok()?;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:".contains(c);
        value.chars().all(is_plain).then_some(value)
    };
    let (server, repository) = (part("GITHUB_SERVER_URL")?, part("GITHUB_REPOSITORY")?);
    Some(format!(
        "{server}/{repository}/blob/{}",
        part("GITHUB_SHA")?
    ))
}

/// The day by the clock of the machine, in UTC.
pub(super) fn today() -> Date {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    Date::from_seconds(now.map_or(0, |since| since.as_secs()))
}

/// A word that no file can know in advance: it ends the part of a log in which workflow commands are not obeyed.
pub(super) fn secret_word() -> String {
    format!(
        "spanguard-{:016x}",
        RandomState::new().hash_one(std::process::id())
    )
}

/// The working folder; paths are shown relative to it.
pub(super) fn working_folder() -> std::path::PathBuf {
    let folder = std::env::current_dir().unwrap_or_default();
    std::fs::canonicalize(&folder).unwrap_or(folder)
}
