//! Services that call each other, as far as their variables name the Services of others.
//!
//! A call matters where the two hand the context of a trace on in different ways: then a trace ends at each call.

use crate::document::{MapBuilder, Node};
use crate::repository::topology::Parts;
use crate::repository::topology::clients::Client;
use crate::repository::topology::routes;
use crate::repository::topology::trail::Outcome;
use crate::repository::{Subject, SubjectKind};

/// The variable that names the formats in which context is handed on, and what it is without.
/// Source: the general configuration of SDKs.
const FORMATS: (&str, &str) = ("OTEL_PROPAGATORS", "tracecontext,baggage");

/// Variables that name collectors, brokers and stores, and not services.
const OWN: &str = "OTEL_";

/// The calls between traced services, of which at least one says how it hands context on.
pub(super) fn subjects(parts: &Parts<'_>) -> Vec<Subject> {
    if !parts.clients.iter().any(|client| formats(client).is_some()) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for client in &parts.clients {
        for entry in client.env.as_ref().map_or(&[][..], Node::entries) {
            if entry.key.starts_with(OWN) {
                continue;
            }
            let address = entry.value.as_str().filter(|text| text.contains("://"));
            let called = address.and_then(|address| called(parts, client, address));
            found.extend(called.and_then(|called| subject(client, called, &entry.value)));
        }
    }
    found
}

/// The only traced program of the workload that an address leads to.
fn called<'p>(parts: &'p Parts<'_>, client: &Client, address: &str) -> Option<&'p Client> {
    let work = parts.works.get(client.work)?;
    let from = work.from(client.work);
    let Outcome::Work(to) = routes::of_host(parts, from, (address, None))?.outcome else {
        return None;
    };
    let mut there = parts.clients.iter().filter(|other| other.work == to);
    let only = there.next()?;
    (there.next().is_none() && to != client.work).then_some(only)
}

/// What a client says of the formats; nothing where it says nothing.
fn formats(client: &Client) -> Option<&Node> {
    client.variables.get(FORMATS.0)
}

fn subject(from: &Client, to: &Client, address: &Node) -> Option<Subject> {
    if formats(from).is_none() && formats(to).is_none() {
        return None;
    }
    let at = address.span;
    let stated = |client: &Client| {
        // An image seldom sets the formats, and nobody lists what all images set.
        let default = || match &client.open {
            Some(reason) => Node::unknown(client.place, "", reason.clone()),
            None => Node::string(client.place, FORMATS.1),
        };
        formats(client).cloned().unwrap_or_else(default)
    };
    let node = MapBuilder::new(at)
        .label(at)
        .put("from", Node::string(at, from.name.as_str()))
        .put("to", Node::string(to.place, to.name.as_str()))
        .put("address", address.clone())
        .put("from_propagators", stated(from))
        .put("to_propagators", stated(to))
        .build();
    Some(Subject::new(
        SubjectKind::Call,
        (at.file, at),
        format!("call/{}", from.name),
        vec![node],
    ))
}
