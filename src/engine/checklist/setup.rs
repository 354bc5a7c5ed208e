//! Whether tracing is set up around the agent: endpoints, manifest, resources, context and logs.

use crate::document::Entry;
use crate::engine::checklist::service::Service;
use crate::engine::checklist::{against, agent, doubt};
use crate::finding::{Answer, Evidence, Finding, Said, Severity};
use crate::picture::Certainty;

/// What patterns of log lines call the id of the trace.
const TRACE_IDS: [&str; 3] = ["trace_id", "traceId", "trace.id"];

/// Rules about the form in which context is handed on.
const PROPAGATION: [&str; 2] = ["agent/no-common-propagator", "agent/unknown-propagator"];

/// Whether the service knows where to send spans, and the first hop arrives.
pub(super) fn endpoints(service: &Service<'_>) -> Said {
    let is_grave = |found: &Finding| found.severity >= Severity::Warning;
    let faults = service.first_hops().filter_map(|hop| {
        let fault = hop.fault.as_ref()?;
        Some(Evidence::at(hop.place, fault.detail.clone()))
    });
    let wrong = against(service.found("endpoint/", is_grave));
    if let Some(no) = wrong.or_else(|| against(faults.collect())) {
        return no;
    }
    let mut hops = service.first_hops();
    if let Some(hop) = hops.find(|hop| hop.certainty == Certainty::Unknown) {
        return doubt(Evidence::at(hop.place, hop.reason.clone()));
    }
    let picture = &service.basis.repository.picture;
    let hops = service.first_hops().map(|hop| {
        let text = format!("{} leads to `{}`", hop.sender, picture.name(hop.to));
        Evidence::at(hop.place, text)
    });
    Said::by(Answer::Yes, hops.collect()).unwrap_or_else(|| agent::silent(service))
}

/// Whether the manifest configures tracing.
pub(super) fn manifest(service: &Service<'_>) -> Said {
    let wrong = |found: &Finding| {
        found.severity >= Severity::Warning && service.owns_object(found.span, &found.object)
    };
    against(service.found("agent/", wrong))
        .or_else(|| agent::injection(service).map(Said::yes))
        .or_else(|| configured(service).map(Said::yes))
        .or_else(|| agent::in_container(service).map(Said::yes))
        .unwrap_or_else(|| match agent::is_traced(service) {
            Some(false) => {
                let text = "nothing in it sets up tracing";
                Said::no(Evidence::at(service.subject.label, text))
            }
            Some(true) | None => Said::open("not all of its variables are in these files"),
        })
}

/// The variables of OpenTelemetry that the container sets.
fn configured(service: &Service<'_>) -> Option<Evidence> {
    let variables = service.container.get("env")?.entries().iter();
    let own = variables.filter(|entry| entry.key.starts_with("OTEL_"));
    let first = own.clone().min_by_key(|entry| entry.key_span)?;
    let text = match own.count() {
        1 => format!("sets `{}`", first.key),
        count => format!("sets `{}` and {} more", first.key, count - 1),
    };
    Some(Evidence::at(first.key_span, text))
}

/// Whether the container requests and limits what it uses.
pub(super) fn resources(service: &Service<'_>) -> Said {
    let rules = ["resources/missing-memory-limit"];
    let wrong = || against(service.found("resources/", |_| true));
    if let Some(said) = service.basis.switched_off(&rules).or_else(wrong) {
        return said;
    }
    let own = service.container.as_map();
    match own.and_then(|own| own.entry("resources")) {
        Some(own) if own.value.openness().is_none() => {
            Said::yes(Evidence::at(own.key_span, "requests and limits are set"))
        }
        Some(_) | None => Said::open("what the container gets is not in these files"),
    }
}

/// Whether the service hands its context on in a form that others read.
pub(super) fn propagation(service: &Service<'_>) -> Said {
    let own = |found: &Finding| PROPAGATION.contains(&&*found.rule);
    let wrong = || against(service.found("agent/", own));
    if let Some(said) = service.basis.switched_off(&PROPAGATION).or_else(wrong) {
        return said;
    }
    let Some(entry) = service.variable("OTEL_PROPAGATORS") else {
        return Said::open("`OTEL_PROPAGATORS` is not set, and the default is the program's");
    };
    let at = |text: String| Evidence::at(entry.value.span, text);
    match (entry.value.as_str(), entry.value.openness()) {
        (Some(names), _) => Said::yes(at(format!("`OTEL_PROPAGATORS` is `{names}`"))),
        (None, Some(reason)) => doubt(at(reason.to_string())),
        (None, None) => doubt(at("`OTEL_PROPAGATORS` names no propagator".to_owned())),
    }
}

/// Whether log lines carry the id of the trace.
pub(super) fn logs(service: &Service<'_>) -> Said {
    let correlates = |entry: &&Entry| {
        let text = entry.value.as_str().unwrap_or("");
        let has_id = TRACE_IDS.iter().any(|id| text.contains(id));
        let is_on = entry.key == "OTEL_PYTHON_LOG_CORRELATION" && text.eq_ignore_ascii_case("true");
        entry.key.contains("LOG") && has_id || is_on
    };
    match service.variables().find(correlates) {
        Some(entry) => {
            let text = format!("`{}` puts the trace into log lines", entry.key);
            Said::yes(Evidence::at(entry.value.span, text))
        }
        None => Said::open("no variable puts the trace into log lines; the program may"),
    }
}
