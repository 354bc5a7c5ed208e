//! `spanguard check`

use std::fs::File;
use std::io::{self, BufWriter, Read as _, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use crate::cli::Exit;
use crate::cli::arguments::{CheckOptions, Output, SettingsOptions};
use crate::cli::environment::{self, Environment};
use crate::cli::failure::Failure;
use crate::cli::fix::Rewritten;
use crate::cli::frame::frame;
use crate::cli::{fix, load};
use crate::config::Settings;
use crate::discover::{MAX_FILE_BYTES, Request, discover, shown};
use crate::engine::{self, Occasion};
use crate::finding::{Baseline, Notification, Report, Severity};
use crate::output::{Format, Look, render, safe};
use crate::policy::Reading;
use crate::repository::Repository;
use crate::source::SourceFile;

/// Stack of a worker in bytes: values may nest some hundred levels deep.
const STACK_BYTES: usize = 8 * 1024 * 1024;

/// Threads that are started at most, whatever is asked for.
const MAX_THREADS: usize = 256;

/// How often files are checked again after something in them was mended.
const MAX_ROUNDS: usize = 5;

/// How long each stage took.
struct Timings {
    started: Instant,
    stages: Vec<(&'static str, Instant)>,
}

impl Timings {
    fn new() -> Self {
        let started = Instant::now();
        Self {
            started,
            stages: Vec::new(),
        }
    }

    /// Ends a stage.
    fn end(&mut self, stage: &'static str) {
        self.stages.push((stage, Instant::now()));
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut last = self.started;
        for (stage, end) in &self.stages {
            writeln!(
                out,
                "{:>9.2} ms  {stage}",
                (*end - last).as_secs_f64() * 1e3
            )?;
            last = *end;
        }
        writeln!(
            out,
            "{:>9.2} ms  in all",
            (last - self.started).as_secs_f64() * 1e3
        )
    }
}

pub(super) fn run(options: &CheckOptions, out: &mut dyn Write) -> Result<Exit, Failure> {
    let mut timings = Timings::new();
    refuse_idle_options(options)?;
    if options.diff {
        let shown = with_threads(options.threads, || previewed(options, &mut timings))?;
        let (report, settings, rewritten) = shown?;
        fix::show(&rewritten, out)?;
        return Ok(exit(options, &report, &settings));
    }
    let (report, settings) = with_threads(options.threads, || mended(options, &mut timings))??;
    let environment = environment::read(options.color);
    match write_outputs(options, &report, environment, out) {
        // Who stops reading does not change what was found.
        Err(failure) if failure.is_closed_pipe() => return Ok(exit(options, &report, &settings)),
        written => written?,
    }
    timings.end("output");
    if options.timings {
        timings.write(&mut io::stderr().lock())?;
    }
    Ok(exit(options, &report, &settings))
}

/// Refuses options that would do nothing.
fn refuse_idle_options(options: &CheckOptions) -> Result<(), Failure> {
    if options.unsafe_fixes && !options.fix && !options.diff {
        let message = "error: `--unsafe-fixes` says which fixes, not what to do with them";
        return Err(Failure::new(message, "add `--fix` or `--diff`"));
    }
    if options.stdin_filename.is_some() && !options.paths.iter().any(|path| is_stdin(path)) {
        let message = "error: `--stdin-filename` names standard input, which is not read";
        return Err(Failure::new(message, "add `-` to the paths"));
    }
    Ok(())
}

/// The report on some paths with their settings, for commands that make something else of it.
pub(super) fn report_on(
    paths: &[PathBuf],
    settings: &SettingsOptions,
) -> Result<(Report, Settings), Failure> {
    let options = CheckOptions::plain(paths, settings);
    with_threads(0, || {
        report(&options, &Rewritten::new(), &mut Timings::new())
    })?
}

/// What some paths hold, with the report on it.
pub(super) struct Judged {
    pub(super) repository: Repository,
    pub(super) report: Report,
}

/// What some paths hold and the report on it, for commands that join both; a check that failed is a failure.
pub(super) fn judged(
    paths: &[PathBuf],
    settings: &SettingsOptions,
    only: Option<&str>,
) -> Result<Judged, Failure> {
    let mut options = CheckOptions::plain(paths, settings);
    options.only = only.map(str::to_owned);
    let (judged, _) = with_threads(0, || {
        judge(&options, &Rewritten::new(), &mut Timings::new())
    })??;
    Ok(judged)
}

/// A check that failed does not know what there is.
pub(super) fn refuse_failed(report: &Report) -> Result<(), Failure> {
    refuse(report, |error| error.severity == Severity::Error)
}

/// Refuses paths that are not there.
pub(super) fn refuse_missing(report: &Report) -> Result<(), Failure> {
    refuse(report, |error| error.kind == "missing")
}

fn refuse(report: &Report, is_fatal: impl Fn(&Notification) -> bool) -> Result<(), Failure> {
    match report.notifications.iter().find(|error| is_fatal(error)) {
        None => Ok(()),
        Some(error) => {
            let place = error
                .place()
                .map(|place| format!("{place}: "))
                .unwrap_or_default();
            let message = format!("error: {place}{}", error.full_message());
            Err(Failure::new(
                message,
                "mend that first: the check has failed",
            ))
        }
    }
}

/// Runs something with a number of threads; 0 is one for each core.
fn with_threads<T: Send>(threads: usize, run: impl FnOnce() -> T + Send) -> Result<T, Failure> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads.min(MAX_THREADS))
        .stack_size(STACK_BYTES)
        .build();
    let pool = pool.map_err(|error| {
        Failure::new(
            format!("error: cannot start threads: {error}"),
            "try `-j 1`",
        )
    })?;
    Ok(pool.install(run))
}

