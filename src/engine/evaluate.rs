//! One rule on one subject.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use rayon::prelude::*;

use crate::document::Node;
use crate::engine::select::Active;
use crate::engine::{Outcome, mend};
use crate::expr::{Data, MAX_STEPS, Origin, Program, Val, Verdict};
use crate::finding::{Finding, Related, Unknown};
use crate::repository::{AROUND, Repository, Subject, SubjectKind};
use crate::source::{Span, Views};

/// Characters that a message shows of a value that is not known.
const MAX_WRITTEN: usize = 60;

/// Steps that the elements of one subject may take together.
const MAX_STEPS_PER_SUBJECT: u32 = 10 * MAX_STEPS;

/// How many evaluations came to what.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    holds: usize,
    fails: usize,
    unknown: usize,
    not_applicable: usize,
}

impl Tally {
    pub(super) fn add(&mut self, other: &Self) {
        self.holds += other.holds;
        self.fails += other.fails;
        self.unknown += other.unknown;
        self.not_applicable += other.not_applicable;
    }

    pub(super) fn named(self) -> BTreeMap<&'static str, usize> {
        BTreeMap::from([
            ("holds", self.holds),
            ("fails", self.fails),
            ("unknown", self.unknown),
            ("not-applicable", self.not_applicable),
        ])
    }
}

/// Runs every rule of the subject's kind.
pub(super) fn subject(
    repository: &Repository,
    subject: &Subject,
    active: &[Active<'_>],
) -> Outcome {
    let is_whole = subject.kind == SubjectKind::Repository;
    // Values of which only the kind is known stand in the parts, and the whole is too large to be copied.
    let by_kind = if is_whole {
        OnceLock::from(None)
    } else {
        OnceLock::new()
    };
    let views = |active: &Active<'_>| {
        if active.looks_around {
            subject.views
        } else {
            subject.alike
        }
    };
    let run = |active: &Active<'_>| {
        let mut outcome = Outcome::default();
        let run = Run {
            repository,
            subject,
            active,
            assumed: &by_kind,
            views: views(active),
        };
        let mut variables: Vec<Option<&Node>> = subject.bindings.iter().map(Some).collect();
        variables.extend(active.params.iter().map(Some));
        run.rule(&variables, &mut outcome);
        outcome
    };
    let about =
        |active: &&Active<'_>| active.rule.subject == subject.kind && views(active) != Views::NONE;
    let mut all = Outcome::default();
    // There is one repository, and it would keep one thread busy while the others wait.
    if is_whole {
        let each: Vec<Outcome> = active.par_iter().filter(about).map(run).collect();
        for outcome in each {
            all.add(outcome);
        }
    } else {
        for active in active.iter().filter(about) {
            all.add(run(active));
        }
    }
    all
}

/// The bindings of a subject with one and with another likely text for each value of which only the kind is known;
/// nothing where there is no such value.
type Assumed = Option<[Vec<Node>; 2]>;

fn assumed(bindings: &[Node]) -> Assumed {
    let with = |second: bool| {
        let mut is_changed = false;
        let each = bindings.iter().map(|binding| {
            let changed = binding.assumed(second, &[AROUND]);
            is_changed |= changed.is_some();
            changed.unwrap_or_else(|| binding.clone())
        });
        let each: Vec<Node> = each.collect();
        is_changed.then_some(each)
    };
    Some([with(false)?, with(true)?])
}

/// A rule and the subject that it looks at.
struct Run<'a> {
    repository: &'a Repository,
    subject: &'a Subject,
    active: &'a Active<'a>,
    assumed: &'a OnceLock<Assumed>,
    /// The views that it is about.
    views: Views,
}

