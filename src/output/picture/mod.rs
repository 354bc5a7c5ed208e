//! Renders a picture of how traces flow, or the way of one service.
//!
//! Names come from repositories and are made safe for each format: a terminal, Mermaid, DOT, JSON and HTML.

mod dot;
mod html;
mod json;
mod mermaid;
mod text;

use std::io::{self, Write};

use crate::output::safe;
use crate::picture::{Certainty, EndKind, Hop, Path, Picture, Verdict};
use crate::source::{SourceFile, Span};

pub use self::text::{MAX_NAMED, way};

/// The formats of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PictureFormat {
    /// An indented list for people.
    Text,
    /// A flowchart of Mermaid.
    Mermaid,
    /// A graph of Graphviz.
    Dot,
    /// Everything, for programs.
    Json,
    /// One page that needs no network and no script.
    Html,
}

/// A picture with the files that its places are in.
#[derive(Debug, Clone, Copy)]
pub struct Sheet<'a> {
    /// The picture.
    pub picture: &'a Picture,
    /// The files; a file's id is its index.
    pub files: &'a [SourceFile],
}

/// Renders a picture.
pub fn render(format: PictureFormat, sheet: Sheet<'_>, out: &mut dyn Write) -> io::Result<()> {
    match format {
        PictureFormat::Text => text::write(sheet, out),
        PictureFormat::Mermaid => mermaid::write(sheet, out),
        PictureFormat::Dot => dot::write(sheet, out),
        PictureFormat::Json => json::write(sheet, out),
        PictureFormat::Html => html::write(sheet, out),
    }
}

impl Sheet<'_> {
    /// `path:line:column` of a place, safe to show.
    fn place(&self, span: Span) -> String {
        self.files
            .get(span.file.0 as usize)
            .map_or(String::new(), |file| {
                let position = file.position(span.start);
                format!(
                    "{}:{}:{}",
                    safe::text(&file.path),
                    position.line,
                    position.column
                )
            })
    }

    /// The environments that have something to show, with their names.
    fn environments(&self) -> impl Iterator<Item = (usize, &str)> {
        let all = self.picture.environments.iter().enumerate();
        let has_ends = |at: usize| self.picture.ends.iter().any(|end| end.environment == at);
        let shown = all.filter(move |(at, _)| has_ends(*at));
        shown.map(|(at, environment)| match environment.name.as_str() {
            "" => (at, "."),
            name => (at, name),
        })
    }

    /// What stands at the line of a hop: the address, and what it passes on its way into the cluster.
    fn label(&self, hop: &Hop) -> Vec<String> {
        let via = hop.via.iter().map(|step| {
            let place = self.place(step.place);
            format!("via {} ({place})", step.text.replace('`', ""))
        });
        std::iter::once(hop.address.clone()).chain(via).collect()
    }

    /// The hops that leave the ends of an environment.
    fn hops(&self, environment: usize) -> impl Iterator<Item = &Hop> {
        let hops = self.picture.hops.iter();
        hops.filter(move |hop| self.picture.environment(hop) == environment)
    }

    /// How many services have traces that are stored, leave the files, break, are lost, are not known of, and are not made; each
    /// counts where the best of its paths comes to.
    fn services(&self) -> [(usize, &'static str); 6] {
        let ends = self.picture.ends.iter().enumerate();
        let services = ends.filter(|(_, end)| end.kind == EndKind::Service);
        let best = services.map(|(at, _)| {
            let own = self.picture.paths.iter().filter(|path| path.service == at);
            let best = own.map(|path| path.verdict).min();
            best.unwrap_or(Verdict::Unknown)
        });
        let best: Vec<Verdict> = best.collect();
        [
            Verdict::Stored,
            Verdict::Left,
            Verdict::Broken,
            Verdict::Lost,
            Verdict::Unknown,
            Verdict::Silent,
        ]
        .map(|verdict| {
            let count = best.iter().filter(|other| **other == verdict).count();
            (count, verdict.name())
        })
    }

    /// How many services have traces that are stored or leave the files, and others that get lost.
    fn partly_lost(&self) -> usize {
        let ends = self.picture.ends.iter().enumerate();
        let services = ends.filter(|(_, end)| end.kind == EndKind::Service);
        let is_partly = |at: usize| {
            let own = || {
                self.picture
                    .paths
                    .iter()
                    .filter(move |path| path.service == at)
            };
            let arrives = |path: &Path| matches!(path.verdict, Verdict::Stored | Verdict::Left);
            let is_lost = |path: &Path| matches!(path.verdict, Verdict::Broken | Verdict::Lost);
            own().any(arrives) && own().any(is_lost)
        };
        services.filter(|(at, _)| is_partly(*at)).count()
    }

    /// How many hops are exact, inferred, unknown and broken.
    fn counts(&self) -> [(usize, &'static str); 4] {
        let hops = &self.picture.hops;
        let sure = |certainty: Certainty| {
            hops.iter()
                .filter(|hop| hop.fault.is_none() && hop.certainty == certainty)
                .count()
        };
        [
            (sure(Certainty::Exact), "exact"),
            (sure(Certainty::Inferred), "inferred"),
            (sure(Certainty::Unknown), "unknown"),
            (
                hops.iter().filter(|hop| hop.fault.is_some()).count(),
                "broken",
            ),
        ]
    }
}

/// What keeps a hop from being exact or from arriving, in words.
fn doubt(hop: &Hop) -> Option<String> {
    let Some(fault) = &hop.fault else {
        return match (hop.reason.as_str(), hop.certainty) {
            ("", _) => None,
            (reason, Certainty::Exact) => Some(reason.to_owned()),
            (reason, certainty) => Some(format!("{}: {reason}", certainty.name())),
        };
    };
    Some(format!("broken: {}", fault.told()))
}
