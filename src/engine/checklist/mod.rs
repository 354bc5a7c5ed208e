//! Answers the lines of checklists from a repository and the report on it.
//!
//! The main functions are [`of_service`] and [`go_live`]. A line is answered by findings, by what the picture of the
//! traces comes to, or by what a file states; what no file can tell stays open, with the reason. Nothing is judged here
//! that a rule could judge.

mod agent;
mod arrival;
mod components;
mod go_live;
mod parts;
mod privacy;
mod rollback;
mod service;
mod services;
mod setup;
mod template;
mod triggers;

pub use self::agent::SILENT;

use crate::document::Node;
use crate::finding::{Answer, Checklist, Evidence, Finding, Line, Report, Said, Unknown};
use crate::repository::{Repository, Subject, SubjectKind};
use crate::source::Views;

pub use self::go_live::go_live;

/// Why lines about what runs stay open.
const RUNS: &str = "what runs is not in these files";
/// Why lines about what people do stay open.
const PEOPLE: &str = "people do that, and no file says so";

/// What the answers are drawn from: a repository, and the report of a run over it.
#[derive(Debug, Clone, Copy)]
pub struct Basis<'a> {
    /// The repository.
    pub repository: &'a Repository,
    /// The report of a run over it.
    pub report: &'a Report,
    /// The environments that are asked about, where builds of one base differ.
    pub views: Views,
}

/// The checklist of each service of a name: one for each environment that has it; none for a name that no service has.
pub fn of_service(basis: Basis<'_>, wanted: &str) -> Vec<Checklist> {
    let services = service::called(basis, wanted);
    services.iter().map(template::checklist).collect()
}

/// The services that make no traces, as far as rules found it: each one's end in the picture, and what keeps it from it.
pub fn silenced(basis: Basis<'_>) -> Vec<(usize, Vec<Evidence>)> {
    let services = service::traced(basis).into_iter();
    let ends = services.filter_map(|service| Some((service.end?, agent::silenced(&service))));
    ends.filter(|(_, causes)| !causes.is_empty()).collect()
}

impl<'a> Basis<'a> {
    /// The subjects of a kind.
    fn subjects(self, kind: SubjectKind) -> impl Iterator<Item = &'a Subject> {
        let all = self.repository.subjects.iter();
        all.filter(move |subject| subject.kind == kind && subject.views.meet(self.views))
    }

    /// What was found, as evidence.
    fn found(self, is_it: impl Fn(&Finding) -> bool) -> Vec<Evidence> {
        let findings = self.report.findings.iter();
        let told = |found: &Finding| {
            Evidence::at(found.span, format!("{} (`{}`)", found.message, found.rule))
        };
        let seen = findings.filter(|found| found.views.meet(self.views));
        seen.filter(|found| is_it(found)).map(told).collect()
    }

    /// What could not be decided, as evidence.
    fn undecided(self, is_it: impl Fn(&Unknown) -> bool) -> Vec<Evidence> {
        let unknowns = self.report.unknowns.iter();
        let told = |unknown: &Unknown| {
            Evidence::at(
                unknown.span,
                format!("{} (`{}`)", unknown.reason, unknown.rule),
            )
        };
        let seen = unknowns.filter(|unknown| unknown.views.meet(self.views));
        seen.filter(|unknown| is_it(unknown)).map(told).collect()
    }

    /// Open where one of some rules did not run: nothing that it does not find is known.
    fn switched_off(self, rules: &[&str]) -> Option<Said> {
        let off = rules.iter().find(|id| self.report.rule(id).is_none())?;
        Some(Said::open(format!("the rule `{off}` is switched off")))
    }

    /// Open where rules of a family are all switched off.
    fn family_off(self, family: &str) -> Option<Said> {
        let mut rules = self.report.rules.iter();
        let runs = rules.any(|rule| rule.id.starts_with(family));
        (!runs).then(|| Said::open(format!("the rules `{family}*` are switched off")))
    }
}

/// A line that no file can answer.
fn open(text: &'static str, reason: &str) -> Line {
    Line::new(text, Said::open(reason))
}

/// The first binding of a subject: the subject itself.
fn node(subject: &Subject) -> Option<&Node> {
    subject.bindings.first()
}

/// No by what speaks against it, if anything does.
fn against(evidence: Vec<Evidence>) -> Option<Said> {
    Said::by(Answer::No, evidence)
}

/// Undecided because of what stands at a place.
fn doubt(evidence: Evidence) -> Said {
    Said {
        answer: Answer::Open,
        evidence: vec![evidence],
    }
}

#[cfg(test)]
mod tests;
