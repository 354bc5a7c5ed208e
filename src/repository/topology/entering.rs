//! Follows what is sent to a host outside the cluster through the Ingress, route or load balancer that has the host.

use crate::repository::topology::Parts;
use crate::repository::topology::address::Address;
use crate::repository::topology::entrances::{Backend, Door, Entrance, Leads, Path, PortName};
use crate::repository::topology::proxies::{Rewrite, Tls};
use crate::repository::topology::routes::{Asked, From, MAX_ALIASES};
use crate::repository::topology::senders::{Otlp, Passed};
use crate::repository::topology::services::{self, Lookup};
use crate::repository::topology::trail::{Route, Trail, numbers};
use crate::source::Span;

/// The path of calls of OTLP over gRPC that hold traces.
/// Source: the protocol's definition, `trace_service.proto`.
const GRPC_PATH: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

/// The ports of the web, at which something that no file tells may stand before a cluster.
const WEB_PORTS: [u16; 2] = [80, 443];

/// An entrance with the door at which it is asked.
type Entry<'e, 'a> = (&'e Entrance<'a>, Option<&'e Door>);

impl<'p, 'a> Asked<'p, 'a> {
    /// The ways of what is sent to a host that is one of the files' entrances; nothing for any other host.
    pub(super) fn entering(&self, trail: &Trail) -> Option<Vec<Route>> {
        let mut trail = trail.clone();
        let found = match self.entrances() {
            Ok(found) if found.is_empty() => return None,
            Ok(found) => found,
            Err(reason) => return Some(vec![trail.unknown(reason)]),
        };
        let is_elsewhere = |entrance: &&Entrance<'_>| {
            let inventory = &self.parts.inventory;
            !inventory.sees(self.from.environment, entrance.environment)
        };
        if found.iter().any(is_elsewhere) {
            trail.doubt("the host is taken in another environment");
        }
        let Some(port) = self.address.port else {
            return Some(vec![trail.unknown("the address names no port")]);
        };
        let mut open: Vec<Entry<'_, '_>> = found
            .iter()
            .filter_map(|entrance| opened(entrance, port))
            .collect();
        // What no Gateway takes stands in nobody's way.
        let is_taken = |(entrance, _): &Entry<'_, '_>| !entrance.is_refused();
        if open.iter().any(is_taken) {
            open.retain(is_taken);
        }
        if open.is_empty() {
            return Some(vec![closed(trail, &found, port)]);
        }
        Some(match self.taking(&open) {
            Ok(taking) => {
                let all = taking.iter();
                all.flat_map(|entry| self.through(trail.clone(), *entry))
                    .collect()
            }
            Err(reason) => {
                let mut trail = trail;
                show(&mut trail, open.iter().map(|(entrance, _)| *entrance));
                vec![trail.unknown(reason)]
            }
        })
    }

    /// The entrances that have the host, those that fit best: of the nearest environment, else of the only one.
    fn entrances(&self) -> Result<Vec<&'p Entrance<'a>>, String> {
        let host = &self.address.host;
        let speaks_http = self.otlp.is_some() || matches!(&*self.address.scheme, "http" | "https");
        let all = self.parts.entrances.iter();
        let fitting = all.filter_map(|entrance| Some((entrance.host.fits(host)?, entrance)));
        let fitting =
            fitting.filter(|(_, entrance)| speaks_http || matches!(entrance.leads, Leads::Own(_)));
        let fitting: Vec<(usize, &Entrance<'_>)> = fitting.collect();
        let levels = self.parts.inventory.levels(self.from.environment).iter();
        let mut levels = levels.copied();
        let is_in = |environment| {
            let mut all = fitting.iter();
            all.any(|(_, entrance)| entrance.environment == environment)
        };
        let Some(first) = fitting.first() else {
            return Ok(Vec::new());
        };
        let environment = levels.find(|level| is_in(*level));
        let is_one = fitting
            .iter()
            .all(|(_, entrance)| entrance.environment == first.1.environment);
        let Some(environment) = environment.or(Some(first.1.environment).filter(|_| is_one)) else {
            return Err(format!("several environments take `{host}`"));
        };
        let here = || {
            let all = fitting.iter();
            all.filter(|(_, entrance)| entrance.environment == environment)
        };
        let best = here().map(|(fit, _)| *fit).max();
        let here = here().filter(|(fit, _)| Some(*fit) == best);
        Ok(here.map(|(_, entrance)| *entrance).collect())
    }

    /// The path that is asked for; nothing where it is not known what is spoken.
    fn path(&self) -> Option<&str> {
        match self.otlp {
            None => Some(
                Some(&*self.address.path)
                    .filter(|path| !path.is_empty())
                    .unwrap_or("/"),
            ),
            Some(otlp) => match otlp.protocol? {
                "grpc" => Some(GRPC_PATH),
                _ => otlp.path.as_deref(),
            },
        }
    }

    /// The entrances among some that take the path, of one object.
    fn taking<'e>(&self, open: &[Entry<'e, 'a>]) -> Result<Vec<Entry<'e, 'a>>, String> {
        let whole = |path: &Path| *path == Path::All || *path == Path::Prefix("/".to_owned());
        let asked = self.path();
        let fit = |entrance: &Entrance<'_>| match asked {
            Some(path) => entrance.path.fits(path),
            None => whole(&entrance.path).then_some(0),
        };
        let best = open.iter().filter_map(|(entrance, _)| fit(entrance)).max();
        let is_unclear = open.iter().any(|(entrance, _)| {
            entrance.path == Path::Unknown || (asked.is_none() && fit(entrance).is_none())
        });
        if is_unclear {
            return Err(format!(
                "which path of `{}` is taken is not known",
                self.address.host
            ));
        }
        let Some(best) = best else {
            let path = asked.unwrap_or("/");
            return Err(format!(
                "`{path}` of `{}` is not among the paths in the files",
                self.address.host
            ));
        };
        let taking = open
            .iter()
            .filter(|(entrance, _)| fit(entrance) == Some(best));
        let taking: Vec<Entry<'_, '_>> = taking.copied().collect();
        let first = taking
            .first()
            .map(|(entrance, _)| (entrance.kind, &entrance.name));
        let is_one = taking
            .iter()
            .all(|(entrance, _)| Some((entrance.kind, &entrance.name)) == first);
        if is_one {
            Ok(taking)
        } else {
            Err(format!(
                "several objects take the same of `{}`",
                self.address.host
            ))
        }
    }

    /// Goes through an entrance.
    fn through(&self, mut trail: Trail, (entrance, door): Entry<'_, 'a>) -> Vec<Route> {
        let words = entrance.words();
        trail.pass(entrance.place, words.clone());
        if let Some((stated, place)) = door.and_then(|door| door.stated.as_ref()) {
            trail.step(*place, stated.clone());
        }
        for doubt in doubts((entrance, door), self.address) {
            trail.doubt(doubt);
        }
        let is_plain = self.otlp.and_then(|otlp| otlp.is_plain);
        let stated = door.filter(|door| door.doubt.is_empty());
        if let Some(is_tls) = stated.and_then(|door| door.is_tls)
            && is_plain == Some(is_tls)
        {
            return vec![mismatch(trail, (&words, self.address), is_tls)];
        }
        self.behind(trail, entrance)
    }

    /// Goes on from an entrance.
    fn behind(&self, trail: Trail, entrance: &Entrance<'a>) -> Vec<Route> {
        let otlp = self.otlp.map(|otlp| passed(otlp, entrance));
        let own = Asked {
            from: From::anybody(entrance.environment),
            otlp: otlp.as_ref(),
            ..*self
        };
        match &entrance.leads {
            Leads::Own(at) => match self.parts.services.get(*at) {
                Some(service) => own.port(trail, service, 0),
                None => Vec::new(),
            },
            Leads::Unknown(reason) => vec![trail.unknown(*reason)],
            Leads::Refused(detail) => {
                vec![trail.fault("route-refused", detail.clone(), String::new())]
            }
            Leads::To(backend) => own.backend_of(trail, backend),
        }
    }

    /// Goes on to the Service behind an entrance.
    fn backend_of(&self, trail: Trail, backend: &Backend<'a>) -> Vec<Route> {
        let parts = self.parts;
        let (name, namespace) = (backend.name.as_str().unwrap_or(""), backend.namespace);
        let port = match backend.port {
            PortName::Number(number) => Some(number),
            PortName::Unknown => None,
            PortName::Name(text) => {
                let wanted = (name, namespace);
                match services::find(
                    parts.inventory,
                    &parts.services,
                    wanted,
                    self.from.environment,
                ) {
                    Lookup::Found(service, _) => service.named_port(text),
                    Lookup::Several(_) | Lookup::InOther(_) | Lookup::Near(_) | Lookup::Missing => {
                        None
                    }
                }
            }
        };
        let address = Address {
            path: self.address.path.clone(),
            ..Address::inside(name, port)
        };
        let asked = Asked {
            from: From {
                namespace,
                ..self.from
            },
            address: &address,
            ..*self
        };
        let mut trail = trail;
        trail.step(backend.name.span, format!("it leads to `{name}`"));
        asked.service(trail, (name, namespace), MAX_ALIASES - 1)
    }
}

