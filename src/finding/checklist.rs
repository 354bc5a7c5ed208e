//! Checklists: what the files say to each line of a list that people work through.

use crate::source::Span;

/// A list with what the files say to each of its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checklist {
    /// What kind of list it is.
    pub title: &'static str,
    /// What it is about, such as a service; empty for a whole repository.
    pub subject: String,
    /// What is known of the subject beside the answers, such as its owner.
    pub heads: Vec<Head>,
    /// The sections in order.
    pub sections: Vec<Section>,
}

/// A fact about the subject of a checklist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// What it is, such as `Owner`.
    pub name: &'static str,
    /// Its value; nothing where the files do not tell.
    pub value: Option<Evidence>,
}

/// A part of a checklist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Its heading.
    pub title: &'static str,
    /// Its lines in order.
    pub lines: Vec<Line>,
}

/// A line of a checklist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What is asked.
    pub text: &'static str,
    /// What the files say to it.
    pub said: Said,
}

/// An answer with what it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The answer.
    pub answer: Answer,
    /// The places that decide it, or the reason why it is open; never empty.
    pub evidence: Vec<Evidence>,
}

/// What the files say to a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// It is so.
    Yes,
    /// It is not so.
    No,
    /// The files do not decide it.
    Open,
}

/// What an answer rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Where it is written; nothing for what stands in no file.
    pub place: Option<Span>,
    /// What is there, or why nothing is known.
    pub text: String,
}

impl Checklist {
    /// Whether any line is answered with no.
    pub fn has_no(&self) -> bool {
        let mut lines = self.sections.iter().flat_map(|section| &section.lines);
        lines.any(|line| line.said.answer == Answer::No)
    }
}

impl Line {
    /// A line with its answer.
    pub fn new(text: &'static str, said: Said) -> Self {
        Self { text, said }
    }
}

impl Said {
    /// Yes, by one place.
    pub fn yes(evidence: Evidence) -> Self {
        Self {
            answer: Answer::Yes,
            evidence: vec![evidence],
        }
    }

    /// No, by one place.
    pub fn no(evidence: Evidence) -> Self {
        Self {
            answer: Answer::No,
            evidence: vec![evidence],
        }
    }

    /// Undecided, for a reason that stands in no file.
    pub fn open(reason: impl Into<String>) -> Self {
        Self {
            answer: Answer::Open,
            evidence: vec![Evidence {
                place: None,
                text: reason.into(),
            }],
        }
    }

    /// An answer by several places; nothing where there is none.
    pub fn by(answer: Answer, evidence: Vec<Evidence>) -> Option<Self> {
        (!evidence.is_empty()).then_some(Self { answer, evidence })
    }
}

impl Evidence {
    /// What is written at a place.
    pub fn at(place: Span, text: impl Into<String>) -> Self {
        Self {
            place: Some(place),
            text: text.into(),
        }
    }
}