fn report(
    options: &CheckOptions,
    rewritten: &Rewritten,
    timings: &mut Timings,
) -> Result<(Report, Settings), Failure> {
    let (judged, settings) = judge(options, rewritten, timings)?;
    // Freeing a repository's trees node by node takes longer than the process has left.
    std::mem::forget(judged.repository);
    Ok((judged.report, settings))
}

/// What the paths hold, with texts that were rewritten in memory instead of those of the disk.
fn judge(
    options: &CheckOptions,
    rewritten: &Rewritten,
    timings: &mut Timings,
) -> Result<(Judged, Settings), Failure> {
    let first = options.paths.iter().find(|path| path.exists());
    let first = first.map(PathBuf::as_path);
    load::agree_on_settings(&options.settings, &options.paths)?;
    let mut settings = load::settings(&options.settings, first)?;
    settings.suppressions &= !options.no_suppressions;
    settings.only.clone_from(&options.only);
    let baseline = baseline(options, &settings)?;
    let policies = load::policies(&settings, Reading::WithoutExamples)?;
    timings.end("settings and policies");
    let mut found = discover(request(options, &settings)?)?;
    for file in &mut found.files {
        if let Some(rewrite) = rewritten.get(&file.path) {
            *file = SourceFile::new(file.id, Arc::clone(&file.path), Arc::clone(&rewrite.after));
        }
    }
    timings.end("find and read files");
    let occasion = Occasion {
        unread: found.unread,
        missing: found.missing,
        explicit: found.explicit,
        frame: frame(&options.paths),
        base: environment::working_folder(),
        today: options.today.unwrap_or_else(environment::today),
        baseline,
        is_whole: is_whole(&options.paths, &settings),
    };
    let repository = Repository::build(found.files);
    timings.end("parse and join");
    let mut report = engine::check(&repository, &occasion, &policies, &settings);
    if !options.settings.no_config {
        let unused = load::unused_settings(&repository, &settings);
        report.notifications.extend(unused);
    }
    report.finish();
    timings.end("evaluate rules");
    Ok((Judged { repository, report }, settings))
}

