//! Stores: who writes them, and whether what shows traces looks into the same ones.

use crate::picture::{Certainty, End, EndKind, Fault, Hop, Step};
use crate::repository::topology::routes::{self, From, Outcome};
use crate::repository::topology::senders::Store;
use crate::repository::topology::{Arrival, Drawing, Origin, Parts, Written, of_process};

/// What identifies a store: where its addresses lead, and what its indices start with.
fn name(parts: &Parts<'_>, from: From<'_>, store: &Store) -> Result<(String, Option<routes::Route>), String> {
    let with_prefix = |name: String| match store.prefix.as_str() {
        "" => name,
        prefix => format!("{name} ({prefix})"),
    };
    let addresses = match &store.addresses {
        Ok(addresses) => addresses,
        Err(_) if store.kind != "unknown" => return Ok((with_prefix(store.kind.clone()), None)),
        Err(reason) => return Err(reason.clone()),
    };
    let mut names = addresses.clone();
    names.sort();
    let route = addresses.first().and_then(|first| routes::of_host(parts, from, (first, None)));
    let name = match route.as_ref().map(|route| &route.outcome) {
        Some(Outcome::Named(name, _)) => name.clone(),
        Some(Outcome::Work(at)) => parts.works.get(*at).map_or(names.join(","), |work| work.name()),
        _ => names.join(","),
    };
    Ok((with_prefix(name), route))
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
    let (steps, fault) = match route {
        Some(route) => match route.outcome {
            Outcome::Fault(fault) => (route.steps, Some(fault)),
            _ => (route.steps, None),
        },
        None => (Vec::new(), None),
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
    let arrival = Some(Arrival::End).filter(|_| !is_broken);
    drawing.hop(hop, origin, arrival);
}

/// Draws the hops from stores to what shows them.
pub(super) fn queries(parts: &Parts<'_>, drawing: &mut Drawing) {
    for (at, process) in parts.processes.iter().enumerate() {
        let Some(store) = process.flow.as_ref().and_then(|flow| flow.queried.as_ref()) else {
            continue;
        };
        let from = From {
            environment: process.environment,
            namespace: process.namespace,
            work: process.work,
            process: Some(at),
        };
        let Ok((name, _)) = name(parts, from, store) else {
            continue;
        };
        let stores = drawing.picture.ends.iter().enumerate().filter(|(_, end)| {
            let sees = parts.inventory.sees(process.environment, end.environment)
                || parts.inventory.sees(end.environment, process.environment);
            end.kind == EndKind::Store && sees
        });
        let stores: Vec<(usize, &End)> = stores.collect();
        let own = stores.iter().find(|(_, end)| end.name == name).map(|(at, _)| *at);
        let other = stores.first().map(|(_, end)| (end.name.clone(), end.place));
        let to = drawing.end(of_process(process));
        let fault = other.as_ref().filter(|_| own.is_none()).map(|(other, _)| Fault {
            kind: "store-mismatch",
            detail: format!("`{}` shows what is in `{name}`, and traces are kept in `{other}`", process.name),
            nearest: other.clone(),
        });
        let is_fault = fault.is_some();
        let step = other.filter(|_| is_fault).and_then(|(other, place)| {
            Some(Step {
                place: place?,
                text: format!("traces are kept in `{other}`"),
            })
        });
        let (store_end, is_known) = match own {
            Some(own) => (own, true),
            None => {
                let end = End {
                    environment: process.environment,
                    kind: EndKind::Store,
                    name,
                    place: Some(store.place),
                    replicas: None,
                };
                (drawing.end(end), is_fault)
            }
        };
        let hop = Hop {
            from: store_end,
            to: Some(to).filter(|_| !is_fault),
            sender: "the query of Jaeger".to_owned(),
            address: store.addresses.as_ref().ok().and_then(|all| all.first().cloned()).unwrap_or_default(),
            protocol: store.kind.clone(),
            place: store.place,
            certainty: if is_known { Certainty::Exact } else { Certainty::Inferred },
            reason: if is_known { String::new() } else { "nobody among the files writes it".to_owned() },
            fault,
            steps: step.into_iter().collect(),
        };
        drawing.hop(hop, Origin::Store, Some(Arrival::End).filter(|_| !is_fault));
    }
}
