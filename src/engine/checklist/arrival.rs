//! Whether the traces of services reach a store, and what shows it.

use crate::engine::checklist::service::{self, Service};
use crate::engine::checklist::{Basis, against, agent, doubt};
use crate::finding::{Answer, Evidence, Finding, Said};
use crate::picture::{EndKind, EventKind, Fault, Hop, Path, Picture, Verdict};

/// The order in which every path has to arrive.
const STRICT: [Answer; 3] = [Answer::No, Answer::Open, Answer::Yes];

/// Rules about what stores only a part of a trace.
const TEARING: [&str; 2] = [
    "availability/sampled-twice",
    "availability/tail-sampling-without-affinity",
];

/// The order in which one path that arrives is enough.
const MILD: [Answer; 3] = [Answer::Yes, Answer::Open, Answer::No];

/// Whether the service is in Jaeger's list: one of its ways reaches a store that a query shows, under its name.
pub(super) fn listed(service: &Service<'_>) -> Said {
    let nameless = |found: &Finding| &*found.rule == "agent/missing-service-name";
    if let Some(no) = against(service.found("agent/", nameless)) {
        return no;
    }
    let picture = &service.basis.repository.picture;
    let stored = service.paths().find(|path| path.verdict == Verdict::Stored);
    let said = match stored.and_then(|path| last(picture, path)) {
        Some(hop) => shown(picture, hop),
        None => of_service(picture, service.end, MILD).unwrap_or_else(|| agent::silent(service)),
    };
    recorded(service, said)
}

/// What was said of the way of traces, unless nothing makes any for certain.
fn recorded(service: &Service<'_>, said: Said) -> Said {
    if said.answer != Answer::Yes {
        return said;
    }
    let made = agent::present(service);
    if made.answer == Answer::Yes {
        said
    } else {
        made
    }
}

/// Whether what a hop stores is shown: no only where a query is known to look elsewhere.
fn shown(picture: &Picture, last: &Hop) -> Said {
    let store = picture.name(last.to);
    let mut hops = picture.hops.iter();
    let query = hops.find(|hop| Some(hop.from) == last.to && hop.fault.is_none());
    let hidden = picture.hops.iter().filter_map(|hop| {
        let fault = hop.fault.as_ref()?;
        let is_it = fault.kind == "store-mismatch" && fault.nearest == store;
        is_it.then(|| Evidence::at(hop.place, fault.detail.clone()))
    });
    let mut evidence = vec![arrives(picture, last)];
    match query {
        None => against(hidden.collect()).unwrap_or(Said {
            answer: Answer::Yes,
            evidence,
        }),
        Some(query) => {
            let text = format!("`{}` shows what is in `{store}`", picture.name(query.to));
            evidence.push(Evidence::at(query.place, text));
            Said {
                answer: Answer::Yes,
                evidence,
            }
        }
    }
}

/// Whether every way of the service reaches a store.
pub(super) fn complete(service: &Service<'_>) -> Said {
    let picture = &service.basis.repository.picture;
    let said = of_service(picture, service.end, STRICT);
    let said = recorded(service, said.unwrap_or_else(|| agent::silent(service)));
    if said.answer != Answer::Yes {
        return said;
    }
    let torn = against(service.basis.found(|found| tears(service, found)));
    torn.or_else(|| alone(service)).unwrap_or(said)
}

/// Open where the sampler of a service does not ask what the one before it has decided.
fn alone(service: &Service<'_>) -> Option<Said> {
    let sampler = service.variable("OTEL_TRACES_SAMPLER")?;
    let is_alone = sampler.value.as_str() == Some("traceidratio");
    let text = "`traceidratio` decides without asking whoever called";
    is_alone.then(|| doubt(Evidence::at(sampler.value.span, text)))
}

/// Whether a finding says that traces of a service are stored in parts.
fn tears(service: &Service<'_>, found: &Finding) -> bool {
    let mut hops = service.paths().flat_map(|path| service.hops(path));
    TEARING.contains(&&*found.rule)
        && (service.owns(found.span, &found.object)
            || hops.any(|hop| {
                let mut places = hop.steps.iter().map(|step| step.place);
                places.any(|place| place.file == found.span.file)
            }))
}

