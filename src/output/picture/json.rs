//! A picture for programs: places are `path`, `line` and `column`, both counted from 1.

use std::io::{self, Write};

use serde::Serialize;

use super::Sheet;
use crate::picture::{Event, Hop, Path, Step};
use crate::source::Span;

/// The version of the shape; it changes when a program that reads it would have to.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Whole<'a> {
    version: u32,
    environments: Vec<&'a str>,
    ends: Vec<EndShape<'a>>,
    hops: Vec<HopShape<'a>>,
    paths: Vec<PathShape<'a>>,
}

#[derive(Serialize)]
struct EndShape<'a> {
    environment: usize,
    kind: &'static str,
    name: &'a str,
    replicas: Option<i64>,
    place: Option<Place<'a>>,
}

#[derive(Serialize)]
struct HopShape<'a> {
    from: usize,
    to: Option<usize>,
    sender: &'a str,
    address: &'a str,
    protocol: &'a str,
    is_tls: Option<bool>,
    certainty: &'static str,
    reason: &'a str,
    fault: Option<FaultShape<'a>>,
    place: Option<Place<'a>>,
    steps: Vec<StepShape<'a>>,
    via: Vec<StepShape<'a>>,
}

#[derive(Serialize)]
struct FaultShape<'a> {
    kind: &'static str,
    detail: &'a str,
    nearest: &'a str,
}

#[derive(Serialize)]
struct StepShape<'a> {
    text: &'a str,
    place: Option<Place<'a>>,
}

#[derive(Serialize)]
struct PathShape<'a> {
    service: usize,
    hops: &'a [usize],
    verdict: &'static str,
    events: Vec<EventShape<'a>>,
}

#[derive(Serialize)]
struct EventShape<'a> {
    kind: &'static str,
    /// After how many hops of the path.
    after: usize,
    text: &'a str,
    keys: &'a [String],
    place: Option<Place<'a>>,
}

#[derive(Serialize)]
struct Place<'a> {
    path: &'a str,
    line: u32,
    column: u32,
}

pub(super) fn write(sheet: Sheet<'_>, out: &mut dyn Write) -> io::Result<()> {
    let picture = sheet.picture;
    let ends = picture.ends.iter().map(|end| EndShape {
        environment: end.environment,
        kind: end.kind.name(),
        name: &end.name,
        replicas: end.replicas,
        place: end.place.and_then(|place| self::place(sheet, place)),
    });
    let whole = Whole {
        version: VERSION,
        environments: picture
            .environments
            .iter()
            .map(|one| one.name.as_str())
            .collect(),
        ends: ends.collect(),
        hops: picture
            .hops
            .iter()
            .map(|hop| hop_shape(sheet, hop))
            .collect(),
        paths: picture
            .paths
            .iter()
            .map(|path| path_shape(sheet, path))
            .collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &whole)?;
    writeln!(out)
}

fn hop_shape<'a>(sheet: Sheet<'a>, hop: &'a Hop) -> HopShape<'a> {
    let shape = |step: &'a Step| StepShape {
        text: &step.text,
        place: place(sheet, step.place),
    };
    HopShape {
        from: hop.from,
        to: hop.to,
        sender: &hop.sender,
        address: &hop.address,
        protocol: &hop.protocol,
        is_tls: hop.is_tls,
        certainty: hop.certainty.name(),
        reason: &hop.reason,
        fault: hop.fault.as_ref().map(|fault| FaultShape {
            kind: fault.kind,
            detail: &fault.detail,
            nearest: &fault.nearest,
        }),
        place: place(sheet, hop.place),
        steps: hop.steps.iter().map(shape).collect(),
        via: hop.via.iter().map(shape).collect(),
    }
}

fn path_shape<'a>(sheet: Sheet<'a>, path: &'a Path) -> PathShape<'a> {
    let event = |event: &'a Event| EventShape {
        kind: event.kind.name(),
        after: event.after,
        text: &event.text,
        keys: &event.keys,
        place: place(sheet, event.place),
    };
    PathShape {
        service: path.service,
        hops: &path.hops,
        verdict: path.verdict.name(),
        events: path.events.iter().map(event).collect(),
    }
}

fn place(sheet: Sheet<'_>, span: Span) -> Option<Place<'_>> {
    let file = sheet.files.get(span.file.0 as usize)?;
    let position = file.position(span.start);
    Some(Place {
        path: &file.path,
        line: position.line,
        column: position.column,
    })
}
