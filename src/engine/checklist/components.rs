//! Whether the parts of the tracing system are there, and stand the loss of a pod or node.

use crate::document::Node;
use crate::engine::checklist::parts::{PARTS, Part};
use crate::engine::checklist::{Basis, against, node};
use crate::finding::{Answer, Evidence, Line, Said};
use crate::picture::{Path, Verdict};
use crate::repository::{Subject, SubjectKind};

/// A line for each part.
pub(super) fn lines(basis: Basis<'_>) -> Vec<Line> {
    let line = |part: &Part| Line::new(part.text, said(basis, part));
    PARTS.iter().map(line).collect()
}

fn said(basis: Basis<'_>, part: &Part) -> Said {
    let all = all(basis, part);
    if all.is_empty() {
        return absent(basis, part);
    }
    if let Some(off) = basis.switched_off(part.rules) {
        return off;
    }
    let is_about = |rule: &str, object: &str| {
        part.rules.contains(&rule) && all.iter().any(|own| own.object == object)
    };
    let wrong = basis.found(|found| is_about(&found.rule, &found.object));
    let undecided = basis.undecided(|unknown| is_about(&unknown.rule, &unknown.object));
    against(wrong)
        .or_else(|| Said::by(Answer::Open, undecided))
        .unwrap_or_else(|| counted(basis, part, &all))
}

/// Everything that is the part.
fn all<'a>(basis: Basis<'a>, part: &Part) -> Vec<&'a Subject> {
    let own = basis.subjects(part.kind);
    let own = own.filter(|subject| node(subject).is_some_and(part.is_it));
    let v1 = basis.subjects(SubjectKind::Workload).filter(|subject| {
        let role = node(subject).and_then(|own| own.str_at(&["role"]));
        !part.role.is_empty() && role == Some(part.role)
    });
    own.chain(v1).collect()
}

/// Whether there is enough of everything that is the part: a rule that does not apply finds nothing, either.
fn counted(basis: Basis<'_>, part: &Part, all: &[&Subject]) -> Said {
    let mut told: Vec<(Answer, Evidence)> = Vec::new();
    let nodes = || all.iter().filter_map(|own| Some((own, node(own)?)));
    // One environment may be small where another has enough.
    let is_enough_elsewhere = |subject: &Subject, name: &str| {
        nodes().any(|(other, own)| {
            let count = (part.count)(own);
            self::name(own) == name
                && !other.views.meet(subject.views)
                && count.is_some_and(|count| count >= part.minimum)
        })
    };
    for (subject, own) in nodes() {
        let name = name(own);
        let (answer, text) = match (part.count)(own) {
            _ if part.minimum == 0 => (Answer::Yes, format!("`{name}`")),
            Some(count) if count >= part.minimum => (Answer::Yes, format!("`{name}` has {count}")),
            Some(_) if is_enough_elsewhere(subject, name) => continue,
            Some(count) => (Answer::No, format!("`{name}` has {count}")),
            None => (
                Answer::Open,
                format!("how many `{name}` has is not in these files"),
            ),
        };
        told.push((answer, Evidence::at(subject.label, text)));
    }
    let of = |answer: Answer| {
        let those = told.iter().filter(|(own, _)| *own == answer);
        Said::by(
            answer,
            those.map(|(_, evidence)| evidence.clone()).collect(),
        )
    };
    let answers = [Answer::No, Answer::Open, Answer::Yes];
    answers
        .into_iter()
        .find_map(of)
        .unwrap_or_else(|| absent(basis, part))
}

/// The name of a part.
fn name(own: &Node) -> &str {
    let name = own.str_at(&["name"]);
    name.or_else(|| own.str_at(&["metadata", "name"]))
        .unwrap_or("?")
}

/// What to say of a part that no file defines: it is missing only where traces are known to get along without it.
fn absent(basis: Basis<'_>, part: &Part) -> Said {
    let picture = &basis.repository.picture;
    if (part.is_elsewhere)(picture) {
        return Said::open("traces go through one that is not among the files");
    }
    let is_stored = |path: &Path| path.verdict == Verdict::Stored;
    let is_settled = part.is_on_way && picture.paths.iter().all(is_stored);
    let first = picture
        .paths
        .first()
        .and_then(|path| picture.ends.get(path.service));
    match first.and_then(|end| end.place) {
        Some(place) if is_settled && !has_unknown_role(basis) => Said::no(Evidence::at(
            place,
            "every trace reaches a store without one",
        )),
        Some(_) | None => Said::open("none is among the files"),
    }
}

/// Whether what runs a collector is not known: it may be any part.
fn has_unknown_role(basis: Basis<'_>) -> bool {
    let mut all = basis.subjects(SubjectKind::Collector).filter_map(node);
    all.any(|collector| collector.get("role").is_some_and(Node::is_unknown))
}
