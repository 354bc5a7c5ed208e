//! How many services are traced, and which workloads beside them are not.

use std::collections::BTreeSet;

use crate::document::Node;
use crate::engine::checklist::{Basis, against, agent, arrival, node, service};
use crate::finding::{Answer, Evidence, Finding, Said, Severity};
use crate::repository::{Subject, SubjectKind};
use crate::source::Span;

/// Whether a number of services is instrumented; fewer are no fault, since others may be in other repositories.
pub(super) fn counted(basis: Basis<'_>, wanted: usize) -> Said {
    let picture = &basis.repository.picture;
    let stored = arrival::stored(basis);
    // A service of several environments is one.
    let places = stored.iter().filter_map(|at| picture.ends.get(*at));
    let count = places.map(|end| end.place).collect::<BTreeSet<_>>().len();
    let end = stored.first().and_then(|first| picture.ends.get(*first));
    match end.and_then(|end| end.place).filter(|_| count >= wanted) {
        Some(place) => {
            let text = format!("the first of {count} services whose traces reach a store");
            Said::yes(Evidence::at(place, text))
        }
        None => Said::open(format!("{count} services of these files reach a store")),
    }
}

/// Whether all services that the settings put into a phase are instrumented, and there are enough; of any services as
/// many where the settings know no such phase.
pub(super) fn of_phase(basis: Basis<'_>, phase: &str, wanted: usize) -> Said {
    let text = |service: &Subject, key: &str| node(service)?.str_at(&[key]).map(str::to_owned);
    let services = basis.subjects(SubjectKind::Service);
    let own = services.filter(|service| text(service, "phase").as_deref() == Some(phase));
    let own: Vec<&Subject> = own.collect();
    let Some(first) = own.first() else {
        return counted(basis, wanted);
    };
    let verdicts = |service: &Subject| -> Vec<String> {
        let all = node(service).and_then(|own| own.get("verdicts"));
        let all = all.map_or(&[][..], Node::items).iter();
        all.filter_map(Node::as_str).map(str::to_owned).collect()
    };
    let is_stored = |service: &&&Subject| verdicts(service).iter().any(|one| one == "stored");
    let is_open = |service: &&Subject| verdicts(service).iter().any(|one| one == "unknown");
    let mut left = own
        .iter()
        .filter(|service| !is_stored(service))
        .copied()
        .peekable();
    if left.peek().is_some() {
        let (open, lost): (Vec<&Subject>, Vec<&Subject>) = left.partition(is_open);
        let told = |service: &&Subject| {
            let text = format!(
                "traces of `{}` do not reach a store for certain",
                service.object
            );
            Evidence::at(service.label, text)
        };
        let (answer, those) = if lost.is_empty() {
            (Answer::Open, open)
        } else {
            (Answer::No, lost)
        };
        return Said {
            answer,
            evidence: those.iter().map(told).collect(),
        };
    }
    let labels: BTreeSet<Span> = own.iter().map(|service| service.label).collect();
    let count = labels.len();
    if count < wanted {
        return Said::open(format!(
            "{count} services of phase `{phase}` are among the files"
        ));
    }
    let text = format!(
        "the first of {count} services of phase `{phase}`, all of whose traces reach a store"
    );
    Said::yes(Evidence::at(first.label, text))
}

/// Whether every workload beside traced services is traced; one that is not need not be a service.
pub(super) fn covered(basis: Basis<'_>) -> Said {
    let traced = traced(basis);
    let Some(first) = traced.places.first() else {
        return Said::open("no traced service is among the files");
    };
    let is_broken =
        |found: &Finding| found.rule.starts_with("agent/") && found.severity == Severity::Error;
    if let Some(no) = against(basis.found(is_broken)) {
        return no;
    }
    let unsure = service::traced(basis).into_iter().find_map(|service| {
        let mut said = agent::present(&service);
        let first = said.evidence.first_mut()?;
        first.text = format!("`{}`: {}", service.name, first.text);
        (said.answer != Answer::Yes).then_some(said)
    });
    if let Some(said) = unsure {
        return said;
    }
    let workloads = basis.subjects(SubjectKind::Workload);
    let left = workloads.filter(|workload| traced.is_left(workload));
    let told =
        |left: &Subject| Evidence::at(left.label, format!("`{}` is not traced", left.object));
    let text = "every workload in the namespaces of traced services is traced";
    Said::by(Answer::Open, left.map(told).collect())
        .unwrap_or_else(|| Said::yes(Evidence::at(*first, text)))
}

/// Whether both what runs for ever and what runs to completion is traced.
pub(super) fn types(basis: Basis<'_>) -> Said {
    let traced = traced(basis);
    let workloads = basis.subjects(SubjectKind::Workload);
    let own = workloads.filter(|workload| traced.places.contains(&workload.label));
    let own: Vec<&Subject> = own.collect();
    let first = |is_batch: bool| {
        let of = |workload: &&&Subject| {
            node(workload).and_then(|own| own.get("is_batch")?.as_bool()) == Some(is_batch)
        };
        let found = own.iter().find(of)?;
        let text = format!("`{}` is traced", found.object);
        Some(Evidence::at(found.label, text))
    };
    match (first(false), first(true)) {
        (Some(service), Some(job)) => Said {
            answer: Answer::Yes,
            evidence: vec![service, job],
        },
        (Some(_), None) => Said::open("no traced job is among the files"),
        (None, Some(_)) => Said::open("no traced service that keeps running is among the files"),
        (None, None) => Said::open("no traced service is among the files"),
    }
}

/// What is traced in a repository.
struct Traced<'a> {
    /// Where the traced workloads stand.
    places: BTreeSet<Span>,
    /// Where collectors and other parts of the tracing system stand.
    parts: BTreeSet<Span>,
    /// The namespaces of the traced workloads.
    namespaces: BTreeSet<Option<&'a str>>,
}

fn traced(basis: Basis<'_>) -> Traced<'_> {
    let picture = &basis.repository.picture;
    let services = arrival::services(picture);
    let of = |is_service: bool| {
        let ends = picture.ends.iter().enumerate();
        let those = ends.filter(|(at, _)| services.contains(at) == is_service);
        those
            .filter_map(|(_, end)| end.place)
            .collect::<BTreeSet<Span>>()
    };
    let places = of(true);
    let workloads = basis.subjects(SubjectKind::Workload);
    let own = workloads.filter(|workload| places.contains(&workload.label));
    let namespaces = own
        .filter_map(|workload| Some(namespace(node(workload)?)))
        .collect();
    Traced {
        places,
        parts: of(false),
        namespaces,
    }
}

impl Traced<'_> {
    /// Whether a workload beside traced ones is not traced.
    fn is_left(&self, workload: &Subject) -> bool {
        let is_beside = node(workload).is_some_and(|own| self.namespaces.contains(&namespace(own)));
        is_beside && !self.places.contains(&workload.label) && !self.parts.contains(&workload.label)
    }
}

fn namespace(workload: &Node) -> Option<&str> {
    workload.str_at(&["namespace"])
}
