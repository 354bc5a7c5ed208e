//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::finding::{Date, Severity};
use crate::output::Format;
use crate::output::picture::PictureFormat;

/// Checks Dockerfiles, Kubernetes manifests and OpenTelemetry Collector configurations for a distributed-tracing rollout.
#[derive(Debug, Parser)]
#[command(name = "spanguard", version, max_term_width = 100, after_help = EXIT_CODES)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  no findings from --fail-on up
  1  findings from --fail-on up
  2  the check itself failed: usage, settings, a policy, a path that cannot be read
  3  nothing to check: folders were given, and not one artifact is in them";

const MARKS: &str = "\
Each line is `[x]` met, `[ ]` not met or `[?]` not decided by the files, with the place or the reason.
Every rule is asked, unless --profile names a smaller set.";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Check files and folders
    #[command(after_help = EXIT_CODES)]
    Check(CheckOptions),
    /// List the rules
    Rules(RulesOptions),
    /// Say why a rule exists, how to mend its findings, and show its examples
    Explain(ExplainOptions),
    /// Write or prune the file of known findings
    Baseline(BaselineOptions),
    /// Show how traces flow from services through collectors to stores
    Topology(TopologyOptions),
    /// Follow the traces of one service hop by hop; ends with 1 where they get lost, or where none are made
    #[command(
        after_help = "Every rule is asked whether the service makes traces, unless --profile names a smaller set."
    )]
    Trace(TraceOptions),
    /// Print the checklist of one service, as far as files answer it; ends with 1 where a line is not met
    #[command(after_help = MARKS)]
    Checklist(ChecklistOptions),
    /// Print the go-live checklist, as far as files answer it; ends with 1 where a line is not met
    #[command(after_help = MARKS)]
    GoLive(GoLiveOptions),
    /// Run the examples of policy files; ends with 1 when one fails or a policy does not compile
    Test(TestOptions),
    /// Write a settings file and a first policy; what exists is left alone
    Init(InitOptions),
    /// Print the JSON Schema of policies, settings or reports
    Schema(SchemaOptions),
    /// Print the completions for a shell
    Completions(CompletionsOptions),
}

/// `spanguard check`
#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub(super) struct CheckOptions {
    /// Files and folders to check; `-` reads standard input
    #[arg(value_name = "PATH", default_value = ".")]
    pub(super) paths: Vec<PathBuf>,

    /// Write a report to standard output or to a file; may be given several times. The formats are terminal (the
    /// default), concise, json, sarif, github, markdown, gitlab, junit and rdjson
    #[arg(short, long = "output", value_name = "FORMAT[=FILE]", value_parser = output)]
    pub(super) outputs: Vec<Output>,

    /// The severity from which findings fail the run; error unless settings say otherwise
    #[arg(long, value_name = "SEVERITY")]
    pub(super) fail_on: Option<FailOn>,

    /// Mend what can be mended for certain, and report the rest
    #[arg(long)]
    pub(super) fix: bool,

    /// With --fix or --diff, also what is likely right and changes what runs
    #[arg(long)]
    pub(super) unsafe_fixes: bool,

    /// Print what --fix would change, and write nothing
    #[arg(long, conflicts_with_all = ["fix", "outputs"])]
    pub(super) diff: bool,

    /// End with 0 whatever is found; failures of the check itself still end with 2
    #[arg(long)]
    pub(super) exit_zero: bool,

    /// End with 0 when there is nothing to check
    #[arg(long)]
    pub(super) allow_empty: bool,

    /// The path to show for standard input, whose name decides how it is read [default: stdin.yaml]
    #[arg(long, value_name = "PATH", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(super) stdin_filename: Option<String>,

    /// Report findings that comments and waivers suppress, too
    #[arg(long)]
    pub(super) no_suppressions: bool,

    /// A file of known findings, which fail no run; `spanguard baseline` writes it
    #[arg(long, value_name = "FILE", conflicts_with = "no_baseline")]
    pub(super) baseline: Option<PathBuf>,

    /// Report known findings, too
    #[arg(long)]
    pub(super) no_baseline: bool,

    /// The day on which suppressions are judged, instead of today
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    pub(super) today: Option<Date>,

    #[command(flatten)]
    pub(super) settings: SettingsOptions,

    /// Less output: findings only
    #[arg(short, long, conflicts_with = "verbose")]
    pub(super) quiet: bool,

    /// More output: what could not be decided, and every notification
    #[arg(short, long)]
    pub(super) verbose: bool,

    /// When to use colours
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(super) color: When,

    /// How many threads to use; 0 is one for each core
    #[arg(short = 'j', long, value_name = "N", default_value_t = 0)]
    pub(super) threads: usize,

    /// Say on standard error how long each stage took
    #[arg(long)]
    pub(super) timings: bool,

    /// The tag of the only rules that run, for commands that ask for some of them
    #[arg(skip)]
    pub(super) only: Option<String>,
}