/// Whether the traces of every service reach a store.
pub(super) fn all(basis: Basis<'_>) -> Said {
    let picture = &basis.repository.picture;
    let all = of_each(basis);
    if all.is_empty() {
        return Said::open("no traced service is among the files");
    }
    let astray = |answer: Answer| {
        let those = all.iter().filter(move |(_, said)| said.answer == answer);
        those.filter_map(|(service, said)| {
            let Evidence { place, text } = said.evidence.first()?.clone();
            let text = format!("`{}`: {text}", picture.name(Some(*service)));
            Some(Evidence { place, text })
        })
    };
    let left: Vec<Evidence> = astray(Answer::No).chain(astray(Answer::Open)).collect();
    let answers = all.iter().map(|(_, said)| said.answer);
    let worst = STRICT
        .into_iter()
        .find(|answer| answers.clone().any(|own| own == *answer));
    let count = format!(
        "the traces of {} of {} services reach a store",
        all.len() - left.len(),
        all.len()
    );
    let count = Evidence {
        place: None,
        text: count,
    };
    Said {
        answer: worst.unwrap_or(Answer::Open),
        evidence: std::iter::once(count).chain(left).collect(),
    }
}

/// The services of a picture.
pub(super) fn services(picture: &Picture) -> Vec<usize> {
    let ends = picture.ends.iter().enumerate();
    let services = ends.filter(|(_, end)| end.kind == EndKind::Service);
    services.map(|(at, _)| at).collect()
}

/// The traced services, with what is said of their ways.
fn of_each(basis: Basis<'_>) -> Vec<(usize, Said)> {
    let picture = &basis.repository.picture;
    let services = service::traced(basis);
    let all = services.iter().filter_map(|service| {
        let said = of_service(picture, service.end, STRICT)?;
        Some((service.end?, recorded(service, said)))
    });
    all.collect()
}

/// The services that make traces, all of which reach a store.
pub(super) fn stored(basis: Basis<'_>) -> Vec<usize> {
    let all = of_each(basis).into_iter();
    let stored = all.filter(|(_, said)| said.answer == Answer::Yes);
    stored.map(|(service, _)| service).collect()
}

/// What the paths of a service come to: the first answer in an order that any of them gives; nothing without any.
fn of_service(picture: &Picture, service: Option<usize>, order: [Answer; 3]) -> Option<Said> {
    let own = |path: &&Path| Some(path.service) == service;
    order.into_iter().find_map(|answer| {
        let those = picture.paths.iter().filter(own);
        let those = those.filter(|path| self::answer(path.verdict) == answer);
        let told = those.filter_map(|path| {
            dropped(path).or_else(|| Some(told(picture, path.verdict, last(picture, path)?)))
        });
        Said::by(answer, told.collect())
    })
}

/// What a verdict says to "the traces reach a store".
fn answer(verdict: Verdict) -> Answer {
    match verdict {
        Verdict::Stored => Answer::Yes,
        Verdict::Broken | Verdict::Lost | Verdict::Silent => Answer::No,
        Verdict::Left | Verdict::Unknown => Answer::Open,
    }
}

/// What a verdict rests on: the last hop.
fn told(picture: &Picture, verdict: Verdict, hop: &Hop) -> Evidence {
    let to = picture.name(hop.to);
    let text = match verdict {
        Verdict::Stored => return arrives(picture, hop),
        Verdict::Left => format!("the traces leave for `{to}`"),
        Verdict::Lost if hop.to.is_none() && !hop.reason.is_empty() => hop.reason.clone(),
        Verdict::Lost => format!("nobody passes on what `{to}` takes"),
        Verdict::Broken => broken(hop),
        Verdict::Silent => "the service makes no traces".to_owned(),
        Verdict::Unknown if hop.reason.is_empty() => {
            format!("what `{to}` does with traces is not in these files")
        }
        Verdict::Unknown => hop.reason.clone(),
    };
    Evidence::at(hop.place, text)
}

/// What drops everything on a path.
fn dropped(path: &Path) -> Option<Evidence> {
    let mut events = path.events.iter();
    let drop = events.find(|event| event.kind == EventKind::Drop)?;
    Some(Evidence::at(
        drop.place,
        format!("{} drops every trace", drop.text),
    ))
}

/// The last hop of a path.
fn last<'a>(picture: &'a Picture, path: &Path) -> Option<&'a Hop> {
    path.hops.last().and_then(|at| picture.hops.get(*at))
}

/// That a hop ends in a store.
fn arrives(picture: &Picture, hop: &Hop) -> Evidence {
    let (from, to) = (picture.name(Some(hop.from)), picture.name(hop.to));
    Evidence::at(hop.place, format!("`{from}` stores the traces in `{to}`"))
}

/// Why a hop breaks.
fn broken(hop: &Hop) -> String {
    let fault = hop.fault.as_ref();
    fault.map_or_else(|| "the way breaks".to_owned(), Fault::told)
}
