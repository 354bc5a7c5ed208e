//! Stores: who writes them, and whether what shows traces looks into the same ones.

use std::collections::BTreeSet;

use crate::picture::{Certainty, End, EndKind, Fault, Hop, Step};
use crate::repository::topology::address::{Address, Host};
use crate::repository::topology::processes::Process;
use crate::repository::topology::routes::{self, From};
use crate::repository::topology::senders::Store;
use crate::repository::topology::trail::{Outcome, Route};
use crate::repository::topology::works::{Work, full_name};
use crate::repository::topology::{
    Arrival, Drawing, Origin, Parts, Written, of_process, without_secrets,
};
use crate::source::Span;

/// Kinds of stores that each process has for itself.
const OWN: [&str; 2] = ["memory", "badger"];

/// What identifies a store: where its addresses lead, what its indices start with, and whether they have aliases.
fn name(
    parts: &Parts<'_>,
    from: From<'_>,
    store: &Store,
) -> Result<(String, Option<Route>), String> {
    let with_prefix = |name: String| match (store.prefix.as_str(), store.is_aliased) {
        ("", false) => name,
        ("", true) => format!("{name} (by alias)"),
        (prefix, false) => format!("{name} ({prefix})"),
        (prefix, true) => format!("{name} ({prefix}, by alias)"),
    };
    let addresses = match &store.addresses {
        Ok(addresses) => addresses,
        Err(_) if OWN.contains(&store.kind.as_str()) => {
            let own = from.process.and_then(|at| parts.processes.get(at));
            let own = own.map_or("?", |process| &process.name);
            return Ok((format!("{} of {own}", store.kind), None));
        }
        Err(_) if store.kind != "unknown" => return Ok((with_prefix(store.kind.clone()), None)),
        Err(reason) => return Err(reason.clone()),
    };
    let mut names: Vec<String> = addresses
        .iter()
        .map(|text| normal(text, from.namespace))
        .collect();
    names.sort();
    names.dedup();
    let route = addresses
        .first()
        .and_then(|first| routes::of_host(parts, from, (first, store.is_tls())));
    let name = match route.as_ref().map(|route| &route.outcome) {
        Some(Outcome::Named(name, _)) => name.clone(),
        Some(Outcome::Work(at)) => parts.works.get(*at).map_or(names.join(","), Work::name),
        Some(
            Outcome::Process(..) | Outcome::External(_) | Outcome::Fault(_) | Outcome::Unknown,
        )
        | None => names.join(","),
    };
    Ok((with_prefix(name), route))
}

/// An address in one form: host, namespace and port, whatever was left out.
fn normal(text: &str, namespace: Option<&str>) -> String {
    let Some(address) = Address::parse(text) else {
        return without_secrets(text);
    };
    let port = address
        .port
        .map_or(String::new(), |port| format!(":{port}"));
    let host = match address.kind() {
        Host::Service(name, own) => full_name(own.as_deref().or(namespace), &name),
        Host::Either(name, own) => full_name(Some(&own), &name),
        Host::Loopback | Host::Node | Host::External => address.host,
    };
    format!("{host}{port}")
}