/// The report after everything is mended that was asked for. What one fix makes visible, another may mend.
fn mended(options: &CheckOptions, timings: &mut Timings) -> Result<(Report, Settings), Failure> {
    if options.fix && options.paths.iter().any(|path| is_stdin(path)) {
        let message = "error: standard input cannot be mended in place";
        return Err(Failure::new(
            message,
            "`--diff` shows what would be changed",
        ));
    }
    let mut applied = 0;
    for _ in 0..MAX_ROUNDS {
        let (mut found, settings) = report(options, &Rewritten::new(), timings)?;
        let (now, failed) = if options.fix {
            fix::write(&found, options.unsafe_fixes)
        } else {
            (0, Vec::new())
        };
        applied += now;
        if now == 0 {
            if applied > 0 {
                let told = format!(
                    "Mended {applied} finding{}.\n",
                    if applied == 1 { "" } else { "s" }
                );
                io::stderr().write_all(told.as_bytes())?;
            }
            found.notifications.extend(failed);
            return Ok((found, settings));
        }
    }
    report(options, &Rewritten::new(), timings)
}

/// The report as it is, with the files as they would be once everything was mended that was asked for.
fn previewed(
    options: &CheckOptions,
    timings: &mut Timings,
) -> Result<(Report, Settings, Rewritten), Failure> {
    let mut rewritten = Rewritten::new();
    let (first, settings) = report(options, &rewritten, timings)?;
    let mut now = fix::rewrite(&first, options.unsafe_fixes, &mut rewritten);
    for _ in 1..MAX_ROUNDS {
        if now == 0 {
            break;
        }
        let (found, _) = report(options, &rewritten, timings)?;
        now = fix::rewrite(&found, options.unsafe_fixes, &mut rewritten);
    }
    Ok((first, settings, rewritten))
}

/// Whether the folder that the settings are about is looked at, and not a part of it.
fn is_whole(paths: &[PathBuf], settings: &Settings) -> bool {
    let own = settings.folder.as_path();
    let own = if own.as_os_str().is_empty() {
        Path::new(".")
    } else {
        own
    };
    let Ok(folder) = std::fs::canonicalize(own) else {
        return false;
    };
    let paths = paths
        .iter()
        .filter_map(|path| std::fs::canonicalize(path).ok());
    paths.into_iter().any(|path| folder.starts_with(path))
}

/// The known findings: of the file that an option names, else of the one that settings name.
fn baseline(options: &CheckOptions, settings: &Settings) -> Result<Option<Baseline>, Failure> {
    let path = options.baseline.as_ref().or(settings.baseline.as_ref());
    match path.filter(|_| !options.no_baseline) {
        Some(path) => load::baseline(path).map(Some),
        None => Ok(None),
    }
}

pub(super) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn request(options: &CheckOptions, settings: &Settings) -> Result<Request, Failure> {
    let stdin = if options.paths.iter().any(|path| is_stdin(path)) {
        let mut bytes = Vec::new();
        io::stdin()
            .lock()
            .take(MAX_FILE_BYTES + 1)
            .read_to_end(&mut bytes)?;
        let name = options.stdin_filename.as_deref().unwrap_or("stdin.yaml");
        Some((
            shown(Path::new(name), &environment::working_folder()),
            bytes,
        ))
    } else {
        None
    };
    Ok(Request {
        roots: options
            .paths
            .iter()
            .filter(|path| !is_stdin(path))
            .cloned()
            .collect(),
        base: environment::working_folder(),
        folder: settings.folder.clone(),
        include: settings.include.clone(),
        exclude: settings.exclude.clone(),
        stdin,
    })
}

