//! One instruction with its parts.

use std::ops::Range;

use parse_dockerfile::{
    Command, Flag, HealthcheckArguments, HereDoc, JsonOrStringArray, Source, UnescapedString,
};

use super::words::{Pair, Word, join_lines, pairs, split};
use crate::source::{FileId, Span};

/// What reading an instruction needs to know of its file.
pub(super) struct Context<'a> {
    pub(super) file: FileId,
    /// Bytes before `text` in the file: a byte-order mark.
    pub(super) shift: usize,
    pub(super) text: &'a str,
    pub(super) escape: char,
}

/// One instruction.
#[derive(Debug, Default)]
pub(super) struct Instruction {
    /// In capitals.
    pub(super) keyword: &'static str,
    pub(super) keyword_span: Option<Span>,
    /// The arguments as written.
    pub(super) text: String,
    pub(super) text_span: Option<Span>,
    /// `exec`, `shell` or nothing.
    pub(super) form: &'static str,
    pub(super) words: Vec<Word>,
    pub(super) flags: Vec<(Word, Option<Word>)>,
    pub(super) sources: Vec<Word>,
    pub(super) destination: Option<Word>,
    pub(super) pairs: Vec<Pair>,
    pub(super) heredocs: Vec<Word>,
    /// The name after `AS`.
    pub(super) alias: Option<Word>,
    pub(super) onbuild: bool,
}

impl Context<'_> {
    fn span(&self, range: &Range<usize>) -> Span {
        Span::new(self.file, range.start + self.shift, range.end + self.shift)
    }

    fn raw(&self, range: &Range<usize>) -> &str {
        self.text.get(range.clone()).unwrap_or("")
    }

    fn word(&self, piece: &UnescapedString<'_>) -> Word {
        Word {
            text: piece.value.to_string(),
            span: self.span(&piece.span),
        }
    }

    fn split(&self, range: &Range<usize>) -> Vec<Word> {
        split(
            self.raw(range),
            self.file,
            range.start + self.shift,
            self.escape,
        )
    }
}

impl Instruction {
    fn new(context: &Context<'_>, keyword: &'static str, at: &Range<usize>) -> Self {
        Self {
            keyword,
            keyword_span: Some(context.span(at)),
            ..Self::default()
        }
    }

    fn with_text(mut self, context: &Context<'_>, range: Range<usize>) -> Self {
        join_lines(context.raw(&range), context.escape).clone_into(&mut self.text);
        self.text_span = Some(context.span(&range));
        self
    }

    fn with_words(mut self, context: &Context<'_>, pieces: &[UnescapedString<'_>]) -> Self {
        self.words = pieces.iter().map(|piece| context.word(piece)).collect();
        match (pieces.first(), pieces.last()) {
            (Some(first), Some(last)) => self.with_text(context, first.span.start..last.span.end),
            _ => self,
        }
    }

    fn with_command(mut self, context: &Context<'_>, command: &Command<'_>) -> Self {
        match command {
            Command::Exec(list) => {
                self.words = list.value.iter().map(|piece| context.word(piece)).collect();
                self.form = "exec";
                self.with_text(context, list.span.clone())
            }
            Command::Shell(text) => {
                self.words = context.split(&text.span);
                self.form = "shell";
                self.with_text(context, text.span.clone())
            }
            _ => self,
        }
    }

    fn with_flags(mut self, context: &Context<'_>, flags: &[Flag<'_>]) -> Self {
        let read = |flag: &Flag<'_>| {
            (
                context.word(&flag.name),
                flag.value.as_ref().map(|value| context.word(value)),
            )
        };
        self.flags = flags.iter().map(read).collect();
        self
    }

    fn with_pairs(mut self, context: &Context<'_>, range: Range<usize>) -> Self {
        self.pairs = pairs(
            context.raw(&range),
            context.file,
            range.start + context.shift,
            context.escape,
        );
        self.with_text(context, range)
    }

    fn with_heredocs<'d>(
        mut self,
        context: &Context<'_>,
        documents: impl Iterator<Item = &'d HereDoc<'d>>,
    ) -> Self {
        self.heredocs.extend(documents.map(|document| Word {
            text: document.value.to_string(),
            span: context.span(&document.span),
        }));
        self
    }

    fn with_copy(
        mut self,
        context: &Context<'_>,
        sources: &[Source<'_>],
        destination: &UnescapedString<'_>,
    ) -> Self {
        let mut start = destination.span.start;
        for source in sources {
            match source {
                Source::Path(path) => {
                    start = start.min(path.span.start);
                    self.sources.push(context.word(path));
                }
                Source::HereDoc(document) => {
                    self = self.with_heredocs(context, std::iter::once(document));
                }
                _ => {}
            }
        }
        self.destination = Some(context.word(destination));
        self.with_text(context, start..destination.span.end.max(start))
    }
}

