//! A way while it is followed: what leads there, and why it is not exact.

use crate::picture::{Certainty, Fault, Step};
use crate::source::Span;

/// Where an address leads.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) outcome: Outcome,
    pub(super) certainty: Certainty,
    /// Why it is not exact.
    pub(super) reason: String,
    pub(super) steps: Vec<Step>,
    /// What it passes from outside the cluster.
    pub(super) via: Vec<Step>,
}

/// How a route ends.
#[derive(Debug)]
pub(super) enum Outcome {
    /// At a receiver of a process: its id, empty where the configuration is not known.
    Process(usize, String),
    /// At a workload that is no collector.
    Work(usize),
    /// At a Kafka cluster or a store: its name.
    Named(String, Span),
    /// Outside the cluster.
    External(String),
    /// Nowhere: the way breaks.
    Fault(Fault),
    /// The files do not tell.
    Unknown,
}

/// A route while it is followed.
#[derive(Debug, Clone, Default)]
pub(super) struct Trail {
    pub(super) steps: Vec<Step>,
    via: Vec<Step>,
    /// Why it is not exact.
    doubts: Vec<String>,
}

impl Trail {
    pub(super) fn step(&mut self, place: Span, text: impl Into<String>) {
        self.steps.push(Step {
            place,
            text: text.into(),
        });
    }

    /// Adds a step into the cluster.
    pub(super) fn pass(&mut self, place: Span, text: impl Into<String>) {
        let text = text.into();
        self.via.push(Step {
            place,
            text: text.clone(),
        });
        self.step(place, text);
    }

    pub(super) fn doubt(&mut self, reason: impl Into<String>) {
        let reason = reason.into();
        if !self.doubts.contains(&reason) {
            self.doubts.push(reason);
        }
    }

    pub(super) fn end(self, outcome: Outcome) -> Route {
        Route {
            outcome,
            certainty: if self.doubts.is_empty() {
                Certainty::Exact
            } else {
                Certainty::Inferred
            },
            reason: self.doubts.join("; "),
            steps: self.steps,
            via: self.via,
        }
    }

    pub(super) fn unknown(self, reason: impl Into<String>) -> Route {
        Route {
            outcome: Outcome::Unknown,
            certainty: Certainty::Unknown,
            reason: reason.into(),
            steps: self.steps,
            via: self.via,
        }
    }

    pub(super) fn fault(self, kind: &'static str, detail: String, nearest: String) -> Route {
        self.end(Outcome::Fault(Fault {
            kind,
            detail,
            nearest,
        }))
    }
}

/// Numbers in order, with commas.
pub(super) fn numbers(mut all: Vec<u16>) -> String {
    all.sort_unstable();
    all.dedup();
    let words: Vec<String> = all.iter().map(u16::to_string).collect();
    words.join(", ")
}
