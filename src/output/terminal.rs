//! Findings with their source for people, then what was found and what was looked at.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError,
    MietteSpanContents, SourceCode, SourceSpan, SpanContents,
};

use super::{Look, counts, coverage_line, place, plural, rule_page, safe, undecided};
use crate::finding::{Finding, Related, Report, Severity};
use crate::source::{SourceFile, Span, floor_char};

/// Bytes of a line that are shown before and after a place on it; longer lines are cut.
const MAX_BESIDE: usize = 160;

/// Lines between two ends that one look takes in.
const NEAR: u32 = 5;

/// Rules listed in the summary unless more are asked for.
const MAX_RULES: usize = 15;

pub(super) fn write(report: &Report, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    let theme = if look.color {
        GraphicalTheme::unicode()
    } else {
        GraphicalTheme::unicode_nocolor()
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(look.width.max(40))
        .with_links(look.links)
        .with_primary_span_start();
    for finding in &report.findings {
        let snippet = Snippet::new(report, finding, look.links);
        let mut text = String::new();
        if handler.render_report(&mut text, &snippet).is_ok() {
            writeln!(out, "{}", text.trim_end())?;
        }
        let far_end = finding.far_end().filter(|end| is_far(report, finding, end));
        if let Some(end) = far_end {
            let mut text = String::new();
            let end = Snippet::end(report, finding, end);
            if handler.render_report(&mut text, &end).is_ok() {
                writeln!(out, "{}", text.trim_end())?;
            }
        }
        let is_shown = |other: &&Related| far_end.is_some_and(|end| std::ptr::eq(end, *other));
        for related in finding.others().filter(|other| !is_shown(other)) {
            let (path, start, _) = place(report, related.span);
            writeln!(
                out,
                "  also: {}:{}:{}: {}",
                safe::text(path),
                start.line,
                start.column,
                safe::text(&related.message)
            )?;
        }
        writeln!(out)?;
    }
    if look.verbosity > 0 {
        unknowns(report, out)?;
    }
    notifications(report, look, out)?;
    if look.verbosity >= 0 {
        summary(report, look, out)?;
        coverage(report, look, out)?;
    }
    Ok(())
}

/// Whether an end stands so far from its finding that a snippet of its own says more than its line.
fn is_far(report: &Report, finding: &Finding, end: &Related) -> bool {
    let (path, own, _) = place(report, finding.span);
    let (other_path, other, _) = place(report, end.span);
    path != other_path || own.line.abs_diff(other.line) > NEAR
}

/// A finding as the renderer takes it. Its source is a window of three lines, so the size of a file costs nothing.
struct Snippet<'a> {
    finding: &'a Finding,
    message: String,
    /// The rule; nothing for an end.
    code: Option<String>,
    help: Option<String>,
    window: Window,
    /// Whether the terminal shows links.
    links: bool,
}

impl<'a> Snippet<'a> {
    fn new(report: &Report, finding: &'a Finding, links: bool) -> Self {
        let fix = report
            .rule(&finding.rule)
            .map(|rule| safe::text(&rule.fix).into_owned());
        Self {
            finding,
            message: safe::text(&finding.message).into_owned(),
            links,
            code: Some(finding.rule.to_string()),
            help: fix.filter(|fix| !fix.is_empty()),
            window: report
                .file(finding.span.file)
                .map(|file| Window::new(file, finding.span))
                .unwrap_or_default(),
        }
    }
}

impl<'a> Snippet<'a> {
    /// The other end of a flow.
    fn end(report: &Report, finding: &'a Finding, end: &Related) -> Self {
        Self {
            finding,
            message: safe::text(&end.message).into_owned(),
            links: false,
            code: None,
            help: None,
            window: report
                .file(end.span.file)
                .map(|file| Window::new(file, end.span))
                .unwrap_or_default(),
        }
    }
}

impl fmt::Debug for Snippet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Display for Snippet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Snippet<'_> {}

impl Diagnostic for Snippet<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let code = self.code.as_ref()?;
        Some(Box::new(code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        // An end is shown with what leads there.
        if self.code.is_none() {
            return Some(miette::Severity::Advice);
        }
        Some(match self.finding.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Note => miette::Severity::Advice,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help
            .as_ref()
            .map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn url<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let code = self.code.as_ref().filter(|_| self.links)?;
        Some(Box::new(rule_page(code)))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.window)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let (start, len) = self.window.mark;
        Some(Box::new(std::iter::once(
            LabeledSpan::new_primary_with_span(None, (start, len)),
        )))
    }
}

/// A few lines of a file, made safe to print.
#[derive(Default)]
struct Window {
    name: String,
    text: String,
    /// The number of the first line, from 0.
    first_line: usize,
    /// Start and length of the place in the window's text.
    mark: (usize, usize),
    /// Line and column of the place, from 0.
    place: (usize, usize),
}

