//! The end of a way: the receiver that listens there, and whether it understands what is sent.

use crate::repository::topology::listeners::{Bound, Listener};
use crate::repository::topology::processes::Process;
use crate::repository::topology::senders::{Otlp, Passed};
use crate::repository::topology::trail::{Outcome, Route, Trail, numbers};

/// The receiver that listens on a port of a process.
pub(super) fn at(
    mut trail: Trail,
    (at, process): (usize, &Process<'_>),
    (port, is_beside): (u16, bool),
    otlp: Option<&Otlp>,
) -> Route {
    trail.steps.extend(process.steps.iter().cloned());
    if let Some(doubt) = &process.doubt {
        trail.doubt(doubt.clone());
    }
    if process.replicas == Some(0) {
        return scaled_to_zero(trail, process);
    }
    let (Some(flow), Some(otlp)) = (&process.flow, otlp) else {
        return trail.end(Outcome::Process(at, String::new()));
    };
    if flow.is_refused {
        let text = format!("`{}` does not start with its configuration", process.name);
        trail.step(process.place, text);
        return trail.end(Outcome::Process(at, String::new()));
    }
    let on_port = || {
        flow.listeners
            .iter()
            .filter(|listener| listener.port == Some(port))
    };
    let used = on_port().find(|listener| flow.takes_from(&listener.receiver));
    let Some(listener) = used.or_else(|| on_port().next()) else {
        let is_open = flow
            .listeners
            .iter()
            .any(|listener| listener.port.is_none())
            || process.is_open
            || flow.pipelines.as_ref().is_some_and(|pipelines| {
                pipelines
                    .root
                    .get("receivers")
                    .is_none_or(|receivers| receivers.openness().is_some())
            });
        if is_open {
            return trail.unknown("the ports that the collector listens on are not all known");
        }
        let known = flow
            .listeners
            .iter()
            .filter_map(|listener| listener.port)
            .collect();
        let detail = format!("no receiver of `{}` listens on port {port}", process.name);
        return trail.fault("nobody-listens", detail, numbers(known));
    };
    trail.step(listener.place, format!("receiver `{}`", listener.receiver));
    let other = elsewhere(process, (listener, port), is_beside);
    if other.is_some() && !is_beside && process.is_open {
        return trail.unknown("the address that the receiver listens on is not known");
    }
    if let Some((kind, detail, nearest)) = other {
        return trail.fault(kind, detail, nearest);
    }
    let mismatch = mismatch(otlp, listener, flow.takes_from(&listener.receiver));
    if let Some((kind, detail, nearest)) = mismatch {
        return trail.fault(kind, format!("{detail} of `{}`", process.name), nearest);
    }
    if otlp.protocol.is_none() {
        trail.doubt("which protocol is spoken is not known");
    }
    trail.end(Outcome::Process(at, listener.receiver.clone()))
}

/// The end of a way to something without pods. What scales it is told where its replicas stand.
fn scaled_to_zero(mut trail: Trail, process: &Process<'_>) -> Route {
    trail.step(process.place, format!("`{}`", process.name));
    let detail = format!("`{}` has no pods: its replicas are 0", process.name);
    trail.fault("no-replicas", detail, String::new())
}

/// What keeps a client away from the address that a listener is bound to.
fn elsewhere(
    process: &Process<'_>,
    (listener, port): (&Listener, u16),
    is_beside: bool,
) -> Option<(&'static str, String, String)> {
    let owner = format!("receiver `{}` of `{}`", listener.receiver, process.name);
    match (listener.bound, is_beside) {
        (Bound::Loopback, false) => Some((
            "loopback-listener",
            format!("{owner} listens on loopback only"),
            format!("0.0.0.0:{port}"),
        )),
        (Bound::Pod, true) => Some((
            "nobody-listens",
            format!("{owner} listens on the address of the pod only, and loopback is asked"),
            String::new(),
        )),
        (Bound::All | Bound::Loopback | Bound::Pod, _) => None,
    }
}

/// What keeps a listener from understanding a client, or its traces from going on.
fn mismatch(
    otlp: &Otlp,
    listener: &Listener,
    is_used: bool,
) -> Option<(&'static str, String, String)> {
    let receiver = format!("receiver `{}`", listener.receiver);
    let port = listener.port.unwrap_or(0);
    if let Some(spoken) = otlp.protocol
        && spoken != listener.protocol
    {
        let detail = format!(
            "{spoken} is spoken to port {port}, where {} is taken by {receiver}",
            listener.protocol
        );
        return Some(("protocol-mismatch", detail, listener.protocol.clone()));
    }
    if let Some(passed) = &otlp.passed
        && let Some((detail, nearest)) = not_passed((otlp, passed), listener)
    {
        let detail = format!("{} {detail} by {receiver}", passed.by);
        return Some(("ingress-mismatch", detail, nearest));
    }
    match (otlp.is_plain, listener.is_tls) {
        (Some(true), true) => {
            let detail =
                format!("plain text is sent to port {port}, where TLS is wanted by {receiver}");
            return Some(("tls-mismatch", detail, "TLS".to_owned()));
        }
        (Some(false), false) => {
            let detail =
                format!("TLS is spoken to port {port}, where plain text is taken by {receiver}");
            return Some(("tls-mismatch", detail, "plain text".to_owned()));
        }
        _ => {}
    }
    if let Some(detail) = unnamed(otlp, listener) {
        return Some((
            "credentials-missing",
            format!("{detail} by {receiver}"),
            String::new(),
        ));
    }
    if otlp.protocol == Some("http")
        && let Some(path) = otlp.path.as_ref().filter(|path| **path != listener.path)
    {
        let detail = format!(
            "traces are sent to `{path}`, and `{}` is where they are taken by {receiver}",
            listener.path
        );
        return Some(("path-mismatch", detail, listener.path.clone()));
    }
    if !is_used {
        return Some((
            "no-pipeline",
            format!("no pipeline of traces takes from {receiver}"),
            String::new(),
        ));
    }
    None
}

/// What a listener wants to see of a client that shows nothing.
fn unnamed(otlp: &Otlp, listener: &Listener) -> Option<String> {
    let shown = otlp.shown?;
    if listener.wants_certificate && !shown.has_certificate {
        return Some("no certificate is shown, and one of each client is wanted".to_owned());
    }
    let authenticator = listener
        .authenticator
        .as_ref()
        .filter(|_| !shown.has_name)?;
    Some(format!(
        "no credentials are sent, and those of `{authenticator}` are wanted"
    ))
}

/// What keeps a listener from understanding what an Ingress or a route passes on, and what it would understand.
fn not_passed((otlp, passed): (&Otlp, &Passed), listener: &Listener) -> Option<(String, String)> {
    let port = listener.port.unwrap_or(0);
    let words = |protocol: &str| match protocol {
        "grpc" => Some("gRPC"),
        "http" => Some("HTTP/1.1"),
        _ => None,
    };
    let taken = words(&listener.protocol)?;
    if let Some(protocol) = passed.protocol
        && protocol != listener.protocol
    {
        let own = words(protocol)?;
        let detail = format!("passes on {own} to port {port}, where {taken} is taken");
        return Some((detail, taken.to_owned()));
    }
    if let Some(is_plain) = otlp.is_plain
        && is_plain == listener.is_tls
    {
        let side = |is_tls| if is_tls { "TLS" } else { "plain text" };
        let (own, wanted) = (side(!is_plain), side(is_plain));
        let detail = format!("speaks {own} to port {port}, where {wanted} is taken");
        return Some((detail, wanted.to_owned()));
    }
    if listener.protocol != "http" {
        return None;
    }
    let wanted = &listener.path;
    let whole = passed.path.as_ref().filter(|path| *path != wanted);
    let whole = whole.map(|path| format!("sends everything to `{path}`, and `{wanted}` is taken"));
    let is_outside = |start: &&String| {
        let rest = wanted.strip_prefix(start.as_str());
        rest.is_none_or(|rest| !rest.is_empty() && !rest.starts_with('/'))
    };
    let below = passed.below.as_ref().filter(is_outside);
    let below = || {
        below.map(|start| {
            format!("leaves `{start}` in front of every path, and `{wanted}` is taken")
        })
    };
    Some((whole.or_else(below)?, wanted.clone()))
}