/// An entrance with the door that has a port; nothing where it is closed.
fn opened<'e, 'a>(entrance: &'e Entrance<'a>, port: u16) -> Option<Entry<'e, 'a>> {
    let doors = &entrance.doors;
    let door = doors.all.iter().find(|door| door.port == port);
    let is_open = door.is_some() || doors.other.is_some() || entrance.is_refused();
    is_open.then_some((entrance, door))
}

/// The ways of OTLP from an entrance, whoever sends it.
pub(super) fn from(parts: &Parts<'_>, entrance: &Entrance<'_>) -> Vec<Route> {
    let otlp = Otlp::of_anybody(entrance.host.text);
    let address = Address::inside(entrance.host.text, None);
    let asked = Asked::by_anybody(parts, entrance.environment, (&address, &otlp));
    asked.behind(Trail::default(), entrance)
}

/// What makes a way through an entrance less than exact.
fn doubts((entrance, door): Entry<'_, '_>, address: &Address) -> Vec<String> {
    let mut found = Vec::new();
    if !entrance.host.is_ruled {
        found.push(format!("no rule of {} names the host", entrance.words()));
    } else if !entrance.host.is_literal() {
        found.push(format!("`{}` stands for many hosts", entrance.host.text));
    }
    match door {
        Some(door) if door.doubt.is_empty() => {}
        Some(door) => found.push(door.doubt.clone()),
        None => found.extend(entrance.doors.other.clone()),
    }
    if !address.has_port {
        found.push("the port is that of the scheme".to_owned());
    }
    found
}

