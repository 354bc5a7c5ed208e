//! The vocabulary of results: what was found, where, how bad, how to mend it.
//!
//! The main type is [`Report`]. It is sorted once, here; every format renders the same order. This room knows no rule
//! language and no format.

mod baseline;
mod checklist;
mod coverage;
mod date;
mod frame;

use std::borrow::Cow;
use std::sync::Arc;

use crate::source::{FileId, Position, SourceFile, Span, Views};

pub use self::baseline::Baseline;
pub use self::checklist::{Answer, Checklist, Evidence, Head, Line, Said, Section};
pub use self::coverage::Coverage;
pub use self::date::Date;
pub use self::frame::Frame;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Worth mending.
    Warning,
    /// Tracing breaks, leaks data or fails to start.
    Error,
}

impl Severity {
    /// Every severity, gravest first.
    pub const ALL: [Self; 3] = [Self::Error, Self::Warning, Self::Note];

    /// The name that people write.
    pub fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// The severity of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|severity| severity.name() == name)
    }
}

/// Something that a rule found.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The id of the rule.
    pub rule: Arc<str>,
    /// How bad it is here.
    pub severity: Severity,
    /// One sentence for the person on whose line it stands.
    pub message: String,
    /// The place, on one line.
    pub span: Span,
    /// Other places that belong to it.
    pub related: Vec<Related>,
    /// The places between here and the other end of a relation, that end included, in order.
    pub flow: Vec<Related>,
    /// Whether the flow comes from the other end and leads here; else it starts here.
    pub leads_here: bool,
    /// The logical name of what was judged; it survives moved lines.
    pub object: String,
    /// How to mend it by an edit of the text, where the rule knows one.
    pub fix: Option<Fix>,
    /// Identity across runs: 16 hexadecimal digits of rule, path, object and ordinal.
    pub fingerprint: String,
    /// The environments in which it is so.
    pub views: Views,
}

/// A change of a text that mends a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What to replace; the edits of a fix do not overlap.
    pub edits: Vec<Edit>,
    /// Whether it surely is what the author wants; otherwise it is likely.
    pub is_safe: bool,
}

/// Text for the bytes of a span; an empty span is a place to insert at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced.
    pub span: Span,
    /// What takes its place.
    pub text: String,
}

/// Another place that belongs to a finding.
#[derive(Debug, Clone)]
pub struct Related {
    /// The place.
    pub span: Span,
    /// What is there.
    pub message: String,
}

/// A finding that somebody has accepted.
#[derive(Debug, Clone)]
pub struct Suppressed {
    /// The finding.
    pub finding: Finding,
    /// What suppresses it.
    pub by: SuppressedBy,
    /// Why it is accepted; empty for a baseline.
    pub reason: String,
    /// The last day on which it is.
    pub until: Option<Date>,
}

/// What suppresses a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SuppressedBy {
    /// A comment in the file.
    Comment,
    /// A waiver in the settings.
    Waiver,
    /// The baseline.
    Baseline,
}

impl SuppressedBy {
    /// The name in machine formats.
    pub fn name(self) -> &'static str {
        match self {
            Self::Comment => "comment",
            Self::Waiver => "waiver",
            Self::Baseline => "baseline",
        }
    }
}

/// Something about the run itself: what could not be judged, and why.
#[derive(Debug, Clone)]
pub struct Notification {
    /// A stable name of its kind, such as `not-rendered`.
    pub kind: &'static str,
    /// How bad it is; an error means that the check itself failed.
    pub severity: Severity,
    /// What happened.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The path it is about.
    pub path: Option<String>,
    /// Where in it, if a place can be named.
    pub position: Option<Position>,
}

impl Notification {
    /// The path, with line and column where they are known.
    pub fn place(&self) -> Option<String> {
        let path = self.path.as_ref()?;
        Some(match self.position {
            Some(Position { line, column }) => format!("{path}:{line}:{column}"),
            None => path.clone(),
        })
    }

    /// What happened and what to do about it.
    pub fn full_message(&self) -> String {
        match &self.help {
            Some(help) => format!("{} ({help})", self.message),
            None => self.message.clone(),
        }
    }
}

/// A test that the files do not decide.
#[derive(Debug, Clone)]
pub struct Unknown {
    /// The id of the rule.
    pub rule: Arc<str>,
    /// Why it is undecided.
    pub reason: String,
    /// The place of what is not known.
    pub span: Span,
    /// The logical name of what was judged.
    pub object: String,
    /// The environments in which it is so.
    pub views: Views,
}

