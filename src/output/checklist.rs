//! A checklist as Markdown, for a pull request or an issue.

use std::io::{self, Write};

use super::{place, safe};
use crate::finding::{Answer, Checklist, Evidence, Head, Line, Report};

/// Pieces of evidence that a line shows.
const MAX_SHOWN: usize = 8;

/// Writes a checklist; the report knows the files that its places are in.
pub fn write(checklist: &Checklist, report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let subject = match checklist.subject.as_str() {
        "" => String::new(),
        subject => format!(": {}", safe::markdown_list(subject)),
    };
    writeln!(out, "# {}{subject}\n", checklist.title)?;
    for head in &checklist.heads {
        self::head(head, report, out)?;
    }
    for (number, section) in checklist.sections.iter().enumerate() {
        if number > 0 || !checklist.heads.is_empty() {
            writeln!(out)?;
        }
        writeln!(out, "## {}\n", section.title)?;
        for line in &section.lines {
            self::line(line, report, out)?;
        }
    }
    Ok(())
}

fn head(head: &Head, report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let Some(value) = &head.value else {
        return writeln!(out, "- {}: ?", head.name);
    };
    let text = safe::markdown_list(&value.text);
    match value.place {
        Some(_) => writeln!(out, "- {}: {text} ({})", head.name, at(value, report)),
        None => writeln!(out, "- {}: {text}", head.name),
    }
}

fn line(line: &Line, report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mark = match line.said.answer {
        Answer::Yes => 'x',
        Answer::No => ' ',
        Answer::Open => '?',
    };
    let evidence = &line.said.evidence;
    let shown = evidence.iter().take(MAX_SHOWN);
    let mut shown: Vec<String> = shown.map(|evidence| told(evidence, report)).collect();
    if evidence.len() > MAX_SHOWN {
        shown.push(format!("and {} more", evidence.len() - MAX_SHOWN));
    }
    writeln!(out, "- [{mark}] {} ({})", line.text, shown.join("; "))
}

/// A piece of evidence: its place, and what is there.
fn told(evidence: &Evidence, report: &Report) -> String {
    let text = safe::markdown_list(&evidence.text);
    match evidence.place {
        Some(_) => format!("{}: {text}", at(evidence, report)),
        None => text,
    }
}

/// `path:line` of a piece of evidence.
fn at(evidence: &Evidence, report: &Report) -> String {
    let Some(span) = evidence.place else {
        return String::new();
    };
    let (path, start, _) = place(report, span);
    let path = report.machine_path(path);
    format!("{}:{}", safe::markdown_list(&path), start.line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Said, Section};
    use crate::source::{FileId, SourceFile, Span};

    fn written(said: Said) -> String {
        let list = Checklist {
            title: "Service",
            subject: "shop/<cart>".to_owned(),
            heads: vec![Head {
                name: "Owner",
                value: None,
            }],
            sections: vec![Section {
                title: "Validation",
                lines: vec![Line::new("Traces complete", said)],
            }],
        };
        let file = SourceFile::new(FileId(0), "a[b].yaml", "x: 1\ny: 2\n");
        let report = Report {
            files: vec![file],
            ..Report::default()
        };
        let mut out = Vec::new();
        write(&list, &report, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_line_shows_its_answer_and_what_decides_it() {
        let place = Span::new(FileId(0), 5, 6);
        let text = written(Said::yes(Evidence::at(place, "`y` is <b>")));
        let wanted = "# Service: shop/&#60;cart&#62;\n\n- Owner: ?\n\n## Validation\n\n- [x] Traces complete (a&#91;b&#93;.yaml:2: `y` is &#60;b&#62;)\n";
        assert_eq!(text, wanted);
        assert!(written(Said::open("why")).ends_with("- [?] Traces complete (why)\n"));
    }

    #[test]
    fn evidence_is_cut_where_there_is_much() {
        let evidence = vec![
            Evidence {
                place: None,
                text: "a".to_owned()
            };
            20
        ];
        let said = Said {
            answer: Answer::No,
            evidence,
        };
        assert!(written(said).ends_with("a; a; and 12 more)\n"));
    }
}