fn write_outputs(
    options: &CheckOptions,
    report: &Report,
    environment: Environment,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let verbosity = i8::from(options.verbose) - i8::from(options.quiet);
    let look = Look {
        color: environment.color,
        links: environment.links,
        verbosity,
        width: environment.width,
        blob: environment.blob,
    };
    let default = [Output {
        format: Format::Terminal,
        file: None,
    }];
    let outputs = if options.outputs.is_empty() {
        &default[..]
    } else {
        &options.outputs
    };
    refuse_twice(outputs)?;
    // Files first: who reads the stream may go away at any time.
    for (format, path) in outputs
        .iter()
        .filter_map(|output| Some((output.format, output.file.as_ref()?)))
    {
        let failed = |error: io::Error| {
            Failure::new(
                format!("error: cannot write {}: {error}", path.display()),
                "name a file in a folder that exists",
            )
        };
        let mut file = BufWriter::new(File::create(path).map_err(failed)?);
        let plain = Look {
            color: false,
            links: false,
            ..look.clone()
        };
        render(format, report, &plain, &mut file)
            .and_then(|()| file.flush())
            .map_err(failed)?;
    }
    let streams = outputs.iter().filter(|output| output.file.is_none());
    let streamed: Vec<Format> = streams.map(|output| output.format).collect();
    for format in &streamed {
        let written = to_stream(*format, report, &look, environment.is_github, out);
        match written.and_then(|()| out.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => break,
            result => result?,
        }
    }
    if streamed == [Format::Terminal]
        && !options.quiet
        && !environment.is_github
        && let Some(left) = fix::left(report)
    {
        writeln!(out, "{left}")?;
    }
    let is_told = |format: &Format| matches!(format, Format::Terminal | Format::Concise);
    if options.quiet && !streamed.contains(&Format::Terminal) || !streamed.iter().any(is_told) {
        failures(report, &mut io::stderr().lock())?;
    }
    Ok(())
}

/// Two reports in one place would spoil each other.
fn refuse_twice(outputs: &[Output]) -> Result<(), Failure> {
    let mut seen = std::collections::BTreeSet::new();
    match outputs.iter().find(|output| !seen.insert(&output.file)) {
        None => Ok(()),
        Some(output) => {
            let place = output.file.as_ref();
            let place = place.map_or("standard output".to_owned(), |path| {
                path.display().to_string()
            });
            let message = format!("error: two reports go to {place}");
            Err(Failure::new(
                message,
                "give one of them a file: `-o sarif=report.sarif`",
            ))
        }
    }
}

/// Why the check itself failed, for formats that people do not read.
fn failures(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for notification in &report.notifications {
        if notification.severity == Severity::Error {
            let place = notification
                .place()
                .map(|place| format!("{place}: "))
                .unwrap_or_default();
            let line = format!("error: {place}{}", notification.full_message());
            writeln!(out, "{}", safe::text(&line))?;
        }
    }
    Ok(())
}

/// Writes to standard output. In a workflow's log, nothing that is meant for people is obeyed as a command.
fn to_stream(
    format: Format,
    report: &Report,
    look: &Look,
    is_github: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let is_for_people = format == Format::Terminal || format == Format::Concise;
    if !is_for_people || !is_github {
        return render(format, report, look, out);
    }
    let word = environment::secret_word();
    writeln!(out, "::stop-commands::{word}")?;
    render(format, report, look, out)?;
    writeln!(out, "::{word}::")
}

fn exit(options: &CheckOptions, report: &Report, settings: &Settings) -> Exit {
    let failed = report
        .notifications
        .iter()
        .any(|notification| notification.severity == Severity::Error);
    let threshold = options
        .fail_on
        .map_or(settings.fail_on, super::arguments::FailOn::severity);
    let found = threshold.is_some_and(|threshold| {
        report
            .findings
            .iter()
            .any(|finding| finding.severity >= threshold)
    });
    let explicit = options
        .paths
        .iter()
        .any(|path| is_stdin(path) || path.is_file());
    if failed {
        return Exit::Failed;
    }
    if !report.coverage.has_artifacts() && !explicit && !options.allow_empty {
        let line = "error: nothing to check: no artifact is in these folders\n  help: `--allow-empty` accepts that\n";
        // Where standard error is closed, the exit code says it.
        let _written = io::stderr().write_all(line.as_bytes());
        return Exit::Nothing;
    }
    if found && !options.exit_zero {
        Exit::Findings
    } else {
        Exit::Clean
    }
}