/// Draws the hop from a writer to its store.
pub(super) fn write(
    (parts, drawing): (&Parts<'_>, &mut Drawing),
    (from, store): (From<'_>, &Store),
    written: &Written<'_>,
    origin: Origin,
) {
    let (name, route) = match name(parts, from, store) {
        Ok(found) => found,
        Err(reason) => {
            let hop = written.hop(None, Vec::new(), (Certainty::Unknown, reason), None);
            return drawing.hop(hop, origin, None);
        }
    };
    let steps = route
        .as_ref()
        .map_or_else(Vec::new, |route| route.steps.clone());
    let via = route
        .as_ref()
        .map_or_else(Vec::new, |route| route.via.clone());
    let fault = match route.map(|route| route.outcome) {
        Some(Outcome::Fault(fault)) => Some(fault),
        Some(
            Outcome::Process(..)
            | Outcome::Work(_)
            | Outcome::Named(..)
            | Outcome::External(_)
            | Outcome::Unknown,
        )
        | None => None,
    };
    let is_broken = fault.is_some();
    let to = drawing.end(End {
        environment: from.environment,
        kind: EndKind::Store,
        name,
        place: Some(store.place),
        replicas: None,
    });
    let to = Some(to).filter(|_| !is_broken);
    let mut hop = written.hop(to, steps, (Certainty::Exact, String::new()), fault);
    hop.place = store.place;
    hop.via = via;
    let arrival = Some(Arrival::End).filter(|_| !is_broken);
    drawing.hop(hop, origin, arrival);
}

/// What shows a store.
struct Query<'p, 'a> {
    process: &'p Process<'a>,
    store: &'p Store,
    /// The name of the store.
    name: String,
}

/// Draws the hops from stores to what shows them.
pub(super) fn queries(parts: &Parts<'_>, drawing: &mut Drawing) {
    let mut read = BTreeSet::new();
    let mut astray = Vec::new();
    for (at, process) in parts.processes.iter().enumerate() {
        let store = process.flow.as_ref().and_then(|flow| flow.queried.as_ref());
        let Some((store, Ok((name, _)))) =
            store.map(|store| (store, name(parts, process.from(at), store)))
        else {
            continue;
        };
        let query = Query {
            process,
            store,
            name,
        };
        let own = stores(parts, &query, drawing).find(|(_, end)| end.name == query.name);
        if let Some(at) = own.map(|(at, _)| at) {
            read.insert(at);
            query.draw(drawing, at, (Certainty::Exact, ""), None);
        } else {
            astray.push(query);
        }
    }
    for query in astray {
        let is_meant = |(at, _): &(usize, &End)| {
            !read.contains(at) && !query.process.is_file && query.is_beside(drawing, *at)
        };
        let unread = stores(parts, &query, drawing).find(is_meant);
        let unread = unread.map(|(_, end)| (end.name.clone(), end.place));
        let end = drawing.end(End {
            environment: query.process.environment,
            kind: EndKind::Store,
            name: query.name.clone(),
            place: Some(query.store.place),
            replicas: None,
        });
        let certainty = match unread {
            Some(_) => (Certainty::Exact, ""),
            None => (Certainty::Inferred, "nobody among the files writes it"),
        };
        query.draw(drawing, end, certainty, unread.as_ref());
    }
}

/// The stores that are seen from a query, with their indices.
fn stores<'d>(
    parts: &'d Parts<'_>,
    query: &'d Query<'_, '_>,
    drawing: &'d Drawing,
) -> impl Iterator<Item = (usize, &'d End)> {
    let ends = drawing.picture.ends.iter().enumerate();
    ends.filter(move |(_, end)| {
        end.kind == EndKind::Store
            && parts
                .inventory
                .share(query.process.environment, end.environment)
    })
}

impl Query<'_, '_> {
    /// Whether what writes a store runs in the namespace of the query.
    fn is_beside(&self, drawing: &Drawing, store: usize) -> bool {
        let picture = &drawing.picture;
        let mut writers = picture.hops.iter().filter(|hop| hop.to == Some(store));
        writers.any(|hop| {
            let namespace = picture
                .name(Some(hop.from))
                .split_once('/')
                .map(|(namespace, _)| namespace);
            namespace == self.process.namespace
        })
    }

    /// Draws the hop from a store; with another store that holds the traces instead, it breaks.
    fn draw(
        &self,
        drawing: &mut Drawing,
        store: usize,
        (certainty, reason): (Certainty, &str),
        instead: Option<&(String, Option<Span>)>,
    ) {
        let to = drawing.end(of_process(self.process));
        let addresses = self.store.addresses.as_deref().ok();
        let step = |(other, place): &(String, Option<Span>)| {
            Some(Step {
                place: (*place)?,
                text: format!("traces are kept in `{other}`"),
            })
        };
        let fault = |(other, _): &(String, Option<Span>)| Fault {
            kind: "store-mismatch",
            detail: format!(
                "`{}` shows what is in `{}`, and traces are kept in `{other}`",
                self.process.name, self.name
            ),
            nearest: other.clone(),
        };
        let hop = Hop {
            from: store,
            to: Some(to).filter(|_| instead.is_none()),
            sender: "the query of Jaeger".to_owned(),
            address: addresses
                .and_then(|all| all.first())
                .map_or_else(|| self.store.kind.clone(), |text| without_secrets(text)),
            protocol: self.store.kind.clone(),
            is_tls: self.store.is_tls(),
            place: self.store.place,
            certainty,
            reason: reason.to_owned(),
            fault: instead.map(fault),
            steps: instead.and_then(step).into_iter().collect(),
            via: Vec::new(),
        };
        let arrival = Some(Arrival::End).filter(|_| instead.is_none());
        drawing.hop(hop, Origin::Store, arrival);
    }
}

/// Names of images that take OTLP and keep traces by themselves.
const IMAGES: [&str; 5] = ["tempo", "victoria-traces", "quickwit", "zipkin", "uptrace"];

/// Whether a workload is a store of traces, by its image.
pub(super) fn is_one(work: &Work<'_>) -> bool {
    let images = work
        .containers()
        .iter()
        .filter_map(|container| container.str_at(&["image_name"]));
    images.into_iter().any(|name| IMAGES.contains(&name))
}