/// Which settings and policies apply.
#[derive(Debug, Clone, Args)]
pub(super) struct SettingsOptions {
    /// The settings file, instead of the nearest spanguard.yaml
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    pub(super) config: Option<PathBuf>,

    /// Ignore settings files
    #[arg(long)]
    pub(super) no_config: bool,

    /// The set of rules to start from; recommended unless settings say otherwise
    #[arg(long, value_name = "PROFILE")]
    pub(super) profile: Option<Profile>,

    /// A folder with more rules; may be given several times
    #[arg(long = "policies", value_name = "FOLDER")]
    pub(super) policies: Vec<PathBuf>,
}

impl CheckOptions {
    /// A check of paths with everything else as usual, and nothing known.
    pub(super) fn plain(paths: &[PathBuf], settings: &SettingsOptions) -> Self {
        Self {
            paths: paths.to_vec(),
            outputs: Vec::new(),
            fail_on: None,
            fix: false,
            unsafe_fixes: false,
            diff: false,
            exit_zero: false,
            allow_empty: false,
            stdin_filename: None,
            no_suppressions: false,
            baseline: None,
            no_baseline: true,
            today: None,
            settings: settings.clone(),
            quiet: false,
            verbose: false,
            color: When::Never,
            threads: 0,
            timings: false,
            only: None,
        }
    }
}

/// `spanguard baseline`
#[derive(Debug, Args)]
pub(super) struct BaselineOptions {
    /// `write` makes the file of all that is found now; `prune` only forgets what is found no more
    pub(super) action: BaselineAction,

    /// Files and folders to check
    #[arg(value_name = "PATH", default_value = ".")]
    pub(super) paths: Vec<PathBuf>,

    /// The file; without it the one that settings name under `baseline`, else `spanguard-baseline.json`
    #[arg(long, value_name = "FILE")]
    pub(super) file: Option<PathBuf>,

    #[command(flatten)]
    pub(super) settings: SettingsOptions,
}

/// What to do with the file of known findings.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum BaselineAction {
    Write,
    Prune,
}

/// `spanguard topology`
#[derive(Debug, Args)]
pub(super) struct TopologyOptions {
    /// Files and folders to read
    #[arg(value_name = "PATH", default_value = ".")]
    pub(super) paths: Vec<PathBuf>,

    /// How to show it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: TopologyFormat,

    #[command(flatten)]
    pub(super) settings: SettingsOptions,
}

/// The formats of `topology`.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum TopologyFormat {
    Text,
    Mermaid,
    Dot,
    Json,
    Html,
}

impl From<TopologyFormat> for PictureFormat {
    fn from(format: TopologyFormat) -> Self {
        match format {
            TopologyFormat::Text => Self::Text,
            TopologyFormat::Mermaid => Self::Mermaid,
            TopologyFormat::Dot => Self::Dot,
            TopologyFormat::Json => Self::Json,
            TopologyFormat::Html => Self::Html,
        }
    }
}

/// `spanguard trace`
#[derive(Debug, Args)]
pub(super) struct TraceOptions {
    /// The service: the name of its workload, with or without its namespace
    #[arg(value_name = "SERVICE")]
    pub(super) service: String,

    /// Files and folders to read
    #[arg(value_name = "PATH", default_value = ".")]
    pub(super) paths: Vec<PathBuf>,

    #[command(flatten)]
    pub(super) settings: SettingsOptions,
}

/// `spanguard checklist`
#[derive(Debug, Args)]
pub(super) struct ChecklistOptions {
    /// The service: the name of its workload, with or without its namespace
    #[arg(value_name = "SERVICE")]
    pub(super) service: String,

