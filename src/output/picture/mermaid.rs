//! A picture as a flowchart of Mermaid, which GitHub and GitLab show in Markdown.

use std::io::{self, Write};

use super::{Sheet, doubt};
use crate::output::safe;
use crate::picture::{Certainty, EndKind, Hop};

pub(super) fn write(sheet: Sheet<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "flowchart LR")?;
    for (at, name) in sheet.environments() {
        writeln!(out, "  subgraph e{at}[\"{}\"]", quoted(name))?;
        let ends = sheet.picture.ends.iter().enumerate();
        for (number, end) in ends.filter(|(_, end)| end.environment == at) {
            let (open, close) = shape(end.kind);
            writeln!(out, "    n{number}{open}\"{}\"{close}", quoted(&end.name))?;
        }
        writeln!(out, "  end")?;
    }
    for (number, hop) in sheet.picture.hops.iter().enumerate() {
        arrow(sheet, (number, hop), out)?;
    }
    writeln!(out, "  classDef broken stroke:#c00,color:#c00")?;
    writeln!(out, "  classDef unknown stroke-dasharray:4")
}

fn arrow(sheet: Sheet<'_>, (number, hop): (usize, &Hop), out: &mut dyn Write) -> io::Result<()> {
    let lines = sheet.label(hop).into_iter().map(|line| quoted(&line));
    let lines: Vec<String> = lines.filter(|line| !line.is_empty()).collect();
    let label = match lines.join("<br>") {
        lines if lines.is_empty() => lines,
        lines => format!("|\"{lines}\"|"),
    };
    match (hop.to, &hop.fault) {
        (Some(to), _) if hop.certainty == Certainty::Exact => {
            writeln!(out, "  n{} -->{label} n{to}", hop.from)
        }
        (Some(to), _) => writeln!(out, "  n{} -.->{label} n{to}", hop.from),
        (None, fault) => {
            let class = if fault.is_some() { "broken" } else { "unknown" };
            let reason = doubt(hop).unwrap_or_else(|| "nowhere".to_owned());
            writeln!(out, "  x{number}[\"{}\"]:::{class}", quoted(&reason))?;
            writeln!(out, "  n{} -.->{label} x{number}", hop.from)
        }
    }
}

fn shape(kind: EndKind) -> (&'static str, &'static str) {
    match kind {
        EndKind::Service => ("([", "])"),
        EndKind::Collector => ("[", "]"),
        EndKind::Topic => ("[/", "/]"),
        EndKind::Store => ("[(", ")]"),
        EndKind::Query => ("{{", "}}"),
        EndKind::External => ("((", "))"),
    }
}

/// A text between double quotes: what Mermaid or HTML would read is written as an entity.
fn quoted(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for c in safe::text(raw).chars() {
        match c {
            '"' | '&' | '<' | '>' | '#' | ';' | '`' | '|' | '\\' | '%' | '$' | ':' => {
                out.extend(["#", &u32::from(c).to_string(), ";"]);
            }
            c => out.push(c),
        }
    }
    out
}
