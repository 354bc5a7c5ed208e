//! A picture and the way of a service as indented lists.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::{Sheet, doubt};
use crate::output::safe;
use crate::picture::{End, EndKind, Event, Hop, Path};

/// Names that a hint lists.
pub const MAX_NAMED: usize = 8;

pub(super) fn write(sheet: Sheet<'_>, out: &mut dyn Write) -> io::Result<()> {
    for (at, name) in sheet.environments() {
        writeln!(out, "{}", safe::text(name))?;
        let mut hops: BTreeMap<usize, Vec<&Hop>> = BTreeMap::new();
        for hop in sheet.hops(at) {
            hops.entry(hop.from).or_default().push(hop);
        }
        for (number, end) in sheet.picture.ends.iter().enumerate() {
            let own = hops.get(&number).map_or(&[][..], Vec::as_slice);
            let is_shown =
                !own.is_empty() || matches!(end.kind, EndKind::Service | EndKind::Collector);
            if end.environment == at && is_shown {
                self::end(sheet, end, own, out)?;
            }
        }
        writeln!(out)?;
    }
    let services = sheet.services();
    if services.iter().any(|(count, _)| *count > 0) {
        counted("service", &services, out)?;
        let partly = sheet.partly_lost();
        if partly > 0 {
            writeln!(
                out,
                "{partly} of them also on ways that break or end nowhere"
            )?;
        }
    }
    counted("hop", &sheet.counts(), out)
}

/// A line with the number of things and how many there are of each sort.
fn counted(what: &str, counts: &[(usize, &str)], out: &mut dyn Write) -> io::Result<()> {
    let all: usize = counts.iter().map(|(count, _)| count).sum();
    let plural = if all == 1 { "" } else { "s" };
    let counts: Vec<String> = counts
        .iter()
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    writeln!(out, "{all} {what}{plural}: {}", counts.join(", "))
}

fn end(sheet: Sheet<'_>, end: &End, hops: &[&Hop], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "  {}", described(sheet, end))?;
    for hop in hops {
        let to = hop.to.map_or("?", |to| sheet.picture.name(Some(to)));
        let (to, sender) = (safe::text(to), safe::text(&hop.sender));
        match &*hop.address {
            "" => writeln!(out, "    -> {to} ({sender})")?,
            address => writeln!(out, "    -> {to} ({sender}, {})", safe::text(address))?,
        }
        for step in &hop.via {
            let (text, place) = (safe::text(&step.text), sheet.place(step.place));
            writeln!(out, "       via {text}  {place}")?;
        }
        if let Some(doubt) = doubt(hop) {
            writeln!(out, "       {}", safe::text(&doubt))?;
        }
    }
    if hops.is_empty() {
        writeln!(out, "    -> nothing that the files tell")?;
    }
    Ok(())
}

/// An end with its kind, the number of its pods and its place.
fn described(sheet: Sheet<'_>, end: &End) -> String {
    let replicas = end
        .replicas
        .map_or(String::new(), |count| format!(" x{count}"));
    let place = end
        .place
        .map_or(String::new(), |place| format!("  {}", sheet.place(place)));
    format!(
        "{} {}{replicas}{place}",
        end.kind.name(),
        safe::text(&end.name)
    )
}

/// Writes one way of a service, hop by hop, with what happens on it.
pub fn way(sheet: Sheet<'_>, path: &Path, out: &mut dyn Write) -> io::Result<()> {
    let Some(service) = sheet.picture.ends.get(path.service) else {
        return Ok(());
    };
    writeln!(out, "{}", described(sheet, service))?;
    let environment = sheet.picture.environments.get(service.environment);
    if let Some(environment) = environment.filter(|one| !one.name.is_empty()) {
        writeln!(out, "  environment: {}", safe::text(&environment.name))?;
    }
    for (number, at) in path.hops.iter().enumerate() {
        let Some(hop) = sheet.picture.hops.get(*at) else {
            continue;
        };
        events(sheet, (path, number), out)?;
        hop_line(sheet, hop, &"  ".repeat(number + 1), out)?;
    }
    events(sheet, (path, path.hops.len()), out)?;
    if let Some((count, at)) = sheet.picture.fewest_pods(path) {
        let name = safe::text(sheet.picture.name(Some(at)));
        writeln!(out, "fewest pods: {count} ({name})")?;
    }
    writeln!(out, "verdict: {}", verdict(sheet, path))
}