impl Run<'_> {
    fn rule(&self, variables: &[Option<&Node>], outcome: &mut Outcome) {
        let rule = self.active.rule;
        match rule
            .when
            .as_ref()
            .map(|when| self.test(when, variables, &mut { MAX_STEPS }))
        {
            None | Some(Verdict::Holds) => {}
            Some(Verdict::Fails(_)) => {
                outcome.tally.not_applicable += 1;
                return;
            }
            Some(Verdict::Unknown(reason, origin)) => {
                self.unknown(&reason.to_string(), origin, outcome);
                return;
            }
        }
        let Some(each) = &rule.each else {
            self.require(variables, &mut { MAX_STEPS }, outcome);
            return;
        };
        let list = each.evaluate(variables);
        let Some((elements, open)) = list.elements() else {
            if let Data::Unknown(reason) = &list.data {
                self.unknown(&reason.to_string(), list.origin, outcome);
            } else if let Data::Fault(message) = &list.data {
                self.unknown(message, list.origin, outcome);
            } else {
                // Nothing is there to be looked at.
                outcome.tally.not_applicable += 1;
            }
            return;
        };
        let mut steps = MAX_STEPS_PER_SUBJECT;
        for element in elements {
            let item = element.to_node(self.subject.label);
            let mut with_item = variables.to_vec();
            with_item.push(Some(&item));
            self.require(&with_item, &mut steps, outcome);
        }
        if let Some(reason) = open {
            self.unknown(&reason.to_string(), list.origin, outcome);
        }
    }

    /// Tests an expression. Where values are known but for their kind, it holds or fails if it does so with both of two
    /// very different values of that kind.
    fn test(&self, expression: &Program, variables: &[Option<&Node>], steps: &mut u32) -> Verdict {
        let verdict = expression.test_within(variables, steps);
        if !matches!(verdict, Verdict::Unknown(..)) {
            return verdict;
        }
        let bindings = &self.subject.bindings;
        let Some([one, other]) = self.assumed.get_or_init(|| assumed(bindings)) else {
            return verdict;
        };
        let mut with = |bindings: &[Node]| {
            let rest = variables.iter().skip(bindings.len()).copied();
            let all: Vec<Option<&Node>> = bindings.iter().map(Some).chain(rest).collect();
            expression.test_within(&all, steps)
        };
        match (with(one), with(other)) {
            (Verdict::Holds, Verdict::Holds) => Verdict::Holds,
            (Verdict::Fails(origin), Verdict::Fails(_)) => Verdict::Fails(origin),
            _ => verdict,
        }
    }

    fn require(&self, variables: &[Option<&Node>], steps: &mut u32, outcome: &mut Outcome) {
        match self.test(&self.active.rule.require, variables, steps) {
            Verdict::Holds => outcome.tally.holds += 1,
            Verdict::Unknown(reason, origin) => self.unknown(&reason.to_string(), origin, outcome),
            Verdict::Fails(origin) => {
                outcome.tally.fails += 1;
                outcome.findings.push(self.finding(variables, origin));
            }
        }
    }

    fn unknown(&self, reason: &str, origin: Option<Origin>, outcome: &mut Outcome) {
        outcome.tally.unknown += 1;
        outcome.unknowns.push(Unknown {
            rule: self.active.rule.id.clone(),
            reason: reason.to_owned(),
            span: self.place(origin),
            object: self.subject.object.clone(),
            views: self.views,
        });
    }

    fn finding(&self, variables: &[Option<&Node>], origin: Option<Origin>) -> Finding {
        let rule = self.active.rule;
        let chosen = rule
            .at
            .as_ref()
            .and_then(|at| at.evaluate(variables).origin);
        let related = rule.related.as_ref();
        let related = related.map(|related| self.related(&related.evaluate(variables)));
        let flow = rule.flow.as_ref();
        let flow = flow.map_or_else(Vec::new, |flow| self.flow(&flow.evaluate(variables)));
        let span = self.place(chosen.or(origin));
        let leads_here = flow.len() > 1 && flow.last().is_some_and(|step| step.span == span);
        let flow = flow.into_iter().filter(|step| step.span != span);
        Finding {
            rule: rule.id.clone(),
            severity: self.active.severity,
            message: rule.message.render(variables, &|span| self.written(span)),
            span,
            related: related
                .into_iter()
                .flatten()
                .filter(|related| related.span != span)
                .collect(),
            flow: flow.collect(),
            leads_here,
            object: self.subject.object.clone(),
            fix: self
                .repository
                .file(span.file)
                .filter(|_| !rule.edits.is_empty())
                .and_then(|file| mend::fix(&rule.edits, variables, file)),
            fingerprint: String::new(),
            views: self.views,
        }
    }

    /// The places of a value: of a list, those of its elements.
    fn related(&self, value: &Val<'_>) -> Vec<Related> {
        let is_list = matches!(value.data, Data::List(_) | Data::Items(..));
        let elements = is_list.then(|| value.elements()).flatten();
        let values = elements.map_or_else(|| vec![value.clone()], |(elements, _)| elements);
        let place = |value: &Val<'_>| {
            let origin = value.origin.filter(|_| !value.is_void())?;
            // A text for messages has its back-ticks already.
            let text = value.to_string();
            let sign = if text.contains('`') { "" } else { "`" };
            Some(Related {
                span: self.place(Some(origin)),
                message: format!("{sign}{text}{sign} stands here"),
            })
        };
        values.iter().filter_map(place).collect()
    }

    /// The texts of a list, each with its place.
    fn flow(&self, value: &Val<'_>) -> Vec<Related> {
        let elements = value
            .elements()
            .map_or_else(Vec::new, |(elements, _)| elements);
        let step = |element: &Val<'_>| {
            Some(Related {
                span: self.place(Some(element.origin?)),
                message: element.to_string(),
            })
        };
        elements.iter().filter_map(step).collect()
    }

    /// The text of a value as it is written, on one line and without quotes.
    fn written(&self, span: Span) -> Option<String> {
        let file = self.repository.file(span.file)?;
        let text = file
            .slice(file.first_line(span))
            .trim()
            .trim_matches(['"', '\'']);
        (!text.is_empty()).then(|| text.chars().take(MAX_WRITTEN).collect())
    }

    /// The place of an origin, or of the subject, on one line.
    fn place(&self, origin: Option<Origin>) -> Span {
        let span = origin.map_or(self.subject.label, |origin| origin.span);
        match self.repository.file(span.file) {
            Some(file) => file.first_line(span),
            None => self.subject.label,
        }
    }
}
