//! A picture as one page: it needs no network, no script, and reads as lists and tables.

use std::io::{self, Write};

use super::{Sheet, doubt};
use crate::output::safe;
use crate::picture::{Hop, Path, Verdict};

const HEAD: &str = r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>How traces flow</title>
<style>
:root { color-scheme: light dark; --line: #8885; --broken: light-dark(#c62828, #ff8a80); --unknown: light-dark(#8a6d00, #ffd54f); --stored: light-dark(#2e7d32, #81c784) }
body { font: 15px/1.45 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100%; margin: 0 0 1.5rem }
code, td { overflow-wrap: anywhere } th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid var(--line) }
code, .place { font: 13px/1.4 ui-monospace, monospace } .place { opacity: .7 }
ol { margin: .3rem 0 } details { margin: .4rem 0 } summary { cursor: pointer }
.broken, .lost, .silent { color: var(--broken) } .unknown, .inferred { color: var(--unknown) } .stored, .exact { color: var(--stored) }
</style>
<h1>How traces flow</h1>
"#;

pub(super) fn write(sheet: Sheet<'_>, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(HEAD.as_bytes())?;
    let counts = sheet
        .counts()
        .map(|(count, word)| format!("<span class=\"{word}\">{count} {word}</span>"));
    writeln!(
        out,
        "<p>{} hops: {}</p>",
        sheet.picture.hops.len(),
        counts.join(", ")
    )?;
    for (at, name) in sheet.environments() {
        writeln!(out, "<h2>{}</h2>", escaped(name))?;
        let own = |path: &&Path| {
            let service = sheet.picture.ends.get(path.service);
            service.is_some_and(|service| service.environment == at)
        };
        for path in sheet.picture.paths.iter().filter(own) {
            self::path(sheet, path, out)?;
        }
        hops(sheet, at, out)?;
    }
    writeln!(out, "</html>")
}

/// The way of a service, which opens on a click.
fn path(sheet: Sheet<'_>, path: &Path, out: &mut dyn Write) -> io::Result<()> {
    let picture = sheet.picture;
    let all: Vec<&Hop> = path
        .hops
        .iter()
        .filter_map(|at| picture.hops.get(*at))
        .collect();
    let names = all.iter().map(|hop| escaped(picture.name(hop.to)));
    let names: Vec<String> = names.collect();
    let verdict = path.verdict.name();
    let is_good = matches!(path.verdict, Verdict::Stored | Verdict::Left);
    let open = if is_good { "" } else { " open" };
    writeln!(
        out,
        "<details{open}><summary><strong>{}</strong> &rarr; {}: <span class=\"{verdict}\">{verdict}</span></summary><ol>",
        escaped(picture.name(Some(path.service))),
        names.join(" &rarr; ")
    )?;
    for (number, hop) in all.iter().enumerate() {
        events(sheet, (path, number), out)?;
        writeln!(
            out,
            "<li><code>{}</code> to <code>{}</code> <span class=\"place\">{}</span><ul>",
            worded(&hop.sender),
            escaped(&hop.address),
            escaped(&sheet.place(hop.place))
        )?;
        for step in &hop.steps {
            let place = escaped(&sheet.place(step.place));
            writeln!(
                out,
                "<li>{} <span class=\"place\">{place}</span></li>",
                worded(&step.text)
            )?;
        }
        if let Some(doubt) = doubt(hop) {
            let class = if hop.fault.is_some() {
                "broken"
            } else {
                hop.certainty.name()
            };
            writeln!(out, "<li class=\"{class}\">{}</li>", worded(&doubt))?;
        }
        writeln!(out, "</ul></li>")?;
    }
    events(sheet, (path, path.hops.len()), out)?;
    writeln!(out, "</ol></details>")
}

/// What happens after a number of hops.
fn events(sheet: Sheet<'_>, (path, after): (&Path, usize), out: &mut dyn Write) -> io::Result<()> {
    for event in path.events.iter().filter(|event| event.after == after) {
        let place = escaped(&sheet.place(event.place));
        writeln!(
            out,
            "<li>{}: {} <span class=\"place\">{place}</span></li>",
            event.kind.name(),
            worded(&event.text)
        )?;
    }
    Ok(())
}

/// The hops of an environment as a table.
fn hops(sheet: Sheet<'_>, environment: usize, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<table><tr><th>from<th>sends<th>to<th>how sure</tr>")?;
    for hop in sheet.hops(environment) {
        let class = match &hop.fault {
            Some(_) => "broken",
            None => hop.certainty.name(),
        };
        let via = hop.via.iter().map(|step| {
            let place = escaped(&sheet.place(step.place));
            format!(
                "<br>via {} <span class=\"place\">{place}</span>",
                worded(&step.text)
            )
        });
        let via: String = via.collect();
        writeln!(
            out,
            "<tr><td>{}<td><code>{}</code> <code>{}</code><br><span class=\"place\">{}</span>{via}<td>{}<td class=\"{class}\">{}</tr>",
            escaped(sheet.picture.name(Some(hop.from))),
            worded(&hop.sender),
            escaped(&hop.address),
            escaped(&sheet.place(hop.place)),
            escaped(sheet.picture.name(hop.to)),
            worded(&doubt(hop).unwrap_or_else(|| class.to_owned())),
        )?;
    }
    writeln!(out, "</table>")
}

fn escaped(raw: &str) -> String {
    safe::xml(raw)
}

/// Words of our own, in which back-ticks only set names apart.
fn worded(raw: &str) -> String {
    safe::xml(&raw.replace('`', ""))
}