/// Writes what happens after a number of hops.
fn events(sheet: Sheet<'_>, (path, after): (&Path, usize), out: &mut dyn Write) -> io::Result<()> {
    let indent = "  ".repeat(after + 1);
    let mut events = path.events.iter().filter(|event| event.after == after);
    events.try_for_each(|event| self::event(sheet, event, &indent, out))
}

fn event(sheet: Sheet<'_>, event: &Event, indent: &str, out: &mut dyn Write) -> io::Result<()> {
    let (kind, text) = (event.kind.name(), safe::text(&event.text));
    write!(out, "{indent}{kind}: {text}")?;
    if !event.keys.is_empty() {
        let shown: Vec<&str> = event
            .keys
            .iter()
            .take(MAX_NAMED)
            .map(String::as_str)
            .collect();
        write!(out, " takes away {}", safe::text(&shown.join(", ")))?;
        let more = event.keys.len().saturating_sub(MAX_NAMED);
        if more > 0 {
            write!(out, " and {more} more")?;
        }
    }
    writeln!(out, "  {}", sheet.place(event.place))
}

fn hop_line(sheet: Sheet<'_>, hop: &Hop, indent: &str, out: &mut dyn Write) -> io::Result<()> {
    let (sender, address) = (safe::text(&hop.sender), safe::text(&hop.address));
    let protocol = if hop.protocol.is_empty() {
        "unknown protocol"
    } else {
        &hop.protocol
    };
    let security = match hop.is_tls {
        Some(true) => ", TLS",
        Some(false) => ", plain text",
        None => "",
    };
    let place = sheet.place(hop.place);
    if hop.address.is_empty() {
        writeln!(out, "{indent}{sender}  {place}")?;
    } else {
        let protocol = safe::text(protocol);
        writeln!(
            out,
            "{indent}{sender} -> {address} ({protocol}{security})  {place}"
        )?;
    }
    for step in &hop.steps {
        writeln!(
            out,
            "{indent}  {}  {}",
            safe::text(&step.text),
            sheet.place(step.place)
        )?;
    }
    if let Some(doubt) = doubt(hop) {
        writeln!(out, "{indent}  {}", safe::text(&doubt))?;
    }
    match hop.to.and_then(|to| sheet.picture.ends.get(to)) {
        Some(end) => writeln!(out, "{indent}{}", described(sheet, end)),
        None => Ok(()),
    }
}

/// Where a path comes to, in words.
fn verdict(sheet: Sheet<'_>, path: &Path) -> &'static str {
    use crate::picture::{EventKind, Verdict};
    let mut events = path.events.iter();
    let drops = events.any(|event| event.kind == EventKind::Drop);
    let ends = path
        .hops
        .iter()
        .filter_map(|at| sheet.picture.hops.get(*at)?.to);
    let ends: Vec<usize> = ends.collect();
    let comes_back = ends
        .split_last()
        .is_some_and(|(last, before)| before.contains(last));
    match path.verdict {
        Verdict::Stored => "stored: the traces reach a store",
        Verdict::Left => "left: the traces leave what the files hold",
        Verdict::Broken => "broken: the traces get lost at the last hop",
        Verdict::Lost if drops => "lost: everything is dropped on the way",
        Verdict::Lost if comes_back => {
            "lost: the traces come back to where they were, and go round without an end"
        }
        Verdict::Lost => "lost: nobody passes the traces on to a store",
        Verdict::Silent => "silent: the service makes no traces",
        Verdict::Unknown => "unknown: the files do not tell where the traces go from here",
    }
}