/// What arrives behind an entrance.
fn passed(otlp: &Otlp, entrance: &Entrance<'_>) -> Otlp {
    let passing = &entrance.passing;
    let Tls::Ended(is_plain) = passing.tls else {
        return otlp.clone();
    };
    let path = otlp.path.as_ref();
    Otlp {
        is_plain,
        path: path.and_then(|path| passing.path.of(path)),
        passed: Some(Passed {
            by: entrance.words(),
            protocol: passing.protocol,
            path: match &passing.path {
                Rewrite::Whole(path) => Some(path.clone()),
                Rewrite::Kept | Rewrite::Start(..) | Rewrite::Unknown => None,
            },
            below: below(entrance),
        }),
        picks_pods: false,
        shown: None,
        ..otlp.clone()
    }
}

/// What the paths start with that arrive behind an entrance; nothing where they may be any, or are of other signals.
fn below(entrance: &Entrance<'_>) -> Option<String> {
    let start = match (&entrance.passing.path, &entrance.path) {
        (Rewrite::Kept, Path::Prefix(start) | Path::Exact(start))
        | (Rewrite::Start(_, start), _) => start,
        (Rewrite::Kept, Path::All | Path::Unknown) | (Rewrite::Whole(_) | Rewrite::Unknown, _) => {
            return None;
        }
    };
    let start = start.trim_end_matches('/');
    (!start.is_empty() && !start.starts_with("/v1")).then(|| start.to_owned())
}

/// The end of a way to a door at which TLS is on one side only.
fn mismatch(trail: Trail, (words, address): (&str, &Address), is_tls: bool) -> Route {
    let port = address.port.unwrap_or(0);
    let (detail, nearest) = if is_tls {
        let detail = format!("plain text is sent to port {port}, where TLS is wanted by {words}");
        (detail, "TLS")
    } else {
        let detail = format!("TLS is spoken to port {port}, where plain text is taken by {words}");
        (detail, "plain text")
    };
    trail.fault("tls-mismatch", detail, nearest.to_owned())
}

/// Notes the objects of entrances, each once.
fn show<'e>(trail: &mut Trail, entrances: impl Iterator<Item = &'e Entrance<'e>>) {
    let mut known: Vec<Span> = Vec::new();
    for entrance in entrances {
        if !known.contains(&entrance.place) {
            known.push(entrance.place);
            trail.pass(entrance.place, entrance.words());
        }
    }
}

/// The end of a way to a port that no entrance of a host is known to have.
fn closed(mut trail: Trail, found: &[&Entrance<'_>], port: u16) -> Route {
    show(&mut trail, found.iter().copied());
    let words = found.first().map_or(String::new(), |first| first.words());
    let is_sure = found.iter().all(|entrance| entrance.doors.are_all);
    if !is_sure || WEB_PORTS.contains(&port) {
        return trail.unknown(format!("{words} is not known to take port {port}"));
    }
    let doors = found.iter().flat_map(|entrance| &entrance.doors.all);
    let open = doors.map(|door| door.port).collect();
    let detail = format!("{words} takes no port {port}");
    trail.fault("port-not-served", detail, numbers(open))
}