/// What outputs need to know of a rule.
#[derive(Debug, Clone, serde::Serialize)]
pub struct RuleInfo {
    /// The id.
    pub id: Arc<str>,
    /// A noun phrase for the problem.
    pub title: String,
    /// Its severity unless settings say otherwise.
    pub severity: Severity,
    /// Why it matters.
    pub why: String,
    /// How to mend it.
    pub fix: String,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// Where the facts come from.
    pub references: Vec<String>,
    /// Whether it is about personal data, secrets or transport.
    pub is_security: bool,
}

/// The result of a run.
#[derive(Debug, Default)]
pub struct Report {
    /// What was found, sorted by path, place and rule.
    pub findings: Vec<Finding>,
    /// What happened on the way.
    pub notifications: Vec<Notification>,
    /// What the files do not decide.
    pub unknowns: Vec<Unknown>,
    /// What was found and is accepted, in the same order.
    pub suppressed: Vec<Suppressed>,
    /// What was looked at.
    pub coverage: Coverage,
    /// The rules that ran, by id.
    pub rules: Vec<RuleInfo>,
    /// The files, for snippets; a file's id is its index.
    pub files: Vec<SourceFile>,
    /// From the paths of the run to those that machines want.
    pub frame: Frame,
}

impl Finding {
    /// Every place beside its own.
    pub fn others(&self) -> impl Iterator<Item = &Related> {
        self.related.iter().chain(&self.flow)
    }

    /// The other end of its flow.
    pub fn far_end(&self) -> Option<&Related> {
        if self.leads_here {
            self.flow.first()
        } else {
            self.flow.last()
        }
    }
}

impl Report {
    /// The file of an id.
    pub fn file(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }

    /// The path of a file for machines.
    pub fn machine_path<'a>(&self, path: &'a str) -> Cow<'a, str> {
        self.frame.path(path)
    }

    /// Whether everything that was meant to be judged was.
    pub fn is_complete(&self) -> bool {
        self.notifications
            .iter()
            .all(|notification| notification.severity < Severity::Warning)
    }

    /// How many findings there are of a severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
    }

    /// The rule of an id.
    pub fn rule(&self, id: &str) -> Option<&RuleInfo> {
        self.rules.iter().find(|rule| &*rule.id == id)
    }

    /// Orders the findings, tells each place once, and gives every finding without one its identity.
    pub fn identify(&mut self) {
        let findings = &mut self.findings;
        findings.sort_by(|a, b| {
            let key = |f: &Finding| (f.span.file, f.span.start, f.span.end, f.rule.clone());
            key(a)
                .cmp(&key(b))
                .then_with(|| (&a.object, &a.message).cmp(&(&b.object, &b.message)))
        });
        // One place can be seen by several subjects, such as a variable that two languages share.
        findings.dedup_by(|a, b| (a.span, &a.rule, &a.message) == (b.span, &b.rule, &b.message));
        let mut seen = std::collections::BTreeMap::new();
        for finding in findings.iter_mut().filter(|f| f.fingerprint.is_empty()) {
            let path = self.files.get(finding.span.file.0 as usize);
            let path = path.map_or("", |file| &file.path);
            let path = self.frame.path(path);
            let identity = format!("{}\0{path}\0{}", finding.rule, finding.object);
            let ordinal: &mut u32 = seen.entry(identity.clone()).or_default();
            finding.fingerprint = format!("{:016x}", fnv(&format!("{identity}\0{ordinal}")));
            *ordinal += 1;
        }
    }

    /// Puts everything in its final order.
    pub fn finish(&mut self) {
        self.identify();
        self.suppressed.sort_by(|a, b| {
            (a.finding.span, &a.finding.rule).cmp(&(b.finding.span, &b.finding.rule))
        });
        self.notifications.sort_by(|a, b| {
            (a.kind, &a.path, a.position, &a.message)
                .cmp(&(b.kind, &b.path, b.position, &b.message))
        });
        self.unknowns
            .sort_by(|a, b| (a.span, &a.rule, &a.object).cmp(&(b.span, &b.rule, &b.object)));
    }
}

/// FNV-1a in 64 bits: stable across versions and platforms, which the standard hasher is not.
fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_fnv_1a() {
        assert_eq!(fnv(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv("foobar"), 0x8594_4171_f739_67e8);
    }
}