/// Reads one instruction; `onbuild` says that it waits for a later build.
pub(super) fn read(
    context: &Context<'_>,
    from: &parse_dockerfile::Instruction<'_>,
    onbuild: bool,
) -> Instruction {
    let mut instruction = convert(context, from);
    instruction.onbuild |= onbuild;
    instruction
}

#[expect(
    clippy::too_many_lines,
    reason = "one arm for each of Docker's instructions"
)]
fn convert(context: &Context<'_>, from: &parse_dockerfile::Instruction<'_>) -> Instruction {
    use parse_dockerfile::Instruction as Parsed;
    let new = |keyword, at: &Range<usize>| Instruction::new(context, keyword, at);
    match from {
        Parsed::Add(i) => new("ADD", &i.add.span)
            .with_flags(context, &i.options)
            .with_copy(context, &i.src, &i.dest),
        Parsed::Copy(i) => new("COPY", &i.copy.span)
            .with_flags(context, &i.options)
            .with_copy(context, &i.src, &i.dest),
        Parsed::Arg(i) => new("ARG", &i.arg.span).with_pairs(context, i.arguments.span.clone()),
        Parsed::Env(i) => new("ENV", &i.env.span).with_pairs(context, i.arguments.span.clone()),
        Parsed::Label(i) => {
            new("LABEL", &i.label.span).with_pairs(context, i.arguments.span.clone())
        }
        Parsed::Cmd(i) => new("CMD", &i.cmd.span).with_command(context, &i.arguments),
        Parsed::Entrypoint(i) => {
            new("ENTRYPOINT", &i.entrypoint.span).with_command(context, &i.arguments)
        }
        Parsed::Run(i) => new("RUN", &i.run.span)
            .with_flags(context, &i.options)
            .with_command(context, &i.arguments)
            .with_heredocs(context, i.here_docs.iter()),
        Parsed::Healthcheck(i) => {
            let healthcheck =
                new("HEALTHCHECK", &i.healthcheck.span).with_flags(context, &i.options);
            match &i.arguments {
                HealthcheckArguments::Cmd { arguments, .. } => {
                    healthcheck.with_command(context, arguments)
                }
                HealthcheckArguments::None { none, .. } => {
                    healthcheck.with_text(context, none.span.clone())
                }
                _ => healthcheck,
            }
        }
        Parsed::From(i) => {
            let mut stage = new("FROM", &i.from.span).with_flags(context, &i.options);
            stage.words = vec![context.word(&i.image)];
            stage.alias = i.as_.as_ref().map(|(_, name)| context.word(name));
            stage.with_text(context, i.image.span.clone())
        }
        Parsed::Onbuild(i) => read(context, &i.instruction, true),
        Parsed::Expose(i) => new("EXPOSE", &i.expose.span).with_words(context, &i.arguments),
        Parsed::Shell(i) => new("SHELL", &i.shell.span).with_words(context, &i.arguments),
        Parsed::Volume(i) => match &i.arguments {
            JsonOrStringArray::Json(list) => {
                new("VOLUME", &i.volume.span).with_words(context, &list.value)
            }
            JsonOrStringArray::String(list) => {
                new("VOLUME", &i.volume.span).with_words(context, list)
            }
        },
        Parsed::User(i) => {
            new("USER", &i.user.span).with_words(context, std::slice::from_ref(&i.arguments))
        }
        Parsed::Workdir(i) => {
            new("WORKDIR", &i.workdir.span).with_words(context, std::slice::from_ref(&i.arguments))
        }
        Parsed::Stopsignal(i) => new("STOPSIGNAL", &i.stopsignal.span)
            .with_words(context, std::slice::from_ref(&i.arguments)),
        Parsed::Maintainer(i) => {
            new("MAINTAINER", &i.maintainer.span).with_words(context, std::slice::from_ref(&i.name))
        }
        _ => Instruction::default(),
    }
}