    /// Files and folders to read
    #[arg(value_name = "PATH", default_value = ".")]
    pub(super) paths: Vec<PathBuf>,

    #[command(flatten)]
    pub(super) settings: SettingsOptions,
}

/// `spanguard go-live`
#[derive(Debug, Args)]
pub(super) struct GoLiveOptions {
    /// Files and folders to read
    #[arg(value_name = "PATH", default_value = ".")]
    pub(super) paths: Vec<PathBuf>,

    #[command(flatten)]
    pub(super) settings: SettingsOptions,
}

/// `spanguard rules`
#[derive(Debug, Args)]
pub(super) struct RulesOptions {
    /// How to list them
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(super) output: ListFormat,

    #[command(flatten)]
    pub(super) settings: SettingsOptions,
}

/// `spanguard explain`
#[derive(Debug, Args)]
pub(super) struct ExplainOptions {
    /// The id of a rule
    #[arg(value_name = "RULE")]
    pub(super) rule: String,

    #[command(flatten)]
    pub(super) settings: SettingsOptions,
}

/// `spanguard test`
#[derive(Debug, Args)]
pub(super) struct TestOptions {
    /// A folder of policy files; without it, the policies that `check` would use
    #[arg(value_name = "FOLDER")]
    pub(super) folder: Option<PathBuf>,

    #[command(flatten)]
    pub(super) settings: SettingsOptions,
}

/// `spanguard init`
#[derive(Debug, Args)]
pub(super) struct InitOptions {
    /// The folder of the repository
    #[arg(value_name = "FOLDER", default_value = ".")]
    pub(super) folder: PathBuf,
}

/// `spanguard schema`
#[derive(Debug, Args)]
pub(super) struct SchemaOptions {
    /// What it describes
    pub(super) of: SchemaOf,
}

/// What a schema describes.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum SchemaOf {
    Policy,
    Settings,
    Report,
    Topology,
}

/// `spanguard completions`
#[derive(Debug, Args)]
pub(super) struct CompletionsOptions {
    /// The shell
    pub(super) shell: clap_complete::Shell,
}

/// How to list rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ListFormat {
    Text,
    Json,
    Markdown,
}

/// A format and where to write it.
#[derive(Debug, Clone)]
pub(super) struct Output {
    pub(super) format: Format,
    pub(super) file: Option<PathBuf>,
}

/// When to do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum When {
    Auto,
    Always,
    Never,
}

/// The severity that fails a run.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum FailOn {
    Error,
    Warning,
    Note,
    Never,
}

impl FailOn {
    pub(super) fn severity(self) -> Option<Severity> {
        match self {
            Self::Error => Some(Severity::Error),
            Self::Warning => Some(Severity::Warning),
            Self::Note => Some(Severity::Note),
            Self::Never => None,
        }
    }
}

/// A set of rules.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Profile {
    Essential,
    Recommended,
    Strict,
}

impl Profile {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Essential => "essential",
            Self::Recommended => "recommended",
            Self::Strict => "strict",
        }
    }
}

fn day(text: &str) -> Result<Date, String> {
    Date::parse(text).ok_or_else(|| "a day is written as 2027-01-31".to_owned())
}

fn output(text: &str) -> Result<Output, String> {
    let (name, file) = match text.split_once('=') {
        Some((name, file)) => (name, Some(PathBuf::from(file))),
        None => (text, None),
    };
    let names: Vec<&str> = Format::ALL.iter().map(|(name, _)| *name).collect();
    if file
        .as_ref()
        .is_some_and(|file| file.as_os_str().is_empty())
    {
        return Err("the name of the file is missing after `=`".to_owned());
    }
    let format = Format::ALL.iter().find(|(known, _)| *known == name);
    let (_, format) = format.ok_or_else(|| format!("the formats are {}", names.join(", ")))?;
    Ok(Output {
        format: *format,
        file,
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn an_output_is_a_format_with_or_without_a_file() {
        assert_eq!(
            output("sarif=a=b.sarif").unwrap().file,
            Some(PathBuf::from("a=b.sarif"))
        );
        assert!(output("json").unwrap().file.is_none());
        assert!(output("xml").unwrap_err().contains("terminal"));
    }
}
