//! Whether personal data stays out of traces.

use std::collections::BTreeMap;

use crate::engine::checklist::service::Service;
use crate::engine::checklist::{Basis, against, node};
use crate::finding::{Answer, Evidence, Said};
use crate::picture::{Certainty, EventKind, Path, Verdict};
use crate::repository::{Subject, SubjectKind};
use crate::source::Span;

/// Whether a rule is about personal data in traces; literal secrets in settings are another matter.
fn is_about(rule: &str) -> bool {
    rule.starts_with("privacy/") && !rule.starts_with("privacy/literal-secret-")
}

/// Whether nothing personal is in the spans of a service: every collector on its way is known, and no rule objects.
pub(super) fn of_service(service: &Service<'_>) -> Said {
    let basis = service.basis;
    if let Some(off) = basis.family_off("privacy/") {
        return off;
    }
    let collectors = collectors(service);
    let is_on_way = |span: Span| collectors.values().any(|config| covers(*config, span));
    let wrong = basis.found(|found| {
        is_about(&found.rule) && (is_on_way(found.span) || service.owns(found.span, &found.object))
    });
    if let Some(no) = against(wrong) {
        return no;
    }
    if let Some(open) = unfollowed(service) {
        return open;
    }
    // What a base image sets is the business of the container, which has the last word.
    let undecided = basis.undecided(|unknown| {
        is_about(&unknown.rule)
            && (is_on_way(unknown.span) || service.owns_object(unknown.span, &unknown.object))
    });
    let scrubs = service.paths().flat_map(|path| &path.events);
    let scrubs = scrubs.filter(|event| event.kind == EventKind::Scrub);
    let scrubs: BTreeMap<Span, &str> = scrubs
        .map(|event| (event.place, event.text.as_str()))
        .collect();
    let scrubs = scrubs
        .into_iter()
        .map(|(place, text)| Evidence::at(place, format!("{text} scrubs")));
    Said::by(Answer::Open, undecided)
        .or_else(|| Said::by(Answer::Yes, scrubs.collect()))
        .unwrap_or_else(|| Said::open("no processor on its way takes attributes away"))
}

/// Open where the way of the service is not known to its end.
fn unfollowed(service: &Service<'_>) -> Option<Said> {
    let is_known = |path: &Path| {
        let mut hops = service.hops(path);
        path.verdict == Verdict::Stored && hops.all(|hop| hop.certainty != Certainty::Unknown)
    };
    let mut paths = service.paths().peekable();
    let is_sent = paths.peek().is_some();
    let is_known = is_sent && paths.all(is_known);
    (!is_known).then(|| Said::open("the way of its traces is not known to its end"))
}

/// The collectors on the ways of a service: where each stands, and what its configuration covers.
fn collectors(service: &Service<'_>) -> BTreeMap<Span, Span> {
    let mut places = Vec::new();
    for path in service.paths() {
        places.extend(path.events.iter().map(|event| event.place));
        for hop in service.hops(path) {
            places.push(hop.place);
            places.extend(hop.steps.iter().map(|step| step.place));
        }
    }
    let all = service.basis.subjects(SubjectKind::Collector);
    let configs = all.filter_map(|subject| Some((subject.label, config(subject)?)));
    let on_way = configs.filter(|(_, config)| places.iter().any(|place| covers(*config, *place)));
    on_way.collect()
}

/// What the configuration of a collector covers.
fn config(collector: &Subject) -> Option<Span> {
    Some(node(collector)?.get("config")?.span)
}

fn covers(outer: Span, inner: Span) -> bool {
    outer.file == inner.file && outer.start <= inner.start && inner.start < outer.end
}

/// Whether no rule about personal data objects to anything.
pub(super) fn everywhere(basis: Basis<'_>) -> Said {
    if let Some(off) = basis.family_off("privacy/") {
        return off;
    }
    if let Some(no) = against(basis.found(|found| is_about(&found.rule))) {
        return no;
    }
    let Some(first) = basis.subjects(SubjectKind::Collector).next() else {
        return Said::open("no collector is among the files");
    };
    let undecided = basis.undecided(|unknown| {
        // What a base image sets is the business of the container, which has the last word.
        is_about(&unknown.rule) && !unknown.object.starts_with("image/")
    });
    let text = "no rule about personal data objects to any collector or service";
    Said::by(Answer::Open, undecided).unwrap_or_else(|| Said::yes(Evidence::at(first.label, text)))
}
