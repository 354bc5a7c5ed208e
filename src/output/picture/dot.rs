//! A picture as a graph of Graphviz.

use std::io::{self, Write};

use super::{Sheet, doubt};
use crate::output::safe;
use crate::picture::{Certainty, EndKind, Hop};

pub(super) fn write(sheet: Sheet<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "digraph traces {{\n  rankdir=LR\n  node [fontname=\"sans-serif\"]\n  edge [fontname=\"sans-serif\"]"
    )?;
    for (at, name) in sheet.environments() {
        writeln!(
            out,
            "  subgraph cluster_{at} {{\n    label=\"{}\"",
            quoted(name)
        )?;
        let ends = sheet.picture.ends.iter().enumerate();
        for (number, end) in ends.filter(|(_, end)| end.environment == at) {
            writeln!(
                out,
                "    n{number} [label=\"{}\" shape={}]",
                quoted(&end.name),
                shape(end.kind)
            )?;
        }
        writeln!(out, "  }}")?;
    }
    for (number, hop) in sheet.picture.hops.iter().enumerate() {
        arrow(sheet, (number, hop), out)?;
    }
    writeln!(out, "}}")
}

fn arrow(sheet: Sheet<'_>, (number, hop): (usize, &Hop), out: &mut dyn Write) -> io::Result<()> {
    let lines = sheet.label(hop).into_iter().map(|line| quoted(&line));
    let label = lines.collect::<Vec<_>>().join("\\n");
    match (hop.to, &hop.fault) {
        (Some(to), _) => {
            let style = if hop.certainty == Certainty::Exact {
                "solid"
            } else {
                "dashed"
            };
            writeln!(
                out,
                "  n{} -> n{to} [label=\"{label}\" style={style}]",
                hop.from
            )
        }
        (None, fault) => {
            let color = if fault.is_some() { "red" } else { "gray" };
            let reason = doubt(hop).unwrap_or_else(|| "nowhere".to_owned());
            writeln!(
                out,
                "  x{number} [label=\"{}\" shape=plaintext fontcolor={color}]",
                quoted(&reason)
            )?;
            writeln!(
                out,
                "  n{} -> x{number} [label=\"{label}\" style=dashed color={color}]",
                hop.from
            )
        }
    }
}

fn shape(kind: EndKind) -> &'static str {
    match kind {
        EndKind::Service => "oval",
        EndKind::Collector => "box",
        EndKind::Topic => "parallelogram",
        EndKind::Store => "cylinder",
        EndKind::Query => "hexagon",
        EndKind::External => "doublecircle",
    }
}

/// A text between double quotes.
fn quoted(raw: &str) -> String {
    safe::text(raw)
        .replace('&', "&amp;")
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
}