impl Window {
    fn new(file: &SourceFile, span: Span) -> Self {
        let (line_start, line_end) = file.line_range(span.start);
        let before = line_start
            .checked_sub(1)
            .map(|newline| file.line_range(crate::source::offset(newline)));
        let after_start = file
            .text
            .get(line_end..)
            .and_then(|rest| rest.find('\n'))
            .map(|at| line_end + at + 1);
        let after = after_start
            .filter(|at| *at < file.text.len())
            .map(|at| file.line_range(crate::source::offset(at)));
        let position = file.position(span.start);
        let line = position.line as usize;
        let mut window = Self {
            place: (line - 1, position.column as usize - 1),
            name: safe::text(&file.path).into_owned(),
            first_line: line - 1 - usize::from(before.is_some()),
            ..Self::default()
        };
        if let Some((start, end)) = before {
            window.push(file, start, end.min(start + MAX_BESIDE));
        }
        let from = line_start.max((span.start as usize).saturating_sub(MAX_BESIDE));
        let to = line_end.min(span.end as usize + MAX_BESIDE);
        let from = floor_char(&file.text, from);
        let shift = window.text.len();
        window.push(file, from, to.max(span.start as usize));
        window.mark = (
            shift + (span.start as usize).saturating_sub(from),
            span.len().clamp(1, 2 * MAX_BESIDE),
        );
        if let Some((start, end)) = after {
            window.push(file, start, end.min(start + MAX_BESIDE));
        }
        window
    }

    fn push(&mut self, file: &SourceFile, start: usize, end: usize) {
        let end = floor_char(&file.text, end);
        self.text
            .push_str(&safe::snippet(file.text.get(start..end).unwrap_or("")));
        self.text.push('\n');
    }
}

impl SourceCode for Window {
    fn read_span<'a>(
        &'a self,
        _span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        // Without context lines the renderer asks where the place is, for its header.
        let (line, column) = if before == 0 && after == 0 {
            self.place
        } else {
            (self.first_line, 0)
        };
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            self.text.as_bytes(),
            (0, self.text.len()).into(),
            line,
            column,
            self.text.lines().count(),
        )))
    }
}

fn unknowns(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for [at, rule, reason] in undecided(report) {
        writeln!(out, "unknown: {at}: {rule} cannot be decided: {reason}")?;
    }
    if !report.unknowns.is_empty() {
        writeln!(out)?;
    }
    Ok(())
}

/// Errors of the run one by one; milder notifications by kind unless more is asked for.
fn notifications(report: &Report, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    let mut milder: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for notification in &report.notifications {
        let place = notification.place().unwrap_or_default();
        let path = place.as_str();
        let one_by_one = notification.severity == Severity::Error
            || look.verbosity > 0
            || !["not-rendered", "not-built", "settings-not-used"].contains(&notification.kind);
        if !one_by_one {
            milder
                .entry((notification.kind, &notification.message))
                .or_default()
                .push(place);
            continue;
        }
        let separator = if path.is_empty() { "" } else { ": " };
        writeln!(
            out,
            "{}: {}{separator}{}",
            notification.severity.name(),
            safe::text(path),
            safe::text(&notification.message)
        )?;
        if let Some(help) = &notification.help {
            writeln!(out, "  help: {}", safe::text(help))?;
        }
    }
    for ((_, message), paths) in &milder {
        let first = paths.first().map_or("", String::as_str);
        let more = match paths.len() {
            1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        writeln!(
            out,
            "warning: {}{more}: {}",
            safe::text(first),
            safe::text(message)
        )?;
    }
    if !report.notifications.is_empty() {
        writeln!(out)?;
    }
    Ok(())
}

fn summary(report: &Report, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    let total = report.findings.len();
    let suppressed = match report.suppressed.len() {
        0 => String::new(),
        count => format!(" ({count} suppressed)"),
    };
    if total == 0 {
        let note = if report.is_complete() {
            ""
        } else {
            " in what could be checked"
        };
        writeln!(out, "No findings{note}{suppressed}.")?;
        return Ok(());
    }
    let counts = counts(report);
    writeln!(
        out,
        "Found {total} finding{}: {}{suppressed}.",
        plural(total),
        counts.join(", ")
    )?;
    let mut by_rule: BTreeMap<&str, (Severity, usize)> = BTreeMap::new();
    for finding in &report.findings {
        let entry = by_rule
            .entry(&finding.rule)
            .or_insert((finding.severity, 0));
        *entry = (entry.0.max(finding.severity), entry.1 + 1);
    }
    let mut rules: Vec<_> = by_rule
        .into_iter()
        .map(|(rule, (severity, count))| (severity, count, rule))
        .collect();
    rules.sort_by(|a, b| (b.0, b.1).cmp(&(a.0, a.1)).then(a.2.cmp(b.2)));
    let shown = if look.verbosity > 0 {
        rules.len()
    } else {
        MAX_RULES
    };
    for (severity, count, rule) in rules.iter().take(shown) {
        writeln!(out, "  {count:>5}  {:<7}  {rule}", severity.name())?;
    }
    if rules.len() > shown {
        writeln!(
            out,
            "         and {} more rules (-v lists them)",
            rules.len() - shown
        )?;
    }
    writeln!(
        out,
        "Run `spanguard explain <rule>` to see why a rule exists and how to mend it."
    )
}

fn coverage(report: &Report, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", coverage_line(report))?;
    let unknown = report
        .coverage
        .evaluations
        .get("unknown")
        .copied()
        .unwrap_or(0);
    let why = if look.verbosity > 0 {
        ""
    } else {
        " (-v says why)"
    };
    if unknown > 0 {
        writeln!(
            out,
            "{unknown} test{} could not be decided from the files alone{why}.",
            plural(unknown)
        )?;
    }
    Ok(())
}
